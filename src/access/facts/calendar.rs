//! The calendar of a case: the rights that units lose on a day by the passing of time, and whose consent they need then.
//!
//! The state of the case is computed for each day on which something may change: the day after a consent, a birthday, the first or last
//! day of a care order, the end of a role in child welfare. A right ends if a unit has it on the day before and not on the day.
//!
//! The contact person sees all of it. Others see what follows from their own consents alone, because one person's consent is not the
//! other's to know; and the young person, and the person in child welfare who decides, see what needs their consent.

mod of_giver;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Months, NaiveDate, Utc};

use super::{
    CaseState, Given, Ground, relation_in_list,
    rows::{CaseRows, ConsentRow, case_rows},
};
use crate::{
    access::kinds::Kinds,
    db::{DbError, Tx},
    fetch_in,
    identity::Caller,
    kernel::{
        Id, Moment,
        clock::day_in_norway,
        ids::{Case, Consent, Person, Unit},
        vocabulary::InformationKind,
    },
    words,
};

/// The number of days that the calendar looks ahead.
pub const DAYS_AHEAD: u64 = 90;
/// The number of days after which an end that nobody has settled is no longer found.
const DAYS_BEHIND: u64 = 365;
/// The number of cases whose rows are read by one statement.
const BATCH: usize = 200;

const WITHDRAWN: &str = "
    SELECT c.case_id, q.canonical_id AS given_by, u.unit_id, k.kind, CASE WHEN u.withdrawn_at IS NULL OR k.withdrawn_at > u.withdrawn_at
                                                                      THEN k.withdrawn_at ELSE u.withdrawn_at END AS withdrawn_at
    FROM consent c
    JOIN person q ON q.id = c.given_by
    JOIN consent_unit u ON u.municipality = c.municipality AND u.consent_id = c.id
    JOIN consent_kind k ON k.municipality = c.municipality AND k.consent_id = c.id
    WHERE (u.withdrawn_at IS NOT NULL OR k.withdrawn_at IS NOT NULL) AND c.case_id IN (";

words! {
    /// Why a right ends.
    EndingCause {
        /// The last day of a consent has come.
        ConsentEnds = "consent_ends",
        /// The child reaches an age from which it consents, alone or with the guardians.
        ComesOfAge = "comes_of_age",
        /// Another must consent: a care order begins or ends, the person who answers for it leaves, or a guardian is registered.
        ConsentersChange = "consenters_change",
        /// The role of a member of the team in the unit ends.
        RoleEnds = "role_ends",
    }
}

/// The end of a right of a unit to a kind of information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The first day without it.
    pub on: NaiveDate,
    /// Why.
    pub cause: EndingCause,
    /// The unit.
    pub unit: Id<Unit>,
    /// The kind. Without what is agreed, the unit takes no part in the case.
    pub kind: InformationKind,
    /// The consents that it rested on or, if consents end, those that do, each with the person who gave it.
    pub consents: Vec<(Id<Consent>, Id<Person>)>,
    /// The people who must consent from that day on, and have not.
    pub to_consent: Vec<Id<Person>>,
}

/// A withdrawal: who, for which unit and kind, and when.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Withdrawn {
    case_id: Id<Case>,
    given_by: Id<Person>,
    unit_id: Id<Unit>,
    kind: InformationKind,
    withdrawn_at: DateTime<Utc>,
}

/// The calendar of an open case.
#[derive(Debug)]
pub struct Calendar {
    /// The case now.
    pub state: CaseState,
    rows: CaseRows,
    withdrawn: Vec<Withdrawn>,
    moment: Moment,
}

/// Returns the calendars of those of some cases that are open.
///
/// # Errors
/// If the database does not answer.
pub async fn calendars(tx: &mut Tx, cases: &[Id<Case>], moment: Moment) -> Result<Vec<Calendar>, DbError> {
    let mut all = Vec::new();
    for cases in cases.chunks(BATCH) {
        let withdrawn = fetch_in!(tx, Withdrawn, WITHDRAWN, cases)?;
        let open = case_rows(tx, cases, moment.now).await?.into_iter().filter(|rows| rows.case.is_open);
        all.extend(open.map(|mut rows| {
            let state = rows.clone().on(moment);
            rows.forget_entries();
            let of_case = withdrawn.iter().filter(|row| row.case_id == rows.case.id).cloned().collect();
            Calendar { state, rows, withdrawn: of_case, moment }
        }));
    }
    Ok(all)
}

/// A right of a unit: the unit, the kind and, for a kind that is about one person, that person.
type Right = (Id<Unit>, InformationKind, Option<Id<Person>>);

