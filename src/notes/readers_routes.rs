//! The operation that shows who could read a note, before it is written.

use std::sync::Arc;

use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::NoteIn,
    readers_dto::{NoteReaderOut, NoteReadersOut},
    rules::{self, Addressed},
};
use crate::{
    access::{
        Asker, CaseFacts, CaseState, Permit, Whole,
        actions::{PreviewNoteReaders, ReadNote},
        objects::{CaseObject, NoteObject},
    },
    identity::Caller,
    kernel::{
        Id,
        ids::{Note, Person},
    },
    problem::{Result, docs::WriteProblems},
    teams,
    vault::Content,
};

/// Adds the operation to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(preview_note_readers);
}

/// Returns who could read a note if it were written now.
///
/// The request is that of `write_note`, and nothing is written. The rules are asked about each member of the team, by the units that the caller may know
/// of. Not in the answer are access in an emergency and, under a care order, the person in child welfare who reads what the parents would.
#[utoipa::path(
    operation_id = "preview_note_readers", tag = "notes", params(("case_id" = Uuid, Path)), request_body = NoteIn,
    responses((status = 200, body = NoteReadersOut, description = "Who could read the note"), WriteProblems),
)]
#[post("/cases/{case_id}/note-readers")]
async fn preview_note_readers(mut permit: Permit<PreviewNoteReaders>) -> Result<HttpResponse> {
    let case = permit.object().clone();
    let input: NoteIn = permit.input()?;
    permit.require_open()?;
    let now = permit.moment().now;
    let note = rules::addressed(&case.facts, &input, |person| permit.caller().is(person))?;
    let draft = Draft {
        asker: permit.asker(),
        author: permit.caller().person,
        case: &case,
        input: &input,
        note,
        now,
    };
    let helpers = teams::helpers(permit.tx(), &case.facts).await?;
    let state = Arc::new(case.facts.with_guardians(Vec::new()));
    let (mut readers, mut others) = (Vec::new(), Vec::new());
    for helper in helpers {
        let Some((helper, member)) = draft.known(helper) else { continue };
        if draft.is_read_by(&state, helper) {
            readers.push(member);
        } else {
            others.push(member);
        }
    }
    permit.note_shown(readers.iter().chain(&others).map(|member| member.person_id));
    let (guardians, child) = (draft.is_for_guardians(), draft.is_for_child(&state));
    permit.show(&NoteReadersOut { readers, others, guardians, child }.whole())
}

/// A note that is not written yet.
struct Draft<'a> {
    asker: Asker,
    author: Id<Person>,
    case: &'a CaseObject,
    input: &'a NoteIn,
    note: Addressed<'a>,
    now: DateTime<Utc>,
}

impl Draft<'_> {
    /// Returns a helper with the units that the caller may know of; none if there is no such unit, or they are in the family and read as such.
    fn known(&self, mut helper: Caller) -> Option<(Caller, NoteReaderOut)> {
        let facts = &self.case.facts;
        if facts.registered_guardians.iter().any(|guardian| helper.is(*guardian))
            || helper.is(facts.child_person)
        {
            return None;
        }
        helper.roles.retain(|held| self.asker.knows_that_helps(self.case, held.unit_id, held.sector));
        let held = helper.roles.first()?;
        let member = NoteReaderOut {
            person_id: helper.person,
            person_name: helper.name.clone(),
            unit_id: held.unit_id,
            unit_name: held.unit_name.clone(),
        };
        Some((helper, member))
    }

    /// Returns whether the rules let a person read the note in a state of the case.
    fn is_read_by(&self, state: &Arc<CaseState>, reader: Caller) -> bool {
        let case = CaseObject { facts: CaseFacts::in_list(state.clone(), &reader) };
        self.asker.on_behalf_of(reader).may::<ReadNote>(&self.written_in(case))
    }

    fn written_in(&self, case: CaseObject) -> NoteObject {
        let (Addressed { written, kind, about, .. }, seat) = (&self.note, self.note.written.seat);
        NoteObject {
            case,
            id: Id::<Note>::new(),
            author_id: self.author,
            audience: written.audience.as_str().to_owned(),
            unit_id: seat.map(|seat| seat.unit_id),
            of_family: seat.is_none(),
            sector: seat.map(|seat| seat.sector),
            kind: *kind,
            child_agrees: self.input.child_agrees,
            about_person: *about,
            needed_by_guardians: self.input.guardians_need.is_some(),
            written_at: self.now,
            is_referral: false,
            followed_up_by: None,
        }
    }

    /// Asks about a guardian who sees the case, whether there is one or not: who is kept out of it is not for everyone on the team to know.
    fn is_for_guardians(&self) -> bool {
        let facts = &self.case.facts;
        if self.note.written.seat.is_none() {
            // The readers in the family of a note by the family are those that its writer chose.
            return self.note.readers.iter().any(|reader| *reader != facts.child_person);
        }
        let guardian = self.note.about.unwrap_or_else(Id::of_new_person);
        self.is_read_by(
            &Arc::new(facts.with_guardians(vec![guardian])),
            family(guardian, &facts.municipality),
        )
    }

    fn is_for_child(&self, state: &Arc<CaseState>) -> bool {
        match self.note.written.seat {
            None => self.note.readers.contains(&state.child_person),
            Some(_) => self.is_read_by(state, family(state.child_person, &state.municipality)),
        }
    }
}

/// Returns a person in the family as the rules see them.
fn family(person: Id<Person>, municipality: &str) -> Caller {
    Caller::of_record(person, person, Content::of(String::new()), municipality)
}
