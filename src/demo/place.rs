//! Where the demonstration keeps its database and its keys.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use secrecy::ExposeSecret;
use serde::Serialize;
use tempfile::TempDir;

use super::{
    DemoArgs,
    made::{Draft, KEYS_FOLDER},
};
use crate::{
    db::{Db, sqlite_file, sqlite_url},
    log_tree::{DEFAULT_ORIGIN, LogKey},
    terminal::{Failure, in_address, in_words},
    vault::{MasterKey, Vault, create_folder, write_new},
};

/// The files in the folder of `--data`.
pub(super) const DATABASE: &str = "stafett.db";
const MASTER_KEY: &str = "master.txt";
const LOG_KEY: &str = "access_log.pem";
const TOKEN_KEY: &str = "token.pem";

/// The places of one demonstration.
pub(super) struct Place {
    url: String,
    keys: PathBuf,
    /// The argument that names the database.
    argument: &'static str,
    /// The folder that keeps database, keys and settings, if there is one.
    kept_in: Option<PathBuf>,
}

impl Place {
    /// The keys are stored beside the embedded database. For another database they have a permanent folder of their own.
    pub(super) fn of(args: &DemoArgs, temporary: &TempDir) -> Self {
        let folder = args.data.as_deref().unwrap_or(temporary.path());
        let embedded = sqlite_url(&folder.join(DATABASE));
        let keys = match (&args.data, &args.database_url) {
            (None, Some(_)) => PathBuf::from(KEYS_FOLDER),
            _ => folder.join("keys"),
        };
        let argument = if args.database_url.is_some() { "--database-url" } else { "--data" };
        let url = args.database_url.clone().unwrap_or(embedded);
        Self { url, keys, argument, kept_in: args.data.clone() }
    }

    /// Refuses a database or a folder of keys that has anything, before anything is changed.
    pub(super) async fn require_empty(&self) -> Result<(), Failure> {
        const NEW: &str = "the demonstration needs a new one";
        if std::fs::read_dir(&self.keys).is_ok_and(|mut files| files.next().is_some()) {
            return Err(format!("the folder {} is not empty: {NEW}", self.keys.display()).into());
        }
        if let Some(file) = sqlite_file(&self.url) {
            return match std::fs::metadata(&file) {
                Ok(found) if found.len() > 0 => {
                    Err(format!("the database {} is not empty: {NEW}", file.display()).into())
                }
                _ => Ok(()),
            };
        }
        let database = Db::connect(&self.url, 1, Vault::without_keys()?).await;
        if !database.map_err(|error| in_address(self.argument, error))?.is_empty().await? {
            return Err(format!("the database is not empty: {NEW}").into());
        }
        Ok(())
    }

    /// Makes the folder of keys, and a draft of the settings with which other commands find the database and its keys, if they are
    /// kept in a folder.
    pub(super) fn begin(&self) -> Result<Option<Draft>, Failure> {
        create_folder(&self.keys).map_err(|error| match self.kept_in {
            Some(_) => format!("--data: {}", unusable(&self.keys, &error)).into(),
            None => unusable(&self.keys, &error),
        })?;
        let Some(folder) = &self.kept_in else { return Ok(None) };
        let folder = folder.canonicalize()?;
        let keys = folder.join("keys");
        let settings = Settings {
            database_url: sqlite_url(&folder.join(DATABASE)),
            master_key_file: keys.join(MASTER_KEY),
            access_log_key_file: keys.join(LOG_KEY),
            token_key_file: keys.join(TOKEN_KEY),
            keys_folder: keys,
            staff_second_factor: false,
            synthetic_national_ids: true,
        };
        Draft::begin(&folder, &toml::to_string(&settings)?).map(Some)
    }

    /// Makes the keys, and a database that records them.
    pub(super) async fn make(&self) -> Result<(Db, Arc<LogKey>), Failure> {
        let (master, log_key) = (MasterKey::random()?, LogKey::random(DEFAULT_ORIGIN)?);
        write(&self.keys.join(MASTER_KEY), &master.to_text())?;
        write(&self.keys.join(LOG_KEY), log_key.to_pem()?.expose_secret())?;
        // For `stafett serve`. The demonstration itself has a key that it throws away.
        write(&self.keys.join(TOKEN_KEY), LogKey::random(DEFAULT_ORIGIN)?.to_pem()?.expose_secret())?;
        let database = Db::connect_or_create(&self.url, 8, Vault::open(&self.keys, master)?).await;
        let database = database.map_err(|error| in_address(self.argument, error))?;
        Ok((database.migrate(&log_key).await?, Arc::new(log_key)))
    }
}

/// The settings of a demonstration that is kept.
#[derive(Serialize)]
struct Settings {
    database_url: String,
    keys_folder: PathBuf,
    master_key_file: PathBuf,
    access_log_key_file: PathBuf,
    token_key_file: PathBuf,
    /// The people of the demonstration have none.
    staff_second_factor: bool,
    synthetic_national_ids: bool,
}

/// Writes a new file that only its owner can read.
pub(super) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    write_new(file, text).map_err(|error| unusable(file, &error))
}

/// A file or folder that the demonstration cannot use.
fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    format!("{}: {}", path.display(), in_words(error)).into()
}
