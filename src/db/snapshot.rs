//! All rows as they were at one moment, copied to a folder while the service runs, and their way back into an empty database.
//!
//! On SQLite the copy is a database file (`VACUUM INTO`). On PostgreSQL it is a file for each table (`COPY`), all of one snapshot;
//! the migrations create the tables again.

use std::{
    fmt, fs,
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{
    Db, DbError, EngineTx, Pools, Tx, Unchecked,
    error::words,
    migrate::{migrate_postgres_to, newest_version},
    sqlite_file, sqlite_url,
};
use crate::{execute, fetch_all, fetch_one, kernel::files::in_words};

/// The file of an SQLite database in a copy.
const SQLITE_FILE: &str = "stafett.db";
/// The references that PostgreSQL checks after each statement: table and name.
const IMMEDIATE: &str = "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint
    WHERE contype = 'f' AND NOT condeferrable AND connamespace = current_schema()::regnamespace";
/// Bytes that are sent to PostgreSQL at a time.
const CHUNK: usize = 1 << 16;

/// A copy of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The engine.
    pub engine: SnapshotEngine,
    /// The version of the schema.
    pub schema_version: i64,
    /// The tables.
    pub tables: Vec<TableCopy>,
}

/// The engine of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotEngine {
    /// The embedded engine.
    Sqlite,
    /// The engine for larger installations.
    Postgres,
}

impl fmt::Display for SnapshotEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

impl Snapshot {
    /// Checks that a copy can be put into the database at an address, before anything is made there.
    ///
    /// # Errors
    /// If it is of another engine.
    pub fn require_engine_of(&self, url: &str) -> Result<(), SnapshotError> {
        let given =
            if sqlite_file(url).is_some() { SnapshotEngine::Sqlite } else { SnapshotEngine::Postgres };
        if given == self.engine { Ok(()) } else { Err(SnapshotError::OtherEngine(self.engine, given)) }
    }
}

/// A table in a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableCopy {
    /// Its name.
    pub name: String,
    /// Its columns, in the order of the copy.
    pub columns: Vec<String>,
    /// Its number of rows.
    pub rows: i64,
}

/// A copy cannot be put back.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The database fails or refuses.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A file cannot be read or written.
    #[error("{}: {}", .0.display(), in_words(.1))]
    File(PathBuf, io::Error),
    /// The rows of SQLite cannot be copied.
    #[error("the rows cannot be copied to {}: {why}", file.display())]
    Copy {
        /// The file to copy to.
        file: PathBuf,
        /// The cause.
        why: String,
    },
    /// The engines differ.
    #[error(
        "the backup is of {0}, and cannot be restored into {1}: name an empty place of {0} with --database-url, or in the settings"
    )]
    OtherEngine(SnapshotEngine, SnapshotEngine),
    /// The copy is newer than this program.
    #[error(
        "the backup has schema version {0}, and this program knows {1}: use the version of the program that made it"
    )]
    Newer(i64, i64),
}

impl From<sqlx::Error> for SnapshotError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Db {
    /// Copies all rows, as they are at one moment, into a folder. Others go on reading and writing.
    ///
    /// # Errors
    /// If the database fails, or a file cannot be written.
    pub async fn snapshot(&self, folder: &Path) -> Result<Snapshot, SnapshotError> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => {
                let file = folder.join(SQLITE_FILE);
                let copied = sqlx::query("VACUUM INTO $1").bind(file.display().to_string());
                copied.execute(readers).await.map_err(|error| {
                    let why = words(&error);
                    SnapshotError::Copy { file: file.clone(), why }
                })?;
                let copy = Self::without_keys(&sqlite_url(&file), 1).await?;
                let snapshot = describe(&mut copy.read().await?, SnapshotEngine::Sqlite).await;
                copy.close().await;
                snapshot
            }
            Pools::Postgres { .. } => {
                let mut tx = self.read().await?;
                // A large table takes longer than a request may.
                execute!(&mut tx, "SELECT set_config('statement_timeout', '0', TRUE)")?;
                let snapshot = describe(&mut tx, SnapshotEngine::Postgres).await?;
                for table in &snapshot.tables {
                    copy_out(&mut tx, table, folder).await?;
                }
                tx.rollback().await?;
                Ok(snapshot)
            }
        }
    }
}

impl Unchecked {
    /// Describes the rows of a database, to compare them with those of a copy.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn describe(&self) -> Result<Snapshot, SnapshotError> {
        let mut tx = self.read().await?;
        let engine = match tx.engine {
            EngineTx::Sqlite(_) => SnapshotEngine::Sqlite,
            EngineTx::Postgres(_) => SnapshotEngine::Postgres,
        };
        describe(&mut tx, engine).await
    }
}

