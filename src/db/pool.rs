//! Connections and transactions.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    DbError, Installation,
    belonging::record,
    error::words,
    file::{DatabaseFile, close_to_others, why_not},
    limits::{Limits, in_time},
    load::Waiting,
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
    /// On SQLite.
    file: Option<Arc<DatabaseFile>>,
    pub(super) waiting: Waiting,
    pub(super) installation: Arc<Installation>,
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

/// The fate of an SQLite database whose file is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    IsCreated,
    IsRefused,
}

/// A transaction on either engine. It is rolled back if dropped without [`Tx::commit`].
#[derive(Debug)]
pub struct Tx {
    /// The transaction itself.
    pub engine: EngineTx,
    vault: Arc<Vault>,
    limits: Limits,
    writes: bool,
    file: Option<Arc<DatabaseFile>>,
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
    pub(super) fn of(pools: Pools, vault: Arc<Vault>, limits: Limits, installation: Installation) -> Self {
        let file = match &pools {
            Pools::Sqlite { writer, .. } => {
                Some(Arc::new(DatabaseFile::at(writer.connect_options().get_filename())))
            }
            Pools::Postgres { .. } => None,
        };
        let (waiting, installation) = (Waiting::default(), Arc::new(installation));
        Self { pools, vault, limits, file, waiting, installation }
    }

    /// Checks that everything is there without which nothing may be read or written: the keys, and the file of an SQLite database.
    ///
    /// # Errors
    /// If something is not.
    pub fn require_whole(&self) -> Result<(), DbError> {
        self.require_file()?;
        Ok(self.vault.require_whole()?)
    }

    fn require_file(&self) -> Result<(), DbError> {
        self.file.as_ref().map_or(Ok(()), |file| file.require())
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
        self.require_file()?;
        let _place = self.waiting.readers.enter();
        Ok(Tx::reading(self.pools.read().await?, self.vault.clone(), self.limits))
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// If no connection is available, or keys are missing: nothing is written then.
    pub async fn write(&self) -> Result<Tx, DbError> {
        self.require_whole()?;
        let _place = self.waiting.writers.enter();
        Ok(self.writing(self.pools.write().await?))
    }

    /// Begins a transaction that writes the access log. It does not wait for other writes on PostgreSQL.
    ///
    /// # Errors
    /// If no connection is available, or keys are missing: nothing is written then.
    pub async fn write_log(&self) -> Result<Tx, DbError> {
        self.require_whole()?;
        let _place = self.waiting.log.enter();
        Ok(self.writing(self.pools.write_log().await?))
    }

    fn writing(&self, engine: EngineTx) -> Tx {
        Tx { file: self.file.clone(), ..Tx::writing(engine, self.vault.clone(), self.limits) }
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

/// Returns the address of the SQLite database in a file. Signs that have a meaning in an address are encoded.
#[must_use]
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite:{}", file.display()).replace('%', "%25").replace('?', "%3F")
}

/// Returns the file of an SQLite database; none if the address is another.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url))?.ok()?;
    Some(options.get_filename().to_owned())
}

/// Returns whether an address of SQLite names a file. A database in memory would be lost, and every connection would have its own.
pub(super) fn is_named(file: &Path) -> bool {
    !file.as_os_str().is_empty() && !file.to_string_lossy().starts_with("file:sqlx-in-memory")
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
    pub(super) async fn open(
        url: &str,
        connections: u32,
        limits: &Limits,
        missing: Missing,
    ) -> Result<Self, DbError> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(|error| DbError::address(&error))?;
            let options = options.create_if_missing(missing == Missing::IsCreated);
            let file = options.get_filename().to_owned();
            if !is_named(&file) {
                return Err(DbError::Address("must name a file, such as sqlite:stafett.db".to_owned()));
            }
            let refused = |error: sqlx::Error| DbError::Unreachable {
                place: format!("the database file {}", file.display()),
                why: why_not(&file).unwrap_or_else(|| words(&error)),
            };
            let opened = Self::open_sqlite(options, connections, limits).await.map_err(refused)?;
            // Now it is known to be a database. A wrong address must not change the rights of another file.
            close_to_others(&file)?;
            Ok(opened)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url).map_err(|error| DbError::address(&error))?;
            let options = options.options(limits.session());
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
            Err(DbError::Address(
                "must begin with sqlite: or postgres:, such as sqlite:stafett.db".to_owned(),
            ))
        }
    }

    async fn open_sqlite(
        options: SqliteConnectOptions,
        connections: u32,
        limits: &Limits,
    ) -> Result<Self, sqlx::Error> {
        // A reader works in a thread of its own and never waits for a network, so more of them than the cores can serve take only memory.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let connections = connections.min(u32::try_from(2 * cores + 2).unwrap_or(connections));
        let options = options
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

    pub(super) async fn read(&self) -> Result<EngineTx, DbError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => EngineTx::Sqlite(readers.begin().await?),
            // A snapshot for the whole transaction, as on SQLite, so that the decision and the content agree.
            Self::Postgres { readers, server, .. } => EngineTx::Postgres(
                server.begin(readers, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?,
            ),
        })
    }

    pub(super) async fn write(&self) -> Result<EngineTx, DbError> {
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
    pub(super) fn reading(engine: EngineTx, vault: Arc<Vault>, limits: Limits) -> Self {
        Self { engine, vault, limits, writes: false, file: None }
    }

    pub(super) fn writing(engine: EngineTx, vault: Arc<Vault>, limits: Limits) -> Self {
        Self { engine, vault, limits, writes: true, file: None }
    }

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

    /// Commits the transaction, with the record of the keys that were created for it.
    ///
    /// # Errors
    /// If the commit fails, or another key of the same name is recorded. Nothing is stored in that case, unless the connection was
    /// lost before the answer.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let limit = self.limit();
        let new = if self.writes { self.vault.unrecorded() } else { Vec::new() };
        record(&mut self, &new).await?;
        if let Some(file) = &self.file {
            file.require()?;
        }
        match self.engine {
            EngineTx::Sqlite(transaction) => transaction.commit().await?,
            EngineTx::Postgres(transaction) => in_time(limit, transaction.commit()).await?,
        }
        self.vault.are_recorded(new);
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
