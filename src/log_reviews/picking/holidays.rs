//! The public holidays of Norway, calculated from Easter.

use chrono::{Datelike, NaiveDate, TimeDelta};

/// Easter Sunday of a year (the anonymous Gregorian computus).
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// Days from Easter Sunday: Maundy Thursday, Good Friday, both days of Easter, Ascension Day, both days of Pentecost.
const FROM_EASTER: [i64; 7] = [-3, -2, 0, 1, 39, 49, 50];
/// Month and day: New Year's Day, 1 and 17 May, Christmas; and the two eves when the services are closed.
const EVERY_YEAR: [(u32, u32); 7] = [(1, 1), (5, 1), (5, 17), (12, 24), (12, 25), (12, 26), (12, 31)];

/// Returns whether a day is a public holiday, or an eve on which the services are closed.
pub(super) fn is_holiday(day: NaiveDate) -> bool {
    let moves = easter(day.year())
        .is_some_and(|easter| FROM_EASTER.iter().any(|days| easter + TimeDelta::days(*days) == day));
    moves || EVERY_YEAR.contains(&(day.month(), day.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    #[test]
    fn easter_is_when_it_is() {
        for day in [
            "2000-04-23",
            "2008-03-23",
            "2011-04-24",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2038-04-25",
        ] {
            assert_eq!(easter(date(day).year()), Some(date(day)));
        }
    }

    #[test]
    fn the_holidays_of_2026() {
        let all: Vec<String> = (0..365)
            .map(|day| date("2026-01-01") + TimeDelta::days(day))
            .filter(|day| is_holiday(*day))
            .map(|day| day.format("%m-%d").to_string())
            .collect();
        assert_eq!(
            all,
            [
                "01-01", "04-02", "04-03", "04-05", "04-06", "05-01", "05-14", "05-17", "05-24", "05-25",
                "12-24", "12-25", "12-26", "12-31"
            ]
        );
    }
}
