//! Whether requests can be served: the database takes a write, the access log is written, and the service is not stopping.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;

use super::{LogWriter, Services};
use crate::{
    db::{Db, DbError, try_to_write},
    kernel::background::contained,
    problem::{Code, Problem},
};

/// How long a check is valid. However many ask, the database is written once in this time.
const VALID: Duration = Duration::from_secs(1);
/// How long a check may take.
const LIMIT: Duration = Duration::from_secs(3);

/// Why requests cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopping,
    /// Keys are missing that the database records, or the file of one that the service needs to start again.
    #[error("keys are missing")]
    Keys,
    /// The database does not answer, or refuses a write.
    #[error("the database cannot be read and written")]
    Database,
    /// The access log cannot be written.
    #[error("the access log cannot be written")]
    AccessLog,
}

impl From<NotReady> for Problem {
    fn from(why: NotReady) -> Self {
        Self::explained(Code::Unavailable, why.to_string())
    }
}

/// The last check, and the signals that do not need one.
#[derive(Debug, Default)]
pub(super) struct Readiness {
    last: Mutex<Option<(Instant, Result<(), NotReady>)>>,
    stops: AtomicBool,
    sealing_fails: Arc<AtomicBool>,
}

impl Services {
    /// Takes the signal that sealing the access log fails.
    #[must_use]
    pub fn watching(mut self, sealing_fails: Arc<AtomicBool>) -> Self {
        self.readiness.sealing_fails = sealing_fails;
        self
    }

    /// Begins to stop: the service is not ready any more, and its answers close their connections.
    pub fn begin_to_stop(&self) {
        self.readiness.stops.store(true, Ordering::Release);
    }

    /// Returns whether the service is stopping.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.readiness.stops.load(Ordering::Acquire)
    }

    /// Returns whether the last run of the sealer failed. Requests are served meanwhile.
    #[must_use]
    pub fn sealing_fails(&self) -> bool {
        self.readiness.sealing_fails.load(Ordering::Acquire)
    }

    /// Checks that requests can be served. Those who ask at the same time share one check.
    ///
    /// # Errors
    /// If they cannot.
    pub async fn check(&self) -> Result<(), NotReady> {
        if self.is_stopping() {
            return Err(NotReady::Stopping);
        }
        self.db.require_whole().map_err(|error| match error {
            error if error.is_without_keys() => NotReady::Keys,
            _ => NotReady::Database,
        })?;
        let mut last = self.readiness.last.lock().await;
        if let Some((at, outcome)) = *last
            && at.elapsed() < VALID
        {
            return outcome;
        }
        let outcome = contained(LIMIT, check(&self.db, &self.log, self.clock.now())).await.unwrap_or_else(
            |interrupted| {
                tracing::warn!(%interrupted, "the check of readiness did not end");
                Err(NotReady::Database)
            },
        );
        *last = Some((Instant::now(), outcome));
        outcome
    }
}

async fn check(db: &Db, log: &LogWriter, now: DateTime<Utc>) -> Result<(), NotReady> {
    let failed = |error: DbError| {
        tracing::warn!(%error, "the database is not ready");
        NotReady::Database
    };
    db.read().await.map_err(failed)?.rollback().await.map_err(failed)?;
    try_to_write(db).await.map_err(failed)?;
    log.recover(db, now).await.map_err(|error| {
        tracing::warn!(%error, "the access log is not ready");
        NotReady::AccessLog
    })
}
