//! The kinds of information and the rule for each, as data: `data/kinds.toml`.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Law;
use crate::{
    kernel::vocabulary::{InformationKind, Sector},
    problem::Problem,
};

const SOURCE: &str = include_str!("../../data/kinds.toml");

#[expect(clippy::expect_used, reason = "the file is part of the program, and tests read it")]
static KINDS: LazyLock<Kinds> = LazyLock::new(|| Kinds::parse(SOURCE).expect("data/kinds.toml"));

/// An age limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Age {
    /// An age in whole years.
    Years(i64),
    /// The age that the municipality has set for the record, 15 or 16.
    Municipal(MunicipalAge),
}

/// An age that the municipality sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MunicipalAge {
    /// The age from which young people see their own record and consent to sharing it.
    OwnRecord,
}

impl Age {
    /// Returns the age in years, given the age that the municipality has set.
    #[must_use]
    pub fn years(self, own_record_age: i64) -> i64 {
        match self {
            Self::Years(years) => years,
            Self::Municipal(MunicipalAge::OwnRecord) => own_record_age,
        }
    }
}

/// The people who consent to sharing a kind between units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consenting {
    /// The guardians, until the child consents alone.
    Family,
    /// The guardians, and the child as well from an age.
    Together,
    /// The guardian that the entry is about, and nobody else.
    AboutPerson,
}

/// The rule for a kind of information that may be in the record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindRule {
    /// The kind.
    pub key: InformationKind,
    /// The name of the kind.
    pub name: String,
    /// The name of the kind in Norwegian.
    pub name_no: String,
    /// The sectors whose units write it.
    pub written_by: Vec<Sector>,
    /// Guardians may see it until the child reaches this age; 0 means never.
    pub guardians_until: i64,
    /// The child may see it from this age; never if left out.
    pub child_from: Option<Age>,
    /// The people who consent to sharing it between units.
    pub consent: Consenting,
    /// The age from which the child consents, alone or together with the guardians.
    pub consent_age: Option<Age>,
    /// The laws by which the child consents alone to what the guardians and the child otherwise consent to together.
    #[serde(default)]
    pub child_alone: Vec<Law>,
    /// The laws that allow one guardian to consent alone.
    pub one_guardian: Vec<Law>,
    /// The legal basis.
    pub legal_basis: Vec<Law>,
    /// A note, if it is a careful interpretation of the law.
    pub note: Option<String>,
}

/// A kind of information that is prohibited in the record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedKind {
    /// The kind.
    pub key: InformationKind,
    /// The name of the kind.
    pub name: String,
    /// The name of the kind in Norwegian.
    pub name_no: String,
    /// The instruction to staff who have information of this kind.
    pub instead: String,
    /// Kinds of units that cannot take part in a record, because contact with them is itself secret.
    #[serde(default)]
    pub units: Vec<String>,
    /// The legal basis.
    pub legal_basis: Vec<Law>,
}

/// Where the child must live for one guardian to consent alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Home {
    /// Permanently with this guardian, and with nobody else who must consent.
    WithThemOnly,
}

/// The conditions on which a law lets one guardian consent alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AloneRule {
    /// The law.
    pub law: Law,
    /// Where the child must live; anywhere if left out.
    pub home: Option<Home>,
    /// The sectors of the units that such a consent can be given to.
    pub to: Vec<Sector>,
    /// A note, if it is a careful interpretation of the law.
    pub note: Option<String>,
}

/// The conditions on which a law lets the child consent alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChildAloneRule {
    /// The law.
    pub law: Law,
    /// The age of the child, in whole years.
    pub from: i64,
    /// The sectors of the units that such a consent can be given to.
    pub to: Vec<Sector>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindsFile {
    alone: Vec<AloneRule>,
    child_alone: Vec<ChildAloneRule>,
    kind: Vec<KindRule>,
    refused: Vec<RefusedKind>,
}

/// All kinds.
#[derive(Debug)]
pub struct Kinds {
    alone: Vec<AloneRule>,
    child_alone: Vec<ChildAloneRule>,
    rules: BTreeMap<InformationKind, KindRule>,
    refused: BTreeMap<InformationKind, RefusedKind>,
}

