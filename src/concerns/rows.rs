//! Concerns as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

pub(crate) use super::dto::ConcernDecision;
use crate::{
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{Case, Child, Concern, Person, Unit},
        vocabulary::Sector,
    },
    vault::KeyName,
};

const INSERT: &str = "INSERT INTO concern (municipality, id, unit_id, author_id, child_id, facts, risk_factors, \
    protective_factors, child_says, tried_so_far, decide_by, created_at, decision, decision_reason, decided_at, decided_by, \
    case_id) ";

/// A concern to store.
pub(crate) struct ConcernRow<'a> {
    pub municipality: &'a str,
    pub id: Id<Concern>,
    pub unit: Id<Unit>,
    pub sector: Sector,
    pub author: Id<Person>,
    pub child: Option<Id<Child>>,
    pub facts: Cow<'a, str>,
    pub risk_factors: Option<Cow<'a, str>>,
    pub protective_factors: Option<Cow<'a, str>>,
    pub child_says: Option<Cow<'a, str>>,
    pub tried_so_far: Option<Cow<'a, str>>,
    pub decide_by: NaiveDate,
    pub created_at: DateTime<Utc>,
    pub decided: Option<DecidedRow<'a>>,
}

/// How a concern was decided.
pub(crate) struct DecidedRow<'a> {
    pub decision: ConcernDecision,
    pub reason: Cow<'a, str>,
    pub at: DateTime<Utc>,
    pub by: Id<Person>,
    pub case: Option<Id<Case>>,
}

/// Writes concerns.
pub(crate) async fn insert(tx: &mut Tx, rows: &[ConcernRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let ConcernRow { municipality, sector, facts, risk_factors, protective_factors, .. } = row;
            let ConcernRow { child_says, tried_so_far, decided, .. } = row;
            let (vault, key) = (tx.vault(), KeyName::sector(municipality, *sector));
            let optional = |text: &Option<Cow<'_, str>>| vault.seal_optional(&key, text.as_deref());
            let factors = (optional(risk_factors)?, optional(protective_factors)?);
            let others = (optional(child_says)?, optional(tried_so_far)?);
            let reason = decided.as_ref().map(|decided| vault.seal(&key, &decided.reason)).transpose()?;
            Ok::<_, DbError>((row, vault.seal(&key, facts)?, factors, others, reason))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(
        tx,
        INSERT,
        17,
        rows,
        |values, (row, facts, (risks, protective), (says, tried), reason)| {
            let decided = row.decided.as_ref();
            values
                .push_bind(row.municipality)
                .push_bind(row.id)
                .push_bind(row.unit)
                .push_bind(row.author)
                .push_bind(row.child)
                .push_bind(facts)
                .push_bind(risks)
                .push_bind(protective)
                .push_bind(says)
                .push_bind(tried)
                .push_bind(row.decide_by)
                .push_bind(row.created_at)
                .push_bind(decided.map(|decided| decided.decision))
                .push_bind(reason)
                .push_bind(decided.map(|decided| decided.at))
                .push_bind(decided.map(|decided| decided.by))
                .push_bind(decided.and_then(|decided| decided.case))
        }
    )?;
    Ok(())
}
