//! `stafett serve`.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use actix_web::{dev::ServerHandle, web};
use secrecy::ExposeSecret;

use super::{ServeArgs, connect, log_key, settings, stopping::Signals, vault};
use crate::{
    access::{Policies, Services, TrustedProxies},
    app,
    config::Settings,
    db::{Db, Pools, can_change_log},
    housekeeping::{count_last_strangers, count_strangers, keep_house},
    identity::TokenKeys,
    kernel::{Clock, background::contained},
    log_tree::{LogKey, Sealer},
    telemetry::{Observed, Traces, expose},
    terminal::{Failure, log_panics, start_logging_and_tracing},
};

/// The lines that are written. Actix reports what a client sends wrong as an error of the service; such requests have no line.
const LOG_FILTER: &str = "info,sqlx=warn,actix_http::h1::dispatcher=off";
/// How long sealing the last entries and closing the connections may take. The next start seals what is left.
const LAST_WORK: Duration = Duration::from_secs(5);

/// Serves until stopped.
pub(super) async fn serve(config: Option<&Path>, args: ServeArgs) -> Result<(), Failure> {
    let mut settings = settings(config, &args.database)?;
    if let Some(listen) = args.listen {
        settings.listen = listen;
    }
    settings.check()?;
    let checkpoints = settings.checkpoints()?;
    let traces = settings.trace_collector.as_deref().map(Traces::to).transpose()?;
    let _log_output = start_logging_and_tracing(settings.log_format, LOG_FILTER, traces.as_ref())?;
    log_panics();
    let policies = match &settings.local_policies {
        Some(folder) => Policies::load_local(folder)?,
        None => Policies::load()?,
    };
    let tokens = TokenKeys::from_pem(&settings.token_keys()?)?;
    let log_key = Arc::new(log_key(&settings)?);
    let db = open(&settings, args.migrate, &log_key).await?;
    let listener = listen_at(settings.listen)?;
    let sealer = Sealer::new(db.clone(), Clock::System, log_key.clone(), checkpoints);
    let proxies = TrustedProxies::new(settings.trusted_proxies.clone(), settings.forwarding_header);
    let services = Services::with_policies(policies, db.clone(), Clock::System, tokens, log_key, proxies)?;
    let services = services.requiring(settings.staff_factor());
    let services = services.hashing_on(settings.password_threads()).watching(sealer.fails());
    let services = web::Data::new(services);
    let counting = tokio::spawn(count_strangers(services.clone()));
    let keeping_house = tokio::spawn(keep_house(db.clone(), Clock::System));
    let sealing = tokio::spawn(sealer.clone().run(services.log().written()));
    let observed = Observed::new(db.clone(), Clock::System, services.log().clone());
    let exposed = settings.metrics_listen.map(|address| expose_at(address, observed)).transpose()?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    let stop = Signals::take()?.stop(services.clone(), settings.stop_grace());
    app::serve_until(services.clone(), listener, settings.workers, stop)?.await?;
    if let Some(exposed) = exposed {
        exposed.stop(false).await;
    }
    counting.abort();
    keeping_house.abort();
    count_last_strangers(&services).await;
    sealing.abort();
    finish(&sealer, &db).await;
    tracing::info!("stopped");
    if let Some(Err(error)) = traces.map(|traces| traces.finish()) {
        tracing::warn!(%error, "sending the last traces failed");
    }
    Ok(())
}

/// Returns a listener at an address.
fn listen_at(address: SocketAddr) -> Result<TcpListener, Failure> {
    Ok(TcpListener::bind(address).map_err(|error| format!("cannot listen on {address}: {error}"))?)
}

/// Serves the metrics on a listener of their own.
fn expose_at(address: SocketAddr, observed: Observed) -> Result<ServerHandle, Failure> {
    let listener = listen_at(address)?;
    tracing::info!(address = %listener.local_addr()?, "serving the metrics");
    let server = expose(observed, listener)?;
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}

/// Opens the database with its schema up to date. Migrations have time; requests do not.
async fn open(settings: &Settings, may_migrate: bool, log_key: &LogKey) -> Result<Db, Failure> {
    if may_migrate {
        connect(settings).await?.migrate(log_key).await?.close().await;
    }
    let url = settings.database_url()?;
    let (connections, limits) = (settings.connections, settings.limits());
    let unchecked = Db::connect_within(url.expose_secret(), connections, limits, vault(settings)?).await?;
    let db = unchecked.check(log_key).await?;
    db.vault().also_needs(settings.key_files()?.access_log, &settings.access_log_key()?);
    if matches!(db.pools, Pools::Postgres { .. }) && can_change_log(&db).await? {
        tracing::warn!(
            "the database role can change the access log: run the service as a separate role, see `stafett migrate --grant-to ROLE`"
        );
    }
    Ok(db)
}

/// Seals the entries of the last answers, and closes the connections. All requests are answered by now, so a failure is logged and
/// the stop is still an orderly one.
async fn finish(sealer: &Sealer, db: &Db) {
    match contained(LAST_WORK, sealer.finish()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last entries of the access log are not sealed yet"),
        Err(error) => tracing::warn!(%error, "the last entries of the access log are not sealed yet"),
    }
    if let Err(error) = contained(LAST_WORK, db.close()).await {
        tracing::warn!(%error, "the connections to the database were not closed");
    }
}
