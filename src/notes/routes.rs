//! Operations on notes.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    correction_routes,
    dto::{NoteIn, NoteOut, NoteWithholdingIn},
    readers_routes, referral_routes,
    rules::{self, Addressed},
    store,
};
use crate::{
    access::{
        Permit, Shown,
        actions::{ListNotes, ReadNote, WriteNote},
        objects::NoteObject,
    },
    db::Tx,
    kernel::{Page, PageQuery},
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
    withholdings::{self, NewWithholding, Withheld},
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_notes)
        .service(write_note)
        .service(read_note)
        .configure(readers_routes::configure)
        .configure(correction_routes::configure)
        .configure(referral_routes::configure);
}

/// Lists the notes of a case that the caller may read, oldest first.
///
/// Notes for others are left out, and the answer does not reveal that they exist.
#[utoipa::path(
    operation_id = "list_notes", tag = "notes", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<NoteOut>, description = "The notes the caller may read"), ReadProblems),
)]
#[get("/cases/{case_id}/notes")]
async fn list_notes(mut permit: Permit<ListNotes>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let case = permit.object().clone();
    let fetch = async |tx: &mut Tx, slice| NoteObject::list(tx, &case, slice).await;
    let page = permit.page_of::<ReadNote>(&query, fetch).await?;
    let ids = page.ids(|note| note.object.id);
    let asker = permit.asker();
    let notes = store::these(permit.tx(), &asker, &case, &ids).await?;
    permit.note_shown(ids);
    let reader = asker.reader(&case);
    permit.show_page(&page.with(notes.into_iter().map(|note| note.seen_by(&reader))))
}

/// Writes a note for the whole team, for members from the same sector or unit or, by the family, for the contact person.
///
/// The kind of information decides who among them may read it. A kind is shared with a unit only if everyone who must has
/// consented. A note is corrected, or struck out, and its earlier wordings are kept. A note by the family is shown in the family only to its
/// writer and those in `shown_to`.
#[utoipa::path(
    operation_id = "write_note", tag = "notes", params(("case_id" = Uuid, Path)), request_body = NoteIn,
    responses((status = 201, body = NoteOut, description = "The note"), WriteProblems),
)]
#[post("/cases/{case_id}/notes")]
async fn write_note(mut permit: Permit<WriteNote>) -> Result<HttpResponse> {
    let case = permit.object().facts.clone();
    let input: NoteIn = permit.input()?;
    permit.require_open()?;
    let note = rules::addressed(&case, &input, |person| permit.caller().is(person))?;
    let Addressed { written, kind, about, heard, readers } = note;
    let (author, now) = (permit.caller().person, permit.moment().now);
    let shown_to = store::named(&case, readers.iter().copied());
    let unit = written.seat.map_or(case.contact_unit, |seat| seat.unit_id);
    let new = store::NewNote { author, written, kind, about, heard, input: &input, readers };
    let id = store::insert(permit.tx(), &case, new, now).await?;
    let asker = permit.asker();
    for (at, withholding) in input.withheld_from.iter().enumerate() {
        let (guardian, note) = (withholding.guardian_id, Withheld::Note(id));
        if !withholdings::guardian_sees(permit.tx(), &asker, &case, guardian, note).await? {
            return Err(Problem::field(format!("/withheld_from/{at}/guardian_id"), withholdings::NOT_SEEN));
        }
    }
    for NoteWithholdingIn { guardian_id, legal_basis, reason, review_on, letter_delay } in
        &input.withheld_from
    {
        let new = NewWithholding {
            guardian: *guardian_id,
            what: Withheld::Note(id),
            legal_basis: *legal_basis,
            reason,
            review_on: *review_on,
            letter_delay: letter_delay.as_ref(),
            by: author,
            unit,
        };
        withholdings::insert(permit.tx(), &case, new, now).await?;
    }
    let object = permit.object().clone();
    let note = store::find(permit.tx(), &asker, &object, id).await?.ok_or_else(Problem::not_found)?;
    let note = NoteOut { shown_to, ..note };
    let note = note.seen_by(&permit.asker().reader(permit.object()));
    permit.note_shown([id]);
    permit.created(format!("/v1/cases/{}/notes/{id}", case.id), note.version, &note).await
}

/// Returns a note. For callers it is not meant for, the note does not exist.
#[utoipa::path(
    operation_id = "read_note", tag = "notes",
    params(("case_id" = Uuid, Path), ("note_id" = Uuid, Path)),
    responses((status = 200, body = NoteOut, description = "The note"), ReadProblems),
)]
#[get("/cases/{case_id}/notes/{note_id}")]
async fn read_note(mut permit: Permit<ReadNote>) -> Result<HttpResponse> {
    let NoteObject { case, id, .. } = permit.object().clone();
    let asker = permit.asker();
    let note = store::find(permit.tx(), &asker, &case, id).await?.ok_or_else(Problem::not_found)?;
    if let Some(text) = &note.text {
        text.require()?;
    }
    let note = note.seen_by(&permit.asker().reader(&case));
    permit.show_version(note.version, &note)
}
