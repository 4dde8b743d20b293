//! Erases the personal fields of old entries: person, subject and network address. The tree still verifies.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{
    SealError,
    stored::{ENTRY, StoredEntry},
};
use crate::{
    db::{Db, Tx, expect_one},
    execute, fetch_all,
};

/// The number of entries per transaction.
const BATCH: i64 = 500;

/// Erases the personal fields of a municipality's entries from before a time. Returns the number of entries. Only the owner
/// of the tables can.
///
/// # Errors
/// If the database fails or refuses.
pub async fn erase_before(db: &Db, municipality: &str, before: DateTime<Utc>) -> Result<u64, SealError> {
    let (mut erased, mut after) = (0, (DateTime::UNIX_EPOCH, Uuid::nil()));
    loop {
        let mut tx = db.write().await?;
        let some = batch(&mut tx, municipality, after, before).await?;
        tx.commit().await?;
        erased += some.len() as u64;
        let Some(last) = some.last() else { return Ok(erased) };
        after = (last.at, last.id);
    }
}

/// Returns the next entries after the last one that was erased.
async fn batch(
    tx: &mut Tx,
    municipality: &str,
    after: (DateTime<Utc>, Uuid),
    before: DateTime<Utc>,
) -> Result<Vec<StoredEntry>, SealError> {
    const ERASE: &str =
        "UPDATE access_log SET digests = $3, salt = NULL, client = NULL, person_id = NULL, object_id = NULL,
            case_id = NULL, child_id = NULL, roles = '[]', shown = '[]',
            consents = CASE WHEN ground IS NOT NULL THEN '[]' END
        WHERE municipality = $1 AND id = $2";
    // The words that find an entry are also erased, because a unit of one person identifies them.
    const FORGET: &str =
        "DELETE FROM access_log_term WHERE municipality = $1 AND term = $2 AND entry_id = $3";
    let sql = format!(
        "{ENTRY} FROM access_log l
         JOIN access_log_leaf f ON f.municipality = l.municipality AND f.entry_id = l.id
         WHERE l.municipality = $1 AND (l.at, l.id) > ($2, $3) AND l.at < $4 AND l.salt IS NOT NULL
         ORDER BY l.at, l.id LIMIT $5"
    );
    let (at, id) = after;
    let entries = fetch_all!(tx, StoredEntry, AssertSqlSafe(sql), municipality, at, id, before, BATCH)?;
    for entry in &entries {
        let digests =
            serde_json::to_string(&entry.kept()?).map_err(|error| SealError::Tree(error.to_string()))?;
        expect_one(execute!(tx, ERASE, municipality, entry.id, digests)?)?;
        let names_them = |term: &String| term.starts_with("unit:") || term.starts_with("role:");
        for term in entry.terms()?.into_iter().filter(names_them) {
            execute!(tx, FORGET, municipality, term, entry.id)?;
        }
    }
    Ok(entries)
}
