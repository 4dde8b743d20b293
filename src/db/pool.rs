//! Connections and transactions.

use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{DbError, Installation, belonging::record};
use crate::vault::Vault;

/// A database on either engine, with the keys that decrypt its content.
#[derive(Clone, Debug)]
pub struct Db {
    /// The connections.
    pub pools: Pools,
    vault: Arc<Vault>,
    pub(super) installation: Arc<Installation>,
}

/// Connections to either engine. Reads and writes use separate pools: SQLite has a single writer, and PostgreSQL may read
/// from a replica.
#[derive(Clone, Debug)]
pub enum Pools {
    /// The embedded engine.
    Sqlite {
        /// Any number of readers.
        readers: SqlitePool,
        /// The one writer.
        writer: SqlitePool,
    },
    /// The engine for larger installations.
    Postgres {
        /// For reads.
        readers: PgPool,
        /// For writes.
        writer: PgPool,
    },
}

/// A transaction on either engine. It is rolled back if dropped without [`Tx::commit`].
#[derive(Debug)]
pub struct Tx {
    /// The transaction itself.
    pub engine: EngineTx,
    vault: Arc<Vault>,
    writes: bool,
}

/// A transaction, by engine.
#[derive(Debug)]
pub enum EngineTx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// The pages that an SQLite connection keeps, in KiB, as SQLite writes it. A reader drops them whenever another connection commits.
const SQLITE_CACHE: &str = "-512";
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection can be idle before it is asked whether it answers.
const IDLE: Duration = Duration::from_secs(10);

impl Db {
    pub(super) fn of(pools: Pools, vault: Arc<Vault>, installation: Installation) -> Self {
        Self { pools, vault, installation: Arc::new(installation) }
    }

    /// The keys.
    #[must_use]
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// Begins a transaction that only reads.
    ///
    /// # Errors
    /// If no connection is available.
    pub async fn read(&self) -> Result<Tx, DbError> {
        Ok(Tx::reading(self.pools.read().await?, self.vault.clone()))
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// If no connection is available, or keys are missing: nothing is written then.
    pub async fn write(&self) -> Result<Tx, DbError> {
        self.vault.require_whole()?;
        Ok(Tx::writing(self.pools.write().await?, self.vault.clone()))
    }

    /// Closes all connections after waiting for those in use.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

/// Does a connection still answer? Asked only of one that has been idle: a question before every transaction costs a round
/// trip each.
async fn answers(connection: &mut PgConnection, idle_for: Duration) -> Result<bool, sqlx::Error> {
    if idle_for < IDLE {
        return Ok(true);
    }
    connection.ping().await.map(|()| true)
}

/// Returns the file of an SQLite database; none if the address is another.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url))?.ok()?;
    Some(options.get_filename().to_owned())
}

impl Pools {
    pub(super) async fn open(url: &str, connections: u32) -> Result<Self, DbError> {
        if url.starts_with("sqlite:") {
            Self::open_sqlite(url, connections).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .before_acquire(|connection, meta| Box::pin(answers(connection, meta.idle_for)))
                .connect(url)
                .await?;
            Ok(Self::Postgres { readers: pool.clone(), writer: pool })
        } else {
            Err(DbError::Address)
        }
    }

    async fn open_sqlite(url: &str, connections: u32) -> Result<Self, DbError> {
        // A reader works in a thread of its own and never waits for a network, so more of them than the cores can serve take only memory.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let connections = connections.min(u32::try_from(2 * cores + 2).unwrap_or(connections));
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(ACQUIRE_TIMEOUT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_with(options.pragma("cache_size", SQLITE_CACHE))
            .await?;
        Ok(Self::Sqlite { readers, writer })
    }

    pub(super) async fn read(&self) -> Result<EngineTx, DbError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => EngineTx::Sqlite(readers.begin().await?),
            // A snapshot for the whole transaction, as on SQLite, so that the decision and the content agree.
            Self::Postgres { readers, .. } => EngineTx::Postgres(
                readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?,
            ),
        })
    }

    pub(super) async fn write(&self) -> Result<EngineTx, DbError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => EngineTx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres { writer, .. } => EngineTx::Postgres(writer.begin().await?),
        })
    }
}

impl Tx {
    pub(super) fn reading(engine: EngineTx, vault: Arc<Vault>) -> Self {
        Self { engine, vault, writes: false }
    }

    pub(super) fn writing(engine: EngineTx, vault: Arc<Vault>) -> Self {
        Self { engine, vault, writes: true }
    }

    /// The keys that encrypt what is written.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Commits the transaction, with the record of the keys that were created for it.
    ///
    /// # Errors
    /// If the commit fails, or another key of the same name is recorded. Nothing is stored in that case.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let new = if self.writes { self.vault.unrecorded() } else { Vec::new() };
        record(&mut self, &new).await?;
        match self.engine {
            EngineTx::Sqlite(transaction) => transaction.commit().await?,
            EngineTx::Postgres(transaction) => transaction.commit().await?,
        }
        self.vault.are_recorded(new);
        Ok(())
    }

    /// Rolls back the transaction.
    ///
    /// # Errors
    /// If the engine fails. Nothing is stored in any case.
    pub async fn rollback(self) -> Result<(), DbError> {
        match self.engine {
            EngineTx::Sqlite(transaction) => transaction.rollback().await?,
            EngineTx::Postgres(transaction) => transaction.rollback().await?,
        }
        Ok(())
    }
}
