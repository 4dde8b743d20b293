//! Units and roles as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{Person, StaffRole, Unit},
        vocabulary::{ControllerKind, Role, Sector},
    },
};

const INSERT_UNITS: &str = "INSERT INTO unit (id, municipality, key, name, kind, sector, controller, \
    controller_name, organisation_number) ";
const INSERT_SERVES: &str = "INSERT INTO unit_serves (unit_id, municipality) ";
const INSERT_ROLES: &str = "INSERT INTO staff_role (id, person_id, unit_id, role, started_at, ends_on) ";

/// The controller of a unit. One that is not the municipality has a name and an organisation number.
#[derive(Debug, Clone, Copy)]
pub struct Controller<'a> {
    /// The kind of controller.
    pub kind: ControllerKind,
    /// Its name.
    pub name: Option<&'a str>,
    /// Its organisation number.
    pub organisation_number: Option<&'a str>,
}

impl Controller<'_> {
    /// The municipality that the unit belongs to.
    pub const MUNICIPALITY: Self =
        Self { kind: ControllerKind::Municipality, name: None, organisation_number: None };
}

/// A unit to create.
pub(crate) struct UnitRow<'a> {
    pub id: Id<Unit>,
    pub municipality: &'a str,
    pub key: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub kind: &'a str,
    pub sector: Sector,
    pub controller: Controller<'a>,
    /// The municipalities it serves.
    pub serves: Vec<&'a str>,
}

/// A role to grant.
pub(crate) struct RoleRow {
    pub id: Id<StaffRole>,
    pub person: Id<Person>,
    pub unit: Id<Unit>,
    pub role: Role,
    pub started_at: DateTime<Utc>,
    pub ends_on: NaiveDate,
}

/// Makes units that serve municipalities, and returns how many: no municipality has two of one key.
pub(crate) async fn insert_units(tx: &mut Tx, rows: &[UnitRow<'_>]) -> Result<u64, DbError> {
    let made = insert_rows!(
        tx,
        INSERT_UNITS,
        9,
        rows,
        |values, row| values
            .push_bind(row.id)
            .push_bind(row.municipality)
            .push_bind(&*row.key)
            .push_bind(&*row.name)
            .push_bind(row.kind)
            .push_bind(row.sector)
            .push_bind(row.controller.kind)
            .push_bind(row.controller.name)
            .push_bind(row.controller.organisation_number),
        " ON CONFLICT (municipality, key) DO NOTHING"
    )?;
    if made == rows.len() as u64 {
        let mut serves = Vec::new();
        for row in rows {
            serves.extend(row.serves.iter().map(|served| (row.id, *served)));
        }
        insert_rows!(tx, INSERT_SERVES, 2, serves, |values, (unit, served)| values
            .push_bind(*unit)
            .push_bind(*served))?;
    }
    Ok(made)
}

/// Gives roles, and returns how many: nobody gets a role that they have.
pub(crate) async fn insert_roles(tx: &mut Tx, rows: &[RoleRow]) -> Result<u64, DbError> {
    insert_rows!(
        tx,
        INSERT_ROLES,
        6,
        rows,
        |values, row| values
            .push_bind(row.id)
            .push_bind(row.person)
            .push_bind(row.unit)
            .push_bind(row.role)
            .push_bind(row.started_at)
            .push_bind(row.ends_on),
        " ON CONFLICT (person_id, unit_id, role) WHERE ended_at IS NULL DO NOTHING"
    )
}
