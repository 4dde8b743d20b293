//! A write that shows whether the database takes writes: one that is on a full disk, read-only or locked refuses it.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Db, DbError};
use crate::{execute, vault::VaultError};

/// Takes about as much room as a change of a case with its entry in the access log.
const FILL: &str = "INSERT INTO data_migration (name) VALUES ($1), ($2), ($3), ($4)";
/// Also removes what a program left that was killed in between.
const CLEAR: &str = "DELETE FROM data_migration WHERE name LIKE 'write trial %'";
/// Random bytes of a row. As text they are just smaller than what an index of PostgreSQL takes.
const FILLER: usize = 1900;

/// Writes to the database, and leaves nothing. Both the table and the disk must have room.
///
/// # Errors
/// If the database refuses.
pub async fn try_to_write(db: &Db) -> Result<(), DbError> {
    let (one, two, three, four) = (filler()?, filler()?, filler()?, filler()?);
    let mut tx = db.write_log().await?;
    execute!(&mut tx, FILL, one, two, three, four)?;
    tx.commit().await?;
    let mut tx = db.write_log().await?;
    execute!(&mut tx, CLEAR)?;
    tx.commit().await
}

fn filler() -> Result<String, DbError> {
    let mut bytes = [0; FILLER];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::Randomness)?;
    Ok(format!("write trial {}", STANDARD.encode(bytes)))
}
