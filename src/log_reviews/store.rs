//! Reviews in the database.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::dto::{LogReviewOut, LogReviewQuery, LogReviewStatus, LogVerdict, LogVerdictOut, PickReason};
use crate::{
    access::objects::LogReviewObject,
    audit,
    breaches::{self, BreachSource, NewBreach},
    db::{DbError, Tx, expect_one},
    execute, fetch_one,
    kernel::{
        Id,
        ids::{Child, LogReview, Look, Person},
    },
    on_engine,
    vault::{Content, KeyName},
};

const SELECT: &str = "
    SELECT r.municipality, r.id, r.entry_id, r.picked_at, r.verdict, r.closed_at, r.version, l.person_id, l.child_id
    FROM log_review r JOIN access_log l ON l.municipality = r.municipality AND l.id = r.entry_id";
// The cross join makes SQLite start with the reason.
const SELECT_BY_REASON: &str = "
    SELECT r.municipality, r.id, r.entry_id, r.picked_at, r.verdict, r.closed_at, r.version, l.person_id, l.child_id
    FROM log_review_reason w CROSS JOIN log_review r
    JOIN access_log l ON l.municipality = r.municipality AND l.id = r.entry_id";
const ONE: &str = "
    SELECT r.municipality, r.id, r.entry_id, r.picked_at, r.verdict, r.closed_at, r.version, l.person_id, l.child_id
    FROM log_review r JOIN access_log l ON l.municipality = r.municipality AND l.id = r.entry_id
    WHERE r.municipality = $1 AND r.id = $2 AND l.person_id IS NOT NULL AND l.child_id IS NOT NULL";
