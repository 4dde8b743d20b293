//! Actions by their names in the access log, also those that are only there: acts from the command line, and of the
//! service itself.

use super::{ActionFacts, Control, FamilyView, Interaction, LocalRules, Replay, row};
use crate::access::public;

/// A row for an action that is no operation of the API.
const fn aside(name: &'static str, fhir: Interaction) -> (&'static str, ActionFacts) {
    let (family, control) = (FamilyView::Work, Control::Work);
    (name, ActionFacts::of(family, control, Replay::Never, LocalRules::MayForbid, fhir))
}

/// The actions that are only in the log.
pub const LOGGED_ONLY: [(&str, ActionFacts); 8] = [
    // By the service itself.
    aside("assign_baton", Interaction::Update),
    aside("pick_log_reviews", Interaction::Update),
    // From the command line.
    aside("import_catalogue", Interaction::Update),
    aside("rotate_keys", Interaction::Update),
    aside("prune_keys", Interaction::Update),
    aside("erase_key", Interaction::Update),
    aside("erase_old_entries", Interaction::Update),
    aside("export_evidence", Interaction::Search),
];

/// The facts about an action that an entry of the log names. A name that is in no table is known by
/// [`ActionFacts::UNKNOWN`].
#[must_use]
pub fn facts_of(name: &str) -> ActionFacts {
    let aside = || LOGGED_ONLY.iter().find(|(own, _)| *own == name).map(|(_, facts)| *facts);
    row(name).or_else(|| public::row(name)).or_else(aside).unwrap_or(ActionFacts::UNKNOWN)
}
