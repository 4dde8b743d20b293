//! Years of entries in the access log, the oldest first. The policies decide each kind of entry once, in a generated case.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use super::{
    GenerateError,
    organisation::{Organisation, Seat},
    random::{Ids, Random},
};
use crate::{
    access::{
        Decision, Entry, LookGround, Party, Policies, Rests, case_by_id, ground, objects::CaseObject,
        roles_of_entry,
    },
    db::{Db, Tx},
    identity::{self, Acquaintance, as_caller},
    kernel::{
        Id, Moment,
        ids::{Case, Child, Person},
    },
};

/// The operations, with their weights.
const ACTIONS: [(&str, usize); 8] = [
    ("read_case", 40),
    ("list_measures", 14),
    ("list_notes", 14),
    ("list_meetings", 10),
    ("list_team", 8),
    ("list_goals", 6),
    ("list_consents", 5),
    ("list_case_history", 3),
];
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
/// The most cases to ask the policies about.
const TRIED: usize = 200;
/// Microseconds of a working day.
const WORKING_HOURS: u128 = 9 * 3_600_000_000;
/// Entries of one transaction.
const BATCH: usize = 4_000;

/// The facts that the entries about a case need.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub case: Id<Case>,
    pub child: Id<Child>,
    pub municipality: usize,
    pub opened_at: DateTime<Utc>,
    pub ends: NaiveDate,
    pub contact: Seat,
    pub contact_since: DateTime<Utc>,
    pub opener: Seat,
    pub helper: Option<(Seat, NaiveDate)>,
    pub guardian: Option<Id<Person>>,
}

/// The relation of a person to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Relation {
    Contact,
    Helper,
    Leader,
    Guardian,
    /// Takes no part in it.
    Stranger,
}

const RELATIONS: [(Relation, usize); 5] = [
    (Relation::Contact, 55),
    (Relation::Helper, 25),
    (Relation::Guardian, 12),
    (Relation::Leader, 6),
    (Relation::Stranger, 2),
];

/// The decisions of the policies, by relation and action.
type Decisions = HashMap<(Relation, &'static str), Decision>;

/// The entries to write.
pub(super) struct Looks<'a> {
    organisation: &'a Organisation,
    traces: &'a [Trace],
    decisions: Decisions,
    random: Random,
    ids: Ids,
    count: usize,
    written: usize,
    /// Cases opened by the moment that has been reached.
    opened: usize,
    first: NaiveDate,
    workdays: i64,
    roles: HashMap<Seat, String>,
}

impl<'a> Looks<'a> {
    /// Prepares a number of entries about these cases.
    pub async fn of(
        db: &Db,
        organisation: &'a Organisation,
        traces: &'a [Trace],
        count: usize,
        (seed, moment): (u64, Moment),
    ) -> Result<Self, GenerateError> {
        let policies = Arc::new(Policies::load()?);
        let mut tx = db.read().await?;
        let decisions = decisions(&mut tx, &policies, organisation, traces, moment).await?;
        tx.rollback().await?;
        let random = Random::new(seed, u64::MAX - 1);
        let today = moment.today;
        let first = traces.first().map_or(today, |trace| trace.opened_at.date_naive());
        let workdays = ((today - first).num_days() * 5 / 7 - 1).max(1);
        let ids = Ids::from(random.clone(), DateTime::UNIX_EPOCH);
        Ok(Self {
            organisation,
            traces,
            decisions,
            random,
            ids,
            count: if traces.is_empty() { 0 } else { count },
            written: 0,
            opened: 0,
            first,
            workdays,
            roles: HashMap::new(),
        })
    }

    pub fn written(&self) -> usize {
        self.written
    }

    /// Writes the next entries; false when none are left.
    pub async fn write(&mut self, tx: &mut Tx) -> Result<bool, GenerateError> {
        let end = (self.written + BATCH).min(self.count);
        let entries: Vec<Entry> = (self.written..end).filter_map(|number| self.look(number)).collect();
        crate::access::insert_entries(tx, &entries).await?;
        self.written = end;
        Ok(end < self.count)
    }

