//! The few places where the engines must be told different things.

use uuid::Uuid;

use super::{Db, DbError, EngineTx, Pools, Tx};

/// Makes writes to one thing wait for each other until the transaction ends, so that what a write was allowed by
/// still holds when it commits, and the loser of a race sees what the winner did. SQLite has one writer and needs nothing.
///
/// # Errors
/// If the database does not answer.
pub async fn lock(tx: &mut Tx, thing: Uuid) -> Result<(), DbError> {
    advisory_lock(tx, "SELECT pg_advisory_xact_lock($1)", thing).await?;
    Ok(())
}

/// Makes writes that take [`lock`] on the thing wait for this one, but not others that only rely on it. True if there
/// was anything to wait for: then what was read of the thing before must be read again.
///
/// # Errors
/// If the database does not answer.
pub async fn rely_on(tx: &mut Tx, thing: Uuid) -> Result<bool, DbError> {
    advisory_lock(tx, "SELECT pg_advisory_xact_lock_shared($1)", thing).await
}

async fn advisory_lock(tx: &mut Tx, sql: &'static str, thing: Uuid) -> Result<bool, DbError> {
    let EngineTx::Postgres(transaction) = &mut tx.engine else { return Ok(false) };
    // Two things with the same 64 bits would only wait for each other without need.
    let (_, low) = thing.as_u64_pair();
    sqlx::query(sql).bind(low.cast_signed()).execute(&mut **transaction).await?;
    Ok(true)
}

/// Takes [`lock`] on the thing if nobody holds it. True if it is taken.
///
/// # Errors
/// If the database does not answer.
pub async fn try_lock(tx: &mut Tx, thing: Uuid) -> Result<bool, DbError> {
    let EngineTx::Postgres(transaction) = &mut tx.engine else { return Ok(true) };
    let (_, low) = thing.as_u64_pair();
    let sql = "SELECT pg_try_advisory_xact_lock($1)";
    Ok(sqlx::query_scalar(sql).bind(low.cast_signed()).fetch_one(&mut **transaction).await?)
}

/// Lets SQLite keep what many rows touch in memory until they are committed: with the little that it keeps otherwise, each
/// page is written many times. Commits are as durable as before.
///
/// # Errors
/// If the database does not answer.
pub async fn prepare_for_many_rows(db: &Db) -> Result<(), DbError> {
    if let Pools::Sqlite { writer, .. } = &db.pools {
        sqlx::query("PRAGMA cache_size = -262144").execute(writer).await?;
    }
    Ok(())
}
