//! The command line.

mod access_log;
mod backup;
mod explain;
mod generate;
mod init;
mod keys;
mod serve;
mod user;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use clap::{Args, Parser, Subcommand};
use secrecy::ExposeSecret;

use crate::{
    access::{Entry, Policies, insert_entries},
    catalogue,
    config::Settings,
    db::{Db, SchemaState, Unchecked, grant_to},
    demo,
    kernel::Clock,
    log_tree::LogKey,
    openapi, rules,
    terminal::Failure,
    vault::{MasterKey, Vault},
};

/// The backend of the shared record (stafettlogg) of a child who gets help from several municipal services.
#[derive(Debug, Parser)]
#[command(name = "stafett", version, about)]
pub struct Cli {
    /// The settings file. `stafett.toml` is read by default if it exists.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API.
    Serve(ServeArgs),
    /// Play a child's case in three municipalities over HTTP, and keep serving it.
    Demo(demo::DemoArgs),
    /// Generate believable data about people who do not exist, for benchmarks and trials, in a database without cases.
    Generate(generate::GenerateArgs),
    /// Create the folder, the keys, the settings and the database of a first installation.
    Init(init::InitArgs),
    /// Back up the database and its keys to one encrypted file, and verify it.
    Backup(backup::BackupArgs),
    /// Restore a backup into an empty place.
    Restore(backup::RestoreArgs),
    /// Update the database schema.
    Migrate {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Then grant this role only what the service needs: it can append to the access log, but not change it (PostgreSQL).
        #[arg(long, value_name = "ROLE")]
        grant_to: Option<String>,
    },
    /// Manage the keys that encrypt the texts in the database.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Export, verify and erase the access log.
    #[command(subcommand)]
    AccessLog(access_log::AccessLogCommand),
    /// Manage accounts.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Manage the catalogue.
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Print the API document.
    Openapi,
    /// Print the confidentiality rules: who may do what, and the legal basis of each.
    Policies {
        /// Print the Markdown page `docs/confidentiality.md`.
        #[arg(long)]
        markdown: bool,
    },
    /// Explain why someone may or may not do something, and what would change the answer.
    Explain(explain::ExplainArgs),
    /// Check whether a running service is ready, for health checks.
    Health {
        /// The address of the service.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        url: String,
    },
}

/// The database.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// `sqlite:PATH` or `postgres://…`; by default from the settings.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Args)]
struct ServeArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Update the schema first.
    #[arg(long)]
    migrate: bool,
}

#[derive(Debug, Subcommand)]
enum CatalogueCommand {
    /// Import municipalities, each from a folder such as `data/municipalities/kragero`.
    Import {
        #[command(flatten)]
        database: DatabaseArgs,
        /// The folders to import.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
    },
}

/// Runs the command. The number is the exit status.
///
/// # Errors
/// If the command fails.
pub async fn run(cli: Cli) -> Result<u8, Failure> {
    let config = cli.config.as_deref();
    match cli.command {
        Command::Serve(args) => serve::serve(config, args).await?,
        Command::Demo(args) => return demo::run(args).await,
        Command::Generate(args) => generate::run(config, args).await?,
        Command::Init(args) => init::run(args).await?,
        Command::Backup(args) => backup::run(config, args).await?,
        Command::Restore(args) => backup::run_restore(config, args).await?,
        Command::Migrate { database, grant_to: role } => {
            let settings = settings(config, &database)?;
            let db = connect(&settings).await?.migrate(&log_key(&settings)?).await?;
            if let Some(role) = role {
                grant_to(&db, &role).await?;
            }
            db.close().await;
        }
        Command::AccessLog(command) => return access_log::run(config, command).await,
        Command::Keys(command) => keys::run(config, command).await?,
        Command::User(command) => user::run(config, command).await?,
        Command::Catalogue(CatalogueCommand::Import { database, folders }) => {
            let db = open(&settings(config, &database)?).await?;
            for folder in folders {
                let mut tx = db.write().await?;
                let done = catalogue::import_in(&mut tx, &folder).await?;
                let entry = Entry::of_operator_in(&done.number, "import_catalogue", Clock::System.now());
                insert_entries(&mut tx, &[entry]).await?;
                tx.commit().await?;
                let catalogue::Imported { number, name, units, arenas, measures } = done;
                println!("{number} {name}: {units} units, {arenas} arenas, {measures} measures");
            }
            db.close().await;
        }
        Command::Openapi => println!("{}", openapi::document(&Policies::load()?).to_pretty_json()?),
        Command::Policies { markdown: true } => print!("{}", rules::markdown(&Policies::load()?)),
        Command::Policies { markdown: false } => print!("{}", rules::table(&Policies::load()?)),
        Command::Explain(args) => explain::explain(config, args).await?,
        Command::Health { url } => {
            let answer = reqwest::get(format!("{url}/health/ready")).await;
            let status = answer.map_err(|error| format!("no answer from {url}: {error}"))?.status();
            if !status.is_success() {
                return Err(format!("{url} is not ready: {status}").into());
            }
        }
    }
    Ok(0)
}

/// Reads the settings, with the database from the flag.
fn settings(config: Option<&std::path::Path>, database: &DatabaseArgs) -> Result<Settings, Failure> {
    let mut settings = Settings::load(config)?;
    if let Some(url) = database.database_url.clone() {
        settings.set_database_url(url);
    }
    Ok(settings)
}

/// Opens the database in the settings, with its schema up to date. If it already is, the role need not own the tables.
async fn open(settings: &Settings) -> Result<Db, Failure> {
    up_to_date(settings, connect(settings).await?).await
}

/// Brings the schema up to date if it is not, and compares the keys.
async fn up_to_date(settings: &Settings, unchecked: Unchecked) -> Result<Db, Failure> {
    let log_key = log_key(settings)?;
    Ok(match unchecked.schema_state().await? {
        SchemaState::Current => unchecked.check(&log_key).await?,
        SchemaState::Behind(_) => unchecked.migrate(&log_key).await?,
    })
}

/// Connects to the database in the settings, with its keys.
async fn connect(settings: &Settings) -> Result<Unchecked, Failure> {
    let url = settings.database_url()?;
    Ok(Db::connect(url.expose_secret(), settings.connections, vault(settings)?).await?)
}

/// Reads the signing key of the access log.
fn log_key(settings: &Settings) -> Result<LogKey, Failure> {
    Ok(LogKey::from_pem(&settings.access_log_key()?, &settings.access_log_origin)?)
}

/// Records operations in the access log.
async fn note(db: &Db, entries: impl IntoIterator<Item = Entry>) -> Result<(), Failure> {
    let mut tx = db.write().await?;
    insert_entries(&mut tx, &entries.into_iter().collect::<Vec<_>>()).await?;
    Ok(tx.commit().await?)
}

/// Opens the keys in the settings.
fn vault(settings: &Settings) -> Result<Arc<Vault>, Failure> {
    let master = MasterKey::parse(settings.master_key()?.expose_secret())?;
    Ok(Vault::open(settings.keys_folder()?, master)?)
}
