//! Teams in the database.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    dto::TeamMemberOut,
    rows::{self, SeatRow},
};
use crate::{
    access::{Asker, CaseState, objects::CaseObject},
    canonical_sql,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_optional, is_disqualified_sql, is_kept_from_content_sql,
    kernel::{
        Id, Slice,
        ids::{Person, TeamMember, Unit},
        vocabulary::Sector,
    },
    on_engine, persons_of_sql, role_counts_sql, same_human_sql,
};

/// The memberships of a case.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.person_id, p.name AS person_name, t.unit_id, u.name AS unit_name, u.sector, t.task, t.joined_at, t.left_at
    FROM team_member t
    JOIN person p ON p.id = t.person_id
    JOIN unit u ON u.id = t.unit_id
    WHERE t.municipality = $1 AND t.case_id = $2 ",
            $rest
        )
    };
}

const LIST: &str = select!("AND t.id > $3 ORDER BY t.id LIMIT $4");
const FIND: &str = select!("AND t.id = $3");
const CURRENT: &str = select!("AND t.left_at IS NULL ORDER BY t.id");
/// The seats with access, each with the roles behind it. That their units are covered by consent is not among the conditions.
macro_rules! select_seats {
    ($columns:expr, $more:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM team_member t
    JOIN care_case c ON c.municipality = t.municipality AND c.id = t.case_id
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN staff_role r ON r.unit_id = t.unit_id AND ",
            same_human_sql!("r.person_id", "t.person_id"),
            " AND ",
            role_counts_sql!("r", "$3"),
            " AND r.role IN ('worker', 'unit_leader') ",
            $more,
            " WHERE t.municipality = $1 AND t.case_id = $2 AND t.left_at IS NULL AND NOT ",
            is_kept_from_content_sql!("r.person_id", "$3"),
            " AND NOT ",
            is_disqualified_sql!("t.person_id", "k.person_id"),
            $order
        )
    };
}

const SEATS: &str = select_seats!("DISTINCT t.person_id, t.unit_id", "", "");
pub(super) const HELPERS: &str = select_seats!(
    concat!(
        "t.person_id, ",
        canonical_sql!("t.person_id"),
        " AS canonical_id, p.name, t.unit_id, u.name AS unit_name, u.sector, u.municipality, u.controller, r.role, r.started_at, r.ends_on"
    ),
    "JOIN person p ON p.id = t.person_id JOIN unit u ON u.id = t.unit_id",
    " ORDER BY t.id, r.id"
);
/// The members of a team, and the unit of each.
const FROM_UNITS: &str = concat!(
    "SELECT ",
    canonical_sql!("t.person_id"),
    ", t.unit_id, u.sector FROM team_member t JOIN unit u ON u.id = t.unit_id WHERE t.municipality = $1 AND t.case_id = $2"
);
/// The persons that a municipality knows some people as.
const ALSO_KNOWN_AS: &str = "
    SELECT o.id FROM person p JOIN person o ON o.identity_id = p.identity_id AND o.municipality = p.municipality WHERE p.id IN (";
const WORKS_THERE: &str = concat!(
    "
    SELECT u.kind, u.sector FROM staff_role r
    JOIN unit u ON u.id = r.unit_id
    JOIN unit_serves s ON s.unit_id = r.unit_id
    WHERE r.person_id = $1 AND r.unit_id = $2 AND r.role IN ('worker', 'unit_leader') AND s.municipality = $3 AND ",
    role_counts_sql!("r", "$4")
);
const LEFT_SINCE: &str = "
    SELECT person_id FROM team_member WHERE municipality = $1 AND case_id = $2 AND left_at > $3";
const END_SEAT: &str = "
    UPDATE team_member SET left_at = $5, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND person_id = $3 AND joined_at = $4 AND left_at IS NULL";
const LEAVE: &str = "
    UPDATE team_member SET left_at = $4, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND left_at IS NULL";

const LEAVE_PERSON: &str = concat!(
    "UPDATE team_member SET left_at = $3, version = version + 1
    WHERE unit_id = $2 AND left_at IS NULL AND person_id IN ",
    persons_of_sql!("$1")
);

/// A current team member, through a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Seat {
    /// The person.
    pub person_id: Id<Person>,
    /// The unit they take part through.
    pub unit_id: Id<Unit>,
}

