//! Transitions in the database.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::dto::{Chosen, TransitionAnswerOut, TransitionOut, TransitionStatus};
use crate::{
    access::CaseState,
    consents::ConsentForm,
    db::{DbError, Tx},
    execute, fetch_in, fetch_of_case, fetch_one, fetch_optional, insert_rows,
    kernel::{
        Id,
        ids::{CaseId, Measure, Meeting, Note, Person, PersonId, Transition, TransitionAnswer, Unit, UnitId},
        vocabulary::{InformationKind, Sector},
    },
    persons_of_sql, role_counts_sql,
    vault::Content,
};

const SELECT: &str = "
    SELECT t.id, t.case_id, k.name AS child_name, k.birth_date AS child_birth_date, t.from_unit AS from_unit_id, f.name AS from_unit_name,
           f.sector AS from_sector, t.to_unit AS to_unit_id, u.name AS to_unit_name, u.sector AS to_sector, t.to_person AS to_person_id,
           q.name AS to_person_name, t.moves_on, t.message, t.status, t.planned_by, p.name AS planned_by_name, t.planned_at, t.settled_by,
           s.name AS settled_by_name, t.settled_at, t.version
    FROM transition t
    JOIN care_case c ON c.municipality = t.municipality AND c.id = t.case_id
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN unit f ON f.id = t.from_unit
    JOIN unit u ON u.id = t.to_unit
    JOIN person p ON p.id = t.planned_by
    LEFT JOIN person q ON q.id = t.to_person
    LEFT JOIN person s ON s.id = t.settled_by";
