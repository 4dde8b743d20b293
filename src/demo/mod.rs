//! `stafett demo`: a child's case in Kragerø, played over HTTP by different people. Every
//! boundary is enforced, and every access is recorded.

mod act;
mod client;
mod people;
mod stage;
mod story;

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::Arc,
};

use actix_web::web;
use clap::Args;
use secrecy::ExposeSecret;
use tempfile::TempDir;

pub use self::stage::Stage;
use crate::{
    access::{Services, TrustedProxies},
    app, catalogue,
    config::LogFormat,
    db::{Db, sqlite_file},
    housekeeping::{count_last_strangers, count_strangers},
    identity::TokenKeys,
    kernel::Clock,
    log_tree::{Checkpoints, DEFAULT_ORIGIN, LogKey, Sealer},
    terminal::{Failure, start_logging},
    vault::{MasterKey, Vault, create_folder, write_new},
};

/// Options of the demonstration.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoArgs {
    /// Store the keys and the embedded database in this folder; by default it is temporary.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Use another database, `sqlite:PATH` or `postgres://…`. It must be empty.
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// The address to serve on; by default any free local port.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// The folder with the data of the municipalities.
    #[arg(long, value_name = "DIR", default_value = "data/municipalities")]
    pub municipalities: PathBuf,
    /// Exit after the story, with status 0, or 1 if any step did not go as expected.
    #[arg(long)]
    pub exit: bool,
}

/// The municipalities of the demonstration, by folder.
const MUNICIPALITIES: [&str; 3] = ["kragero", "porsgrunn", "orland"];

/// Plays the story, and serves until stopped unless `--exit` is given.
///
/// # Errors
/// If the story cannot start.
pub async fn run(args: DemoArgs) -> Result<u8, Failure> {
    let _log_output = start_logging(LogFormat::Text, "warn")?;
    // The temporary folder is deleted when this is dropped.
    let folder = tempfile::tempdir()?;
    let place = Place::of(&args, &folder);
    place.require_empty().await?;
    let (db, log_key) = place.make().await?;
    let mut stage = Stage::new(anstream::AutoStream::auto(std::io::stdout()));
    stage.title("Stafett: one child's case, across the services of a municipality")?;
    for name in MUNICIPALITIES {
        let done = catalogue::import(&db, &args.municipalities.join(name)).await?;
        let catalogue::Imported { number, name, units, arenas, measures } = done;
        stage.line(&format!("{number} {name}: {units} units, {arenas} arenas, {measures} measures"))?;
    }
    let people = people::make(&db).await?;
    let tokens = TokenKeys::throw_away()?;
    let sealer = Sealer::new(db.clone(), Clock::System, log_key.clone(), Checkpoints::default());
    let services =
        web::Data::new(Services::new(db.clone(), Clock::System, tokens, log_key, TrustedProxies::default())?);
    let sealing = tokio::spawn(sealer.run(services.log().written()));
    let counting = tokio::spawn(count_strangers(services.clone()));
    let listener = TcpListener::bind(args.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))))?;
    let base = format!("http://{}", listener.local_addr()?);
    let server = app::serve(services.clone(), listener, 2)?;
    let handle = server.handle();
    let serving = tokio::spawn(server);

    let failures = story::play(&mut stage, &base, &people).await?;
    stage.verdict(failures)?;
    if args.exit {
        handle.stop(true).await;
    } else {
        stage.address(&base, &people)?;
    }
    serving.await??;
    counting.abort();
    count_last_strangers(&services).await;
    sealing.abort();
    db.close().await;
    Ok(u8::from(failures > 0))
}

/// Where the demonstration keeps its database and its keys.
struct Place {
    url: String,
    keys: PathBuf,
}

impl Place {
    /// The keys are stored beside the embedded database. For another database they have a permanent folder of their own.
    fn of(args: &DemoArgs, temporary: &TempDir) -> Self {
        let folder = args.data.as_deref().unwrap_or(temporary.path());
        let embedded = format!("sqlite:{}", folder.join("stafett.db").display());
        let keys = match (&args.data, &args.database_url) {
            (None, Some(_)) => PathBuf::from("stafett-demo-keys"),
            _ => folder.join("keys"),
        };
        Self { url: args.database_url.clone().unwrap_or(embedded), keys }
    }

    /// Refuses a database or a folder of keys that has anything, before anything is changed.
    async fn require_empty(&self) -> Result<(), Failure> {
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
        let database = Db::connect(&self.url, 1, Vault::without_keys()?).await?;
        if !database.is_empty().await? {
            return Err(format!("the database is not empty: {NEW}").into());
        }
        Ok(())
    }

    /// Makes the keys, and a database that records them.
    async fn make(&self) -> Result<(Db, Arc<LogKey>), Failure> {
        create_folder(&self.keys)?;
        let (master, log_key) = (MasterKey::random()?, LogKey::random(DEFAULT_ORIGIN)?);
        write_new(&self.keys.join("master.txt"), &master.to_text())?;
        write_new(&self.keys.join("access_log.pem"), log_key.to_pem()?.expose_secret())?;
        let database = Db::connect(&self.url, 8, Vault::open(&self.keys, master)?).await?;
        Ok((database.migrate(&log_key).await?, Arc::new(log_key)))
    }
}
