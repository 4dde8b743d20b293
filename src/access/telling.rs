//! How the access log shows actions to the family: in no more detail than they may know.

use super::actions::{FamilyView, facts_of};
use crate::words;

words! {
    /// An act, as the family sees it.
    LookKind {
        /// Looked at the case.
        Looked = "looked",
        /// Wrote in the case, or changed something in it.
        Worked = "worked",
    }
}

/// Returns whether the family sees the action as a read of the case, with the rule that shows the case and not its own.
#[must_use]
pub fn is_masked_look(action: &str) -> bool {
    facts_of(action).family == FamilyView::MaskedLook
}

/// Returns the kind that the family sees the action as.
#[must_use]
pub fn kind_shown(action: &str) -> LookKind {
    match facts_of(action).family {
        FamilyView::Look | FamilyView::MaskedLook => LookKind::Looked,
        FamilyView::Work => LookKind::Worked,
    }
}
