//! Operations on referrals. A referral is a part of a note for the team, which decides who may read it.

use actix_web::{HttpResponse, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    correction_routes::answer,
    dto::{NoteAudience, NoteIn, NoteOut},
    rules::{self, Addressed},
    store,
};
use crate::{
    access::{
        Asker, Kinds, Permit, Shown,
        actions::{Action, CreateReferral, RecordReferralAnswer, UpdateReferral, WithdrawReferral},
        objects::{CaseObject, NoteObject, require_open},
    },
    catalogue,
    db::Tx,
    kernel::{
        Id,
        ids::{NextStep, Note, Person, Unit},
        vocabulary::Sector,
    },
    next_steps,
    problem::{
        Problem, Result,
        docs::{ChangeProblems, WriteProblems},
    },
    referrals::{
        self, Change, Day, Follower, NewReferral, ReferralAnswerIn, ReferralIn, ReferralOut, ReferralPatch,
        ReferralWithdrawalIn, Sent,
    },
    teams,
    vault::KeyName,
};

const NOT_A_REFERRAL: &str =
    "must be another: write to child welfare by a report, POST /v1/units/{unit_id}/child-welfare-reports";

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(create_referral)
        .service(update_referral)
        .service(record_referral_answer)
        .service(withdraw_referral);
}

/// Records a referral of the child to a service: by the caller's unit, or by someone outside the case such as the GP.
///
/// The help that is asked for is a note for the team, with a kind of information, and the referral is a part of it: people who may read the note may
/// read the referral. Everyone who must consent to the kind agrees to it. A team member follows it up.
#[utoipa::path(
    operation_id = "create_referral", tag = "referrals", params(("case_id" = Uuid, Path)), request_body = ReferralIn,
    responses((status = 201, body = NoteOut, description = "The note with the referral"), WriteProblems),
)]
#[post("/cases/{case_id}/referrals")]
async fn create_referral(mut permit: Permit<CreateReferral>) -> Result<HttpResponse> {
    let (case, asker, moment) = (permit.object().clone(), permit.asker(), permit.moment());
    let input: ReferralIn = permit.input()?;
    permit.require_open()?;
    referrals::of_another_kind(input.kind)?;
    let to = receiver(permit.tx(), &case, &input).await?;
    let note = as_note(&input);
    let Addressed { written, kind, about, heard, readers } =
        rules::addressed(&case.facts, &note, |person| asker.caller().is(person))?;
    let seat = written.seat.ok_or_else(Problem::not_found)?;
    let (unit, sector, author) = (seat.unit_id, seat.sector, permit.caller().person);
    let latest = catalogue::latest_day(permit.tx(), &case.facts.municipality, moment.today).await?;
    let day = Day { today: moment.today, latest };
    let responsible = referrals::responsible(permit.tx(), &case.facts).await?;
    let sent = Sent { from: unit, about, to, responsible: &responsible };
    let agreed_by = referrals::sent(&case.facts, asker.caller(), &input, &sent, day)?;
    let new = store::NewNote { author, written, kind, about, heard, input: &note, readers };
    let id = store::insert(permit.tx(), &case.facts, new, moment.now).await?;
    let named = input.followed_up_by.zip(input.followed_up_from);
    let follower = match named {
        Some((person, unit)) => {
            let follower = Follower { person, unit };
            require_reader(permit.tx(), &asker, &case, id, follower).await?;
            follower
        }
        None => Follower { person: author, unit },
    };
    let key = KeyName::sector(&case.facts.municipality, sector);
    let new = NewReferral { note: id, key, to, agreed_by, follower, input: &input };
    referrals::insert(permit.tx(), &case.facts, new).await?;
    let note = store::find(permit.tx(), &asker, &case, id).await?.ok_or_else(Problem::not_found)?;
    let note = note.seen_by(&asker.reader(&case));
    permit.note_shown([id]);
    permit.created(format!("/v1/cases/{}/notes/{id}", case.facts.id), note.version, &note).await
}

