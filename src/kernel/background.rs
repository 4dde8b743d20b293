//! Work that nobody waits for: a failure of one run must not end the next ones.

use std::{panic::AssertUnwindSafe, sync::atomic::AtomicU64, time::Duration};

use futures_util::FutureExt;

/// The number of log lines that could not be written.
pub static DROPPED_LOG_LINES: AtomicU64 = AtomicU64::new(0);

/// Why work has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Interrupted {
    /// It panicked.
    #[error("it panicked")]
    Panicked,
    /// It was given up.
    #[error("it took more than {} seconds", .0.as_secs())]
    TookTooLong(Duration),
}

/// Runs work that may panic or never end.
///
/// # Errors
/// If it panics, or takes longer than the limit.
pub async fn contained<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Interrupted> {
    match tokio::time::timeout(limit, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) => Err(Interrupted::Panicked),
        Err(_) => Err(Interrupted::TookTooLong(limit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_and_an_endless_wait_end_one_run_only() {
        let limit = Duration::from_millis(10);
        assert_eq!(contained(limit, async { 7 }).await, Ok(7));
        let panics = contained(limit, async { assert!(std::env::args().len() == usize::MAX) });
        assert_eq!(panics.await, Err(Interrupted::Panicked));
        let endless = contained(limit, std::future::pending::<()>());
        assert_eq!(endless.await, Err(Interrupted::TookTooLong(limit)));
    }
}
