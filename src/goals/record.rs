//! The goals in a record that the family downloads.

use super::{dto::GoalOut, store};
use crate::{
    access::{Asker, Portion, Seen, Shown, actions::ListGoals, objects::CaseObject},
    db::{DbError, Tx},
    kernel::Slice,
};

/// Returns the goals after a position that the caller may read.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<Seen<GoalOut>>, DbError> {
    if !asker.may::<ListGoals>(case) {
        return Ok(Portion::default());
    }
    let rows = store::list(tx, &case.facts, slice).await?;
    let reader = asker.reader(case);
    Ok(Portion::of(rows, slice, |goal| goal.id.uuid()).map(|goal| goal.seen_by(&reader)))
}
