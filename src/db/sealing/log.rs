//! Migrates access log entries from before the tree. Each gets its salt, its address is encrypted, and it is queued for
//! sealing into the tree.

use uuid::Uuid;

use super::{BATCH, done, is_done};
use crate::{
    db::{Db, DbError, expect_one},
    execute, fetch_all,
    vault::{KeyName, VaultError},
};

const NAME: &str = "the access log is ready for its tree";
const UNREADY: &str = "SELECT municipality, id, client FROM access_log WHERE (municipality, id) > ($1, $2)
    AND salt IS NULL AND digests IS NULL ORDER BY municipality, id LIMIT $3";
const READY: &str = "UPDATE access_log SET salt = $3, client = $4 WHERE municipality = $1 AND id = $2";
const WAIT: &str = "INSERT INTO access_log_pending (municipality, entry_id) VALUES ($1, $2)";

/// Does nothing if it has been done.
pub(super) async fn make_ready(db: &Db) -> Result<(), DbError> {
    if is_done(&mut db.read().await?, NAME).await? {
        return Ok(());
    }
    let mut after = (String::new(), Uuid::nil());
    loop {
        let mut tx = db.write().await?;
        let (municipality, id) = &after;
        let entries = fetch_all!(&mut tx, (String, Uuid, Option<String>), UNREADY, municipality, *id, BATCH)?;
        let Some((municipality, id, _)) = entries.last() else {
            done(&mut tx, NAME).await?;
            return tx.commit().await;
        };
        after = (municipality.clone(), *id);
        for (municipality, id, client) in entries {
            let mut salt = [0; 16];
            getrandom::fill(&mut salt).map_err(|_| VaultError::Randomness)?;
            let client = db.vault().seal_optional(&KeyName::log(&municipality), client.as_deref())?;
            expect_one(execute!(&mut tx, READY, &municipality, id, salt.to_vec(), client)?)?;
            execute!(&mut tx, WAIT, &municipality, id)?;
        }
        tx.commit().await?;
    }
}
