//! The bases for disclosure without consent, with senders and recipients: `data/disclosures.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use chrono::NaiveDate;

use super::dto::{AppliedLaw, DelayGround, DisclosureBasis, Receiver};
use crate::{
    access::{Law, Wording},
    kernel::vocabulary::{InformationKind, Sector},
    problem::{Problem, Result},
};

/// A unit by sector, and by kind if present.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct To {
    /// The sector.
    pub sector: Sector,
    /// The kind of unit.
    pub kind: Option<String>,
}

/// The statutory sections for a disclosing unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// The sector.
    pub sector: Sector,
    /// The kind of unit.
    pub kind: Option<String>,
    /// The kinds of recipients that the row is for; all if left out.
    pub receiver: Option<Vec<Receiver>>,
    /// The sections.
    pub law: Vec<Law>,
}

/// Whether the family is informed of a disclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Informs {
    /// At once, or on a later day with a ground.
    AtOnce,
    /// Never.
    Never,
}

/// A ground on which the family is informed on a later day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelayRule {
    /// The ground.
    pub ground: DelayGround,
    /// The law.
    pub law: Law,
    /// The sectors of the disclosing unit; all if left out.
    pub sectors: Option<Vec<Sector>>,
    /// The bases of the disclosure; all if left out.
    pub bases: Option<Vec<DisclosureBasis>>,
}

/// The rules for a basis.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The basis.
    pub name: DisclosureBasis,
    #[serde(rename = "note")]
    _note: String,
    /// Whether a recipient outside the service is allowed.
    pub outside: bool,
    /// Whether the family is informed.
    pub informs: Informs,
    /// Whether the receiver's request, or the leave of those who consent, is required.
    #[serde(default)]
    pub asked: bool,
    /// Whether an objection by the patient prevents it, except for weighty reasons.
    #[serde(default)]
    pub unless_objected: bool,
    /// The law that a disclosure in spite of an objection rests on as well.
    #[serde(default)]
    despite_objection: Vec<Law>,
    /// Whether a unit of another municipality may receive.
    #[serde(default)]
    pub anywhere: bool,
    /// The legal basis for processing the data.
    pub processing: Vec<Law>,
    /// The kinds of information; all if left out.
    pub kinds: Option<Vec<InformationKind>>,
    /// The sectors whose own entries may be disclosed; all if left out.
    pub of: Option<Vec<Sector>>,
    /// The units that may receive.
    pub to: Vec<To>,
    /// The units that may disclose.
    pub from: Vec<From>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Objection {
    own_age: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    basis: Vec<Basis>,
    delay: Vec<DelayRule>,
    objection: Objection,
}

#[expect(clippy::expect_used, reason = "the file is a part of the program, and read in tests")]
static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/disclosures.toml")).expect("grounds of disclosure")
});

/// Returns the rules for all bases, in the order of the file.
#[must_use]
pub fn bases() -> &'static [Basis] {
    &FILE.basis
}

/// Returns the rules for a basis.
pub(super) fn find(name: DisclosureBasis) -> Option<&'static Basis> {
    FILE.basis.iter().find(|basis| basis.name == name)
}

/// Returns the law of a ground to inform the family later, if a unit of this sector may use it for a disclosure on this basis.
pub(super) fn delayed_by(ground: DelayGround, basis: DisclosureBasis, sector: Sector) -> Option<Law> {
    let fits = |rule: &&DelayRule| {
        rule.ground == ground
            && rule.sectors.as_ref().is_none_or(|sectors| sectors.contains(&sector))
            && rule.bases.as_ref().is_none_or(|bases| bases.contains(&basis))
    };
    FILE.delay.iter().find(fits).map(|rule| rule.law)
}

/// Returns today's version of a statutory section. A section no longer in force allows nothing.
pub(super) fn applied(law: Law, today: NaiveDate) -> Result<AppliedLaw> {
    let Wording { citation, valid_from, in_force } = law.wording(today);
    if !in_force {
        return Err(Problem::conflict(format!(
            "{citation} is not in force in the version that this service knows"
        )));
    }
    Ok(AppliedLaw { law: citation.to_owned(), valid_from })
}

