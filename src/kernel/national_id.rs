//! The Norwegian national identity number (fødselsnummer) and D-number.
//!
//! Eleven digits: `DDMMYY`, an individual number, and two check digits modulo 11 (folkeregisterforskriften § 2-2-1). A D-number
//! has 40 added to the day. Synthetic numbers have 80 (the Norwegian Tax Administration's test register) or 40 (NAV) added to
//! the month.
//!
//! The individual number determines the century, by one table for national identity numbers and another for D-numbers. The
//! numbers of the form from 2032 do not determine it. They are recognised by their first check digit, which leaves a
//! remainder of 1, 2 or 3 where the earlier numbers leave none. Their date of birth must be stated beside them.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

/// A national identity number with a valid date and valid check digits.
#[derive(Clone, PartialEq, Eq)]
pub struct NationalId {
    digits: String,
    day: Day,
}

/// The six first digits of a number, read as a date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Day {
    /// The date of birth.
    Of(NaiveDate),
    /// Day, month and the last two digits of the year. The century is unknown.
    InSomeCentury { day: u32, month: u32, year: i32 },
}

/// The reason a number is not a valid national identity number.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NationalIdError {
    /// Not eleven digits.
    #[error("must be 11 digits")]
    Shape,
    /// The first six digits are not a date, or the century does not match.
    #[error("is not a possible national identity number: the date does not exist")]
    Date,
    /// The check digits are wrong.
    #[error("is not a possible national identity number: the check digits are wrong")]
    CheckDigits,
    /// The number belongs to an invented person, and this installation has real people.
    #[error("is a synthetic number, which this installation does not accept")]
    Synthetic,
}

/// Whether an installation accepts the numbers of invented people. One with real people must not: an invented number can be made by
/// anyone, and belongs to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyntheticIds {
    /// They are refused.
    #[default]
    Refused,
    /// They are accepted, for demonstrations and tests.
    Accepted,
}

