//! The notes in a record that the family downloads.

use super::{dto::NoteOut, store};
use crate::{
    access::{
        Asker, Portion, Seen, Shown,
        actions::{ListNotes, ReadNote},
        objects::{CaseObject, NoteObject},
    },
    db::{DbError, Tx},
    kernel::Slice,
};

/// Returns the notes after a position that the caller may read.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<Seen<NoteOut>>, DbError> {
    if !asker.may::<ListNotes>(case) {
        return Ok(Portion::default());
    }
    let objects = NoteObject::list(tx, case, slice).await?;
    let portion = Portion::of(objects, slice, |note| note.id.uuid());
    let objects = portion.filter(|note| asker.may::<ReadNote>(note));
    let ids: Vec<_> = objects.rows.iter().map(|note| note.id).collect();
    let notes = store::these(tx, asker, case, &ids).await?;
    let reader = asker.reader(case);
    let rows = notes.into_iter().map(|note| note.seen_by(&reader)).collect();
    Ok(Portion { rows, read_to: objects.read_to })
}
