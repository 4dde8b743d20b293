//! Backups: the database and its keys in one file, which only the recipient's private key opens, and their way back.
//!
//! A backup is an age file (age-encryption.org/v1) that contains a tar archive, so it can be opened without this program.
//! `docs/decisions/0019-keys-data-and-backups.md` has the reasons.

mod archive;
mod restore;
mod verify;
mod workplace;

use std::{
    fs,
    path::{Path, PathBuf},
};

use age::x25519;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use self::{
    archive::Secrets,
    workplace::{BACKUP, Workplace, abandoned},
};
pub use self::{
    archive::{identities, recipient},
    restore::{Place, Restored, clear_interrupted, restore},
};
use crate::{
    db::{Db, DbError, Snapshot, SnapshotError},
    kernel::files::in_words,
    log_tree::{LogKeyError, SealError},
    vault::{VaultError, create_folder, write_new},
};

/// The parts of an unpacked backup.
const MANIFEST: &str = "manifest.json";
const ROWS: &str = "database";
const KEYS: &str = "keys";
const MASTER_KEY: &str = "master_key";
const LOG_KEY: &str = "access_log_key.pem";
/// The version of the format.
const FORMAT: u32 = 1;

/// The contents of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    /// The version of the program that made it.
    program: String,
    /// The id of the installation.
    installation: uuid::Uuid,
    /// The public key of the access log, as `origin+id+key`.
    log_key: String,
    rows: Snapshot,
    /// The files of the data keys.
    keys: Vec<String>,
}

/// A backup cannot be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database fails, or keys and data do not belong together.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The rows cannot be copied.
    #[error(transparent)]
    Rows(#[from] SnapshotError),
    /// A key cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The signing key of the access log cannot be used.
    #[error(transparent)]
    LogKey(#[from] LogKeyError),
    /// The access log cannot be read.
    #[error(transparent)]
    Log(#[from] SealError),
    /// A file cannot be read or written.
    #[error("{}: {}", .0.display(), in_words(.1))]
    File(PathBuf, std::io::Error),
    /// The text is no public key of age.
    #[error("the recipient must be a public key of age, such as age1…: create one with `age-keygen`")]
    Recipient,
    /// The file has no private key of age.
    #[error("{0} contains no private key of age (AGE-SECRET-KEY-1…)")]
    NoIdentity(PathBuf),
    /// None of the private keys opens the backup.
    #[error("no key in the file of --identity opens the backup: it was made for another recipient")]
    WrongIdentity,
    /// The file is no backup, or was cut off or changed.
    #[error("{} is damaged or incomplete, or is no backup: copy it again from where it is kept, or take another", .0.display())]
    Damaged(PathBuf),
    /// The file has another format.
    #[error("{} has the format {format}, and this program knows {FORMAT}: use the version of the program that made it", file.display())]
    Format {
        /// The file.
        file: PathBuf,
        /// The format.
        format: u32,
    },
    /// The file to write exists.
    #[error("{} exists, and a backup is never overwritten: name a new file", .0.display())]
    Exists(PathBuf),
    /// A key was erased or replaced while the backup was made.
    #[error("the key file {0} changed while the backup was made: make it again")]
    KeysChanged(String),
    /// A place to restore to has something.
    #[error(
        "{0} exists: restore into an empty database and an empty folder, such as a new one that --into names"
    )]
    NotEmpty(String),
    /// The restored rows differ from those in the backup.
    #[error("the table {table} has {found} rows instead of {expected}")]
    RowsDiffer {
        /// The table.
        table: String,
        /// The number in the backup.
        expected: i64,
        /// The number found.
        found: i64,
    },
    /// The restored log does not verify.
    #[error("the access log of municipality {0} does not verify: {1}")]
    LogDiffers(String, String),
    /// The role of the service cannot create a database to verify the backup in.
    #[error(
        "the backup cannot be verified, because the database role cannot create a database: give it CREATEDB, or name an empty database \
         with --verify-in ({0})"
    )]
    NoTemporaryDatabase(DbError),
    /// The database to verify in cannot be opened.
    #[error("--verify-in: {0}")]
    NoPlaceToVerify(DbError),
    /// The database to verify in has something.
    #[error("the database of --verify-in is not empty: nothing was changed in it")]
    PlaceToVerify,
}

/// The things to back up.
#[derive(Debug)]
pub struct Source<'a> {
    /// The database.
    pub db: &'a Db,
    /// Its address.
    pub url: &'a str,
    /// The master key.
    pub master_key: &'a SecretString,
    /// The signing key of the access log, as PEM.
    pub log_key: &'a SecretString,
    /// An empty PostgreSQL database to verify the backup in; by default a temporary one is created.
    pub verify_in: Option<&'a str>,
}

