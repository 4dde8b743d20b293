//! Keys and data belong together: the database records its installation, its data keys and the signing key of its access log.
//!
//! A [`Db`] exists only after the keys were compared with that record ([`Unchecked`]). A key that is recorded and missing is never
//! taken for a new one.

mod adoption;
mod unchecked;

use std::fmt::Debug;

use uuid::Uuid;

pub use self::unchecked::Unchecked;
use super::{Db, DbError, Tx, expect_one};
use crate::{
    execute, fetch_all, fetch_one, fetch_optional,
    kernel::Clock,
    vault::{KeyClass, KeyId, KeyName, Record, RecordedKey, VaultError},
};

/// The signing key of the access log, as the record needs it.
pub trait LogSigner: Debug {
    /// Returns the public key with its origin, as `origin+id+key`.
    fn public(&self) -> String;
    /// Returns whether this key has signed a checkpoint of a municipality's log.
    fn has_signed(&self, municipality: &str, checkpoint: &str) -> bool;
}

/// The installation that a database belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Its random id.
    pub id: Uuid,
    /// The public key of its access log, as [`LogSigner::public`] returns it.
    pub log_key: String,
}

/// Keys and data do not belong together.
#[derive(Debug, thiserror::Error)]
pub enum BelongingError {
    /// The keys have never been recorded.
    #[error("the database does not record its keys yet: run `stafett migrate`")]
    Unrecorded,
    /// Migrations are pending.
    #[error("{0} migrations are pending: run `stafett migrate` first")]
    Behind(usize),
    /// Another key signs the access log.
    #[error(
        "the access log is signed by {recorded}, and access_log_key_file with access_log_origin is {given}: set both to those of this \
         database"
    )]
    OtherLogKey {
        /// The recorded key.
        recorded: String,
        /// The given key.
        given: String,
    },
    /// Another key has signed the checkpoints.
    #[error(
        "the key in access_log_key_file has not signed the access log of municipality {0}: set it to the key that has"
    )]
    NotSigned(String),
    /// The keys belong to another database.
    #[error(
        "the keys in {folder} belong to installation {installation}, and this database is new: set database_url to the database of \
         that installation, or keys_folder to an empty folder"
    )]
    KeysOfAnother {
        /// The folder of keys.
        folder: String,
        /// The installation they belong to.
        installation: Uuid,
    },
    /// The folder has keys that this new database cannot know.
    #[error(
        "the folder {0} has keys, and this database is new: set database_url to the database of these keys, or keys_folder to an empty folder"
    )]
    KeysWithoutDatabase(String),
    /// The file of the database does not exist, and the keys belong to an installation.
    #[error(
        "the database {path} does not exist, and the keys belong to installation {installation}: set database_url to the database of that \
         installation, or mount or restore the database"
    )]
    NoDatabase {
        /// The path of the file.
        path: String,
        /// The installation the keys belong to.
        installation: Uuid,
    },
    /// The file of the database does not exist.
    #[error(
        "the database {0} does not exist: set database_url to its place, or create one with `stafett init` or `stafett migrate`"
    )]
    NotCreated(String),
    /// The database has another installation than before.
    #[error("the database belongs to another installation than when this program started")]
    Replaced,
    /// Texts name keys that are not there.
    #[error(
        "texts are sealed with keys of {names} that are not in {folder}: restore the folder of keys, and run `stafett migrate` again"
    )]
    Unknown {
        /// The names of the keys.
        names: String,
        /// The folder of keys.
        folder: String,
    },
    /// The key of the keyed hashes is another than before.
    #[error(
        "the lookup key 0000-people in {0} does not find the people of this database: restore the folder of keys"
    )]
    OtherIndex(String),
}

type KeyRow = (KeyId, String, String, i64, String, bool);

/// Returns what the database records; none if it was never recorded.
async fn recorded(tx: &mut Tx) -> Result<Option<(Installation, Record)>, DbError> {
    const INSTALLATION: &str = "SELECT id, log_key FROM installation";
    const KEYS: &str =
        "SELECT id, municipality, class, generation, check_value, erased_at IS NOT NULL FROM data_key";
    let Some((id, log_key)) = fetch_optional!(tx, (Uuid, String), INSTALLATION)? else { return Ok(None) };
    let keys = fetch_all!(tx, KeyRow, KEYS)?.into_iter();
    let keys = keys.map(|(id, municipality, class, generation, check_value, erased)| {
        let class = KeyClass::named(&class).ok_or(VaultError::Damaged)?;
        let generation = u32::try_from(generation).map_err(|_| VaultError::Damaged)?;
        let name = KeyName { municipality, class };
        Ok(RecordedKey { id, name, generation, check_value, erased })
    });
    let keys = keys.collect::<Result<Vec<_>, VaultError>>()?;
    Ok(Some((Installation { id, log_key }, Record::new(id, keys))))
}

/// Records keys in the transaction that uses them. Another transaction may be recording the same.
///
/// # Errors
/// If the database refuses, or records another key of the same name and generation.
pub(super) async fn record(tx: &mut Tx, keys: &[RecordedKey]) -> Result<(), DbError> {
    // Of two transactions that insert the same row, PostgreSQL may meet either unique index first: none is named here.
    const INSERT: &str =
        "INSERT INTO data_key (id, municipality, class, generation, check_value, recorded_at, erased_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    const IS_RECORDED: &str = "SELECT id FROM data_key WHERE id = $1";
    let now = Clock::System.now();
    for key in keys {
        let (class, erased) = (key.name.class.to_string(), key.erased.then_some(now));
        let generation = i64::from(key.generation);
        let inserted = execute!(
            tx,
            INSERT,
            key.id,
            &key.name.municipality,
            class,
            generation,
            &key.check_value,
            now,
            erased
        )?;
        if inserted == 0 {
            fetch_one!(tx, (KeyId,), IS_RECORDED, key.id)?;
        }
    }
    Ok(())
}

