//! The purpose of an access, given by the rule that allowed it.

use super::dto::{Outcome, Purpose};

/// By the prefix of the rule id; the first match counts.
const PURPOSES: &[(&str, Purpose)] = &[
    ("emergency.auditor", Purpose::Audit),
    ("emergency.leader", Purpose::Audit),
    ("emergency.list", Purpose::Audit),
    ("emergency.", Purpose::Emergency),
    ("handover.", Purpose::Coordination),
    ("report.", Purpose::LegalDuty),
    ("disclosure.", Purpose::LegalDuty),
    ("log-review.", Purpose::Audit),
    ("desk.auditor", Purpose::Audit),
    ("explanation.auditor", Purpose::Audit),
    ("desk.", Purpose::OwnDesk),
    ("explanation.", Purpose::OwnDesk),
    ("conflict.declare", Purpose::OwnDesk),
    ("organisation.", Purpose::Administration),
    ("conflict.leader", Purpose::Administration),
    ("unit.", Purpose::UnitWork),
    ("concern.", Purpose::UnitWork),
    ("child.registering-unit", Purpose::UnitWork),
    ("child.before-a-case", Purpose::UnitWork),
    ("contact-details.before-a-case", Purpose::UnitWork),
    ("care-order.before-a-case", Purpose::UnitWork),
];
/// The suffixes of the ids of rules for the family.
const FAMILY: &[&str] = &[
    "family",
    "own",
    "own.read",
    "guardian",
    "home",
    "young-person",
    "give",
    "withdraw",
    "own-health-contact",
];

/// Returns the purpose of an access; none if it was refused or no rule was evaluated.
#[must_use]
pub fn purpose(decision: Outcome, rules: &[String]) -> Option<Purpose> {
    if decision == Outcome::Deny {
        return None;
    }
    let of = |rule: &String| {
        let named = PURPOSES.iter().find(|(beginning, _)| rule.starts_with(beginning));
        let (_, last) = rule.split_once('.').unwrap_or(("", rule));
        let own = FAMILY.iter().any(|ending| last.ends_with(ending));
        named.map_or(if own { Purpose::OwnCase } else { Purpose::Coordination }, |(_, purpose)| *purpose)
    };
    rules.first().map(of)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::access::Policies;

    #[test]
    fn every_rule_that_lets_someone_in_has_a_purpose_and_every_purpose_a_rule() {
        let policies = Policies::load().expect("rules");
        let mut of: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for rule in policies.rules().filter(|rule| !rule.forbids) {
            let found = purpose(Outcome::Permit, std::slice::from_ref(&rule.id)).expect("a purpose");
            of.entry(found.as_str()).or_default().push(rule.id.clone());
        }
        insta::assert_json_snapshot!(of);
        for (beginning, _) in PURPOSES {
            assert!(policies.rules().any(|rule| rule.id.starts_with(beginning)), "{beginning} is of no rule");
        }
    }

    #[test]
    fn what_was_refused_had_no_purpose() {
        assert_eq!(purpose(Outcome::Deny, &["case.team".to_owned()]), None);
        assert_eq!(purpose(Outcome::Permit, &[]), None);
    }
}
