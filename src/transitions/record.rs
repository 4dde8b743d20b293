//! The transitions in a record that the family downloads.

use super::{dto::TransitionOut, sight};
use crate::{
    access::{
        Asker, Portion, Seen,
        actions::{ListTransitions, ReadTransition},
        objects::{CaseObject, TransitionObject},
    },
    db::{DbError, Tx},
    kernel::Slice,
};

/// Returns the transitions after a position that the caller may know of.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<Seen<TransitionOut>>, DbError> {
    if !asker.may::<ListTransitions>(case) {
        return Ok(Portion::default());
    }
    let rows = TransitionObject::list(tx, case, slice).await?;
    let Portion { rows, read_to } = Portion::of(rows, slice, |transition| transition.id.uuid());
    let known = rows.iter().filter(|transition| asker.may::<ReadTransition>(*transition));
    let ids: Vec<_> = known.map(|transition| transition.id).collect();
    Ok(Portion { rows: sight::seen(tx, asker, case, &ids).await?, read_to })
}
