//! Operations that correct a note or strike it out.

use actix_web::{HttpResponse, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{dto::NoteOut, rules, store};
use crate::{
    access::{
        Permit, Shown,
        actions::{Action, CorrectNote, ReadNote, StrikeOutNote},
        objects::{NoteObject, require_open},
    },
    problem::{Problem, Result, docs::ChangeProblems},
    wordings::{self, CorrectionIn, StrikeOutIn, Text},
};

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(correct_note).service(strike_out_note);
}

/// Corrects the text of a note, with a reason. Only its author can.
///
/// The earlier wording is kept, and everyone who may read the note sees it, unless it is struck out. An entry that the family brought from
/// another record, and what a child said, are struck out instead: the one is as it is there, and the child was heard about the other.
#[utoipa::path(
    operation_id = "correct_note", tag = "notes",
    params(("case_id" = Uuid, Path), ("note_id" = Uuid, Path)), request_body = CorrectionIn,
    responses((status = 200, body = NoteOut, description = "The corrected note"), ChangeProblems),
)]
#[post("/cases/{case_id}/notes/{note_id}/correct")]
async fn correct_note(mut permit: Permit<CorrectNote>) -> Result<HttpResponse> {
    let note = current(&mut permit).await?;
    let new: CorrectionIn = permit.input()?;
    rules::correction_may_be_kept(&note, new.contains.as_deref())?;
    let case = permit.object().case.clone();
    require_open(&case)?;
    may_be_changed(&note)?;
    rules::may_be_corrected(&note)?;
    let reworded =
        wordings::reworded((Some(&*new.text), note.text.as_deref()), (Some(&*new.reason), new.strike_out))?;
    let reworded =
        reworded.ok_or_else(|| Problem::field("/text", "must be other words than the note has"))?;
    wordings::may_change(&note.earlier, Text::Note, new.strike_out)?;
    permit.expect_seen(&note.clone().seen_by(&permit.asker().reader(&case)))?;
    let by = (permit.caller().person, permit.moment().now);
    let change = reworded.of(&case.facts.municipality, note.id.uuid(), by);
    wordings::keep(permit.tx(), &store::key(&case.facts, &note), change, &[Text::Note]).await?;
    store::correct(permit.tx(), &case.facts, &note, &new.text).await?;
    answer(permit).await
}

/// Strikes out a note, with a reason: it is wrong, or about another child.
///
/// Its texts are kept for inspection, and nobody reads them here. Those who may read the note see that it was struck out, who did it,
/// when and why.
#[utoipa::path(
    operation_id = "strike_out_note", tag = "notes",
    params(("case_id" = Uuid, Path), ("note_id" = Uuid, Path)), request_body = StrikeOutIn,
    responses((status = 200, body = NoteOut, description = "The note, without its texts"), ChangeProblems),
)]
#[post("/cases/{case_id}/notes/{note_id}/strike-out")]
async fn strike_out_note(mut permit: Permit<StrikeOutNote>) -> Result<HttpResponse> {
    let note = current(&mut permit).await?;
    let StrikeOutIn { reason, contains } = permit.input()?;
    rules::correction_may_be_kept(&note, contains.as_deref())?;
    let case = permit.object().case.clone();
    may_be_changed(&note)?;
    permit.expect_seen(&note.clone().seen_by(&permit.asker().reader(&case)))?;
    let by = (permit.caller().person, permit.moment().now);
    store::strike_out(permit.tx(), &case.facts, &note, &reason, by).await?;
    answer(permit).await
}

/// Checks that a note is not struck out.
fn may_be_changed(note: &NoteOut) -> Result<()> {
    match note.struck_out_at {
        None => Ok(()),
        Some(_) => Err(Problem::conflict("the note is struck out")),
    }
}

/// The note that the permit is about.
async fn current<A: Action<Object = NoteObject>>(permit: &mut Permit<A>) -> Result<NoteOut> {
    let object = permit.object().clone();
    // Nobody corrects what they may not read.
    if !permit.may::<ReadNote>(&object) {
        return Err(Problem::not_found());
    }
    let NoteObject { case, id, .. } = object;
    let asker = permit.asker();
    store::find(permit.tx(), &asker, &case, id).await?.ok_or_else(Problem::not_found)
}

/// Answers a change with the note as the caller sees it.
pub(super) async fn answer<A: Action<Object = NoteObject>>(mut permit: Permit<A>) -> Result<HttpResponse> {
    let note = current(&mut permit).await?;
    let note = note.seen_by(&permit.asker().reader(&permit.object().case));
    permit.changed(note.version, &note).await
}
