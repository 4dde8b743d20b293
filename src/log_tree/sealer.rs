//! Sealing: gives log entries their positions in the tree, and gives the tree a signed head.
//!
//! Only one sealer works at a time, even if several servers share a database. A seal is one transaction: positions, hashes,
//! counts, search terms and the checkpoint are stored together or not at all.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tlog_tiles::tlog::{stored_hash_count, stored_hashes_for_record_hash, sub_tree_index, tree_hash};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    Checkpoints, LogKey, LogKeyError,
    nodes::{self, Nodes},
    stored::{StoredEntry, stored_entries},
};
use crate::{
    db::{Db, DbError, LogSigner, Pools, Tx, dialect},
    execute, fetch_all, fetch_optional,
    kernel::{Clock, background::contained},
    on_engine,
};

/// The time in which entries are collected before they are sealed.
pub const INTERVAL: Duration = Duration::from_millis(100);
/// The interval between checks for entries that another process wrote.
const LOOK: Duration = Duration::from_secs(2);
/// How long a seal may take.
const LIMIT: Duration = Duration::from_secs(60);
/// The number of entries of one municipality per seal.
const BATCH: i64 = 2000;
/// The number of rows per statement. Statements with many rows are rarely repeated, so they are not kept prepared.
const ROWS: usize = 1000;

/// An error when sealing the log.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The database fails or refuses.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The checkpoint cannot be signed.
    #[error(transparent)]
    Key(#[from] LogKeyError),
    /// The database records another key.
    #[error("the access log is sealed with another key than the database records")]
    OtherKey,
    /// The tree is damaged.
    #[error("the Merkle tree of the access log is damaged: {0}")]
    Tree(String),
}

/// Seals entries.
#[derive(Debug, Clone)]
pub struct Sealer {
    db: Db,
    clock: Clock,
    key: Arc<LogKey>,
    checkpoints: Checkpoints,
    /// The last seal failed.
    fails: Arc<AtomicBool>,
}

impl Sealer {
    /// Creates a sealer with its key.
    #[must_use]
    pub fn new(db: Db, clock: Clock, key: Arc<LogKey>, checkpoints: Checkpoints) -> Self {
        Self { db, clock, key, checkpoints, fails: Arc::default() }
    }

    /// Returns the signal that the last seal failed.
    #[must_use]
    pub fn fails(&self) -> Arc<AtomicBool> {
        self.fails.clone()
    }

