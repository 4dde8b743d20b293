//! `stafett demo`: a child's case in Kragerø, played over HTTP by different people. Every
//! boundary is enforced, and every access is recorded.

mod act;
mod client;
mod ending;
mod made;
mod people;
mod stage;
mod story;
mod why;
mod wrap;

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
};

use actix_web::web;
use clap::Args;
use secrecy::ExposeSecret;
use serde::Serialize;

pub use self::stage::Stage;
use self::{made::Made, stage::terminal_width};
use crate::{
    access::Services,
    app,
    catalogue::{self, MunicipalityFiles},
    config::LogFormat,
    db::{Db, migrate},
    identity::TokenKeys,
    kernel::Clock,
    log_tree::{Checkpoints, DEFAULT_ORIGIN, LogKey, Sealer},
    terminal::{
        Failure, Usage, in_words, start_logging,
        values::{DatabaseAddress, listen},
    },
    vault::{MasterKey, Vault},
};

/// Options of the demonstration.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoArgs {
    /// Store the embedded database in this folder, with its keys and settings; by default it is temporary.
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    pub data: Option<PathBuf>,
    /// Use another database, `sqlite:PATH` or `postgres://…` without a password. Its keys are stored in `stafett-demo-keys`.
    #[arg(long, value_name = "URL", value_parser = DatabaseAddress)]
    pub database_url: Option<String>,
    /// The address to serve on; by default any free local port.
    #[arg(long, value_name = "ADDRESS", value_parser = listen)]
    pub listen: Option<SocketAddr>,
    /// Exit after the story, with status 0, or 1 if any step did not go as expected.
    #[arg(long)]
    pub exit: bool,
}

/// The files in the folder of `--data`.
const DATABASE: &str = "stafett.db";
const SETTINGS: &str = "stafett.toml";

/// Plays the story, and serves until stopped unless `--exit` is given.
///
/// # Errors
/// If the story cannot start.
pub async fn run(args: DemoArgs) -> Result<u8, Failure> {
    start_logging(LogFormat::Text, "warn");
    let stage = Stage::new(anstream::AutoStream::auto(std::io::stdout()), terminal_width());
    run_on(stage, args).await
}

/// Plays the story on a stage, as [`run`] does. If it fails, it removes the files that it made.
///
/// # Errors
/// If the story cannot start.
pub async fn run_on(mut stage: Stage, args: DemoArgs) -> Result<u8, Failure> {
    let mut made = Made::by(&args);
    let address = args.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
    let listener =
        TcpListener::bind(address).map_err(|error| Usage::of("--listen", address, in_words(&error)))?;
    // The temporary folder is deleted when this is dropped.
    let folder = tempfile::tempdir()?;
    let url = database_url(&args, &folder)?;
    let db = Db::open(&url, 8, vault(&args, &folder)?).await?;
    migrate(&db).await?;
    stage.title("Stafett: one child's case, across the services of a municipality")?;
    for done in catalogue::import(&db, &MunicipalityFiles::all_included()).await? {
        let catalogue::Imported { number, name, units, arenas, measures, .. } = done;
        let (units, arenas, measures) = (units.total, arenas.total, measures.total);
        stage.line(&format!("{number} {name}: {units} units, {arenas} arenas, {measures} measures"))?;
    }
    let people = people::make(&db).await?;
    let tokens = TokenKeys::throw_away()?;
    let log_key = Arc::new(log_key(&args, &folder)?);
    let sealer = Sealer::new(db.clone(), Clock::System, log_key.clone(), Checkpoints::default());
    let services = web::Data::new(Services::new(db.clone(), Clock::System, tokens, log_key, Vec::new())?);
    let sealing = tokio::spawn(sealer.clone().run(services.log().written()));
    let base = format!("http://{}", listener.local_addr()?);
    let server = app::serve(services, listener, 2)?;
    let handle = server.handle();
    let serving = tokio::spawn(server);

    let failures = story::play(&mut stage, &base, &people).await?;
    let settings = write_settings(&args, &url, &folder)?;
    made.keep();
    stage.verdict(failures)?;
    if args.exit {
        handle.stop(true).await;
    } else {
        stage.address(&base, &people)?;
        if let Some(file) = &settings {
            stage.settings(file)?;
        }
        stage.serving()?;
    }
    serving.await??;
    sealing.abort();
    // The last answers must be sealed too.
    while sealer.seal().await? > 0 {}
    db.close().await;
    Ok(u8::from(failures > 0))
}

/// Writes settings with which other commands find the database and its keys, if they are kept.
fn write_settings(
    args: &DemoArgs,
    url: &str,
    temporary: &tempfile::TempDir,
) -> Result<Option<PathBuf>, Failure> {
    let Some(data) = &args.data else { return Ok(None) };
    let keys = keys_folder(args, temporary)?.canonicalize()?;
    let database = url.strip_prefix("sqlite:").map(Path::new).and_then(|path| path.canonicalize().ok());
    let database = database.map_or_else(|| url.to_owned(), |path| format!("sqlite:{}", path.display()));
    let settings = Kept {
        database_url: database,
        master_key_file: keys.join("master.txt"),
        access_log_key_file: keys.join("access_log.pem"),
        keys_folder: keys,
    };
    let file = data.join(SETTINGS);
    std::fs::write(&file, toml::to_string(&settings)?).map_err(|error| unusable(&file, &error))?;
    Ok(Some(file))
}

/// The settings of a demonstration that is kept.
#[derive(Serialize)]
struct Kept {
    database_url: String,
    keys_folder: PathBuf,
    master_key_file: PathBuf,
    access_log_key_file: PathBuf,
}

/// A file or folder that the demonstration cannot use.
fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    format!("{}: {}", path.display(), in_words(error)).into()
}

/// The keys are stored beside the embedded database. For another database they have a permanent folder of their own.
fn vault(args: &DemoArgs, temporary: &tempfile::TempDir) -> Result<Arc<Vault>, Failure> {
    let folder = keys_folder(args, temporary)?;
    let file = folder.join("master.txt");
    if !file.exists() {
        std::fs::write(&file, MasterKey::random()?.to_text())?;
    }
    let master = MasterKey::parse(&std::fs::read_to_string(file)?)?;
    Ok(Vault::open(&folder, master)?)
}

/// The key that signs the checkpoints of the access log is stored with the others.
fn log_key(args: &DemoArgs, temporary: &tempfile::TempDir) -> Result<LogKey, Failure> {
    let file = keys_folder(args, temporary)?.join("access_log.pem");
    if !file.exists() {
        std::fs::write(&file, LogKey::random(DEFAULT_ORIGIN)?.to_pem()?.expose_secret())?;
    }
    Ok(LogKey::from_pem(&std::fs::read_to_string(file)?.into(), DEFAULT_ORIGIN)?)
}

fn keys_folder(args: &DemoArgs, temporary: &tempfile::TempDir) -> Result<PathBuf, Failure> {
    let folder = match (&args.data, &args.database_url) {
        (Some(data), _) => data.join("keys"),
        (None, Some(_)) => PathBuf::from(made::KEYS_FOLDER),
        (None, None) => temporary.path().join("keys"),
    };
    std::fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
    Ok(folder)
}

fn database_url(args: &DemoArgs, temporary: &tempfile::TempDir) -> Result<String, Failure> {
    if let Some(url) = &args.database_url {
        return Ok(url.clone());
    }
    let folder = match &args.data {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
            folder.as_path()
        }
        None => temporary.path(),
    };
    Ok(format!("sqlite:{}", folder.join(DATABASE).display()))
}
