//! Encryption of all stored text: encrypts text from before there were keys, and encrypts again with newer keys.
//!
//! A column is processed in batches, each in its own transaction, so that the service can continue and interrupted work can
//! resume. A text is replaced only if it has not changed since it was read.

mod columns;
mod identities;
mod log;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use sqlx::AssertSqlSafe;
use uuid::Uuid;

pub use self::columns::{SEALED, SealedTable};
pub(super) use self::identities::are_joined;
use super::{Db, DbError, Pools, Tx, dialect, expect_one};
use crate::{
    execute, fetch_all, fetch_optional,
    vault::{KeyClass, KeyId, KeyName, Sealed, VaultError, key_of},
};

const BATCH: i64 = 500;
/// The lock that one migration holds.
const MIGRATION: Uuid = Uuid::from_u128(0x0006_5ea1);

/// How long texts are encrypted again before others get a turn.
const WORK: Duration = Duration::from_millis(250);
/// The turn of others. SQLite gives its write lock to the first who asks, and those who wait ask every 100 milliseconds.
const TURN: Duration = Duration::from_millis(120);

/// An encrypted text and its row.
#[derive(sqlx::FromRow)]
struct TextRow {
    id: Uuid,
    number: i64,
    municipality: String,
    class: String,
    text: String,
}

impl TextRow {
    fn key(&self) -> Result<KeyName, VaultError> {
        let class = KeyClass::named(&self.class).ok_or(VaultError::Damaged)?;
        Ok(KeyName { municipality: self.municipality.clone(), class })
    }
}

/// The result of encrypting again.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Resealed {
    /// Texts now encrypted with the newest key.
    pub texts: u64,
    /// Texts whose key has been erased. They are unchanged.
    pub erased: u64,
}

/// Encrypts text from before encryption was introduced. Does nothing if it has been done.
pub(super) async fn seal_what_is_plain(db: &Db) -> Result<(), DbError> {
    index_people(db).await?;
    identities::join(db).await?;
    log::make_ready(db).await?;
    if is_done(&mut db.read().await?, "texts are sealed").await? {
        return Ok(());
    }
    let vault = db.vault().clone();
    let (mut sealed, mut began) = (0, Instant::now());
    for table in SEALED {
        for column in table.columns {
            sealed += replace(db, table, column, &mut began, |row| match key_of(&row.text) {
                Ok(Some(_)) => Ok(None),
                _ => vault.seal(&row.key()?, &row.text).map(Some),
            })
            .await?;
        }
    }
    if sealed > 0 {
        tracing::info!("encrypted {sealed} texts");
        forget_plain_pages(db).await?;
    }
    let mut tx = db.write().await?;
    done(&mut tx, "texts are sealed").await?;
    tx.commit().await
}

/// Replaces national identity numbers and usernames by keyed hashes in one transaction: a half-done state is undetectable.
async fn index_people(db: &Db) -> Result<(), DbError> {
    const NUMBERS: &str =
        "SELECT id, municipality, national_id_index FROM person WHERE national_id_index IS NOT NULL";
    const SET_NUMBER: &str = "UPDATE person SET national_id_index = $2, national_id = $3 WHERE id = $1";
    const NAMES: &str = "SELECT person_id, username_index FROM account";
    const SET_NAME: &str = "UPDATE account SET username_index = $2 WHERE person_id = $1";
    let mut tx = db.write().await?;
    dialect::lock(&mut tx, MIGRATION).await?;
    if is_done(&mut tx, "people are found by hashes").await? {
        return Ok(());
    }
    for (id, municipality, number) in fetch_all!(&mut tx, (Uuid, String, String), NUMBERS)? {
        let index = db.vault().national_id_index(&municipality, &number)?;
        let sealed = db.vault().seal(&KeyName::people(&municipality), &number)?;
        expect_one(execute!(&mut tx, SET_NUMBER, id, index, sealed)?)?;
    }
    for (id, name) in fetch_all!(&mut tx, (Uuid, String), NAMES)? {
        let index = db.vault().username_index(&name)?;
        expect_one(execute!(&mut tx, SET_NAME, id, index)?)?;
    }
    done(&mut tx, "people are found by hashes").await?;
    tx.commit().await
}

async fn is_done(tx: &mut Tx, name: &str) -> Result<bool, DbError> {
    let found = "SELECT name FROM data_migration WHERE name = $1";
    Ok(fetch_optional!(tx, (String,), found, name)?.is_some())
}

async fn done(tx: &mut Tx, name: &str) -> Result<(), DbError> {
    execute!(tx, "INSERT INTO data_migration (name) VALUES ($1) ON CONFLICT DO NOTHING", name)?;
    Ok(())
}

