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

pub use self::stage::Stage;
use crate::{
    access::{Services, TrustedProxies},
    app, catalogue,
    config::LogFormat,
    db::{Db, migrate},
    housekeeping::{count_last_strangers, count_strangers},
    identity::TokenKeys,
    kernel::Clock,
    log_tree::{Checkpoints, DEFAULT_ORIGIN, LogKey, Sealer},
    terminal::{Failure, start_logging},
    vault::{MasterKey, Vault},
};

/// Options of the demonstration.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoArgs {
    /// Store the embedded database in this folder; by default it is temporary.
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    pub data: Option<PathBuf>,
    /// Use another database, `sqlite:PATH` or `postgres://…`.
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
    let url = database_url(&args, &folder)?;
    let db = Db::open(&url, 8, vault(&args, &folder)?).await?;
    migrate(&db).await?;
    let mut stage = Stage::new(anstream::AutoStream::auto(std::io::stdout()));
    stage.title("Stafett: one child's case, across the services of a municipality")?;
    for name in MUNICIPALITIES {
        let done = catalogue::import(&db, &args.municipalities.join(name)).await?;
        let catalogue::Imported { number, name, units, arenas, measures } = done;
        stage.line(&format!("{number} {name}: {units} units, {arenas} arenas, {measures} measures"))?;
    }
    let people = people::make(&db).await?;
    let tokens = TokenKeys::throw_away()?;
    let log_key = Arc::new(log_key(&args, &folder)?);
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
        (None, Some(_)) => PathBuf::from("stafett-demo-keys"),
        (None, None) => temporary.path().join("keys"),
    };
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn database_url(args: &DemoArgs, temporary: &tempfile::TempDir) -> Result<String, Failure> {
    if let Some(url) = &args.database_url {
        return Ok(url.clone());
    }
    let folder = match &args.data {
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            folder.as_path()
        }
        None => temporary.path(),
    };
    Ok(format!("sqlite:{}", folder.join("stafett.db").display()))
}
