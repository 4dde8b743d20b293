//! The consents in a record that the family downloads.

use super::{
    dto::{ConsentOut, ConsentReader},
    store,
};
use crate::{
    access::{
        Asker, Portion, Seen, Shown,
        actions::{ListConsents, ReadConsent},
        objects::{CaseObject, ConsentObject},
    },
    db::{DbError, Tx},
    kernel::Slice,
};

/// Returns the consents after a position that the caller may read.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<Seen<ConsentOut>>, DbError> {
    if !asker.may::<ListConsents>(case) {
        return Ok(Portion::default());
    }
    let objects = ConsentObject::list(tx, case, slice).await?;
    let portion = Portion::of(objects, slice, |consent| consent.id.uuid());
    let objects = portion.filter(|consent| asker.may::<ReadConsent>(consent));
    let ids: Vec<_> = objects.rows.iter().map(|consent| consent.id).collect();
    let consents = store::these(tx, &case.facts, &ids).await?;
    let reader = ConsentReader::new(&asker.reader(case));
    let rows = consents.into_iter().map(|consent| consent.seen_by(&reader)).collect();
    Ok(Portion { rows, read_to: objects.read_to })
}
