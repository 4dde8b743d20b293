//! The grounds for withholding something from a guardian: `data/withholdings.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::dto::{LetterDelayGround, WithholdingBasis};
use crate::{
    access::Law,
    kernel::{Id, ids::Unit, vocabulary::Sector},
    problem::{Problem, Result},
};

/// The people who are competent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Staff who take part through the unit that wrote the entry.
    Owner,
    /// The contact person as well.
    OwnerOrContactPerson,
}

/// The rule for a ground.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroundRule {
    /// The ground.
    pub name: WithholdingBasis,
    /// The law.
    pub law: Law,
    /// The sectors of the units whose entries it covers; everything if left out.
    pub owners: Option<Vec<Sector>>,
    /// The people who are competent.
    pub by: By,
    /// Whether it can withhold the whole case.
    #[serde(default)]
    pub whole_case: bool,
    /// Why, in the letter.
    pub reason_no: String,
    /// The content of the paragraph, in the letter.
    pub wording_no: String,
    /// The body to complain to.
    pub complain_to_no: String,
    /// The right to a representative.
    pub representative_no: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DelayRule {
    ground: LetterDelayGround,
    law: Law,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ground: Vec<GroundRule>,
    delay: Vec<DelayRule>,
}

#[expect(clippy::expect_used, reason = "the file is a part of the program, and read in tests")]
static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/withholdings.toml")).expect("grounds of withholding")
});

/// The part of a case that is to be withheld, by the unit that is responsible for it.
#[derive(Debug, Clone, Copy)]
pub enum Owned {
    /// The whole case.
    Case,
    /// An entry that this unit wrote.
    By(Id<Unit>, Sector),
    /// A meeting, or an entry by the family: the contact person's.
    ByContactPerson,
}

/// Returns the rule of a ground.
///
/// # Errors
/// If the data has none.
pub(super) fn rule(name: WithholdingBasis) -> Result<&'static GroundRule> {
    let found = FILE.ground.iter().find(|rule| rule.name == name);
    found.ok_or_else(|| Problem::internal("the ground is missing from the data"))
}

/// Returns the law of a ground to send the letter later.
pub(super) fn letter_delayed_by(ground: LetterDelayGround) -> Result<Law> {
    let found = FILE.delay.iter().find(|rule| rule.ground == ground).map(|rule| rule.law);
    found.ok_or_else(|| Problem::internal("the ground is missing from the data"))
}

impl GroundRule {
    /// Returns whether a person is competent: by the units through which they take part, and as contact person.
    pub(super) fn lets(&self, owned: Owned, units: &[Id<Unit>], is_contact_person: bool) -> bool {
        let as_contact_person = is_contact_person && self.by == By::OwnerOrContactPerson;
        match owned {
            Owned::Case => self.whole_case && is_contact_person,
            Owned::By(unit, sector) => {
                self.owners.as_ref().is_none_or(|owners| owners.contains(&sector))
                    && (as_contact_person || units.contains(&unit))
            }
            Owned::ByContactPerson => as_contact_person,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{access::Policies, kernel::vocabulary::Words};

    #[test]
    fn every_ground_rests_on_law_that_the_rules_rest_on_and_names_a_body_to_complain_to() {
        let policies = Policies::load().expect("rules");
        let of_rule = policies.legal_basis_of("withholding.team");
        for name in WithholdingBasis::ALL {
            let rule = rule(*name).expect("a rule");
            assert!(of_rule.contains(&rule.law), "{name}");
            let body =
                if *name == WithholdingBasis::PersonalDataAct { "Datatilsynet" } else { "Statsforvalteren" };
            assert_eq!(rule.complain_to_no, body, "{name}");
            assert!(!rule.reason_no.is_empty() && !rule.wording_no.is_empty(), "{name}");
        }
        for ground in LetterDelayGround::ALL {
            letter_delayed_by(*ground).expect("a law");
        }
    }

    #[test]
    fn a_ground_belongs_to_its_service() {
        let (school, clinic, welfare) = (Id::new(), Id::new(), Id::new());
        let of = |unit, sector| Owned::By(unit, sector);
        let lets = |name, owned, units: &[Id<Unit>], is_contact_person| {
            rule(name).expect("a rule").lets(owned, units, is_contact_person)
        };
        use WithholdingBasis as B;
        let (health, child_welfare) = (of(clinic, Sector::Health), of(welfare, Sector::ChildWelfare));
        let teachers = of(school, Sector::School);
        for (may, basis, owned, units, contact) in [
            (true, B::PatientRightsAct, health, clinic, false),
            (false, B::PatientRightsAct, health, school, true),
            (false, B::PatientRightsAct, teachers, school, true),
            (false, B::PatientRightsAct, Owned::ByContactPerson, clinic, true),
            (true, B::ChildWelfareAct, child_welfare, welfare, false),
            (false, B::ChildWelfareAct, child_welfare, school, true),
            (false, B::ChildWelfareAct, Owned::Case, welfare, true),
            (true, B::AdministrationAct, teachers, school, false),
            (true, B::AdministrationAct, teachers, clinic, true),
            (false, B::AdministrationAct, teachers, clinic, false),
            (false, B::AdministrationAct, health, school, true),
            (true, B::AdministrationAct, Owned::ByContactPerson, school, true),
            (false, B::AdministrationAct, Owned::ByContactPerson, school, false),
            (false, B::AdministrationAct, Owned::Case, school, true),
            (true, B::ChildrenAct, Owned::Case, school, true),
            (false, B::ChildrenAct, Owned::Case, school, false),
            (true, B::ChildrenAct, health, school, true),
            (true, B::PersonalDataAct, health, school, true),
            (false, B::PersonalDataAct, Owned::Case, school, true),
        ] {
            assert_eq!(lets(basis, owned, &[units], contact), may, "{basis} {owned:?} {contact}");
        }
    }
}
