//! The catalogue in the database.

use uuid::Uuid;

use super::{
    dto::{ArenaOut, ArenaScope, CatalogueMeasureOut, GuideLevelOut, MeasureQuery, MunicipalityOut},
    guide::{self, LevelRow},
};
use crate::{
    db::{DbError, Tx},
    fetch_all, fetch_optional,
    kernel::{
        Id,
        ids::{Arena, CatalogueMeasure},
    },
    on_engine,
};

const MUNICIPALITIES: &str = "SELECT number, name, county, plan, plan_period, own_record_age, longest_wait_days FROM municipality ORDER BY number";
const MEASURES: &str = "
    SELECT id, municipality, key, title, summary, level, responsible, target_group, age_from, age_to, access,
           contact, status, theme, unit_id, plan, source, ended_at
    FROM catalogue_measure WHERE ended_at IS NULL AND id > ";
const MEASURE: &str = "
    SELECT id, municipality, key, title, summary, level, responsible, target_group, age_from, age_to, access,
           contact, status, theme, unit_id, plan, source, ended_at
    FROM catalogue_measure WHERE id = $1";
const ARENAS: &str = "
    SELECT id, key, name, purpose, run_by, participants, scope, consent_required, age_from, age_to, source
    FROM arena WHERE municipality = $1 AND id > $2 AND ended_at IS NULL ORDER BY id LIMIT $3";
#[derive(sqlx::FromRow)]
struct ArenaRow {
    id: Id<Arena>,
    key: String,
    name: String,
    purpose: String,
    run_by: Option<String>,
    participants: String,
    scope: ArenaScope,
    consent_required: Option<bool>,
    age_from: Option<i64>,
    age_to: Option<i64>,
    source: String,
}

/// Lists all municipalities. A country has a few hundred.
pub(super) async fn municipalities(tx: &mut Tx) -> Result<Vec<MunicipalityOut>, DbError> {
    fetch_all!(tx, MunicipalityOut, MUNICIPALITIES)
}

pub(super) async fn measures(
    tx: &mut Tx,
    query: &MeasureQuery,
    after: Uuid,
    limit: usize,
) -> Result<Vec<CatalogueMeasureOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let words: Vec<String> = query
        .q
        .as_deref()
        .unwrap_or_default()
        .split_whitespace()
        .map(|word| like(&word.to_lowercase()))
        .collect();
    on_engine!(tx, |conn| {
        let mut sql = sqlx::QueryBuilder::new(MEASURES);
        sql.push_bind(after);
        if let Some(municipality) = &query.municipality {
            sql.push(" AND municipality = ").push_bind(municipality.to_string());
        }
        if let Some(level) = query.level {
            sql.push(" AND level = ").push_bind(level);
        }
        if let Some(age) = query.age {
            sql.push(" AND (age_from IS NULL OR age_from <= ").push_bind(age.0);
            sql.push(") AND (age_to IS NULL OR age_to >= ").push_bind(age.0).push(")");
        }
        for word in &words {
            sql.push(" AND search_text LIKE ").push_bind(word.clone()).push(" ESCAPE '!'");
        }
        sql.push(" ORDER BY id LIMIT ").push_bind(limit);
        sql.build_query_as::<CatalogueMeasureOut>().fetch_all(conn).await
    })
}

/// Returns a pattern that matches the word anywhere.
fn like(word: &str) -> String {
    let escaped: String = word
        .chars()
        .flat_map(|c| if matches!(c, '%' | '_' | '!') { vec!['!', c] } else { vec![c] })
        .collect();
    format!("%{escaped}%")
}

pub(super) async fn measure(
    tx: &mut Tx,
    id: Id<CatalogueMeasure>,
) -> Result<Option<CatalogueMeasureOut>, DbError> {
    fetch_optional!(tx, CatalogueMeasureOut, MEASURE, id)
}

pub(super) async fn arenas(
    tx: &mut Tx,
    municipality: &str,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ArenaOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = fetch_all!(tx, ArenaRow, ARENAS, municipality, after, limit)?;
    rows.into_iter()
        .map(|row| {
            let ArenaRow { id, key, name, purpose, run_by, participants, scope, source, .. } = row;
            let ArenaRow { consent_required, age_from, age_to, .. } = row;
            Ok(ArenaOut {
                id,
                key,
                name,
                purpose,
                run_by,
                participants: words(&participants)?,
                scope,
                consent_required,
                age_from,
                age_to,
                source,
            })
        })
        .collect()
}

/// Returns the levels of a version of a municipality's guide, the newest if none is named.
pub(super) async fn guide_levels(
    tx: &mut Tx,
    municipality: &str,
    version: Option<i64>,
) -> Result<Vec<GuideLevelOut>, DbError> {
    let rows = match version {
        None => guide::newest(tx, municipality).await?,
        Some(version) => guide::of_version(tx, municipality, version).await?,
    };
    rows.into_iter()
        .map(|row| {
            let LevelRow { version, level, name, summary, responsible, steps, deadline_days, source } = row;
            let steps = words(&steps)?;
            Ok(GuideLevelOut { version, level, name, summary, responsible, steps, deadline_days, source })
        })
        .collect()
}

fn words(json: &str) -> Result<Vec<String>, DbError> {
    serde_json::from_str(json).map_err(|error| DbError::Engine(sqlx::Error::Decode(Box::new(error))))
}

#[cfg(test)]
mod tests {
    #[test]
    fn signs_of_the_pattern_language_are_searched_as_they_are() {
        assert_eq!(super::like("50%_!"), "%50!%!_!!%");
    }
}