const REASONS: &str = "SELECT review_id, reason FROM log_review_reason WHERE (municipality, review_id) IN (";
const VERDICTS: &str = "
    SELECT review_id, number, verdict, note, given_by, given_at FROM log_verdict WHERE (municipality, review_id) IN (";
const GIVE: &str = "
    UPDATE log_review SET verdict = $4, closed_at = $5, version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3 AND closed_at IS NULL";
const KEEP: &str = "
    INSERT INTO log_verdict (municipality, review_id, number, verdict, note, given_by, given_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// `of_reviews!(tx, Row, "… IN (", keys)`: fetches rows of some reviews by municipality and id.
macro_rules! of_reviews {
    ($tx:expr, $row:ty, $sql:expr, $keys:expr) => {
        on_engine!($tx, |conn| {
            let mut query = sqlx::QueryBuilder::new($sql);
            query.push("VALUES ");
            let mut list = query.separated(", ");
            for (municipality, id) in $keys {
                list.push("(").push_bind_unseparated(municipality.clone());
                list.push_unseparated(", ").push_bind_unseparated(*id).push_unseparated(")");
            }
            query.push(")");
            query.build_query_as::<$row>().fetch_all(conn).await
        })
    };
}

/// A review, with the facts that the rules need.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ReviewRow {
    pub(super) municipality: String,
    pub(super) id: Id<LogReview>,
    entry_id: Id<Look>,
    picked_at: DateTime<Utc>,
    verdict: Option<LogVerdict>,
    closed_at: Option<DateTime<Utc>>,
    pub(super) version: i64,
    person_id: Id<Person>,
    child_id: Id<Child>,
}

impl ReviewRow {
    /// Returns it as an object for the policies, given the children that the caller is disqualified for.
    pub(super) fn object(&self, own_children: &[Id<Child>]) -> LogReviewObject {
        LogReviewObject {
            municipality: self.municipality.clone(),
            id: self.id,
            looked_by: self.person_id,
            child: self.child_id,
            disqualified: own_children.contains(&self.child_id),
        }
    }

    /// Returns whether it has a final verdict.
    pub(super) fn is_closed(&self) -> bool {
        self.closed_at.is_some()
    }
}

/// Lists reviews in these municipalities after a position, in the order they were selected. The rules decide on each.
pub(super) async fn list(
    tx: &mut Tx,
    municipalities: &BTreeSet<String>,
    query: &LogReviewQuery,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ReviewRow>, DbError> {
    let mut rows = Vec::new();
    for municipality in municipalities {
        rows.extend(list_one(tx, municipality, query, after, limit).await?);
    }
    rows.sort_unstable_by_key(|row: &ReviewRow| row.id);
    rows.truncate(limit);
    Ok(rows)
}

async fn list_one(
    tx: &mut Tx,
    municipality: &str,
    query: &LogReviewQuery,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ReviewRow>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    on_engine!(tx, |conn| {
        let (select, id) =
            if query.reason.is_some() { (SELECT_BY_REASON, "w.review_id") } else { (SELECT, "r.id") };
        let mut sql = sqlx::QueryBuilder::new(select);
        sql.push(" WHERE l.person_id IS NOT NULL AND l.child_id IS NOT NULL AND r.municipality = ");
        sql.push_bind(municipality.to_owned());
        if let Some(reason) = query.reason {
            sql.push(" AND r.id = w.review_id AND w.municipality = ").push_bind(municipality.to_owned());
            sql.push(" AND w.reason = ").push_bind(reason);
        }
        sql.push(format!(" AND {id} > ")).push_bind(after);
        match query.status {
            Some(LogReviewStatus::Open) => drop(sql.push(" AND r.closed_at IS NULL")),
            Some(LogReviewStatus::Closed) => drop(sql.push(" AND r.closed_at IS NOT NULL")),
            None => {}
        }
        if let Some(person) = query.person_id {
            sql.push(" AND l.person_id = ").push_bind(person);
        }
        if let Some(from) = query.from {
            sql.push(" AND r.looked_at >= ").push_bind(from);
        }
        if let Some(until) = query.until {
            sql.push(" AND r.looked_at < ").push_bind(until);
        }
        sql.push(format!(" ORDER BY {id} LIMIT ")).push_bind(limit);
        sql.build_query_as::<ReviewRow>().fetch_all(conn).await
    })
}

/// Returns a review that was found earlier.
pub(super) async fn get(tx: &mut Tx, municipality: &str, id: Id<LogReview>) -> Result<ReviewRow, DbError> {
    fetch_one!(tx, ReviewRow, ONE, municipality, id)
}

#[derive(sqlx::FromRow)]
struct VerdictRow {
    review_id: Id<LogReview>,
    number: i64,
    verdict: LogVerdict,
    note: Option<Content>,
    given_by: Id<Person>,
    given_at: DateTime<Utc>,
}

/// Returns the reviews with their entries, reasons and verdicts.
pub(super) async fn whole(tx: &mut Tx, rows: Vec<ReviewRow>) -> Result<Vec<LogReviewOut>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let looks: Vec<_> = rows.iter().map(|row| (row.municipality.clone(), row.entry_id)).collect();
    let mut entries: HashMap<Id<Look>, _> =
        audit::entries(tx, &looks).await?.into_iter().map(|entry| (entry.id, entry)).collect();
    let keys: Vec<_> = rows.iter().map(|row| (row.municipality.clone(), row.id)).collect();
    let mut reasons: HashMap<Id<LogReview>, BTreeSet<PickReason>> = HashMap::new();
    for (review, reason) in of_reviews!(tx, (Id<LogReview>, PickReason), REASONS, &keys)? {
        reasons.entry(review).or_default().insert(reason);
    }
    let mut given = of_reviews!(tx, VerdictRow, VERDICTS, &keys)?;
    given.sort_by_key(|row| row.number);
    let mut verdicts: HashMap<Id<LogReview>, Vec<LogVerdictOut>> = HashMap::new();
    for VerdictRow { review_id, verdict, note, given_by, given_at, .. } in given {
        verdicts.entry(review_id).or_default().push(LogVerdictOut { verdict, note, given_by, given_at });
    }
    let whole = rows.into_iter().filter_map(|row| {
        Some(LogReviewOut {
            entry: entries.remove(&row.entry_id)?,
            reasons: reasons.remove(&row.id).unwrap_or_default().into_iter().map(Into::into).collect(),
            verdicts: verdicts.remove(&row.id).unwrap_or_default(),
            status: if row.is_closed() { LogReviewStatus::Closed } else { LogReviewStatus::Open },
            id: row.id,
            municipality: row.municipality,
            picked_at: row.picked_at,
            verdict: row.verdict,
            version: row.version,
        })
    });
    Ok(whole.collect())
}

/// Stores a verdict. Any verdict other than unclear is final.
pub(super) async fn give(
    tx: &mut Tx,
    review: &ReviewRow,
    verdict: LogVerdict,
    note: Option<&str>,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let ReviewRow { municipality, id, version, .. } = review;
    let closed_at = (verdict != LogVerdict::Unclear).then_some(now);
    expect_one(execute!(tx, GIVE, municipality, *id, *version, verdict, closed_at)?)?;
    let note = tx.vault().seal_optional(&KeyName::log(municipality), note)?;
    // Each verdict creates a new version.
    expect_one(execute!(tx, KEEP, municipality, *id, *version, verdict, note, by, now)?)
}

/// Opens the breach of a look that was found to be without need, with the id of the review.
pub(super) async fn open_breach(
    tx: &mut Tx,
    review: &ReviewRow,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let key = (review.municipality.clone(), review.entry_id);
    let entry = audit::entries(tx, &[key]).await?.pop().ok_or(DbError::Engine(sqlx::Error::RowNotFound))?;
    let new = NewBreach {
        municipality: &review.municipality,
        source: BreachSource::LogReview,
        id: review.id.uuid(),
        entry: Some(review.entry_id),
        person: review.person_id,
        unit: entry.roles.first().map(|role| role.unit_id.into()),
        child: review.child_id,
        case: entry.case_id,
        looked: (entry.at, entry.at),
        found_by: by,
    };
    breaches::open(tx, &new, now).await
}
