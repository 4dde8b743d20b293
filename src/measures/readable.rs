//! A measure for another capability, by the rules of reading it.

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

/// A measure of a case that the caller may read now; none where there is none to them.
///
/// # Errors
/// If the database query fails.
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
    Ok(permit.may::<ReadMeasure>(&measure.object(case.clone())).then_some(measure))
}

/// The measures of a case that the caller may not read.
///
/// # Errors
/// If the database query fails.
pub async fn not_readable<A: Action>(permit: &mut Permit<A>, case: &CaseObject) -> Result<Vec<Id<Measure>>> {
    let today = permit.today();
    let measures = store::list(permit.tx(), &case.facts, Uuid::nil(), usize::MAX, today).await?;
    let hidden = measures
        .into_iter()
        .filter(|measure| !permit.may::<ReadMeasure>(&measure.object(case.clone())))
        .map(|measure| measure.id);
    Ok(hidden.collect())
}

impl MeasureOut {
    /// The measure as the rules speak of it.
    pub(super) fn object(&self, case: CaseObject) -> MeasureObject {
        let Self { id, responsible_id, responsible_unit_id, responsible_sector, .. } = *self;
        MeasureObject { case, id, responsible_id, unit_id: responsible_unit_id, sector: responsible_sector }
    }
}