/// The age from which the young person alone decides on health care, and therefore alone objects.
pub(super) fn own_age() -> i64 {
    FILE.objection.own_age
}

fn fits(own: (Sector, Option<&String>), sector: Sector, kind: &str) -> bool {
    own.0 == sector && own.1.is_none_or(|own| own == kind)
}

impl Basis {
    /// Returns the sections that let a unit disclose to a recipient; none if it may not.
    pub(super) fn law_for(&self, sector: Sector, kind: &str, to: Receiver) -> Option<&'static [Law]> {
        let own = FILE.basis.iter().find(|basis| basis.name == self.name)?;
        let from = own.from.iter().find(|from| {
            fits((from.sector, from.kind.as_ref()), sector, kind)
                && from.receiver.as_ref().is_none_or(|only| only.contains(&to))
        });
        from.map(|from| from.law.as_slice())
    }

    /// Returns what a disclosure rests on: the sections for the unit and, if weighty reasons override an objection, the section that lets
    /// them.
    #[must_use]
    pub fn rests_on(&self, law: &[Law], is_despite_objection: bool) -> Vec<Law> {
        let despite = self.despite_objection.iter().filter(|_| is_despite_objection);
        law.iter().chain(despite).copied().collect()
    }

    /// Returns whether the basis covers an entry of this kind from a unit of this sector, or from the family if none.
    pub(super) fn lets_out(&self, kind: InformationKind, of: Option<Sector>) -> bool {
        let fits = self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind));
        fits && self.of.as_ref().is_none_or(|sectors| of.is_some_and(|sector| sectors.contains(&sector)))
    }

    /// Returns whether a unit may receive.
    pub(super) fn may_receive(&self, sector: Sector, kind: &str) -> bool {
        self.to.iter().any(|to| fits((to.sector, to.kind.as_ref()), sector, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{access::Policies, child_welfare_reports, kernel::vocabulary::Words};

    const SECTORS: [Sector; 6] =
        [Sector::School, Sector::Ppt, Sector::Health, Sector::ChildWelfare, Sector::Nav, Sector::Other];

    fn law(name: DisclosureBasis, sector: Sector, kind: &str, to: Receiver) -> Option<&'static [Law]> {
        find(name).expect("a basis").law_for(sector, kind, to)
    }

    #[test]
    fn every_basis_rests_on_law_that_the_rules_rest_on_too() {
        let rules = Policies::load().expect("rules").legal_basis_of("disclosure.make");
        for name in DisclosureBasis::ALL.iter().copied() {
            let basis = find(name).expect("a basis of this name");
            assert!(!basis.from.is_empty() && (basis.outside || !basis.to.is_empty()), "{name}");
            assert_eq!(basis.unless_objected, !basis.despite_objection.is_empty(), "{name}");
            for law in basis.from.iter().flat_map(|from| &from.law).chain(&basis.despite_objection) {
                assert!(rules.contains(law), "{name}: {law:?}");
            }
        }
    }

    #[test]
    fn every_basis_for_processing_is_known_law_in_force() {
        let day = "2026-11-22".parse().expect("a day");
        for basis in DisclosureBasis::ALL.iter().filter_map(|name| find(*name)) {
            assert!(basis.processing.len() > 1, "{}", basis.name);
            for law in &basis.processing {
                assert!(law.wording(day).in_force, "{law:?}");
            }
        }
    }

    #[test]
    fn a_school_gives_a_school_what_schools_know_and_health_gives_health_what_is_of_health() {
        let lets_out = |name, kind, of| find(name).expect("a basis").lets_out(kind, of);
        use InformationKind as K;
        for kind in [K::Agreed, K::SchoolLife, K::Absence] {
            assert!(lets_out(DisclosureBasis::SchoolChange, kind, Some(Sector::School)), "{kind}");
            assert!(!lets_out(DisclosureBasis::SchoolChange, kind, Some(Sector::Health)), "{kind}");
            assert!(!lets_out(DisclosureBasis::SchoolChange, kind, None), "{kind}: the family's");
        }
        let secret = [
            K::ChildStatement,
            K::Health,
            K::ConfidentialHealth,
            K::ChildWelfare,
            K::FamilyEconomy,
            K::ParentsHealth,
        ];
        for kind in secret {
            assert!(!lets_out(DisclosureBasis::SchoolChange, kind, Some(Sector::School)), "{kind}");
            assert!(lets_out(DisclosureBasis::ChildWelfareReport, kind, Some(Sector::Health)), "{kind}");
        }
        for (kind, may) in [
            (K::Health, true),
            (K::Agreed, true),
            (K::ParentsHealth, false),
            (K::ConfidentialHealth, false),
            (K::SchoolLife, false),
        ] {
            assert_eq!(lets_out(DisclosureBasis::HealthPersonnel, kind, Some(Sector::Health)), may, "{kind}");
        }
        // Health does not give entries of another service, and the parents' own health has a basis of its own.
        assert!(!lets_out(DisclosureBasis::HealthPersonnel, K::Agreed, Some(Sector::School)));
        assert!(lets_out(DisclosureBasis::PatientsChildren, K::ParentsHealth, Some(Sector::Health)));
        assert!(!lets_out(DisclosureBasis::PatientsChildren, K::Health, Some(Sector::Health)));
    }

    #[test]
    fn what_belongs_with_a_report_leaves_on_the_paragraph_of_the_report() {
        for sector in SECTORS {
            for kind in ["school", "kindergarten", "family_counselling", "crisis_centre", "nav", "other"] {
                let report = child_welfare_reports::law_of(sector, kind);
                let given = law(DisclosureBasis::ChildWelfareReport, sector, kind, Receiver::Other);
                assert_eq!(given.and_then(|law| law.first().copied()), report, "{sector} {kind}");
            }
        }
    }

    #[test]
    fn health_gives_to_health_and_schools_to_schools() {
        let health = find(DisclosureBasis::HealthPersonnel).expect("a basis");
        assert!(
            health.unless_objected && health.law_for(Sector::School, "school", Receiver::Other).is_none()
        );
        assert!(
            health.may_receive(Sector::Health, "dental") && !health.may_receive(Sector::School, "school")
        );
        let school = find(DisclosureBasis::SchoolChange).expect("a basis");
        assert!(school.law_for(Sector::School, "kindergarten", Receiver::Other).is_none());
        assert!(!school.may_receive(Sector::School, "kindergarten"));
        let danger = |to| law(DisclosureBasis::DangerToLifeOrHealth, Sector::Health, "dental", to);
        let key = |to| danger(to).and_then(|law| law.first()).map(|law| law.key());
        for to in [Receiver::Police, Receiver::Fire] {
            assert_eq!(key(to), Some("helsepersonelloven.varsle-nødetater"));
        }
        for to in [Receiver::EmergencyMedical, Receiver::Other] {
            assert_eq!(key(to), Some("helsepersonelloven.tungtveiende-interesser"));
        }
    }

    #[test]
    fn the_family_is_never_informed_only_of_reports_and_of_what_averts_an_offence() {
        for name in DisclosureBasis::ALL {
            let never = [DisclosureBasis::ChildWelfareReport, DisclosureBasis::DutyToAvert].contains(name);
            let informs = if never { Informs::Never } else { Informs::AtOnce };
            assert_eq!(find(*name).expect("a basis").informs, informs, "{name}");
        }
    }

    #[test]
    fn every_ground_to_inform_later_rests_on_law_that_the_rule_rests_on_and_only_some_sectors_use_it() {
        let rules = Policies::load().expect("rules").legal_basis_of("disclosure.delay");
        for ground in DelayGround::ALL {
            let rule = FILE.delay.iter().find(|rule| rule.ground == *ground).expect("a rule");
            assert!(rules.contains(&rule.law), "{ground}");
        }
        let danger = |ground, sector| delayed_by(ground, DisclosureBasis::DangerToLifeOrHealth, sector);
        assert!(danger(DelayGround::CriminalProceedings, Sector::School).is_some());
        assert!(danger(DelayGround::PatientUnderAge, Sector::School).is_none());
        assert!(danger(DelayGround::PatientUnderAge, Sector::Health).is_some());
        assert!(danger(DelayGround::OrderHindered, Sector::School).is_none());
        let order = DisclosureBasis::ChildWelfareOrder;
        assert!(delayed_by(DelayGround::OrderHindered, order, Sector::School).is_some());
    }
}
