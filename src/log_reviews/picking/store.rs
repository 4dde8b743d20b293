//! The database queries of the selection.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    Told,
    look::{LoggedLook, Look},
};
use crate::{
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_optional,
    kernel::{
        Id,
        ids::{Child, LogReview, Look as LogEntry, Person},
    },
    log_reviews::dto::PickReason,
    on_engine,
};

const MUNICIPALITIES: &str = "SELECT number FROM municipality ORDER BY number";
const NEXT: &str = "
    SELECT f.position, l.id, l.at, l.person_id, l.roles, l.action, l.case_id, l.child_id, l.decision, l.policies, l.status
    FROM access_log_leaf f JOIN access_log l ON l.municipality = f.municipality AND l.id = f.entry_id
    WHERE f.municipality = $1
      AND f.position >= COALESCE((SELECT next_position FROM log_review_cursor WHERE municipality = $1), 0)
    ORDER BY f.position LIMIT $2";
const MOVE_CURSOR: &str = "
    INSERT INTO log_review_cursor (municipality, next_position) VALUES ($1, $2)
    ON CONFLICT (municipality) DO UPDATE SET next_position = excluded.next_position";
const PICKED: &str = "
    SELECT w.reason, l.person_id, l.at, l.child_id
    FROM log_review r
    JOIN log_review_reason w ON w.municipality = r.municipality AND w.review_id = r.id
    JOIN access_log l ON l.municipality = r.municipality AND l.id = r.entry_id
    WHERE r.municipality = $1 AND r.looked_at >= $2 AND r.looked_at <= $3
      AND l.person_id IS NOT NULL AND l.child_id IS NOT NULL";
const NOTE_TO_ERASE: &str = "
    SELECT v.review_id
    FROM log_verdict v
    JOIN log_review r ON r.municipality = v.municipality AND r.id = v.review_id
    JOIN access_log l ON l.municipality = r.municipality AND l.id = r.entry_id
    WHERE v.municipality = $1 AND v.note IS NOT NULL AND l.digests IS NOT NULL LIMIT 1";
const ERASE_NOTES: &str = "
    UPDATE log_verdict SET note = NULL, note_erased_at = $2
    WHERE municipality = $1 AND note IS NOT NULL AND review_id IN (
        SELECT r.id FROM log_review r JOIN access_log l ON l.municipality = r.municipality AND l.id = r.entry_id
        WHERE r.municipality = $1 AND l.digests IS NOT NULL)";

/// Returns the municipalities that may have a log.
pub(super) async fn municipalities(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    let rows = fetch_all!(tx, (String,), MUNICIPALITIES)?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// Returns the next entries that have not been examined, in the order of the tree.
pub(super) async fn next_entries(
    tx: &mut Tx,
    municipality: &str,
    limit: i64,
) -> Result<Vec<LoggedLook>, DbError> {
    fetch_all!(tx, LoggedLook, NEXT, municipality, limit)
}

/// Stores the position of the last examined entry.
pub(super) async fn move_cursor(tx: &mut Tx, municipality: &str, position: i64) -> Result<(), DbError> {
    expect_one(execute!(tx, MOVE_CURSOR, municipality, position)?)
}

/// Returns what entries on the same days were selected for.
pub(super) async fn picked_near(
    tx: &mut Tx,
    municipality: &str,
    looks: &[Look],
) -> Result<HashSet<Told>, DbError> {
    let times = || looks.iter().map(|look| look.at);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(HashSet::new()) };
    let (from, until) = (first - TimeDelta::days(1), last + TimeDelta::days(1));
    type Row = (PickReason, Id<Person>, DateTime<Utc>, Id<Child>);
    let rows = fetch_all!(tx, Row, PICKED, municipality, from, until)?;
    Ok(rows.into_iter().map(|(reason, person, at, child)| Told::new(reason, person, at, child)).collect())
}

/// An entry that is selected for the first time.
pub(super) struct NewReview {
    pub(super) id: Id<LogReview>,
    pub(super) entry: Id<LogEntry>,
    pub(super) looked_at: DateTime<Utc>,
}

/// Stores the selections.
pub(super) async fn insert(
    tx: &mut Tx,
    municipality: &str,
    picks: &[(&Look, BTreeSet<PickReason>)],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let (mut reviews, mut reasons) = (Vec::new(), Vec::new());
    for (look, why) in picks {
        let id = Id::new();
        reviews.push(NewReview { id, entry: look.id, looked_at: look.at });
        reasons.extend(why.iter().map(|reason| (*reason, id)));
    }
    insert_reviews(tx, municipality, &reviews, now).await?;
    insert_reasons(tx, municipality, &reasons).await
}

pub(super) async fn insert_reviews(
    tx: &mut Tx,
    municipality: &str,
    reviews: &[NewReview],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if reviews.is_empty() {
        return Ok(());
    }
    on_engine!(tx, |conn| {
        let sql = "INSERT INTO log_review (municipality, id, entry_id, looked_at, picked_at) ";
        let mut query = sqlx::QueryBuilder::new(sql);
        query.push_values(reviews, |mut row, review| {
            row.push_bind(municipality.to_owned()).push_bind(review.id).push_bind(review.entry);
            row.push_bind(review.looked_at).push_bind(now);
        });
        query.build().execute(conn).await.map(|_| ())
    })
}

pub(super) async fn insert_reasons(
    tx: &mut Tx,
    municipality: &str,
    reasons: &[(PickReason, Id<LogReview>)],
) -> Result<(), DbError> {
    if reasons.is_empty() {
        return Ok(());
    }
    on_engine!(tx, |conn| {
        let sql = "INSERT INTO log_review_reason (municipality, reason, review_id) ";
        let mut query = sqlx::QueryBuilder::new(sql);
        query.push_values(reasons, |mut row, (reason, review)| {
            row.push_bind(municipality.to_owned()).push_bind(*reason).push_bind(*review);
        });
        query.build().execute(conn).await.map(|_| ())
    })
}

/// Returns whether there are notes on entries that have lost their personal fields.
pub(super) async fn has_notes_to_erase(tx: &mut Tx, municipality: &str) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (Uuid,), NOTE_TO_ERASE, municipality)?.is_some())
}

/// Erases those notes.
pub(super) async fn erase_notes(tx: &mut Tx, municipality: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    execute!(tx, ERASE_NOTES, municipality, now)?;
    Ok(())
}
