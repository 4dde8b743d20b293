//! `stafett serve`.

use std::{net::TcpListener, path::Path, sync::Arc};

use actix_web::web;

use super::{ServeArgs, connect, require_schema, settings};
use crate::{
    access::{Policies, Services},
    app,
    db::{Pools, can_change_log, migrate},
    housekeeping::keep_house,
    identity::TokenKeys,
    kernel::Clock,
    log_tree::{Checkpoints, LogKey, Sealer},
    terminal::{Failure, start_logging},
};

/// Serves until stopped.
pub(super) async fn serve(config: Option<&Path>, args: ServeArgs) -> Result<(), Failure> {
    let mut settings = settings(config, &args.database)?;
    if let Some(listen) = args.listen {
        settings.listen = listen;
    }
    start_logging(settings.log_format, "info,sqlx=warn");
    let policies = match &settings.local_policies {
        Some(folder) => Policies::load_local(folder)?,
        None => Policies::load()?,
    };
    let tokens = TokenKeys::from_pem(&settings.token_keys()?)?;
    let db = connect(&settings).await?;
    if args.migrate {
        migrate(&db).await?;
    } else {
        require_schema(&db).await?;
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
    let listener = TcpListener::bind(settings.listen)?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    app::serve(web::Data::new(services), listener, settings.workers)?.await?;
    keeping_house.abort();
    sealing.abort();
    // The last answers must be sealed too.
    while sealer.seal().await? > 0 {}
    db.close().await;
    tracing::info!("stopped");
    Ok(())
}
