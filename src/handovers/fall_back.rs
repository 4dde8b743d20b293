//! Reassigns the baton when the contact person loses the right to hold it, and then the duties that others have lost.

use chrono::{DateTime, Utc};

use super::HandoverStatus;
use crate::{
    access::{CaseState, case_states, is_close},
    db::{DbError, Tx, dialect, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    identity::persons_of,
    is_away_sql, is_kept_from_content_sql,
    kernel::{
        Id, Moment,
        ids::{Absence, Case, Child, Handover, Person, Unit},
        vocabulary::Sector,
    },
    persons_of_sql, role_counts_sql, same_human_sql,
    teams::{self, duties, pass_on_duties},
};

/// The leaders of a unit that serves a municipality.
const LEADERS: &str = concat!(
    "
    SELECT r.person_id FROM staff_role r JOIN unit_serves v ON v.unit_id = r.unit_id
    WHERE v.municipality = $1 AND r.unit_id = $2 AND r.role = 'unit_leader' AND ",
    role_counts_sql!("r", "$3"),
    " AND NOT ",
    is_kept_from_content_sql!("r.person_id", "$3"),
    " ORDER BY r.id"
);
/// The people who stated, recorded or confirmed that the contact person is disqualified. The baton gives access to content, and nobody
/// may give that to themselves (fvl § 8). A leader who granted the demand of a party is not among them: otherwise nobody would hold the case.
const WHO_SAID_SO: &str = concat!(
    "SELECT o.id FROM (
        SELECT x.recorded_by AS person FROM conflict_of_interest x
        WHERE x.child_person = $1 AND x.ended_at IS NULL AND x.person_id IN ",
    persons_of_sql!("$2"),
    " UNION
        SELECT x.confirmed_by FROM conflict_of_interest x
        WHERE x.child_person = $1 AND x.ended_at IS NULL AND x.confirmed_by IS NOT NULL AND NOT x.as_party AND x.person_id IN ",
    persons_of_sql!("$2"),
    " UNION
        SELECT g.created_by FROM child k JOIN guardianship g ON g.municipality = k.municipality AND g.child_id = k.id
        WHERE k.person_id = $1 AND g.ended_at IS NULL AND g.created_by IS NOT NULL AND g.guardian_id IN ",
    persons_of_sql!("$2"),
    ") w JOIN person p ON p.id = w.person JOIN person o ON o.identity_id = p.identity_id"
);
const SECTOR: &str = "SELECT sector FROM unit WHERE id = $1";
const WITHDRAW_PENDING: &str = "
    UPDATE handover SET status = 'withdrawn', answered_at = $3, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND status = 'offered'";
const INSERT: &str = "
    INSERT INTO handover (municipality, id, case_id, from_person, from_unit, to_person, to_unit, offered_by, status, offered_at, answered_at, absence_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)";
const PASS: &str = "
    UPDATE contact_person SET person_id = $3, unit_id = $4, since = $5 WHERE municipality = $1 AND case_id = $2";
const IS_AWAY: &str = concat!("SELECT ", is_away_sql!("$1", "$2", "$3"));
/// The absence for which the contact person stands in, and the contact person; none if they do not stand in.
const STANDS_IN_FOR: &str = concat!(
    "SELECT h.absence_id, h.to_person FROM contact_person cp
    JOIN handover h ON h.municipality = cp.municipality AND h.case_id = cp.case_id AND h.to_person = cp.person_id
     AND h.answered_at = cp.since
    JOIN absence a ON a.id = h.absence_id
    WHERE cp.municipality = $1 AND cp.case_id = $2 AND a.over_at IS NULL AND NOT ",
    same_human_sql!("a.person_id", "cp.person_id")
);
const CASES_OF: &str = "SELECT id FROM care_case WHERE child_id = $1 ORDER BY id";
const HELD_THROUGH: &str = concat!(
    "SELECT cp.case_id FROM contact_person cp
    JOIN care_case c ON c.municipality = cp.municipality AND c.id = cp.case_id
    WHERE cp.unit_id = $2 AND cp.person_id IN ",
    persons_of_sql!("$1"),
    " ORDER BY cp.case_id"
);
const HELD_FOR_CHILD: &str = concat!(
    "SELECT cp.case_id FROM contact_person cp
    JOIN care_case c ON c.municipality = cp.municipality AND c.id = cp.case_id
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    WHERE k.person_id = $2 AND cp.person_id IN ",
    persons_of_sql!("$1"),
    " ORDER BY cp.case_id"
);

/// If the contact person's unit is no longer covered, the leader of the unit that keeps the record takes over. The contact person then
/// has the duties of all whose units are no longer covered. `case` is the state after the change, and `by` the person who caused it.
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
    pass_on_duties(tx, case, now).await?;
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

/// To be called when a person's work in a unit ends. The leaders take over the batons held through the unit, and the contact persons the
/// duties: a few cases at most, each changed under its own lock.
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
    let mut held = fetch_all!(tx, (Id<Case>,), HELD_THROUGH, holder, unit)?;
    held.extend(duties::seated_through(tx, holder, unit, moment.now).await?);
    pass_on(tx, held, holder, Some(unit), (by, moment)).await
}

