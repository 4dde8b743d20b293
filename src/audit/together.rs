//! Several filters at once. Each has an index in the order of ids, and of these the one that has fewest in a stretch of the log
//! leads there: each of its ids is looked up in the others. So filters that each find much, and together little, do not read all
//! that each finds.

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

/// Ids of the one that leads in a stretch, at first and at most: the longer it takes to find anything, the more.
const FEW: usize = 256;
const MANY: usize = 8192;

/// A filter that has an index of its own.
#[derive(Debug)]
enum Key {
    Term(String),
    Person(Id<Person>),
    Case(Id<Case>),
    Child(Id<Child>),
    Action(String),
    Denied,
}

impl Key {
    fn table(&self) -> &'static str {
        if matches!(self, Self::Term(_)) { "access_log_term" } else { "access_log" }
    }

    fn id(&self) -> &'static str {
        if matches!(self, Self::Term(_)) { "entry_id" } else { "id" }
    }

    /// What holds for a row that it finds.
    fn holds(&self, sql: &mut Statement, municipality: &str, row: &str) {
        sql.sql(format!("{row}.municipality = ")).text(municipality);
        match self {
            Self::Term(term) => sql.sql(format!(" AND {row}.term = ")).text(term.clone()),
            Self::Person(person) => sql.sql(format!(" AND {row}.person_id = ")).id(person.uuid()),
            Self::Case(case) => sql.sql(format!(" AND {row}.case_id = ")).id(case.uuid()),
            Self::Child(child) => sql.sql(format!(" AND {row}.child_id = ")).id(child.uuid()),
            Self::Action(action) => sql.sql(format!(" AND {row}.action = ")).text(action.clone()),
            // As the partial index has it.
            Self::Denied => sql.sql(format!(" AND {row}.decision = 'deny'")),
        };
    }
}

/// The ids that several filters find together, from the newest.
#[derive(Debug)]
pub(super) struct Together {
    municipality: String,
    keys: Vec<Key>,
    /// No later than this.
    upto: Option<Uuid>,
    /// No earlier than this.
    first: Option<Uuid>,
    stretch: usize,
    at_end: bool,
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
        let municipality = municipality.to_owned();
        Some(Self { municipality, keys, upto, first, stretch: FEW, at_end: false })
    }

    /// The next ids, as many as are asked for; fewer only where there are no more.
    pub(super) async fn next(&mut self, tx: &mut Tx, limit: usize) -> Result<Vec<Uuid>, DbError> {
        let mut ids = Vec::new();
        while ids.len() < limit && !self.at_end {
            let end = self.choose_lead(tx).await?;
            // Always as many, so that the statement is the same.
            ids.extend(self.found_by_all(tx, end, limit).await?);
            match (ids.get(limit - 1), end) {
                (Some(last), _) => self.upto = Some(just_before(*last)),
                (None, Some(end)) => self.upto = Some(just_before(end)),
                (None, None) => self.at_end = true,
            }
            self.stretch = MANY.min(self.stretch * 2);
        }
        ids.truncate(limit);
        Ok(ids)
    }

    /// Puts first the filter that has fewest ids next; gives the last in its stretch of them, none where there are no more.
    async fn choose_lead(&mut self, tx: &mut Tx) -> Result<Option<Uuid>, DbError> {
        let (mut lead, mut furthest) = (0, Some(Uuid::max()));
        for (at, key) in self.keys.iter().enumerate() {
            let mut sql = self.found_by(key, self.first);
            sql.sql(format!(" ORDER BY a.{} DESC LIMIT 1 OFFSET {}", key.id(), self.stretch - 1));
            let end = sql.fetch_all::<(Uuid,)>(tx).await?.first().map(|(id,)| *id);
            if end < furthest {
                (lead, furthest) = (at, end);
            }
        }
        self.keys.swap(0, lead);
        Ok(furthest)
    }

    /// What the first filter finds until the end of its stretch, and all others find too.
    async fn found_by_all(&self, tx: &mut Tx, end: Option<Uuid>, limit: usize) -> Result<Vec<Uuid>, DbError> {
        let [lead, others @ ..] = self.keys.as_slice() else { return Ok(Vec::new()) };
        let mut sql = self.found_by(lead, end.or(self.first));
        for other in others {
            // No planner makes a join of this: the other is looked up, and never read through.
            let (table, id) = (other.table(), other.id());
            sql.sql(format!(" AND (SELECT 1 FROM {table} b WHERE b.{id} = a.{} AND ", lead.id()));
            other.holds(&mut sql, &self.municipality, "b");
            sql.sql(") IS NOT NULL");
        }
        sql.sql(format!(" ORDER BY a.{} DESC LIMIT {limit}", lead.id()));
        let rows: Vec<(Uuid,)> = sql.fetch_all(tx).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// The ids that one filter finds, no earlier than one.
    fn found_by(&self, key: &Key, first: Option<Uuid>) -> Statement {
        let (table, id) = (key.table(), key.id());
        let mut sql = Statement::default();
        sql.sql(format!("SELECT a.{id} FROM {table} a WHERE "));
        key.holds(&mut sql, &self.municipality, "a");
        if let Some(upto) = self.upto {
            sql.sql(format!(" AND a.{id} <= ")).id(upto);
        }
        if let Some(first) = first {
            sql.sql(format!(" AND a.{id} >= ")).id(first);
        }
        sql
    }
}

/// The id that comes before all others that are before this one.
pub(super) fn just_before(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(1))
}
