//! The operation that shows what follows from a withdrawal.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::preview_dto::{LeavingMemberOut, UnitLossOut, WithdrawalPreviewOut};
use crate::{
    access::{
        Permit, Whole,
        actions::{PreviewWithdrawal, ReadConsentStatus},
        without_consent,
    },
    kernel::{Id, ids::Unit},
    organisation::unit_names,
    problem::{Problem, Result, docs::ReadProblems},
    teams,
};

/// Adds the operation to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(preview_withdrawal);
}

/// Returns what follows if a consent is withdrawn now: what passes to and from each unit no more, whose seats end, and whether the contact person
/// loses the case.
///
/// Nothing is withdrawn. The contact person sees what the case loses. The person who gave the consent sees what follows from their own
/// consents alone.
#[utoipa::path(
    operation_id = "preview_withdrawal", tag = "consents", params(("case_id" = Uuid, Path), ("consent_id" = Uuid, Path)),
    responses((status = 200, body = WithdrawalPreviewOut, description = "What follows from a withdrawal"), ReadProblems),
)]
#[get("/cases/{case_id}/consents/{consent_id}/withdrawal-preview")]
async fn preview_withdrawal(mut permit: Permit<PreviewWithdrawal>) -> Result<HttpResponse> {
    let (case, id) = (permit.object().case.clone(), permit.object().id);
    let (asker, moment) = (permit.asker(), permit.moment());
    let effect = without_consent(permit.tx(), case.facts.id, id, moment).await?;
    let effect = effect.ok_or_else(Problem::not_found)?;
    let keeps = asker.may::<ReadConsentStatus>(&case);
    let (lost, leave) = (effect.lost(asker.caller(), keeps), effect.leave(asker.caller(), keeps));
    let mut leaving = teams::current_members(permit.tx(), &asker, &case).await?;
    leaving.retain(|member| leave.contains(&member.unit_id));
    let kept_by = case.facts.ground.owner_unit;
    let contact_person_leaves =
        asker.reader(&case).whereabouts() && effect.contact_person_leaves(&leave, keeps);
    // That a unit without members leaves is not listed: it can show what another person has consented to.
    let left = leaving.iter().map(|member| member.unit_id);
    let mut units: Vec<Id<Unit>> = lost.iter().map(|(unit, _)| *unit).chain(left).collect();
    units.sort_unstable();
    units.dedup();
    let named: Vec<Id<Unit>> = units.iter().copied().chain([kept_by]).collect();
    let names = unit_names(permit.tx(), &named).await?;
    let of_unit = |unit: Id<Unit>| UnitLossOut {
        unit_id: unit,
        unit_name: names.get(&unit).cloned().unwrap_or_default(),
        kinds: lost.iter().filter(|(of, _)| *of == unit).map(|(_, kind)| *kind).collect(),
        leaving: leaving.iter().filter(|member| member.unit_id == unit).map(LeavingMemberOut::of).collect(),
    };
    permit.note_shown([id.uuid()].into_iter().chain(leaving.iter().map(|member| member.id.uuid())));
    let preview = WithdrawalPreviewOut {
        units: units.into_iter().map(of_unit).collect(),
        contact_person_leaves,
        next_contact_unit_id: contact_person_leaves.then_some(kept_by),
        next_contact_unit_name: names.get(&kept_by).filter(|_| contact_person_leaves).cloned(),
    };
    permit.show(&preview.whole())
}
