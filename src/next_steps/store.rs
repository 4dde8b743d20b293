//! Next steps in the database.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    dto::{NextStepHolder, NextStepKind, NextStepOut, NextStepOutcome},
    rows::{self, StepRow},
    rules::Checked,
};
use crate::{
    access::{Asker, CasePlace, CaseState, objects::CaseObject},
    db::{DbError, Tx},
    execute, fetch_all, fetch_in, fetch_one, fetch_optional,
    kernel::{
        Id, Slice,
        ids::{Case, NextStep, Person, PersonId, Unit},
        vocabulary::Sector,
    },
    vault::Content,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "
    SELECT n.id, n.case_id, n.kind, n.what, n.held_by, n.person_id, p.name AS person_name, n.unit_id, u.name AS unit_name, u.sector,
           n.outside, n.due_on, n.from_person, n.from_unit, f.sector AS from_sector, n.passed_on_at, n.set_by, s.name AS set_by_name,
           n.set_at, n.outcome, n.reason, n.settled_by, e.name AS settled_by_name, n.settled_at
    FROM next_step n
    LEFT JOIN person p ON p.id = n.person_id
    LEFT JOIN unit u ON u.id = n.unit_id
    LEFT JOIN unit f ON f.id = n.from_unit
    LEFT JOIN person s ON s.id = n.set_by
    LEFT JOIN person e ON e.id = n.settled_by ",
            $rest
        )
    };
}

const PENDING: &str = select!("WHERE n.pending_in IN (");
const LIST: &str =
    select!("WHERE n.municipality = $1 AND n.case_id = $2 AND n.id > $3 ORDER BY n.id LIMIT $4");
const GET: &str = select!("WHERE n.municipality = $1 AND n.case_id = $2 AND n.id = $3");
const SETTLE: &str = "
    UPDATE next_step SET pending_in = NULL, outcome = $4, reason = $5, settled_by = $6, settled_at = $7
    WHERE municipality = $1 AND pending_in = $2 AND id = COALESCE($3, id)";
const KIND_OF_UNIT: &str = "
    SELECT u.kind FROM unit u JOIN unit_serves s ON s.unit_id = u.id WHERE u.id = $2 AND s.municipality = $1";

/// A next step as it is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StepFound {
    id: Id<NextStep>,
    /// The case.
    pub case_id: Id<Case>,
    kind: NextStepKind,
    what: Option<Content>,
    held_by: NextStepHolder,
    person_id: Option<Id<Person>>,
    person_name: Option<Content>,
    unit_id: Option<Id<Unit>>,
    unit_name: Option<String>,
    sector: Option<Sector>,
    outside: Option<Content>,
    /// The day by which it is taken.
    pub due_on: NaiveDate,
    from_person: Option<Id<Person>>,
    from_unit: Option<Id<Unit>>,
    from_sector: Option<Sector>,
    passed_on_at: Option<DateTime<Utc>>,
    set_by: Option<Id<Person>>,
    set_by_name: Option<Content>,
    set_at: DateTime<Utc>,
    outcome: Option<NextStepOutcome>,
    reason: Option<Content>,
    settled_by: Option<Id<Person>>,
    settled_by_name: Option<Content>,
    settled_at: Option<DateTime<Utc>>,
}

/// A reader's knowledge of the people and the units that help in a case.
#[derive(Debug)]
pub struct Known<'a> {
    asker: &'a Asker,
    case: &'a CaseObject,
    /// The people that the reader may not know of. None leaves out everyone who set or settled a step.
    unknown: Option<&'a [PersonId]>,
}

impl<'a> Known<'a> {
    /// The knowledge of the caller about units, without the person who set a step.
    #[must_use]
    pub fn of_units(asker: &'a Asker, case: &'a CaseObject) -> Self {
        Self { asker, case, unknown: None }
    }

    /// The knowledge of the caller, with the people that they may not know of.
    #[must_use]
    pub fn of_people(asker: &'a Asker, case: &'a CaseObject, unknown: &'a [PersonId]) -> Self {
        Self { asker, case, unknown: Some(unknown) }
    }

    fn unit(&self, unit: Option<Id<Unit>>, sector: Option<Sector>) -> bool {
        let known = |(unit, sector)| self.asker.knows_that_helps(self.case, unit, sector);
        unit.zip(sector).is_none_or(known)
    }

    fn person(&self, person: Option<Id<Person>>) -> Option<Id<Person>> {
        let unknown = self.unknown?;
        person.filter(|person| !unknown.contains(person))
    }
}

