//! `stafett backup` and `stafett restore`.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use clap::Args;
use secrecy::ExposeSecret;

use super::{
    DatabaseArgs, init, keys::note_for_all, next::say_how_to_serve, open, settings, unfinished::Unfinished,
};
use crate::{
    backup::{BackupError, Place, Source, back_up, clear_interrupted, identities, recipient, restore},
    config::ConfigError,
    db::sqlite_file,
    terminal::{Failure, Usage, in_address, in_words, output::say, values},
};

/// The database to back up, and the recipients.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The file to write. It must not exist.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// A public key of age (age1…) whose private key opens the backup. Can be repeated.
    #[arg(long, value_name = "KEY", required = true)]
    recipient: Vec<String>,
    /// An empty PostgreSQL database to verify the backup in; by default a temporary one is created.
    #[arg(long, value_name = "URL", value_parser = values::DatabaseAddress)]
    verify_in: Option<String>,
}

/// The backup to restore, and its destination.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// A file with the private key of age that opens it.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
    /// A new folder for the keys, the settings and an SQLite database; by default the places in the settings.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// The answer if nothing names the place to restore into.
const NOWHERE: &str =
    "name a new folder with --into DIR, or settings whose places are empty with --config FILE";

/// Makes a backup. The access log records it.
pub(super) async fn run(config: Option<&Path>, args: BackupArgs) -> Result<(), Failure> {
    let parse = |key: &String| recipient(key).map_err(|error| Usage::of("--recipient", key, error));
    let recipients = args.recipient.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    require_new(&args.to)?;
    let settings = settings(config, &args.database)?;
    if let Some(url) = &args.verify_in {
        require_postgres(settings.database_url()?.expose_secret(), url)?;
    }
    let db = open(&settings).await?;
    note_for_all(&db, "back_up").await?;
    let (url, master_key, log_key) =
        (settings.database_url()?, settings.master_key()?, settings.access_log_key()?);
    let source = Source {
        db: &db,
        url: url.expose_secret(),
        master_key: &master_key,
        log_key: &log_key,
        verify_in: args.verify_in.as_deref(),
    };
    let made = back_up(&source, &args.to, &recipients).await;
    db.close().await;
    let made = made.map_err(|error| match &error {
        BackupError::File(path, _)
            if Path::new(".").join(&args.to).starts_with(path) || args.to.starts_with(path) =>
        {
            format!("--to: {error}").into()
        }
        _ => Failure::from(error),
    })?;
    say!("installation {}", made.installation);
    say!(
        "wrote {}: {} rows of {} tables and {} data keys, {} bytes",
        args.to.display(),
        made.rows,
        made.tables,
        made.keys,
        made.bytes
    );
    say!("restored a copy in a temporary place: rows and keys are as recorded");
    show_logs(&made.logs);
    Ok(())
}

/// Restores a backup. The access log records it.
pub(super) async fn run_restore(config: Option<&Path>, args: RestoreArgs) -> Result<(), Failure> {
    require_readable("--from", &args.from)?;
    require_readable("--identity", &args.identity)?;
    let identities = identities(&args.identity).map_err(|error| Usage(format!("--identity {error}")))?;
    let named = if args.database.database_url.is_some() { "--database-url" } else { "database_url" };
    let (into, place, token_key) = match &args.into {
        Some(folder) => {
            let mut folder = Unfinished::begin(folder)?;
            let (place, token_key) = place_in(folder.path(), args.database.database_url.clone());
            clear_interrupted(&place)?;
            folder.require_empty()?;
            (Some(folder), place, token_key)
        }
        None => {
            let (place, token_key) =
                place_of(config, &args.database).map_err(|error| match error.downcast_ref() {
                    Some(ConfigError::NoFile { .. }) => Usage(NOWHERE.to_owned()).into(),
                    _ => error,
                })?;
            clear_interrupted(&place)?;
            (None, place, token_key)
        }
    };
    let restored = restore(&args.from, &identities, &place).await.map_err(|error| match error {
        BackupError::Database(error) => in_address(named, error),
        error => error.into(),
    })?;
    if let Some(file) = token_key.filter(|file| !file.exists()) {
        init::write(&file, init::signing_key()?.expose_secret())?;
    }
    let into = into.map(Unfinished::finish);
    if let Some(folder) = &into {
        let origin = restored.db.installation().log_key.split('+').next().unwrap_or_default().to_owned();
        init::write_settings(folder, &place.url, &origin)?;
    }
    note_for_all(&restored.db, "restore_backup").await?;
    say!("installation {}", restored.db.installation().id);
    say!("restored {} rows and {} data keys", restored.rows, restored.keys);
    show_logs(&restored.logs);
    restored.db.close().await;
    say!("It is the same installation as before the backup: never run both.");
    if let Some(folder) = &into {
        say!("Next:");
        say_how_to_serve(&folder.join(init::SETTINGS), &place.url);
    } else if sqlite_file(&place.url).is_none() {
        say!("Next: stafett migrate --grant-to ROLE, with the database role of the service");
    }
    Ok(())
}

/// Refuses a place to verify in that would not be used.
fn require_postgres(database_url: &str, verify_in: &str) -> Result<(), Usage> {
    let wrong = |wrong| Err(Usage::of("--verify-in", verify_in, wrong));
    if sqlite_file(database_url).is_some() {
        return wrong("is only for PostgreSQL: a backup of SQLite is verified in a temporary folder");
    }
    if sqlite_file(verify_in).is_some() {
        return wrong("must be an empty PostgreSQL database, as the database is on PostgreSQL");
    }
    Ok(())
}

/// Refuses a file that is there already, or whose folder is not, before the access log records a backup.
fn require_new(file: &Path) -> Result<(), Usage> {
    let wrong = |wrong: &str| Err(Usage::of("--to", file.display(), wrong));
    if file.exists() {
        return wrong("exists, and a backup is never overwritten: name a new file");
    }
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            wrong("there is no such folder")
        }
        _ => Ok(()),
    }
}

/// Refuses a file that cannot be read, before anything is made.
fn require_readable(argument: &str, file: &Path) -> Result<(), Usage> {
    let opened = std::fs::File::open(file).and_then(|mut file| file.read(&mut [0]));
    opened.map(|_| ()).map_err(|error| Usage::of(argument, file.display(), in_words(&error)))
}

fn place_in(folder: &Path, url: Option<String>) -> (Place, Option<PathBuf>) {
    let url = url.unwrap_or_else(|| init::database_in(folder));
    let place = Place {
        url,
        keys: folder.join(init::KEYS),
        master_key: folder.join(init::MASTER_KEY),
        log_key: folder.join(init::LOG_KEY),
        log_origin: None,
    };
    (place, Some(folder.join(init::TOKEN_KEY)))
}

fn place_of(config: Option<&Path>, database: &DatabaseArgs) -> Result<(Place, Option<PathBuf>), Failure> {
    let settings = settings(config, database)?;
    let files = settings.key_files()?;
    let place = Place {
        url: settings.database_url()?.expose_secret().to_owned(),
        keys: settings.keys_folder()?.to_owned(),
        master_key: files.master.to_owned(),
        log_key: files.access_log.to_owned(),
        log_origin: Some(settings.access_log_origin.clone()),
    };
    Ok((place, files.token.map(Path::to_owned)))
}

fn show_logs(logs: &[(String, i64)]) {
    for (municipality, entries) in logs {
        say!("the access log of {municipality} is whole: {entries} entries");
    }
}
