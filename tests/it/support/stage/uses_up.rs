//! Operations whose success uses something up.

/// Returns whether success changes the state or version that this and other operations need.
pub fn uses_up(operation: &str) -> bool {
    matches!(
        operation,
        "accept_handover"
            | "add_team_member"
            | "approve_activation"
            | "propose_role"
            | "confirm_conflict_of_interest"
            | "confirm_role"
            | "propose_number"
            | "confirm_number"
            | "decline_number"
            | "decline_role"
            | "answer_invitation"
            | "change_guardianship"
            | "change_password"
            | "close_case"
            | "decide_claim"
            | "decide_concern"
            | "decline_handover"
            | "end_conflict_of_interest"
            | "end_emergency_access"
            | "evaluate_measure"
            | "open_emergency_access"
            | "record_conflict_of_interest"
            | "end_care_order"
            | "end_withholding"
            | "review_withholding"
            | "withhold_from_guardian"
            | "record_care_order"
            | "record_minutes"
            | "reopen_case"
            | "review_emergency_access"
            | "give_log_verdict"
            | "record_breach_step"
            | "withdraw_consent"
            | "withdraw_handover"
            | "record_report_reply"
            | "object_to_sharing"
    )
}
