//! What is done while nobody asks for it.

use std::time::Duration;

use crate::{access::forget_old_keys, db::Db, handovers, kernel::Clock, log_reviews};

/// How often: keys that others make or erase are known here no later.
pub const INTERVAL: Duration = Duration::from_secs(300);

/// Keeps house every five minutes, for as long as the service runs.
pub async fn keep_house(db: Db, clock: Clock) {
    loop {
        match handovers::sweep(&db, &clock).await {
            Ok(0) => {}
            Ok(passed) => {
                tracing::info!(passed, "batons went to the leaders of the units that opened the cases")
            }
            Err(error) => tracing::error!(%error, "the batons could not be looked after"),
        }
        match log_reviews::pick(&db, &clock).await {
            Ok(0) => {}
            Ok(picked) => tracing::info!(picked, "looks were picked for review"),
            Err(error) => tracing::error!(%error, "no looks could be picked for review"),
        }
        if let Err(error) = db.vault().refresh() {
            tracing::error!(%error, "the keys could not be read anew");
        }
        if let Err(error) = forget_old_keys(&db, clock.now()).await {
            tracing::error!(%error, "old idempotency keys could not be forgotten");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
