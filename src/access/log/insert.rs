//! Entries on their way into the database.
//!
//! The entries are one JSON value, so the statement is the same for any number of them. A statement for each number would be planned
//! and kept for each, with thousands of values. The database itself queues the entries for the sealer.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::Entry;
use crate::{
    db::{Db, DbError, EngineTx, Pools, Tx, in_time, run_on_live},
    vault::{KeyName, Vault, VaultError},
};

/// Entries in one statement, which bounds its memory.
const ROWS: usize = 1000;
/// Bytes of salt, which hides an entry's fields in its leaf of the log tree.
const SALT: usize = 16;

const ON_SQLITE: &str = r"
    INSERT INTO access_log (municipality, id, at, request_id, client, person_id, roles, action, object_type, object_id,
        case_id, child_id, decision, policies, legal_basis, ground, consents, shown, status, kind, salt)
    SELECT value->>'municipality', unhex(value->>'id', '-'), value->>'at', value->>'request_id', value->>'client',
        unhex(value->>'person_id', '-'), value->>'roles', value->>'action', value->>'object_type', value->>'object_id',
        unhex(value->>'case_id', '-'), unhex(value->>'child_id', '-'), value->>'decision', value->>'policies',
        value->>'legal_basis', value->>'ground', value->>'consents', value->>'shown', value->>'status', value->>'kind', unhex(value->>'salt', '\x')
    FROM json_each($1)";
const ON_POSTGRES: &str = "
    INSERT INTO access_log (municipality, id, at, request_id, client, person_id, roles, action, object_type, object_id,
        case_id, child_id, decision, policies, legal_basis, ground, consents, shown, status, kind, salt)
    SELECT municipality, id, at, request_id, client, person_id, roles, action, object_type, object_id,
        case_id, child_id, decision, policies, legal_basis, ground, consents, shown, status, kind, salt
    FROM json_populate_recordset(NULL::access_log, $1::json)";

/// An entry in the columns of the table.
#[derive(Serialize)]
struct Row<'a> {
    municipality: &'a str,
    id: Uuid,
    /// As `sqlx` stores a time in SQLite, which compares the texts.
    at: String,
    request_id: &'a str,
    client: Option<String>,
    person_id: Option<Uuid>,
    roles: &'a str,
    action: &'a str,
    object_type: &'a str,
    object_id: Option<&'a str>,
    case_id: Option<Uuid>,
    child_id: Option<Uuid>,
    decision: &'static str,
    policies: String,
    legal_basis: String,
    ground: String,
    consents: String,
    shown: String,
    status: u16,
    kind: &'static str,
    /// As PostgreSQL reads bytes: `\x` and hexadecimal digits.
    salt: String,
}

impl<'a> Row<'a> {
    fn of(vault: &Vault, entry: &'a Entry) -> Result<Self, DbError> {
        let key = KeyName::log(&entry.municipality);
        let client = entry.client.as_deref().map(|client| vault.seal(&key, client)).transpose()?;
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|_| VaultError::Randomness)?;
        Ok(Self {
            municipality: &entry.municipality,
            id: entry.id.uuid(),
            at: entry.at.to_rfc3339_opts(SecondsFormat::AutoSi, false),
            request_id: &entry.request_id,
            client: client.map(String::from),
            person_id: entry.person.map(|person| person.uuid()),
            roles: &entry.roles,
            action: entry.action,
            object_type: entry.object_type,
            object_id: entry.object_id.as_deref(),
            case_id: entry.case,
            child_id: entry.child,
            decision: if entry.decision.allowed { "permit" } else { "deny" },
            policies: json(&entry.decision.policies),
            legal_basis: json(&entry.citations()),
            ground: json(&entry.ground.wordings(entry.at)),
            consents: json(&entry.ground.consents),
            shown: json(&entry.shown),
            status: entry.status,
            kind: entry.kind(),
            salt: salt.iter().fold("\\x".to_owned(), |hex, byte| format!("{hex}{byte:02x}")),
        })
    }
}

fn json(words: &[impl Serialize]) -> String {
    serde_json::json!(words).to_string()
}

/// Returns entries as the parameter of a statement.
fn rows(vault: &Vault, entries: &[Entry]) -> Result<String, DbError> {
    let rows = entries.iter().map(|entry| Row::of(vault, entry)).collect::<Result<Vec<_>, _>>()?;
    serde_json::to_string(&rows).map_err(|error| DbError::Engine(sqlx::Error::Encode(error.into())))
}

/// Writes entries outside the transaction of a request. One statement is a transaction of its own.
pub(super) async fn write_batch(db: &Db, entries: &[Entry]) -> Result<(), DbError> {
    db.require_whole()?;
    let one = if entries.len() > ROWS { None } else { Some(rows(db.vault(), entries)?) };
    // A key that was created for these entries is recorded with them.
    let Some(rows) = one.filter(|_| db.vault().unrecorded().is_empty()) else {
        let mut tx = db.write_log().await?;
        insert_entries(&mut tx, entries).await?;
        return tx.commit().await;
    };
    match &db.pools {
        Pools::Sqlite { writer, .. } => {
            sqlx::query(ON_SQLITE).bind(rows).execute(writer).await?;
        }
        Pools::Postgres { log, server, .. } => {
            // An entry that was written before its connection was lost is not written twice: its id is a key.
            let insert = || sqlx::query(ON_POSTGRES).bind(&rows).execute(log);
            server.while_up(run_on_live(log, insert)).await?;
        }
    }
    Ok(())
}

/// Writes entries in the transaction of the change that they record.
///
/// # Errors
/// If the database refuses them or does not answer.
pub async fn insert_entries(tx: &mut Tx, entries: &[Entry]) -> Result<(), DbError> {
    for some in entries.chunks(ROWS) {
        let (rows, limit) = (rows(tx.vault(), some)?, tx.limit());
        match &mut tx.engine {
            EngineTx::Sqlite(transaction) => {
                sqlx::query(ON_SQLITE).bind(rows).execute(&mut **transaction).await?;
            }
            EngineTx::Postgres(transaction) => {
                in_time(limit, sqlx::query(ON_POSTGRES).bind(rows).execute(&mut **transaction)).await?;
            }
        }
    }
    Ok(())
}

/// Checks that an entry can be written, and leaves none.
pub(super) async fn try_insert(db: &Db, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut tx = db.write_log().await?;
    insert_entries(&mut tx, &[Entry::of(None, "ready", "Public", now)]).await?;
    tx.rollback().await
}
