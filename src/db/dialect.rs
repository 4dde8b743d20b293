//! The few statements that must differ between the engines.

use uuid::Uuid;

use super::{Db, DbError, EngineTx, Pools, Tx, in_time};

/// Serializes writes to an object until the transaction ends. The grounds for allowing a write then still hold when it
/// commits, and the loser of a race sees what the winner did. SQLite has a single writer and needs nothing.
///
/// # Errors
/// If the database query fails.
pub async fn lock(tx: &mut Tx, thing: Uuid) -> Result<(), DbError> {
    advisory_lock(tx, "SELECT pg_advisory_xact_lock($1)", thing).await?;
    Ok(())
}

/// Makes writes that take [`lock`] on the object wait for this one, but not others that only rely on it. Returns whether
/// it had to wait; what was read of the object before must then be read again.
///
/// # Errors
/// If the database query fails.
pub async fn rely_on(tx: &mut Tx, thing: Uuid) -> Result<bool, DbError> {
    advisory_lock(tx, "SELECT pg_advisory_xact_lock_shared($1)", thing).await
}

async fn advisory_lock(tx: &mut Tx, sql: &'static str, thing: Uuid) -> Result<bool, DbError> {
    let limit = tx.limit();
    let EngineTx::Postgres(transaction) = &mut tx.engine else { return Ok(false) };
    // Two objects with the same low 64 bits only wait for each other unnecessarily.
    let (_, low) = thing.as_u64_pair();
    in_time(limit, sqlx::query(sql).bind(low.cast_signed()).execute(&mut **transaction)).await?;
    Ok(true)
}

/// Takes [`lock`] on the object if it is free. Returns whether it was taken.
///
/// # Errors
/// If the database query fails.
pub async fn try_lock(tx: &mut Tx, thing: Uuid) -> Result<bool, DbError> {
    let limit = tx.limit();
    let EngineTx::Postgres(transaction) = &mut tx.engine else { return Ok(true) };
    let (_, low) = thing.as_u64_pair();
    let sql = "SELECT pg_try_advisory_xact_lock($1)";
    let taken = sqlx::query_scalar(sql).bind(low.cast_signed()).fetch_one(&mut **transaction);
    Ok(in_time(limit, taken).await?)
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
