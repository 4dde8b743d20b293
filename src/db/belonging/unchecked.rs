//! A connected database whose keys are not compared yet. There is no other way to a [`Db`].

use std::{path::PathBuf, sync::Arc};

use super::{BelongingError, Installation, LogSigner, adoption, recorded, require_same};
use crate::{
    db::{
        Db, DbError, EngineTx, Limits, Pools, SchemaState, Tx,
        migrate::{migrate_schema, schema_state_of},
        pool::{Missing, is_named},
        sealing, sqlite_file,
    },
    on_engine,
    vault::{Record, Vault},
};

/// A connected database. It gives no access to rows until its keys are compared with its record.
#[derive(Debug)]
pub struct Unchecked {
    pools: Pools,
    vault: Arc<Vault>,
    limits: Limits,
    may_lack: bool,
}

impl Db {
    /// Connects to the database at `sqlite:PATH` or `postgres://…`, with time for any work.
    ///
    /// # Errors
    /// If the address has another format, the connection fails, or the file of an SQLite database is not there.
    pub async fn connect(url: &str, connections: u32, vault: Arc<Vault>) -> Result<Unchecked, DbError> {
        Self::connect_within(url, connections, Limits::PATIENT, vault).await
    }

    /// Connects to serve requests, which do not wait longer than the limits.
    ///
    /// # Errors
    /// As [`Db::connect`].
    pub async fn connect_within(
        url: &str,
        connections: u32,
        limits: Limits,
        vault: Arc<Vault>,
    ) -> Result<Unchecked, DbError> {
        require_database(url, &vault)?;
        let pools = Pools::open(url, connections, &limits, Missing::IsRefused).await?;
        Ok(Unchecked { pools, vault, limits, may_lack: false })
    }

    /// Connects as [`Db::connect`], and creates the file of an SQLite database that is not there, unless the keys belong to another
    /// database.
    ///
    /// # Errors
    /// If the address has another format, the connection fails, or the file of an installation is not there.
    pub async fn connect_or_create(
        url: &str,
        connections: u32,
        vault: Arc<Vault>,
    ) -> Result<Unchecked, DbError> {
        let limits = Limits::PATIENT;
        if vault.installation()?.is_some() {
            require_database(url, &vault)?;
        }
        let pools = Pools::open(url, connections, &limits, Missing::IsCreated).await?;
        Ok(Unchecked { pools, vault, limits, may_lack: false })
    }

    /// Connects to a database to read what needs no keys, such as the evidence of the access log. It cannot write, and opens no
    /// text.
    ///
    /// # Errors
    /// As [`Db::connect`], or if migrations are pending.
    pub async fn without_keys(url: &str, connections: u32) -> Result<Self, DbError> {
        let installation = Installation { id: uuid::Uuid::nil(), log_key: String::new() };
        let unchecked = Self::connect(url, connections, Vault::without_keys()?).await?;
        unchecked.require_current().await?;
        Ok(Self::of(unchecked.pools, unchecked.vault, unchecked.limits, installation))
    }
}

/// Refuses an SQLite database whose file is not there.
fn require_database(url: &str, vault: &Vault) -> Result<(), DbError> {
    let is_missing = |path: &PathBuf| is_named(path) && !path.exists();
    let Some(path) = sqlite_file(url).filter(is_missing) else { return Ok(()) };
    let path = path.display().to_string();
    Err(match vault.installation()? {
        Some(installation) => BelongingError::NoDatabase { path, installation },
        None => BelongingError::NotCreated(path),
    }
    .into())
}

impl Unchecked {
    /// Lets keys be missing, because one is about to be given up ([`Db::give_up_key`]). Other commands refuse.
    #[must_use]
    pub fn to_give_up(self) -> Self {
        Self { may_lack: true, ..self }
    }

