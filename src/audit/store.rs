//! The access log in the database, read only.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::dto::{EntryOut, LogQuery, Outcome, RoleThen};
use crate::{
    access::CaseFacts,
    db::{DbError, Tx},
    fetch_optional,
    kernel::{
        Id,
        ids::{Case, Child, Look, Person},
    },
    on_engine,
    vault::Content,
};

macro_rules! select {
    ($name:literal, $joins:literal) => {
        concat!(
            "
    SELECT l.id, l.municipality, l.at, l.request_id, l.client, l.person_id, ",
            $name,
            " AS person_name, l.roles, l.action, l.object_type, l.object_id, l.case_id, l.child_id, l.decision, l.policies,
           l.legal_basis, l.shown, l.status
    FROM access_log l
    LEFT JOIN person p ON p.id = l.person_id ",
            $joins,
            " WHERE "
        )
    };
}

const SELECT: &str = select!("p.name", "");
// The family is called by the names registered in this case, not by those in another's or of an account.
const SELECT_FOR_FAMILY: &str = select!(
    "CASE WHEN l.person_id = k.person_id THEN k.name ELSE COALESCE(
        (SELECT g.guardian_name FROM guardianship g
         WHERE g.municipality = k.municipality AND g.child_id = k.id AND g.guardian_id = l.person_id
         ORDER BY g.id DESC LIMIT 1), p.name) END",
    "LEFT JOIN child k ON k.municipality = l.municipality AND k.id = l.child_id"
);

#[derive(sqlx::FromRow)]
struct EntryRow {
    id: Id<Look>,
    municipality: String,
    at: DateTime<Utc>,
    request_id: String,
    client: Option<Content>,
    person_id: Option<Id<Person>>,
    person_name: Option<Content>,
    roles: String,
    action: String,
    object_type: String,
    object_id: Option<String>,
    case_id: Option<Id<Case>>,
    child_id: Option<Id<Child>>,
    decision: Outcome,
    policies: String,
    legal_basis: String,
    shown: String,
    status: i64,
}

impl TryFrom<EntryRow> for EntryOut {
    type Error = DbError;

    fn try_from(row: EntryRow) -> Result<Self, DbError> {
        let roles: Vec<RoleThen> = parse(&row.roles)?;
        let (address, client) = split_client(row.client);
        Ok(Self {
            id: row.id,
            municipality: row.municipality,
            at: row.at,
            request_id: row.request_id,
            client_address: address,
            client,
            person_id: row.person_id,
            person_name: row.person_name,
            roles,
            action: row.action,
            object_type: row.object_type,
            object_id: row.object_id,
            case_id: row.case_id,
            child_id: row.child_id,
            decision: row.decision,
            policies: parse(&row.policies)?,
            legal_basis: parse(&row.legal_basis)?,
            shown: parse(&row.shown)?,
            status: row.status,
        })
    }
}

/// The address, and what the client calls itself after it.
fn split_client(client: Option<Content>) -> (Option<String>, Option<String>) {
    let Some(text) = client.map(Content::into_string) else { return (None, None) };
    match text.split_once(' ') {
        Some((address, client)) => (Some(address.to_owned()), Some(client.to_owned())),
        None => (Some(text), None),
    }
}

fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, DbError> {
    serde_json::from_str(json).map_err(|error| DbError::Engine(sqlx::Error::Decode(Box::new(error))))
}

/// Which entries someone may see at all.
#[derive(Debug)]
pub(super) enum Scope<'a> {
    /// All of some municipalities, but those about the auditor's own family (fvl § 6).
    Auditor { municipalities: &'a [String], own_children: &'a [Id<Child>] },
    /// What was done to one case and to the child as registered for it; not tries, and not concerns, which are
    /// their authors' own.
    Family { case: &'a CaseFacts },
}

/// Entries, newest first, from before `before`.
pub(super) async fn search(
    tx: &mut Tx,
    scope: &Scope<'_>,
    query: &LogQuery,
    before: Option<Uuid>,
    limit: usize,
) -> Result<Vec<EntryOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = on_engine!(tx, |conn| {
        let family = matches!(scope, Scope::Family { .. });
        let mut sql = sqlx::QueryBuilder::new(if family { SELECT_FOR_FAMILY } else { SELECT });
        match scope {
            Scope::Auditor { municipalities, own_children } => {
                sql.push("l.municipality IN (");
                let mut list = sql.separated(", ");
                for municipality in *municipalities {
                    list.push_bind(municipality.clone());
                }
                sql.push(")");
                for child in *own_children {
                    sql.push(" AND (l.child_id IS NULL OR l.child_id <> ").push_bind(*child).push(")");
                }
            }
            Scope::Family { case } => {
                sql.push("l.municipality = ").push_bind(case.municipality.clone());
                sql.push(" AND l.decision = 'permit' AND l.status < 400 AND (l.case_id = ")
                    .push_bind(case.id);
                sql.push(" OR (l.object_type = 'Child' AND l.child_id = ").push_bind(case.child).push("))");
            }
        }
        if let Some(before) = before {
            sql.push(" AND l.id < ").push_bind(before);
        }
        if let Some(person) = query.person_id {
            sql.push(" AND l.person_id = ").push_bind(person);
        }
        if let Some(case) = query.case_id {
            sql.push(" AND l.case_id = ").push_bind(case);
        }
        if let Some(child) = query.child_id {
            sql.push(" AND l.child_id = ").push_bind(child);
        }
        if let Some(action) = &query.action {
            sql.push(" AND l.action = ").push_bind(action.to_string());
        }
        if let Some(decision) = query.decision {
            sql.push(" AND l.decision = ").push_bind(decision);
        }
        if let Some(from) = query.from {
            sql.push(" AND l.at >= ").push_bind(from);
        }
        if let Some(until) = query.until {
            sql.push(" AND l.at < ").push_bind(until);
        }
        sql.push(" ORDER BY l.id DESC LIMIT ").push_bind(limit);
        sql.build_query_as::<EntryRow>().fetch_all(conn).await
    })?;
    rows.into_iter().map(EntryOut::try_from).collect()
}

/// Is an entry about one of these children?
pub(super) async fn is_about(tx: &mut Tx, entry: Id<Look>, children: &[Id<Child>]) -> Result<bool, DbError> {
    const CHILD: &str = "SELECT child_id FROM access_log WHERE id = $1 AND child_id IS NOT NULL";
    let child = fetch_optional!(tx, (Id<Child>,), CHILD, entry)?;
    Ok(child.is_some_and(|(child,)| children.contains(&child)))
}