/// The contents of a backup, and the result of its verification.
#[derive(Debug)]
pub struct Summary {
    /// The id of the installation.
    pub installation: uuid::Uuid,
    /// The number of tables.
    pub tables: usize,
    /// The number of rows.
    pub rows: i64,
    /// The number of data keys.
    pub keys: usize,
    /// The logs that verify: municipality and number of entries.
    pub logs: Vec<(String, i64)>,
    /// The size of the file.
    pub bytes: u64,
}

/// Makes a backup while the service runs, restores a copy of it in a temporary place, and verifies that. The file has its name
/// only after that.
///
/// # Errors
/// If the file exists, or anything fails. No file is left then.
pub async fn back_up(
    source: &Source<'_>,
    to: &Path,
    recipients: &[x25519::Recipient],
) -> Result<Summary, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.into()));
    }
    let beside = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error| BackupError::File(beside.into(), error);
    // Those that an interrupted backup left are removed here.
    drop(abandoned(beside, BACKUP).map_err(failed)?);
    let workplace = Workplace::create(beside, BACKUP).map_err(failed)?;
    let staged = workplace.folder("staged").map_err(failed)?;
    let manifest = stage(source, &staged).await?;
    // Nobody keeps this key. It opens the file once, to verify what was written.
    let verifying = x25519::Identity::generate();
    let mut all = recipients.to_vec();
    all.push(verifying.to_public());
    let partial = tempfile::NamedTempFile::new_in(workplace.path()).map_err(failed)?;
    let secrets = Secrets { master_key: source.master_key.clone(), log_key: source.log_key.clone() };
    archive::pack(&staged, &secrets, partial.path(), &all)
        .map_err(|error| BackupError::File(to.into(), error))?;
    workplace::remove(&[staged]).map_err(failed)?;
    let logs = verify::verify(partial.path(), verifying, source, &workplace).await?;
    let bytes = fs::metadata(partial.path()).map_err(failed)?.len();
    partial.persist_noclobber(to).map_err(|error| BackupError::File(to.into(), error.error))?;
    fs::File::open(beside).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(Summary {
        installation: manifest.installation,
        tables: manifest.rows.tables.len(),
        rows: manifest.rows.tables.iter().map(|table| table.rows).sum(),
        keys: manifest.keys.len(),
        logs,
        bytes,
    })
}

/// Collects everything but the keys that open it in a folder. The rows come first: every key that they name is in the folder of keys by then.
async fn stage(source: &Source<'_>, folder: &Path) -> Result<Manifest, BackupError> {
    let (rows, keys) = (folder.join(ROWS), folder.join(KEYS));
    for part in [&rows, &keys] {
        create_folder(part).map_err(|error| BackupError::File(part.clone(), error))?;
    }
    let snapshot = source.db.snapshot(&rows).await?;
    let vault = source.db.vault();
    source.db.compare_keys().await?;
    let mut names = Vec::new();
    for name in vault.files_in_use() {
        let copied = fs::read_to_string(vault.folder().join(&name));
        let text = copied.map_err(|_| BackupError::KeysChanged(name.clone()))?;
        write(&keys.join(&name), &text)?;
        names.push(name);
    }
    let installation = source.db.installation();
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        installation: installation.id,
        log_key: installation.log_key.clone(),
        rows: snapshot,
        keys: names,
    };
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    write(&folder.join(MANIFEST), &text)?;
    Ok(manifest)
}

fn write(path: &Path, text: &str) -> Result<(), BackupError> {
    write_new(path, text).map_err(|error| BackupError::File(path.into(), error))
}

/// An unpacked backup. The keys that open it are in memory only.
#[derive(Debug)]
struct Unpacked {
    folder: PathBuf,
    manifest: Manifest,
    secrets: Secrets,
}

impl Unpacked {
    /// Opens a backup in a new folder. All of the file is read, so that a file that was cut off is noticed.
    fn open(
        file: &Path,
        identities: &[x25519::Identity],
        workplace: &Workplace,
    ) -> Result<Self, BackupError> {
        let failed = |error| BackupError::File(workplace.path().into(), error);
        let folder = workplace.folder("unpacked").map_err(failed)?;
        let secrets = archive::unpack(file, identities, &folder)?;
        let damaged = || BackupError::Damaged(file.into());
        let text = fs::read_to_string(folder.join(MANIFEST)).map_err(|_| damaged())?;
        let manifest: Manifest = serde_json::from_str(&text).map_err(|_| damaged())?;
        if manifest.format != FORMAT {
            return Err(BackupError::Format { file: file.into(), format: manifest.format });
        }
        Ok(Self { folder, manifest, secrets })
    }

    fn part(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