    /// Compares the schema with that of this program. A database whose keys were never recorded is behind too.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn schema_state(&self) -> Result<SchemaState, DbError> {
        let mut tx = self.read().await?;
        let state = schema_state_of(&mut tx).await?;
        if state == SchemaState::Current && recorded(&mut tx).await?.is_none() {
            return Ok(SchemaState::Behind(1));
        }
        Ok(state)
    }

    /// Returns whether the database has no tables.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn is_empty(&self) -> Result<bool, DbError> {
        let mut tx = self.read().await?;
        let sql = match tx.engine {
            EngineTx::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master",
            EngineTx::Postgres(_) => {
                "SELECT COUNT(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            }
        };
        let (tables,) = on_engine!(&mut tx, |conn| sqlx::query_as::<_, (i64,)>(sql).fetch_one(conn).await)?;
        Ok(tables == 0)
    }

    /// Compares the keys with the record, and gives access.
    ///
    /// # Errors
    /// If keys and data do not belong together, or migrations are pending.
    pub async fn check(self, log: &dyn LogSigner) -> Result<Db, DbError> {
        self.require_current().await?;
        let read = recorded(&mut self.read().await?).await?;
        let (installation, record) = read.ok_or(BelongingError::Unrecorded)?;
        self.bind(installation, record, log)
    }

    async fn require_current(&self) -> Result<(), DbError> {
        match schema_state_of(&mut self.read().await?).await? {
            SchemaState::Current => Ok(()),
            SchemaState::Behind(missing) => Err(BelongingError::Behind(missing).into()),
        }
    }

    /// Updates the schema, records the keys if they never were, compares them, and gives access. It refuses before it changes
    /// anything if the keys are recorded and differ.
    ///
    /// # Errors
    /// If a migration fails, or keys and data do not belong together.
    pub async fn migrate(self, log: &dyn LogSigner) -> Result<Db, DbError> {
        let known = match has_record(&mut self.read().await?).await? {
            true => recorded(&mut self.read().await?).await?,
            false => None,
        };
        match known {
            Some((installation, record)) => self.compare(&installation, record, log)?,
            None => self.require_unmarked()?,
        }
        migrate_schema(&self.pools).await?;
        let (installation, record) = adoption::adopt(self.write().await?, &self.vault, log).await?;
        let db = self.bind(installation, record, log)?;
        // From here on the master key is tied to the database too: it wraps this key.
        let tx = db.write().await?;
        tx.vault().index("")?;
        tx.commit().await?;
        sealing::seal_what_is_plain(&db).await?;
        Ok(db)
    }

    fn bind(self, installation: Installation, record: Record, log: &dyn LogSigner) -> Result<Db, DbError> {
        self.compare(&installation, record, log)?;
        Ok(Db::of(self.pools, self.vault, self.limits, installation))
    }

    fn compare(&self, known: &Installation, record: Record, log: &dyn LogSigner) -> Result<(), DbError> {
        require_same(&known.log_key, log)?;
        Ok(self.vault.bind(record, self.may_lack)?)
    }

    /// A database without a record is new, unless the folder of keys belongs to an installation already.
    fn require_unmarked(&self) -> Result<(), DbError> {
        match self.vault.installation()? {
            None => Ok(()),
            Some(installation) => {
                let folder = self.vault.folder().display().to_string();
                Err(BelongingError::KeysOfAnother { folder, installation }.into())
            }
        }
    }

    pub(in crate::db) async fn read(&self) -> Result<Tx, DbError> {
        Ok(Tx::reading(self.pools.read().await?, self.vault.clone(), self.limits))
    }

    async fn write(&self) -> Result<Tx, DbError> {
        Ok(Tx::writing(self.pools.write().await?, self.vault.clone(), self.limits))
    }
}

async fn has_record(tx: &mut Tx) -> Result<bool, DbError> {
    let sql = match tx.engine {
        EngineTx::Sqlite(_) => "SELECT COUNT(*) FROM sqlite_master WHERE name = 'installation'",
        EngineTx::Postgres(_) => "SELECT COUNT(*) FROM pg_tables WHERE tablename = 'installation'",
    };
    let (tables,) = on_engine!(tx, |conn| sqlx::query_as::<_, (i64,)>(sql).fetch_one(conn).await)?;
    Ok(tables > 0)
}

impl From<BelongingError> for DbError {
    fn from(error: BelongingError) -> Self {
        Self::Belonging(Box::new(error))
    }
}
