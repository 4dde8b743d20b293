//! The evidence that verifies the log, from the database or a file: entries with their positions, and checkpoints.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{
    SealError,
    leaf::{Fields, Opening, digest},
    stored::{ENTRY, ROWS, StoredEntry, of_ids, stored_entries},
};
use crate::{
    db::{Db, DbError, Tx},
    fetch_all, on_engine,
};

/// The number of entries read at a time.
const BATCH: i64 = 1000;

/// Stored in place of an entry's salt when its personal fields are erased.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The digests of the personal fields.
    pub(super) digests: BTreeMap<String, String>,
    /// The openings of the other digests.
    pub(super) openings: BTreeMap<String, String>,
}

impl Kept {
    /// Unreadable data has been changed. It opens nothing, so the leaf differs.
    pub(super) fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// Returns the digests of all fields.
    pub(super) fn digests_of(&self, fields: &Fields) -> BTreeMap<String, String> {
        let mut digests = self.digests.clone();
        for (name, opening) in &self.openings {
            let value = fields.get(name.as_str()).unwrap_or(&Value::Null);
            if let Some(opening) = opened(opening) {
                digests.insert(name.clone(), STANDARD.encode(digest(&opening, value)));
            }
        }
        digests
    }
}

/// Parses an opening.
pub(super) fn opened(text: &str) -> Option<Opening> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// A line of evidence: an entry at its position, an entry without one, or a checkpoint after the entries it covers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EvidenceLine {
    /// A position in the tree.
    Place {
        /// The position, from 0.
        position: i64,
        /// The id of its entry.
        id: Uuid,
        /// The number of the entry among those that the family sees.
        #[serde(skip_serializing_if = "Option::is_none")]
        count: Option<i64>,
        /// The sealed hash in base64; none if it is missing.
        hash: Option<String>,
        /// The entry; none if it is missing or unreadable.
        entry: Option<Evidence>,
        /// The entry is there, but has values that are not of their type, such as a time that is no time.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unreadable: bool,
    },
    /// A signed tree head.
    Checkpoint {
        /// The signed note.
        checkpoint: String,
    },
    /// An entry that was never sealed and is not queued for sealing.
    Unsealed {
        /// The id of the entry.
        unsealed: Uuid,
    },
    /// Entries that are queued for sealing; the last line, if there are any.
    Waiting {
        /// Their number.
        waiting: i64,
    },
}

/// An entry in its stored form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Evidence {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The salt in base64; none once personal fields are erased.
    pub salt: Option<String>,
    /// The fields; without the personal ones once they are erased.
    pub fields: BTreeMap<String, Value>,
    /// The digests of the erased fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digests: BTreeMap<String, String>,
    /// The openings of the remaining fields' digests, in base64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub openings: BTreeMap<String, String>,
}

impl Evidence {
    pub(super) fn of(entry: &StoredEntry) -> Self {
        let salt = entry.salt.as_ref().map(|salt| STANDARD.encode(salt));
        let mut fields: BTreeMap<String, Value> =
            entry.fields().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        // Data in place of the salt counts only if there is no salt.
        let kept = if salt.is_none() { entry.digests.as_deref().map(Kept::read) } else { None };
        let Kept { digests, openings } = kept.unwrap_or_default();
        // An erased field that has a value again is reported, and nothing opens it.
        fields.retain(|name, value| !(digests.contains_key(name) && is_erased(value)));
        Self { at: entry.at, salt, fields, digests, openings }
    }
}

/// Returns whether a field has the value that erasure leaves.
fn is_erased(value: &Value) -> bool {
    value.is_null() || value == "[]"
}

/// Returns the municipalities that have a log.
///
/// # Errors
/// If the database query fails.
pub async fn municipalities(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    let sql = "SELECT DISTINCT municipality FROM access_log_checkpoint ORDER BY municipality";
    let rows = fetch_all!(tx, (String,), sql)?;
    Ok(rows.into_iter().map(|(municipality,)| municipality).collect())
}

#[derive(sqlx::FromRow)]
struct PlaceRow {
    position: i64,
    entry_id: Uuid,
    count: Option<i64>,
    hash: Option<Vec<u8>>,
}

