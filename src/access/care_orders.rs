//! The kinds of care orders, and what follows from each, as data: `data/care_orders.toml`.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::Law;
use crate::{kernel::vocabulary::CareOrderKind, words};

const SOURCE: &str = include_str!("../../data/care_orders.toml");

#[expect(clippy::expect_used, reason = "the file is part of the program, and tests read it")]
static RULES: LazyLock<BTreeMap<CareOrderKind, CareOrderRule>> =
    LazyLock::new(|| parse(SOURCE).expect("data/care_orders.toml"));

words! {
    /// The people who consent for a child under an order.
    Decides {
        /// The person in child welfare who is named in the order, in place of the parents.
        ChildWelfare = "child_welfare",
        /// Neither the parents nor anyone in their place.
        Nobody = "nobody",
        /// Only a guardian who is appointed (verge).
        AppointedGuardians = "appointed_guardians",
        /// The parents, as if there were no order.
        Parents = "parents",
    }
}

/// The sight that foster parents who are registered with the child have of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FosterHome {
    /// The case, as parents do.
    ReadsCase,
}

/// Whether an order has a last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastDay {
    /// Always: it is acute.
    Required,
    /// If the decision is for a time.
    Optional,
    /// Never.
    None,
}

/// The rule for a kind of care order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CareOrderRule {
    /// The kind.
    pub kind: CareOrderKind,
    /// The name of the kind.
    pub name: String,
    /// The name of the kind in Norwegian.
    pub name_no: String,
    /// The paragraph of the decision.
    pub law: Law,
    /// The laws on what follows from it.
    pub rests_on: Vec<Law>,
    /// The people who consent for the child.
    pub decides: Decides,
    /// Whether the parents lose sight of the record.
    pub closes: bool,
    /// The sight that the foster home has; none if left out.
    pub home: Option<FosterHome>,
    /// Whether it has a last day.
    pub last_day: LastDay,
    /// How many days ahead its last day may be; none if it has no last day.
    pub longest_days: Option<u64>,
    #[serde(rename = "note")]
    _note: Option<String>,
}

/// The rules of `text`. Every kind has one, and a rule that takes the decision from the parents closes the record to them.
fn parse(text: &str) -> Result<BTreeMap<CareOrderKind, CareOrderRule>, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        care_order: Vec<CareOrderRule>,
    }
    let File { care_order } = toml::from_str(text).map_err(|error| error.to_string())?;
    let rules: BTreeMap<_, _> = care_order.into_iter().map(|rule| (rule.kind, rule)).collect();
    for rule in rules.values() {
        let of_parents = rule.decides == Decides::Parents;
        let of_child_welfare = rule.decides == Decides::ChildWelfare;
        let is_for_a_time = rule.last_day != LastDay::None;
        let contradicts = rule.closes == of_parents
            || (rule.home.is_some() && !of_child_welfare)
            || rule.longest_days.is_some() != is_for_a_time;
        if contradicts {
            return Err(format!("what follows from {} contradicts itself", rule.kind));
        }
    }
    Ok(rules)
}

/// Returns each law that a kind of care order rests on, with the kind.
pub(super) fn citations() -> impl Iterator<Item = (String, Law)> {
    let of = |rule: &'static CareOrderRule| {
        let laws = std::iter::once(rule.law).chain(rule.rests_on.iter().copied());
        laws.map(move |law| (format!("care order {}", rule.kind), law))
    };
    RULES.values().flat_map(of)
}

impl CareOrderRule {
    /// Returns what follows from a kind of order.
    #[must_use]
    pub fn of(kind: CareOrderKind) -> &'static Self {
        // A test checks that the file has every kind.
        RULES.get(&kind).unwrap_or_else(|| unreachable!("a kind that data/care_orders.toml lacks: {kind}"))
    }

    /// Returns the rules of all kinds.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        RULES.values()
    }

    /// Returns whether foster parents see the case.
    #[must_use]
    pub fn opens_to_home(&self) -> bool {
        self.home == Some(FosterHome::ReadsCase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::vocabulary::Words;

    #[test]
    fn every_kind_has_a_rule_in_both_languages_on_a_law_of_its_own() {
        let mut laws = Vec::new();
        for kind in CareOrderKind::ALL {
            let rule = CareOrderRule::of(*kind);
            assert!(!rule.name.is_empty() && !rule.name_no.is_empty() && !rule.rests_on.is_empty(), "{kind}");
            assert!(!laws.contains(&rule.law.key()), "{kind} has the law of another");
            laws.push(rule.law.key());
        }
        assert_eq!(CareOrderRule::all().count(), CareOrderKind::ALL.len());
    }

    #[test]
    fn a_rule_that_takes_the_decision_from_the_parents_and_leaves_them_the_sight_is_refused() {
        for (right, wrong) in [
            ("closes = true", "closes = false"),
            ("closes = false", "closes = true"),
            ("decides = \"nobody\"", "decides = \"parents\""),
            ("last_day = \"required\"", "last_day = \"required\"\nhome = \"nobody\""),
            ("last_day = \"none\"", "last_day = \"none\"\nlongest_days = 42"),
            ("longest_days = 42", ""),
        ] {
            assert!(SOURCE.contains(right), "{right}");
            assert!(parse(&SOURCE.replacen(right, wrong, 1)).is_err(), "{wrong}");
        }
        let foster_home = "decides = \"parents\"\nhome = \"reads_case\"";
        assert!(parse(&SOURCE.replacen("decides = \"parents\"", foster_home, 1)).is_err());
    }

    #[test]
    fn an_acute_order_has_a_last_day_and_its_name_says_so() {
        for rule in CareOrderRule::all() {
            let is_acute = rule.kind.to_string().starts_with("acute");
            assert_eq!(rule.last_day == LastDay::Required, is_acute, "{}", rule.kind);
            assert_eq!(rule.name_no.starts_with("Akutt"), is_acute, "{}", rule.kind);
        }
    }
}
