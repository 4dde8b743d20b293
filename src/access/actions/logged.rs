//! Actions by their names in the access log, including those that exist only there: actions at the command line, and of the
//! service itself.

use super::{ActionFacts, Control, FamilyView, Interaction, LocalRules, Replay, row};
use crate::access::{public, strangers::OTHERS, telling::CaseAct};

/// A row for an action that is not an operation of the API.
const fn aside(name: &'static str, fhir: Interaction) -> (&'static str, ActionFacts) {
    seen(name, FamilyView::Work, fhir)
}

const fn seen(name: &'static str, family: FamilyView, fhir: Interaction) -> (&'static str, ActionFacts) {
    (name, ActionFacts::of(family, Control::Work, Replay::Never, LocalRules::MayForbid, fhir))
}

/// The actions that are only in the log.
pub const LOGGED_ONLY: [(&str, ActionFacts); 15] = [
    // By the service itself.
    seen("assign_baton", FamilyView::Did(CaseAct::PassedBatonToLeader), Interaction::Update),
    seen("pass_baton_for_absence", FamilyView::Did(CaseAct::PassedBatonForAbsence), Interaction::Update),
    seen("give_baton_back", FamilyView::Did(CaseAct::GaveBatonBack), Interaction::Update),
    seen("inform_of_disclosure", FamilyView::Did(CaseAct::InformedOfDisclosure), Interaction::Update),
    aside("pass_on_duties", Interaction::Update),
    aside("pick_log_reviews", Interaction::Update),
    // By strangers beyond those that a minute counts apart.
    aside(OTHERS, Interaction::Operation),
    // From the command line.
    aside("import_catalogue", Interaction::Update),
    aside("rotate_keys", Interaction::Update),
    aside("back_up", Interaction::Read),
    aside("restore_backup", Interaction::Update),
    aside("prune_keys", Interaction::Update),
    aside("erase_key", Interaction::Update),
    aside("erase_old_entries", Interaction::Update),
    aside("export_evidence", Interaction::Search),
];

/// Returns the facts about an action that a log entry names. For a name that is in no table, they are
/// [`ActionFacts::UNKNOWN`].
#[must_use]
pub fn facts_of(name: &str) -> ActionFacts {
    let aside = || LOGGED_ONLY.iter().find(|(own, _)| *own == name).map(|(_, facts)| *facts);
    row(name).or_else(|| public::row(name)).or_else(aside).unwrap_or(ActionFacts::UNKNOWN)
}
