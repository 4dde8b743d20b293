//! The law that the rules rest on, as data with days of validity: `data/laws.toml`.

use chrono::NaiveDate;
use serde::Deserialize;

use super::PolicyError;

const SOURCE: &str = include_str!("../../data/laws.toml");

/// The basis on which data are processed in the record, which neither a consent nor another exemption from secrecy is.
pub const PROCESSING: [&str; 6] =
    ["GDPR art. 6(1)(e)", "GDPR art. 9(2)(g)", "oppl § 24-1", "bhl § 47 a", "bvl § 13-6", "sotjl § 43 a"];

/// A paragraph, in the wording that the rules were read against.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Law {
    id: String,
    #[serde(rename = "act")]
    _act: String,
    #[serde(rename = "title")]
    _title: String,
    valid_from: toml::value::Datetime,
    valid_to: Option<toml::value::Datetime>,
    #[serde(rename = "reading")]
    _reading: Reading,
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// The wording of a law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording {
    /// Its first day.
    pub valid_from: NaiveDate,
    /// Whether it is in force on the day that was asked about.
    pub in_force: bool,
}

/// How the wording is known.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reading {
    /// The text was read.
    Statute,
    /// From general knowledge.
    General,
}

/// All laws that rules may cite.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Laws {
    law: Vec<Law>,
}

impl Laws {
    pub(super) fn load() -> Result<Self, PolicyError> {
        Ok(toml::from_str(SOURCE)?)
    }

    /// Every law that is cited is known. A citation is what cites, and the law.
    pub(super) fn require_known<'a>(
        &self,
        cited: impl Iterator<Item = (String, &'a str)>,
    ) -> Result<(), PolicyError> {
        refuse(cited, |id| self.find(id).is_none())
    }

    /// Every law that is cited is in force on a day.
    pub(super) fn require_in_force<'a>(
        &self,
        cited: impl Iterator<Item = (String, &'a str)>,
        day: NaiveDate,
    ) -> Result<(), PolicyError> {
        refuse(cited, |id| !self.find(id).is_some_and(|law| law.is_in_force(day)))
    }

    /// The wording of a law that the rules were read against, and whether it is in force on a day.
    pub(super) fn wording(&self, id: &str, day: NaiveDate) -> Option<Wording> {
        let law = self.find(id)?;
        Some(Wording { valid_from: date(&law.valid_from)?, in_force: law.is_in_force(day) })
    }

    fn find(&self, id: &str) -> Option<&Law> {
        self.law.iter().find(|law| law.id == id)
    }
}

impl Law {
    fn is_in_force(&self, day: NaiveDate) -> bool {
        let begun = date(&self.valid_from).is_some_and(|from| from <= day);
        let ended = self.valid_to.as_ref().is_some_and(|to| date(to).is_none_or(|to| to < day));
        begun && !ended
    }
}

fn date(value: &toml::value::Datetime) -> Option<NaiveDate> {
    let date = value.date?;
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
}

/// Refuses, with what rests on law that is bad.
fn refuse<'a>(
    cited: impl Iterator<Item = (String, &'a str)>,
    is_bad: impl Fn(&str) -> bool,
) -> Result<(), PolicyError> {
    let bad: Vec<String> =
        cited.filter(|(_, law)| is_bad(law)).map(|(by, law)| format!("{law} ({by})")).collect();
    if bad.is_empty() { Ok(()) } else { Err(PolicyError::Law(bad.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cited(law: &str) -> impl Iterator<Item = (String, &str)> {
        std::iter::once(("rule a.rule".to_owned(), law))
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_law_holds_from_its_first_day_to_its_last() {
        let laws: Laws = toml::from_str(
            "[[law]]\nid = 'x § 1'\nact = 'x'\ntitle = 't'\nvalid_from = 2020-01-01\nvalid_to = 2026-12-31\nreading = 'statute'",
        )
        .expect("laws");
        let in_force = |text| laws.require_in_force(cited("x § 1"), day(text));
        assert!(in_force("2019-12-31").is_err());
        assert!(in_force("2020-01-01").is_ok());
        assert!(in_force("2026-12-31").is_ok());
        let ended = in_force("2027-01-01").expect_err("ended").to_string();
        assert!(ended.contains("x § 1 (rule a.rule)"), "{ended}");
    }

    #[test]
    fn a_wording_is_told_by_its_first_day_in_force_or_not() {
        let laws = Laws::load().expect("laws");
        let told = |text| laws.wording("bvl § 13-2", day(text));
        let from = day("2023-01-01");
        assert_eq!(told("2026-11-22"), Some(Wording { valid_from: from, in_force: true }));
        assert_eq!(told("2022-12-31"), Some(Wording { valid_from: from, in_force: false }));
        assert_eq!(laws.wording("bvl § 99", from), None);
    }

    #[test]
    fn a_law_that_is_not_listed_cannot_be_rested_on() {
        let laws = Laws::load().expect("laws");
        assert!(laws.require_known(cited("fvl § 13")).is_ok());
        assert!(laws.require_known(cited("fvl § 99")).is_err());
    }
}