const ANSWERS: &str = "
    SELECT a.transition_id, p.canonical_id AS person_id, p.name AS person_name, a.agrees, a.form, a.answered_at
    FROM transition_answer a JOIN person p ON p.id = a.person_id WHERE a.transition_id IN (";
const CHOICES: &str = "
    SELECT w.transition_id, p.canonical_id AS person_id, w.note_id, w.measure_id, w.meeting_id
    FROM transition_choice w JOIN person p ON p.id = w.person_id WHERE w.transition_id IN (";
const INSERT: &str = "
    INSERT INTO transition (municipality, id, case_id, from_unit, to_unit, to_person, moves_on, message, status, planned_by, planned_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'planned', $9, $10)
    ON CONFLICT (municipality, case_id) WHERE status = 'planned' DO NOTHING";
const SETTLE: &str = "
    UPDATE transition SET status = $4, settled_by = $5, settled_at = $6, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND status = 'planned'";
const OWN_ANSWER: &str = concat!(
    "SELECT COUNT(*) FROM transition_answer WHERE municipality = $1 AND transition_id = $2 AND form = 'digital' AND person_id IN ",
    persons_of_sql!("$3")
);
const FORGET_CHOICES: &str = concat!(
    "DELETE FROM transition_choice WHERE municipality = $1 AND transition_id = $2 AND person_id IN ",
    persons_of_sql!("$3")
);
const FORGET_ANSWER: &str = concat!(
    "DELETE FROM transition_answer WHERE municipality = $1 AND transition_id = $2 AND person_id IN ",
    persons_of_sql!("$3")
);
const ANSWER: &str = "
    INSERT INTO transition_answer (municipality, id, case_id, transition_id, person_id, agrees, form, document, recorded_by, answered_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const CHOOSE: &str = "INSERT INTO transition_choice (municipality, transition_id, person_id, entry_id, note_id, measure_id, meeting_id) ";
const RECEIVING: &str = concat!(
    "SELECT u.kind, u.sector,
            EXISTS (SELECT 1 FROM staff_role r WHERE r.unit_id = u.id AND r.role = 'unit_leader' AND ",
    role_counts_sql!("r", "$3"),
    ") AS has_leader
    FROM unit u JOIN unit_serves v ON v.unit_id = u.id WHERE u.id = $1 AND v.municipality = $2"
);

#[derive(sqlx::FromRow)]
struct Row {
    id: Id<Transition>,
    case_id: CaseId,
    child_name: Content,
    child_birth_date: NaiveDate,
    from_unit_id: UnitId,
    from_unit_name: String,
    from_sector: Sector,
    to_unit_id: UnitId,
    to_unit_name: String,
    to_sector: Sector,
    to_person_id: Option<PersonId>,
    to_person_name: Option<Content>,
    moves_on: NaiveDate,
    message: Option<Content>,
    status: TransitionStatus,
    planned_by: PersonId,
    planned_by_name: Content,
    planned_at: DateTime<Utc>,
    settled_by: Option<PersonId>,
    settled_by_name: Option<Content>,
    settled_at: Option<DateTime<Utc>>,
    version: i64,
}

impl Row {
    fn with(self, case: &CaseState, answers: Vec<TransitionAnswerOut>) -> TransitionOut {
        let missing = (self.status == TransitionStatus::Planned).then(|| {
            let mut missing = case.ground.family.consenters(InformationKind::Agreed, self.to_sector);
            missing.retain(|person| !answers.iter().any(|given| given.agrees && given.person_id == *person));
            missing
        });
        TransitionOut {
            id: self.id,
            case_id: self.case_id,
            child_name: self.child_name,
            child_birth_date: self.child_birth_date,
            from_unit_id: Some(self.from_unit_id),
            from_unit_name: Some(self.from_unit_name),
            from_sector: self.from_sector,
            to_unit_id: self.to_unit_id,
            to_unit_name: self.to_unit_name,
            to_person_id: self.to_person_id,
            to_person_name: self.to_person_name,
            moves_on: self.moves_on,
            message: self.message,
            status: self.status,
            planned_by: Some(self.planned_by),
            planned_by_name: Some(self.planned_by_name),
            planned_at: self.planned_at,
            settled_by: self.settled_by,
            settled_by_name: self.settled_by_name,
            settled_at: self.settled_at,
            answers,
            missing,
            version: self.version,
        }
    }
}

#[derive(sqlx::FromRow)]
struct AnswerRow {
    transition_id: Id<Transition>,
    person_id: PersonId,
    person_name: Content,
    agrees: bool,
    form: ConsentForm,
    answered_at: DateTime<Utc>,
}

/// An entry that a person lets follow.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(super) struct ChoiceRow {
    transition_id: Id<Transition>,
    pub person_id: PersonId,
    note_id: Option<Id<Note>>,
    measure_id: Option<Id<Measure>>,
    meeting_id: Option<Id<Meeting>>,
}

impl ChoiceRow {
    /// Adds the entry to others.
    pub(super) fn add_to(&self, chosen: &mut Chosen) {
        chosen.notes.extend(self.note_id);
        chosen.measures.extend(self.measure_id);
        chosen.meetings.extend(self.meeting_id);
    }
}

/// Returns transitions of a case by their ids, oldest first.
pub(super) async fn these(
    tx: &mut Tx,
    case: &CaseState,
    ids: &[Id<Transition>],
) -> Result<Vec<TransitionOut>, DbError> {
    let mut rows: Vec<Row> = fetch_of_case!(tx, Row, SELECT, "t", case, ids)?;
    rows.sort_by_key(|row| row.id);
    with_answers(tx, case, rows).await
}

async fn with_answers(tx: &mut Tx, case: &CaseState, rows: Vec<Row>) -> Result<Vec<TransitionOut>, DbError> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut chosen: BTreeMap<(Id<Transition>, PersonId), Chosen> = BTreeMap::new();
    for choice in choices(tx, &ids).await? {
        choice.add_to(chosen.entry((choice.transition_id, choice.person_id)).or_default());
    }
    let mut answers: BTreeMap<Id<Transition>, Vec<TransitionAnswerOut>> = BTreeMap::new();
    let mut given: Vec<AnswerRow> = fetch_in!(tx, AnswerRow, ANSWERS, &ids)?;
    given.sort_by_key(|answer| (answer.answered_at, answer.person_id));
    for AnswerRow { transition_id, person_id, person_name, agrees, form, answered_at } in given {
        let follows = agrees.then(|| chosen.remove(&(transition_id, person_id)).unwrap_or_default());
        let answer = TransitionAnswerOut { person_id, person_name, agrees, form, answered_at, follows };
        answers.entry(transition_id).or_default().push(answer);
    }
    let with = |row: Row| {
        let answers = answers.remove(&row.id).unwrap_or_default();
        row.with(case, answers)
    };
    Ok(rows.into_iter().map(with).collect())
}

/// Returns the entries that each person lets follow.
pub(super) async fn choices(tx: &mut Tx, ids: &[Id<Transition>]) -> Result<Vec<ChoiceRow>, DbError> {
    fetch_in!(tx, ChoiceRow, CHOICES, ids)
}

/// A unit that may receive a record.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Receiving {
    pub kind: String,
    pub sector: Sector,
    pub has_leader: bool,
}

/// Returns the unit, if it serves the municipality.
pub(super) async fn receiving(
    tx: &mut Tx,
    unit: Id<Unit>,
    municipality: &str,
    today: NaiveDate,
) -> Result<Option<Receiving>, DbError> {
    fetch_optional!(tx, Receiving, RECEIVING, unit, municipality, today)
}

/// A plan to store.
pub(super) struct Plan<'a> {
    pub to_unit: Id<Unit>,
    pub to_person: Option<Id<Person>>,
    pub moves_on: NaiveDate,
    pub message: Option<&'a str>,
    pub by: Id<Person>,
}

