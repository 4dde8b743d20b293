//! Measures for other capabilities, subject to the rules for reading them.

use uuid::Uuid;

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

/// Returns a measure of a case that the caller may read now; otherwise none.
///
/// # Errors
/// If the database query fails.
pub async fn readable<A: Action>(
    permit: &mut Permit<A>,
    case: &CaseObject,
    id: Id<Measure>,
) -> Result<Option<MeasureOut>> {
    let today = permit.moment().today;
    let measure = match store::get(permit.tx(), &case.facts, id, today).await {
        Err(DbError::Engine(sqlx::Error::RowNotFound)) => return Ok(None),
        found => found?,
    };
    Ok(permit.may::<ReadMeasure>(&measure.object(case.clone())).then_some(measure))
}

/// Returns the measures of a case that the caller may not read.
///
/// # Errors
/// If the database query fails.
pub async fn not_readable<A: Action>(permit: &mut Permit<A>, case: &CaseObject) -> Result<Vec<Id<Measure>>> {
    let today = permit.moment().today;
    let measures = store::list(permit.tx(), &case.facts, Uuid::nil(), usize::MAX, today).await?;
    let hidden = measures
        .into_iter()
        .filter(|measure| !permit.may::<ReadMeasure>(&measure.object(case.clone())))
        .map(|measure| measure.id);
    Ok(hidden.collect())
}

impl MeasureOut {
    /// Returns the measure as an object for the policies.
    pub(super) fn object(&self, case: CaseObject) -> MeasureObject {
        let Self { id, responsible_id, responsible_unit_id, responsible_sector, .. } = *self;
        MeasureObject { case, id, responsible_id, unit_id: responsible_unit_id, sector: responsible_sector }
    }
}
