//! National identity numbers of the synthetic series, each given once.

use chrono::{Datelike, NaiveDate, TimeDelta};

use crate::kernel::NationalId;

/// Days of birth that adults are spread over.
const ADULT_DAYS: u64 = 11_000;
/// The youngest adult is this old.
const ADULT_FROM: i64 = 25 * 366;

/// Gives out numbers.
#[derive(Debug)]
pub(super) struct Numbers {
    today: NaiveDate,
    adults: u64,
    /// How many of each day of birth of children are given, by days since the first of them.
    children: Vec<u16>,
}

/// Days of birth that children are spread over: up to 22 years, since some cases are old.
const CHILD_DAYS: i64 = 22 * 366;
/// So many numbers of a day are surely possible.
const OF_A_DAY: u16 = 380;

impl Numbers {
    pub fn new(today: NaiveDate) -> Self {
        let days = usize::try_from(CHILD_DAYS).unwrap_or(0);
        Self { today, adults: 0, children: vec![0; days] }
    }

    /// The next adult's; none when all are given.
    pub fn adult(&mut self) -> Option<NationalId> {
        let (serial, day) = (self.adults / ADULT_DAYS, self.adults % ADULT_DAYS);
        self.adults += 1;
        let day = i64::try_from(day).ok()?;
        let born = self.today.checked_sub_signed(TimeDelta::days(ADULT_FROM + day))?;
        NationalId::synthetic(born, u32::try_from(serial).ok()?)
    }

    /// A child's, born on a day or, when all of that day are given, soon before it.
    pub fn child(&mut self, born: NaiveDate) -> Option<NationalId> {
        let mut born = born;
        loop {
            let days = usize::try_from((self.today - born).num_days()).ok()?;
            let given = self.children.get_mut(days)?;
            if *given < OF_A_DAY {
                *given += 1;
                return NationalId::synthetic(born, u32::from(*given - 1));
            }
            born = born.pred_opt().filter(|day| day.year() >= 2000)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_number_is_given_twice() {
        let today: NaiveDate = "2026-11-22".parse().expect("a day");
        let mut numbers = Numbers::new(today);
        let born = today - TimeDelta::days(2_000);
        let mut given = BTreeSet::new();
        for _ in 0..800 {
            let child = numbers.child(born).expect("a number");
            assert!(
                child.birth_date().is_some_and(|date| date <= born)
                    && NationalId::parse(child.as_str()).is_ok()
            );
            assert!(given.insert(child.as_str().to_owned()));
        }
        numbers.adults = ADULT_DAYS - 400;
        for _ in 0..800 {
            let adult = numbers.adult().expect("a number");
            assert!(NationalId::parse(adult.as_str()).is_ok());
            assert!(given.insert(adult.as_str().to_owned()));
        }
    }
}
