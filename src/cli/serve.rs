//! `stafett serve`.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use actix_web::{dev::ServerHandle, web};
use secrecy::ExposeSecret;

use super::{
    ServeArgs, connect_or_create, explained, log_key, policies, settings, stopping::Signals, unopened, vault,
};
use crate::{
    access::{Services, TrustedProxies},
    app,
    config::Settings,
    db::{Db, Pools, can_change_log},
    housekeeping::{count_last_strangers, count_strangers, keep_house},
    identity::TokenKeys,
    kernel::{Clock, background::contained},
    log_tree::{LogKey, Sealer},
    telemetry::{Observed, Traces, expose},
    terminal::{Failure, Usage, in_words, log_panics, start_logging_and_tracing},
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
    let relying_party = settings.relying_party()?;
    let traces = settings.trace_collector.as_deref().map(Traces::to).transpose()?;
    let _log_output = start_logging_and_tracing(settings.log_format, LOG_FILTER, traces.as_ref())?;
    log_panics();
    let policies = policies(&settings)?;
    let tokens = token_keys(&settings)?;
    let log_key = Arc::new(log_key(&settings)?);
    let db = open(&settings, args.migrate, &log_key).await?;
    let listener = listen_at(settings.listen, "--listen")?;
    let sealer = Sealer::new(db.clone(), Clock::System, log_key.clone(), checkpoints);
    let proxies = TrustedProxies::new(settings.trusted_proxies.clone(), settings.forwarding_header);
    let services = Services::with_policies(policies, db.clone(), Clock::System, tokens, log_key, proxies)?;
    let services = services.requiring(settings.staff_factor()).with_synthetic_ids(settings.synthetic_ids());
    let services = services.with_passkeys(relying_party);
    let services = services.hashing_on(settings.password_threads()).watching(sealer.fails());
    let services = web::Data::new(services);
    let counting = tokio::spawn(count_strangers(services.clone()));
    let keeping_house = tokio::spawn(keep_house(db.clone(), Clock::System));
    let sealing = tokio::spawn(sealer.clone().run(services.log().written()));
    let observed = Observed::new(db.clone(), Clock::System, services.log().clone());
    let exposed = settings.metrics_listen.map(|address| expose_at(address, observed)).transpose()?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    let stop = Signals::take()?.stop(services.clone(), settings.stop_grace());
    app::serve_until(services.clone(), listener, settings.workers(), stop)?.await?;
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

/// Reads the keys of access tokens.
fn token_keys(settings: &Settings) -> Result<TokenKeys, Failure> {
    let keys = settings.token_keys()?;
    for (setting, path, pem) in &keys {
        let parsed = TokenKeys::from_pem(std::slice::from_ref(pem));
        parsed.map_err(|error| Usage::of(setting, path.display(), error))?;
    }
    Ok(TokenKeys::from_pem(&keys.into_iter().map(|(_, _, pem)| pem).collect::<Vec<_>>())?)
}

/// Returns a listener at an address, which `named_by` can change.
fn listen_at(address: SocketAddr, named_by: &str) -> Result<TcpListener, Failure> {
    let failed =
        |error| format!("cannot listen on {address}: {}; name another with {named_by}", in_words(&error));
    Ok(TcpListener::bind(address).map_err(failed)?)
}

/// Serves the metrics on a listener of their own.
fn expose_at(address: SocketAddr, observed: Observed) -> Result<ServerHandle, Failure> {
    let listener = listen_at(address, "metrics_listen")?;
    tracing::info!(address = %listener.local_addr()?, "serving the metrics");
    let server = expose(observed, listener)?;
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}

/// Opens the database with its schema up to date. Migrations have time; requests do not.
async fn open(settings: &Settings, may_migrate: bool, log_key: &LogKey) -> Result<Db, Failure> {
    if may_migrate {
        let migrated = connect_or_create(settings).await?.migrate(log_key).await;
        migrated.map_err(|error| explained(settings, error))?.close().await;
    }
    let url = settings.database_url()?;
    let (connections, limits) = (settings.connections(), settings.limits());
    let unchecked = Db::connect_within(url.expose_secret(), connections, limits, vault(settings)?).await;
    let checked = unchecked.map_err(|error| unopened(settings, error))?.check(log_key).await;
    let db = checked.map_err(|error| explained(settings, error))?;
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
