//! The purpose of an access, given by the rule that allowed it.

use super::dto::Outcome;
use crate::access::Purpose;

/// Returns the purpose of an access, that of the first rule which allowed it. None if it was refused, no rule was evaluated, or
/// the rule no longer exists.
#[must_use]
pub fn purpose(decision: Outcome, rules: &[String]) -> Option<Purpose> {
    if decision == Outcome::Deny {
        return None;
    }
    rules.first().and_then(|rule| Purpose::of_rule(rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_no_purpose_and_an_entry_has_that_of_its_first_rule() {
        let rules = |all: &[&str]| all.iter().map(|rule| (*rule).to_owned()).collect::<Vec<_>>();
        assert_eq!(purpose(Outcome::Deny, &rules(&["case.team"])), None);
        assert_eq!(purpose(Outcome::Permit, &[]), None);
        let both = rules(&["case.family", "case.team"]);
        assert_eq!(purpose(Outcome::Permit, &both), Some(Purpose::OwnCase));
    }

    #[test]
    fn a_name_alone_gives_no_purpose() {
        for rule in ["emergency.of-a-rule-that-is-gone", "case.somebody.own", "unheard-of"] {
            assert_eq!(purpose(Outcome::Permit, &[rule.to_owned()]), None, "{rule}");
        }
    }
}
