//! The command line.

mod access_log;
mod backup;
mod catalogue;
mod explain;
mod generate;
mod init;
mod keys;
mod next;
mod processing_record;
mod secrets;
mod serve;
mod stopping;
mod unfinished;
mod user;

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

pub use crate::terminal::{Failure, output::finish, status_of};
use clap::{Args, Parser, Subcommand};
use secrecy::ExposeSecret;

use crate::{
    access::{Entry, Policies, insert_entries},
    catalogue::whole::is_known,
    config::Settings,
    db::{Db, DbError, Tx, Unchecked, grant_to},
    demo,
    log_tree::{LogKey, LogKeyError},
    openapi, rules,
    terminal::{
        USAGE, Usage, in_address, in_words,
        output::{print, say},
        values,
    },
    vault::{MasterKey, Vault},
};

/// The backend of the shared record (stafettlogg) of a child who gets help from several municipal services.
#[derive(Debug, Parser)]
#[command(name = "stafett", version, about, after_help = AFTER_HELP)]
pub struct Cli {
    /// The settings file. `stafett.toml` is read by default if it exists.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
To begin: `stafett demo` plays a case with people who do not exist. It needs no settings.
Results are printed to standard output, and errors to standard error.
Exit status: 0 if all is well; 1 if the work could not be done, or a check failed;
2 if an argument or a setting is wrong, and nothing was done.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API.
    #[command(after_help = "Example:\n  stafett serve --listen 127.0.0.1:8080")]
    Serve(ServeArgs),
    /// Play a child's case in three municipalities over HTTP, and keep serving it.
    #[command(after_help = "Example:\n  stafett demo --data demo")]
    Demo(demo::DemoArgs),
    /// Generate believable data about people who do not exist, for benchmarks and trials, in a database without cases.
    #[command(after_help = "Example:\n  stafett generate --cases 1000")]
    Generate(generate::GenerateArgs),
    /// Create the folder, the keys, the settings and the database of a first installation.
    #[command(
        after_help = "Example:\n  stafett init /srv/stafett --access-log-origin stafett.example.no/access-log"
    )]
    Init(init::InitArgs),
    /// Back up the database and its keys to one encrypted file, and verify it.
    #[command(after_help = "Example:\n  stafett backup --to monday.age --recipient age1...")]
    Backup(backup::BackupArgs),
    /// Restore a backup into an empty place.
    #[command(
        after_help = "Example:\n  stafett restore --from monday.age --identity operator.key --into /srv/restored"
    )]
    Restore(backup::RestoreArgs),
    /// Update the database schema.
    #[command(after_help = "Example:\n  stafett migrate --grant-to stafett")]
    Migrate {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Then grant this role only what the service needs: it can append to the access log, but not change it (PostgreSQL).
        #[arg(long, value_name = "ROLE", value_parser = values::database_role)]
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
    /// Import the data of municipalities, and list their units.
    #[command(subcommand)]
    Catalogue(catalogue::CatalogueCommand),
    /// Print the API document.
    #[command(after_help = "Example:\n  stafett openapi")]
    Openapi,
    /// Print the confidentiality rules: who may do what, and the legal basis of each.
    #[command(after_help = "Example:\n  stafett policies")]
    Policies {
        /// Print the Markdown page `docs/confidentiality.md`.
        #[arg(long)]
        markdown: bool,
    },
    /// Print the record of processing activities (behandlingsprotokoll, GDPR art. 30) in Norwegian Markdown.
    #[command(
        after_help = "Examples:\n  stafett processing-record --included kragero\n  stafett processing-record my/municipality --contact post@example.no"
    )]
    ProcessingRecord(processing_record::ProcessingRecordArgs),
    /// Explain why someone may or may not do something, and what would change the answer.
    #[command(after_help = explain::EXAMPLE)]
    Explain(explain::ExplainArgs),
    /// Check whether a running service is ready, for health checks.
    #[command(after_help = "Example:\n  stafett health --url http://127.0.0.1:8080")]
    Health {
        /// The address of the service.
        #[arg(long, default_value = "http://127.0.0.1:8080", value_parser = values::service)]
        url: String,
    },
}

/// The database.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// `sqlite:PATH` or `postgres://…` without a password; by default from the settings.
    #[arg(long, value_name = "URL", value_parser = values::DatabaseAddress)]
    database_url: Option<String>,
}

#[derive(Debug, Args)]
struct ServeArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", value_parser = values::listen)]
    listen: Option<SocketAddr>,
    /// Update the schema first.
    #[arg(long)]
    migrate: bool,
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
            let migrated = connect_or_create(&settings).await?.migrate(&log_key(&settings)?).await;
            let db = migrated.map_err(|error| explained(&settings, error))?;
            if let Some(role) = role {
                grant_to(&db, &role).await?;
            }
            db.close().await;
        }
        Command::AccessLog(command) => return access_log::run(config, command).await,
        Command::Keys(command) => keys::run(config, command).await?,
        Command::User(command) => user::run(config, command).await?,
        Command::Catalogue(command) => catalogue::run(config, command).await?,
        Command::Openapi => {
            say!("{}", serde_json::to_string_pretty(&openapi::document(&Policies::load()?)?)?)
        }
        Command::Policies { markdown: true } => {
            print(format_args!("{}", rules::markdown(&Policies::load()?)))
        }
        Command::Policies { markdown: false } => print(format_args!("{}", rules::table(&Policies::load()?))),
        Command::ProcessingRecord(args) => processing_record::run(args)?,
        Command::Explain(args) => explain::explain(config, args).await?,
        Command::Health { url } => {
            let answer = reqwest::get(format!("{url}/health/ready")).await;
            let status = answer
                .map_err(|error| {
                    format!("no answer from {url}: {}; --url names another address", cause(&error))
                })?
                .status();
            if !status.is_success() {
                return Err(format!("{url} is not ready: {status}").into());
            }
        }
    }
    Ok(0)
}

