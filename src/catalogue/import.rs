//! Imports the files of municipalities into the database.
//!
//! An import makes the database say what the files say: it adds what is new, updates what has changed, and ends what is gone. Rows that
//! a case may refer to are never deleted. A unit is never ended by an import, because staff and children belong to it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{
    consent_texts,
    files::{ArenaEntry, Description, MeasureEntry, MunicipalityFile, MunicipalityFiles},
    guide,
    imported::{Changes, Count, ImportError, Imported},
    json, units,
};
use crate::{
    db::{Db, DbError, Tx},
    execute, fetch_all,
    kernel::{
        Clock, Id,
        ids::{Arena, CatalogueMeasure, Unit},
    },
};

const PUT_MUNICIPALITY: &str = "
    INSERT INTO municipality (number, name, county, plan, plan_period, own_record_age, longest_wait_days)
    VALUES ($1, $2, $3, $4, $5, COALESCE($6, 15), COALESCE($7, 366))
    ON CONFLICT (number) DO UPDATE SET name = $2, county = $3, plan = $4, plan_period = $5,
        own_record_age = COALESCE($6, municipality.own_record_age),
        longest_wait_days = COALESCE($7, municipality.longest_wait_days)";
const NUMBERS: &str = "SELECT number FROM municipality";
const UNITS: &str = "SELECT key, id FROM unit WHERE municipality = $1";
const ARENAS: &str = "SELECT key, ended_at FROM arena WHERE municipality = $1";
const PUT_ARENA: &str = "
    INSERT INTO arena (id, municipality, key, name, purpose, run_by, participants, scope, consent_required, source,
        age_from, age_to)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (municipality, key) DO UPDATE SET name = $4, purpose = $5, run_by = $6, participants = $7, scope = $8,
        consent_required = $9, source = $10, age_from = $11, age_to = $12, ended_at = NULL
    WHERE (arena.name, arena.purpose, arena.run_by, arena.participants, arena.scope, arena.consent_required,
            arena.source, arena.age_from, arena.age_to, arena.ended_at)
        IS DISTINCT FROM (excluded.name, excluded.purpose, excluded.run_by, excluded.participants, excluded.scope,
            excluded.consent_required, excluded.source, excluded.age_from, excluded.age_to, excluded.ended_at)";
const END_ARENA: &str = "UPDATE arena SET ended_at = $3 WHERE municipality = $1 AND key = $2";
const MEASURES: &str = "SELECT key, ended_at FROM catalogue_measure WHERE municipality = $1";
const PUT_MEASURE: &str = "
    INSERT INTO catalogue_measure (id, municipality, key, title, search_text, summary, level, responsible, target_group,
        age_from, age_to, access, contact, status, theme, unit_id, plan, source)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT (municipality, key) DO UPDATE SET
        title = $4, search_text = $5, summary = $6, level = $7, responsible = $8, target_group = $9, age_from = $10,
        age_to = $11, access = $12, contact = $13, status = $14, theme = $15, unit_id = $16, plan = $17, source = $18,
        ended_at = NULL
    WHERE (catalogue_measure.title, catalogue_measure.search_text, catalogue_measure.summary, catalogue_measure.level,
            catalogue_measure.responsible, catalogue_measure.target_group, catalogue_measure.age_from,
            catalogue_measure.age_to, catalogue_measure.access, catalogue_measure.contact, catalogue_measure.status,
            catalogue_measure.theme, catalogue_measure.unit_id, catalogue_measure.plan, catalogue_measure.source,
            catalogue_measure.ended_at)
        IS DISTINCT FROM (excluded.title, excluded.search_text, excluded.summary, excluded.level,
            excluded.responsible, excluded.target_group, excluded.age_from,
            excluded.age_to, excluded.access, excluded.contact, excluded.status,
            excluded.theme, excluded.unit_id, excluded.plan, excluded.source,
            excluded.ended_at)";
const END_MEASURE: &str = "UPDATE catalogue_measure SET ended_at = $3 WHERE municipality = $1 AND key = $2";

/// Imports municipalities, all or none.
///
/// # Errors
/// If the files have the wrong format or contradict themselves or the database. Nothing is changed in that case.
pub async fn import(db: &Db, files: &[MunicipalityFiles]) -> Result<Vec<Imported>, ImportError> {
    let mut tx = db.write().await?;
    let imported = import_in(&mut tx, files, Clock::System.now()).await?;
    tx.commit().await?;
    Ok(imported)
}