    /// The moment of an entry. The number of entries a day grows with the number of cases.
    fn moment(&self, number: usize) -> DateTime<Utc> {
        // A fraction of 2^40.
        let root = ((u128::from(number as u64 * 2 + 1) << 80) / (self.count as u128 * 2)).isqrt();
        let part = root * u128::from(self.workdays.unsigned_abs());
        let micros = i64::try_from(((part & ((1 << 40) - 1)) * WORKING_HOURS) >> 40).unwrap_or(0);
        let since_monday = i64::from(self.first.weekday().num_days_from_monday());
        let workday = i64::try_from(part >> 40).unwrap_or(0) + since_monday;
        let day = self.first + TimeDelta::days(workday / 5 * 7 + workday % 5 - since_monday);
        day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::hours(6) + TimeDelta::microseconds(micros)
    }

    fn look(&mut self, number: usize) -> Option<Entry> {
        let at = self.moment(number);
        while self.traces.get(self.opened).is_some_and(|trace| trace.opened_at < at) {
            self.opened += 1;
        }
        let trace = self.trace_at(at)?;
        let relation = weighed(&mut self.random, &RELATIONS);
        let (relation, seat, person) = self.who(trace, relation, at)?;
        let action = weighed(&mut self.random, &ACTIONS);
        let (action, decision) = match self.decisions.get(&(relation, action)) {
            Some(decision) => (action, decision.clone()),
            None => ("read_case", self.decisions.get(&(relation, "read_case"))?.clone()),
        };
        let municipality = &self.organisation.municipalities[trace.municipality].number;
        let client = self.client(seat);
        let roles = self.roles_of(seat);
        Some(Entry {
            municipality: municipality.clone(),
            id: self.ids.made_at(at),
            at,
            request_id: self.ids.made_at::<Case>(at).to_string(),
            client: Some(client),
            person: Some(person),
            roles,
            action,
            object_type: "Case",
            object_id: Some(trace.case.to_string()),
            case: Some(trace.case.uuid()),
            child: Some(trace.child.uuid()),
            status: if decision.allowed { 200 } else { 404 },
            ground: self.ground(&decision, seat),
            decision,
            shown: Vec::new(),
        })
    }

