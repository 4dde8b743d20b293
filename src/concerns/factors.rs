//! The risk factors and the protective factors that a concern can name, as data: `data/factors.toml`.

use std::{fmt::Display, sync::LazyLock};

use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq};
use utoipa::ToSchema;

use crate::{
    problem::{Problem, Result},
    vault::{Content, ERASED},
    words,
};

words! {
    /// A risk factor (risikofaktor).
    RiskFactor {
        /// Care that harms the child, or neglect.
        HarmfulCare = "harmful_care",
        /// Guardians who are distant or emotionally unavailable.
        EmotionallyUnavailableGuardians = "emotionally_unavailable_guardians",
        /// Serious violations, such as violence.
        SeriousViolations = "serious_violations",
        /// Use of alcohol or drugs.
        SubstanceUse = "substance_use",
        /// Serious mental illness.
        SeriousMentalIllness = "serious_mental_illness",
        /// Difficulties in development that are not understood.
        DevelopmentalDifficultiesNotMet = "developmental_difficulties_not_met",
        /// A harmful environment in kindergarten or school.
        HarmfulEnvironment = "harmful_environment",
        /// Difficult living conditions.
        LivingConditions = "living_conditions",
    }
}

words! {
    /// A protective factor (beskyttelsesfaktor).
    ProtectiveFactor {
        /// Good care.
        GoodCare = "good_care",
        /// Carers with work, education and a network.
        IntegratedCarers = "integrated_carers",
        /// Friends and belonging.
        FriendsAndBelonging = "friends_and_belonging",
        /// The child functions as its age suggests, or better.
        FunctioningForAge = "functioning_for_age",
        /// Adapts well to kindergarten or school.
        AdaptsWell = "adapts_well",
        /// A hobby, and mastery.
        HobbyAndMastery = "hobby_and_mastery",
        /// Optimism and self-esteem.
        OptimismAndSelfEsteem = "optimism_and_self_esteem",
    }
}

words! {
    /// The side that a factor is on.
    FactorSide {
        /// A risk factor.
        Risk = "risk",
        /// A protective factor.
        Protective = "protective",
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    risk: Vec<Factor<RiskFactor>>,
    protective: Vec<Factor<ProtectiveFactor>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Factor<F> {
    key: F,
    name: String,
    name_no: String,
    #[serde(default)]
    from_age: i64,
}

#[expect(clippy::expect_used, reason = "the file is a part of the program, and read in tests")]
static FILE: LazyLock<File> =
    LazyLock::new(|| toml::from_str(include_str!("../../data/factors.toml")).expect("data/factors.toml"));

/// A factor that staff look for in a concern.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConcernFactorOut {
    /// The side that it is on.
    side: FactorSide,
    /// Its code.
    #[schema(example = "hobby_and_mastery")]
    code: &'static str,
    /// Its name.
    name: &'static str,
    /// Its name in Norwegian.
    name_no: &'static str,
    /// The age in whole years from which it says something about a child; 0 for every age.
    #[schema(example = 8)]
    from_age: i64,
    /// The list that it is from.
    source: &'static str,
}

/// Returns all factors, in the order of the file.
pub(super) fn all() -> Vec<ConcernFactorOut> {
    fn of<F>(
        side: FactorSide,
        rows: &'static [Factor<F>],
        code: fn(&F) -> &'static str,
    ) -> Vec<ConcernFactorOut> {
        let out = |Factor { key, name, name_no, from_age }: &'static Factor<F>| ConcernFactorOut {
            side,
            code: code(key),
            name,
            name_no,
            from_age: *from_age,
            source: &FILE.source,
        };
        rows.iter().map(out).collect()
    }
    let risks = of(FactorSide::Risk, &FILE.risk, |key| key.as_str());
    risks.into_iter().chain(of(FactorSide::Protective, &FILE.protective, |key| key.as_str())).collect()
}

