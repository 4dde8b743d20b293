//! Background jobs.

use std::{fmt::Display, time::Duration};

use actix_web::web;

use crate::{
    access::{Services, forget_old_keys},
    db::Db,
    handovers,
    identity::{forget_expired_devices, forget_failures},
    kernel::{Clock, background::contained},
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
        match run("the sweep of contact persons", handovers::sweep(&db, &clock)).await {
            None | Some(0) => {}
            Some(passed) => tracing::info!("reassigned {passed} contact persons"),
        }
        match run("the selection for log review", log_reviews::pick(&db, &clock)).await {
            None | Some(0) => {}
            Some(picked) => tracing::info!("selected {picked} log entries for review"),
        }
        run("deleting old failures", forget_failures(&db, clock.now())).await;
        run("deleting expired devices", forget_expired_devices(&db, clock.now())).await;
        run("reloading the keys", async { db.vault().refresh() }).await;
        run("deleting old idempotency keys", forget_old_keys(&db, clock.now())).await;
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Runs a job. Its failure is logged, and does not keep the others from running.
async fn run<T, E: Display>(name: &str, job: impl Future<Output = Result<T, E>>) -> Option<T> {
    match contained(INTERVAL, job).await {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(error)) => tracing::error!(%error, "{name} failed"),
        Err(error) => tracing::error!(%error, "{name} failed"),
    }
    None
}
