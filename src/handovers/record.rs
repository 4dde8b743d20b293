//! The handovers in a record that the family downloads.

use super::{dto::HandoverOut, routes::is_shown, store};
use crate::{
    access::{Asker, Portion, Seen, Shown, actions::ListHandovers, objects::CaseObject},
    db::{DbError, Tx},
    kernel::Slice,
    teams,
};

/// Returns the handovers after a position that the caller may know of.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<Seen<HandoverOut>>, DbError> {
    if !asker.may::<ListHandovers>(case) {
        return Ok(Portion::default());
    }
    let unknown = teams::not_to_be_known(tx, asker, case).await?;
    let rows = store::list(tx, &case.facts, slice).await?;
    let portion = Portion::of(rows, slice, |handover| handover.id.uuid());
    let reader = asker.reader(case);
    let known = portion.filter(|handover| is_shown(&unknown, handover));
    Ok(known.map(|handover| handover.seen_by(&reader)))
}