/// To be called when a person is found to be disqualified. The leaders take over the batons held in the child's cases, and the contact
/// persons the duties.
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
    let mut held = fetch_all!(tx, (Id<Case>,), HELD_FOR_CHILD, holder, child)?;
    held.extend(duties::seated_for_child(tx, holder, child).await?);
    pass_on(tx, held, holder, None, (by, moment)).await
}

/// Passes on what a person has in some cases: the batons held through the unit, or all if none is named.
async fn pass_on(
    tx: &mut Tx,
    mut held: Vec<(Id<Case>,)>,
    holder: Id<Person>,
    unit: Option<Id<Unit>>,
    (by, moment): (Id<Person>, Moment),
) -> Result<(), DbError> {
    if held.is_empty() {
        return Ok(());
    }
    held.sort_unstable();
    held.dedup();
    let holder = persons_of(tx, holder).await?;
    for (case,) in held {
        dialect::lock(tx, case.uuid()).await?;
        let Some(case) = case_states(tx, &[case], moment).await?.pop() else { continue };
        let is_through = unit.is_none_or(|unit| unit == case.contact_unit);
        if is_through && holder.contains(&case.contact_person) {
            to_leader(tx, &case, Some(by), moment.now).await?;
        }
        pass_on_duties(tx, &case, moment.now).await?;
    }
    Ok(())
}

/// Returns the person who takes over: the leader of the contact person's unit if that unit is covered, else the leader of the unit that keeps
/// the record. If neither has one who may, a team member takes over, preferably from the latter. A team member already has access to the
/// content.
/// Nobody who is close to the child, or is stated to be, takes over. Someone who is away does only if nobody else can. `leaving` is the
/// human who is away themself, if the baton passes for that: then nobody who is away takes over, and nobody whose unit helps in secret.
pub(super) async fn receiver(
    tx: &mut Tx,
    case: &CaseState,
    leaving: &[Id<Person>],
    now: DateTime<Utc>,
) -> Result<Option<(Id<Person>, Id<Unit>)>, DbError> {
    let owner = case.ground.owner_unit;
    let mut candidates = Vec::new();
    let mut units = vec![case.holding_unit(), owner];
    units.dedup();
    for unit in units {
        let leaders = fetch_all!(tx, (Id<Person>,), LEADERS, &case.municipality, unit, case.today)?;
        candidates.extend(leaders.into_iter().map(|(leader,)| (leader, unit)));
    }
    let seats = teams::seats(tx, case).await?;
    let (own, others): (Vec<_>, Vec<_>) = seats.into_iter().partition(|seat| seat.unit_id == owner);
    candidates.extend(own.into_iter().chain(others).map(|seat| (seat.person_id, seat.unit_id)));
    let said_so = said_so(tx, case, case.contact_person).await?;
    candidates.retain(|(person, _)| !said_so.contains(person) && !leaving.contains(person));
    let mut away = None;
    for (person, unit) in candidates {
        if is_close(tx, case.child, person, now).await? {
            continue;
        }
        if !leaving.is_empty() && is_hidden(tx, case, unit).await? {
            continue;
        }
        let (is_away,) = fetch_one!(tx, (bool,), IS_AWAY, person, unit, case.today)?;
        if !is_away {
            return Ok(Some((person, unit)));
        }
        away = away.or(Some((person, unit)));
    }
    Ok(away.filter(|_| leaving.is_empty()))
}

