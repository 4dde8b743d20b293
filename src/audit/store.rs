//! The access log in the database, read only.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    dto::{EntryOut, LogQuery, Outcome, RoleThen},
    purpose::purpose,
    scope::{Part, Scope, within},
    statement::Statement,
    together::{Together, just_before},
};
use crate::{
    access::objects::{BreachObject, Desk, LogReviewObject, Object},
    db::{DbError, Tx},
    fetch_optional,
    identity::persons_there,
    kernel::{
        Id,
        ids::{Case, Child, LogReview, Look, Person},
    },
    log_tree::FIELDS,
    vault::Content,
};

macro_rules! select {
    ($name:literal) => {
        concat!(
            "
    SELECT l.id, l.municipality, l.at, l.request_id, l.client, l.person_id, ",
            $name,
            " AS person_name, l.roles, l.action, l.object_type, l.object_id, l.case_id, l.child_id, l.decision, l.policies,
           l.legal_basis, l.ground, l.consents, l.shown, l.status "
        )
    };
}

const SELECT: &str = select!("p.name");
// Family members are shown by the names registered in this case, not by those in another case or of an account.
const SELECT_FOR_FAMILY: &str = select!(
    "CASE WHEN p.identity_id = (SELECT h.identity_id FROM person h WHERE h.id = k.person_id) THEN k.name ELSE COALESCE(
        (SELECT g.guardian_name FROM guardianship g JOIN person h ON h.id = g.guardian_id
         WHERE g.municipality = k.municipality AND g.child_id = k.id AND h.identity_id = p.identity_id
         ORDER BY g.id DESC LIMIT 1), p.name) END"
);
const FROM: &str = "FROM access_log l LEFT JOIN person p ON p.id = l.person_id";
// The cross join makes SQLite start with the terms.
const FROM_TERMS: &str =
    "FROM access_log_term t CROSS JOIN access_log l LEFT JOIN person p ON p.id = l.person_id";
const FAMILY: &str = " LEFT JOIN child k ON k.municipality = l.municipality AND k.id = l.child_id";

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
    ground: Option<String>,
    consents: Option<String>,
    shown: String,
    status: i64,
}

impl TryFrom<EntryRow> for EntryOut {
    type Error = DbError;

    fn try_from(row: EntryRow) -> Result<Self, DbError> {
        let roles: Vec<RoleThen> = parse(&row.roles)?;
        let (address, client) = split_client(row.client);
        let is_told_by_rows = is_of_desk(&row.object_type, row.case_id, row.child_id);
        let policies: Vec<String> = parse(&row.policies)?;
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
            purpose: purpose(row.decision, &policies),
            policies,
            legal_basis: parse(&row.legal_basis)?,
            ground: parse(row.ground.as_deref().unwrap_or("[]"))?,
            consent_ids: parse(row.consents.as_deref().unwrap_or("[]"))?,
            shown: if is_told_by_rows { Vec::new() } else { parse(&row.shown)? },
            status: row.status,
        })
    }
}

/// Returns whether an entry is of a list across cases. The rows it showed have entries of their own, which are hidden from
/// people disqualified in relation to them. Its ids would reveal them anyway.
fn is_of_desk(object_type: &str, case: Option<Id<Case>>, child: Option<Id<Child>>) -> bool {
    object_type == Desk::TYPE && case.is_none() && child.is_none()
}

/// Returns the address and the `User-Agent` of the client.
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

/// Searches entries, newest first, from before `before`. Each municipality is queried separately, so that each query follows
/// one index.
pub(super) async fn search(
    tx: &mut Tx,
    scope: &Scope<'_>,
    query: &LogQuery,
    before: Option<Uuid>,
    limit: usize,
) -> Result<Vec<EntryOut>, DbError> {
    let logs = scope.municipalities();
    let (mut rows, queries) = (Vec::new(), by_each_person(tx, query).await?);
    for query in &queries {
        for municipality in &logs {
            let ids = Ids::read(tx, municipality, query, before).await?;
            for part in scope.parts() {
                rows.extend(search_one(tx, municipality, &part, query, &ids, limit).await?);
            }
        }
    }
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
    rows.truncate(limit);
    rows.into_iter().map(EntryOut::try_from).collect()
}

