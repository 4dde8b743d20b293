//! Next steps as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

pub(crate) use super::dto::{NextStepHolder, NextStepKind, NextStepOutcome};
use crate::{
    access::CasePlace,
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{NextStep, Person, Unit},
    },
};

const INSERT: &str = "INSERT INTO next_step (municipality, id, case_id, kind, what, held_by, person_id, unit_id, outside, due_on, \
    set_by, set_at, pending_in, outcome, settled_by, settled_at) ";

/// A next step to store. One that is settled is not pending.
pub(crate) struct StepRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<NextStep>,
    pub what: Cow<'a, str>,
    pub holder: Holder<'a>,
    pub due_on: NaiveDate,
    pub set_by: Id<Person>,
    pub set_at: DateTime<Utc>,
    pub settled: Option<(NextStepOutcome, Id<Person>, DateTime<Utc>)>,
}

/// The holder of a next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder<'a> {
    /// The contact person.
    ContactPerson,
    /// A member of the team, through a unit.
    Member(Id<Person>, Id<Unit>),
    /// The family.
    Family,
    /// A unit that the case waits for.
    Unit(Id<Unit>),
    /// A body outside the municipality that the case waits for.
    Outside(Cow<'a, str>),
}

impl Holder<'_> {
    fn word(&self) -> NextStepHolder {
        match self {
            Self::ContactPerson => NextStepHolder::ContactPerson,
            Self::Member(..) => NextStepHolder::Member,
            Self::Family => NextStepHolder::Family,
            Self::Unit(_) => NextStepHolder::Unit,
            Self::Outside(_) => NextStepHolder::Outside,
        }
    }

    fn person(&self) -> Option<Id<Person>> {
        if let Self::Member(person, _) = self { Some(*person) } else { None }
    }

    fn unit(&self) -> Option<Id<Unit>> {
        if let Self::Member(_, unit) | Self::Unit(unit) = self { Some(*unit) } else { None }
    }

    fn outside(&self) -> Option<&str> {
        if let Self::Outside(body) = self { Some(body) } else { None }
    }
}

/// Writes next steps.
pub(crate) async fn insert(tx: &mut Tx, rows: &[StepRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let (vault, key) = (tx.vault(), row.place.key());
            Ok::<_, DbError>((
                row,
                vault.seal(&key, &row.what)?,
                vault.seal_optional(&key, row.holder.outside())?,
            ))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 16, rows, |values, (row, what, outside)| values
        .push_bind(row.place.municipality)
        .push_bind(row.id)
        .push_bind(row.place.case)
        .push_bind(NextStepKind::Agreed)
        .push_bind(what)
        .push_bind(row.holder.word())
        .push_bind(row.holder.person())
        .push_bind(row.holder.unit())
        .push_bind(outside)
        .push_bind(row.due_on)
        .push_bind(row.set_by)
        .push_bind(row.set_at)
        .push_bind(row.settled.is_none().then_some(row.place.case))
        .push_bind(row.settled.map(|(outcome, ..)| outcome))
        .push_bind(row.settled.map(|(_, by, _)| by))
        .push_bind(row.settled.map(|(.., at)| at)))?;
    Ok(())
}
