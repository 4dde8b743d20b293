//! The calendar of a case: what units may see no more from a day on, by the passing of time alone, and whose consent prevents it.
//!
//! The state of the case is computed for each day on which something may change: the day after a consent, a birthday, the first or last
//! day of a care order, the end of a role in child welfare. A right ends if a unit has it on the day before and not on the day.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, Months, NaiveDate};

use super::{
    CaseState, Given, Ground,
    rows::{CaseRows, case_rows},
};
use crate::{
    access::kinds::Kinds,
    db::{DbError, Tx},
    kernel::{
        Id, Moment,
        ids::{Case, Consent, Person, Unit},
        vocabulary::InformationKind,
    },
    words,
};

/// The number of days that the calendar looks ahead.
pub const DAYS_AHEAD: u64 = 90;
/// The number of days after which an end that nobody has settled is no longer listed.
const DAYS_BEHIND: u64 = 365;
/// The number of cases whose rows are read by one statement.
const BATCH: usize = 200;

words! {
    /// Why something ends.
    EndingCause {
        /// The last day of a consent has come.
        ConsentEnds = "consent_ends",
        /// The child reaches an age from which it consents, alone or with the guardians.
        ComesOfAge = "comes_of_age",
        /// A care order begins or ends, or the person who answers for it in child welfare leaves, so somebody else must consent.
        CareOrder = "care_order",
        /// The role of a member of the team in the unit ends.
        RoleEnds = "role_ends",
    }
}

/// The end of what a unit may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The first day without it.
    pub on: NaiveDate,
    /// Why.
    pub cause: EndingCause,
    /// The unit.
    pub unit: Id<Unit>,
    /// The kinds of information. Without what is agreed, the unit takes no part in the case.
    pub kinds: Vec<InformationKind>,
    /// The consents that it rested on or, if consents end, those that do, each with the person who gave it.
    pub consents: Vec<(Id<Consent>, Id<Person>)>,
    /// The people who must consent from that day on, and have not.
    pub to_consent: Vec<Id<Person>>,
}

impl Ending {
    /// Returns whether the unit takes no part in the case from that day on.
    #[must_use]
    pub fn ends_participation(&self) -> bool {
        self.kinds.contains(&InformationKind::Agreed)
    }
}

/// Returns the open ones of some cases, each with what ends in it within [`DAYS_AHEAD`], or has ended and is not settled. It is settled by
/// new consents, by a withdrawal, and when nobody of the unit has a seat any more.
///
/// # Errors
/// If the database does not answer.
pub async fn endings(
    tx: &mut Tx,
    cases: &[Id<Case>],
    moment: Moment,
) -> Result<Vec<(CaseState, Vec<Ending>)>, DbError> {
    let mut all = Vec::new();
    for cases in cases.chunks(BATCH) {
        let open = case_rows(tx, cases, moment.now).await?.into_iter().filter(|rows| rows.case.is_open);
        all.extend(open.map(|rows| (rows.clone().on(moment), rows.endings(moment))));
    }
    Ok(all)
}

/// A right of a unit by consents: the unit, the kind and, for a kind that is about one person, that person.
type Passing = (Id<Unit>, InformationKind, Option<Id<Person>>);

impl CaseRows {
    /// Returns what ends, by day.
    pub(super) fn endings(&self, moment: Moment) -> Vec<Ending> {
        let today = moment.today;
        let first = today.checked_sub_days(Days::new(DAYS_BEHIND)).unwrap_or(today);
        let last = today.checked_add_days(Days::new(DAYS_AHEAD)).unwrap_or(today);
        let now = self.clone().on(moment);
        let passes_now = passing(&now.ground);
        let mut endings: Vec<Ending> = Vec::new();
        let mut seen: BTreeSet<Passing> = BTreeSet::new();
        // Of what ended several times, the newest counts.
        for day in self.days_of_change(first, last).into_iter().rev() {
            let Some(eve) = day.pred_opt() else { continue };
            let (before, after) = (self.clone().on(moment.on(eve)), self.clone().on(moment.on(day)));
            let mut lost = passing(&before.ground);
            let passes_after = passing(&after.ground);
            lost.retain(|what, _| !passes_after.contains_key(what));
            if day <= today {
                lost.retain(|what, _| !passes_now.contains_key(what) && seen.insert(*what));
            }
            let asked = if day <= today { &now } else { &after };
            endings.extend(grouped((&before, &after), &asked.ground, &lost));
        }
        endings.retain(|ending| ending.on > today || now.misses(ending));
        endings.reverse();
        endings.sort_by_key(|ending| ending.on);
        endings
    }

