//! Operations that change a planned meeting: its time, who is invited, and whether it takes place.

use actix_web::{HttpResponse, post};
use chrono::SubsecRound;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    changes,
    dto::MeetingOut,
    invitations,
    parts::{InvitationsIn, MeetingCancelIn, MeetingMoveIn, MinutesCorrectionIn},
    routes::{answer_with, arena_allows, as_participant, as_seen, current, invitable, reader},
    rules, store,
};
use crate::{
    access::{
        Kinds, Permit, Shown,
        actions::{CancelMeeting, ChangeInvitations, CorrectMinutes, MoveMeeting},
    },
    catalogue,
    problem::{Problem, Result, docs::ChangeProblems},
    wordings::{self, Text},
};

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(move_meeting).service(change_invitations).service(cancel_meeting).service(correct_minutes);
}

/// Moves a planned meeting to another time, with a reason, and asks everyone invited again.
///
/// The move is kept: both times, the places if the place changed, the reason, and the person who moved it.
#[utoipa::path(
    operation_id = "move_meeting", tag = "meetings",
    params(("case_id" = Uuid, Path), ("meeting_id" = Uuid, Path)), request_body = MeetingMoveIn,
    responses((status = 200, body = MeetingOut, description = "The moved meeting"), ChangeProblems),
)]
#[post("/cases/{case_id}/meetings/{meeting_id}/move")]
async fn move_meeting(mut permit: Permit<MoveMeeting>) -> Result<HttpResponse> {
    let (case, meeting) = current(&mut permit).await?;
    let new: MeetingMoveIn = permit.input()?;
    Kinds::may_be_kept("", Some(&new.contains))?;
    rules::is_planned(&case, &meeting)?;
    rules::place_may_be_told(new.place.as_deref(), &case)?;
    let moment = permit.moment();
    let latest = catalogue::latest_day(permit.tx(), &case.municipality, moment.today).await?;
    rules::new_time(&meeting, new.starts_at, moment, latest)?;
    let same_place = new.place.as_deref().is_none_or(|place| meeting.place.as_deref() == Some(place));
    if new.starts_at.trunc_subsecs(6) == meeting.starts_at && same_place {
        return Err(Problem::field("/starts_at", "must be another time, or the place must change"));
    }
    if let Some(arena) = meeting.arena_id {
        let (asker, object) = (permit.asker(), permit.object().case.clone());
        let arena = store::conditions(permit.tx(), &case, arena).await?;
        arena_allows(permit.tx(), &asker, &object, (&arena, "/starts_at", new.starts_at)).await?;
    }
    let seen = as_seen(&mut permit, meeting.clone()).await?;
    permit.expect_seen(&seen)?;
    let participant = as_participant(permit.caller(), &meeting);
    let by = (permit.caller().person, participant, moment.now);
    changes::move_to(permit.tx(), &case, &meeting, new, by).await?;
    let (_, meeting) = current(&mut permit).await?;
    answer_with(permit, meeting).await
}

