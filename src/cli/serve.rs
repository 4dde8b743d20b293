//! `stafett serve`.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
};

use actix_web::{dev::ServerHandle, web};

use super::{ServeArgs, connect, settings};
use crate::{
    access::{Policies, Services},
    app,
    db::{Pools, SchemaState, can_change_log, migrate, schema_state},
    housekeeping::keep_house,
    identity::TokenKeys,
    kernel::Clock,
    log_tree::{Checkpoints, LogKey, Sealer},
    telemetry::{Observed, Traces, expose},
    terminal::{Failure, start_logging_and_tracing},
};

/// Serves until stopped.
pub(super) async fn serve(config: Option<&Path>, args: ServeArgs) -> Result<(), Failure> {
    let mut settings = settings(config, &args.database)?;
    if let Some(listen) = args.listen {
        settings.listen = listen;
    }
    let traces = settings.trace_collector.as_deref().map(Traces::to).transpose()?;
    start_logging_and_tracing(settings.log_format, "info,sqlx=warn", traces.as_ref());
    let policies = match &settings.local_policies {
        Some(folder) => Policies::load_local(folder)?,
        None => Policies::load()?,
    };
    let tokens = TokenKeys::from_pem(&settings.token_keys()?)?;
    let db = connect(&settings).await?;
    if args.migrate {
        migrate(&db).await?;
    } else if let SchemaState::Behind(missing) = schema_state(&db).await? {
        return Err(format!("{missing} migrations are pending: run `stafett migrate` first").into());
    }
    if matches!(db.pools, Pools::Postgres { .. }) && can_change_log(&db).await? {
        tracing::warn!(
            "the database role can change the access log: run the service as a separate role, see `stafett migrate --grant-to ROLE`"
        );
    }
    let log_key = Arc::new(LogKey::from_pem(&settings.access_log_key()?, &settings.access_log_origin)?);
    let checkpoints = Checkpoints {
        folder: settings.checkpoint_folder.clone(),
        witness: settings.checkpoint_witness.clone(),
    };
    let sealer = Sealer::new(db.clone(), Clock::System, log_key.clone(), checkpoints);
    let keeping_house = tokio::spawn(keep_house(db.clone(), Clock::System));
    let proxies = settings.trusted_proxies.clone();
    let services = Services::with_policies(policies, db.clone(), Clock::System, tokens, log_key, proxies)?;
    let sealing = tokio::spawn(sealer.clone().run(services.log().written()));
    let observed = Observed::new(db.clone(), Clock::System, services.log().clone());
    let exposed = settings.metrics_listen.map(|address| expose_at(address, observed)).transpose()?;
    let listener = TcpListener::bind(settings.listen)?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    app::serve(web::Data::new(services), listener, settings.workers)?.await?;
    if let Some(exposed) = exposed {
        exposed.stop(false).await;
    }
    keeping_house.abort();
    sealing.abort();
    // The last answers must be sealed too.
    while sealer.seal().await? > 0 {}
    db.close().await;
    tracing::info!("stopped");
    if let Some(traces) = traces
        && let Err(error) = traces.finish()
    {
        tracing::warn!(%error, "sending the last traces failed");
    }
    Ok(())
}

/// Serves the metrics on a listener of their own.
fn expose_at(address: SocketAddr, observed: Observed) -> io::Result<ServerHandle> {
    let listener = TcpListener::bind(address)?;
    tracing::info!(address = %listener.local_addr()?, "serving the metrics");
    let server = expose(observed, listener)?;
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}