/// Moves the day on which an answer or a start is expected, with a reason that is kept, or names another member who follows the referral up.
#[utoipa::path(
    operation_id = "update_referral", tag = "referrals",
    params(("case_id" = Uuid, Path), ("note_id" = Uuid, Path)), request_body = ReferralPatch,
    responses((status = 200, body = NoteOut, description = "The note with the referral"), ChangeProblems),
)]
#[patch("/cases/{case_id}/notes/{note_id}/referral")]
async fn update_referral(mut permit: Permit<UpdateReferral>) -> Result<HttpResponse> {
    let (note, referral) = pending(&mut permit).await?;
    let input: ReferralPatch = permit.input()?;
    let case = permit.object().case.clone();
    if let Some(contains) = &input.contains {
        Kinds::may_be_kept("", Some(contains))?;
    }
    require_open(&case)?;
    let day = day(&mut permit).await?;
    let change = referrals::moved(&referral, &input, day)?;
    if let Some((person, unit)) = input.followed_up_by.zip(input.followed_up_from) {
        let (asker, follower) = (permit.asker(), Follower { person, unit });
        require_reader(permit.tx(), &asker, &case, note.id, follower).await?;
    }
    permit.expect_seen(&note.clone().seen_by(&permit.asker().reader(&case)))?;
    if let Some(change) = &change {
        keep(&mut permit, &note, change, None).await?;
    }
    if let Some((person, unit)) = input.followed_up_by.zip(input.followed_up_from) {
        let follower = Some(Follower { person, unit });
        referrals::follow(permit.tx(), &case.facts.municipality, note.id, follower).await?;
    }
    answer(permit).await
}

/// Records the answer to a referral, or that the help has started.
///
/// A refusal settles the pending next step of the case and sets the next, so that the child is not left without one.
#[utoipa::path(
    operation_id = "record_referral_answer", tag = "referrals",
    params(("case_id" = Uuid, Path), ("note_id" = Uuid, Path)), request_body = ReferralAnswerIn,
    responses((status = 200, body = NoteOut, description = "The note with the referral"), ChangeProblems),
)]
#[post("/cases/{case_id}/notes/{note_id}/referral/answer")]
async fn record_referral_answer(mut permit: Permit<RecordReferralAnswer>) -> Result<HttpResponse> {
    let (note, referral) = pending(&mut permit).await?;
    let input: ReferralAnswerIn = permit.input()?;
    Kinds::may_be_kept("", Some(&input.contains))?;
    let case = permit.object().case.clone();
    require_open(&case)?;
    let day = day(&mut permit).await?;
    let change = referrals::answered(&referral, &input, day)?;
    permit.expect_seen(&note.clone().seen_by(&permit.asker().reader(&case)))?;
    let next_step = match &input.next_step {
        Some(next) => {
            let (asker, by) = (permit.asker(), (permit.caller().person, permit.moment()));
            let set = next_steps::change(permit.tx(), (&asker, &case), next, "/next_step", by).await?;
            permit.note_shown([set]);
            Some(set)
        }
        None => None,
    };
    keep(&mut permit, &note, &change, next_step).await?;
    answer(permit).await
}

/// Withdraws a referral, with a reason.
#[utoipa::path(
    operation_id = "withdraw_referral", tag = "referrals",
    params(("case_id" = Uuid, Path), ("note_id" = Uuid, Path)), request_body = ReferralWithdrawalIn,
    responses((status = 200, body = NoteOut, description = "The note with the referral"), ChangeProblems),
)]
#[post("/cases/{case_id}/notes/{note_id}/referral/withdraw")]
async fn withdraw_referral(mut permit: Permit<WithdrawReferral>) -> Result<HttpResponse> {
    let (note, referral) = pending(&mut permit).await?;
    let input: ReferralWithdrawalIn = permit.input()?;
    Kinds::may_be_kept("", Some(&input.contains))?;
    let case = permit.object().case.clone();
    require_open(&case)?;
    let change = referrals::withdrawn(&referral, &input)?;
    permit.expect_seen(&note.clone().seen_by(&permit.asker().reader(&case)))?;
    keep(&mut permit, &note, &change, None).await?;
    answer(permit).await
}

