//! Database errors.

use std::{io, path::PathBuf};

use sqlx::{error::DatabaseError, migrate::MigrateError, sqlite::SqliteError};

use super::BelongingError;
use crate::{kernel::files::in_words, vault::VaultError};

/// A failure of the database, or a violated expectation about it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// An error from the engine.
    #[error("{}", words(.0))]
    Engine(#[from] sqlx::Error),
    /// The database cannot be opened.
    #[error("{place} cannot be reached: {why}")]
    Unreachable {
        /// Where it should be, without the user and the password.
        place: String,
        /// The cause.
        why: String,
    },
    /// The role of PostgreSQL has no rights.
    #[error(
        "this role of the database may not read its tables: let their owner run `stafett migrate --grant-to ROLE`, with the name of this role"
    )]
    NotGranted,
    /// The database server does not answer.
    #[error("the database server does not answer")]
    Down,
    /// The migrations could not be run.
    #[error("the schema cannot be updated: {}", words_of_migration(.0))]
    Migrate(#[from] MigrateError),
    /// The file of an SQLite database is not in its place.
    #[error("the database file {}: {}; put it back", .0.display(), in_words(.1))]
    FileGone(PathBuf, io::Error),
    /// Another file is in the place of an SQLite database.
    #[error(
        "another file is in the place of the database file {}: put the earlier one back, or restart the service",
        .0.display()
    )]
    FileReplaced(PathBuf),
    /// Others can read the file of an SQLite database.
    #[error(
        "other accounts can read {path}, and this account may not change that: let its owner run `chmod 600 {path}`",
        path = .0.display()
    )]
    Open(PathBuf),
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
    #[error("the address of the database {0}")]
    Address(String),
}

/// The code of PostgreSQL for a database that does not exist.
const NO_DATABASE: &str = "3D000";
/// The code of PostgreSQL for a role that lacks a right.
const NO_RIGHT: &str = "42501";

impl DbError {
    /// The address has another format. The words have no part of it that may be a password.
    pub(super) fn address(error: &sqlx::Error) -> Self {
        Self::Address(format!("is wrong: {}", words(error)))
    }

    /// Names the remedy if the role may not even read which migrations were applied.
    pub(super) fn when_opened(self) -> Self {
        match &self {
            Self::Engine(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NO_RIGHT) => {
                Self::NotGranted
            }
            _ => self,
        }
    }

    /// Returns whether the cause may be that keys, or the address, are those of another installation.
    #[must_use]
    pub fn may_be_of_another_installation(&self) -> bool {
        matches!(self, Self::Belonging(_) | Self::Vault(_) | Self::Unreachable { .. } | Self::Address(_))
    }

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

    /// Returns whether the database is unavailable, full, busy or interrupted, as opposed to a programming error: the same
    /// request can succeed later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Down | Self::FileGone(..) | Self::FileReplaced(_) => true,
            Self::Engine(error) => will_pass(error),
            _ => false,
        }
    }
}

/// The words of an error for the operator. Those of PostgreSQL would end in a line of its own source code.
pub(super) fn words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) if is_full(&**error) => "the disk of the database is full".to_owned(),
        sqlx::Error::Database(error) if is_read_only(&**error) => {
            "this account may not write the file of the database, or the folder it is in".to_owned()
        }
        sqlx::Error::Database(error) if error.message().starts_with("permission denied for ") => {
            format!("{}: name the role that owns the tables in database_url", error.message())
        }
        sqlx::Error::Database(error) if error.code().as_deref() == Some(NO_DATABASE) => {
            format!(
                "{}: create it with `createdb --owner OWNER NAME`, as a superuser of PostgreSQL",
                error.message()
            )
        }
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => in_words(error),
        // The cause repeats these words for each layer.
        sqlx::Error::Configuration(error) => error.to_string().replace("error with configuration: ", ""),
        // Its text names a place in the source of the library.
        sqlx::Error::Protocol(_) => "the answer there is not that of PostgreSQL".to_owned(),
        sqlx::Error::PoolTimedOut => "no connection became free in time".to_owned(),
        error => error.to_string(),
    }
}

fn words_of_migration(error: &MigrateError) -> String {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => words(error),
        error => error.to_string(),
    }
}

/// SQLITE_READONLY, by the low byte of the code.
fn is_read_only(error: &dyn DatabaseError) -> bool {
    let code = error.try_downcast_ref::<SqliteError>().and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 8)
}

/// SQLITE_FULL, or disk_full of PostgreSQL.
fn is_full(error: &dyn DatabaseError) -> bool {
    matches!(error.code().as_deref(), Some("13" | "53100"))
}

fn will_pass(error: &sqlx::Error) -> bool {
    use sqlx::Error;
    match error {
        // No connection, or one that was lost or is in an unknown state. It is closed.
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::BeginFailed
        | Error::InvalidSavePointStatement => true,
        Error::Database(error) => match error.try_downcast_ref::<SqliteError>() {
            Some(error) => sqlite_will_pass(&error.code().unwrap_or_default()),
            None => error.code().is_some_and(|code| postgres_will_pass(&code)),
        },
        _ => false,
    }
}

/// By the primary result code, which is the low byte of the extended one.
fn sqlite_will_pass(code: &str) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const NOMEM: i32 = 7;
    const READONLY: i32 = 8;
    const INTERRUPT: i32 = 9;
    const IOERR: i32 = 10;
    const FULL: i32 = 13;
    const CANTOPEN: i32 = 14;
    const PROTOCOL: i32 = 15;
    let primary = code.parse::<i32>().map(|code| code & 0xff);
    matches!(primary, Ok(BUSY | LOCKED | NOMEM | READONLY | INTERRUPT | IOERR | FULL | CANTOPEN | PROTOCOL))
}

/// By the class of the SQLSTATE: connections (08), transactions that lost against others (40), resources (53), operators (57) and
/// the system (58). Of other classes: a lock that was not free, a transaction that was idle or took too long, a database that only reads.
fn postgres_will_pass(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    matches!(class, "08" | "40" | "53" | "57" | "58")
        || matches!(code, "55P03" | "25006" | "25P03" | "25P04" | "28000" | "28P01" | "3D000")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_pass_is_told_from_what_is_wrong_by_the_code() {
        // SQLITE_BUSY_SNAPSHOT, SQLITE_IOERR_WRITE, SQLITE_READONLY_DBMOVED, SQLITE_CANTOPEN_FULLPATH, SQLITE_FULL
        for code in ["5", "517", "778", "1032", "782", "13", "6", "9"] {
            assert!(sqlite_will_pass(code), "{code}");
        }
        // SQLITE_ERROR, SQLITE_CONSTRAINT_UNIQUE, SQLITE_CORRUPT, and no number
        for code in ["1", "2067", "11", "19", ""] {
            assert!(!sqlite_will_pass(code), "{code}");
        }
        for code in ["08006", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01", "25006", "25P03"]
        {
            assert!(postgres_will_pass(code), "{code}");
        }
        for code in ["23505", "23503", "42601", "42501", "22P02", "25P02", "XX001", ""] {
            assert!(!postgres_will_pass(code), "{code}");
        }
    }
}
