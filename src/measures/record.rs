//! The measures, their evaluations and the moves of these, in a record that the family downloads.

use std::collections::BTreeMap;

use super::{
    day_changes::{self, DayChangeOut},
    dto::{EvaluationOut, MeasureOut},
    evaluations,
    readers::{EvaluationReader, MeasureReader},
    store,
};
use crate::{
    access::{
        Asker, Portion, Seen, Shown,
        actions::{Action, ListDayChanges, ListEvaluations, ListMeasures, ReadMeasure},
        objects::{CaseObject, MeasureObject},
    },
    db::{DbError, Tx},
    kernel::{Id, Slice, ids::Measure, vocabulary::Sector},
    teams,
    vault::Content,
};

/// Something about a measure, with the sector of the unit that is responsible for it, and the name of the unit.
#[derive(Debug)]
pub struct OfMeasure<T> {
    /// The measure, or an evaluation of it.
    pub entry: Seen<T>,
    /// The title of the measure.
    pub title: Content,
    /// The name of the unit that is responsible, if the reader may know it.
    pub unit_name: Option<String>,
    /// The sector of that unit.
    pub sector: Sector,
}

/// Returns the measures after a position that the caller may read.
///
/// # Errors
/// If the database query fails.
pub async fn portion(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<OfMeasure<MeasureOut>>, DbError> {
    if !asker.may::<ListMeasures>(case) {
        return Ok(Portion::default());
    }
    let objects = MeasureObject::list(tx, case, slice).await?;
    let portion = Portion::of(objects, slice, |measure| measure.id.uuid());
    let objects = portion.filter(|measure| asker.may::<ReadMeasure>(measure));
    let ids: Vec<_> = objects.rows.iter().map(|measure| measure.id).collect();
    let measures = store::these(tx, &case.facts, &ids, case.facts.today).await?;
    let reader = asker.reader(case);
    let unknown = teams::not_to_be_known(tx, asker, case).await?;
    let seen = objects.rows.iter().zip(measures).map(|(object, measure)| {
        let entry = measure.without(&unknown).seen_by(&MeasureReader::new(asker, &reader, object));
        let (title, unit_name) = (entry.title.clone(), entry.responsible_unit_name.clone());
        OfMeasure { entry, title, unit_name, sector: object.sector }
    });
    Ok(Portion { rows: seen.collect(), read_to: objects.read_to })
}

/// Returns the evaluations after a position that the caller may read, of all measures.
///
/// # Errors
/// If the database query fails.
pub async fn evaluations(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<OfMeasure<EvaluationOut>>, DbError> {
    if !asker.may::<ListMeasures>(case) {
        return Ok(Portion::default());
    }
    let rows = evaluations::of_case(tx, &case.facts, slice).await?;
    let portion = Portion::of(rows, slice, |evaluation| evaluation.id.uuid());
    let ids = portion.rows.iter().map(|evaluation| evaluation.measure_id).collect();
    let measures = readable::<ListEvaluations>(tx, asker, case, ids).await?;
    let unknown = teams::not_to_be_known(tx, asker, case).await?;
    let seen = portion.rows.into_iter().filter_map(|evaluation| {
        let (measure, sector) = measures.get(&evaluation.measure_id)?;
        let by = EvaluationReader::new(asker, case, &evaluation);
        let (title, unit_name) = (measure.title.clone(), measure.responsible_unit_name.clone());
        let entry = evaluation.without(&unknown).seen_by(&by);
        Some(OfMeasure { entry, title, unit_name, sector: *sector })
    });
    Ok(Portion { rows: seen.collect(), read_to: portion.read_to })
}

/// Returns the moves of evaluations after a position that the caller may read, of all measures.
///
/// # Errors
/// If the database query fails.
pub async fn day_changes(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    slice: Slice,
) -> Result<Portion<OfMeasure<DayChangeOut>>, DbError> {
    if !asker.may::<ListMeasures>(case) {
        return Ok(Portion::default());
    }
    let rows = day_changes::of_case(tx, &case.facts, slice).await?;
    let portion = Portion::of(rows, slice, |change| change.id.uuid());
    let ids = portion.rows.iter().map(|change| change.measure_id).collect();
    let measures = readable::<ListDayChanges>(tx, asker, case, ids).await?;
    let unknown = teams::not_to_be_known(tx, asker, case).await?;
    let reader = asker.reader(case);
    let seen = portion.rows.into_iter().filter_map(|change| {
        let (measure, sector) = measures.get(&change.measure_id)?;
        let (title, unit_name) = (measure.title.clone(), measure.responsible_unit_name.clone());
        let entry = change.without(&unknown).seen_by(&reader);
        Some(OfMeasure { entry, title, unit_name, sector: *sector })
    });
    Ok(Portion { rows: seen.collect(), read_to: portion.read_to })
}

/// Returns those of some measures that the caller may read and do `B` to, as they see them, with the sectors of their units.
async fn readable<B: Action<Object = MeasureObject>>(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    mut ids: Vec<Id<Measure>>,
) -> Result<BTreeMap<Id<Measure>, (Seen<MeasureOut>, Sector)>, DbError> {
    ids.sort_unstable();
    ids.dedup();
    let mut objects = MeasureObject::these(tx, case, &ids).await?;
    objects.retain(|measure| asker.may::<ReadMeasure>(measure) && asker.may::<B>(measure));
    let ids: Vec<_> = objects.iter().map(|measure| measure.id).collect();
    let measures = store::these(tx, &case.facts, &ids, case.facts.today).await?;
    let reader = asker.reader(case);
    let seen = measures.into_iter().filter_map(|measure| {
        let object = objects.iter().find(|object| object.id == measure.id)?;
        let seen = measure.seen_by(&MeasureReader::new(asker, &reader, object));
        Some((object.id, (seen, object.sector)))
    });
    Ok(seen.collect())
}