    /// Returns the days of a period on which somebody else may have to consent, or a consent counts no more, earliest first.
    fn days_of_change(&self, first: NaiveDate, last: NaiveDate) -> BTreeSet<NaiveDate> {
        let consents = self.consents.iter().filter_map(|consent| consent.valid_until.succ_opt());
        let birthdays = (1..=25).filter_map(|age| {
            let day = self.case.birth_date.checked_add_months(Months::new(12 * age))?;
            Some([Some(day), day.succ_opt()].into_iter().flatten())
        });
        let orders = self.registrations.iter().flat_map(|row| {
            [row.in_force_from, row.in_force_until.and_then(|until| until.succ_opt()), row.role_until]
        });
        let all = consents.chain(birthdays.flatten()).chain(orders.flatten());
        all.filter(|day| (first..=last).contains(day)).collect()
    }
}

/// Returns what passes to units by consents, with those consents.
fn passing(ground: &Ground) -> BTreeMap<Passing, Vec<Id<Consent>>> {
    let about = |given: &Given| Kinds::is_about_a_person(given.kind).then_some(given.person);
    let each = ground.in_force.iter().map(|given| (given.unit, given.kind, about(given)));
    let distinct: BTreeSet<Passing> = each.collect();
    let with_consents = distinct.into_iter().map(|what| (what, ground.consents_to(what.0, what.1, what.2)));
    with_consents.filter(|(_, consents)| !consents.is_empty()).collect()
}

/// Groups what is lost from one day to the next by unit and cause. `asked` says who must consent.
fn grouped(
    (before, after): (&CaseState, &CaseState),
    asked: &Ground,
    lost: &BTreeMap<Passing, Vec<Id<Consent>>>,
) -> Vec<Ending> {
    let given = |id: &Id<Consent>| before.ground.in_force.iter().find(|given| given.id == *id);
    let ends = |id: &&Id<Consent>| !after.ground.in_force.iter().any(|given| given.id == **id);
    let mut groups: BTreeMap<(Id<Unit>, EndingCause), Ending> = BTreeMap::new();
    for ((unit, kind, about), consents) in lost {
        let ended: Vec<&Id<Consent>> = consents.iter().filter(ends).collect();
        let (cause, rested_on) = match ended.is_empty() {
            false => (EndingCause::ConsentEnds, ended),
            true if before.child_age != after.child_age => {
                (EndingCause::ComesOfAge, consents.iter().collect())
            }
            true => (EndingCause::CareOrder, consents.iter().collect()),
        };
        let rested_on: Vec<&Given> = rested_on.into_iter().filter_map(given).collect();
        let Some(sector) = rested_on.first().map(|given| given.sector) else { continue };
        let to_consent = about.map_or_else(|| asked.missing_for(*unit, sector, *kind), |person| vec![person]);
        let ending = groups.entry((*unit, cause)).or_insert_with(|| Ending {
            on: after.today,
            cause,
            unit: *unit,
            kinds: Vec::new(),
            consents: Vec::new(),
            to_consent: Vec::new(),
        });
        add(&mut ending.kinds, [*kind]);
        add(&mut ending.consents, rested_on.iter().map(|given| (given.id, given.person)));
        add(&mut ending.to_consent, to_consent);
    }
    groups.into_values().collect()
}

/// Adds what is not there yet.
fn add<T: PartialEq>(to: &mut Vec<T>, items: impl IntoIterator<Item = T>) {
    for item in items {
        if !to.contains(&item) {
            to.push(item);
        }
    }
}

impl CaseState {
    /// Returns whether what has ended is missed: somebody of the unit still has a seat or, if only some kinds ended, the unit takes part.
    fn misses(&self, ending: &Ending) -> bool {
        match ending.ends_participation() {
            true => self.members.iter().any(|member| member.unit == ending.unit),
            false => self.ground.covers(ending.unit),
        }
    }
}

#[cfg(test)]
mod tests;