/// Freed pages still contain plain text, so the tables are rewritten.
async fn forget_plain_pages(db: &Db) -> Result<(), DbError> {
    match &db.pools {
        Pools::Sqlite { writer, .. } => {
            sqlx::raw_sql("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);").execute(writer).await?;
        }
        Pools::Postgres { writer, .. } => {
            let tables = SEALED.iter().map(|table| table.name).chain(["account"]);
            for table in tables {
                sqlx::raw_sql(AssertSqlSafe(format!("VACUUM FULL {table}"))).execute(writer).await?;
            }
        }
    }
    Ok(())
}

/// Encrypts again with the newest keys whatever older keys encrypted.
///
/// # Errors
/// If the database query fails, or a text is damaged.
pub async fn reseal(db: &Db) -> Result<Resealed, DbError> {
    let vault = db.vault().clone();
    let (mut resealed, mut began) = (Resealed::default(), Instant::now());
    for table in SEALED {
        for column in table.columns {
            let mut erased = 0;
            resealed.texts += replace(db, table, column, &mut began, |row| match vault.reseal(&row.text) {
                Err(VaultError::Erased) => {
                    erased += 1;
                    Ok(None)
                }
                other => other,
            })
            .await?;
            resealed.erased += erased;
        }
    }
    Ok(resealed)
}

/// Erases keys that no text uses, and that were replaced so long ago that no server encrypts with them. Returns the number.
///
/// # Errors
/// If the database query fails, or a key cannot be erased.
pub async fn prune(db: &Db, settled: Duration) -> Result<usize, DbError> {
    let superseded = db.vault().superseded(settled);
    if superseded.is_empty() {
        return Ok(0);
    }
    reseal(db).await?;
    db.record_keys().await?;
    let used = keys_in_use(db).await?;
    let erased: Vec<KeyId> = superseded.into_iter().filter(|id| !used.contains(id)).collect();
    db.erase(&erased).await?;
    Ok(erased.len())
}

/// Returns the keys that stored texts use.
async fn keys_in_use(db: &Db) -> Result<HashSet<KeyId>, DbError> {
    let mut used = HashSet::new();
    for table in SEALED {
        for column in table.columns {
            let sql = select(table, column);
            let mut after = (Uuid::nil(), -1);
            loop {
                let rows = batch(&mut db.read().await?, &sql, after).await?;
                let Some(last) = rows.last() else { break };
                after = (last.id, last.number);
                for row in &rows {
                    used.extend(key_of(&row.text)?);
                }
            }
        }
    }
    Ok(used)
}

/// Processes a column and replaces each text for which there is a new one. Returns the number.
async fn replace(
    db: &Db,
    table: &SealedTable,
    column: &str,
    began: &mut Instant,
    mut other: impl FnMut(&TextRow) -> Result<Option<Sealed>, VaultError>,
) -> Result<u64, DbError> {
    let SealedTable { name, id, number, .. } = table;
    let select = select(table, column);
    let update = format!(
        "UPDATE {name} AS t SET {column} = $5
         WHERE t.municipality = $1 AND t.{id} = $2 AND {number} = $3 AND t.{column} = $4"
    );
    let (mut after, mut replaced) = ((Uuid::nil(), -1), 0);
    loop {
        let mut tx = db.write().await?;
        let rows = batch(&mut tx, &select, after).await?;
        let Some(last) = rows.last() else { return Ok(replaced) };
        after = (last.id, last.number);
        for row in &rows {
            if let Some(sealed) = other(row)? {
                let update = AssertSqlSafe(update.clone());
                let TextRow { municipality, id, number, text, .. } = row;
                replaced += execute!(&mut tx, update, municipality, *id, *number, text, sealed)?;
            }
        }
        tx.commit().await?;
        if began.elapsed() > WORK && matches!(db.pools, Pools::Sqlite { .. }) {
            tokio::time::sleep(TURN).await;
            *began = Instant::now();
        }
    }
}

fn select(table: &SealedTable, column: &str) -> String {
    let SealedTable { name, id, number, joins, class, .. } = table;
    format!(
        "SELECT t.{id} AS id, {number} AS number, t.municipality, {class} AS class, t.{column} AS text
         FROM {name} t {joins}
         WHERE t.{column} IS NOT NULL AND (t.{id} > $1 OR (t.{id} = $1 AND {number} > $2))
         ORDER BY t.{id}, {number} LIMIT $3"
    )
}

async fn batch(tx: &mut Tx, select: &str, after: (Uuid, i64)) -> Result<Vec<TextRow>, DbError> {
    let select = AssertSqlSafe(select.to_owned());
    fetch_all!(tx, TextRow, select, after.0, after.1, BATCH)
}
