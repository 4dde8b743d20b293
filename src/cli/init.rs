//! `stafett init`: the folders, the keys and the settings of a first installation.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

use super::{
    connect_or_create, log_key,
    next::{quoted, say_how_to_serve},
    unfinished::Unfinished,
};
use crate::{
    config::Settings,
    db::{Db, sqlite_file, sqlite_url},
    log_tree::{DEFAULT_ORIGIN, LogKey},
    terminal::{Failure, Usage, in_address, in_words, output::say, values},
    vault::{MasterKey, Vault, write_new},
};

/// Where the installation is created.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// A folder that does not exist or is empty.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The name of the access log in its checkpoints, such as `stafett.example.no/access-log`. It can never be changed. Without it,
    /// `init` makes a unique name for a trial and prints it.
    #[arg(long, value_name = "NAME", value_parser = values::origin)]
    access_log_origin: Option<String>,
    /// An empty PostgreSQL database, `postgres://…` without a password; by default an SQLite database in the folder.
    #[arg(long, value_name = "URL", value_parser = values::DatabaseAddress)]
    database_url: Option<String>,
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

const SYNTHETIC: &str = "
# Whether the national identity numbers of invented people (month + 40 or + 80) are accepted. Set it to true only for a trial
# without real people: anyone can make up such a number.
synthetic_national_ids = false
";

const PASSKEYS: &str = "
# Passkeys as a second factor: the domain of the front end, and the addresses at which it is opened. People must register their passkeys
# again if the domain changes.
# passkey_rp_id = \"stafett.example.no\"
# passkey_origins = [\"https://stafett.example.no\"]
";

/// Creates an installation, and prints what to do next.
pub(super) async fn run(args: InitArgs) -> Result<(), Failure> {
    if let Some(url) = &args.database_url {
        require_empty(url).await?;
    }
    let mut unfinished = Unfinished::begin(&args.folder)?;
    unfinished.require_empty()?;
    let folder = unfinished.path().to_owned();
    let is_chosen = args.access_log_origin.is_some();
    let unique = || format!("{}.stafett.invalid/access-log", Uuid::new_v4());
    let origin = args.access_log_origin.unwrap_or_else(unique);
    let log_key_pem = LogKey::random(&origin)?.to_pem()?;
    write(&folder.join(MASTER_KEY), &MasterKey::random()?.to_text())?;
    write(&folder.join(TOKEN_KEY), signing_key()?.expose_secret())?;
    write(&folder.join(LOG_KEY), log_key_pem.expose_secret())?;
    let url = args.database_url.unwrap_or_else(|| database_in(&folder));
    let file = write_settings(&folder, &url, &origin)?;
    let settings = Settings::load_file(&file)?;
    let made = connect_or_create(&settings).await?.migrate(&log_key(&settings)?).await;
    let db = made.map_err(|error| format!("the database of {} cannot be made: {error}", folder.display()))?;
    unfinished.finish();
    say!("created installation {} in {}", db.installation().id, folder.display());
    db.close().await;
    say!("The access log has the name {origin} in its checkpoints, permanently.");
    if !is_chosen {
        say!(
            "It was made up, for a trial. To choose it, remove the folder and repeat with --access-log-origin NAME."
        );
    }
    say!("Back up the folder with `stafett backup`, and keep {MASTER_KEY} apart from {KEYS} in production.");
    say!("Next:");
    let config = quoted(&file);
    say!(
        "  stafett catalogue import --help   # units and measures of your municipality, with --config {config}"
    );
    say!("  stafett user create --help        # the first administrator, with --config {config}");
    say_how_to_serve(&file, &url);
    Ok(())
}

/// Refuses a database that has anything, before anything is made.
async fn require_empty(url: &str) -> Result<(), Failure> {
    let wrong = |wrong| Usage::of("--database-url", url, wrong);
    if sqlite_file(url).is_some() {
        return Err(wrong("must be PostgreSQL: an SQLite database is made in the folder").into());
    }
    let connected = Db::connect(url, 1, Vault::without_keys()?).await;
    if !connected.map_err(|error| in_address("--database-url", error))?.is_empty().await? {
        return Err(wrong("has tables: name an empty database").into());
    }
    Ok(())
}

/// The address of the SQLite database in the folder of an installation.
pub(super) fn database_in(folder: &Path) -> String {
    sqlite_url(&folder.join("stafett.db"))
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
    write(&file, &(toml::to_string(&settings)? + SYNTHETIC + PASSKEYS))?;
    Ok(file)
}

/// Writes a new file that only its owner can read.
pub(super) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    write_new(file, text).map_err(|error| format!("{}: {}", file.display(), in_words(&error)).into())
}
