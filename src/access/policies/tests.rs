//! The rules in `policies/` as a whole.

use super::*;
use crate::kernel::vocabulary::{Role, Words as _};

#[test]
fn the_rules_agree_with_the_schema_and_every_action_is_allowed_by_one() {
    let policies = Policies::load().expect("valid rules");
    let ruled: HashSet<String> =
        policies.rules().filter(|rule| !rule.forbids).flat_map(|rule| rule.actions.clone()).collect();
    let mut unruled: Vec<_> = policies.actions().difference(&ruled).cloned().collect();
    unruled.sort();
    assert!(unruled.is_empty(), "actions that no rule allows: {unruled:?}");
}

#[test]
fn the_rules_name_the_roles_that_exclude_content() {
    let policies = Policies::load().expect("valid rules");
    for rule in ["role.content", "role.emergency", "organisation.colleagues"] {
        let text = policies.set.policy(&PolicyId::new(rule)).expect("a rule").to_string();
        for role in Role::ALL {
            let names = text.contains(&format!("\"{role}\""));
            assert_eq!(names, role.excludes_content(), "{rule}: {role}");
        }
    }
}

#[test]
fn the_family_reads_only_why_someone_sees_the_case() {
    let policies = Policies::load().expect("valid rules");
    let told: std::collections::BTreeSet<&str> =
        policies.rules().filter_map(|rule| rule.told_as.as_deref()).collect();
    assert_eq!(
        Vec::from_iter(told.iter().copied()),
        ["case.family", "case.leader", "case.team", "emergency.read"]
    );
    for reason in told {
        let rule = policies.rule(reason).expect("a rule");
        assert!(!rule.forbids && rule.actions.iter().any(|action| action == "read_case"), "{reason}");
        assert_eq!(rule.told_as.as_deref(), Some(reason));
    }
}
