//! The rules in `policies/` as a whole.

use std::collections::BTreeSet;

use super::*;
use crate::kernel::vocabulary::{Role, Words as _};

/// The actions that people may do whatever roles they hold: at their own desk, to manage and to control access, and as family.
const FOR_ANY_ROLE: [&str; 43] = [
    "read_me",
    "log_out",
    "change_password",
    "enrol_second_factor",
    "confirm_second_factor",
    "end_second_factor",
    "list_cases",
    "list_concerns",
    "list_follow_ups",
    "search_access_log",
    "export_access_log",
    "read_log_checkpoint",
    "read_log_tile",
    "prove_log_entry",
    "prove_log_consistency",
    "explain_access",
    "create_unit",
    "list_accounts",
    "create_account",
    "create_activation",
    "approve_activation",
    "disable_account",
    "enable_account",
    "list_staff",
    "grant_role",
    "propose_role",
    "list_role_proposals",
    "confirm_role",
    "decline_role",
    "extend_role",
    "end_role",
    "read_case_access_log",
    "download_case_access_log",
    "list_emergency_access",
    "end_emergency_access",
    "declare_conflict_of_interest",
    "list_own_conflicts_of_interest",
    "list_log_reviews",
    "read_log_report",
    "read_log_review",
    "give_log_verdict",
    "see_consented_units",
    "unlock_account",
];
/// The actions in a unit, which are about no child yet.
const IN_A_UNIT: [&str; 9] = [
    "register_child",
    "record_concern",
    "report_to_child_welfare",
    "list_child_welfare_reports",
    "disclose",
    "list_disclosures",
    "open_emergency_access",
    "list_conflicts_of_interest",
    "end_conflict_of_interest",
];
/// The actions of auditors about a child.
const OF_AUDITORS: [&str; 2] = ["read_log_review", "give_log_verdict"];

fn named_by(policies: &Policies, rules: [&str; 2]) -> BTreeSet<String> {
    let rules = rules.into_iter().map(|id| policies.rule(id).expect("a rule"));
    rules.flat_map(|rule| rule.actions.clone()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

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
fn every_action_is_kept_from_roles_without_content_or_is_for_any_role() {
    let policies = Policies::load().expect("valid rules");
    let kept = named_by(&policies, ["role.content", "role.emergency"]);
    let all: BTreeSet<String> = policies.actions().into_iter().collect();
    let others: BTreeSet<String> = all.difference(&kept).cloned().collect();
    assert_eq!(others, set(&FOR_ANY_ROLE), "state for a new action whether it shows or writes content");
}

#[test]
fn what_is_kept_from_roles_without_content_is_kept_from_the_disqualified() {
    let policies = Policies::load().expect("valid rules");
    let by_role = named_by(&policies, ["role.content", "role.emergency"]);
    let of_child = named_by(&policies, ["disqualification.case", "disqualification.beside-the-case"]);
    assert_eq!(by_role.difference(&of_child).cloned().collect::<BTreeSet<_>>(), set(&IN_A_UNIT));
    assert_eq!(of_child.difference(&by_role).cloned().collect::<BTreeSet<_>>(), set(&OF_AUDITORS));
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
