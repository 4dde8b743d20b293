//! Reassigns the baton when the contact person loses the right to hold it.

use chrono::{DateTime, Utc};

use crate::{
    access::{CaseState, case_states},
    db::{DbError, Tx, dialect, expect_one},
    execute, fetch_all, fetch_optional, is_family_sql,
    kernel::{
        Id, Moment,
        ids::{Case, Child, Handover, Person, Unit},
    },
    role_counts_sql, teams,
};

/// The leader of the unit that opened a case, unless they are in the child's family. A leader who recorded a conflict of
/// interest of the contact person is also excluded: the baton gives access to content, and nobody may give that to
/// themselves (fvl § 8).
const LEADER: &str = concat!(
    "
    SELECT r.person_id FROM staff_role r
    JOIN care_case c ON c.unit_id = r.unit_id
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN contact_person cp ON cp.municipality = c.municipality AND cp.case_id = c.id
    WHERE c.municipality = $1 AND c.id = $2 AND r.role = 'unit_leader' AND ",
    role_counts_sql!("r", "$3"),
    "
      AND NOT EXISTS (SELECT 1 FROM conflict_of_interest x
                      WHERE x.child_person = k.person_id AND x.person_id = cp.person_id AND x.recorded_by = r.person_id
                        AND x.recorded_by <> x.person_id AND x.ended_at IS NULL)
      AND NOT ",
    is_family_sql!("r.person_id", "k.person_id"),
    " ORDER BY r.id LIMIT 1"
);
const WITHDRAW_PENDING: &str = "
    UPDATE handover SET status = 'withdrawn', answered_at = $3, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND status = 'offered'";
const INSERT: &str = "
    INSERT INTO handover (municipality, id, case_id, from_person, from_unit, to_person, to_unit, offered_by, status, offered_at, answered_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'assigned', $9, $9)";
const PASS: &str = "
    UPDATE contact_person SET person_id = $3, unit_id = $4, since = $5 WHERE municipality = $1 AND case_id = $2";
const CASES_OF: &str = "SELECT id FROM care_case WHERE child_id = $1 ORDER BY id";
const HELD_THROUGH: &str = "
    SELECT cp.case_id FROM contact_person cp
    JOIN care_case c ON c.municipality = cp.municipality AND c.id = cp.case_id
    WHERE cp.person_id = $1 AND cp.unit_id = $2
    ORDER BY cp.case_id";
const HELD_FOR_CHILD: &str = "
    SELECT cp.case_id FROM contact_person cp
    JOIN care_case c ON c.municipality = cp.municipality AND c.id = cp.case_id
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    WHERE cp.person_id = $1 AND k.person_id = $2
    ORDER BY cp.case_id";

/// If the contact person's unit is no longer covered, the leader of the unit that opened the case takes over. `case` is
/// the state after the change, and `by` the person who caused it.
///
/// # Errors
/// If the database query fails.
pub async fn if_ground_is_lost(
    tx: &mut Tx,
    case: &CaseState,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if !case.ground.covers(case.contact_unit) {
        to_leader(tx, case, Some(by), now).await?;
    }
    Ok(())
}

/// To be called after a change of a child's guardians. Does the same for each of the child's cases.
///
/// # Errors
/// If the database query fails.
pub async fn of_child(tx: &mut Tx, child: Id<Child>, by: Id<Person>, moment: Moment) -> Result<(), DbError> {
    let cases = fetch_all!(tx, (Id<Case>,), CASES_OF, child)?;
    for (case,) in cases {
        dialect::lock(tx, case.uuid()).await?;
        if let Some(case) = case_states(tx, &[case], moment).await?.pop() {
            if_ground_is_lost(tx, &case, by, moment.now).await?;
        }
    }
    Ok(())
}

/// To be called when a person's work in a unit ends. The leaders take over the batons held through the unit: a few cases
/// at most, each changed under its own lock.
///
/// # Errors
/// If the database query fails.
pub async fn of_person(
    tx: &mut Tx,
    holder: Id<Person>,
    unit: Id<Unit>,
    by: Id<Person>,
    moment: Moment,
) -> Result<(), DbError> {
    let held = fetch_all!(tx, (Id<Case>,), HELD_THROUGH, holder, unit)?;
    pass_on(tx, &held, holder, by, moment).await
}

/// To be called when a person is found to be disqualified. The leaders take over the batons held in the child's cases.
///
/// # Errors
/// If the database query fails.
pub async fn of_conflict(
    tx: &mut Tx,
    holder: Id<Person>,
    child: Id<Person>,
    by: Id<Person>,
    moment: Moment,
) -> Result<(), DbError> {
    let held = fetch_all!(tx, (Id<Case>,), HELD_FOR_CHILD, holder, child)?;
    pass_on(tx, &held, holder, by, moment).await
}

async fn pass_on(
    tx: &mut Tx,
    held: &[(Id<Case>,)],
    holder: Id<Person>,
    by: Id<Person>,
    moment: Moment,
) -> Result<(), DbError> {
    for (case,) in held.iter().copied() {
        dialect::lock(tx, case.uuid()).await?;
        if let Some(case) = case_states(tx, &[case], moment).await?.pop()
            && case.contact_person == holder
        {
            to_leader(tx, &case, Some(by), moment.now).await?;
        }
    }
    Ok(())
}

/// Returns the person who takes over: the leader of the unit that opened the case or, if it has none who may, a team
/// member, preferably from that unit. A team member already has access to the content.
async fn receiver(tx: &mut Tx, case: &CaseState) -> Result<Option<(Id<Person>, Id<Unit>)>, DbError> {
    let owner = case.ground.owner_unit;
    if let Some((leader,)) =
        fetch_optional!(tx, (Id<Person>,), LEADER, &case.municipality, case.id, case.today)?
    {
        return Ok(Some((leader, owner)));
    }
    let seats = teams::seats(tx, case).await?;
    let seat = seats.iter().find(|seat| seat.unit_id == owner).or(seats.first());
    Ok(seat.map(|seat| (seat.person_id, seat.unit_id)))
}

/// Gives the baton to the leader of the unit that opened the case, and returns whether it did. If nobody can take it,
/// the contact person keeps it in name until somebody can. Without `by`, no person caused it.
pub(super) async fn to_leader(
    tx: &mut Tx,
    case: &CaseState,
    by: Option<Id<Person>>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let Some((receiver, unit)) = receiver(tx, case).await? else {
        tracing::warn!(unit.id = %case.ground.owner_unit, "a case has no valid contact person, and this unit has no leader to take over");
        return Ok(false);
    };
    execute!(tx, WITHDRAW_PENDING, &case.municipality, case.id, now)?;
    let seat =
        teams::NewSeat { person: receiver, unit, task: "contact person", added_by: by.unwrap_or(receiver) };
    teams::seat(tx, case, seat, now).await?;
    let id = Id::<Handover>::new();
    let (from, from_unit) = (case.contact_person, case.contact_unit);
    expect_one(execute!(
        tx,
        INSERT,
        &case.municipality,
        id,
        case.id,
        from,
        from_unit,
        receiver,
        unit,
        by,
        now
    )?)?;
    expect_one(execute!(tx, PASS, &case.municipality, case.id, receiver, unit, now)?)?;
    Ok(true)
}
