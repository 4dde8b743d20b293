//! A measure for another capability, by the rules of reading it.

use super::{dto::MeasureOut, store};
use crate::{
    access::{
        Permit,
        actions::{Action, ReadMeasure},
        objects::{CaseObject, MeasureObject},
    },
    db::DbError,
    kernel::{Id, ids::Measure},
    problem::Result,
};

/// A measure of a case that the caller may read now; none where there is none to them.
///
/// # Errors
/// If the database does not answer.
pub async fn readable<A: Action>(
    permit: &mut Permit<A>,
    case: &CaseObject,
    id: Id<Measure>,
) -> Result<Option<MeasureOut>> {
    let today = permit.today();
    let measure = match store::get(permit.tx(), &case.facts, id, today).await {
        Err(DbError::Engine(sqlx::Error::RowNotFound)) => return Ok(None),
        found => found?,
    };
    let object = MeasureObject { case: case.clone(), id, responsible_id: measure.responsible_id };
    Ok(permit.may::<ReadMeasure>(&object).then_some(measure))
}
