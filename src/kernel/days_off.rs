//! Days off in Norway: Saturdays, Sundays and public holidays. Most of the holidays follow Easter. A deadline that the service calculates, and that
//! law or practice counts so, does not end on a day off but on the next working day.

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

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

/// Days from Easter Sunday: Maundy Thursday, Good Friday, both days of Easter, Ascension Day, both days of Pentecost
/// (LOV-1995-02-24-12 § 2).
const FROM_EASTER: [i64; 7] = [-3, -2, 0, 1, 39, 49, 50];
/// Month and day: New Year's Day and both days of Christmas (LOV-1995-02-24-12 § 2), and 1 and 17 May (LOV-1947-04-26-1).
const EVERY_YEAR: [(u32, u32); 5] = [(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)];

/// Returns whether a day is a public holiday (helligdag, or a day with the same rules).
#[must_use]
pub fn is_public_holiday(day: NaiveDate) -> bool {
    let moves = easter(day.year())
        .is_some_and(|easter| FROM_EASTER.iter().any(|days| easter + TimeDelta::days(*days) == day));
    moves || EVERY_YEAR.contains(&(day.month(), day.day()))
}

/// Returns whether a day is a Saturday, a Sunday or a public holiday.
#[must_use]
pub fn is_day_off(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun) || is_public_holiday(day)
}

/// Returns the first working day (virkedag) from a day on. A working day is itself.
#[must_use]
pub fn working_day_from(day: NaiveDate) -> NaiveDate {
    day.iter_days().find(|day| !is_day_off(*day)).unwrap_or(day)
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
            .filter(|day| is_public_holiday(*day))
            .map(|day| day.format("%m-%d").to_string())
            .collect();
        assert_eq!(
            all,
            [
                "01-01", "04-02", "04-03", "04-05", "04-06", "05-01", "05-14", "05-17", "05-24", "05-25",
                "12-25", "12-26"
            ]
        );
    }

    #[test]
    fn holidays_can_fall_on_the_same_day() {
        // Ascension Day and 1 May; 17 May and the second day of Pentecost.
        for (day, year) in [("2008-05-01", 2008), ("2027-05-17", 2027)] {
            let count = (0..366)
                .filter_map(|days| {
                    NaiveDate::from_ymd_opt(year, 1, 1)?.checked_add_signed(TimeDelta::days(days))
                })
                .filter(|day| day.year() == year && is_public_holiday(*day))
                .count();
            assert!(is_public_holiday(date(day)));
            assert_eq!(count, 11, "of 12 holidays, two are one day in {year}");
        }
    }

    #[test]
    fn a_deadline_on_a_day_off_ends_on_the_next_working_day() {
        for (day, moved) in [
            ("2026-11-27", "2026-11-27"), // Friday
            ("2026-11-28", "2026-11-30"), // Saturday
            ("2026-11-29", "2026-11-30"), // Sunday
            ("2026-11-30", "2026-11-30"), // Monday
            ("2026-04-01", "2026-04-01"), // the day before Maundy Thursday
            ("2026-04-02", "2026-04-07"), // Maundy Thursday, until the Tuesday after Easter
            ("2026-04-04", "2026-04-07"), // the Saturday of Easter
            ("2026-05-01", "2026-05-04"), // a Friday
            ("2026-05-14", "2026-05-15"), // Ascension Day: the Friday after it is a working day
            ("2026-05-16", "2026-05-18"), // 17 May is a Sunday
            ("2026-05-23", "2026-05-26"), // Pentecost
            ("2026-12-24", "2026-12-24"), // the eves are working days
            ("2026-12-25", "2026-12-28"), // Friday; the 26th is a Saturday
            ("2026-12-31", "2026-12-31"),
            ("2027-01-01", "2027-01-04"), // into the next year: a Friday
            ("2027-05-15", "2027-05-18"), // Saturday, Pentecost, 17 May
            ("2029-12-29", "2029-12-31"),
        ] {
            assert_eq!(working_day_from(date(day)), date(moved), "{day}");
        }
    }

    #[test]
    fn no_deadline_moves_more_than_five_days() {
        for day in date("1990-01-01").iter_days().take_while(|day| day.year() < 2100) {
            let moved = working_day_from(day);
            assert!(!is_day_off(moved) && (0..=5).contains(&(moved - day).num_days()), "{day} to {moved}");
        }
    }
}