/// Imports within a transaction that may contain other changes. Units may serve municipalities that come later.
///
/// # Errors
/// As [`import`]. The transaction must not be committed in that case.
pub async fn import_in(
    tx: &mut Tx,
    files: &[MunicipalityFiles],
    now: DateTime<Utc>,
) -> Result<Vec<Imported>, ImportError> {
    let all = files.iter().map(MunicipalityFiles::parse).collect::<Result<Vec<_>, _>>()?;
    let mut numbers = BTreeSet::new();
    for Description { municipality, .. } in &all {
        let number = municipality.number.as_str();
        if !numbers.insert(number) {
            return Err(ImportError::Twice(number.to_owned()));
        }
        put_municipality(tx, municipality).await?;
    }
    let known: BTreeSet<String> =
        fetch_all!(tx, (String,), NUMBERS)?.into_iter().map(|(number,)| number).collect();
    let mut done = Vec::new();
    for Description { municipality, measures, texts } in &all {
        let number = municipality.number.as_str();
        let units = units::put(tx, municipality, &known, now).await?;
        done.push(Imported {
            number: number.to_owned(),
            name: municipality.name.to_string(),
            units,
            arenas: put_arenas(tx, number, &municipality.arena, now).await?,
            guide_levels: guide::put(tx, number, &municipality.guide_level).await?,
            measures: put_measures(tx, municipality, measures, now).await?,
            consent_texts: consent_texts::publish(tx, number, texts).await?,
        });
    }
    Ok(done)
}

async fn put_municipality(tx: &mut Tx, data: &MunicipalityFile) -> Result<(), DbError> {
    let MunicipalityFile {
        number, name, county, plan, plan_period, own_record_age, longest_wait_days, ..
    } = data;
    let (number, plan_period) = (number.as_str(), plan_period.as_deref());
    let (age, longest) = (*own_record_age, *longest_wait_days);
    execute!(tx, PUT_MUNICIPALITY, number, &**name, &**county, &**plan, plan_period, age, longest)?;
    Ok(())
}

async fn put_arenas(
    tx: &mut Tx,
    number: &str,
    arenas: &[ArenaEntry],
    now: DateTime<Utc>,
) -> Result<Changes, DbError> {
    let before = fetch_all!(tx, (String, Option<DateTime<Utc>>), ARENAS, number)?;
    let mut count = Count::of(before.into_iter().map(|(key, ended)| (key, ended.is_some())));
    for arena in arenas {
        let ArenaEntry { key, name, purpose, run_by, participants, scope, source, .. } = arena;
        let (id, run_by, participants) =
            (Id::<Arena>::new(), run_by.as_deref(), json(participants.iter().map(|it| &**it)));
        let ArenaEntry { consent_required, age_from, age_to, .. } = arena;
        let rows = execute!(
            tx,
            PUT_ARENA,
            id,
            number,
            &**key,
            &**name,
            &**purpose,
            run_by,
            participants,
            *scope,
            *consent_required,
            &**source,
            *age_from,
            *age_to
        )?;
        count.stored(&**key, rows);
    }
    for key in count.gone() {
        execute!(tx, END_ARENA, number, key, now)?;
    }
    Ok(count.changes)
}

async fn put_measures(
    tx: &mut Tx,
    data: &MunicipalityFile,
    measures: &[MeasureEntry],
    now: DateTime<Utc>,
) -> Result<Changes, ImportError> {
    let number = data.number.as_str();
    let units: BTreeMap<String, Id<Unit>> =
        fetch_all!(tx, (String, Id<Unit>), UNITS, number)?.into_iter().collect();
    let before = fetch_all!(tx, (String, Option<DateTime<Utc>>), MEASURES, number)?;
    let mut count = Count::of(before.into_iter().map(|(key, ended)| (key, ended.is_some())));
    for measure in measures {
        let unit = match &measure.offered_by {
            None => None,
            Some(key) => {
                let unknown =
                    || ImportError::UnknownUnit { measure: measure.key.to_string(), unit: key.to_string() };
                Some(*units.get(&**key).ok_or_else(unknown)?)
            }
        };
        let rows = put_measure(tx, data, measure, unit).await?;
        count.stored(&*measure.key, rows);
    }
    for key in count.gone() {
        execute!(tx, END_MEASURE, number, key, now)?;
    }
    Ok(count.changes)
}

async fn put_measure(
    tx: &mut Tx,
    data: &MunicipalityFile,
    measure: &MeasureEntry,
    unit: Option<Id<Unit>>,
) -> Result<u64, DbError> {
    execute!(
        tx,
        PUT_MEASURE,
        Id::<CatalogueMeasure>::new(),
        data.number.as_str(),
        &*measure.key,
        &*measure.title,
        search_text(measure),
        measure.summary.as_deref(),
        measure.level,
        &*measure.responsible,
        &*measure.target_group,
        measure.age_from,
        measure.age_to,
        measure.access.as_deref(),
        measure.contact.as_deref(),
        measure.status,
        measure.theme.as_deref(),
        unit,
        &*data.plan,
        &*measure.source
    )
}

/// Returns the text to search, in lower case: the engines disagree on `lower('Å')`.
fn search_text(measure: &MeasureEntry) -> String {
    let texts = [
        Some(&*measure.title),
        measure.summary.as_deref(),
        measure.theme.as_deref(),
        Some(&*measure.target_group),
    ];
    texts.into_iter().flatten().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
