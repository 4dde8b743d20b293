//! Imports a municipality's data from `data/municipalities/<name>/` into the database.
//!
//! A repeated import updates existing rows. Rows that a case refers to are never removed.

use std::path::Path;

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    consent_texts,
    dto::{ArenaScope, OfferStatus},
};
use crate::{
    db::{Db, DbError, Tx},
    execute, fetch_all,
    kernel::{
        Id,
        ids::{Arena, CatalogueMeasure, Unit},
        vocabulary::{PreventionLevel, Sector},
    },
};

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The municipality's number.
    pub number: String,
    /// The name of the municipality.
    pub name: String,
    /// The number of units.
    pub units: usize,
    /// The number of arenas.
    pub arenas: usize,
    /// The number of measures.
    pub measures: usize,
}

/// An error that stops the import. Nothing is imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("{file}: {error}")]
    Read {
        /// The file.
        file: String,
        /// The cause.
        error: std::io::Error,
    },
    /// A file has the wrong format.
    #[error("{file}: {error}")]
    Form {
        /// The file.
        file: String,
        /// The position and the cause.
        error: toml::de::Error,
    },
    /// A measure names a unit that does not exist.
    #[error("the measure {measure} names the unit {unit}, which is not in the municipality")]
    UnknownUnit {
        /// The measure.
        measure: String,
        /// The unit.
        unit: String,
    },
    /// A published consent text has been changed.
    #[error(
        "the consent text {version} ({language}) has been published and cannot be changed: give it a new version"
    )]
    ChangedText {
        /// The version.
        version: String,
        /// The language.
        language: String,
    },
    /// A database error.
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MunicipalityFile {
    number: String,
    name: String,
    county: String,
    plan: String,
    plan_period: Option<String>,
    /// 15 or 16. If left out, the current value is kept, or 15 is used.
    own_record_age: Option<i64>,
    #[serde(rename = "plan_file")]
    _plan_file: String,
    unit: Vec<UnitEntry>,
    arena: Vec<ArenaEntry>,
    guide_level: Vec<LevelEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitEntry {
    key: String,
    name: String,
    kind: String,
    sector: Sector,
    serves: Vec<String>,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArenaEntry {
    key: String,
    name: String,
    purpose: String,
    run_by: Option<String>,
    #[serde(default)]
    participants: Vec<String>,
    scope: ArenaScope,
    consent_required: Option<bool>,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelEntry {
    level: i64,
    name: String,
    summary: String,
    responsible: Option<String>,
    #[serde(default)]
    steps: Vec<String>,
    deadline_days: Option<i64>,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuresFile {
    measure: Vec<MeasureEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasureEntry {
    key: String,
    title: String,
    summary: Option<String>,
    level: PreventionLevel,
    responsible: String,
    target_group: String,
    age_from: Option<i64>,
    age_to: Option<i64>,
    access: Option<String>,
    contact: Option<String>,
    status: Option<OfferStatus>,
    theme: Option<String>,
    offered_by: Option<String>,
    source: String,
}

const PUT_MUNICIPALITY: &str = "
    INSERT INTO municipality (number, name, county, plan, plan_period, own_record_age)
    VALUES ($1, $2, $3, $4, $5, COALESCE($6, 15))
    ON CONFLICT (number) DO UPDATE SET name = $2, county = $3, plan = $4, plan_period = $5,
        own_record_age = COALESCE($6, municipality.own_record_age)";
const PUT_UNIT: &str = "
    INSERT INTO unit (id, municipality, key, name, kind, sector) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (municipality, key) DO UPDATE SET name = $4, kind = $5, sector = $6";
const PUT_SERVES: &str = "
    INSERT INTO unit_serves (unit_id, municipality)
    SELECT u.id, m.number FROM unit u, municipality m WHERE u.municipality = $1 AND u.key = $2 AND m.number = $3
    ON CONFLICT DO NOTHING";
const UNITS: &str = "SELECT key, id FROM unit WHERE municipality = $1";
const PUT_ARENA: &str = "
    INSERT INTO arena (id, municipality, key, name, purpose, run_by, participants, scope, consent_required, source)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (municipality, key) DO UPDATE SET
        name = $4, purpose = $5, run_by = $6, participants = $7, scope = $8, consent_required = $9, source = $10";
const PUT_LEVEL: &str = "
    INSERT INTO guide_level (municipality, level, name, summary, responsible, steps, deadline_days, source)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (municipality, level) DO UPDATE SET
        name = $3, summary = $4, responsible = $5, steps = $6, deadline_days = $7, source = $8";
const PUT_MEASURE: &str = "
    INSERT INTO catalogue_measure (id, municipality, key, title, search_text, summary, level, responsible, target_group,
        age_from, age_to, access, contact, status, theme, unit_id, plan, source)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT (municipality, key) DO UPDATE SET
        title = $4, search_text = $5, summary = $6, level = $7, responsible = $8, target_group = $9, age_from = $10,
        age_to = $11, access = $12, contact = $13, status = $14, theme = $15, unit_id = $16, plan = $17, source = $18";

/// Imports the municipality described in a folder.
///
/// # Errors
/// If a file cannot be read or has the wrong format. Nothing is changed in that case.
pub async fn import(db: &Db, folder: &Path) -> Result<Imported, ImportError> {
    let mut tx = db.write().await?;
    let imported = import_in(&mut tx, folder).await?;
    tx.commit().await?;
    Ok(imported)
}

/// Imports within a transaction that may contain other changes.
///
/// # Errors
/// If a file cannot be read or has the wrong format. The transaction must not be committed in that case.
pub async fn import_in(tx: &mut Tx, folder: &Path) -> Result<Imported, ImportError> {
    let municipality: MunicipalityFile = read(&folder.join("municipality.toml"))?;
    let MeasuresFile { measure: measures } = read(&folder.join("measures.toml"))?;
    put_organisation(tx, &municipality).await?;
    put_measures(tx, &municipality, &measures).await?;
    consent_texts::import(tx, &municipality.number, folder).await?;
    Ok(Imported {
        number: municipality.number,
        name: municipality.name,
        units: municipality.unit.len(),
        arenas: municipality.arena.len(),
        measures: measures.len(),
    })
}

pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ImportError> {
    let file = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|error| ImportError::Read { file: file.clone(), error })?;
    toml::from_str(&text).map_err(|error| ImportError::Form { file, error })
}

async fn put_organisation(tx: &mut Tx, data: &MunicipalityFile) -> Result<(), ImportError> {
    let number = &data.number;
    execute!(
        tx,
        PUT_MUNICIPALITY,
        number,
        &data.name,
        &data.county,
        &data.plan,
        data.plan_period.as_deref(),
        data.own_record_age
    )?;
    for unit in &data.unit {
        let UnitEntry { key, name, kind, sector, serves, _source } = unit;
        execute!(tx, PUT_UNIT, Id::<Unit>::new(), number, key, name, kind, *sector)?;
        // This service does not serve municipalities that are not imported.
        for served in serves {
            execute!(tx, PUT_SERVES, number, key, served)?;
        }
    }
    for arena in &data.arena {
        let ArenaEntry { key, name, purpose, run_by, participants, scope, consent_required, source } = arena;
        let participants = json(participants);
        let run_by = run_by.as_deref();
        let id = Id::<Arena>::new();
        execute!(
            tx,
            PUT_ARENA,
            id,
            number,
            key,
            name,
            purpose,
            run_by,
            participants,
            *scope,
            *consent_required,
            source
        )?;
    }
    for level in &data.guide_level {
        let LevelEntry { level, name, summary, responsible, steps, deadline_days, source } = level;
        let (responsible, steps) = (responsible.as_deref(), json(steps));
        execute!(tx, PUT_LEVEL, number, *level, name, summary, responsible, steps, *deadline_days, source)?;
    }
    Ok(())
}

async fn put_measures(
    tx: &mut Tx,
    data: &MunicipalityFile,
    measures: &[MeasureEntry],
) -> Result<(), ImportError> {
    let units = fetch_all!(tx, (String, Id<Unit>), UNITS, &data.number)?;
    for measure in measures {
        let unit = match &measure.offered_by {
            None => None,
            Some(key) => {
                let found = units.iter().find(|(known, _)| known == key);
                let unknown = || ImportError::UnknownUnit { measure: measure.key.clone(), unit: key.clone() };
                Some(found.ok_or_else(unknown)?.1)
            }
        };
        put_measure(tx, data, measure, unit).await?;
    }
    Ok(())
}

async fn put_measure(
    tx: &mut Tx,
    data: &MunicipalityFile,
    measure: &MeasureEntry,
    unit: Option<Id<Unit>>,
) -> Result<(), ImportError> {
    execute!(
        tx,
        PUT_MEASURE,
        Id::<CatalogueMeasure>::new(),
        &data.number,
        &measure.key,
        &measure.title,
        search_text(measure),
        measure.summary.as_deref(),
        measure.level,
        &measure.responsible,
        &measure.target_group,
        measure.age_from,
        measure.age_to,
        measure.access.as_deref(),
        measure.contact.as_deref(),
        measure.status,
        measure.theme.as_deref(),
        unit,
        &data.plan,
        &measure.source
    )?;
    Ok(())
}

/// Returns the text to search, in lower case: the engines disagree on `lower('Å')`.
fn search_text(measure: &MeasureEntry) -> String {
    [Some(&measure.title), measure.summary.as_ref(), measure.theme.as_ref(), Some(&measure.target_group)]
        .into_iter()
        .flatten()
        .map(|text| text.to_lowercase())
        .collect::<Vec<_>>()
        .join(" ")
}

fn json(words: &[String]) -> String {
    serde_json::Value::from(words).to_string()
}