/// Returns who did something that the scope has from one entry to another, and when, oldest first.
pub(super) async fn people_between(
    tx: &mut Tx,
    scope: &Scope<'_>,
    from: Uuid,
    upto: Uuid,
    limit: usize,
) -> Result<Vec<Acted>, DbError> {
    let mut rows: Vec<Acted> = Vec::new();
    for municipality in &scope.municipalities() {
        for part in scope.parts() {
            let mut sql = Statement::default();
            sql.sql("SELECT l.id, l.person_id, l.at ").sql(FROM).sql(FAMILY).sql(" WHERE l.municipality = ");
            within(sql.text(municipality), &part);
            sql.sql(" AND l.id >= ").id(from).sql(" AND l.id <= ").id(upto);
            sql.sql(format!(" ORDER BY l.id LIMIT {limit}"));
            rows.extend(sql.fetch_all::<Acted>(tx).await?);
        }
    }
    rows.sort_unstable_by_key(|(id, ..)| *id);
    rows.truncate(limit);
    Ok(rows)
}

/// An entry, the person, and the time.
pub(super) type Acted = (Uuid, Option<Id<Person>>, DateTime<Utc>);

/// A human that the municipality knows as several persons has entries as each of them.
async fn by_each_person(tx: &mut Tx, query: &LogQuery) -> Result<Vec<LogQuery>, DbError> {
    let Some(person) = query.person_id else { return Ok(vec![query.clone()]) };
    let others = persons_there(tx, person).await?.into_iter().filter(|other| *other != person);
    let by = |person| LogQuery { person_id: Some(person), ..query.clone() };
    Ok(std::iter::once(person).chain(others).map(by).collect())
}

async fn search_one(
    tx: &mut Tx,
    municipality: &str,
    part: &Part<'_>,
    query: &LogQuery,
    ids: &Ids,
    limit: usize,
) -> Result<Vec<EntryRow>, DbError> {
    let Some(mut together) = Together::of(municipality, query, ids.upto(), ids.first) else {
        return select(tx, municipality, part, query, &Which::Between(ids), limit).await;
    };
    let mut rows = Vec::new();
    while rows.len() < limit {
        let some = together.next(tx, limit).await?;
        rows.extend(select(tx, municipality, part, query, &Which::These(&some), limit).await?);
        if some.len() < limit {
            break;
        }
    }
    rows.truncate(limit);
    Ok(rows)
}

