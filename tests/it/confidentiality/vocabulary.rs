//! The words of the tables for what is read and what is done, each with the operation that it means.

/// Something that is written down.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    /// As the tables call it.
    pub name: &'static str,
    /// The operation that reads it.
    pub read_by: &'static str,
    /// The action whose rule decides: that of the operation, unless the operation leaves this out for some.
    pub decided_by: &'static str,
    /// The operation that also lists it.
    pub listed_by: Option<&'static str>,
}

const fn read(name: &'static str, operation: &'static str) -> Content {
    Content { name, read_by: operation, decided_by: operation, listed_by: None }
}

const fn listed(name: &'static str, operation: &'static str, list: &'static str) -> Content {
    Content { name, read_by: operation, decided_by: operation, listed_by: Some(list) }
}

/// What is left out of the answer to someone who may not see what is agreed.
const fn withheld(name: &'static str, operation: &'static str) -> Content {
    Content { name, read_by: operation, decided_by: "see_what_is_agreed", listed_by: None }
}

/// What can be read.
pub const CONTENTS: &[Content] = &[
    listed("that there is a case", "read_case", "list_cases"),
    withheld("why help is given", "read_case"),
    read("the history of the case", "list_case_history"),
    read("who is on the team", "list_team"),
    read("that the baton is offered", "list_handovers"),
    withheld("what the offer of the baton says", "list_handovers"),
    read("the goals", "list_goals"),
    read("the measures", "list_measures"),
    listed("a measure", "read_measure", "list_measures"),
    read("how a measure was evaluated", "list_evaluations"),
    read("the meetings", "list_meetings"),
    listed("the minutes of a meeting", "read_meeting", "list_meetings"),
    read("that there are notes", "list_notes"),
    listed("a note for the team", "read_note", "list_notes"),
    listed("a note for the sector", "read_note", "list_notes"),
    listed("a note for the unit", "read_note", "list_notes"),
    listed("a note from the family", "read_note", "list_notes"),
    listed("a note on school life", "read_note", "list_notes"),
    listed("a note on health", "read_note", "list_notes"),
    listed("a note on health for the sector", "read_note", "list_notes"),
    listed("a note on a contact kept from the parents", "read_note", "list_notes"),
    listed("what the child said", "read_note", "list_notes"),
    listed("what the child said, for the sector", "read_note", "list_notes"),
    listed("what the child lets the parents know", "read_note", "list_notes"),
    listed("a note withheld from the father", "read_note", "list_notes"),
    read("the list of consents", "list_consents"),
    listed("the mother's consent", "read_consent", "list_consents"),
    listed("the father's consent", "read_consent", "list_consents"),
    listed("the youth's consent", "read_consent", "list_consents"),
    read("who has looked at the case", "read_case_access_log"),
    read("who has looked at the case, with proof", "download_case_access_log"),
    read("the child as registered", "read_child"),
    read("who the guardians are", "list_guardians"),
    listed("the concern", "read_concern", "list_concerns"),
    read("the report to child welfare", "read_child_welfare_report"),
    read("what was disclosed", "read_disclosure"),
    read("where the child lives", "read_contact_details"),
    read("who opened the case in an emergency", "read_emergency_access"),
    listed("the look that was picked for review", "read_log_review", "list_log_reviews"),
    listed("another look that was picked for review", "read_log_review", "list_log_reviews"),
    listed("a note on the parents' own health", "read_note", "list_notes"),
    read("why another is let in", "explain_access"),
    read("the staff of the unit", "list_staff"),
    read("their own account", "read_me"),
    read("the access log of the municipality", "search_access_log"),
];

