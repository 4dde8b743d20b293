//! The purpose of what a rule allows: its annotation `@purpose`.

use std::{collections::HashMap, sync::LazyLock};

use super::policies;
use crate::words;

words! {
    /// The purpose of an access, given by the rule that allowed it.
    Purpose {
        /// Help to the child, and the work needed to agree on it.
        Coordination = "coordination",
        /// The family's own affairs: its case, its consents and what is written about it.
        OwnCase = "own_case",
        /// Danger to life or health.
        Emergency = "emergency",
        /// A statutory duty or right to disclose: a report to child welfare, or a disclosure.
        LegalDuty = "legal_duty",
        /// The unit's own work with a child before there is a case.
        UnitWork = "unit_work",
        /// Auditing of access.
        Audit = "audit",
        /// Accounts, units and roles.
        Administration = "administration",
        /// The caller's own account, lists and sessions.
        OwnDesk = "own_desk",
    }
}

/// The purpose of each rule in `policies/` that allows something. The rules are part of the program.
static PURPOSES: LazyLock<HashMap<String, Purpose>> = LazyLock::new(policies::purposes);

/// The rules that the service itself acts by, without evaluating the policies.
const OF_THE_SERVICE: [(&str, Purpose); 4] = [
    (BATON_FALLS_BACK, Purpose::Coordination),
    (DUTY_FALLS_BACK, Purpose::Coordination),
    (AWAY, Purpose::Coordination),
    (FAMILY_IS_INFORMED, Purpose::LegalDuty),
];
/// The contact person can no longer hold the case, and the leader of a unit becomes contact person.
pub const BATON_FALLS_BACK: &str = "system.baton-falls-back";
/// A team member can no longer carry out a measure or the next step, and the contact person has it.
pub const DUTY_FALLS_BACK: &str = "system.duty-falls-back";
/// Someone is away, and another has the baton or the duty until they are back.
pub const AWAY: &str = "system.absence";
/// The family is informed of a disclosure without consent.
pub const FAMILY_IS_INFORMED: &str = "system.family-is-informed";

impl Purpose {
    /// Returns the purpose of a rule; none if there is no such rule, for example if it was removed.
    #[must_use]
    pub fn of_rule(id: &str) -> Option<Self> {
        let own = OF_THE_SERVICE.iter().find(|(rule, _)| *rule == id).map(|(_, purpose)| *purpose);
        own.or_else(|| PURPOSES.get(id).copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        access::{Policies, PolicyError, Rule, fields},
        kernel::vocabulary::Words,
    };

    #[test]
    fn every_rule_that_lets_someone_in_has_a_purpose_and_every_purpose_a_rule() {
        let policies = Policies::load().expect("rules");
        let mut of: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for rule in policies.rules() {
            assert_eq!(rule.purpose.is_none(), rule.forbids, "{}", rule.id);
            assert_eq!(rule.purpose, Purpose::of_rule(&rule.id), "{}", rule.id);
            if let Some(purpose) = rule.purpose {
                of.entry(purpose.as_str()).or_default().push(rule.id.clone());
            }
        }
        of.values_mut().for_each(|rules| rules.sort_unstable());
        insta::assert_json_snapshot!(of);
        assert_eq!(of.len(), Purpose::ALL.len());
    }

    #[test]
    fn the_log_finds_the_entries_of_emergencies_by_the_rules_with_that_purpose() {
        let policies = Policies::load().expect("rules");
        // A rule about fields alone leaves no entry in the log.
        let is_logged = |rule: &&Rule| rule.actions.iter().any(|name| !fields::ALL.contains(&name.as_str()));
        let emergency = |rule: &&Rule| rule.purpose == Some(Purpose::Emergency) && is_logged(rule);
        let mut rules: Vec<&str> = policies.rules().filter(emergency).map(|rule| rule.id.as_str()).collect();
        rules.sort_unstable();
        assert_eq!(rules, crate::log_tree::EMERGENCY_RULES);
    }

    #[test]
    fn a_rule_that_lets_someone_in_must_have_a_purpose_of_the_list() {
        let load = |purpose: &str| {
            let text = format!(
                "@id(\"x.y\") {purpose} @legal_basis(\"fvl § 13 b no. 3\") @summary(\"s\") @summary_no(\"s\")
                 permit (principal, action == Stafett::Action::\"list_staff\", resource) when {{ false }};"
            );
            Policies::of(&[("x.cedar".to_owned(), text)], &[])
        };
        assert!(load("@purpose(\"audit\")").is_ok());
        assert!(matches!(load(""), Err(PolicyError::Annotation { annotation: "purpose", .. })));
        assert!(matches!(load("@purpose(\"curiosity\")"), Err(PolicyError::Purpose { .. })));
    }
}
