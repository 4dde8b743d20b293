//! The family's log in plain words: who, when, which sections, which acts and why, as far as everyone who reads it may know.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Oslo;
use uuid::Uuid;

use super::{
    dto::{EntryOut, FamilyEntryOut, PlainWords, RoleThen},
    visits::Visit,
};
use crate::{
    access::{
        CaseAct, CaseFacts, CaseSection, GroundLaw, Law, LookKind, NEUTRAL_EN, NEUTRAL_NO, Party, Policies,
        Purpose, Rests, Rule,
        actions::{FamilyView, facts_of},
        common_ground, ground, kind_shown, neutral_basis,
    },
    db::{DbError, Tx},
    fetch_all,
    kernel::{
        Id,
        clock::day_in_norway,
        ids::{Look, Person},
        vocabulary::Sector,
    },
};

/// The rule by which the family sees its own case.
const OF_FAMILY: &str = "case.family";

/// The parts of the log that a family may see.
#[derive(Debug)]
pub(super) struct View {
    /// The units that the family knows of. Others are not named, because their involvement may be secret.
    known_units: HashSet<Uuid>,
    /// The looks that the family was notified were without need.
    unjustified: Vec<Unjustified>,
}

/// A look that was found to be without need, and when the family was notified.
#[derive(Debug, sqlx::FromRow)]
struct Unjustified {
    /// The entry; none for an emergency access, whose entries are those of the person in its time.
    entry_id: Option<Id<Look>>,
    person_id: Id<Person>,
    looked_at: DateTime<Utc>,
    looked_until: DateTime<Utc>,
    told_at: DateTime<Utc>,
}

impl Unjustified {
    fn is_of(&self, entry: &EntryOut) -> bool {
        let is_in_time = self.looked_at <= entry.at && entry.at <= self.looked_until;
        match self.entry_id {
            Some(id) => entry.id == id,
            None => is_in_time && entry.person_id == Some(self.person_id),
        }
    }
}

impl View {
    pub(super) async fn of(tx: &mut Tx, case: &CaseFacts) -> Result<Self, DbError> {
        const KNOWN: &str = "
            SELECT unit_id FROM care_case WHERE municipality = $1 AND id = $2
            UNION SELECT unit_id FROM team_member WHERE municipality = $1 AND case_id = $2
            UNION SELECT from_unit FROM transition WHERE municipality = $1 AND case_id = $2
            UNION SELECT to_unit FROM transition WHERE municipality = $1 AND case_id = $2 AND status = 'moved'";
        const UNJUSTIFIED: &str = "
            SELECT b.entry_id, b.person_id, b.looked_at, b.looked_until, s.done_at AS told_at
            FROM breach b JOIN breach_step s ON s.municipality = b.municipality AND s.breach_id = b.id
            WHERE b.municipality = $1 AND b.child_id = $2 AND s.step = 'registered_person' AND s.outcome = 'done'";
        let unjustified = fetch_all!(tx, Unjustified, UNJUSTIFIED, &case.municipality, case.child)?;
        // If the address is protected, no unit is named, because it would reveal where the child is.
        if case.strict_address() || case.relation.kept_away {
            return Ok(Self { known_units: HashSet::new(), unjustified });
        }
        let known = fetch_all!(tx, (Uuid,), KNOWN, &case.municipality, case.id)?;
        Ok(Self { known_units: known.into_iter().map(|(unit,)| unit).collect(), unjustified })
    }

    fn names_units(&self, entry: &EntryOut) -> bool {
        entry.roles.iter().all(|role| self.known_units.contains(&role.unit_id))
    }

