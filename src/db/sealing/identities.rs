//! Joins the persons who have the same national identity number in several municipalities, once.

use uuid::Uuid;

use super::{MIGRATION, done, is_done};
use crate::{
    db::{Db, DbError, Tx, dialect, expect_one},
    execute, fetch_all,
    vault::{Content, VaultError},
};

const NAME: &str = "persons are joined by number";
/// Rows in each batch.
const BATCH: i64 = 500;

/// Returns whether it was done. Until then, a human has as many identities as municipalities know them.
pub(in crate::db) async fn are_joined(tx: &mut Tx) -> Result<bool, DbError> {
    is_done(tx, NAME).await
}

/// Hashes the number of each person for the whole installation, in one transaction: a half-done state is undetectable. The
/// first person with a number gives the others their identity. A number whose key is erased joins nobody.
pub(super) async fn join(db: &Db) -> Result<(), DbError> {
    const NUMBERS: &str =
        "SELECT id, national_id FROM person WHERE national_id IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";
    const KNOW: &str = "INSERT INTO identity_number (number_index, identity_id)
        SELECT $1, identity_id FROM person WHERE id = $2 ON CONFLICT (number_index) DO NOTHING";
    const JOIN: &str =
        "UPDATE person SET identity_id = (SELECT identity_id FROM identity_number WHERE number_index = $1)
        WHERE id = $2";
    let mut tx = db.write().await?;
    dialect::lock(&mut tx, MIGRATION).await?;
    if is_done(&mut tx, NAME).await? {
        return Ok(());
    }
    let mut after = Uuid::nil();
    loop {
        let people = fetch_all!(&mut tx, (Uuid, String), NUMBERS, after, BATCH)?;
        let Some((last, _)) = people.last() else { break };
        after = *last;
        for (id, number) in people {
            let number = match Content::open(&number) {
                Err(VaultError::Erased) => continue,
                number => number?,
            };
            let index = db.vault().identity_index(&number)?;
            execute!(&mut tx, KNOW, &index, id)?;
            expect_one(execute!(&mut tx, JOIN, &index, id)?)?;
        }
    }
    done(&mut tx, NAME).await?;
    tx.commit().await
}