/// Returns the sector of the service that a referral is sent to, which is not child welfare.
async fn receiver(tx: &mut Tx, case: &CaseObject, input: &ReferralIn) -> Result<Sector> {
    let (pointer, sector) = match (input.to_unit_id, input.to_sector) {
        (Some(unit), _) => {
            let found = referrals::receiver(tx, &case.facts.municipality, unit).await?;
            let detail = "must be a unit that serves the municipality";
            let (kind, sector) = found.ok_or_else(|| Problem::field("/to_unit_id", detail))?;
            Kinds::may_take_part(&kind).map_err(|refused| Problem::field("/to_unit_id", &refused.instead))?;
            ("/to_unit_id", sector)
        }
        (None, Some(sector)) => ("/to_sector", sector),
        (None, None) => {
            return Err(Problem::field("/to_sector", "is required with a service outside the register"));
        }
    };
    if sector == Sector::ChildWelfare { Err(Problem::field(pointer, NOT_A_REFERRAL)) } else { Ok(sector) }
}

/// Returns the note that a referral is a part of.
fn as_note(input: &ReferralIn) -> NoteIn {
    NoteIn {
        audience: Some(NoteAudience::Team),
        shown_to: Vec::new(),
        kind: Some(input.kind),
        contains: Some(input.contains.clone()),
        child_agrees: false,
        about_person_id: input.about_person_id,
        heard_on: None,
        heard_how: None,
        heard_weight: None,
        guardians_need: None,
        withheld_from: Vec::new(),
        text: input.text.clone(),
        unit_id: input.unit_id,
    }
}

/// Checks that a person is a team member that the caller may know of, from a unit that may read the referral.
async fn require_reader(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    note: Id<Note>,
    follower: Follower,
) -> Result<()> {
    let Follower { person, unit } = follower;
    let is_member = teams::seats_known(tx, asker, case)
        .await?
        .contains(&teams::Seat { person_id: person, unit_id: unit });
    let object = NoteObject::of_case(tx, case, note).await?;
    let reads = |unit: Id<Unit>| object.is_some_and(|note| note.units_that_read().contains(&unit));
    if is_member && reads(unit) {
        return Ok(());
    }
    Err(Problem::field("/followed_up_by", "must be a team member who may read this kind of information"))
}

/// Returns the note that the permit is about, with its referral.
async fn pending<A: Action<Object = NoteObject>>(permit: &mut Permit<A>) -> Result<(NoteOut, ReferralOut)> {
    let (NoteObject { case, id, .. }, asker) = (permit.object().clone(), permit.asker());
    let note = store::find(permit.tx(), &asker, &case, id).await?.ok_or_else(Problem::not_found)?;
    let referral = note.referral.clone().ok_or_else(Problem::not_found)?;
    Ok((note, referral))
}

async fn day<A: Action<Object = NoteObject>>(permit: &mut Permit<A>) -> Result<Day> {
    let (municipality, today) = (permit.object().case.facts.municipality.clone(), permit.moment().today);
    Ok(Day { today, latest: catalogue::latest_day(permit.tx(), &municipality, today).await? })
}

/// Keeps an event, and changes the referral.
async fn keep<A: Action<Object = NoteObject>>(
    permit: &mut Permit<A>,
    note: &NoteOut,
    change: &Change<'_>,
    next_step: Option<Id<NextStep>>,
) -> Result<()> {
    let case = permit.object().case.clone();
    let by: (Id<Person>, _) = (permit.caller().person, permit.moment().now);
    let of = (note.id, note.version, &store::key(&case.facts, note));
    Ok(referrals::record(permit.tx(), &case.facts, of, (change, next_step), by).await?)
}
