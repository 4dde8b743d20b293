//! `stafett init`: the folders, the keys and the settings of a first installation.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

use super::{connect, log_key};
use crate::{
    config::Settings,
    log_tree::{DEFAULT_ORIGIN, LogKey},
    terminal::Failure,
    vault::{MasterKey, create_folder, write_new},
};

/// Where the installation is created.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// A folder that does not exist or is empty.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The name of the access log in its checkpoints, such as `stafett.example.no/access-log`. It can never be changed; by default
    /// a unique one.
    #[arg(long, value_name = "NAME")]
    access_log_origin: Option<String>,
}

pub(super) const SETTINGS: &str = "stafett.toml";
pub(super) const KEYS: &str = "keys";
pub(super) const MASTER_KEY: &str = "master_key";
pub(super) const LOG_KEY: &str = "access_log_key.pem";
pub(super) const TOKEN_KEY: &str = "token_key.pem";

/// The settings file of an installation in one folder.
#[derive(Serialize)]
struct Written<'a> {
    database_url: &'a str,
    keys_folder: PathBuf,
    master_key_file: PathBuf,
    token_key_file: PathBuf,
    access_log_key_file: PathBuf,
    access_log_origin: &'a str,
}

/// Creates an installation, and prints what to do next.
pub(super) async fn run(args: InitArgs) -> Result<(), Failure> {
    let folder = new_folder(&args.folder)?;
    let unique = || format!("{}.stafett.invalid/access-log", Uuid::new_v4());
    let origin = args.access_log_origin.unwrap_or_else(unique);
    let log_key_pem = LogKey::random(&origin)?.to_pem()?;
    write_new(&folder.join(MASTER_KEY), &MasterKey::random()?.to_text())?;
    write_new(&folder.join(TOKEN_KEY), signing_key()?.expose_secret())?;
    write_new(&folder.join(LOG_KEY), log_key_pem.expose_secret())?;
    let file = write_settings(&folder, &database_in(&folder), &origin)?;
    let settings = Settings::load_file(&file)?;
    let db = connect(&settings).await?.migrate(&log_key(&settings)?).await?;
    println!("created installation {} in {}", db.installation().id, folder.display());
    db.close().await;
    let file = file.display();
    println!(
        "Back up the folder with `stafett backup`, and keep {MASTER_KEY} apart from {KEYS} in production."
    );
    println!("Next:");
    println!(
        "  stafett catalogue import --help   # units and measures of your municipality, with --config {file}"
    );
    println!("  stafett user create --help        # the first administrator, with --config {file}");
    println!("  stafett serve --config {file}");
    Ok(())
}

/// Creates a folder, and returns its full path. A folder that has anything is refused.
pub(super) fn new_folder(folder: &Path) -> Result<PathBuf, Failure> {
    let failed = |error| format!("{}: {error}", folder.display());
    create_folder(folder).map_err(failed)?;
    if std::fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(format!("{} is not empty: name a new folder", folder.display()).into());
    }
    Ok(folder.canonicalize().map_err(failed)?)
}

/// The address of the SQLite database in the folder of an installation.
pub(super) fn database_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("stafett.db").display())
}

/// Creates an Ed25519 key (PKCS#8 PEM) that signs access tokens.
pub(super) fn signing_key() -> Result<SecretString, Failure> {
    Ok(LogKey::random(DEFAULT_ORIGIN)?.to_pem()?)
}

/// Writes the settings of an installation in one folder, and returns the file.
pub(super) fn write_settings(folder: &Path, database_url: &str, origin: &str) -> Result<PathBuf, Failure> {
    let settings = Written {
        database_url,
        keys_folder: folder.join(KEYS),
        master_key_file: folder.join(MASTER_KEY),
        token_key_file: folder.join(TOKEN_KEY),
        access_log_key_file: folder.join(LOG_KEY),
        access_log_origin: origin,
    };
    let file = folder.join(SETTINGS);
    write_new(&file, &toml::to_string(&settings)?)?;
    Ok(file)
}
