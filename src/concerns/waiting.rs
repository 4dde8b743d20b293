//! Waiting with a concern until a date (se an): the deadline moves to the date, and the reason is kept. The municipality limits the wait.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dto::ConcernOut;
use crate::{
    catalogue,
    db::{DbError, Tx, expect_one},
    execute, fetch_in,
    kernel::{
        Id, Moment,
        clock::day_in_norway,
        day::{LookAgainDay, day},
        ids::{Concern, ConcernId, Person, PersonId},
        text::Prose,
    },
    problem::{Problem, Result},
    shown,
    vault::Content,
};

/// The number of times that someone can wait with a concern.
const MOST: usize = 3;

const INSERT: &str = "
    INSERT INTO concern_postponement (municipality, concern_id, number, unit_id, look_again_on, instead_of_on, reason, postponed_by, postponed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const MOVE: &str = "
    UPDATE concern SET decide_by = $4, version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3 AND decision IS NULL";
const STRIKE_OUT: &str = "UPDATE concern_postponement SET struck_out = TRUE WHERE municipality = $1 AND concern_id = $2 AND NOT struck_out";
const OF_THESE: &str = "
    SELECT w.concern_id, w.number, w.look_again_on, w.instead_of_on, CASE WHEN NOT w.struck_out THEN w.reason END AS reason, w.postponed_by,
           p.name AS postponed_by_name, w.postponed_at
    FROM concern_postponement w JOIN person p ON p.id = w.postponed_by WHERE w.concern_id IN (";

/// A day to look at a concern again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"look_again_on": "2026-12-18", "reason": "The new seating has just begun. We see whether she joins in."}))]
pub struct PostponementIn {
    /// The day: from tomorrow, and within the longest time of the municipality from when the concern was recorded.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = LookAgainDay)]
    pub look_again_on: NaiveDate,
    /// Why it is right to wait, and what is done meanwhile.
    pub reason: Prose,
}

/// A time that someone has waited with a concern.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct PostponementOut {
    /// The concern.
    #[serde(skip)]
    #[schema(ignore)]
    pub concern_id: ConcernId,
    /// Its number, from 1.
    #[schema(example = 1)]
    pub number: i64,
    /// The day to look again.
    pub look_again_on: NaiveDate,
    /// The deadline until then.
    pub instead_of_on: NaiveDate,
    /// Why. Null if it was struck out with the words of the concern.
    pub reason: Option<Content>,
    /// The person who decided to wait.
    pub postponed_by: PersonId,
    /// Their name.
    pub postponed_by_name: Content,
    /// When they did.
    pub postponed_at: DateTime<Utc>,
}

shown!(PostponementOut {
    concern_id,
    number,
    look_again_on,
    instead_of_on,
    reason,
    postponed_by,
    postponed_by_name,
    postponed_at
});

/// Moves the deadline of a concern that has not been decided.
///
/// # Errors
/// 422 if the day is too late, 409 if someone has waited too often.
pub(super) async fn postpone(
    tx: &mut Tx,
    concern: &ConcernOut,
    content: &PostponementIn,
    by: Id<Person>,
    moment: Moment,
) -> Result<()> {
    let ConcernOut { municipality, id, unit_id, version, decide_by, .. } = concern;
    let number = concern.postponements.len();
    if number >= MOST {
        return Err(Problem::conflict("the concern has been postponed three times: decide it"));
    }
    let latest = catalogue::latest_day(tx, municipality, day_in_norway(concern.created_at)).await?;
    if content.look_again_on > latest {
        let detail =
            format!("must not be after {latest}, the longest time of the municipality for a concern");
        return Err(Problem::field("/look_again_on", detail));
    }
    if content.look_again_on == *decide_by {
        return Err(Problem::field("/look_again_on", "must be another day than the deadline"));
    }
    let number = i64::try_from(number).unwrap_or(i64::MAX) + 1;
    let reason = tx.vault().seal(&concern.key(), &content.reason)?;
    let day = content.look_again_on;
    execute!(tx, INSERT, municipality, *id, number, *unit_id, day, *decide_by, reason, by, moment.now)?;
    Ok(expect_one(execute!(tx, MOVE, municipality, *id, *version, day)?)?)
}

/// Strikes out the reasons for waiting. They can repeat the words that are struck out.
pub(super) async fn strike_out(tx: &mut Tx, municipality: &str, concern: Id<Concern>) -> Result<(), DbError> {
    execute!(tx, STRIKE_OUT, municipality, concern)?;
    Ok(())
}

/// Gives concerns their postponements. The concerns are in the order of their ids.
pub(super) async fn of_these(tx: &mut Tx, concerns: &mut [ConcernOut]) -> Result<(), DbError> {
    let ids: Vec<ConcernId> = concerns.iter().map(|concern| concern.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut rows = fetch_in!(tx, PostponementOut, OF_THESE, &ids)?;
    rows.sort_by_key(|row| (row.concern_id, row.number));
    for row in rows {
        if let Ok(at) = concerns.binary_search_by_key(&row.concern_id, |concern| concern.id) {
            concerns[at].postponements.push(row);
        }
    }
    Ok(())
}
