//! Background jobs.

use std::time::Duration;

use crate::{access::forget_old_keys, db::Db, handovers, kernel::Clock, log_reviews};

/// The interval between runs.
pub const INTERVAL: Duration = Duration::from_secs(300);

/// The interval between comparisons of the keys with the record of the database. Servers learn within this time of keys that others
/// create or erase, and of keys that are missing or back.
const KEYS_INTERVAL: Duration = Duration::from_secs(5);
/// The time after which a comparison is repeated, when keys are missing or a text names an unknown key.
const SOON: Duration = Duration::from_secs(1);

/// Runs the background jobs while the service runs.
pub async fn keep_house(db: Db, clock: Clock) {
    tokio::join!(watch_keys(&db), keep_rows(&db, &clock));
}

/// Compares the keys with the record of the database, again and again.
async fn watch_keys(db: &Db) {
    let mut were_whole = true;
    loop {
        // If the database does not answer, the keys are as they were.
        let _compared = db.compare_keys().await;
        let whole = db.vault().require_whole();
        match &whole {
            Ok(()) if !were_whole => tracing::info!("the keys are back"),
            Err(error) if were_whole => tracing::error!(%error, "the service is not ready"),
            _ => {}
        }
        were_whole = whole.is_ok();
        let wait = if were_whole { KEYS_INTERVAL } else { SOON };
        let _alarmed = tokio::time::timeout(wait - SOON, db.vault().alarmed()).await;
        tokio::time::sleep(SOON).await;
    }
}

/// Runs the jobs about rows every five minutes.
async fn keep_rows(db: &Db, clock: &Clock) {
    loop {
        match handovers::sweep(db, clock).await {
            Ok(0) => {}
            Ok(passed) => {
                tracing::info!("reassigned {passed} contact persons")
            }
            Err(error) => tracing::error!(%error, "contact-person sweep failed"),
        }
        match log_reviews::pick(db, clock).await {
            Ok(0) => {}
            Ok(picked) => tracing::info!("selected {picked} log entries for review"),
            Err(error) => tracing::error!(%error, "selection for log review failed"),
        }
        if let Err(error) = forget_old_keys(db, clock.now()).await {
            tracing::error!(%error, "deleting old idempotency keys failed");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
