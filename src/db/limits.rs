//! How long a program waits for the database.

use std::time::Duration;

/// How much longer the program itself waits for an answer than the database works on it, if the network is gone.
const MARGIN: Duration = Duration::from_secs(2);

/// The longest waits. A service answers 503 after them; a command at the machine has time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a free connection.
    pub turn: Duration,
    /// For a lock that another holds: `lock_timeout` of PostgreSQL, `busy_timeout` of SQLite. None: as long as for a connection.
    pub lock: Option<Duration>,
    /// For a statement: `statement_timeout` of PostgreSQL.
    pub statement: Option<Duration>,
    /// For the next statement of an open transaction: `idle_in_transaction_session_timeout` of PostgreSQL.
    pub idle_in_transaction: Option<Duration>,
}

impl Limits {
    /// The limits of commands, migrations and other work that may take hours.
    pub const PATIENT: Self =
        Self { turn: Duration::from_secs(10), lock: None, statement: None, idle_in_transaction: None };

    /// The limits as settings of a session of PostgreSQL.
    pub(super) fn session(&self) -> impl Iterator<Item = (&'static str, u128)> {
        [
            ("lock_timeout", self.lock),
            ("statement_timeout", self.statement),
            ("idle_in_transaction_session_timeout", self.idle_in_transaction),
        ]
        .into_iter()
        .filter_map(|(name, limit)| Some((name, limit?.as_millis())))
    }

    /// The longest wait for the answer to a statement.
    pub(super) fn answer(&self) -> Option<Duration> {
        self.statement.map(|limit| limit + MARGIN)
    }
}

/// Waits for an answer of the database, but not endlessly.
///
/// # Errors
/// If there is none in time, or it is an error.
pub async fn in_time<T>(
    limit: Option<Duration>,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let Some(limit) = limit else { return answer.await };
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
