//! Database errors.

use super::BelongingError;
use crate::vault::VaultError;

/// A failure of the database, or a violated expectation about it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// An error from the engine.
    #[error(transparent)]
    Engine(#[from] sqlx::Error),
    /// The migrations could not be run.
    #[error(transparent)]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A statement changed an unexpected number of rows.
    #[error("a statement changed {actual} rows instead of {expected}")]
    RowsAffected {
        /// The expected number.
        expected: u64,
        /// The actual number.
        actual: u64,
    },
    /// A text could not be encrypted or decrypted.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Keys and data do not belong together.
    #[error(transparent)]
    Belonging(Box<BelongingError>),
    /// The address of the database cannot be used.
    #[error("the database address must begin with sqlite: or postgres:")]
    Address,
}

impl DbError {
    /// Returns whether a unique index refused the row.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Engine(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Returns whether the key of the content has been erased.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        match self {
            Self::Vault(VaultError::Erased) => true,
            Self::Engine(sqlx::Error::ColumnDecode { source, .. }) => {
                matches!(source.downcast_ref(), Some(VaultError::Erased))
            }
            _ => false,
        }
    }

    /// Returns whether keys are missing that the database records. The service can go on once they are back.
    #[must_use]
    pub fn is_without_keys(&self) -> bool {
        match self {
            Self::Vault(error) => error.is_missing(),
            Self::Belonging(_) => true,
            Self::Engine(sqlx::Error::ColumnDecode { source, .. }) => {
                source.downcast_ref::<VaultError>().is_some_and(VaultError::is_missing)
            }
            _ => false,
        }
    }

    /// Returns whether the database is unavailable, full or busy, as opposed to a programming error.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Engine(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_)) => true,
            // SQLITE_BUSY, SQLITE_FULL, SQLITE_IOERR; PostgreSQL 53xxx, 57Pxx and 40P01 (deadlock).
            Self::Engine(sqlx::Error::Database(error)) => error.code().is_some_and(|code| {
                matches!(&*code, "5" | "10" | "13" | "40P01")
                    || code.starts_with("53")
                    || code.starts_with("57P")
            }),
            _ => false,
        }
    }
}

/// Checks that a statement changed exactly one row.
///
/// # Errors
/// If it changed none, or several.
pub fn expect_one(rows: u64) -> Result<(), DbError> {
    match rows {
        1 => Ok(()),
        actual => Err(DbError::RowsAffected { expected: 1, actual }),
    }
}
