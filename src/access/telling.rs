//! How the family is told of what was done: no finer than they may know, since that a note exists, or who has withdrawn
//! what, can be secret.

use super::actions;
use crate::words;

words! {
    /// What someone did, as the family is told of it.
    LookKind {
        /// Looked at the case.
        Looked = "looked",
        /// Wrote in the case, or changed something in it.
        Worked = "worked",
    }
}

/// What is done of this kind is told as a look at the case, by the rule that lets the one who did it see the case: its
/// own rule would tell whom a note is for, what the other guardian has consented to, or that something is withheld.
const SECRET_ACTS: [&str; 9] = [
    "write_note",
    "give_consent",
    "read_consent_status",
    "object_to_sharing",
    "list_objections",
    "withdraw_objection",
    "withhold_from_guardian",
    "list_withholdings",
    "end_withholding",
];

/// Is it told as a look at the case alone? A question why someone is let in or kept out is a look at the case, whatever in
/// it was asked about.
#[must_use]
pub fn is_secret_act(action: &str, object_type: &str) -> bool {
    !actions::ASKS.contains(&action)
        && (matches!(object_type, "Note" | "Consent" | "Objection") || SECRET_ACTS.contains(&action))
}

/// As what the family is told of an action.
#[must_use]
pub fn kind_told(action: &str, object_type: &str) -> LookKind {
    let only_looks = actions::ASKS.contains(&action)
        || ["read_", "list_", "open_emergency_access", "download_"].iter().any(|how| action.starts_with(how));
    if only_looks || is_secret_act(action, object_type) { LookKind::Looked } else { LookKind::Worked }
}
