//! The sections that impose the duty to report, and the deadlines in the law: `data/child_welfare_reports.toml`.

use std::sync::LazyLock;

use chrono::{Days, Months, NaiveDate};
use serde::Deserialize;

use super::dto::ReportGround;
use crate::{access::Law, kernel::vocabulary::Sector};

/// The duty to report of a kind of unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// The sector.
    pub sector: Sector,
    /// The kind of unit, if the section is only about that kind.
    pub kind: Option<String>,
    /// The statutory section.
    pub law: Law,
    /// The grounds for reporting in the section.
    pub(super) grounds: Vec<ReportGround>,
}

/// The deadlines in the law.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deadlines {
    review_days: u64,
    receipt_days: u64,
    investigation_months: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    duty: Vec<Duty>,
    deadline: Deadlines,
}

#[expect(clippy::expect_used, reason = "the file is a part of the program, and read in tests")]
static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/child_welfare_reports.toml")).expect("duties and deadlines")
});

/// Returns all duties, in the order of the file. The first that fits a unit is its own.
#[must_use]
pub fn duties() -> &'static [Duty] {
    &FILE.duty
}

/// Returns the duty of a unit.
pub(super) fn duty_of(sector: Sector, kind: &str) -> Option<&'static Duty> {
    let fits = |duty: &&Duty| duty.sector == sector && duty.kind.as_ref().is_none_or(|own| own == kind);
    FILE.duty.iter().find(fits)
}

/// Returns the statutory section that imposes the duty on a unit.
#[must_use]
pub fn law_of(sector: Sector, kind: &str) -> Option<Law> {
    duty_of(sector, kind).map(|duty| duty.law)
}

/// Returns the deadlines in the law.
pub(super) fn deadlines() -> &'static Deadlines {
    &FILE.deadline
}

impl Deadlines {
    /// Returns the due date of the review.
    pub(super) fn review(&self, sent_on: NaiveDate) -> NaiveDate {
        sent_on.checked_add_days(Days::new(self.review_days)).unwrap_or(sent_on)
    }

    /// Returns the due date of the confirmation of receipt.
    pub(super) fn receipt(&self, sent_on: NaiveDate) -> NaiveDate {
        sent_on.checked_add_days(Days::new(self.receipt_days)).unwrap_or(sent_on)
    }

    /// Returns the due date of the investigation.
    pub(super) fn investigation(&self, sent_on: NaiveDate) -> NaiveDate {
        let review = self.review(sent_on);
        review.checked_add_months(Months::new(self.investigation_months)).unwrap_or(review)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Policies;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn every_unit_has_a_duty_that_rests_on_law_the_rules_rest_on_too() {
        let basis = Policies::load().expect("rules").legal_basis_of("report.duty");
        for sector in ["school", "ppt", "health", "child_welfare", "nav", "other"] {
            let sector = Sector::try_from(sector.to_owned()).expect("a sector");
            assert!(duty_of(sector, "any").is_some(), "{sector}");
        }
        for duty in &FILE.duty {
            assert!(basis.contains(&duty.law), "{:?}", duty.law);
        }
    }

    #[test]
    fn the_paragraph_follows_from_the_unit() {
        let law_of = |sector, kind| law_of(sector, kind).map(|law| law.on(day("2026-11-24")));
        assert_eq!(law_of(Sector::School, "kindergarten"), Some("bhl § 46"));
        assert_eq!(law_of(Sector::School, "school"), Some("oppl § 24-3"));
        assert_eq!(law_of(Sector::Other, "family_counselling"), Some("fvkl § 10"));
        assert_eq!(law_of(Sector::Other, "police"), Some("bvl § 13-2"));
        let kindergarten = duty_of(Sector::School, "kindergarten").expect("a duty");
        assert!(!kindergarten.grounds.contains(&ReportGround::SeriousBehaviour));
    }

    #[test]
    fn the_days_are_counted_from_the_day_it_was_sent() {
        let sent = day("2026-11-24");
        assert_eq!(deadlines().review(sent), day("2026-12-01"));
        assert_eq!(deadlines().receipt(sent), day("2026-12-15"));
        assert_eq!(deadlines().investigation(sent), day("2027-03-01"));
        assert_eq!(deadlines().investigation(day("2026-11-23")), day("2027-02-28"));
    }
}
