//! The first start of a version that records keys: what is there is written down, once.
//!
//! It would be wrong if keys were missing while it happens. Every key that a stored text names must therefore be in the
//! folder, or the access log must say that it was erased.

use std::collections::{BTreeSet, HashSet};

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{BelongingError, Installation, LogSigner, record, recorded};
use crate::{
    db::{DbError, SEALED, Tx, dialect},
    execute, fetch_all, fetch_optional,
    kernel::Clock,
    vault::{Content, KeyClass, KeyId, KeyName, Record, RecordedKey, Vault, VaultError, key_of},
};

/// The lock that one adoption holds.
const ADOPTION: Uuid = Uuid::from_u128(0x0016_5ea1);

/// Records the installation and its keys, unless they are recorded. Returns what is recorded.
pub(super) async fn adopt(
    mut tx: Tx,
    vault: &Vault,
    log: &dyn LogSigner,
) -> Result<(Installation, Record), DbError> {
    const ANYBODY: &str = "SELECT id FROM person LIMIT 1";
    const INSERT: &str = "INSERT INTO installation (id, log_key, created_at) VALUES ($1, $2, $3)";
    dialect::lock(&mut tx, ADOPTION).await?;
    if let Some(known) = recorded(&mut tx).await? {
        tx.rollback().await?;
        return Ok(known);
    }
    require_signer(&mut tx, log).await?;
    let mut keys = vault.unrecorded();
    let held: HashSet<KeyId> = keys.iter().map(|key| key.id).collect();
    let named = named_by_texts(&mut tx).await?;
    if named.is_empty() && !held.is_empty() && fetch_optional!(&mut tx, (Uuid,), ANYBODY)?.is_none() {
        return Err(BelongingError::KeysWithoutDatabase(vault.folder().display().to_string()).into());
    }
    keys.extend(erased(&mut tx, vault, (&held, named)).await?);
    require_index(&mut tx, vault).await?;
    let installation = Installation { id: Uuid::new_v4(), log_key: log.public() };
    execute!(&mut tx, INSERT, installation.id, &installation.log_key, Clock::System.now())?;
    record(&mut tx, &keys).await?;
    tx.commit().await?;
    Ok((installation.clone(), Record::new(installation.id, keys)))
}

/// The key must have signed the newest checkpoint of every log.
async fn require_signer(tx: &mut Tx, log: &dyn LogSigner) -> Result<(), DbError> {
    const NEWEST: &str = "SELECT municipality, note FROM access_log_checkpoint c
        WHERE size = (SELECT MAX(size) FROM access_log_checkpoint o WHERE o.municipality = c.municipality)";
    for (municipality, note) in fetch_all!(tx, (String, String), NEWEST)? {
        if !log.has_signed(&municipality, &note) {
            return Err(BelongingError::NotSigned(municipality).into());
        }
    }
    Ok(())
}

/// Returns the keys that texts name and the folder lacks, if all of them were erased.
async fn erased(
    tx: &mut Tx,
    vault: &Vault,
    (held, named): (&HashSet<KeyId>, Vec<(KeyName, KeyId)>),
) -> Result<Vec<RecordedKey>, DbError> {
    let gone: Vec<_> = named.into_iter().filter(|(_, id)| !held.contains(id)).collect();
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let known = known_erasures(tx).await?;
    let missing = gone.iter().filter(|(name, _)| !known.contains(&name.to_string()));
    let missing: BTreeSet<String> = missing.map(|(name, _)| name.to_string()).collect();
    if !missing.is_empty() {
        let names = missing.into_iter().collect::<Vec<_>>().join(", ");
        return Err(BelongingError::Unknown { names, folder: vault.folder().display().to_string() }.into());
    }
    let erased = gone.into_iter().map(|(name, id)| {
        let check_value = String::new();
        RecordedKey { id, name, generation: 0, check_value, erased: true }
    });
    Ok(erased.collect())
}

/// Returns the keys that the stored texts name, each once.
async fn named_by_texts(tx: &mut Tx) -> Result<Vec<(KeyName, KeyId)>, DbError> {
    // The first 24 characters of a sealed text depend only on its key.
    const OF_LOG: &str =
        "SELECT municipality, 'log' AS class, MIN(client) FROM access_log WHERE client LIKE 's1:%'
        GROUP BY municipality, substr(client, 1, 24)";
    let mut texts = fetch_all!(tx, (String, String, String), OF_LOG)?;
    for table in SEALED {
        for column in table.columns {
            let sql = AssertSqlSafe(table.one_text_of_each_key(column));
            texts.extend(fetch_all!(tx, (String, String, String), sql)?);
        }
    }
    let (mut named, mut seen) = (Vec::new(), HashSet::new());
    for (municipality, class, text) in texts {
        let Some(id) = key_of(&text)? else { continue };
        let class = KeyClass::named(&class).ok_or(VaultError::Damaged)?;
        if seen.insert(id) {
            named.push((KeyName { municipality, class }, id));
        }
    }
    Ok(named)
}

/// Returns the names of the keys whose erasure the access log has.
async fn known_erasures(tx: &mut Tx) -> Result<HashSet<String>, DbError> {
    const ERASURES: &str = "SELECT municipality, shown FROM access_log WHERE action = 'erase_key'";
    let entries = fetch_all!(tx, (String, String), ERASURES)?.into_iter();
    let names = entries.flat_map(|(municipality, shown)| {
        let classes: Vec<String> = serde_json::from_str(&shown).unwrap_or_default();
        classes.into_iter().map(move |class| format!("{municipality}-{class}"))
    });
    Ok(names.collect())
}

/// The lookup key encrypts nothing, so no text names it. A person who has a number shows whether it is the right one.
async fn require_index(tx: &mut Tx, vault: &Vault) -> Result<(), DbError> {
    const HASHED: &str = "SELECT name FROM data_migration WHERE name = 'people are found by hashes'";
    const FOUND_BY_IT: &str = "SELECT municipality, national_id_index, national_id FROM person
        WHERE national_id_index IS NOT NULL AND national_id IS NOT NULL ORDER BY id LIMIT 50";
    const ANY: &str = "SELECT person_id FROM account LIMIT 1";
    if fetch_optional!(tx, (String,), HASHED)?.is_none() {
        return Ok(());
    }
    let folder = || BelongingError::OtherIndex(vault.folder().display().to_string());
    let is_held = vault.list().iter().any(|(name, _)| *name == Vault::index_name());
    let people = fetch_all!(tx, (String, String, String), FOUND_BY_IT)?;
    if !is_held && (!people.is_empty() || fetch_optional!(tx, (Uuid,), ANY)?.is_some()) {
        return Err(folder().into());
    }
    for (municipality, index, number) in people {
        let number = match Content::open(&number) {
            Err(VaultError::Erased | VaultError::Missing) => continue,
            number => number?,
        };
        let is_right = vault.finds(&municipality, &number, &index)?;
        return if is_right { Ok(()) } else { Err(folder().into()) };
    }
    Ok(())
}