/// Returns the people who stated, recorded or confirmed that a contact person is disqualified.
pub(super) async fn said_so(
    tx: &mut Tx,
    case: &CaseState,
    contact: Id<Person>,
) -> Result<Vec<Id<Person>>, DbError> {
    let people = fetch_all!(tx, (Id<Person>,), WHO_SAID_SO, case.child_person, contact)?;
    Ok(people.into_iter().map(|(person,)| person).collect())
}

/// Returns whether it is secret that a unit helps. With the baton, everyone on the case would learn of it.
async fn is_hidden(tx: &mut Tx, case: &CaseState, unit: Id<Unit>) -> Result<bool, DbError> {
    let (sector,) = fetch_one!(tx, (Sector,), SECTOR, unit)?;
    Ok(case.is_kept_from_guardians(unit) || case.known_to(unit, sector).is_some())
}

/// Gives the baton to the leader of the unit that is responsible for the case, and returns whether it did. If nobody can take it,
/// the contact person keeps it in name until somebody can. Without `by`, no person caused it.
pub(super) async fn to_leader(
    tx: &mut Tx,
    case: &CaseState,
    by: Option<Id<Person>>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let Some((receiver, unit)) = receiver(tx, case, &[], now).await? else {
        tracing::warn!(unit.id = %case.holding_unit(), "a case has no valid contact person, and this unit has no leader to take over");
        return Ok(false);
    };
    let seat =
        teams::NewSeat { person: receiver, unit, task: "contact person", added_by: by.unwrap_or(receiver) };
    teams::seat(tx, case, seat, now).await?;
    pass(tx, case, Pass { to: receiver, unit, by, status: HandoverStatus::Assigned, absence: None }, now)
        .await?;
    Ok(true)
}

/// The receiver of a baton without an offer, and the person who caused it, if any.
#[derive(Debug)]
pub struct Pass {
    /// The receiver.
    pub to: Id<Person>,
    /// The unit through which they hold it.
    pub unit: Id<Unit>,
    /// The person who caused it.
    pub by: Option<Id<Person>>,
    /// `accepted` or `assigned`.
    pub status: HandoverStatus,
    /// The absence for which it passes. Left out of an assignment, it is the one for which the contact person stands in already, so
    /// that the baton still returns.
    pub absence: Option<Id<Absence>>,
}

/// Returns the absence for which the contact person stands in, and the contact person; none if they do not stand in.
pub(super) async fn stands_in_for(
    tx: &mut Tx,
    case: &CaseState,
) -> Result<Option<(Id<Absence>, Id<Person>)>, DbError> {
    fetch_optional!(tx, (Id<Absence>, Id<Person>), STANDS_IN_FOR, &case.municipality, case.id)
}

/// Passes the baton on, and withdraws the handover that waits for an answer.
///
/// # Errors
/// If the write to the database fails.
pub async fn pass(tx: &mut Tx, case: &CaseState, to: Pass, now: DateTime<Utc>) -> Result<(), DbError> {
    let Pass { to, unit, by, status, mut absence } = to;
    if absence.is_none() && status == HandoverStatus::Assigned {
        absence = stands_in_for(tx, case).await?.map(|(absence, _)| absence);
    }
    execute!(tx, WITHDRAW_PENDING, &case.municipality, case.id, now)?;
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
        to,
        unit,
        by,
        status,
        now,
        absence
    )?)?;
    expect_one(execute!(tx, PASS, &case.municipality, case.id, to, unit, now)?)
}
