//! The case and its history in a record that the family downloads.

use super::{
    dto::{CaseEventOut, CaseOut},
    routes, store,
};
use crate::{
    access::{
        Asker, Portion, Seen, Whole,
        actions::{ListCaseHistory, ReadCase},
        objects::CaseObject,
    },
    db::{DbError, Tx},
    kernel::Slice,
    problem::Result,
};

/// Returns the case, if the caller may read it.
///
/// # Errors
/// If the database query fails.
pub async fn case(tx: &mut Tx, asker: &Asker, case: &CaseObject) -> Result<Option<Seen<CaseOut>>> {
    if !asker.may::<ReadCase>(case) {
        return Ok(None);
    }
    let found = store::get(tx, case.facts.id).await?;
    let reader = asker.reader(case);
    Ok(routes::seen(tx, asker, vec![(case.clone(), reader)], vec![found]).await?.pop())
}

/// Returns the events after a position that the caller may read.
///
/// # Errors
/// If the database query fails.
pub async fn history(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<Seen<CaseEventOut>>, DbError> {
    if !asker.may::<ListCaseHistory>(case) {
        return Ok(Portion::default());
    }
    let rows = store::list_events(tx, &case.facts.municipality, case.facts.id, slice).await?;
    Ok(Portion::of(rows, slice, |event| event.id.uuid()).map(Whole::whole))
}
