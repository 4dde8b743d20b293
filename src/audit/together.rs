//! Several filters at once: each has an index in the order of ids, and what all of them leave is found by leaping, from the newest, to
//! where the one that is furthest back stands. So two that each find much, and together little, do not read all that either finds.

use std::collections::VecDeque;

use uuid::Uuid;

use super::{
    dto::{LogQuery, Outcome},
    statement::Statement,
};
use crate::{
    db::{DbError, Tx},
    kernel::{
        Id,
        ids::{Case, Child, Person},
    },
};

/// Ids that are read at first, and at most, at a time: the longer it takes to find anything, the more.
const FEW: usize = 256;
const MANY: usize = 8192;

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
    batch: usize,
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
        let all = keys
            .into_iter()
            .map(|key| Found { key, read: VecDeque::new(), batch: FEW, at_end: false })
            .collect();
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
            self.read = read(tx, municipality, &self.key, (upto, first), self.batch).await?.into();
            self.at_end = self.read.len() < self.batch;
            self.batch = MANY.min(self.batch * 2);
        }
        Ok(self.read.front().copied())
    }
}

async fn read(
    tx: &mut Tx,
    municipality: &str,
    key: &Key,
    (upto, first): (Option<Uuid>, Option<Uuid>),
    limit: usize,
) -> Result<Vec<Uuid>, DbError> {
    const LOG: &str = "SELECT id FROM access_log WHERE municipality = ";
    const TERMS: &str = "SELECT entry_id FROM access_log_term WHERE municipality = ";
    let (select, id) = if matches!(key, Key::Term(_)) { (TERMS, "entry_id") } else { (LOG, "id") };
    let mut sql = Statement::default();
    sql.sql(select).text(municipality);
    match key {
        Key::Term(term) => sql.sql(" AND term = ").text(term.clone()),
        Key::Person(person) => sql.sql(" AND person_id = ").id(person.uuid()),
        Key::Case(case) => sql.sql(" AND case_id = ").id(case.uuid()),
        Key::Child(child) => sql.sql(" AND child_id = ").id(child.uuid()),
        Key::Action(action) => sql.sql(" AND action = ").text(action.clone()),
        // As the partial index has it.
        Key::Denied => sql.sql(" AND decision = 'deny'"),
    };
    if let Some(upto) = upto {
        sql.sql(format!(" AND {id} <= ")).id(upto);
    }
    if let Some(first) = first {
        sql.sql(format!(" AND {id} >= ")).id(first);
    }
    sql.sql(format!(" ORDER BY {id} DESC LIMIT {limit}"));
    let rows: Vec<(Uuid,)> = sql.fetch_all(tx).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
