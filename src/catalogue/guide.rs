//! The levels of a municipality's guide (handlingsveileder), by version. An import of another guide adds a version, and a case keeps the
//! version that was in force when its level was set.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::{files::LevelEntry, imported::Changes, json};
use crate::{
    db::{DbError, Tx},
    execute, fetch_all, insert_rows,
    problem::{Problem, Result},
};

/// The highest number of a level.
const HIGHEST: i64 = 9;

/// The levels of the newest version.
const NEWEST: &str = "
    SELECT g.version, g.level, g.name, g.summary, g.responsible, g.steps, g.deadline_days, g.source
    FROM municipality m JOIN guide_level g ON g.municipality = m.number AND g.version = m.guide_version
    WHERE m.number = $1 ORDER BY g.level";
const OF_VERSION: &str = "
    SELECT version, level, name, summary, responsible, steps, deadline_days, source
    FROM guide_level WHERE municipality = $1 AND version = $2 ORDER BY level";
const NEXT_VERSION: &str = "UPDATE municipality SET guide_version = guide_version + 1 WHERE number = $1";
const VERSION: &str = "SELECT guide_version FROM municipality WHERE number = $1";
const INSERT: &str = "INSERT INTO guide_level (municipality, version, level, name, summary, responsible, steps, deadline_days, source) ";

/// A level in the municipality's guide, by its number. The numbers give the order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
#[schema(value_type = i64, minimum = 0, maximum = 9, example = 1)]
pub struct Level(i64);

impl Level {
    /// Returns the level of this number, which is at most 9.
    #[must_use]
    pub const fn new(level: i64) -> Option<Self> {
        if matches!(level, 0..=HIGHEST) { Some(Self(level)) } else { None }
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let level = Self::new(i64::deserialize(deserializer)?);
        level.ok_or_else(|| serde::de::Error::custom("must be a level from 0 to 9"))
    }
}

/// A level of a version of a municipality's guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuideLevel {
    /// The version of the guide.
    pub version: i64,
    /// The level.
    pub level: Level,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct LevelRow {
    pub version: i64,
    pub level: i64,
    pub name: String,
    pub summary: String,
    pub responsible: Option<String>,
    /// As JSON.
    pub steps: String,
    pub deadline_days: Option<i64>,
    pub source: String,
}

impl LevelRow {
    fn of(entry: &LevelEntry, version: i64) -> Self {
        let LevelEntry { level, name, summary, responsible, steps, deadline_days, source } = entry;
        Self {
            version,
            level: level.number(),
            name: String::from(&**name),
            summary: String::from(&**summary),
            responsible: responsible.as_deref().map(String::from),
            steps: json(steps.iter().map(|step| &**step)),
            deadline_days: *deadline_days,
            source: String::from(&**source),
        }
    }

    fn is_as_in(&self, other: &Self) -> bool {
        *self == Self { version: self.version, ..other.clone() }
    }
}

/// Returns a level of the newest version of the municipality's guide.
///
/// # Errors
/// If the guide has no such level; the problem points to the field. If the database query fails.
pub async fn level_in_force(
    tx: &mut Tx,
    municipality: &str,
    level: Level,
    field: &'static str,
) -> Result<GuideLevel> {
    let levels = newest(tx, municipality).await?;
    if let Some(row) = levels.iter().find(|row| row.level == level.number()) {
        return Ok(GuideLevel { version: row.version, level });
    }
    let names: Vec<String> = levels.iter().map(|row| format!("{} ({})", row.level, row.name)).collect();
    Err(Problem::field(field, format!("must be a level of the municipality's guide: {}", names.join(", "))))
}

/// Returns the levels of the newest version of a municipality's guide, in order.
pub(super) async fn levels_in_force(tx: &mut Tx, municipality: &str) -> Result<Vec<GuideLevel>, DbError> {
    let rows = newest(tx, municipality).await?;
    let pinned = |row: LevelRow| Some(GuideLevel { version: row.version, level: Level::new(row.level)? });
    Ok(rows.into_iter().filter_map(pinned).collect())
}

pub(super) async fn newest(tx: &mut Tx, municipality: &str) -> Result<Vec<LevelRow>, DbError> {
    fetch_all!(tx, LevelRow, NEWEST, municipality)
}

pub(super) async fn of_version(
    tx: &mut Tx,
    municipality: &str,
    version: i64,
) -> Result<Vec<LevelRow>, DbError> {
    fetch_all!(tx, LevelRow, OF_VERSION, municipality, version)
}

/// Stores the levels of a municipality as a new version, if they differ from the newest.
pub(super) async fn put(tx: &mut Tx, municipality: &str, levels: &[LevelEntry]) -> Result<Changes, DbError> {
    let before = newest(tx, municipality).await?;
    let rows: Vec<LevelRow> = levels.iter().map(|entry| LevelRow::of(entry, 0)).collect();
    let same = |row: &LevelRow| before.iter().any(|known| known.level == row.level);
    let unchanged = |row: &LevelRow| before.iter().any(|known| known.is_as_in(row));
    let added = rows.iter().filter(|row| !same(row)).count();
    let changed = rows.iter().filter(|row| same(row) && !unchanged(row)).count();
    let ended = before.iter().filter(|known| rows.iter().all(|row| row.level != known.level)).count();
    if added + changed + ended > 0 {
        execute!(tx, NEXT_VERSION, municipality)?;
        let version = fetch_all!(tx, (i64,), VERSION, municipality)?;
        let version = version.first().map_or(1, |(version,)| *version);
        insert_rows!(tx, INSERT, 9, rows, |values, row| values
            .push_bind(municipality)
            .push_bind(version)
            .push_bind(row.level)
            .push_bind(&row.name)
            .push_bind(&row.summary)
            .push_bind(row.responsible.as_deref())
            .push_bind(&row.steps)
            .push_bind(row.deadline_days)
            .push_bind(&row.source))?;
    }
    Ok(Changes { total: rows.len(), added, changed, ended })
}