    /// A case that is opened by a moment, and mostly not closed yet.
    fn trace_at(&mut self, at: DateTime<Utc>) -> Option<&'a Trace> {
        let traces = self.traces.get(..self.opened)?;
        let mut found = None;
        for _ in 0..6 {
            let trace = traces.get(self.random.below(traces.len()))?;
            if trace.ends >= at.date_naive() {
                return Some(trace);
            }
            found = Some(trace);
        }
        found
    }

    /// A person with this relation to the case at a moment, or its contact person.
    fn who(
        &mut self,
        trace: &Trace,
        relation: Relation,
        at: DateTime<Utc>,
    ) -> Option<(Relation, Option<Seat>, Id<Person>)> {
        let organisation = self.organisation;
        let seat = match relation {
            Relation::Guardian => match trace.guardian {
                Some(guardian) => return Some((relation, None, guardian)),
                None => None,
            },
            Relation::Helper => {
                trace.helper.filter(|(_, joined)| *joined < at.date_naive()).map(|(seat, _)| seat)
            }
            Relation::Leader => {
                let unit = trace.contact.unit;
                Some(Seat { staff: organisation.units[unit].leader, unit })
            }
            Relation::Stranger => self.stranger(trace),
            Relation::Contact => None,
        };
        if let Some(seat) = seat {
            return Some((relation, Some(seat), organisation.person(seat)));
        }
        let seat = if at < trace.contact_since { trace.opener } else { trace.contact };
        Some((Relation::Contact, Some(seat), organisation.person(seat)))
    }

    /// A person of a unit that does not help.
    fn stranger(&mut self, trace: &Trace) -> Option<Seat> {
        let organisation = self.organisation;
        let known = [trace.contact.unit, trace.opener.unit];
        for _ in 0..8 {
            let unit = self.random.below(organisation.units.len());
            let place = &organisation.units[unit];
            // A case with a helper may have others of the municipality, who are not strangers.
            let takes_no_part = trace.helper.is_none() && !known.contains(&unit);
            let is_elsewhere = place.municipality != trace.municipality && place.also_serves.is_none();
            if place.workers > 0 && (is_elsewhere || takes_no_part) {
                return Some(organisation.worker(unit, self.random.below(1 << 16)));
            }
        }
        None
    }

    /// The ground of an access by a person in a seat. The cases have consents that no entry names.
    fn ground(&self, decision: &Decision, seat: Option<Seat>) -> LookGround {
        let party =
            seat.map_or(Party::Private, |seat| Party::Sector(self.organisation.units[seat.unit].sector));
        let laws = if decision.allowed { &decision.legal_basis[..] } else { &[] };
        LookGround { laws: ground(laws, &[party], Rests::OnNone), consents: Vec::new() }
    }

    /// The client of a person: always the same address.
    fn client(&self, seat: Option<Seat>) -> String {
        let number = seat.map_or(self.written, |seat| seat.staff);
        format!("10.{}.{}.{} {BROWSER}", (number >> 16) & 255, (number >> 8) & 255, number & 255)
    }

    fn roles_of(&mut self, seat: Option<Seat>) -> String {
        let Some(seat) = seat else { return "[]".to_owned() };
        let organisation = self.organisation;
        let roles = self.roles.entry(seat).or_insert_with(|| {
            let (staff, unit) = (&organisation.staff[seat.staff], &organisation.units[seat.unit]);
            roles_of_entry(&[identity::HeldRole {
                person: staff.person,
                unit_id: unit.id,
                unit_name: unit.name.clone(),
                sector: unit.sector,
                municipality: organisation.municipalities[unit.municipality].number.clone(),
                controller: crate::kernel::vocabulary::ControllerKind::Municipality,
                role: staff.role,
                started_at: organisation.since,
                // An entry has no end.
                ends_on: chrono::NaiveDate::MAX,
            }])
        });
        roles.clone()
    }
}

fn weighed<T: Copy>(random: &mut Random, from: &[(T, usize)]) -> T {
    let mut at = random.below(from.iter().map(|(_, weight)| weight).sum());
    for (what, weight) in from {
        match at.checked_sub(*weight) {
            Some(rest) => at = rest,
            None => return *what,
        }
    }
    from[0].0
}

/// Asks the policies for each relation and action, until one case has the usual answer: allowed, and refused to a stranger.
async fn decisions(
    tx: &mut Tx,
    policies: &Arc<Policies>,
    organisation: &Organisation,
    traces: &[Trace],
    moment: Moment,
) -> Result<Decisions, GenerateError> {
    let mut decisions = Decisions::new();
    let open = traces.iter().rev().filter(|trace| (moment.today - trace.ends).num_days() <= 1).take(TRIED);
    for trace in open {
        let people = [
            (Relation::Contact, Some(organisation.person(trace.contact))),
            (Relation::Helper, trace.helper.map(|(seat, _)| organisation.person(seat))),
            (Relation::Guardian, trace.guardian),
            (
                Relation::Leader,
                Some(organisation.staff[organisation.units[trace.contact.unit].leader].person),
            ),
            (
                Relation::Stranger,
                Some(organisation.staff[organisation.municipalities[trace.municipality].keepers[1]].person),
            ),
        ];
        for (relation, person) in people {
            let is_decided = |action: &str| decisions.keys().any(|known| *known == (relation, action));
            let Some(person) = person.filter(|_| ACTIONS.iter().any(|(action, _)| !is_decided(action)))
            else {
                continue;
            };
            let Some(Acquaintance { caller, .. }) = as_caller(tx, person, moment.today).await? else {
                continue;
            };
            let Some(facts) = case_by_id(tx, &caller, trace.case, moment).await? else { continue };
            let object = CaseObject { facts };
            for (action, _) in ACTIONS {
                let decision = policies.decide(&caller, action, &object);
                if decision.allowed != (relation == Relation::Stranger) {
                    decisions.entry((relation, action)).or_insert(decision);
                }
            }
        }
    }
    Ok(decisions)
}
