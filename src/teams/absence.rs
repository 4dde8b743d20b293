//! Passes on the duties of someone who is away, and gives them back: the measures that they are responsible for, and the next step.
//!
//! Each is recorded, so that it returns if nobody has moved it meanwhile. If the person who has it for them is away too, it passes again,
//! and still returns to the first.

use chrono::{DateTime, Utc};

use crate::{
    access::CaseState,
    db::{DbError, Tx},
    execute, fetch_all,
    kernel::{
        Id,
        ids::{Absence, Person, Unit},
        vocabulary::Sector,
    },
    on_engine, persons_of_sql,
};

/// SQL: the measures `measure` in the case `$1`, `$2` that the human `$4` is responsible for through the unit `$3`.
macro_rules! measures_of {
    () => {
        concat!(
            "measure.municipality = $1 AND measure.case_id = $2 AND measure.status = 'in_force' AND measure.unit_id = $3
             AND measure.responsible_id IN ",
            persons_of_sql!("$4")
        )
    };
}
/// SQL: the next step `next_step` of the case, if that human has it through that unit.
macro_rules! step_of {
    () => {
        concat!(
            "next_step.municipality = $1 AND next_step.pending_in = $2 AND next_step.held_by = 'member' AND next_step.unit_id = $3
             AND next_step.person_id IN ",
            persons_of_sql!("$4")
        )
    };
}
/// SQL: the human `$4` does not have a duty for someone else who is away.
macro_rules! is_their_own {
    ($duty:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM absence_duty d JOIN absence a ON a.id = d.absence_id
                         WHERE d.municipality = $1 AND d.duty_id = ",
            $duty,
            " AND a.over_at IS NULL AND d.to_person IN ",
            persons_of_sql!("$4"),
            ")"
        )
    };
}

