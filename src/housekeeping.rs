//! Background jobs.

use std::time::Duration;

use crate::{access::forget_old_keys, db::Db, handovers, kernel::Clock, log_reviews};

/// The interval between runs. Servers learn of keys that others create or erase within this time.
pub const INTERVAL: Duration = Duration::from_secs(300);

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
        tokio::time::sleep(INTERVAL).await;
    }
}