async fn describe(tx: &mut Tx, engine: SnapshotEngine) -> Result<Snapshot, SnapshotError> {
    const VERSION: &str = "SELECT MAX(version) FROM _sqlx_migrations WHERE success";
    let (names, columns) = match engine {
        SnapshotEngine::Sqlite => (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
            "SELECT name FROM pragma_table_info($1) ORDER BY cid",
        ),
        SnapshotEngine::Postgres => (
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
            "SELECT column_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
        ),
    };
    let (schema_version,) = fetch_one!(tx, (i64,), VERSION)?;
    let mut tables = Vec::new();
    for (name,) in fetch_all!(tx, (String,), names)? {
        // The migrations write this one.
        if name == "_sqlx_migrations" {
            continue;
        }
        let columns =
            fetch_all!(tx, (String,), columns, &name)?.into_iter().map(|(column,)| column).collect();
        let count = AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{name}\""));
        let (rows,) = fetch_one!(tx, (i64,), count)?;
        tables.push(TableCopy { name, columns, rows });
    }
    Ok(Snapshot { engine, schema_version, tables })
}

impl TableCopy {
    fn file(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.copy", self.name))
    }

    fn listed(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| format!("\"{column}\"")).collect();
        columns.join(", ")
    }
}

async fn copy_out(tx: &mut Tx, table: &TableCopy, folder: &Path) -> Result<(), SnapshotError> {
    let EngineTx::Postgres(transaction) = &mut tx.engine else {
        return Err(SnapshotError::OtherEngine(SnapshotEngine::Postgres, SnapshotEngine::Sqlite));
    };
    let path = table.file(folder);
    let failed = |error| SnapshotError::File(path.clone(), error);
    let mut file = new_file(&path).map_err(failed)?;
    let sql = format!("COPY (SELECT {} FROM \"{}\") TO STDOUT", table.listed(), table.name);
    let mut rows = transaction.copy_out_raw(&sql).await?;
    while let Some(bytes) = rows.try_next().await? {
        file.write_all(&bytes).map_err(failed)?;
    }
    Ok(())
}

/// Puts a copy into the empty database at an address.
///
/// # Errors
/// If the database is another engine, is not empty, or refuses. On PostgreSQL either all rows are there or none.
pub async fn put_back(url: &str, snapshot: &Snapshot, folder: &Path) -> Result<(), SnapshotError> {
    let known = newest_version();
    if snapshot.schema_version > known {
        return Err(SnapshotError::Newer(snapshot.schema_version, known));
    }
    snapshot.require_engine_of(url)?;
    match sqlite_file(url) {
        Some(file) => {
            let failed = |error| SnapshotError::File(file.clone(), error);
            let mut from = fs::File::open(folder.join(SQLITE_FILE)).map_err(failed)?;
            let mut to = new_file(&file).map_err(failed)?;
            io::copy(&mut from, &mut to).and_then(|_| to.sync_all()).map_err(failed)
        }
        None => put_into_postgres(url, snapshot, folder).await,
    }
}

async fn put_into_postgres(url: &str, snapshot: &Snapshot, folder: &Path) -> Result<(), SnapshotError> {
    let mut server = PgConnection::connect(url).await?;
    migrate_postgres_to(snapshot.schema_version, &mut server).await?;
    let mut tx = server.begin().await?;
    // Tables refer to each other in circles, so the references are checked when all rows are there.
    let references: Vec<(String, String)> = sqlx::query_as(IMMEDIATE).fetch_all(&mut *tx).await?;
    for (table, reference) in &references {
        let later = format!("ALTER TABLE {table} ALTER CONSTRAINT {reference} DEFERRABLE INITIALLY DEFERRED");
        sqlx::query(AssertSqlSafe(later)).execute(&mut *tx).await?;
    }
    for table in &snapshot.tables {
        // The triggers refuse changes of the log, and would queue its entries again.
        let disable = format!("ALTER TABLE \"{}\" DISABLE TRIGGER USER", table.name);
        sqlx::query(AssertSqlSafe(disable)).execute(&mut *tx).await?;
    }
    for table in &snapshot.tables {
        copy_in(&mut tx, table, folder).await?;
    }
    sqlx::query("SET CONSTRAINTS ALL IMMEDIATE").execute(&mut *tx).await?;
    for table in &snapshot.tables {
        let enable = format!("ALTER TABLE \"{}\" ENABLE TRIGGER USER", table.name);
        sqlx::query(AssertSqlSafe(enable)).execute(&mut *tx).await?;
    }
    for (table, reference) in &references {
        let at_once = format!("ALTER TABLE {table} ALTER CONSTRAINT {reference} NOT DEFERRABLE");
        sqlx::query(AssertSqlSafe(at_once)).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(server.close().await?)
}

async fn copy_in(server: &mut PgConnection, table: &TableCopy, folder: &Path) -> Result<(), SnapshotError> {
    let path = table.file(folder);
    let failed = |error| SnapshotError::File(path.clone(), error);
    let mut file = fs::File::open(&path).map_err(failed)?;
    let sql = format!("COPY \"{}\" ({}) FROM STDIN", table.name, table.listed());
    let mut copy = server.copy_in_raw(&sql).await?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk).map_err(failed)?;
        if read == 0 {
            break;
        }
        copy.send(&chunk[..read]).await?;
    }
    copy.finish().await?;
    Ok(())
}

/// Creates a file that only its owner reads.
fn new_file(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
