//! A write that shows whether the database takes writes: one that is on a full disk, read-only or locked refuses it.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Db, DbError};
use crate::{execute, vault::VaultError};

/// Makes the table grow, so that a full disk refuses it. It is rolled back.
const FILL: &str = "INSERT INTO data_migration (name) VALUES ($1), ($2), ($3), ($4)";
/// Writes one row again, so that the commit reaches the disk.
const MARK: &str = "INSERT INTO data_migration (name) VALUES ('write_trial')
    ON CONFLICT (name) DO UPDATE SET name = excluded.name";
/// Random bytes of a row that fills. As text they are just smaller than what an index of PostgreSQL takes.
const FILLER: usize = 1900;

/// Writes to the database, and leaves nothing but one row of a fixed name.
///
/// # Errors
/// If the database refuses.
pub async fn try_to_write(db: &Db) -> Result<(), DbError> {
    let mut tx = db.write_log().await?;
    let (one, two, three, four) = (filler()?, filler()?, filler()?, filler()?);
    execute!(&mut tx, FILL, one, two, three, four)?;
    tx.rollback().await?;
    let mut tx = db.write_log().await?;
    execute!(&mut tx, MARK)?;
    tx.commit().await
}

fn filler() -> Result<String, DbError> {
    let mut bytes = [0; FILLER];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::Randomness)?;
    Ok(STANDARD.encode(bytes))
}
