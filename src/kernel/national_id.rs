//! The Norwegian national identity number (fødselsnummer) and D-number.
//!
//! Eleven digits: `DDMMYY`, an individual number that determines the century, and two check digits
//! modulo 11 (folkeregisterforskriften § 2-2-1). A D-number has 40 added to the day. Synthetic
//! numbers have 80 (the Norwegian Tax Administration's test register) or 40 (NAV) added to the month.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

/// A national identity number with a valid date and valid check digits.
#[derive(Clone, PartialEq, Eq)]
pub struct NationalId {
    digits: String,
    birth_date: NaiveDate,
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
        let birth_date = birth_date(&digits).ok_or(NationalIdError::Date)?;
        let first = check_digit(&digits[..9], &FIRST_WEIGHTS);
        let second = check_digit(&digits[..10], &SECOND_WEIGHTS);
        if first != Some(digits[9]) || second != Some(digits[10]) {
            return Err(NationalIdError::CheckDigits);
        }
        Ok(Self { digits: text.to_owned(), birth_date })
    }

    /// Returns a synthetic number (month + 80) for a person born on a date. `serial` selects one of the numbers of that date.
    /// Returns `None` if the date has no number with that serial.
    #[must_use]
    pub fn synthetic(birth_date: NaiveDate, serial: u32) -> Option<Self> {
        use chrono::Datelike;
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
        Some(Self { digits, birth_date })
    }

    /// Returns the eleven digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// Returns the date of birth that the number contains.
    #[must_use]
    pub fn birth_date(&self) -> NaiveDate {
        self.birth_date
    }
}

fn check_digit(digits: &[u32], weights: &[u32]) -> Option<u32> {
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    match (11 - sum % 11) % 11 {
        10 => None,
        digit => Some(digit),
    }
}

fn birth_date(digits: &[u32]) -> Option<NaiveDate> {
    let two = |at: usize| digits[at] * 10 + digits[at + 1];
    let day = if two(0) > 40 { two(0) - 40 } else { two(0) };
    let month = match two(2) {
        month @ 81..=92 => month - 80,
        month @ 41..=52 => month - 40,
        month => month,
    };
    let individual = digits[6] * 100 + digits[7] * 10 + digits[8];
    let century = match (individual, two(4)) {
        (500..=749, 54..=99) => 1800,
        (0..=499, _) | (900..=999, 40..=99) => 1900,
        (500..=999, 0..=39) => 2000,
        _ => return None,
    };
    NaiveDate::from_ymd_opt(i32::try_from(century + two(4)).ok()?, month, day)
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
            .description(Some("A national identity number (fødselsnummer) or D-number: a date that exists, and check digits."))
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

    proptest! {
        #[test]
        fn a_synthetic_number_holds_its_birth_date(days in 0_u64..29_000, serial in 0_u32..50) {
            let day = NaiveDate::from_ymd_opt(1950, 1, 1).expect("a date") + chrono::Days::new(days);
            let id = NationalId::synthetic(day, serial).expect("a number");
            prop_assert_eq!(id.birth_date(), day);
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
