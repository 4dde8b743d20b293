//! `stafett serve`.

use std::{net::TcpListener, path::Path};

use actix_web::web;

use super::{Failure, ServeArgs, connect, settings, start_logging};
use crate::{
    access::{Policies, Services},
    app,
    db::{SchemaState, migrate, schema_state},
    housekeeping::keep_house,
    identity::TokenKeys,
    kernel::Clock,
};

/// Serves until told to stop.
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
    } else if let SchemaState::Behind(missing) = schema_state(&db).await? {
        return Err(format!("the database lacks {missing} migrations: run `stafett migrate` first").into());
    }
    let keeping_house = tokio::spawn(keep_house(db.clone(), Clock::System));
    let proxies = settings.trusted_proxies.clone();
    let services = Services::with_policies(policies, db.clone(), Clock::System, tokens, proxies)?;
    let listener = TcpListener::bind(settings.listen)?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    app::serve(web::Data::new(services), listener, settings.workers)?.await?;
    keeping_house.abort();
    db.close().await;
    tracing::info!("stopped");
    Ok(())
}
