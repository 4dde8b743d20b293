//! Units and roles in the database.

use std::collections::HashMap;

use chrono::{DateTime, Months, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    dto::{StaffOut, UnitOut},
    rows::{self, Controller, RoleRow, UnitRow},
};
use crate::{
    access::objects::UnitObject,
    db::{DbError, Tx, dialect, expect_one},
    execute, fetch_all, fetch_in, fetch_one, fetch_optional, handovers,
    kernel::{
        Id, Moment,
        ids::{Person, StaffRole, Unit},
        vocabulary::{ControllerKind, Role, Sector},
    },
    persons_of_sql, role_counts_for_controller_sql, role_is_held_sql, teams,
};

const UNIT_NAMES: &str = "SELECT id, name FROM unit WHERE id IN (";
const LIST_UNITS: &str = "
    SELECT u.id, u.municipality, u.key, u.name, u.kind, u.sector, u.controller, u.controller_name,
           u.organisation_number
    FROM unit u JOIN unit_serves s ON s.unit_id = u.id
    WHERE s.municipality = $1 AND u.id > $2 ORDER BY u.id LIMIT $3";
const GET_UNIT: &str = "
    SELECT id, municipality, key, name, kind, sector, controller, controller_name, organisation_number FROM unit WHERE id = $1";
const LIST_STAFF: &str = concat!(
    "
    SELECT r.id, r.person_id, p.name AS person_name, r.role, r.started_at, r.ends_on
    FROM staff_role r JOIN person p ON p.id = r.person_id
    WHERE r.unit_id = $1 AND r.id > $2 AND ",
    role_counts_for_controller_sql!("r", "$4"),
    " ORDER BY r.id LIMIT $3"
);
const GET_ROLE: &str = "
    SELECT r.id, r.person_id, p.name AS person_name, r.role, r.started_at, r.ends_on
    FROM staff_role r JOIN person p ON p.id = r.person_id
    WHERE r.unit_id = $1 AND r.id = $2 AND r.ended_at IS NULL";
const END_ROLE: &str = "UPDATE staff_role SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
const UNITS_OF: &str = "
    SELECT DISTINCT unit_id FROM staff_role WHERE person_id = $1 AND ended_at IS NULL ORDER BY unit_id";
const END_PAST: &str = "
    UPDATE staff_role SET ended_at = $3 WHERE person_id = $1 AND unit_id = $2 AND ended_at IS NULL AND ends_on <= $4";
const STILL_WORKS: &str = concat!(
    "SELECT COUNT(*) FROM staff_role w WHERE w.unit_id = $2 AND w.role IN ('worker', 'unit_leader') AND ",
    role_is_held_sql!("w", "$3"),
    " AND w.person_id IN ",
    persons_of_sql!("$1")
);
/// Of a human in the municipality that knows them as this person. Their work for others does not count.
const ROLES_OF: &str = "
    SELECT r.role FROM person i JOIN person p ON p.canonical_id = i.canonical_id JOIN staff_role r ON r.person_id = p.id
    WHERE i.id = $1 AND r.ended_at IS NULL AND r.ends_on > $2";
const HAS_ACCOUNT: &str = "
    SELECT a.person_id FROM account a JOIN person p ON p.id = a.person_id
    WHERE a.person_id = $1 AND p.municipality = $2 AND a.disabled_at IS NULL";

pub(super) async fn list_units(
    tx: &mut Tx,
    municipality: &str,
    after: Uuid,
    limit: usize,
) -> Result<Vec<UnitOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, UnitOut, LIST_UNITS, municipality, after, limit)
}

pub(super) async fn get_unit(tx: &mut Tx, id: Id<Unit>) -> Result<UnitOut, DbError> {
    fetch_one!(tx, UnitOut, GET_UNIT, id)
}

/// A unit to create.
#[derive(Debug)]
pub struct NewUnit<'a> {
    /// The municipality that the unit belongs to.
    pub municipality: &'a str,
    /// A stable key within the municipality.
    pub key: &'a str,
    /// The name of the unit.
    pub name: &'a str,
    /// The kind of unit.
    pub kind: &'a str,
    /// The sector of the unit.
    pub sector: Sector,
    /// The controller, which decides why and how the unit's information is used.
    pub controller: Controller<'a>,
    /// The municipalities it serves.
    pub serves: &'a [&'a str],
}

/// Creates a unit. Returns none if the municipality already has a unit with that key.
///
/// # Errors
/// If the write to the database fails.
pub async fn insert_unit(tx: &mut Tx, new: NewUnit<'_>) -> Result<Option<Id<Unit>>, DbError> {
    let NewUnit { municipality, key, name, kind, sector, controller, serves } = new;
    let id = Id::<Unit>::new();
    let row = UnitRow {
        id,
        municipality,
        key: key.into(),
        name: name.into(),
        kind,
        sector,
        controller,
        serves: serves.to_vec(),
    };
    if rows::insert_units(tx, &[row]).await? == 0 {
        return Ok(None);
    }
    Ok(Some(id))
}

pub(super) async fn list_staff(
    tx: &mut Tx,
    unit: Id<Unit>,
    today: NaiveDate,
    after: Uuid,
    limit: usize,
) -> Result<Vec<StaffOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, StaffOut, LIST_STAFF, unit, after, limit, today)
}

pub(super) async fn find_role(
    tx: &mut Tx,
    unit: Id<Unit>,
    id: Id<StaffRole>,
) -> Result<Option<StaffOut>, DbError> {
    fetch_optional!(tx, StaffOut, GET_ROLE, unit, id)
}