const SECTOR_OF_DUTIES: &str = concat!(
    "SELECT u.sector FROM unit u WHERE u.id = $3 AND (EXISTS (SELECT 1 FROM measure WHERE ",
    measures_of!(),
    ") OR EXISTS (SELECT 1 FROM next_step WHERE ",
    step_of!(),
    "))"
);
const RECORD_MEASURES: &str = concat!(
    "INSERT INTO absence_duty (absence_id, municipality, case_id, duty_id, measure_id, unit_id, to_person, passed_at)
     SELECT $5, measure.municipality, measure.case_id, measure.id, measure.id, measure.unit_id, $6, $7 FROM measure WHERE ",
    measures_of!(),
    " AND ",
    is_their_own!("measure.id"),
    " ON CONFLICT (absence_id, municipality, duty_id) DO UPDATE SET to_person = excluded.to_person, passed_at = excluded.passed_at"
);
const RECORD_STEP: &str = concat!(
    "INSERT INTO absence_duty (absence_id, municipality, case_id, duty_id, next_step_id, unit_id, to_person, passed_at)
     SELECT $5, next_step.municipality, next_step.case_id, next_step.id, next_step.id, next_step.unit_id, $6, $7 FROM next_step WHERE ",
    step_of!(),
    " AND ",
    is_their_own!("next_step.id"),
    " ON CONFLICT (absence_id, municipality, duty_id) DO UPDATE SET to_person = excluded.to_person, passed_at = excluded.passed_at"
);
/// The duties that the human has for others who are away, of those that pass now.
const RECORD_AGAIN: &str = concat!(
    "UPDATE absence_duty SET passed_at = $6,
            to_person = CASE WHEN measure_id IS NULL THEN $7 ELSE $5 END
     WHERE municipality = $1 AND case_id = $2 AND to_person IN ",
    persons_of_sql!("$4"),
    " AND EXISTS (SELECT 1 FROM absence a WHERE a.id = absence_duty.absence_id AND a.over_at IS NULL)
      AND (duty_id IN (SELECT measure.id FROM measure WHERE ",
    measures_of!(),
    ") OR duty_id IN (SELECT next_step.id FROM next_step WHERE ",
    step_of!(),
    "))"
);
const PASS_MEASURES: &str =
    concat!("UPDATE measure SET version = version + 1, responsible_id = $5 WHERE ", measures_of!());
/// Without `$5`, the contact person has it.
const PASS_STEP: &str = concat!(
    "UPDATE next_step SET from_person = person_id, from_unit = unit_id, passed_on_at = $6, person_id = $5,
            held_by = CASE WHEN $7 THEN 'member' ELSE 'contact_person' END,
            unit_id = CASE WHEN $7 THEN unit_id END
     WHERE ",
    step_of!()
);
const RETURN_MEASURES: &str = "
    UPDATE measure SET version = version + 1, responsible_id = $4
    WHERE municipality = $1 AND case_id = $2 AND status = 'in_force' AND EXISTS (
        SELECT 1 FROM absence_duty d WHERE d.absence_id = $3 AND d.municipality = measure.municipality AND d.duty_id = measure.id
          AND d.to_person = measure.responsible_id)";
const RETURN_STEP: &str = "
    UPDATE next_step SET held_by = 'member', person_id = $4, unit_id = $5, from_person = NULL, from_unit = NULL, passed_on_at = NULL
    WHERE municipality = $1 AND pending_in = $2 AND EXISTS (
        SELECT 1 FROM absence_duty d WHERE d.absence_id = $3 AND d.municipality = next_step.municipality
          AND d.duty_id = next_step.id AND d.passed_at = next_step.passed_on_at)";
/// The measures that nobody has moved since they passed have the time `$4`, and move with it.
const MARK_MEASURES: &str = "
    UPDATE absence_duty SET passed_at = $4
    WHERE municipality = $1 AND case_id = $2 AND absence_id = $3 AND to_person = (
        SELECT m.responsible_id FROM measure m
        WHERE m.municipality = absence_duty.municipality AND m.id = absence_duty.measure_id AND m.status = 'in_force')";
const MOVE_MEASURES: &str = "
    UPDATE measure SET version = version + 1, responsible_id = $5
    WHERE municipality = $1 AND case_id = $2 AND status = 'in_force' AND responsible_id <> $5 AND EXISTS (
        SELECT 1 FROM absence_duty d WHERE d.absence_id = $3 AND d.municipality = measure.municipality AND d.duty_id = measure.id
          AND d.passed_at = $4 AND d.to_person = measure.responsible_id)";
const MOVE_MARKED: &str = "
    UPDATE absence_duty SET to_person = $5
    WHERE municipality = $1 AND case_id = $2 AND absence_id = $3 AND measure_id IS NOT NULL AND passed_at = $4 AND $5 = (
        SELECT m.responsible_id FROM measure m
        WHERE m.municipality = absence_duty.municipality AND m.id = absence_duty.measure_id)";
const MOVE_STEP: &str = "
    UPDATE next_step SET held_by = 'member', person_id = $4, unit_id = $5, passed_on_at = $6
    WHERE municipality = $1 AND pending_in = $2 AND EXISTS (
        SELECT 1 FROM absence_duty d WHERE d.absence_id = $3 AND d.municipality = next_step.municipality
          AND d.duty_id = next_step.id AND d.passed_at = next_step.passed_on_at)";
const MOVE_STEP_RECORDED: &str = "
    UPDATE absence_duty SET to_person = $4, passed_at = $5
    WHERE municipality = $1 AND case_id = $2 AND absence_id = $3 AND next_step_id IN (
        SELECT n.id FROM next_step n
        WHERE n.municipality = $1 AND n.pending_in = $2 AND n.person_id = $4 AND n.passed_on_at = $5)";
/// The duties with these ids that nobody has moved since they passed for someone who is away.
const FOLLOW: &str = "
    UPDATE absence_duty SET passed_at = ";
const FOLLOW_TO: &str = ", to_person = CASE WHEN measure_id IS NOT NULL THEN (
        SELECT cp.person_id FROM contact_person cp
        WHERE cp.municipality = absence_duty.municipality AND cp.case_id = absence_duty.case_id) END
    WHERE EXISTS (SELECT 1 FROM absence a WHERE a.id = absence_duty.absence_id AND a.over_at IS NULL)
      AND (EXISTS (SELECT 1 FROM measure m WHERE m.municipality = absence_duty.municipality AND m.id = absence_duty.measure_id
                   AND m.responsible_id = absence_duty.to_person)
        OR EXISTS (SELECT 1 FROM next_step n WHERE n.municipality = absence_duty.municipality AND n.id = absence_duty.next_step_id
                   AND n.passed_on_at = absence_duty.passed_at))
      AND municipality = ";
/// Seats that began when a baton passed for an absence, of people who do not hold it.
const END_SEATS: &str = "
    UPDATE team_member SET left_at = $4, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND left_at IS NULL
      AND EXISTS (SELECT 1 FROM handover h
                  WHERE h.municipality = team_member.municipality AND h.case_id = team_member.case_id AND h.absence_id = $3
                    AND h.to_person = team_member.person_id AND h.answered_at = team_member.joined_at)
      AND NOT EXISTS (SELECT 1 FROM contact_person cp
                      WHERE cp.municipality = team_member.municipality AND cp.case_id = team_member.case_id
                        AND cp.person_id = team_member.person_id)";

/// Duties of a human in a unit that pass to another for an absence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passing {
    /// The absence.
    pub absence: Id<Absence>,
    /// The human who is away.
    pub from: Id<Person>,
    /// The unit.
    pub unit: Id<Unit>,
    /// The stand-in, if they have a seat in the case.
    pub stand_in: Option<Id<Person>>,
    /// The contact person, and the unit through which they are; none if that is the human who is away.
    pub contact: Option<(Id<Person>, Id<Unit>)>,
}