/// The innermost cause of an error, in words.
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    match (error.source(), error.downcast_ref::<std::io::Error>()) {
        (Some(inner), _) => cause(inner),
        (None, Some(error)) => in_words(error),
        (None, None) => error.to_string(),
    }
}

/// Reads the settings, with the database from the flag.
fn settings(config: Option<&std::path::Path>, database: &DatabaseArgs) -> Result<Settings, Failure> {
    let mut settings = Settings::load(config)?;
    if let Some(url) = database.database_url.clone() {
        settings.set_database_url(url);
    }
    Ok(settings)
}

/// Opens the database in the settings, whose schema must be up to date. Only `stafett migrate` and commands that fill a new database
/// change the schema, because the role of the service cannot.
async fn open(settings: &Settings) -> Result<Db, Failure> {
    let checked = connect(settings).await?.check(&log_key(settings)?).await;
    checked.map_err(|error| explained(settings, error))
}

/// Adds which variables of the environment override the settings file, where they may be the cause: keys and data of two
/// installations never belong together.
fn explained(settings: &Settings, error: impl Into<Failure>) -> Failure {
    let error = error.into();
    if error.downcast_ref::<DbError>().is_some_and(|error| !error.may_be_of_another_installation()) {
        return error;
    }
    let Some(overridden) = settings.overridden() else { return error };
    let said = format!("{error}. {overridden}");
    if status_of(&error) == USAGE { Usage(said).into() } else { said.into() }
}

/// Refuses a municipality that is not in the database.
async fn known_municipality(tx: &mut Tx, number: &str) -> Result<(), Failure> {
    if is_known(tx, number).await? {
        return Ok(());
    }
    let import = "import it first, see `stafett catalogue import --help`";
    Err(Usage::of("--municipality", number, format!("is not in the database: {import}")).into())
}

/// Connects to the database in the settings to update its schema. An SQLite database that does not exist is created.
async fn connect_or_create(settings: &Settings) -> Result<Unchecked, Failure> {
    let url = settings.database_url()?;
    let connected =
        Db::connect_or_create(url.expose_secret(), settings.connections(), vault(settings)?).await;
    connected.map_err(|error| unopened(settings, error))
}

/// Connects to the database in the settings, with its keys.
async fn connect(settings: &Settings) -> Result<Unchecked, Failure> {
    connect_with(settings, vault(settings)?).await
}

async fn connect_with(settings: &Settings, vault: Arc<Vault>) -> Result<Unchecked, Failure> {
    let url = settings.database_url()?;
    let connected = Db::connect(url.expose_secret(), settings.connections(), vault).await;
    connected.map_err(|error| unopened(settings, error))
}

/// Names the setting of a database that cannot be opened.
fn unopened(settings: &Settings, error: DbError) -> Failure {
    explained(settings, in_address("database_url", error))
}

/// Reads the rules, with the stricter ones of the municipality.
fn policies(settings: &Settings) -> Result<Policies, Failure> {
    let Some(folder) = &settings.local_policies else { return Ok(Policies::load()?) };
    Ok(Policies::load_local(folder).map_err(|error| Usage(format!("local_policies: {error}")))?)
}

/// Reads the signing key of the access log.
fn log_key(settings: &Settings) -> Result<LogKey, Failure> {
    let parsed = LogKey::from_pem(&settings.access_log_key()?, &settings.access_log_origin);
    Ok(parsed.map_err(|error| match (&error, settings.access_log_key_file()) {
        (LogKeyError::Key, Ok(file)) => Usage::of("access_log_key_file", file.display(), error),
        _ => Usage::of("access_log_origin", &settings.access_log_origin, error),
    })?)
}

/// Records operations in the access log.
async fn note(db: &Db, entries: impl IntoIterator<Item = Entry>) -> Result<(), Failure> {
    let mut tx = db.write().await?;
    insert_entries(&mut tx, &entries.into_iter().collect::<Vec<_>>()).await?;
    Ok(tx.commit().await?)
}

/// Opens the keys in the settings.
fn vault(settings: &Settings) -> Result<Arc<Vault>, Failure> {
    let opened = Vault::open(settings.keys_folder()?, master_key(settings)?);
    opened.map_err(|error| explained(settings, format!("keys_folder: {error}")))
}

/// Reads the master key.
fn master_key(settings: &Settings) -> Result<MasterKey, Failure> {
    let file = settings.master_key_file()?;
    let key = MasterKey::parse(settings.master_key()?.expose_secret());
    let key = key.map_err(|error| Usage::of("master_key_file", file.display(), error))?;
    Ok(key.kept_in(file))
}