impl Calendar {
    /// Returns what a caller sees of it. Callers who keep the consents of the case see all of it.
    #[must_use]
    pub fn seen_by(&self, caller: &Caller, keeps: bool) -> Vec<Ending> {
        if keeps {
            return self.of_case();
        }
        let relation = relation_in_list(&self.state, caller);
        let mut seen = self.of_giver(|person| caller.is(person));
        let decides = relation.child_welfare_seat.is_some();
        if relation.is_young_person || decides {
            let is_theirs = |ending: &Ending| {
                ending.to_consent.iter().any(|person| caller.is(*person))
                    || (decides && ending.consents.iter().any(|(_, given_by)| caller.is(*given_by)))
            };
            for mut ending in self.of_case().into_iter().filter(is_theirs) {
                ending.consents.retain(|(_, given_by)| caller.is(*given_by));
                ending.to_consent.retain(|person| caller.is(*person));
                // When the consent of another ended is not theirs to see.
                if ending.consents.is_empty() && ending.on <= self.moment.today {
                    (ending.on, ending.cause) = (self.moment.today, EndingCause::ConsentersChange);
                }
                if !seen.iter().any(|known| (known.unit, known.kind) == (ending.unit, ending.kind)) {
                    seen.push(ending);
                }
            }
        }
        seen.sort_by_key(|ending| ending.on);
        seen
    }

    /// Returns all endings, by day: those to come, and those that have come and are not settled.
    #[must_use]
    pub fn of_case(&self) -> Vec<Ending> {
        let (today, has_now) = (self.moment.today, rights(&self.state.ground));
        let (mut endings, mut past) = (Vec::new(), BTreeMap::new());
        for day in self.days_of_change() {
            let Some((before, after)) = self.around(&self.rows, day) else { continue };
            let has_after = rights(&after.ground);
            let lost = rights(&before.ground).into_iter().filter(|right| !has_after.contains(right));
            for right in lost {
                let asked = if day > today { &after.ground } else { &self.state.ground };
                let Some(ending) = ending(&before, &after, asked, right) else { continue };
                if day > today {
                    endings.push(ending);
                } else {
                    past.insert(right, ending);
                }
            }
        }
        let mut all = self.without_ground(&past);
        past.retain(|right, ending| {
            ending.kind != InformationKind::Agreed && !has_now.contains(right) && self.is_missed(ending)
        });
        all.extend(past.into_values());
        all.extend(endings);
        all.sort_by_key(|ending| ending.on);
        all
    }

    /// Returns what units with a seat have no ground for today although somebody has consented: to take part, and kinds that a person in child
    /// welfare consented to who decides no more.
    fn without_ground(&self, past: &BTreeMap<Right, Ending>) -> Vec<Ending> {
        let (today, ground) = (self.moment.today, &self.state.ground);
        let has_seat = |unit| self.state.members.iter().any(|member| member.unit == unit);
        let mut without: BTreeMap<(Id<Unit>, InformationKind), Vec<&ConsentRow>> = BTreeMap::new();
        for row in self.rows.consents.iter().filter(|row| row.valid_from <= today && has_seat(row.unit)) {
            let counts = match row.kind {
                InformationKind::Agreed => row.unit != ground.owner_unit,
                kind => !Kinds::is_about_a_person(kind) && today <= row.valid_until && self.is_of_order(row),
            };
            if counts && !ground.is_released(row.unit, row.kind, None) {
                without.entry((row.unit, row.kind)).or_default().push(row);
            }
        }
        let ending = |((unit, kind), rows): ((Id<Unit>, InformationKind), Vec<&ConsentRow>)| {
            let to_consent = ground.missing_for(unit, rows.first()?.sector, kind);
            Some(match past.get(&(unit, kind, None)) {
                Some(known) => Ending { to_consent, ..known.clone() },
                None => self.since_when((unit, kind), &rows, to_consent),
            })
        };
        without.into_iter().filter_map(ending).collect()
    }

    /// Describes what has no ground today: since the last consent of each person who must consent has ended, or by a change that is known today.
    fn since_when(
        &self,
        (unit, kind): (Id<Unit>, InformationKind),
        rows: &[&ConsentRow],
        to_consent: Vec<Id<Person>>,
    ) -> Ending {
        let today = self.moment.today;
        let last = |person: &Id<Person>| {
            rows.iter()
                .filter(|row| row.given_by == *person && row.valid_until < today)
                .max_by_key(|row| row.valid_until)
        };
        let ended: Option<Vec<_>> = to_consent.iter().map(last).collect();
        let ended = ended
            .filter(|rows| !rows.is_empty() && !self.rows.consents.iter().any(|row| self.is_of_order(row)));
        let on = ended.iter().flatten().filter_map(|row| row.valid_until.succ_opt()).max();
        Ending {
            on: on.unwrap_or(today),
            cause: if on.is_some() { EndingCause::ConsentEnds } else { EndingCause::ConsentersChange },
            unit,
            kind,
            consents: ended.into_iter().flatten().map(|row| (row.id, row.given_by)).collect(),
            to_consent,
        }
    }

