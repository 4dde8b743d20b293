//! Proposals of roles that decide over others, and extensions of roles, in the database.
//!
//! A leader, an administrator and an auditor get their role from two administrators: one proposes it, another confirms it. A proposal
//! grants nothing. To extend such a role, it is proposed again.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    dto::RoleProposalOut,
    store::{NotGranted, fits_controller, grant},
};
use crate::{
    access::objects::UnitObject,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_optional,
    identity::former_names,
    kernel::{
        Id, Moment, Slice,
        ids::{Person, RoleExtension, RoleProposal, StaffRole, Unit},
        vocabulary::Role,
    },
    vault::KeyName,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.unit_id, u.name AS unit_name, r.person_id, p.name AS person_name, r.role, r.ends_on, r.reason,
                    r.proposed_by, r.proposed_at, r.status, r.decided_by, r.decided_at
             FROM role_proposal r JOIN unit u ON u.id = r.unit_id JOIN person p ON p.id = r.person_id
             WHERE r.municipality = $1 AND ",
            $rest
        )
    };
}

const LIST: &str = select!("r.id > $2 AND r.status = 'proposed' ORDER BY r.id LIMIT $3");
const FIND: &str = select!("r.id = $2");
const INSERT: &str = "
    INSERT INTO role_proposal (municipality, id, unit_id, person_id, role, ends_on, reason, proposed_by, proposed_at, status)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'proposed') ON CONFLICT DO NOTHING";
const DECIDE: &str = "
    UPDATE role_proposal SET status = $3, decided_by = $4, decided_at = $5
    WHERE municipality = $1 AND id = $2 AND status = 'proposed'";
const CURRENT: &str = "
    SELECT id, ends_on FROM staff_role
    WHERE person_id = $1 AND unit_id = $2 AND role = $3 AND ended_at IS NULL AND ends_on > $4";
const EXTEND: &str = "UPDATE staff_role SET ends_on = $2 WHERE id = $1 AND ended_at IS NULL";
const INSERT_EXTENSION: &str = "
    INSERT INTO role_extension (municipality, id, role_id, before_on, ends_on, reason, extended_by, extended_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// A role to propose.
pub(super) struct NewProposal<'a> {
    pub municipality: &'a str,
    pub unit: Id<Unit>,
    pub person: Id<Person>,
    pub role: Role,
    pub ends_on: NaiveDate,
    pub reason: &'a str,
}

/// Stores a proposal. Returns none if the same role is proposed already.
pub(super) async fn propose(
    tx: &mut Tx,
    new: NewProposal<'_>,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Option<Id<RoleProposal>>, DbError> {
    let NewProposal { municipality, unit, person, role, ends_on, reason } = new;
    let id = Id::<RoleProposal>::new();
    let reason = tx.vault().seal(&KeyName::people(municipality), reason)?;
    let role = role.as_str();
    let made = execute!(tx, INSERT, municipality, id, unit, person, role, ends_on, reason, by, now)?;
    Ok((made == 1).then_some(id))
}

pub(super) async fn list(
    tx: &mut Tx,
    municipality: &str,
    slice: Slice<Uuid>,
    now: DateTime<Utc>,
) -> Result<Vec<RoleProposalOut>, DbError> {
    let rows = fetch_all!(tx, RoleProposalOut, LIST, municipality, slice.after, slice.sql_limit())?;
    with_former_names(tx, rows, now).await
}

pub(super) async fn find(
    tx: &mut Tx,
    municipality: &str,
    id: Id<RoleProposal>,
    now: DateTime<Utc>,
) -> Result<Option<RoleProposalOut>, DbError> {
    let row = fetch_optional!(tx, RoleProposalOut, FIND, municipality, id)?;
    Ok(with_former_names(tx, row.into_iter().collect(), now).await?.pop())
}

async fn with_former_names(
    tx: &mut Tx,
    mut rows: Vec<RoleProposalOut>,
    now: DateTime<Utc>,
) -> Result<Vec<RoleProposalOut>, DbError> {
    let people: Vec<Id<Person>> = rows.iter().map(|row| row.person_id).collect();
    let names = former_names(tx, &people, now).await?;
    for row in &mut rows {
        row.former_names = names.iter().filter(|name| name.person_id == row.person_id).cloned().collect();
    }
    Ok(rows)
}

/// Records how a proposal was decided. The status must be `confirmed` or `declined`.
pub(super) async fn decide(
    tx: &mut Tx,
    municipality: &str,
    id: Id<RoleProposal>,
    status: &'static str,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    expect_one(execute!(tx, DECIDE, municipality, id, status, by, now)?)
}

/// Returns a role that counts now, and the day on which it ends.
pub(super) async fn current(
    tx: &mut Tx,
    person: Id<Person>,
    unit: Id<Unit>,
    role: Role,
    today: NaiveDate,
) -> Result<Option<(Id<StaffRole>, NaiveDate)>, DbError> {
    fetch_optional!(tx, (Id<StaffRole>, NaiveDate), CURRENT, person, unit, role.as_str(), today)
}

/// An extension of a role.
pub(super) struct Extension<'a> {
    pub municipality: &'a str,
    pub role: Id<StaffRole>,
    /// The day on which it would have ended.
    pub before: NaiveDate,
    pub ends_on: NaiveDate,
    pub reason: &'a str,
}

/// Extends a role, and keeps the reason. The operator of the machine is nobody (`by`).
pub(super) async fn extend(
    tx: &mut Tx,
    extension: Extension<'_>,
    by: Option<Id<Person>>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Extension { municipality, role, before, ends_on, reason } = extension;
    let reason = tx.vault().seal(&KeyName::people(municipality), reason)?;
    expect_one(execute!(tx, EXTEND, role, ends_on)?)?;
    let id = Id::<RoleExtension>::new();
    expect_one(execute!(tx, INSERT_EXTENSION, municipality, id, role, before, ends_on, reason, by, now)?)
}

/// Grants a role for the operator of the machine until a day, or extends it until then if the person has it.
///
/// # Errors
/// If the database query fails.
pub async fn grant_or_extend(
    tx: &mut Tx,
    person: Id<Person>,
    unit: &UnitObject,
    role: Role,
    ends_on: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Result<Id<StaffRole>, NotGranted>, DbError> {
    const REASON: &str = "by the operator of the machine";
    if !fits_controller(tx, unit.id, role).await? {
        return Ok(Err(NotGranted::OtherController));
    }
    let municipality = unit.municipality.as_str();
    match current(tx, person, unit.id, role, Moment::at(now).today).await? {
        Some((id, before)) => {
            let extension = Extension { municipality, role: id, before, ends_on, reason: REASON };
            extend(tx, extension, None, now).await?;
            Ok(Ok(id))
        }
        None => grant(tx, person, unit.id, role, ends_on, now).await,
    }
}
