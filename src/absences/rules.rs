//! The checks of an absence before it is stored.

use chrono::{Days, NaiveDate};

use super::store;
use crate::{
    access::objects::UnitObject,
    catalogue,
    db::Tx,
    identity::are_same,
    kernel::{
        Id,
        ids::{Absence, Person},
    },
    problem::{Problem, Result},
};

/// The number of days after which a leader looks again at an absence without a last day.
const LOOK_AGAIN_AFTER: u64 = 14;

/// An absence that is recorded or changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stated {
    /// The absence, if it is changed.
    pub absence: Option<Id<Absence>>,
    /// The person who is away, as the unit knows them.
    pub person: Id<Person>,
    /// The first day.
    pub from_on: NaiveDate,
    /// The last day.
    pub to_on: Option<NaiveDate>,
    /// The stand-in.
    pub stand_in: Option<Id<Person>>,
}

/// Returns the day on which the leader looks again at an absence without a last day.
pub(super) fn look_again_on(from_on: NaiveDate, to_on: Option<NaiveDate>) -> Option<NaiveDate> {
    match to_on {
        Some(_) => None,
        None => Some(from_on.checked_add_days(Days::new(LOOK_AGAIN_AFTER)).unwrap_or(from_on)),
    }
}

/// Checks the days and the stand-in of an absence, and returns the stand-in as the unit knows them.
pub(super) async fn checked(
    tx: &mut Tx,
    unit: &UnitObject,
    stated: Stated,
    today: NaiveDate,
) -> Result<Option<Id<Person>>> {
    let Stated { absence, person, from_on, to_on, stand_in } = stated;
    if let Some(last) = to_on {
        if last < from_on {
            return Err(Problem::field("/to_on", "must not be before the first day"));
        }
        if last > catalogue::latest_day(tx, &unit.municipality, today).await? {
            let detail =
                "is later than the municipality lets an absence last; leave it out if it is not known";
            return Err(Problem::field("/to_on", detail));
        }
    }
    if store::is_away(tx, unit.id, person, (from_on, to_on), absence).await? {
        let pointer = if absence.is_some() { "/to_on" } else { "/from_on" };
        return Err(Problem::field(pointer, "the person is already recorded as away in these days"));
    }
    let Some(stand_in) = stand_in else { return Ok(None) };
    if are_same(tx, stand_in, person).await? {
        return Err(Problem::field("/stand_in_id", "must not be the person who is away"));
    }
    let last = to_on.unwrap_or(from_on).max(today);
    let Some(stand_in) = store::works_there(tx, unit.id, stand_in, last).await? else {
        return Err(Problem::field("/stand_in_id", "must work in the unit, also on the last day"));
    };
    if store::is_away(tx, unit.id, stand_in, (from_on.max(today), to_on), None).await? {
        return Err(Problem::field("/stand_in_id", "is away in some of these days"));
    }
    Ok(Some(stand_in))
}