    /// Returns whether the consent was given by a person in child welfare.
    fn is_of_order(&self, row: &ConsentRow) -> bool {
        row.given_by != self.state.child_person && !self.state.registered_guardians.contains(&row.given_by)
    }

    /// Returns whether a kind that a unit has lost is missed: the unit takes part with a seat, and nobody has withdrawn since.
    fn is_missed(&self, ending: &Ending) -> bool {
        let has_seat = self.state.members.iter().any(|member| member.unit == ending.unit);
        has_seat && self.state.ground.covers(ending.unit) && !self.is_withdrawn(ending)
    }

    /// Returns whether one who had consented has withdrawn a consent to the same since it ended.
    fn is_withdrawn(&self, ending: &Ending) -> bool {
        self.withdrawn.iter().any(|row| {
            (row.unit_id, row.kind) == (ending.unit, ending.kind)
                && ending.consents.iter().any(|(_, given_by)| *given_by == row.given_by)
                && day_in_norway(row.withdrawn_at) >= ending.on
        })
    }

    /// Returns the state of rows on the day before a day, and on the day.
    fn around(&self, rows: &CaseRows, day: NaiveDate) -> Option<(CaseState, CaseState)> {
        let on = |day| rows.clone().on(self.moment.on(day));
        Some((on(day.pred_opt()?), on(day)))
    }

    /// Returns the days on which another may have to consent, or a consent counts no more, earliest first.
    fn days_of_change(&self) -> BTreeSet<NaiveDate> {
        let (today, rows) = (self.moment.today, &self.rows);
        let first = today.checked_sub_days(Days::new(DAYS_BEHIND)).unwrap_or(today);
        let last = today.checked_add_days(Days::new(DAYS_AHEAD)).unwrap_or(today);
        let consents = rows.consents.iter().filter_map(|consent| consent.valid_until.succ_opt());
        let birthdays = (1..=25).filter_map(|age| {
            let day = rows.case.birth_date.checked_add_months(Months::new(12 * age))?;
            Some([Some(day), day.succ_opt()].into_iter().flatten())
        });
        let orders = rows.registrations.iter().flat_map(|row| {
            [row.in_force_from, row.in_force_until.and_then(|until| until.succ_opt()), row.role_until]
        });
        let all = consents.chain(birthdays.flatten()).chain(orders.flatten());
        all.filter(|day| (first..=last).contains(day)).collect()
    }
}

/// Returns the rights of units by consents. The unit that keeps the record needs none to take part.
pub(super) fn rights(ground: &Ground) -> BTreeSet<Right> {
    let about = |given: &Given| Kinds::is_about_a_person(given.kind).then_some(given.person);
    let needs_it = |right: &Right| (right.0, right.1) != (ground.owner_unit, InformationKind::Agreed);
    let each = ground.in_force.iter().map(|given| (given.unit, given.kind, about(given)));
    let mut rights: BTreeSet<Right> = each.filter(needs_it).collect();
    rights.retain(|right| ground.is_released(right.0, right.1, right.2));
    rights
}

/// Describes the end of a right. `asked` says who must consent. None if a person that the kind is about cannot consent any more.
fn ending(before: &CaseState, after: &CaseState, asked: &Ground, right: Right) -> Option<Ending> {
    let (unit, kind, about) = right;
    let rested_on = before.ground.sufficient(unit, kind, about);
    let sector = rested_on.first()?.sector;
    let is_over = |given: &&&Given| !after.ground.in_force.iter().any(|other| other.id == given.id);
    let over: Vec<&Given> = rested_on.iter().filter(is_over).copied().collect();
    let alone = rested_on.iter().find(|given| before.ground.is_enough(given));
    let to_consent = match (about, alone) {
        (Some(person), _) => asked.family.consenters(kind, sector).contains(&person).then(|| vec![person])?,
        (None, Some(alone))
            if asked.family.suffices_alone(alone.person, kind, alone.alone.as_deref()?, sector) =>
        {
            vec![alone.person]
        }
        (None, _) => asked.missing_for(unit, sector, kind),
    };
    let (cause, consents) = match over.is_empty() {
        false => (EndingCause::ConsentEnds, over),
        true if before.child_age != after.child_age => (EndingCause::ComesOfAge, rested_on),
        true => (EndingCause::ConsentersChange, rested_on),
    };
    let consents = consents.into_iter().map(|given| (given.id, given.person)).collect();
    Some(Ending { on: after.today, cause, unit, kind, consents, to_consent })
}

impl CaseRows {
    /// Forgets what the calendar does not look at, so that a copy for another day is small.
    fn forget_entries(&mut self) {
        self.withheld.clear();
        self.readers.clear();
        self.kept.clear();
        self.conflicts.clear();
    }
}
