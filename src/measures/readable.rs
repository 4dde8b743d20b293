//! Measures for other capabilities, subject to the rules for reading them.

use super::{dto::MeasureOut, store};
use crate::{
    access::{
        Asker, Permit,
        actions::{Action, ReadMeasure},
        objects::{CaseObject, MeasureObject},
    },
    db::Tx,
    kernel::{Id, ids::Measure},
    problem::Result,
};

/// Returns a measure of a case that the caller may read now; none if the caller may not know of it.
///
/// # Errors
/// If the database query fails.
pub async fn readable<A: Action>(
    permit: &mut Permit<A>,
    case: &CaseObject,
    id: Id<Measure>,
) -> Result<Option<(MeasureObject, MeasureOut)>> {
    let today = permit.moment().today;
    let object = MeasureObject::of_case(permit.tx(), case, id).await?;
    let Some(object) = object.filter(|measure| permit.may::<ReadMeasure>(measure)) else { return Ok(None) };
    let measure = store::get(permit.tx(), &case.facts, id, today).await?;
    Ok(Some((object, measure)))
}

/// Returns those of some measures of a case that the caller may not read.
///
/// # Errors
/// If the database query fails.
pub async fn not_readable(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    ids: &[Id<Measure>],
) -> Result<Vec<Id<Measure>>> {
    let measures = MeasureObject::these(tx, case, ids).await?;
    let hidden = measures.iter().filter(|measure| !asker.may::<ReadMeasure>(measure));
    Ok(hidden.map(|measure| measure.id).collect())
}