const FIRST_WEIGHTS: [u32; 9] = [3, 7, 6, 1, 8, 9, 4, 5, 2];
const SECOND_WEIGHTS: [u32; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

impl NationalId {
    /// Parses a number.
    ///
    /// # Errors
    /// If it does not have eleven digits, or if the date or the check digits are invalid.
    pub fn parse(text: &str) -> Result<Self, NationalIdError> {
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        if digits.len() != 11 || text.len() != 11 {
            return Err(NationalIdError::Shape);
        }
        let without_century = match remainder(&digits[..9], &FIRST_WEIGHTS, digits[9]) {
            0 => false,
            1..=3 => true,
            _ => return Err(wrong_check_digits(&digits)),
        };
        if remainder(&digits[..10], &SECOND_WEIGHTS, digits[10]) != 0 {
            return Err(wrong_check_digits(&digits));
        }
        let day = if without_century { in_some_century(&digits) } else { of_century(&digits).map(Day::Of) };
        let day = day.ok_or(NationalIdError::Date)?;
        Ok(Self { digits: text.to_owned(), day })
    }

    /// Parses a number that this installation accepts.
    ///
    /// # Errors
    /// As [`NationalId::parse`], or if the number is synthetic and these are refused.
    pub fn parse_with(text: &str, synthetic: SyntheticIds) -> Result<Self, NationalIdError> {
        let number = Self::parse(text)?;
        match synthetic {
            SyntheticIds::Refused if number.is_synthetic() => Err(NationalIdError::Synthetic),
            _ => Ok(number),
        }
    }

    /// Returns a synthetic number (month + 80) for a person born on a date. `serial` selects one of the numbers of that date.
    /// Returns `None` if the date has no number with that serial.
    #[must_use]
    pub fn synthetic(birth_date: NaiveDate, serial: u32) -> Option<Self> {
        let base = match birth_date.year() {
            1940..=1999 => 0,
            2000..=2039 => 500,
            _ => return None,
        };
        let (day, month, year) =
            (birth_date.day(), birth_date.month() + 80, birth_date.year().unsigned_abs());
        let start = [day / 10, day % 10, month / 10, month % 10, year / 10 % 10, year % 10];
        let number = |n: u32| {
            let individual = base + n;
            let mut digits = [0; 11];
            digits[..6].copy_from_slice(&start);
            digits[6..9].copy_from_slice(&[individual / 100, individual / 10 % 10, individual % 10]);
            digits[9] = check_digit(&digits[..9], &FIRST_WEIGHTS)?;
            digits[10] = check_digit(&digits[..10], &SECOND_WEIGHTS)?;
            Some(digits)
        };
        let digits = (0..500_u32).filter_map(number).nth(serial as usize)?;
        let digits = digits.iter().filter_map(|digit| char::from_digit(*digit, 10)).collect();
        Some(Self { digits, day: Day::Of(birth_date) })
    }

    /// Returns the eleven digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// Returns the date of birth, if the number determines it.
    #[must_use]
    pub fn birth_date(&self) -> Option<NaiveDate> {
        match self.day {
            Day::Of(date) => Some(date),
            Day::InSomeCentury { .. } => None,
        }
    }

    /// Returns whether someone born on this date can have the number.
    #[must_use]
    pub fn fits(&self, birth_date: NaiveDate) -> bool {
        match self.day {
            Day::Of(date) => date == birth_date,
            Day::InSomeCentury { day, month, year } => {
                (birth_date.day(), birth_date.month(), birth_date.year().rem_euclid(100))
                    == (day, month, year)
            }
        }
    }

    /// Returns whether the number belongs to a series of invented people: the month has 80 or 40 added.
    #[must_use]
    pub fn is_synthetic(&self) -> bool {
        matches!(self.digits.as_bytes().get(2), Some(b'4'..=b'9'))
    }
}

/// Returns what the sum of the weighted digits and the check digit leaves when divided by 11.
fn remainder(digits: &[u32], weights: &[u32], check: u32) -> u32 {
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    (sum + check) % 11
}

/// Returns the reason to refuse a number with wrong check digits. A date that exists in no century is the clearer reason.
fn wrong_check_digits(digits: &[u32]) -> NationalIdError {
    let possible = in_some_century(digits).is_some();
    if possible { NationalIdError::CheckDigits } else { NationalIdError::Date }
}

fn check_digit(digits: &[u32], weights: &[u32]) -> Option<u32> {
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    match (11 - sum % 11) % 11 {
        10 => None,
        digit => Some(digit),
    }
}

/// Returns day, month and the last two digits of the year, without what is added to them.
fn day_month_year(digits: &[u32]) -> (u32, u32, u32) {
    let two = |at: usize| digits[at] * 10 + digits[at + 1];
    let day = if is_d_number(digits) { two(0) - 40 } else { two(0) };
    let month = match two(2) {
        month @ 81..=92 => month - 80,
        month @ 41..=52 => month - 40,
        month => month,
    };
    (day, month, two(4))
}

fn is_d_number(digits: &[u32]) -> bool {
    digits[0] >= 4
}

/// Returns the date of a number whose individual number determines the century.
fn of_century(digits: &[u32]) -> Option<NaiveDate> {
    let (day, month, year) = day_month_year(digits);
    let individual = digits[6] * 100 + digits[7] * 10 + digits[8];
    let century = if is_d_number(digits) {
        match (individual, year) {
            (500..=599, 58..=99) => 1800,
            (0..=199, 0..=39) | (0..=499 | 600..=999, 40..=99) => 1900,
            (200..=999, 0..=39) => 2000,
            _ => return None,
        }
    } else {
        match (individual, year) {
            (500..=749, 54..=99) => 1800,
            (0..=499, _) | (900..=999, 40..=99) => 1900,
            (500..=999, 0..=39) => 2000,
            _ => return None,
        }
    };
    NaiveDate::from_ymd_opt(i32::try_from(century + year).ok()?, month, day)
}

/// Returns the date of a number that does not determine the century.
fn in_some_century(digits: &[u32]) -> Option<Day> {
    let (day, month, year) = day_month_year(digits);
    let year = i32::try_from(year).ok()?;
    let exists = |century: i32| NaiveDate::from_ymd_opt(century + year, month, day).is_some();
    (exists(1900) || exists(2000)).then_some(Day::InSomeCentury { day, month, year })
}

/// A number identifies a person, so `Debug` never writes it to a log.
impl fmt::Debug for NationalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NationalId(hidden)")
    }
}

impl<'de> Deserialize<'de> for NationalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for NationalId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("national-id".to_owned())))
            .pattern(Some("^[0-9]{11}$"))
            .description(Some(
                "A national identity number (fødselsnummer) or D-number: a date that exists, and check digits. A synthetic number \
                 (month + 40 or + 80) is accepted only where the setting `synthetic_national_ids` allows it.",
            ))
            .into()
    }
}
impl ToSchema for NationalId {
    fn name() -> std::borrow::Cow<'static, str> {
        "NationalId".into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn impossible_numbers_are_refused_with_the_reason() {
        assert_eq!(NationalId::parse("1234"), Err(NationalIdError::Shape));
        assert_eq!(NationalId::parse("1234567890a"), Err(NationalIdError::Shape));
        assert_eq!(NationalId::parse("32819012345"), Err(NationalIdError::Date));
        let good = NationalId::synthetic("2020-02-29".parse().expect("a date"), 0).expect("a number");
        let last = if good.as_str().ends_with('0') { '1' } else { '0' };
        let bad = format!("{}{last}", &good.as_str()[..10]);
        assert_eq!(NationalId::parse(&bad), Err(NationalIdError::CheckDigits));
    }