    /// Returns the fields of the entry that reveal no more than [`View::tell`].
    pub(super) fn shows(&self, entry: &EntryOut) -> Vec<&'static str> {
        let mut fields = vec!["person", "kind", "case"];
        if self.names_units(entry) && (entry.roles.is_empty() || !is_family(entry)) {
            fields.push("roles");
        }
        fields
    }

    /// Returns a visit as the family reads it.
    pub(super) fn tell(&self, policies: &Policies, visit: &Visit) -> FamilyEntryOut {
        let mut told = Told::default();
        visit.entries().for_each(|entry| told.add(policies, entry, self.names_units(entry)));
        let times = || visit.entries().map(|entry| entry.at);
        let at = times().min().unwrap_or(visit.newest.at);
        let until = times().max().unwrap_or(visit.newest.at);
        let ground = told.ground(day_in_norway(until));
        let is_of_visit = |look: &&Unjustified| visit.entries().any(|entry| look.is_of(entry));
        let told_on =
            self.unjustified.iter().filter(is_of_visit).map(|look| day_in_norway(look.told_at)).max();
        let name = visit.newest.person_name.as_deref();
        let say = |tongue: &Tongue| {
            let who = tongue.who(name, &self.roles(&told.roles, tongue.role));
            let (when, did, why) = (tongue.when(at, until), tongue.did(&told), tongue.why(policies, &told));
            let unjustified = told_on.map(|day| (tongue.unjustified)(day)).unwrap_or_default();
            format!("{when}: {who} {did}. {why}{unjustified}")
        };
        FamilyEntryOut {
            at,
            until,
            roles: self.roles(&told.roles, |role| role),
            kind: told.kind(),
            legal_basis: citations(&ground),
            ground,
            words: PlainWords { no: say(&NORWEGIAN), en: say(&ENGLISH) },
            sections: told.sections.into_iter().collect(),
            acts: told.acts.into_iter().collect(),
            unjustified_notice_on: told_on,
            person_name: visit.newest.person_name.clone(),
        }
    }

    fn roles(&self, roles: &[RoleThen], words: fn(&str) -> &str) -> Vec<String> {
        let unit = |role: &RoleThen| self.known_units.contains(&role.unit_id).then(|| role.unit.clone());
        let mut named = Vec::new();
        for role in roles {
            let unit = unit(role).map(|unit| format!(", {unit}")).unwrap_or_default();
            let name = format!("{}{unit}", words(&role.role));
            if !named.contains(&name) {
                named.push(name);
            }
        }
        named
    }
}

/// The parts of a visit that may be shown.
#[derive(Debug, Default)]
struct Told {
    worked: bool,
    sections: BTreeSet<CaseSection>,
    acts: BTreeSet<CaseAct>,
    roles: Vec<RoleThen>,
    /// The rules that say why, with the ground by each. Empty if the reason is neutral.
    reasons: BTreeMap<String, Vec<GroundLaw>>,
}

impl Told {
    /// Adds an entry. The law of a sector is shown only where the units are.
    fn add(&mut self, policies: &Policies, entry: &EntryOut, names_units: bool) {
        let is_family = is_family(entry);
        match facts_of(&entry.action).family {
            FamilyView::Saw(section) if !is_family => drop(self.sections.insert(section)),
            FamilyView::Look | FamilyView::Saw(_) => drop(self.sections.insert(CaseSection::Case)),
            FamilyView::Did(act) if !is_family => drop(self.acts.insert(act)),
            FamilyView::Work | FamilyView::Did(_) => {}
        }
        self.worked |= kind_shown(&entry.action) == LookKind::Worked;
        if is_family {
            self.give(policies, entry, OF_FAMILY, Some(vec![Party::Private]));
            return;
        }
        self.roles.extend(entry.roles.iter().cloned());
        let parties = names_units.then(|| parties(&entry.roles));
        for rule in entry.policies.iter().filter_map(|id| policies.rule(id)) {
            if let Some(reason) = &rule.told_as {
                self.give(policies, entry, reason, parties.clone());
            }
        }
    }

    /// Adds a reason, with its ground on the day of the entry. Without parties it is a ground that all sectors share, or the neutral one.
    fn give(&mut self, policies: &Policies, entry: &EntryOut, reason: &str, parties: Option<Vec<Party>>) {
        let laws = policies.legal_basis_of(reason);
        let mut theirs = match parties {
            Some(parties) => ground(&laws, &parties, rests(entry)),
            None => common_ground(&laws),
        };
        if theirs.is_empty() {
            theirs = neutral_basis();
        }
        let given = self.reasons.entry(reason.to_owned()).or_default();
        add_on(given, &theirs, day_in_norway(entry.at));
    }

    fn kind(&self) -> LookKind {
        if self.worked { LookKind::Worked } else { LookKind::Looked }
    }

    fn ground(&self, day: NaiveDate) -> Vec<GroundLaw> {
        let mut all = Vec::new();
        if self.reasons.is_empty() {
            add_on(&mut all, &neutral_basis(), day);
        }
        for law in self.reasons.values().flatten() {
            if !all.contains(law) {
                all.push(law.clone());
            }
        }
        all
    }
}

/// Adds laws in their wording on a day, each once.
fn add_on(given: &mut Vec<GroundLaw>, laws: &[Law], day: NaiveDate) {
    for law in laws.iter().map(|law| GroundLaw::on(*law, day)) {
        if !given.contains(&law) {
            given.push(law);
        }
    }
}

fn citations(ground: &[GroundLaw]) -> Vec<String> {
    let mut citations: Vec<String> = ground.iter().map(|law| law.citation.clone()).collect();
    citations.dedup();
    citations
}

/// Returns the sectors of the roles.
fn parties(roles: &[RoleThen]) -> Vec<Party> {
    roles.iter().filter_map(|role| Sector::try_from(role.sector.clone()).ok()).map(Party::Sector).collect()
}

