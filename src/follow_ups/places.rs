//! The municipalities of tasks, found by the objects that they are about.

use uuid::Uuid;

use super::dto::FollowUpKind;
use crate::{
    db::{DbError, Tx},
    fetch_in,
};

/// Returns the municipalities of tasks that are in no case.
pub(super) async fn of(tx: &mut Tx, tasks: &[(FollowUpKind, Uuid)]) -> Result<Vec<(Uuid, String)>, DbError> {
    let mut places = Vec::new();
    let mut kinds: Vec<FollowUpKind> = Vec::new();
    for (kind, _) in tasks {
        if kinds.contains(kind) {
            continue;
        }
        kinds.push(*kind);
        let ids: Vec<Uuid> = tasks.iter().filter(|(of, _)| of == kind).map(|(_, id)| *id).collect();
        for table in tables(*kind) {
            places.extend(fetch_in!(tx, (Uuid, String), *table, &ids)?);
        }
    }
    Ok(places)
}

/// Returns how to find the municipality of the object of a task.
const fn tables(kind: FollowUpKind) -> &'static [&'static str] {
    match kind {
        FollowUpKind::EvaluateMeasure => &["SELECT id, municipality FROM measure WHERE id IN ("],
        FollowUpKind::NextStep => &["SELECT id, municipality FROM next_step WHERE id IN ("],
        FollowUpKind::FollowUpReferral => &["SELECT id, municipality FROM note WHERE id IN ("],
        FollowUpKind::Meeting => &["SELECT id, municipality FROM meeting WHERE id IN ("],
        FollowUpKind::DecideConcern => &["SELECT id, municipality FROM concern WHERE id IN ("],
        FollowUpKind::Transition | FollowUpKind::AnswerTransition | FollowUpKind::AcceptTransition => {
            &["SELECT id, municipality FROM transition WHERE id IN ("]
        }
        FollowUpKind::AnswerConsentRequest | FollowUpKind::ConsentRefused => {
            &["SELECT id, municipality FROM consent_request WHERE id IN ("]
        }
        FollowUpKind::AnswerHandover => &["SELECT id, municipality FROM handover WHERE id IN ("],
        FollowUpKind::NewConsents => &["SELECT id, municipality FROM care_case WHERE id IN ("],
        FollowUpKind::RenewConsent => &["SELECT id, municipality FROM consent WHERE id IN ("],
        FollowUpKind::RoleEnds => {
            &["SELECT r.id, u.municipality FROM staff_role r JOIN unit u ON u.id = r.unit_id WHERE r.id IN ("]
        }
        FollowUpKind::NameStandIn | FollowUpKind::LookAtAbsence => {
            &["SELECT a.id, u.municipality FROM absence a JOIN unit u ON u.id = a.unit_id WHERE a.id IN ("]
        }
        FollowUpKind::NameLeader => &["SELECT id, municipality FROM unit WHERE id IN ("],
        FollowUpKind::ReportReceipt | FollowUpKind::ReportReview | FollowUpKind::ReportInvestigation => {
            &["SELECT id, municipality FROM child_welfare_report WHERE id IN ("]
        }
        FollowUpKind::RecordBirth | FollowUpKind::RegisterPregnantWoman => {
            &["SELECT id, municipality FROM child WHERE id IN ("]
        }
        FollowUpKind::BreachStep => &["SELECT id, municipality FROM breach WHERE id IN ("],
        FollowUpKind::ReviewWithholding => &["SELECT id, municipality FROM withholding WHERE id IN ("],
        FollowUpKind::CareOrderEnds | FollowUpKind::AcceptCareOrder | FollowUpKind::AssignCareOrder => {
            &["SELECT id, municipality FROM care_order WHERE id IN ("]
        }
        FollowUpKind::ReviewInforming => &["SELECT id, municipality FROM disclosure WHERE id IN ("],
        FollowUpKind::EmergencyAccess => &["SELECT id, municipality FROM emergency_access WHERE id IN ("],
        FollowUpKind::ConfirmConflict => &[
            "SELECT DISTINCT id, municipality FROM conflict_of_interest WHERE id IN (",
            "SELECT id, municipality FROM guardianship WHERE id IN (",
        ],
        FollowUpKind::GiveView => {
            &["SELECT DISTINCT id, municipality FROM conflict_of_interest WHERE id IN ("]
        }
        FollowUpKind::DecideClaim => &[
            "SELECT id, municipality FROM guardianship WHERE id IN (",
            "SELECT id, municipality FROM care_order WHERE id IN (",
            "SELECT id, municipality FROM child WHERE id IN (",
        ],
    }
}
