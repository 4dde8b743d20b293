//! Erases the personal fields of old entries: person, subject and network address. The tree still verifies.
//!
//! The record of who had access is kept as long as the record itself (pjl § 25), so entries about a child whose record is kept are spared,
//! whatever their age.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    SealError,
    stored::{StoredEntry, stored_entries},
};
use crate::{
    db::{Db, Tx, expect_one},
    execute, fetch_all, fetch_one,
};

/// The number of entries that are considered at a time.
const BATCH: i64 = 500;

/// The number of entries that an erasure found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erasure {
    /// The entries whose personal fields are erased.
    pub erased: u64,
    /// The entries that are old enough, and are kept with the record that they are about.
    pub kept: u64,
}

/// Erases the personal fields of a municipality's entries from before a time, unless the record that they are about is kept. It goes
/// through the entries once, in the order of time. Only the owner of the tables can.
///
/// # Errors
/// If the database fails or refuses.
pub async fn erase_before(db: &Db, municipality: &str, before: DateTime<Utc>) -> Result<Erasure, SealError> {
    let (mut done, mut after) = (Erasure::default(), (DateTime::UNIX_EPOCH, Uuid::nil()));
    loop {
        let mut tx = db.read().await?;
        let some = next(&mut tx, municipality, after, before).await?;
        let is_kept = if some.iter().any(|old| old.is_of_record) {
            records_are_kept(&mut tx, municipality).await?
        } else {
            false
        };
        tx.rollback().await?;
        let Some(last) = some.last() else { return Ok(done) };
        after = (last.at, last.id);
        let (kept, old): (Vec<_>, Vec<_>) = some.iter().partition(|old| old.is_of_record && is_kept);
        let ids: Vec<Uuid> = old.iter().map(|old| old.id).collect();
        if !ids.is_empty() {
            let mut tx = db.write().await?;
            for entry in stored_entries(&mut tx, municipality, &ids).await? {
                erase(&mut tx, municipality, &entry).await?;
            }
            tx.commit().await?;
        }
        done.erased += ids.len() as u64;
        done.kept += kept.len() as u64;
    }
}

/// An entry that is old enough.
#[derive(Debug, sqlx::FromRow)]
struct Old {
    at: DateTime<Utc>,
    id: Uuid,
    /// Its child or its case is in the database, or it is about a concern or a report, which need not name a child that is registered.
    is_of_record: bool,
}

/// Returns the next sealed entries after one, in the order of time. The sub-queries look up one row each: written so that no planner
/// turns them into a join, which would read all positions for each batch.
async fn next(
    tx: &mut Tx,
    municipality: &str,
    after: (DateTime<Utc>, Uuid),
    before: DateTime<Utc>,
) -> Result<Vec<Old>, SealError> {
    const NEXT: &str = "
        SELECT l.at, l.id,
            (SELECT 1 FROM child c WHERE c.municipality = l.municipality AND c.id = l.child_id) IS NOT NULL
            OR (SELECT 1 FROM care_case k WHERE k.municipality = l.municipality AND k.id = l.case_id) IS NOT NULL 
            OR l.object_type IN ('Concern', 'ChildWelfareReport') AS is_of_record
        FROM access_log l
        WHERE l.municipality = $1 AND (l.at, l.id) > ($2, $3) AND l.at < $4 AND l.salt IS NOT NULL
            AND (SELECT 1 FROM access_log_leaf f WHERE f.municipality = l.municipality AND f.entry_id = l.id) IS NOT NULL
        ORDER BY l.at, l.id LIMIT $5";
    let (at, id) = after;
    Ok(fetch_all!(tx, Old, NEXT, municipality, at, id, before, BATCH)?)
}

/// Returns whether the records of a municipality are kept. They are no more once the keys of its people and of all its sectors are
/// erased; nothing else deletes a record.
async fn records_are_kept(tx: &mut Tx, municipality: &str) -> Result<bool, SealError> {
    const KEYS: &str =
        "SELECT COUNT(*) FROM data_key WHERE municipality = $1 AND class <> 'log' AND erased_at IS NULL";
    let (keys,) = fetch_one!(tx, (i64,), KEYS, municipality)?;
    Ok(keys > 0)
}

async fn erase(tx: &mut Tx, municipality: &str, entry: &StoredEntry) -> Result<(), SealError> {
    const ERASE: &str =
        "UPDATE access_log SET digests = $3, salt = NULL, client = NULL, person_id = NULL, object_id = NULL,
            case_id = NULL, child_id = NULL, roles = '[]', shown = '[]',
            consents = CASE WHEN ground IS NOT NULL THEN '[]' END
        WHERE municipality = $1 AND id = $2";
    // The words that find an entry are also erased, because a unit of one person identifies them.
    const FORGET: &str =
        "DELETE FROM access_log_term WHERE municipality = $1 AND term = $2 AND entry_id = $3";
    let digests =
        serde_json::to_string(&entry.kept()?).map_err(|error| SealError::Tree(error.to_string()))?;
    expect_one(execute!(tx, ERASE, municipality, entry.id, digests)?)?;
    let names_them = |term: &String| term.starts_with("unit:") || term.starts_with("role:");
    for term in entry.terms()?.into_iter().filter(names_them) {
        execute!(tx, FORGET, municipality, term, entry.id)?;
    }
    Ok(())
}