/// Returns whether the person takes part by consents. Each entry of a person in the case says the same, whatever they did.
fn rests(entry: &EntryOut) -> Rests {
    match (entry.ground.is_empty(), entry.consent_ids.is_empty()) {
        (true, _) => Rests::Unknown,
        (false, true) => Rests::OnNone,
        (false, false) => Rests::OnConsents,
    }
}

/// Returns whether a member of the family did it, for themselves. The log says of them only that they saw the case or worked
/// on it: what one guardian reads or does can be secret to the other. A guardian who works in the municipality has roles, too.
fn is_family(entry: &EntryOut) -> bool {
    entry.person_id.is_some() && (entry.roles.is_empty() || entry.purpose == Some(Purpose::OwnCase))
}

/// How a language says it.
struct Tongue {
    viewed: &'static str,
    worked: &'static str,
    and: &'static str,
    nobody: &'static str,
    neutral: &'static str,
    /// The format of a day with a time, and of a time.
    times: (&'static str, &'static str),
    section: fn(CaseSection) -> &'static str,
    act: fn(CaseAct) -> &'static str,
    role: fn(&str) -> &str,
    reason: fn(&Rule) -> &str,
    /// That the look was without need, and when the family was notified.
    unjustified: fn(NaiveDate) -> String,
}

const NORWEGIAN: Tongue = Tongue {
    viewed: "så på",
    worked: "har arbeidet med saken",
    and: "og",
    nobody: "Tjenesten",
    neutral: NEUTRAL_NO,
    times: ("%d.%m.%Y kl. %H.%M", "%H.%M"),
    section: CaseSection::norwegian,
    act: CaseAct::norwegian,
    role: role_in_norwegian,
    reason: |rule| &rule.summary_no,
    unjustified: |day| {
        let day = day.format("%d.%m.%Y");
        format!(
            " Kontrollen viste at oppslaget ikke var nødvendig for arbeidet. Dere ble varslet om det {day}."
        )
    },
};

const ENGLISH: Tongue = Tongue {
    viewed: "viewed",
    worked: "worked on the case",
    and: "and",
    nobody: "The service",
    neutral: NEUTRAL_EN,
    times: ("%Y-%m-%d at %H:%M", "%H:%M"),
    section: CaseSection::english,
    act: CaseAct::english,
    role: role_in_english,
    reason: |rule| &rule.summary,
    unjustified: |day| {
        format!(" The control found that the look was not needed for the work. You were notified on {day}.")
    },
};

impl Tongue {
    fn when(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> String {
        let (day, time) = self.times;
        let says = |at: DateTime<Utc>, format: &str| at.with_timezone(&Oslo).format(format).to_string();
        let end = says(until, time);
        if says(from, time) == end { says(from, day) } else { format!("{}–{end}", says(from, day)) }
    }

    fn who(&self, name: Option<&str>, roles: &[String]) -> String {
        let name = name.unwrap_or(self.nobody);
        if roles.is_empty() { name.to_owned() } else { format!("{name} ({})", roles.join("; ")) }
    }

    /// Says what was done. Beside acts that may be shown, it does not say that there were others.
    fn did(&self, told: &Told) -> String {
        let mut all = Vec::new();
        if !told.sections.is_empty() {
            let sections: Vec<_> = told.sections.iter().map(|section| (self.section)(*section)).collect();
            all.push(format!("{} {}", self.viewed, self.list(&sections, " ")));
        }
        all.extend(told.acts.iter().map(|act| (self.act)(*act).to_owned()));
        if told.worked && told.acts.is_empty() {
            all.push(self.worked.to_owned());
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        self.list(&all, ", ")
    }

    /// Joins words, with an "and" before the last, after this separator.
    fn list(&self, words: &[&str], before_and: &str) -> String {
        match words {
            [] => String::new(),
            [one] => (*one).to_owned(),
            [some @ .., last] => format!("{}{before_and}{} {last}", some.join(", "), self.and),
        }
    }

    fn why(&self, policies: &Policies, told: &Told) -> String {
        let rules = told.reasons.keys().filter_map(|id| policies.rule(id));
        let reasons: Vec<&str> = rules.map(self.reason).collect();
        if reasons.is_empty() { self.neutral.to_owned() } else { reasons.join(" ") }
    }
}

fn role_in_norwegian(role: &str) -> &str {
    match role {
        "worker" => "ansatt",
        "unit_leader" => "leder",
        "administrator" => "administrator",
        "auditor" => "loggkontrollør",
        "analyst" => "analytiker",
        other => other,
    }
}

fn role_in_english(role: &str) -> &str {
    match role {
        "unit_leader" => "leader",
        other => other,
    }
}