/// Changes who is invited to a planned meeting, by the same rules as when it was called.
///
/// A guardian who is not invited after the change has a reason.
#[utoipa::path(
    operation_id = "change_invitations", tag = "meetings",
    params(("case_id" = Uuid, Path), ("meeting_id" = Uuid, Path)), request_body = InvitationsIn,
    responses((status = 200, body = MeetingOut, description = "The updated meeting"), ChangeProblems),
)]
#[post("/cases/{case_id}/meetings/{meeting_id}/invitations")]
async fn change_invitations(mut permit: Permit<ChangeInvitations>) -> Result<HttpResponse> {
    let (case, meeting) = current(&mut permit).await?;
    let (asker, object) = (permit.asker(), permit.object().case.clone());
    let mut change: InvitationsIn = permit.input()?;
    change.add = rules::people_meant(&change.add, &case);
    change.remove = rules::people_meant(&change.remove, &case);
    Kinds::may_be_kept("", Some(&change.contains))?;
    rules::is_planned(&case, &meeting)?;
    let invitable = invitable(permit.tx(), &asker, &object).await?;
    let reader = reader(permit.tx(), &asker, &object, std::slice::from_ref(&meeting)).await?;
    let after = invitations::invitations(&change, &meeting, &reader, (&invitable, &case))?;
    let family_reason = change.family_absent_reason.is_some() || meeting.family_absent_reason.is_some();
    invitations::family_is_invited(&after, family_reason, &case)?;
    let mut reasons = invitations::reasons(&after, &change.guardians_not_invited, &case)?;
    reasons.extend(meeting.guardians_not_invited.iter().map(|absent| absent.person_id));
    invitations::guardians_have_reasons(&after, &reasons, family_reason, &case)?;
    permit.expect_seen(&meeting.clone().seen_by(&reader))?;
    // Their reason stays while no guardian comes. Child welfare in their place is not known to everyone who reads it.
    let guardian_comes = after.iter().any(|person| case.guardians.contains(person));
    changes::invitations(permit.tx(), &case, &meeting, &change, guardian_comes).await?;
    let (_, meeting) = current(&mut permit).await?;
    answer_with(permit, meeting).await
}

/// Cancels a meeting that has not been held, with a reason.
#[utoipa::path(
    operation_id = "cancel_meeting", tag = "meetings",
    params(("case_id" = Uuid, Path), ("meeting_id" = Uuid, Path)), request_body = MeetingCancelIn,
    responses((status = 200, body = MeetingOut, description = "The cancelled meeting"), ChangeProblems),
)]
#[post("/cases/{case_id}/meetings/{meeting_id}/cancel")]
async fn cancel_meeting(mut permit: Permit<CancelMeeting>) -> Result<HttpResponse> {
    let (case, meeting) = current(&mut permit).await?;
    let MeetingCancelIn { reason, contains } = permit.input()?;
    Kinds::may_be_kept("", Some(&contains))?;
    rules::is_planned(&case, &meeting)?;
    let seen = as_seen(&mut permit, meeting.clone()).await?;
    permit.expect_seen(&seen)?;
    changes::cancel(permit.tx(), &case, &meeting, &reason).await?;
    let (_, meeting) = current(&mut permit).await?;
    answer_with(permit, meeting).await
}

/// Corrects the minutes of a meeting, with a reason. Nobody has approved the corrected minutes yet.
///
/// The earlier wording is kept, and everyone who may read the minutes sees it, unless it is struck out.
#[utoipa::path(
    operation_id = "correct_minutes", tag = "meetings",
    params(("case_id" = Uuid, Path), ("meeting_id" = Uuid, Path)), request_body = MinutesCorrectionIn,
    responses((status = 200, body = MeetingOut, description = "The meeting with the corrected minutes"), ChangeProblems),
)]
#[post("/cases/{case_id}/meetings/{meeting_id}/minutes/correct")]
async fn correct_minutes(mut permit: Permit<CorrectMinutes>) -> Result<HttpResponse> {
    let (case, meeting) = current(&mut permit).await?;
    let new: MinutesCorrectionIn = permit.input()?;
    Kinds::may_be_kept("", Some(&new.contains))?;
    rules::is_held(&case, &meeting)?;
    let words = (Some(&*new.text), meeting.minutes.as_deref());
    let reworded = wordings::reworded(words, (Some(&*new.reason), new.strike_out))?;
    let reworded =
        reworded.ok_or_else(|| Problem::field("/text", "must be other words than the minutes have"))?;
    wordings::may_change(&meeting.earlier, Text::Minutes, new.strike_out)?;
    let seen = as_seen(&mut permit, meeting.clone()).await?;
    permit.expect_seen(&seen)?;
    let by = (permit.caller().person, permit.moment().now);
    let change = reworded.of(&case.municipality, meeting.id.uuid(), by);
    wordings::keep(permit.tx(), &case.key(), change, &[Text::Minutes]).await?;
    changes::correct(permit.tx(), &case, &meeting, &new.text).await?;
    let (_, meeting) = current(&mut permit).await?;
    answer_with(permit, meeting).await
}
