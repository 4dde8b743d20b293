//! Connections and transactions.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    DbError,
    error::words,
    limits::{Limits, in_time},
    server::Server,
};
use crate::vault::Vault;

/// A database on either engine, with the keys that decrypt its content.
#[derive(Clone, Debug)]
pub struct Db {
    /// The connections.
    pub pools: Pools,
    vault: Arc<Vault>,
    limits: Limits,
}

/// Connections to either engine. Reads and writes use separate pools: SQLite has a single writer, and on PostgreSQL writes that wait
/// for a lock must not take the connections of those who read.
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
        /// For the access log, which every read waits for.
        log: PgPool,
        /// Whether the server answers.
        server: Arc<Server>,
    },
}

/// A transaction on either engine. It is rolled back if dropped without [`Tx::commit`].
#[derive(Debug)]
pub struct Tx {
    /// The transaction itself.
    pub engine: EngineTx,
    vault: Arc<Vault>,
    limits: Limits,
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
/// Connections of PostgreSQL for the access log: its writer, its sealer, and the check of readiness.
const FOR_LOG: u32 = 3;
/// How long the rollback of a transaction that was dropped may take.
const ROLLBACK: Duration = Duration::from_secs(5);
/// How long a connection can be idle before it is asked whether it answers.
const IDLE: Duration = Duration::from_secs(10);

impl Db {
    /// Opens the database at `sqlite:PATH`, created if it does not exist, or `postgres://…`, with time for any work.
    ///
    /// # Errors
    /// If the address has another format or the connection fails.
    pub async fn open(url: &str, connections: u32, vault: Arc<Vault>) -> Result<Self, DbError> {
        Self::open_within(url, connections, Limits::PATIENT, vault).await
    }

    /// Opens it to serve requests, which do not wait longer than this.
    ///
    /// # Errors
    /// If the address has another format or the connection fails.
    pub async fn open_within(
        url: &str,
        connections: u32,
        limits: Limits,
        vault: Arc<Vault>,
    ) -> Result<Self, DbError> {
        Ok(Self { pools: Pools::open(url, connections, &limits).await?, vault, limits })
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
        Ok(self.tx(self.pools.read().await?))
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// If no connection is available.
    pub async fn write(&self) -> Result<Tx, DbError> {
        Ok(self.tx(self.pools.write().await?))
    }

    /// Begins a transaction that writes the access log. It does not wait for other writes on PostgreSQL.
    ///
    /// # Errors
    /// If no connection is available.
    pub async fn write_log(&self) -> Result<Tx, DbError> {
        Ok(self.tx(self.pools.write_log().await?))
    }

    fn tx(&self, engine: EngineTx) -> Tx {
        Tx { engine, vault: self.vault.clone(), limits: self.limits }
    }

    /// Closes all connections after waiting for those in use.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { readers, writer, log, .. } => {
                readers.close().await;
                writer.close().await;
                log.close().await;
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

/// Is a connection that is given back outside a transaction? However the transaction ended, by a commit or a rollback, failed or
/// cancelled, a connection that may still be in it is closed: otherwise the next transaction on it would fail, or never be stored.
async fn is_clean(connection: &mut impl Connection) -> Result<bool, sqlx::Error> {
    // The rollback of a transaction that was dropped is still on its way.
    if connection.is_in_transaction() || connection.should_flush() {
        in_time(Some(ROLLBACK), connection.ping()).await?;
    }
    Ok(!connection.is_in_transaction())
}

impl Pools {
    async fn open(url: &str, connections: u32, limits: &Limits) -> Result<Self, DbError> {
        if url.starts_with("sqlite:") {
            let refused = |error: sqlx::Error| DbError::Unreachable {
                place: format!("the database file {}", url.trim_start_matches("sqlite:")),
                why: words(&error),
            };
            Self::open_sqlite(url, connections, limits).await.map_err(refused)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url)?.options(limits.session());
            let server = Server::reach(options.clone()).await?;
            let pool = |connections| {
                PgPoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(limits.turn)
                    .test_before_acquire(false)
                    .before_acquire(|connection, meta| Box::pin(answers(connection, meta.idle_for)))
                    .after_release(|connection, _| Box::pin(is_clean(connection)))
                    .connect_lazy_with(options.clone())
            };
            Ok(Self::Postgres {
                readers: pool(connections),
                writer: pool(connections),
                log: pool(FOR_LOG),
                server,
            })
        } else {
            Err(DbError::Address)
        }
    }

    async fn open_sqlite(url: &str, connections: u32, limits: &Limits) -> Result<Self, sqlx::Error> {
        // A reader works in a thread of its own and never waits for a network, so more of them than the cores can serve take only memory.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let connections = connections.min(u32::try_from(2 * cores + 2).unwrap_or(connections));
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(limits.lock.unwrap_or(limits.turn));
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(limits.turn)
                .test_before_acquire(false)
                .after_release(|connection, _| Box::pin(is_clean(connection)))
        };
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        let readers = pool().max_connections(connections);
        let readers = readers.connect_with(options.pragma("cache_size", SQLITE_CACHE)).await?;
        Ok(Self::Sqlite { readers, writer })
    }

    async fn read(&self) -> Result<EngineTx, DbError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => EngineTx::Sqlite(readers.begin().await?),
            // A snapshot for the whole transaction, as on SQLite, so that the decision and the content agree.
            Self::Postgres { readers, server, .. } => EngineTx::Postgres(
                server.begin(readers, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?,
            ),
        })
    }

    async fn write(&self) -> Result<EngineTx, DbError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => EngineTx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres { writer, server, .. } => EngineTx::Postgres(server.begin(writer, "BEGIN").await?),
        })
    }

    async fn write_log(&self) -> Result<EngineTx, DbError> {
        match self {
            Self::Sqlite { .. } => self.write().await,
            Self::Postgres { log, server, .. } => Ok(EngineTx::Postgres(server.begin(log, "BEGIN").await?)),
        }
    }
}

impl Tx {
    /// The keys that encrypt what is written.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The longest wait for the answer to a statement.
    #[must_use]
    pub fn limit(&self) -> Option<Duration> {
        self.limits.answer()
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// If the commit fails. Nothing is stored in that case, unless the connection was lost before the answer.
    pub async fn commit(self) -> Result<(), DbError> {
        let limit = self.limit();
        match self.engine {
            EngineTx::Sqlite(transaction) => transaction.commit().await?,
            EngineTx::Postgres(transaction) => in_time(limit, transaction.commit()).await?,
        }
        Ok(())
    }

    /// Rolls back the transaction.
    ///
    /// # Errors
    /// If the engine fails. Nothing is stored in any case.
    pub async fn rollback(self) -> Result<(), DbError> {
        let limit = self.limit();
        match self.engine {
            EngineTx::Sqlite(transaction) => transaction.rollback().await?,
            EngineTx::Postgres(transaction) => in_time(limit, transaction.rollback()).await?,
        }
        Ok(())
    }
}