impl StepFound {
    /// Returns the step as far as the reader may know who has it. For the rest of them the contact person has it, who follows it up.
    #[must_use]
    pub fn known(self, known: &Known<'_>, today: NaiveDate) -> NextStepOut {
        let is_known = known.unit(self.unit_id, self.sector);
        let was_known = known.unit(self.from_unit, self.from_sector) && self.from_unit.is_some();
        let (set_by, settled_by) = (known.person(self.set_by), known.person(self.settled_by));
        NextStepOut {
            id: self.id,
            kind: self.kind,
            what: self.what,
            held_by: if is_known { self.held_by } else { NextStepHolder::ContactPerson },
            person_id: self.person_id.filter(|_| is_known),
            person_name: self.person_name.filter(|_| is_known),
            unit_id: self.unit_id.filter(|_| is_known),
            unit_name: self.unit_name.filter(|_| is_known),
            outside: self.outside,
            due_on: self.due_on,
            overdue: self.outcome.is_none() && self.due_on < today,
            passed_on_from: self.from_person.filter(|_| was_known),
            passed_on_at: self.passed_on_at.filter(|_| was_known),
            set_by,
            set_by_name: self.set_by_name.filter(|_| set_by.is_some()),
            set_at: self.set_at,
            outcome: self.outcome,
            reason: self.reason,
            settled_by,
            settled_by_name: self.settled_by_name.filter(|_| settled_by.is_some()),
            settled_at: self.settled_at,
        }
    }

    /// Returns the sector of the unit that has the step, if the reader may know of it.
    pub(super) fn sector_known(&self, known: &Known<'_>) -> Option<Sector> {
        self.sector.filter(|_| known.unit(self.unit_id, self.sector))
    }

    pub(super) fn id(&self) -> Id<NextStep> {
        self.id
    }
}

/// Returns the pending steps of some cases.
///
/// # Errors
/// If the database query fails.
pub async fn pending(tx: &mut Tx, cases: &[Id<Case>]) -> Result<Vec<StepFound>, DbError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    fetch_in!(tx, StepFound, PENDING, cases)
}

/// Returns whether a step is pending in a case with these words, and an earlier day: to settle it as done would move its day.
pub(super) async fn would_move(
    tx: &mut Tx,
    case: Id<Case>,
    step: Id<NextStep>,
    (what, due_on): (&str, NaiveDate),
) -> Result<bool, DbError> {
    let pending = pending(tx, &[case]).await?;
    let is_same = |found: &StepFound| found.id == step && found.what.as_deref() == Some(what);
    Ok(pending.iter().any(|found| is_same(found) && found.due_on < due_on))
}

/// Lists the steps of a case, in the order they were set.
pub(super) async fn list(tx: &mut Tx, case: &CaseState, slice: Slice) -> Result<Vec<StepFound>, DbError> {
    fetch_all!(tx, StepFound, LIST, &case.municipality, case.id, slice.after, slice.sql_limit())
}

/// Returns a step that exists.
pub(super) async fn get(tx: &mut Tx, case: &CaseState, id: Id<NextStep>) -> Result<StepFound, DbError> {
    fetch_one!(tx, StepFound, GET, &case.municipality, case.id, id)
}

/// Sets the next step of a case that has none pending.
///
/// # Errors
/// If the write to the database fails.
pub async fn begin(
    tx: &mut Tx,
    place: CasePlace<'_>,
    step: Checked<'_>,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Id<NextStep>, DbError> {
    let Checked { what, holder, due_on } = step;
    let id = Id::<NextStep>::new();
    let row =
        StepRow { place, id, what: what.into(), holder, due_on, set_by: by, set_at: now, settled: None };
    rows::insert(tx, &[row]).await?;
    Ok(id)
}

/// How a step is settled.
#[derive(Debug)]
pub struct Settled<'a> {
    /// The step that must be the pending one; any if none is named.
    pub step: Option<Id<NextStep>>,
    /// How it ended.
    pub outcome: NextStepOutcome,
    /// The reason.
    pub reason: Option<&'a str>,
    /// The person who settles it.
    pub by: Id<Person>,
}

/// Settles the pending step of a case. Returns false if it is another one.
///
/// # Errors
/// If the write to the database fails.
pub async fn settle(
    tx: &mut Tx,
    place: CasePlace<'_>,
    settled: Settled<'_>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let Settled { step, outcome, reason, by } = settled;
    let reason = tx.vault().seal_optional(&place.key(), reason)?;
    let (municipality, case) = (place.municipality, place.case);
    Ok(execute!(tx, SETTLE, municipality, case, step, outcome, reason, by, now)? == 1)
}

/// Returns the kind of a unit that serves the municipality.
pub(super) async fn kind_of_unit(
    tx: &mut Tx,
    municipality: &str,
    unit: Id<Unit>,
) -> Result<Option<String>, DbError> {
    Ok(fetch_optional!(tx, (String,), KIND_OF_UNIT, municipality, unit)?.map(|(kind,)| kind))
}
