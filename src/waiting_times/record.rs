//! The reasons for waits in a record that the family downloads.

use super::{dto::WaitReasonOut, store};
use crate::{
    access::{Asker, Portion, Seen, Whole, actions::ReadWaitingTimes, objects::CaseObject},
    db::{DbError, Tx},
    kernel::Slice,
};

/// Returns the reasons after a position that the caller may read.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<Seen<WaitReasonOut>>, DbError> {
    if !asker.may::<ReadWaitingTimes>(case) {
        return Ok(Portion::default());
    }
    let rows = store::reasons(tx, &case.facts.municipality, case.facts.id, slice).await?;
    Ok(Portion::of(rows, slice, |reason| reason.id.uuid()).map(Whole::whole))
}