/// Passes the duties in a case to the stand-in or, without one, to the contact person, and returns whether there were any. A contact person
/// who may not know that the unit helps is given none: they stay where they are.
pub(crate) async fn pass(
    tx: &mut Tx,
    case: &CaseState,
    passing: Passing,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let Passing { absence, from, unit, stand_in, contact } = passing;
    let (municipality, id) = (&case.municipality, case.id);
    let found = fetch_all!(tx, (Sector,), SECTOR_OF_DUTIES, municipality, id, unit, from)?;
    let Some((sector,)) = found.into_iter().next() else { return Ok(false) };
    let may_know = |contact_unit: &Id<Unit>| {
        *contact_unit == unit || case.known_to(unit, sector).is_none_or(|known| known.contains(contact_unit))
    };
    let to_contact = contact.filter(|(_, unit)| may_know(unit)).map(|(contact, _)| contact);
    let Some(to) = stand_in.or(to_contact) else { return Ok(false) };
    execute!(tx, RECORD_MEASURES, municipality, id, unit, from, absence, to, now)?;
    execute!(tx, RECORD_STEP, municipality, id, unit, from, absence, stand_in, now)?;
    execute!(tx, RECORD_AGAIN, municipality, id, unit, from, to, now, stand_in)?;
    execute!(tx, PASS_MEASURES, municipality, id, unit, from, to)?;
    execute!(tx, PASS_STEP, municipality, id, unit, from, stand_in, now, stand_in.is_some())?;
    Ok(true)
}

/// Moves the duties that passed for an absence, and that nobody has moved since, to another stand-in with a seat through the unit.
/// Returns whether there were any.
pub(crate) async fn move_to(
    tx: &mut Tx,
    case: &CaseState,
    absence: Id<Absence>,
    (to, unit): (Id<Person>, Id<Unit>),
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let (municipality, id) = (&case.municipality, case.id);
    let steps = execute!(tx, MOVE_STEP, municipality, id, absence, to, unit, now)?;
    execute!(tx, MOVE_STEP_RECORDED, municipality, id, absence, to, now)?;
    execute!(tx, MARK_MEASURES, municipality, id, absence, now)?;
    let measures = execute!(tx, MOVE_MEASURES, municipality, id, absence, now, to)?;
    execute!(tx, MOVE_MARKED, municipality, id, absence, now, to)?;
    Ok(steps + measures > 0)
}

/// Records that duties pass to the contact person, so that those of someone who is away still return. To be called before they pass.
pub(super) async fn follow(
    tx: &mut Tx,
    case: &CaseState,
    duties: &[uuid::Uuid],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if duties.is_empty() {
        return Ok(());
    }
    on_engine!(tx, |conn| {
        let mut query = sqlx::QueryBuilder::new(FOLLOW);
        query.push_bind(now).push(FOLLOW_TO).push_bind(&case.municipality);
        query.push(" AND case_id = ").push_bind(case.id).push(" AND duty_id IN (");
        let mut list = query.separated(", ");
        for duty in duties {
            list.push_bind(*duty);
        }
        query.push(")");
        query.build().execute(conn).await.map(|_| ())
    })
}

/// Gives the duties that passed for an absence back to a person with a seat through a unit, and returns whether there were any.
pub(crate) async fn give_back(
    tx: &mut Tx,
    case: &CaseState,
    absence: Id<Absence>,
    (to, unit): (Id<Person>, Id<Unit>),
) -> Result<bool, DbError> {
    let measures = execute!(tx, RETURN_MEASURES, &case.municipality, case.id, absence, to)?;
    let steps = execute!(tx, RETURN_STEP, &case.municipality, case.id, absence, to, unit)?;
    Ok(measures + steps > 0)
}

/// Ends the seats that came only with a baton that passed for an absence, of people who do not hold it.
pub(crate) async fn end_seats(
    tx: &mut Tx,
    case: &CaseState,
    absence: Id<Absence>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, END_SEATS, &case.municipality, case.id, absence, now)?;
    Ok(())
}