/// Checks that protective factors say something about a child of an age. No risk factor has an age.
///
/// # Errors
/// 422 that names each that does not.
pub(super) fn fit(age: i64, protective: &[ProtectiveFactor]) -> Result<()> {
    let too_early = |(at, factor): (usize, &ProtectiveFactor)| {
        let row = FILE.protective.iter().find(|row| row.key == *factor && age < row.from_age)?;
        let detail = format!("says nothing about a child under {} years", row.from_age);
        Some(Problem::field(format!("/seen_protective_factors/{at}"), detail))
    };
    let faults: Vec<Problem> = protective.iter().enumerate().filter_map(too_early).collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::together(faults)) }
}

/// The characters between the codes in a text.
const SEPARATOR: &str = ", ";

/// The codes of factors as one text, in the order of the list; none if there are none.
pub(super) fn as_text<F: Copy + Ord + Display>(factors: &[F]) -> Option<String> {
    let mut factors = factors.to_vec();
    factors.sort_unstable();
    let codes: Vec<String> = factors.iter().map(ToString::to_string).collect();
    (!codes.is_empty()).then(|| codes.join(SEPARATOR))
}

/// Writes the text of factors as a list of codes; null if its key has been erased.
pub(super) fn as_list<S: Serializer>(text: &Option<Content>, serializer: S) -> Result<S::Ok, S::Error> {
    let codes = match text.as_deref() {
        None => Vec::new(),
        Some(ERASED) => return serializer.serialize_none(),
        Some(codes) => codes.split(SEPARATOR).collect(),
    };
    let mut list = serializer.serialize_seq(Some(codes.len()))?;
    codes.iter().try_for_each(|code| list.serialize_element(code))?;
    list.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::vocabulary::Words;

    #[test]
    fn every_factor_has_one_row_in_the_order_of_the_words() {
        let risks: Vec<RiskFactor> = FILE.risk.iter().map(|row| row.key).collect();
        let protective: Vec<ProtectiveFactor> = FILE.protective.iter().map(|row| row.key).collect();
        assert_eq!((risks.as_slice(), protective.as_slice()), (RiskFactor::ALL, ProtectiveFactor::ALL));
        assert_eq!((risks.len(), protective.len()), (8, 7));
        let of_age = |age| FILE.protective.iter().filter(|row| row.from_age == age).count();
        assert_eq!((of_age(0), of_age(8), of_age(10)), (5, 1, 1));
        assert!(FILE.risk.iter().all(|row| row.from_age == 0), "a check of risk factors is missing");
        assert!(all().iter().all(|factor| !factor.name.is_empty() && !factor.name_no.is_empty()));
    }

    #[test]
    fn a_factor_fits_from_its_age() {
        let [hobby, optimism] = [ProtectiveFactor::HobbyAndMastery, ProtectiveFactor::OptimismAndSelfEsteem];
        assert!(fit(10, &[hobby, optimism]).is_ok() && fit(8, &[hobby]).is_ok());
        assert!(fit(0, &[ProtectiveFactor::GoodCare]).is_ok());
        assert!(fit(7, &[hobby]).is_err() && fit(9, &[optimism]).is_err());
    }

    #[test]
    fn the_text_of_factors_is_the_same_in_any_order() {
        let [care, use_] = [RiskFactor::HarmfulCare, RiskFactor::SubstanceUse];
        assert_eq!(as_text(&[use_, care]).as_deref(), Some("harmful_care, substance_use"));
        assert_eq!(as_text::<RiskFactor>(&[]), None);
    }

    #[test]
    fn the_text_is_shown_as_a_list() {
        #[derive(Serialize)]
        struct Out(#[serde(serialize_with = "as_list")] Option<Content>);
        let json = |text: Option<&str>| serde_json::to_value(Out(text.map(Content::from))).expect("JSON");
        assert_eq!(
            json(Some("harmful_care, substance_use")),
            serde_json::json!(["harmful_care", "substance_use"])
        );
        assert_eq!((json(None), json(Some(ERASED))), (serde_json::json!([]), serde_json::Value::Null));
    }
}
