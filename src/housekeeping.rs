//! Background jobs.

use std::{fmt::Display, time::Duration};

use actix_web::web;

use crate::{
    absences,
    access::{Services, forget_old_keys},
    db::Db,
    disclosures, handovers,
    identity::{forget_expired_challenges, forget_expired_devices, forget_failures},
    kernel::{Clock, background::contained},
    log_reviews,
};

/// The interval between runs.
pub const INTERVAL: Duration = Duration::from_secs(300);

/// The interval between comparisons of the keys with the record of the database. Servers learn within this time of keys that others
/// create or erase, and of files that are missing or back.
const KEYS_INTERVAL: Duration = Duration::from_secs(5);
/// The time after which a comparison is repeated, when keys are missing or a text names an unknown key.
const SOON: Duration = Duration::from_secs(1);
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

/// Runs the background jobs while the service runs.
pub async fn keep_house(db: Db, clock: Clock) {
    tokio::join!(watch(&db), keep_rows(&db, &clock));
}

/// Compares the keys with the record of the database, and looks for the files that the service cannot go on without, again and again.
async fn watch(db: &Db) {
    let (mut fault, mut was_waiting) = (None, false);
    loop {
        // If the database does not answer, the keys are as they were.
        let _compared = db.compare_keys().await;
        let found = db.require_whole().err().map(|error| error.to_string());
        match &found {
            None if fault.is_some() => tracing::info!("the keys and the database are back"),
            Some(error) if fault != found => tracing::error!(%error, "the service is not ready"),
            _ => {}
        }
        let waits = db.vault().waits_for_master_key();
        if waits && !was_waiting {
            tracing::warn!(
                "another master key wraps the data keys by now: put it in the file of the master key"
            );
        }
        (fault, was_waiting) = (found, waits);
        let wait = if fault.is_none() { KEYS_INTERVAL } else { SOON };
        let _alarmed = tokio::time::timeout(wait - SOON, db.vault().alarmed()).await;
        tokio::time::sleep(SOON).await;
    }
}

/// Runs the jobs about rows every five minutes.
async fn keep_rows(db: &Db, clock: &Clock) {
    loop {
        match run("the sweep of contact persons", handovers::sweep(db, clock)).await {
            None | Some(0) => {}
            Some(passed) => tracing::info!("reassigned {passed} contact persons"),
        }
        match run("the sweep of absences", absences::sweep(db, clock)).await {
            None | Some(0) => {}
            Some(passed) => tracing::info!("passed on batons or duties in {passed} cases for absences"),
        }
        match run("the sweep of duties", handovers::sweep_duties(db, clock)).await {
            None | Some(0) => {}
            Some(passed) => tracing::info!("passed on duties in {passed} cases"),
        }
        match run("informing families", disclosures::inform(db, clock)).await {
            None | Some(0) => {}
            Some(informed) => tracing::info!("informed families of {informed} disclosures"),
        }
        match run("the selection for log review", log_reviews::pick(db, clock)).await {
            None | Some(0) => {}
            Some(picked) => tracing::info!("selected {picked} log entries for review"),
        }
        run("deleting old failures", forget_failures(db, clock.now())).await;
        run("deleting expired devices", forget_expired_devices(db, clock.now())).await;
        run("deleting expired challenges", forget_expired_challenges(db, clock.now())).await;
        run("deleting old idempotency keys", forget_old_keys(db, clock.now())).await;
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
