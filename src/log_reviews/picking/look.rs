//! The accesses that can be selected: by staff, to a child or a case, by their own choice.

use chrono::{DateTime, Utc};

use crate::{
    access::{
        Purpose,
        actions::{Control, facts_of},
    },
    audit::{Outcome, purpose},
    kernel::{
        Id,
        ids::{Case, Child, Look as LogEntry, Person},
    },
};

/// An entry of the log, with its position in the tree.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct LoggedLook {
    pub(super) position: i64,
    id: Id<LogEntry>,
    pub(super) at: DateTime<Utc>,
    person_id: Option<Id<Person>>,
    roles: String,
    action: String,
    case_id: Option<Id<Case>>,
    child_id: Option<Id<Child>>,
    decision: Outcome,
    policies: String,
    status: i64,
}

/// An access that can be selected.
#[derive(Debug, Clone)]
pub(super) struct Look {
    /// The id of its entry.
    pub(super) id: Id<LogEntry>,
    pub(super) at: DateTime<Utc>,
    pub(super) person: Id<Person>,
    pub(super) case: Option<Id<Case>>,
    pub(super) child: Id<Child>,
}

impl Look {
    /// Returns the access of an entry if it can be selected. Access by the family has rules of its own, and so does the review of
    /// entries. Emergency access can be selected although a leader reviews it: otherwise nobody would control the leader's verdict.
    pub(super) fn of(entry: LoggedLook) -> Option<Self> {
        let LoggedLook {
            id,
            at,
            person_id,
            roles,
            action,
            case_id,
            child_id,
            decision,
            policies,
            status,
            ..
        } = entry;
        let (person, child) = (person_id?, child_id?);
        let policies: Vec<String> = serde_json::from_str(&policies).ok()?;
        let at_work = match purpose(decision, &policies) {
            Some(purpose) => {
                use Purpose::{Coordination, Emergency, LegalDuty, UnitWork};
                matches!(purpose, Coordination | UnitWork | LegalDuty | Emergency)
            }
            // A rule that is not there any more hides no look from control.
            None => decision == Outcome::Permit && !policies.is_empty(),
        };
        let chosen = facts_of(&action).control == Control::ChosenLook;
        let may_be = at_work && chosen && status < 400 && roles != "[]";
        may_be.then_some(Self { id, at, person, case: case_id, child })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, rule: &str) -> LoggedLook {
        LoggedLook {
            position: 0,
            id: Id::new(),
            at: "2026-11-23T09:00:00Z".parse().expect("a time"),
            person_id: Some(Id::of_new_person()),
            roles: r#"[{"role": "worker"}]"#.to_owned(),
            action: action.to_owned(),
            case_id: None,
            child_id: Some(Id::new()),
            decision: Outcome::Permit,
            policies: format!(r#"["{rule}"]"#),
            status: 200,
        }
    }

    #[test]
    fn a_look_at_work_may_be_picked_and_others_not() {
        for (action, rule) in [
            ("read_case", "case.team"),
            ("list_notes", "case.leader"),
            ("read_child", "child.team"),
            ("read_concern", "concern.author"),
            ("read_case", "emergency.read"),
            ("read_case", "case.of-a-rule-that-is-gone"),
            ("an_action_that_is_gone", "case.team"),
        ] {
            assert!(Look::of(entry(action, rule)).is_some(), "{action} by {rule}");
        }
        for (action, rule) in [
            ("read_case", "case.family"),
            ("read_log_review", "log-review.auditor"),
            ("list_cases", "case.team"),
            ("create_goal", "case.contact-person"),
            ("read_emergency_access", "case.team"),
        ] {
            assert!(Look::of(entry(action, rule)).is_none(), "{action} by {rule}");
        }
        let read = || entry("read_case", "case.team");
        assert!(Look::of(LoggedLook { roles: "[]".to_owned(), ..read() }).is_none());
        assert!(Look::of(LoggedLook { decision: Outcome::Deny, ..read() }).is_none());
        assert!(Look::of(LoggedLook { status: 404, ..read() }).is_none());
        assert!(Look::of(LoggedLook { child_id: None, ..read() }).is_none());
        assert!(Look::of(LoggedLook { person_id: None, ..read() }).is_none());
    }
}