/// Iterates over all evidence of a municipality's log in order, in constant memory.
///
/// # Errors
/// If the database query fails, an entry cannot be read, or `each` returns an error.
pub async fn evidence_of<E: From<SealError>>(
    db: &Db,
    municipality: &str,
    mut each: impl FnMut(EvidenceLine) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |error: DbError| E::from(SealError::from(error));
    let (mut next, mut signed) = (0, 0);
    loop {
        let mut tx = db.read().await.map_err(failed)?;
        let places = places(&mut tx, municipality, next).await.map_err(failed)?;
        let last = places.last().map(|place| place.position);
        let mut notes =
            notes(&mut tx, municipality, signed, last).await.map_err(failed)?.into_iter().peekable();
        let mut entries = entries(&mut tx, municipality, &places).await.map_err(failed)?;
        let there = there(&mut tx, municipality, &places, &entries).await.map_err(failed)?;
        tx.rollback().await.map_err(failed)?;
        for place in places {
            while let Some((size, checkpoint)) = notes.next_if(|(size, _)| *size <= place.position) {
                signed = size;
                each(EvidenceLine::Checkpoint { checkpoint })?;
            }
            let entry = entries.remove(&place.entry_id).as_ref().map(Evidence::of);
            let hash = place.hash.map(|hash| STANDARD.encode(hash));
            let PlaceRow { position, entry_id: id, count, .. } = place;
            let unreadable = entry.is_none() && there.contains(&id);
            each(EvidenceLine::Place { position, id, count, hash, entry, unreadable })?;
        }
        for (size, checkpoint) in notes {
            signed = size;
            each(EvidenceLine::Checkpoint { checkpoint })?;
        }
        let Some(last) = last else { break };
        next = last + 1;
    }
    for unsealed in unsealed(db, municipality).await.map_err(failed)? {
        each(EvidenceLine::Unsealed { unsealed })?;
    }
    match waiting(db, municipality).await.map_err(failed)? {
        0 => Ok(()),
        waiting => each(EvidenceLine::Waiting { waiting }),
    }
}

async fn places(tx: &mut Tx, municipality: &str, from: i64) -> Result<Vec<PlaceRow>, DbError> {
    const LEAVES: &str = "SELECT f.position, f.entry_id, f.count, NULL AS hash
        FROM access_log_leaf f WHERE f.municipality = $1 AND f.position >= $2 ORDER BY f.position LIMIT $3";
    const HASHES: &str =
        "SELECT number, hash FROM access_log_node WHERE municipality = $1 AND number BETWEEN $2 AND $3";
    let mut places = fetch_all!(tx, PlaceRow, LEAVES, municipality, from, BATCH)?;
    let number =
        |position: i64| tlog_tiles::tlog::stored_hash_index(0, position.cast_unsigned()).cast_signed();
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return Ok(places) };
    let (first, last) = (number(first.position), number(last.position));
    let hashes = fetch_all!(tx, (i64, Vec<u8>), HASHES, municipality, first, last)?;
    let hashes: BTreeMap<i64, Vec<u8>> = hashes.into_iter().collect();
    for place in &mut places {
        place.hash = hashes.get(&number(place.position)).cloned();
    }
    Ok(places)
}

async fn notes(
    tx: &mut Tx,
    municipality: &str,
    after: i64,
    last: Option<i64>,
) -> Result<Vec<(i64, String)>, DbError> {
    const NOTES: &str = "SELECT size, note FROM access_log_checkpoint
        WHERE municipality = $1 AND size > $2 AND size <= $3 ORDER BY size";
    // After the last position, the remaining checkpoints are still reported.
    let upto = last.map_or(i64::MAX, |last| last + 1);
    fetch_all!(tx, (i64, String), NOTES, municipality, after, upto)
}

/// Returns the entries at the positions, except those that cannot be read.
async fn entries(
    tx: &mut Tx,
    municipality: &str,
    places: &[PlaceRow],
) -> Result<BTreeMap<Uuid, StoredEntry>, DbError> {
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return Ok(BTreeMap::new()) };
    let found = entries_between(tx, municipality, first.position, last.position).await;
    let rows = match found {
        Err(error) if is_unreadable(&error) => {
            let mut readable = Vec::new();
            for place in places {
                match entries_between(tx, municipality, place.position, place.position).await {
                    Err(error) if is_unreadable(&error) => {}
                    found => readable.extend(found?),
                }
            }
            readable
        }
        found => found?,
    };
    Ok(rows.into_iter().map(|entry| (entry.id, entry)).collect())
}