/// Refuses the key of another access log.
fn require_same(recorded: &str, log: &dyn LogSigner) -> Result<(), BelongingError> {
    let given = log.public();
    if given == recorded {
        return Ok(());
    }
    Err(BelongingError::OtherLogKey { recorded: recorded.to_owned(), given })
}

impl Db {
    /// Returns what the database says about its installation.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Compares the keys with the record again. Another process may create and erase keys, and the folder may have come back.
    ///
    /// # Errors
    /// If they differ. Nothing is written then until a later comparison finds them whole.
    pub async fn compare_keys(&self) -> Result<(), DbError> {
        if self.compare_once().await.is_ok() {
            return Ok(());
        }
        // A key may have been erased after the record was read and before its file was looked for.
        self.compare_once().await
    }

    async fn compare_once(&self) -> Result<(), DbError> {
        let mut tx = self.read().await?;
        let read = recorded(&mut tx).await?;
        tx.rollback().await?;
        let Some((installation, record)) = read else { return Err(BelongingError::Replaced.into()) };
        let vault = self.vault().clone();
        let compared = tokio::task::spawn_blocking(move || vault.compare(record)).await;
        compared.map_err(|_| VaultError::Damaged)??;
        if installation == *self.installation { Ok(()) } else { Err(BelongingError::Replaced.into()) }
    }

    /// Compares the signing key of the access log with the record. The other keys need not be there.
    ///
    /// # Errors
    /// If the database records another, or none yet.
    pub async fn require_signer(&self, log: &dyn LogSigner) -> Result<(), DbError> {
        const SIGNER: &str = "SELECT log_key FROM installation";
        let read = fetch_optional!(&mut self.read().await?, (String,), SIGNER)?;
        let (recorded,) = read.ok_or(BelongingError::Unrecorded)?;
        Ok(require_same(&recorded, log)?)
    }

    /// Returns whether the database records a key of this name that is not erased, or files of an erased one are left.
    ///
    /// # Errors
    /// If the database query fails.
    pub async fn knows_key(&self, name: &KeyName) -> Result<bool, DbError> {
        const KNOWN: &str = "SELECT id FROM data_key WHERE municipality = $1 AND class = $2 LIMIT 1";
        let (municipality, class) = (&name.municipality, name.class.to_string());
        Ok(fetch_optional!(&mut self.read().await?, (KeyId,), KNOWN, municipality, class)?.is_some())
    }

    /// Records the keys that were created since, by [`crate::vault::Vault::renew`].
    ///
    /// # Errors
    /// If the database refuses. The keys are recorded with the next change.
    pub async fn record_keys(&self) -> Result<(), DbError> {
        self.write().await?.commit().await
    }

    /// Erases all generations of a key: the database records it, and then the files are removed. If that was interrupted, a repeat
    /// removes the rest. Returns how many are erased.
    ///
    /// # Errors
    /// If a generation is missing, the database refuses, or a file cannot be removed. It cannot erase the key of the keyed hashes.
    pub async fn erase_keys(&self, name: &KeyName) -> Result<usize, DbError> {
        if *name == crate::vault::Vault::index_name() {
            return Err(VaultError::Index.into());
        }
        const OF_NAME: &str =
            "SELECT id FROM data_key WHERE municipality = $1 AND class = $2 AND erased_at IS NULL";
        self.record_keys().await?;
        let mut tx = self.write().await?;
        let ids = fetch_all!(&mut tx, (KeyId,), OF_NAME, &name.municipality, name.class.to_string())?;
        tx.rollback().await?;
        self.erase(&ids.into_iter().map(|(id,)| id).collect::<Vec<_>>()).await
    }

    /// Gives up one generation of a key that is lost: the database records it as erased. Other generations stay.
    ///
    /// # Errors
    /// If the database does not record it, the folder has it, or the database refuses. It cannot give up the key of the keyed hashes.
    pub async fn give_up_key(&self, name: &KeyName, generation: u32) -> Result<(), DbError> {
        const GENERATION: &str = "SELECT id FROM data_key
            WHERE municipality = $1 AND class = $2 AND generation = $3 AND erased_at IS NULL";
        if *name == crate::vault::Vault::index_name() {
            return Err(VaultError::Index.into());
        }
        self.vault().require_lost(name, generation)?;
        let mut tx = self.write().await?;
        let (class, number) = (name.class.to_string(), i64::from(generation));
        let (id,) = fetch_one!(&mut tx, (KeyId,), GENERATION, &name.municipality, class, number)?;
        tx.rollback().await?;
        self.erase(&[id]).await.map(drop)
    }

    /// Erases keys: the database records it, and then the files are removed. Returns how many.
    pub(super) async fn erase(&self, ids: &[KeyId]) -> Result<usize, DbError> {
        const ERASE: &str = "UPDATE data_key SET erased_at = $2 WHERE id = $1 AND erased_at IS NULL";
        let mut tx = self.write().await?;
        for id in ids {
            expect_one(execute!(&mut tx, ERASE, *id, Clock::System.now())?)?;
        }
        tx.commit().await?;
        self.vault().are_erased(ids);
        let wiped = self.vault().wipe_erased()?;
        Ok(wiped.max(ids.len()))
    }
}
