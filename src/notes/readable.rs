//! Notes for other capabilities, subject to the rules for reading them.

use super::{dto::NoteOut, store};
use crate::{
    access::{
        Permit,
        actions::{Action, ReadNote},
        objects::{CaseObject, NoteObject},
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
    let object = NoteObject::of_case(permit.tx(), case, id).await?;
    if !object.is_some_and(|note| permit.may::<ReadNote>(&note)) {
        return Ok(None);
    }
    let asker = permit.asker();
    Ok(store::find(permit.tx(), &asker, case, id).await?)
}
