//! Several filters at once: each has an index in the order of ids, and what all of them leave is found by leaping, from the newest, to
//! where the one that is furthest back stands. So two that each find much, and together little, do not read all that either finds.

use std::collections::VecDeque;

use uuid::Uuid;

use super::dto::{LogQuery, Outcome};
use crate::{
    db::{DbError, Tx},
    kernel::{
        Id,
        ids::{Case, Child, Person},
    },
    on_engine,
};

/// Ids that are read at a time.
const BATCH: usize = 256;

/// A filter that has an index of its own.
#[derive(Debug, Clone)]
enum Key {
    Term(String),
    Person(Id<Person>),
    Case(Id<Case>),
    Child(Id<Child>),
    Action(String),
    Denied,
}

/// The ids that one filter finds, from the newest, as far as they are read.
#[derive(Debug)]
struct Found {
    key: Key,
    read: VecDeque<Uuid>,
    at_end: bool,
}

/// The ids that several filters find together, from the newest.
#[derive(Debug)]
pub(super) struct Together {
    municipality: String,
    all: Vec<Found>,
    /// No later than this.
    upto: Option<Uuid>,
    /// No earlier than this.
    first: Option<Uuid>,
}

impl Together {
    /// None where one index is enough.
    pub(super) fn of(
        municipality: &str,
        query: &LogQuery,
        upto: Option<Uuid>,
        first: Option<Uuid>,
    ) -> Option<Self> {
        let keys: Vec<Key> = [
            query.case_id.map(Key::Case),
            query.child_id.map(Key::Child),
            query.person_id.map(Key::Person),
            query.decision.filter(|decision| *decision == Outcome::Deny).map(|_| Key::Denied),
            query.action.as_ref().map(|action| Key::Action(action.to_string())),
        ]
        .into_iter()
        .flatten()
        .chain(query.terms().into_iter().map(Key::Term))
        .collect();
        if keys.len() < 2 {
            return None;
        }
        let all = keys.into_iter().map(|key| Found { key, read: VecDeque::new(), at_end: false }).collect();
        Some(Self { municipality: municipality.to_owned(), all, upto, first })
    }

    /// The next ids, as many as are asked for; fewer only where there are no more.
    pub(super) async fn next(&mut self, tx: &mut Tx, limit: usize) -> Result<Vec<Uuid>, DbError> {
        let mut ids = Vec::new();
        while ids.len() < limit
            && let Some(id) = self.next_one(tx).await?
        {
            ids.push(id);
            self.upto = Some(just_before(id));
        }
        Ok(ids)
    }

    async fn next_one(&mut self, tx: &mut Tx) -> Result<Option<Uuid>, DbError> {
        loop {
            let asked = self.upto;
            for found in &mut self.all {
                self.upto = found.seek(tx, &self.municipality, self.upto, self.first).await?;
                if self.upto.is_none() {
                    // Nothing is before the first id of all.
                    self.upto = Some(Uuid::nil());
                    return Ok(None);
                }
            }
            if self.upto == asked {
                return Ok(asked);
            }
        }
    }
}

/// The id that comes before all others that are before this one.
pub(super) fn just_before(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(1))
}

impl Found {
    /// The newest id that is no later than this one.
    async fn seek(
        &mut self,
        tx: &mut Tx,
        municipality: &str,
        upto: Option<Uuid>,
        first: Option<Uuid>,
    ) -> Result<Option<Uuid>, DbError> {
        while self.read.front().is_some_and(|id| upto.is_some_and(|upto| *id > upto)) {
            self.read.pop_front();
        }
        if self.read.is_empty() && !self.at_end {
            self.read = read(tx, municipality, &self.key, upto, first).await?.into();
            self.at_end = self.read.len() < BATCH;
        }
        Ok(self.read.front().copied())
    }
}

async fn read(
    tx: &mut Tx,
    municipality: &str,
    key: &Key,
    upto: Option<Uuid>,
    first: Option<Uuid>,
) -> Result<Vec<Uuid>, DbError> {
    const LOG: &str = "SELECT id FROM access_log WHERE municipality = ";
    const TERMS: &str = "SELECT entry_id FROM access_log_term WHERE municipality = ";
    let (select, id) = if matches!(key, Key::Term(_)) { (TERMS, "entry_id") } else { (LOG, "id") };
    let rows = on_engine!(tx, |conn| {
        let mut sql = sqlx::QueryBuilder::new(select);
        sql.push_bind(municipality.to_owned());
        match key {
            Key::Term(term) => sql.push(" AND term = ").push_bind(term.clone()),
            Key::Person(person) => sql.push(" AND person_id = ").push_bind(*person),
            Key::Case(case) => sql.push(" AND case_id = ").push_bind(*case),
            Key::Child(child) => sql.push(" AND child_id = ").push_bind(*child),
            Key::Action(action) => sql.push(" AND action = ").push_bind(action.clone()),
            // As the partial index has it.
            Key::Denied => sql.push(" AND decision = 'deny'"),
        };
        if let Some(upto) = upto {
            sql.push(format!(" AND {id} <= ")).push_bind(upto);
        }
        if let Some(first) = first {
            sql.push(format!(" AND {id} >= ")).push_bind(first);
        }
        sql.push(format!(" ORDER BY {id} DESC LIMIT {BATCH}"));
        sql.build_query_as::<(Uuid,)>().fetch_all(conn).await
    })?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
