//! Background jobs.

use std::time::Duration;

use actix_web::web;

use crate::{
    access::{Services, forget_old_keys},
    db::Db,
    handovers,
    identity::{forget_expired_devices, forget_failures},
    kernel::Clock,
    log_reviews,
};

/// The interval between runs. Servers learn of keys that others create or erase within this time.
pub const INTERVAL: Duration = Duration::from_secs(300);

/// The interval between entries about what strangers have tried.
const COUNTED: Duration = Duration::from_secs(60);

/// Writes what strangers have tried to the access log, every minute while the service runs.
pub async fn count_strangers(services: web::Data<Services>) {
    loop {
        tokio::time::sleep(COUNTED).await;
        if let Err(error) = services.write_strangers().await {
            tracing::error!(%error, "counting the attempts of strangers failed");
        }
    }
}

/// Writes what strangers have tried since the last minute, when the service stops. A connection may have ended with the server, so a
/// failure is repeated.
pub async fn count_last_strangers(services: &Services) {
    for _ in 0..3 {
        match services.write_strangers().await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "counting the last attempts of strangers failed"),
        }
    }
}

/// Runs the background jobs every five minutes while the service runs.
pub async fn keep_house(db: Db, clock: Clock) {
    loop {
        match handovers::sweep(&db, &clock).await {
            Ok(0) => {}
            Ok(passed) => {
                tracing::info!("reassigned {passed} contact persons")
            }
            Err(error) => tracing::error!(%error, "contact-person sweep failed"),
        }
        match log_reviews::pick(&db, &clock).await {
            Ok(0) => {}
            Ok(picked) => tracing::info!("selected {picked} log entries for review"),
            Err(error) => tracing::error!(%error, "selection for log review failed"),
        }
        if let Err(error) = db.vault().refresh() {
            tracing::error!(%error, "reloading the keys failed");
        }
        if let Err(error) = forget_old_keys(&db, clock.now()).await {
            tracing::error!(%error, "deleting old idempotency keys failed");
        }
        if let Err(error) = forget_failures(&db, clock.now()).await {
            tracing::error!(%error, "deleting old failures failed");
        }
        if let Err(error) = forget_expired_devices(&db, clock.now()).await {
            tracing::error!(%error, "deleting expired devices failed");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