/// A time outside these centuries was not written by the service. Some that PostgreSQL knows, such as infinity, cannot be read.
async fn entries_between(
    tx: &mut Tx,
    municipality: &str,
    first: i64,
    last: i64,
) -> Result<Vec<StoredEntry>, DbError> {
    let sql = format!(
        "{ENTRY} FROM access_log_leaf f JOIN access_log l ON l.municipality = f.municipality AND l.id = f.entry_id
         WHERE f.municipality = $1 AND f.position BETWEEN $2 AND $3 AND l.at >= '1900-01-01' AND l.at < '2200-01-01'"
    );
    fetch_all!(tx, StoredEntry, AssertSqlSafe(sql), municipality, first, last)
}

/// Returns whether a row has a value that is not of its type.
fn is_unreadable(error: &DbError) -> bool {
    matches!(error, DbError::Engine(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)))
}

/// Returns the ids of entries that are there, if some were not read.
async fn there(
    tx: &mut Tx,
    municipality: &str,
    places: &[PlaceRow],
    read: &BTreeMap<Uuid, StoredEntry>,
) -> Result<BTreeSet<Uuid>, DbError> {
    let (mut there, unread) =
        (BTreeSet::new(), places.iter().filter(|place| !read.contains_key(&place.entry_id)));
    for some in unread.map(|place| place.entry_id).collect::<Vec<_>>().chunks(ROWS) {
        let found = on_engine!(tx, |conn| {
            of_ids("SELECT id FROM access_log WHERE municipality = ", municipality, " AND id IN (", some)
                .build_query_as::<(Uuid,)>()
                .persistent(false)
                .fetch_all(conn)
                .await
        })?;
        there.extend(found.into_iter().map(|(id,)| id));
    }
    Ok(there)
}

/// Returns the number of entries that are queued for sealing.
async fn waiting(db: &Db, municipality: &str) -> Result<i64, DbError> {
    const WAITING: &str = "SELECT COUNT(*) FROM access_log_pending WHERE municipality = $1";
    let (waiting,) = crate::fetch_one!(&mut db.read().await?, (i64,), WAITING, municipality)?;
    Ok(waiting)
}

/// Returns entries without a position that are not queued: the service did not write them. Limited to one batch.
async fn unsealed(db: &Db, municipality: &str) -> Result<Vec<Uuid>, DbError> {
    const UNSEALED: &str = "SELECT l.id FROM access_log l
        WHERE l.municipality = $1
        AND NOT EXISTS (SELECT 1 FROM access_log_leaf f WHERE f.municipality = l.municipality AND f.entry_id = l.id)
        AND NOT EXISTS (SELECT 1 FROM access_log_pending w WHERE w.municipality = l.municipality AND w.entry_id = l.id)
        ORDER BY l.id LIMIT $2";
    let mut tx = db.read().await?;
    let rows = fetch_all!(&mut tx, (Uuid,), UNSEALED, municipality, BATCH)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// An entry with its position.
pub(super) struct SealedEntry {
    pub(super) position: i64,
    pub(super) count: Option<i64>,
    pub(super) entry: StoredEntry,
}

/// Returns entries with a position, in the order of the tree.
pub(super) async fn sealed_entries(
    tx: &mut Tx,
    municipality: &str,
    ids: &[Uuid],
) -> Result<Vec<SealedEntry>, DbError> {
    let mut places = Vec::new();
    for some in ids.chunks(ROWS) {
        let found = on_engine!(tx, |conn| {
            let sql = "SELECT position, entry_id, count FROM access_log_leaf WHERE municipality = ";
            of_ids(sql, municipality, " AND entry_id IN (", some)
                .build_query_as::<(i64, Uuid, Option<i64>)>()
                .persistent(false)
                .fetch_all(conn)
                .await
        })?;
        places.extend(found);
    }
    let entries = stored_entries(tx, municipality, ids).await?;
    let mut entries: BTreeMap<Uuid, StoredEntry> =
        entries.into_iter().map(|entry| (entry.id, entry)).collect();
    places.sort_unstable_by_key(|(position, ..)| *position);
    let with_entry = |(position, id, count)| {
        let entry = entries.remove(&id)?;
        Some(SealedEntry { position, count, entry })
    };
    Ok(places.into_iter().filter_map(with_entry).collect())
}