/// What can be done, and the lists that are one's own.
pub const DEEDS: &[(&str, &str)] = &[
    ("to open the list of one's own cases", "list_cases"),
    ("to open the list of one's own concerns", "list_concerns"),
    ("to open the list of one's own follow-ups", "list_follow_ups"),
    ("to log out", "log_out"),
    ("to change one's own password", "change_password"),
    ("to search the access log of the municipality", "search_access_log"),
    ("to take the access log of the municipality along", "export_access_log"),
    ("to keep a checkpoint of the access log", "read_log_checkpoint"),
    ("to read tiles of the access log", "read_log_tile"),
    ("to have an entry of the access log proven", "prove_log_entry"),
    ("to have it proven that the access log has only grown", "prove_log_consistency"),
    ("to make a unit", "create_unit"),
    ("to make an account", "create_account"),
    ("to close an account", "disable_account"),
    ("to give a role in the unit", "grant_role"),
    ("to end a role in the unit", "end_role"),
    ("to register a child in the unit", "register_child"),
    ("to record a concern in the unit", "record_concern"),
    ("to correct the child's name", "update_child"),
    ("to register a guardian", "register_guardian"),
    ("to change a guardianship", "change_guardianship"),
    ("to rewrite the concern", "update_concern"),
    ("to decide the concern", "decide_concern"),
    ("to open the case", "read_case"),
    ("to change the level", "update_case"),
    ("to close the case", "close_case"),
    ("to reopen the case", "reopen_case"),
    ("to give someone a seat", "add_team_member"),
    ("to end a seat", "end_team_membership"),
    ("to offer the baton", "offer_handover"),
    ("to accept the baton", "accept_handover"),
    ("to decline the baton", "decline_handover"),
    ("to accept a baton once offered to another", "accept_handover"),
    ("to decline a baton once offered to another", "decline_handover"),
    ("to take back the offer of the baton", "withdraw_handover"),
    ("to record a consent", "give_consent"),
    ("to open the list of consents", "list_consents"),
    ("to withdraw the mother's consent", "withdraw_consent"),
    ("to withdraw the father's consent", "withdraw_consent"),
    ("to withdraw the youth's consent", "withdraw_consent"),
    ("to see whose consent is missing", "read_consent_status"),
    ("to withhold from a guardian", "withhold_from_guardian"),
    ("to open the list of what is withheld", "list_withholdings"),
    ("to end a withholding", "end_withholding"),
    ("to set a goal", "create_goal"),
    ("to change a goal", "update_goal"),
    ("to set a measure in force", "create_measure"),
    ("to change a measure", "update_measure"),
    ("to evaluate a measure", "evaluate_measure"),
    ("to call a meeting", "call_meeting"),
    ("to answer the invitation", "answer_invitation"),
    ("to answer the invitation of another", "answer_invitation"),
    ("to write the minutes", "record_minutes"),
    ("to approve the minutes", "approve_minutes"),
    ("to approve the minutes of another", "approve_minutes"),
    ("to cancel the meeting", "cancel_meeting"),
    ("to write a note", "write_note"),
    ("to report to child welfare", "report_to_child_welfare"),
    ("to record what child welfare answered", "record_report_reply"),
    ("to open the list of reports", "list_child_welfare_reports"),
    ("to disclose", "disclose"),
    ("to open the list of disclosures", "list_disclosures"),
    ("to object to sharing in health", "object_to_sharing"),
    ("to open the list of objections", "list_objections"),
    ("to withdraw the objection", "withdraw_objection"),
    ("to open a case in an emergency", "open_emergency_access"),
    ("to open the list of emergencies", "list_emergency_access"),
    ("to end the emergency access", "end_emergency_access"),
    ("to review the emergency access", "review_emergency_access"),
    ("to review the other emergency access", "review_emergency_access"),
    ("to open the list of looks to review", "list_log_reviews"),
    ("to read the monthly report on looks", "read_log_report"),
    ("to give a verdict on the look", "give_log_verdict"),
    ("to give a verdict on the other look", "give_log_verdict"),
    ("to declare oneself too close to a child", "declare_conflict_of_interest"),
    ("to open the list of children one is too close to", "list_own_conflicts_of_interest"),
    ("to record that someone is too close to the child", "record_conflict_of_interest"),
    ("to see who in the unit is too close to a child", "list_conflicts_of_interest"),
    ("to decide that someone is not too close", "end_conflict_of_interest"),
    ("to change where the child lives", "update_contact_details"),
    ("to open the list of care orders", "list_care_orders"),
    ("to record a care order", "record_care_order"),
    ("to leave the care order to a colleague", "change_care_order"),
    ("to end the care order", "end_care_order"),
    ("to ask why one is let in oneself", "explain_access"),
];

/// Something that the tables ask for.
#[derive(Debug, Clone, Copy)]
pub enum What {
    Content(Content),
    /// The operation by which it is done.
    Deed(&'static str),
}

/// What the tables mean by these words.
pub fn meaning(words: &str) -> What {
    if let Some(content) = CONTENTS.iter().find(|content| content.name == words) {
        return What::Content(*content);
    }
    let deed = DEEDS.iter().find(|(name, _)| *name == words);
    What::Deed(deed.unwrap_or_else(|| panic!("“{words}” is not in the vocabulary")).1)
}