/// Returns the team members with access in force: still members, still working in the unit, with the unit covered by
/// consent, and not disqualified.
///
/// # Errors
/// If the database query fails.
pub async fn seats(tx: &mut Tx, case: &CaseState) -> Result<Vec<Seat>, DbError> {
    let mut seats = fetch_all!(tx, Seat, SEATS, &case.municipality, case.id, case.today)?;
    seats.retain(|seat| case.ground.covers(seat.unit_id));
    Ok(seats)
}

/// Returns the people who left the team after a time.
///
/// # Errors
/// If the database query fails.
pub async fn left_since(
    tx: &mut Tx,
    case: &CaseState,
    time: DateTime<Utc>,
) -> Result<Vec<Id<Person>>, DbError> {
    let left = fetch_all!(tx, (Id<Person>,), LEFT_SINCE, &case.municipality, case.id, time)?;
    Ok(left.into_iter().map(|(person,)| person).collect())
}

/// Returns current and former members whose units' involvement the caller may not know of, and the person in child welfare
/// who decides by a care order, if the caller may not know of them.
///
/// # Errors
/// If the database query fails.
pub async fn not_to_be_known(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
) -> Result<Vec<Id<Person>>, DbError> {
    let facts = &case.facts;
    let rows = fetch_all!(tx, (Id<Person>, Id<Unit>, Sector), FROM_UNITS, &facts.municipality, facts.id)?;
    let (known, mut unknown): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|(_, unit, sector)| asker.knows_that_helps(case, *unit, *sector));
    unknown.retain(|(person, ..)| !known.iter().any(|(other, ..)| other == person));
    let mut people: Vec<_> = unknown.into_iter().map(|(person, ..)| person).collect();
    people.extend(facts.child_welfare_person().filter(|person| !asker.knows_who_decides(case, *person)));
    if people.is_empty() {
        return Ok(people);
    }
    // Rows may name another person of the same human.
    let rows = fetch_in!(tx, (Id<Person>,), ALSO_KNOWN_AS, &people)?;
    Ok(rows.into_iter().map(|(person,)| person).collect())
}

/// Returns the people who have helped in the case from child welfare, as all persons that the municipality knows them as.
///
/// # Errors
/// If the database query fails.
pub async fn from_child_welfare(tx: &mut Tx, case: &CaseState) -> Result<Vec<Id<Person>>, DbError> {
    let rows = fetch_all!(tx, (Id<Person>, Id<Unit>, Sector), FROM_UNITS, &case.municipality, case.id)?;
    let theirs = rows.into_iter().filter(|(_, _, sector)| *sector == Sector::ChildWelfare);
    let people: Vec<_> = theirs.map(|(person, ..)| person).chain(case.child_welfare_person()).collect();
    if people.is_empty() {
        return Ok(people);
    }
    let rows = fetch_in!(tx, (Id<Person>,), ALSO_KNOWN_AS, &people)?;
    Ok(rows.into_iter().map(|(person,)| person).collect())
}

/// Returns the memberships that the caller may know of. Naming another person is like naming someone who is not on the team.
///
/// # Errors
/// If the database query fails.
pub async fn seats_known(tx: &mut Tx, asker: &Asker, case: &CaseObject) -> Result<Vec<Seat>, DbError> {
    let unknown = not_to_be_known(tx, asker, case).await?;
    let mut seats = seats(tx, &case.facts).await?;
    seats.retain(|seat| !unknown.contains(&seat.person_id));
    Ok(seats)
}

/// A person to add to the team, and their task.
#[derive(Debug)]
pub struct NewSeat<'a> {
    pub(crate) person: Id<Person>,
    pub(crate) unit: Id<Unit>,
    pub(crate) task: &'a str,
    pub(crate) added_by: Id<Person>,
}

