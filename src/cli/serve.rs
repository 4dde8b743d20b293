//! `stafett serve`.

use std::{net::TcpListener, path::Path, sync::Arc, time::Duration};

use actix_web::web;
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
    log_tree::{Checkpoints, LogKey, Sealer},
    terminal::{Failure, log_panics, start_logging},
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
    let _log_output = start_logging(settings.log_format, LOG_FILTER)?;
    log_panics();
    let policies = match &settings.local_policies {
        Some(folder) => Policies::load_local(folder)?,
        None => Policies::load()?,
    };
    let tokens = TokenKeys::from_pem(&settings.token_keys()?)?;
    let log_key = Arc::new(log_key(&settings)?);
    let db = open(&settings, args.migrate, &log_key).await?;
    let listener = TcpListener::bind(settings.listen)
        .map_err(|error| format!("cannot listen on {}: {error}", settings.listen))?;
    let checkpoints = Checkpoints {
        folder: settings.checkpoint_folder.clone(),
        witness: settings.checkpoint_witness.clone(),
    };
    let sealer = Sealer::new(db.clone(), Clock::System, log_key.clone(), checkpoints);
    let proxies = TrustedProxies::new(settings.trusted_proxies.clone(), settings.forwarding_header);
    let services = Services::with_policies(policies, db.clone(), Clock::System, tokens, log_key, proxies)?;
    let services = services.hashing_on(settings.password_threads()).watching(sealer.fails());
    let services = web::Data::new(services);
    let counting = tokio::spawn(count_strangers(services.clone()));
    let keeping_house = tokio::spawn(keep_house(db.clone(), Clock::System));
    let sealing = tokio::spawn(sealer.clone().run(services.log().written()));
    tracing::info!(address = %listener.local_addr()?, "serving");
    let stop = Signals::take()?.stop(services.clone(), settings.stop_grace());
    app::serve_until(services.clone(), listener, settings.workers, stop)?.await?;
    counting.abort();
    keeping_house.abort();
    count_last_strangers(&services).await;
    sealing.abort();
    finish(&sealer, &db).await;
    tracing::info!("stopped");
    Ok(())
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
