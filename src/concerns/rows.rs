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
    vault::{KeyName, Sealed},
};

const INSERT: &str = "INSERT INTO concern (municipality, id, unit_id, author_id, child_id, facts, risk_factors, \
    protective_factors, child_says, tried_so_far, own_practice, seen_risk_factors, seen_protective_factors, decide_by, created_at, decision, decision_reason, decided_at, decided_by, \
    case_id) ";

/// A concern to store.
pub(crate) struct ConcernRow<'a> {
    pub municipality: &'a str,
    pub id: Id<Concern>,
    pub unit: Id<Unit>,
    pub sector: Sector,
    pub author: Id<Person>,
    pub child: Option<Id<Child>>,
    /// The facts, and the other texts in the order of the columns.
    pub texts: [Option<Cow<'a, str>>; 8],
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

/// Seals texts. Any of them can be left out.
pub(super) fn seal(
    tx: &Tx,
    key: &KeyName,
    texts: &[Option<Cow<'_, str>>; 8],
) -> Result<[Option<Sealed>; 8], DbError> {
    let mut sealed = [const { None }; 8];
    for (text, sealed) in texts.iter().zip(&mut sealed) {
        *sealed = tx.vault().seal_optional(key, text.as_deref())?;
    }
    Ok(sealed)
}

/// Writes concerns.
pub(crate) async fn insert(tx: &mut Tx, rows: &[ConcernRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let key = KeyName::sector(row.municipality, row.sector);
            let texts = seal(tx, &key, &row.texts)?;
            let reason =
                row.decided.as_ref().map(|decided| tx.vault().seal(&key, &decided.reason)).transpose()?;
            Ok::<_, DbError>((row, texts, reason))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 20, rows, |values, (row, texts, reason)| {
        let decided = row.decided.as_ref();
        values
            .push_bind(row.municipality)
            .push_bind(row.id)
            .push_bind(row.unit)
            .push_bind(row.author)
            .push_bind(row.child);
        for text in texts {
            values.push_bind(text);
        }
        values
            .push_bind(row.decide_by)
            .push_bind(row.created_at)
            .push_bind(decided.map(|decided| decided.decision))
            .push_bind(reason)
            .push_bind(decided.map(|decided| decided.at))
            .push_bind(decided.map(|decided| decided.by))
            .push_bind(decided.and_then(|decided| decided.case))
    })?;
    Ok(())
}