/// Stores a plan. Returns none if another is planned.
pub(super) async fn plan(
    tx: &mut Tx,
    case: &CaseState,
    plan: Plan<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Id<Transition>>, DbError> {
    let Plan { to_unit, to_person, moves_on, message, by } = plan;
    let (id, from) = (Id::<Transition>::new(), case.ground.owner_unit);
    let message = tx.vault().seal_optional(&case.key(), message)?;
    let place = (&case.municipality, case.id);
    let made =
        execute!(tx, INSERT, place.0, id, place.1, from, to_unit, to_person, moves_on, message, by, now)?;
    Ok((made == 1).then_some(id))
}

/// Settles a plan. Returns false if it is settled already.
pub(super) async fn settle(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<Transition>,
    status: TransitionStatus,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    Ok(execute!(tx, SETTLE, &case.municipality, case.id, id, status, by, now)? == 1)
}

/// Returns whether a person has answered for themselves.
pub(super) async fn has_own_answer(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<Transition>,
    person: Id<Person>,
) -> Result<bool, DbError> {
    let (own,) = fetch_one!(tx, (i64,), OWN_ANSWER, &case.municipality, id, person)?;
    Ok(own > 0)
}

/// An answer to store.
pub(super) struct Answer<'a> {
    pub transition: Id<Transition>,
    pub person: Id<Person>,
    pub agrees: bool,
    pub form: ConsentForm,
    pub document: Option<&'a str>,
    pub follows: &'a Chosen,
    pub by: Id<Person>,
}

/// Stores an answer with the entries that follow, in place of an earlier answer of the person.
pub(super) async fn answer(
    tx: &mut Tx,
    case: &CaseState,
    answer: Answer<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Answer { transition, person, agrees, form, document, follows, by } = answer;
    let (municipality, id) = (&case.municipality, Id::<TransitionAnswer>::new());
    let document = tx.vault().seal_optional(&case.key(), document)?;
    execute!(tx, FORGET_CHOICES, municipality, transition, person)?;
    execute!(tx, FORGET_ANSWER, municipality, transition, person)?;
    execute!(tx, ANSWER, municipality, id, case.id, transition, person, agrees, form, document, by, now)?;
    let notes = follows.notes.iter().map(|id| (id.uuid(), Some(*id), None, None));
    let measures = follows.measures.iter().map(|id| (id.uuid(), None, Some(*id), None));
    let meetings = follows.meetings.iter().map(|id| (id.uuid(), None, None, Some(*id)));
    let rows: Vec<_> = notes.chain(measures).chain(meetings).collect();
    insert_rows!(tx, CHOOSE, 7, rows, |values, (entry, note, measure, meeting)| values
        .push_bind(municipality)
        .push_bind(transition)
        .push_bind(person)
        .push_bind(*entry)
        .push_bind(*note)
        .push_bind(*measure)
        .push_bind(*meeting))?;
    Ok(())
}