    fn born(number: &str) -> Option<NaiveDate> {
        NationalId::parse(number).expect("a valid number").birth_date()
    }

    fn on(date: &str) -> NaiveDate {
        date.parse().expect("a date")
    }

    fn digits(text: &str) -> Vec<u32> {
        text.chars().filter_map(|c| c.to_digit(10)).collect()
    }

    /// Returns the number with these nine first digits, and a first check digit that leaves `rest`.
    fn number(start: &str, rest: u32) -> Option<String> {
        let mut digits = digits(start);
        digits.push((0..10).find(|digit| remainder(&digits, &FIRST_WEIGHTS, *digit) == rest)?);
        digits.push((0..10).find(|digit| remainder(&digits, &SECOND_WEIGHTS, *digit) == 0)?);
        Some(digits.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_individual_number_of_a_d_number_determines_the_century_by_a_table_of_its_own() {
        assert_eq!(born("44851521221"), Some(on("2015-05-04")));
        assert_eq!(born("44858561350"), Some(on("1985-05-04")));
        assert_eq!(born("44858581386"), Some(on("1985-05-04")));
        for (start, date) in [
            ("448500199", "1900-05-04"),
            ("448539200", "2039-05-04"),
            ("448540499", "1940-05-04"),
            ("448540600", "1940-05-04"),
            ("448557999", "1957-05-04"),
            ("448558500", "1858-05-04"),
            ("448599599", "1899-05-04"),
        ] {
            assert_eq!(of_century(&digits(start)), Some(on(date)), "{start}");
        }
        assert_eq!(of_century(&digits("448540550")), None, "no D-number of 1940 to 1957 has 500 to 599");
    }

    #[test]
    fn a_number_of_the_form_from_2032_needs_its_date_of_birth_beside_it() {
        let number = NationalId::parse("04851561388").expect("a number");
        assert_eq!(number.birth_date(), None);
        assert!(number.fits(on("2015-05-04")) && number.fits(on("1915-05-04")));
        assert!(!number.fits(on("2015-05-05")) && !number.fits(on("2016-05-04")));
    }

    #[test]
    fn a_first_check_digit_with_another_remainder_is_wrong() {
        for rest in 4..11 {
            let Some(number) = (100..999).find_map(|n| number(&format!("048515{n}"), rest)) else { continue };
            assert_eq!(NationalId::parse(&number), Err(NationalIdError::CheckDigits), "remainder {rest}");
        }
    }

    #[test]
    fn the_month_shows_whether_a_person_is_invented() {
        assert!(NationalId::parse("44851521221").expect("a number").is_synthetic());
        let real_form = (0..999).find_map(|n| number(&format!("040515{n:03}"), 0)).expect("a number");
        assert!(!NationalId::parse(&real_form).expect("a number").is_synthetic());
        for synthetic in [SyntheticIds::Refused, SyntheticIds::Accepted] {
            assert!(NationalId::parse_with(&real_form, synthetic).is_ok());
        }
        let refused = NationalId::parse_with("44851521221", SyntheticIds::Refused);
        assert_eq!(refused, Err(NationalIdError::Synthetic));
        assert!(NationalId::parse_with("44851521221", SyntheticIds::Accepted).is_ok());
        assert_eq!(
            NationalId::parse_with("44851521222", SyntheticIds::Refused),
            Err(NationalIdError::CheckDigits)
        );
    }

    proptest! {
        #[test]
        fn a_synthetic_number_holds_its_birth_date(days in 0_u64..29_000, serial in 0_u32..50) {
            let day = NaiveDate::from_ymd_opt(1950, 1, 1).expect("a date") + chrono::Days::new(days);
            let id = NationalId::synthetic(day, serial).expect("a number");
            prop_assert_eq!(id.birth_date(), Some(day));
            prop_assert!(id.is_synthetic());
        }

        #[test]
        fn changing_one_digit_makes_it_impossible(days in 0_u64..29_000, at in 6_usize..11, by in 1_u32..10) {
            let day = NaiveDate::from_ymd_opt(1950, 1, 1).expect("a date") + chrono::Days::new(days);
            let id = NationalId::synthetic(day, 0).expect("a number");
            let mut digits: Vec<u32> = id.as_str().chars().filter_map(|c| c.to_digit(10)).collect();
            digits[at] = (digits[at] + by) % 10;
            let changed: String = digits.iter().map(ToString::to_string).collect();
            prop_assert!(NationalId::parse(&changed).is_err());
        }
    }
}
