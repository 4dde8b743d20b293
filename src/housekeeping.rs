//! Background jobs.

use std::{fmt::Display, time::Duration};

use crate::{
    access::forget_old_keys,
    db::Db,
    handovers,
    kernel::{Clock, background::contained},
    log_reviews,
};

/// The interval between runs. Servers learn of keys that others create or erase within this time.
pub const INTERVAL: Duration = Duration::from_secs(300);

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
