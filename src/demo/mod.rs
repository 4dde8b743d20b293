//! `stafett demo`: a child's case in Kragerø, played over HTTP by different people. Every
//! boundary is enforced, and every access is recorded.

mod act;
mod client;
mod ending;
mod made;
mod people;
mod place;
mod stage;
mod story;
mod why;
mod wrap;

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};

use actix_web::web;
use clap::Args;

pub use self::stage::Stage;
use self::{
    made::{Draft, Made},
    place::Place,
    stage::terminal_width,
};
use crate::{
    access::{Services, TrustedProxies},
    app,
    catalogue::{self, MunicipalityFiles},
    config::LogFormat,
    housekeeping::{count_last_strangers, count_strangers},
    identity::TokenKeys,
    kernel::{Clock, SyntheticIds},
    log_tree::{Checkpoints, Sealer},
    terminal::{
        Failure, Usage, in_words,
        output::is_unread,
        start_logging,
        values::{DatabaseAddress, listen},
    },
};

/// Options of the demonstration.
#[derive(Debug, Clone, Default, Args)]
pub struct DemoArgs {
    /// Store the embedded database in this folder, with its keys and settings; by default it is temporary.
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    pub data: Option<PathBuf>,
    /// Use another database, `sqlite:PATH` or `postgres://…` without a password. It must be empty. Its keys are stored in `stafett-demo-keys`.
    #[arg(long, value_name = "URL", value_parser = DatabaseAddress)]
    pub database_url: Option<String>,
    /// The address to serve on; by default any free local port.
    #[arg(long, value_name = "ADDRESS", value_parser = listen)]
    pub listen: Option<SocketAddr>,
    /// Exit after the story, with status 0, or 1 if any step did not go as expected.
    #[arg(long)]
    pub exit: bool,
}

/// Warnings, except about slow statements: they are SQL, and say only that this machine is slow.
const LOG_FILTER: &str = "warn,sqlx::query=off";

/// Plays the story, and serves until stopped unless `--exit` is given.
///
/// # Errors
/// If the story cannot start.
pub async fn run(args: DemoArgs) -> Result<u8, Failure> {
    let _log_output = start_logging(LogFormat::Text, LOG_FILTER)?;
    let stage = Stage::new(anstream::AutoStream::auto(std::io::stdout()), terminal_width());
    match run_on(stage, args).await {
        Err(error) if is_unread(&error) => Ok(0),
        ended => ended,
    }
}

/// Plays the story on a stage, as [`run`] does. If it fails or is stopped before its end, it removes the files that it made.
///
/// # Errors
/// If the story cannot start, or is stopped.
pub async fn run_on(stage: Stage, args: DemoArgs) -> Result<u8, Failure> {
    let made = Made::by(&args)?;
    let stopped = made.stopped_while(false)?;
    tokio::select! {
        ended = play(stage, args, &made) => ended,
        () = stopped => Err("stopped before the end of the story".into()),
    }
}

async fn play(mut stage: Stage, args: DemoArgs, made: &Made) -> Result<u8, Failure> {
    let address = args.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
    let listener =
        TcpListener::bind(address).map_err(|error| Usage::of("--listen", address, in_words(&error)))?;
    // The temporary folder is deleted when this is dropped.
    let unusable = |error| format!("TMPDIR {}: {}", std::env::temp_dir().display(), in_words(&error));
    let folder = tempfile::tempdir().map_err(unusable)?;
    let place = Place::of(&args, &folder);
    place.require_empty().await?;
    let draft = place.begin()?;
    let (db, log_key) = place.make().await?;
    stage.title("Stafett: one child's case, across the services of a municipality")?;
    for done in catalogue::import(&db, &MunicipalityFiles::all_included()).await? {
        let catalogue::Imported { number, name, units, arenas, measures, .. } = done;
        let (units, arenas, measures) = (units.total, arenas.total, measures.total);
        stage.line(&format!("{number} {name}: {units} units, {arenas} arenas, {measures} measures"))?;
    }
    let people = people::make(&db).await?;
    let tokens = TokenKeys::throw_away()?;
    let sealer = Sealer::new(db.clone(), Clock::System, log_key.clone(), Checkpoints::default());
    let services = Services::new(db.clone(), Clock::System, tokens, log_key, TrustedProxies::default())?;
    let services = web::Data::new(services.with_synthetic_ids(SyntheticIds::Accepted));
    let sealing = tokio::spawn(sealer.clone().run(services.log().written()));
    let counting = tokio::spawn(count_strangers(services.clone()));
    let base = format!("http://{}", listener.local_addr()?);
    let server = app::serve_until(services.clone(), listener, 2, made.stopped_while(true)?)?;
    let handle = server.handle();
    let serving = tokio::spawn(server);

    let failures = story::play(&mut stage, &base, &people).await?;
    let settings = draft.map(Draft::finish).transpose()?;
    made.keep();
    stage.verdict(failures)?;
    if args.exit {
        handle.stop(true).await;
    } else {
        stage.address(&base, &people)?;
        if let Some(file) = settings {
            stage.settings(&file)?;
        }
        stage.serving()?;
    }
    serving.await??;
    counting.abort();
    count_last_strangers(&services).await;
    sealing.abort();
    // The last answers must be sealed too.
    while sealer.seal().await? > 0 {}
    db.close().await;
    Ok(u8::from(failures > 0))
}

#[cfg(test)]
mod tests {
    use tracing::{Level, enabled, subscriber::with_default};
    use tracing_subscriber::{EnvFilter, fmt};

    use super::LOG_FILTER;

    #[test]
    fn a_slow_disk_prints_no_sql() {
        let subscriber = fmt().with_env_filter(EnvFilter::new(LOG_FILTER)).finish();
        with_default(subscriber, || {
            // The target of sqlx for slow statements.
            assert!(!enabled!(target: "sqlx::query", Level::WARN));
            assert!(enabled!(target: "stafett", Level::WARN));
        });
    }
}
