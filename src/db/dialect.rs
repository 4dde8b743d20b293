//! The few places where the engines must be told different things.

use uuid::Uuid;

use super::{DbError, Tx};

/// Makes writes to one thing wait for each other until the transaction ends, so that what a write was allowed by
/// still holds when it commits, and the loser of a race sees what the winner did. SQLite has one writer and needs nothing.
///
/// # Errors
/// If the database does not answer.
pub async fn lock(tx: &mut Tx, thing: Uuid) -> Result<(), DbError> {
    if let Tx::Postgres(transaction) = tx {
        // Two things with the same 64 bits would only wait for each other without need.
        let (_, low) = thing.as_u64_pair();
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(low.cast_signed())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}