/// The entries that a query covers.
enum Which<'a> {
    Between(&'a Ids),
    These(&'a [Uuid]),
}

async fn select(
    tx: &mut Tx,
    municipality: &str,
    part: &Part<'_>,
    query: &LogQuery,
    which: &Which<'_>,
    limit: usize,
) -> Result<Vec<EntryRow>, DbError> {
    if matches!(which, Which::These([])) {
        return Ok(Vec::new());
    }
    // The index of terms leads if there is one, because it is in the order of the page.
    let term = if matches!(which, Which::Between(_)) { query.terms().pop() } else { None };
    let (from, id) = if term.is_none() { (FROM, "l.id") } else { (FROM_TERMS, "t.entry_id") };
    let (select, joins) = match part {
        Part::AllBut { .. } => (SELECT, ""),
        Part::OfCase(..) | Part::OutsideCase(..) => (SELECT_FOR_FAMILY, FAMILY),
    };
    let mut sql = Statement::default();
    sql.sql(select).sql(from).sql(joins).sql(" WHERE l.municipality = ").text(municipality);
    if let Some(term) = term {
        sql.sql(" AND l.municipality = t.municipality AND l.id = t.entry_id AND t.municipality = ");
        sql.text(municipality).sql(" AND t.term = ").text(term);
    }
    within(&mut sql, part);
    match which {
        Which::Between(ids) => between(&mut sql, query, ids, id),
        Which::These(ids) => {
            for (at, one) in ids.iter().enumerate() {
                sql.sql(if at == 0 { " AND l.id IN (" } else { ", " }).id(*one);
            }
            sql.sql(")");
        }
    }
    // Must match the partial index.
    match query.decision {
        Some(Outcome::Deny) => drop(sql.sql(" AND l.decision = 'deny'")),
        Some(Outcome::Permit) => drop(sql.sql(" AND l.decision = 'permit'")),
        None => {}
    }
    // Written so that the planner ignores its statistics on times: the ids are close enough, and in the order of the page. With
    // a plain comparison, PostgreSQL expects few entries and sorts all of them.
    if let Some(from) = query.from {
        sql.sql(" AND COALESCE(l.at >= ").time(from).sql(", FALSE)");
    }
    if let Some(until) = query.until {
        sql.sql(" AND COALESCE(l.at < ").time(until).sql(", FALSE)");
    }
    sql.sql(format!(" ORDER BY {id} DESC LIMIT {limit}"));
    sql.fetch_all(tx).await
}

fn between(sql: &mut Statement, query: &LogQuery, ids: &Ids, id: &str) {
    if let Some(upto) = ids.upto() {
        sql.sql(format!(" AND {id} <= ")).id(upto);
    }
    if let Some(first) = ids.first {
        sql.sql(format!(" AND {id} >= ")).id(first);
    }
    if let Some(person) = query.person_id {
        sql.sql(" AND l.person_id = ").id(person.uuid());
    }
    if let Some(case) = query.case_id {
        sql.sql(" AND l.case_id = ").id(case.uuid());
    }
    if let Some(child) = query.child_id {
        sql.sql(" AND l.child_id = ").id(child.uuid());
    }
    if let Some(action) = &query.action {
        sql.sql(" AND l.action = ").text(action.to_string());
    }
}

/// The range of ids to search.
#[derive(Debug, Default)]
struct Ids {
    before: Option<Uuid>,
    first: Option<Uuid>,
    last: Option<Uuid>,
}

/// Ids are in the order of time, except for concurrent requests.
const SLACK: TimeDelta = TimeDelta::minutes(5);

impl Ids {
    /// Returns the last id that may be shown.
    fn upto(&self) -> Option<Uuid> {
        match (self.before.map(just_before), self.last) {
            (Some(before), Some(last)) => Some(before.min(last)),
            (before, last) => before.or(last),
        }
    }

    /// Uses entries that are certainly too early or too late, because neighbours in time may be in another order by id.
    async fn read(
        tx: &mut Tx,
        municipality: &str,
        query: &LogQuery,
        before: Option<Uuid>,
    ) -> Result<Self, DbError> {
        const EARLIER: &str = "SELECT id FROM access_log WHERE municipality = $1 AND at < $2
            ORDER BY municipality DESC, at DESC, id DESC LIMIT 1";
        const LATER: &str = "SELECT id FROM access_log WHERE municipality = $1 AND at >= $2
            ORDER BY municipality, at, id LIMIT 1";
        let mut ids = Self { before, ..Self::default() };
        if let Some(from) = query.from {
            let found = fetch_optional!(tx, (Uuid,), EARLIER, municipality, from - SLACK)?;
            ids.first = found.map(|(id,)| id);
        }
        if let Some(until) = query.until {
            let found = fetch_optional!(tx, (Uuid,), LATER, municipality, until + SLACK)?;
            ids.last = found.map(|(id,)| id);
        }
        Ok(ids)
    }
}

/// Returns entries by municipality and id, in any order.
///
/// # Errors
/// If the database query fails.
pub async fn entries(tx: &mut Tx, keys: &[(String, Id<Look>)]) -> Result<Vec<EntryOut>, DbError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Statement::default();
    sql.sql(SELECT).sql(FROM).sql(" WHERE (l.municipality, l.id) IN (VALUES ");
    for (at, (municipality, id)) in keys.iter().enumerate() {
        sql.sql(if at == 0 { "(" } else { ", (" }).text(municipality).sql(", ").id(id.uuid()).sql(")");
    }
    let rows: Vec<EntryRow> = sql.sql(")").fetch_all(tx).await?;
    rows.into_iter().map(EntryOut::try_from).collect()
}

/// Returns the fields of an entry that an auditor may see; none for entries about these children or of these reviews.
pub(super) async fn told(
    tx: &mut Tx,
    municipality: &str,
    entry: Id<Look>,
    children: &[Id<Child>],
    reviews: &[Id<LogReview>],
) -> Result<Option<Vec<&'static str>>, DbError> {
    const ABOUT: &str = "SELECT case_id, child_id, object_type, object_id FROM access_log WHERE municipality = $1 AND id = $2";
    type Row = (Option<Id<Case>>, Option<Id<Child>>, String, Option<String>);
    let Some((case, child, kind, object)) = fetch_optional!(tx, Row, ABOUT, municipality, entry)? else {
        return Ok(None);
    };
    let is_one = |id: String| reviews.iter().any(|review| review.to_string() == id);
    let is_control = [LogReviewObject::TYPE, BreachObject::TYPE].contains(&kind.as_str());
    let is_review = is_control && object.is_some_and(is_one);
    if is_review || child.is_some_and(|child| children.contains(&child)) {
        return Ok(None);
    }
    let hides_shown = is_of_desk(&kind, case, child);
    Ok(Some(FIELDS.into_iter().filter(|field| !(hides_shown && *field == "shown")).collect()))
}
