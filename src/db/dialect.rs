//! The few places where the engines must be told different things.

use super::{DbError, Tx};
use crate::kernel::ids::{Case, Id};

/// Makes writes to one case wait for each other, so that what a write was allowed by still holds
/// when it commits. SQLite has one writer and needs nothing.
///
/// # Errors
/// If the database does not answer.
pub async fn lock_case(tx: &mut Tx, case: Id<Case>) -> Result<(), DbError> {
    if let Tx::Postgres(transaction) = tx {
        sqlx::query("SELECT 1 FROM care_case WHERE id = $1 FOR UPDATE")
            .bind(case)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}
