//! The day of birth of a registered person: a child or, until birth, the pregnant woman.

use chrono::{Months, NaiveDate};

use crate::{
    kernel::{
        NationalId,
        day::{BirthDate, Bounds, ChildBirthDate},
    },
    problem::{Problem, Result},
};

/// The age in years from which a registered person can be pregnant.
const PREGNANT_FROM: u32 = 12;

/// Returns the date of birth: what the number determines, and otherwise what is stated beside it.
///
/// # Errors
/// 422 if they differ, or if neither determines it.
pub fn date_of_birth(number: Option<&NationalId>, stated: Option<NaiveDate>) -> Result<NaiveDate> {
    match (number, stated) {
        (Some(number), Some(date)) if !number.fits(date) => {
            Err(Problem::field("/birth_date", "does not match the national identity number"))
        }
        (_, Some(date)) => Ok(date),
        (Some(number), None) => number.birth_date().ok_or_else(|| {
            Problem::field(
                "/birth_date",
                "is required: the national identity number does not show the century",
            )
        }),
        (None, None) => Err(Problem::field("/birth_date", "is required when there is no national_id")),
    }
}

/// Checks that someone born on a date was a child on the day of registration.
///
/// # Errors
/// 422 if not.
pub(super) fn check_child(birth_date: NaiveDate, is_stated: bool, registered_on: NaiveDate) -> Result<()> {
    check(ChildBirthDate::BOUNDS, birth_date, is_stated, registered_on, "a child")
}

/// Checks that someone born on a date could be registered as a child or a pregnant woman.
///
/// # Errors
/// 422 if not.
pub(super) fn check_woman(birth_date: NaiveDate, is_stated: bool, registered_on: NaiveDate) -> Result<()> {
    check(BirthDate::BOUNDS, birth_date, is_stated, registered_on, "a child or a pregnant woman")
}

/// Checks that someone born on a date can be due on a day. `pointer` is the field that is at fault otherwise.
///
/// # Errors
/// 422 if not.
pub(super) fn check_due(birth_date: NaiveDate, due_on: NaiveDate, pointer: &str) -> Result<()> {
    match birth_date.checked_add_months(Months::new(12 * PREGNANT_FROM)) {
        Some(earliest) if due_on < earliest => {
            let detail = format!("means that she is pregnant before she is {PREGNANT_FROM} years old");
            Err(Problem::field(pointer, detail))
        }
        _ => Ok(()),
    }
}

/// Returns whether someone born on a date was too old to be registered as a child.
pub(super) fn is_past_childhood(birth_date: NaiveDate, registered_on: NaiveDate) -> bool {
    birth_date < ChildBirthDate::BOUNDS.earliest.from(registered_on)
}

fn check(
    bounds: Bounds,
    born: NaiveDate,
    is_stated: bool,
    registered_on: NaiveDate,
    whose: &str,
) -> Result<()> {
    if bounds.check(born, registered_on).is_ok() {
        return Ok(());
    }
    let pointer = if is_stated { "/birth_date" } else { "/national_id" };
    let (first, last) = (bounds.earliest.from(registered_on), bounds.latest.from(registered_on));
    Err(Problem::field(pointer, format!("must be that of {whose} born from {first} to {last}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::day::parse_day;

    fn day(text: &str) -> NaiveDate {
        parse_day(text).expect("a day")
    }

    #[test]
    fn a_pregnant_woman_can_be_older_than_a_child_and_an_unborn_child_is_nobody() {
        let today = day("2026-12-01");
        let child = |born: &str| check_child(day(born), true, today).is_ok();
        let woman = |born: &str| check_woman(day(born), true, today).is_ok();
        let due = |born: &str| check_due(day(born), day("2027-03-01"), "/due_on").is_ok();
        assert_eq!((child("2001-12-01"), child("2001-11-30"), child("2026-12-02")), (true, false, false));
        assert_eq!((woman("2001-11-30"), woman("1966-12-01"), woman("1966-11-30")), (true, true, false));
        assert_eq!((due("2015-03-01"), due("2015-03-02")), (true, false));
    }
}