impl Kinds {
    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let KindsFile { alone, child_alone, kind, refused } = toml::from_str(text)?;
        Ok(Self {
            alone,
            child_alone,
            rules: kind.into_iter().map(|rule| (rule.key, rule)).collect(),
            refused: refused.into_iter().map(|kind| (kind.key, kind)).collect(),
        })
    }

    /// Returns the rules of the kinds that may be in the record.
    pub fn rules() -> impl Iterator<Item = &'static KindRule> {
        KINDS.rules.values()
    }

    /// Returns the kinds that are prohibited in the record.
    pub fn refused() -> impl Iterator<Item = &'static RefusedKind> {
        KINDS.refused.values()
    }

    /// Returns the laws by which one guardian consents alone, with their conditions.
    pub fn alone() -> &'static [AloneRule] {
        &KINDS.alone
    }

    /// Returns the laws by which the child consents alone to sharing a kind, with their conditions.
    pub fn child_alone(rule: &KindRule) -> impl Iterator<Item = &'static ChildAloneRule> {
        KINDS.child_alone.iter().filter(|alone| rule.child_alone.contains(&alone.law))
    }

    /// Returns the conditions of the law with a citation, if it lets one guardian consent alone to a kind.
    #[must_use]
    pub fn alone_by(kind: InformationKind, law: &str) -> Option<&'static AloneRule> {
        let allows = |rule: &KindRule| rule.one_guardian.iter().any(|known| known.is_cited_as(law));
        let allowed = Self::rule(kind).is_ok_and(allows);
        KINDS.alone.iter().find(|rule| allowed && rule.law.is_cited_as(law))
    }

    /// Returns the rule of a kind.
    ///
    /// # Errors
    /// If the kind is prohibited in the record.
    pub fn rule(kind: InformationKind) -> Result<&'static KindRule, &'static RefusedKind> {
        match (KINDS.rules.get(&kind), KINDS.refused.get(&kind)) {
            (Some(rule), _) => Ok(rule),
            (None, Some(refused)) => Err(refused),
            // A test checks that the file has every kind.
            (None, None) => unreachable!("a kind that data/kinds.toml does not have: {kind}"),
        }
    }

    /// Returns whether an entry of a kind is about one guardian, who alone decides on it and reads it.
    #[must_use]
    pub fn is_about_a_person(kind: InformationKind) -> bool {
        Self::rule(kind).is_ok_and(|rule| rule.consent == Consenting::AboutPerson)
    }

    /// Checks that a unit of this kind may take part in a record.
    ///
    /// # Errors
    /// If it may not: the prohibited kind of information that the unit has.
    pub fn may_take_part(unit_kind: &str) -> Result<(), &'static RefusedKind> {
        match Self::refused().find(|refused| refused.units.iter().any(|kind| kind == unit_kind)) {
            Some(refused) => Err(refused),
            None => Ok(()),
        }
    }

    /// Checks the answer of staff who share a text: whether it contains prohibited kinds of information. `pointer` is the
    /// place of the text in the body.
    ///
    /// # Errors
    /// 422 if the answer is missing or lists a kind. For a prohibited kind, the problem states what to do instead.
    pub fn may_be_kept(pointer: &str, contains: Option<&[InformationKind]>) -> Result<(), Problem> {
        let Some(contains) = contains else {
            return Err(Problem::field(
                format!("{pointer}/contains"),
                "is required: must be [] to confirm that the text holds none of the prohibited kinds",
            ));
        };
        let first = format!("{pointer}/contains/0");
        match contains.first().map(|kind| Self::rule(*kind)) {
            None => Ok(()),
            Some(Err(refused)) => Err(Problem::field(first, &refused.instead)),
            Some(Ok(_)) => Err(Problem::field(first, "is not a prohibited kind: list prohibited kinds only")),
        }
    }

    /// Returns each kind with the laws it cites, for the check that they are in force.
    pub(super) fn citations() -> impl Iterator<Item = (String, Law)> {
        let ruled = Self::rules().flat_map(|rule| {
            let laws = rule.legal_basis.iter().chain(&rule.one_guardian).chain(&rule.child_alone);
            laws.map(|law| (format!("kind {}", rule.key), *law))
        });
        let refused = Self::refused()
            .flat_map(|kind| kind.legal_basis.iter().map(|law| (format!("kind {}", kind.key), *law)));
        let alone = Self::alone().iter().map(|rule| ("consent alone".to_owned(), rule.law));
        ruled.chain(refused).chain(alone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::vocabulary::Words;

    #[test]
    fn every_kind_has_one_place_in_the_file() {
        for kind in InformationKind::ALL {
            let places = (KINDS.rules.contains_key(kind), KINDS.refused.contains_key(kind));
            assert!(matches!(places, (true, false) | (false, true)), "{kind}: {places:?}");
        }
    }

    #[test]
    fn every_law_by_which_one_guardian_is_enough_has_conditions() {
        for (rule, law) in
            KINDS.rules.values().flat_map(|rule| rule.one_guardian.iter().map(move |law| (rule, law)))
        {
            let conditions = KINDS.alone.iter().filter(|alone| alone.law == *law).count();
            assert_eq!(conditions, 1, "{}: {law:?}", rule.key);
        }
        for rule in Kinds::alone() {
            assert!(!rule.to.contains(&Sector::Nav) && !rule.to.contains(&Sector::ChildWelfare), "{rule:?}");
        }
    }

    #[test]
    fn every_law_by_which_the_child_is_enough_has_conditions_and_opens_no_other_field() {
        for rule in Kinds::rules() {
            assert_eq!(Kinds::child_alone(rule).count(), rule.child_alone.len(), "{}", rule.key);
            for alone in Kinds::child_alone(rule) {
                assert!(!alone.to.contains(&Sector::Nav) && !alone.to.contains(&Sector::ChildWelfare));
                assert!(rule.consent == Consenting::Together && rule.legal_basis.contains(&alone.law));
            }
        }
    }

    #[test]
    fn a_service_whose_contact_is_secret_takes_no_part_and_one_that_helps_children_does() {
        let secret = [
            "family_counselling",
            "crisis_centre",
            "abuse_centre",
            "addiction_treatment",
            "adult_mental_health",
        ];
        for kind in secret {
            assert_eq!(Kinds::may_take_part(kind).expect_err(kind).key, InformationKind::SecretContact);
        }
        for kind in ["health_centre", "mental_health", "specialist_health", "school"] {
            assert!(Kinds::may_take_part(kind).is_ok(), "{kind}");
        }
    }
}