/// Adds a team member. Returns none if the person is already a member.
///
/// # Errors
/// If the write to the database fails.
pub async fn seat(
    tx: &mut Tx,
    case: &CaseState,
    new: NewSeat<'_>,
    now: DateTime<Utc>,
) -> Result<Option<Id<TeamMember>>, DbError> {
    let NewSeat { person, unit, task, added_by } = new;
    let id = Id::<TeamMember>::new();
    let row = SeatRow {
        place: case.place(),
        id,
        person,
        unit,
        task: task.into(),
        added_by,
        joined_at: now,
        left_at: None,
    };
    let made = rows::insert(tx, &[row]).await?;
    Ok((made == 1).then_some(id))
}

/// Ends the seat of a person that began at a time.
///
/// # Errors
/// If the write to the database fails.
pub async fn end_seat_of(
    tx: &mut Tx,
    case: &CaseState,
    person: Id<Person>,
    joined_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, END_SEAT, &case.municipality, case.id, person, joined_at, now)?;
    Ok(())
}

pub(super) async fn list(tx: &mut Tx, case: &CaseState, slice: Slice) -> Result<Vec<TeamMemberOut>, DbError> {
    let (after, limit) = (slice.after, slice.sql_limit());
    let mut rows = fetch_all!(tx, TeamMemberOut, LIST, &case.municipality, case.id, after, limit)?;
    let seats = seats(tx, case).await?;
    for row in &mut rows {
        row.in_force = is_in_force(row, &seats);
    }
    Ok(rows)
}

pub(super) async fn find(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<TeamMember>,
) -> Result<Option<TeamMemberOut>, DbError> {
    let mut row = fetch_optional!(tx, TeamMemberOut, FIND, &case.municipality, case.id, id)?;
    if let Some(row) = &mut row {
        row.in_force = is_in_force(row, &seats(tx, case).await?);
    }
    Ok(row)
}

/// Returns the memberships that have not ended.
pub(super) async fn current(tx: &mut Tx, case: &CaseState) -> Result<Vec<TeamMemberOut>, DbError> {
    let mut rows = fetch_all!(tx, TeamMemberOut, CURRENT, &case.municipality, case.id)?;
    let seats = seats(tx, case).await?;
    for row in &mut rows {
        row.in_force = is_in_force(row, &seats);
    }
    Ok(rows)
}

fn is_in_force(row: &TeamMemberOut, seats: &[Seat]) -> bool {
    row.left_at.is_none() && seats.contains(&Seat { person_id: row.person_id, unit_id: row.unit_id })
}

/// Ends the memberships of a person who no longer works in a unit. They do not resume if the person returns.
///
/// # Errors
/// If the database query fails.
pub async fn end_seats_of_person(
    tx: &mut Tx,
    person: Id<Person>,
    unit: Id<Unit>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, LEAVE_PERSON, person, unit, now)?;
    Ok(())
}

/// Ends the memberships through units that consent was withdrawn from. They do not resume with a later consent.
///
/// # Errors
/// If the database query fails.
pub async fn end_seats_of_units(
    tx: &mut Tx,
    case: &CaseState,
    units: &[Id<Unit>],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if units.is_empty() {
        return Ok(());
    }
    on_engine!(tx, |conn| {
        let mut query = sqlx::QueryBuilder::new("UPDATE team_member SET version = version + 1, left_at = ");
        query.push_bind(now).push(" WHERE municipality = ").push_bind(&case.municipality);
        query.push(" AND case_id = ").push_bind(case.id).push(" AND left_at IS NULL AND unit_id IN (");
        let mut list = query.separated(", ");
        for unit in units {
            list.push_bind(*unit);
        }
        query.push(")");
        query.build().execute(conn).await.map(|_| ())
    })
}

/// Returns the kind and the sector of the unit, if the person works there and it serves the municipality.
///
/// # Errors
/// If the database query fails.
pub async fn works_there(
    tx: &mut Tx,
    person: Id<Person>,
    unit: Id<Unit>,
    municipality: &str,
    today: NaiveDate,
) -> Result<Option<(String, Sector)>, DbError> {
    let kinds = fetch_all!(tx, (String, Sector), WORKS_THERE, person, unit, municipality, today)?;
    Ok(kinds.into_iter().next())
}

pub(super) async fn leave(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<TeamMember>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    expect_one(execute!(tx, LEAVE, &case.municipality, case.id, id, now)?)
}