    /// Seals while the service runs: when this process has `written` entries, and when entries of others are waiting.
    pub async fn run(self, written: Arc<Notify>) {
        loop {
            let sealed = contained(LIMIT, self.seal()).await;
            self.fails.store(!matches!(sealed, Ok(Ok(_))), Ordering::Release);
            match sealed {
                Ok(Ok(sealed)) if sealed >= BATCH.cast_unsigned() => continue,
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::error!(%error, "sealing the access log failed"),
                Err(error) => tracing::error!(%error, "sealing the access log failed"),
            }
            self.until_some_wait(&written).await;
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Waits until entries are waiting or the check fails. An idle service queries the database every two seconds.
    async fn until_some_wait(&self, written: &Notify) {
        while tokio::time::timeout(LOOK, written.notified()).await.is_err() {
            match self.do_some_wait().await {
                Ok(false) => {}
                Ok(true) | Err(_) => return,
            }
        }
    }

    /// Seals the entries that are waiting, also those of other servers.
    ///
    /// # Errors
    /// If sealing fails.
    pub async fn finish(&self) -> Result<(), SealError> {
        loop {
            if self.seal().await? == 0 {
                if !self.do_some_wait().await? {
                    return Ok(());
                }
                // Another sealer has them.
                tokio::time::sleep(INTERVAL).await;
            }
        }
    }

    async fn do_some_wait(&self) -> Result<bool, DbError> {
        const ANY: &str = "SELECT entry_id FROM access_log_pending LIMIT 1";
        Ok(match &self.db.pools {
            Pools::Sqlite { readers, .. } => {
                sqlx::query_scalar::<_, Uuid>(ANY).fetch_optional(readers).await?.is_some()
            }
            Pools::Postgres { log, server, .. } => {
                server.while_up(sqlx::query_scalar::<_, Uuid>(ANY).fetch_optional(log)).await?.is_some()
            }
        })
    }

    /// Seals waiting entries, up to a batch. Returns the number of entries.
    ///
    /// # Errors
    /// If sealing fails. Nothing is sealed in that case.
    pub async fn seal(&self) -> Result<u64, SealError> {
        if self.key.public() != self.db.installation().log_key {
            return Err(SealError::OtherKey);
        }
        let waiting = self.waiting().await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let sealed = waiting.len() as u64;
        let mut tx = self.db.write_log().await?;
        if !dialect::try_lock(&mut tx, SEALER).await? || take(&mut tx, &waiting).await? < sealed {
            // Another sealer is sealing them.
            tx.rollback().await?;
            return Ok(0);
        }
        let mut notes = Vec::new();
        for (municipality, entries) in by_municipality(waiting) {
            let note = self.seal_some(&mut tx, &municipality, entries).await?;
            notes.push((municipality, note));
        }
        tx.commit().await?;
        for (municipality, note) in notes {
            self.checkpoints.hand_out(&municipality, &note);
        }
        Ok(sealed)
    }

    /// Returns waiting entries, up to a batch per municipality. They are read and hashed before the write transaction, which
    /// blocks all other writers on SQLite.
    async fn waiting(&self) -> Result<Vec<Hashed>, SealError> {
        const NEXT: &str = "SELECT municipality FROM access_log_pending WHERE municipality > $1 ORDER BY municipality LIMIT 1";
        const WAITING: &str = "SELECT entry_id FROM access_log_pending WHERE municipality = $1
            ORDER BY municipality, entry_id LIMIT $2";
        let (mut tx, mut last, mut all) = (self.db.read().await?, String::new(), Vec::new());
        while let Some((municipality,)) = fetch_optional!(&mut tx, (String,), NEXT, &last)? {
            let ids: Vec<Uuid> = fetch_all!(&mut tx, (Uuid,), WAITING, &municipality, BATCH)?
                .into_iter()
                .map(|(id,)| id)
                .collect();
            all.extend(stored_entries(&mut tx, &municipality, &ids).await?);
            last = municipality;
        }
        tx.rollback().await?;
        all.into_iter().map(Hashed::of).collect()
    }

    async fn seal_some(
        &self,
        tx: &mut Tx,
        municipality: &str,
        entries: Vec<Hashed>,
    ) -> Result<String, SealError> {
        let first = size(tx, municipality).await?;
        let mut counts = Counts::read(tx, municipality, &entries).await?;
        let mut nodes = Nodes::default();
        nodes.read(tx, municipality, &sub_tree_index(0, first, Vec::new())).await?;
        let (mut places, mut new, mut size) = (Vec::new(), Vec::new(), first);
        let mut terms = Vec::new();
        for Hashed { entry, digests, terms: found } in entries {
            let count = entry.subject().map(|subject| counts.next(subject));
            let leaf = entry.leaf_of(digests, count);
            let number = stored_hash_count(size);
            let hashes = stored_hashes_for_record_hash(size, leaf.hash(), &nodes);
            for (number, hash) in (number..).zip(hashes.map_err(|error| SealError::Tree(error.to_string()))?)
            {
                nodes.hashes.insert(number, hash);
                new.push((number, hash));
            }
            places.push((size.cast_signed(), entry.id, count));
            terms.extend(found.into_iter().map(|term| (term, entry.id)));
            size += 1;
        }
        let root = tree_hash(size, &nodes).map_err(|error| SealError::Tree(error.to_string()))?;
        let note = self.key.sign(municipality, size, root)?;
        nodes::insert(tx, municipality, &new).await?;
        insert_places(tx, municipality, &places).await?;
        counts.write(tx, municipality).await?;
        insert_terms(tx, municipality, &terms).await?;
        keep(tx, municipality, size, &note, self.clock.now()).await?;
        Ok(note)
    }
}

/// The lock that one sealer holds.
const SEALER: Uuid = Uuid::from_u128(0x0011_5ea1);

/// An entry with the data that depend only on it.
struct Hashed {
    entry: StoredEntry,
    digests: BTreeMap<String, String>,
    terms: Vec<String>,
}

impl Hashed {
    fn of(entry: StoredEntry) -> Result<Self, SealError> {
        Ok(Self { digests: entry.digests()?, terms: entry.terms()?, entry })
    }
}

/// Removes entries from the queue. Returns how many were still in it.
async fn take(tx: &mut Tx, entries: &[Hashed]) -> Result<u64, DbError> {
    let mut taken = 0;
    for some in entries.chunks(ROWS) {
        taken += on_engine!(tx, |conn| {
            let sql = "DELETE FROM access_log_pending WHERE (municipality, entry_id) IN (VALUES ";
            let mut query = sqlx::QueryBuilder::new(sql);
            let mut list = query.separated(", ");
            for Hashed { entry, .. } in some {
                list.push("(").push_bind_unseparated(entry.municipality.clone());
                list.push_unseparated(", ").push_bind_unseparated(entry.id).push_unseparated(")");
            }
            query.push(")");
            query.build().persistent(false).execute(conn).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(taken)
}

fn by_municipality(entries: Vec<Hashed>) -> BTreeMap<String, Vec<Hashed>> {
    let mut logs: BTreeMap<String, Vec<Hashed>> = BTreeMap::new();
    for hashed in entries {
        logs.entry(hashed.entry.municipality.clone()).or_default().push(hashed);
    }
    logs
}

/// Returns the number of sealed entries.
async fn size(tx: &mut Tx, municipality: &str) -> Result<u64, DbError> {
    let sql = "SELECT position FROM access_log_leaf WHERE municipality = $1 ORDER BY position DESC LIMIT 1";
    let last = fetch_optional!(tx, (i64,), sql, municipality)?;
    Ok(last.map_or(0, |(position,)| position.cast_unsigned() + 1))
}

async fn insert_places(
    tx: &mut Tx,
    municipality: &str,
    places: &[(i64, Uuid, Option<i64>)],
) -> Result<(), DbError> {
    for some in places.chunks(ROWS) {
        on_engine!(tx, |conn| {
            let sql = "INSERT INTO access_log_leaf (municipality, position, entry_id, count) ";
            let mut query = sqlx::QueryBuilder::new(sql);
            query.push_values(some, |mut row, (position, entry, count)| {
                row.push_bind(municipality.to_owned())
                    .push_bind(*position)
                    .push_bind(*entry)
                    .push_bind(*count);
            });
            query.build().persistent(false).execute(conn).await.map(|_| ())
        })?;
    }
    Ok(())
}

async fn insert_terms(tx: &mut Tx, municipality: &str, terms: &[(String, Uuid)]) -> Result<(), DbError> {
    for some in terms.chunks(ROWS) {
        on_engine!(tx, |conn| {
            let sql = "INSERT INTO access_log_term (municipality, term, entry_id) ";
            let mut query = sqlx::QueryBuilder::new(sql);
            query.push_values(some, |mut row, (term, entry)| {
                row.push_bind(municipality.to_owned()).push_bind(term.clone()).push_bind(*entry);
            });
            query.build().persistent(false).execute(conn).await.map(|_| ())
        })?;
    }
    Ok(())
}

async fn keep(
    tx: &mut Tx,
    municipality: &str,
    size: u64,
    note: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    const KEEP: &str =
        "INSERT INTO access_log_checkpoint (municipality, size, signed_at, note) VALUES ($1, $2, $3, $4)";
    execute!(tx, KEEP, municipality, size.cast_signed(), now, note)?;
    Ok(())
}

/// The number of entries that the family sees for each case, or for each child outside cases.
#[derive(Debug)]
struct Counts {
    entries: HashMap<Uuid, i64>,
    changed: BTreeMap<Uuid, i64>,
}

impl Counts {
    async fn read(tx: &mut Tx, municipality: &str, entries: &[Hashed]) -> Result<Self, DbError> {
        let mut subjects: Vec<Uuid> = entries.iter().filter_map(|hashed| hashed.entry.subject()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let mut known = HashMap::new();
        for some in subjects.chunks(ROWS) {
            let rows = on_engine!(tx, |conn| {
                let sql = "SELECT subject_id, entries FROM access_log_count WHERE municipality = ";
                let mut query = sqlx::QueryBuilder::new(sql);
                query.push_bind(municipality.to_owned()).push(" AND subject_id IN (");
                let mut list = query.separated(", ");
                for subject in some {
                    list.push_bind(*subject);
                }
                query.push(")");
                query.build_query_as::<(Uuid, i64)>().persistent(false).fetch_all(conn).await
            })?;
            known.extend(rows);
        }
        Ok(Self { entries: known, changed: BTreeMap::new() })
    }

    fn next(&mut self, subject: Uuid) -> i64 {
        let count = self.entries.entry(subject).or_insert(0);
        *count += 1;
        self.changed.insert(subject, *count);
        *count
    }

    async fn write(&self, tx: &mut Tx, municipality: &str) -> Result<(), DbError> {
        let changed: Vec<_> = self.changed.iter().collect();
        for some in changed.chunks(ROWS) {
            on_engine!(tx, |conn| {
                let sql = "INSERT INTO access_log_count (municipality, subject_id, entries) ";
                let mut query = sqlx::QueryBuilder::new(sql);
                query.push_values(some, |mut row, (subject, entries)| {
                    row.push_bind(municipality.to_owned()).push_bind(**subject).push_bind(**entries);
                });
                query
                    .push(" ON CONFLICT (municipality, subject_id) DO UPDATE SET entries = excluded.entries");
                query.build().persistent(false).execute(conn).await.map(|_| ())
            })?;
        }
        Ok(())
    }
}
