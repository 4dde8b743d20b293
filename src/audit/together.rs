//! Search by several filters. Each filter has an index in the order of ids. In each stretch of the log, the filter with the
//! fewest ids leads, and its ids are looked up in the others. Filters that each match many entries, but few together, do
//! therefore not read everything that each matches.

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

/// The initial and maximum number of ids in a stretch. It grows while nothing is found.
const FEW: usize = 256;
const MANY: usize = 8192;

/// A filter with an index of its own.
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

    /// Adds the condition that the filter puts on a row.
    fn holds(&self, sql: &mut Statement, municipality: &str, row: &str) {
        sql.sql(format!("{row}.municipality = ")).text(municipality);
        match self {
            Self::Term(term) => sql.sql(format!(" AND {row}.term = ")).text(term.clone()),
            Self::Person(person) => sql.sql(format!(" AND {row}.person_id = ")).id(person.uuid()),
            Self::Case(case) => sql.sql(format!(" AND {row}.case_id = ")).id(case.uuid()),
            Self::Child(child) => sql.sql(format!(" AND {row}.child_id = ")).id(child.uuid()),
            Self::Action(action) => sql.sql(format!(" AND {row}.action = ")).text(action.clone()),
            // Must match the partial index.
            Self::Denied => sql.sql(format!(" AND {row}.decision = 'deny'")),
        };
    }
}

/// The ids that match several filters, newest first.
#[derive(Debug)]
pub(super) struct Together {
    municipality: String,
    keys: Vec<Key>,
    /// The upper limit of ids.
    upto: Option<Uuid>,
    /// The lower limit of ids.
    first: Option<Uuid>,
    stretch: usize,
    at_end: bool,
}

impl Together {
    /// Returns none if one index is enough.
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

    /// Returns the next ids up to the limit; fewer only if there are no more.
    pub(super) async fn next(&mut self, tx: &mut Tx, limit: usize) -> Result<Vec<Uuid>, DbError> {
        let mut ids = Vec::new();
        while ids.len() < limit && !self.at_end {
            let end = self.choose_lead(tx).await?;
            // The number is constant, so that the statement is the same.
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

    /// Puts the filter with the fewest next ids first. Returns its last id in the stretch; none if there are no more.
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

    /// Returns the ids that the first filter finds up to the end of its stretch and that all others match.
    async fn found_by_all(&self, tx: &mut Tx, end: Option<Uuid>, limit: usize) -> Result<Vec<Uuid>, DbError> {
        let [lead, others @ ..] = self.keys.as_slice() else { return Ok(Vec::new()) };
        let mut sql = self.found_by(lead, end.or(self.first));
        for other in others {
            // Written so that no planner turns it into a join: the other filter is looked up, never scanned.
            let (table, id) = (other.table(), other.id());
            sql.sql(format!(" AND (SELECT 1 FROM {table} b WHERE b.{id} = a.{} AND ", lead.id()));
            other.holds(&mut sql, &self.municipality, "b");
            sql.sql(") IS NOT NULL");
        }
        sql.sql(format!(" ORDER BY a.{} DESC LIMIT {limit}", lead.id()));
        let rows: Vec<(Uuid,)> = sql.fetch_all(tx).await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Returns the ids that one filter finds, from a lower limit.
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

/// Returns the highest id that is lower than this one.
pub(super) fn just_before(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(1))
}

/// Returns the lowest id that is higher than this one.
pub(super) fn just_after(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_add(1))
}