/// Returns a unit as the rules see it.
pub(super) async fn unit_object(tx: &mut Tx, id: Id<Unit>) -> Result<Option<UnitObject>, DbError> {
    UnitObject::of_id(tx, id).await
}

/// Returns whether the person has an active account in the municipality.
pub(super) async fn has_account(
    tx: &mut Tx,
    person: Id<Person>,
    municipality: &str,
) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (Id<Person>,), HAS_ACCOUNT, person, municipality)?.is_some())
}

/// Returns all current roles of a person.
pub(super) async fn roles_of(
    tx: &mut Tx,
    person: Id<Person>,
    today: NaiveDate,
) -> Result<Vec<Role>, DbError> {
    let roles = fetch_all!(tx, (Role,), ROLES_OF, person, today)?;
    Ok(roles.into_iter().map(|(role,)| role).collect())
}

/// The longest time for which a role is granted (pasientjournalforskriften § 13).
const LONGEST: Months = Months::new(12);

/// Returns the last day on which a role that is granted today can end.
#[must_use]
pub fn latest_end(today: NaiveDate) -> NaiveDate {
    today.checked_add_months(LONGEST).unwrap_or(today)
}

/// Why a role is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGranted {
    /// The person has it.
    #[error("the person already has this role in the unit")]
    Held,
    /// One of the roles sees content, and the other must not.
    #[error(
        "cannot be combined with the person's other roles: administrators, auditors and analysts must not see content"
    )]
    Mixed,
    /// The role acts for the municipality, and the unit has another controller.
    #[error("acts for the whole municipality, so it belongs in a unit that the municipality controls")]
    OtherController,
}

/// Checks that a role can be held in a unit. Administrators and analysts act for the whole municipality, which another controller must not
/// do (GDPR art. 24). An auditor in a unit of another controller controls what its staff do.
///
/// # Errors
/// If the database query fails.
pub(super) async fn fits_controller(tx: &mut Tx, unit: Id<Unit>, role: Role) -> Result<bool, DbError> {
    const CONTROLLER: &str = "SELECT controller FROM unit WHERE id = $1";
    let (controller,) = fetch_one!(tx, (ControllerKind,), CONTROLLER, unit)?;
    Ok(controller == ControllerKind::Municipality || !matches!(role, Role::Administrator | Role::Analyst))
}

/// Grants a role that ends on a day, over the API as on the machine itself. Nothing is written if it is not granted.
///
/// # Errors
/// If the database query fails.
pub async fn grant(
    tx: &mut Tx,
    person: Id<Person>,
    unit: Id<Unit>,
    role: Role,
    ends_on: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Result<Id<StaffRole>, NotGranted>, DbError> {
    if !fits_controller(tx, unit, role).await? {
        return Ok(Err(NotGranted::OtherController));
    }
    // Of two grants at once, the second sees the first.
    dialect::lock(tx, person.uuid()).await?;
    let today = Moment::at(now).today;
    let others = roles_of(tx, person, today).await?;
    if others.iter().any(|other| other.excludes_content() != role.excludes_content()) {
        return Ok(Err(NotGranted::Mixed));
    }
    let id = Id::<StaffRole>::new();
    // A role that has ended by its day makes room for a new one, which does not bring back the seats that were held through the old one.
    let ended = execute!(tx, END_PAST, person, unit, now, today)?;
    let (left,) = fetch_one!(tx, (i64,), STILL_WORKS, person, unit, today)?;
    if ended > 0 && left == 0 {
        teams::end_seats_of_person(tx, person, unit, now).await?;
    }
    let row = RoleRow { id, person, unit, role, started_at: now, ends_on };
    let made = rows::insert_roles(tx, &[row]).await?;
    Ok(if made == 1 { Ok(id) } else { Err(NotGranted::Held) })
}

/// Ends a role. If it was the person's last in the unit, the leader takes over as contact person of cases held through it.
pub(super) async fn end_role(
    tx: &mut Tx,
    unit: Id<Unit>,
    role: &StaffOut,
    by: Id<Person>,
    moment: Moment,
) -> Result<(), DbError> {
    // Writes that rely on the role finish before it ends, or are refused after it.
    dialect::lock(tx, role.person_id.uuid()).await?;
    expect_one(execute!(tx, END_ROLE, role.id, moment.now)?)?;
    let (left,) = fetch_one!(tx, (i64,), STILL_WORKS, role.person_id, unit, moment.today)?;
    if left == 0 {
        teams::end_seats_of_person(tx, role.person_id, unit, moment.now).await?;
        handovers::of_person(tx, role.person_id, unit, by, moment).await?;
    }
    Ok(())
}

/// To be called when the account of a person is disabled. Unit leaders take over as contact person of the person's cases. Roles and
/// seats stay, and count again when the account is enabled.
///
/// # Errors
/// If the database query fails.
pub async fn pass_on_batons_of(
    tx: &mut Tx,
    person: Id<Person>,
    by: Id<Person>,
    moment: Moment,
) -> Result<(), DbError> {
    dialect::lock(tx, person.uuid()).await?;
    let units = fetch_all!(tx, (Id<Unit>,), UNITS_OF, person)?;
    // A person works in only a few units.
    for (unit,) in units {
        handovers::of_person(tx, person, unit, by, moment).await?;
    }
    Ok(())
}

/// Returns the names of some units.
///
/// # Errors
/// If the database query fails.
pub async fn unit_names(tx: &mut Tx, units: &[Id<Unit>]) -> Result<HashMap<Id<Unit>, String>, DbError> {
    if units.is_empty() {
        return Ok(HashMap::new());
    }
    let names = fetch_in!(tx, (Id<Unit>, String), UNIT_NAMES, units)?;
    Ok(names.into_iter().collect())
}
