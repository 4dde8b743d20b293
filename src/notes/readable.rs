//! Notes for other capabilities, subject to the rules for reading them.

use super::{dto::NoteOut, routes::object, store};
use crate::{
    access::{
        Permit,
        actions::{Action, ReadNote},
        objects::CaseObject,
    },
    kernel::{Id, ids::Note},
    problem::Result,
};

/// Returns a note of a case that the caller may read now; otherwise none.
///
/// # Errors
/// If the database query fails.
pub async fn readable<A: Action>(
    permit: &mut Permit<A>,
    case: &CaseObject,
    id: Id<Note>,
) -> Result<Option<NoteOut>> {
    let note = store::find(permit.tx(), &case.facts, id).await?;
    Ok(note.filter(|note| permit.may::<ReadNote>(&object(case, note))))
}
