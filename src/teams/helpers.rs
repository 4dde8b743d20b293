//! The people who help in a case, as the rules see them.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    dto::TeamMemberOut,
    routes::is_shown,
    store::{self, HELPERS},
};
use crate::{
    access::{Asker, CaseState, actions::ListTeam, objects::CaseObject},
    db::{DbError, Tx},
    fetch_all,
    identity::{Caller, HeldRole},
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::{ControllerKind, Role, Sector},
    },
    vault::Content,
};

#[derive(sqlx::FromRow)]
struct HelperRow {
    person_id: Id<Person>,
    canonical_id: Id<Person>,
    name: Content,
    unit_id: Id<Unit>,
    unit_name: String,
    sector: Sector,
    municipality: String,
    controller: ControllerKind,
    role: Role,
    started_at: DateTime<Utc>,
    ends_on: NaiveDate,
}

/// Returns the members of a team whose seats are in force, with the roles behind their seats.
///
/// # Errors
/// If the database query fails.
pub async fn helpers(tx: &mut Tx, case: &CaseState) -> Result<Vec<Caller>, DbError> {
    let rows = fetch_all!(tx, HelperRow, HELPERS, &case.municipality, case.id, case.today)?;
    let mut helpers: Vec<Caller> = Vec::new();
    for row in rows.into_iter().filter(|row| case.ground.covers(row.unit_id)) {
        let known = helpers.iter().position(|known| known.is(row.canonical_id));
        let at = known.unwrap_or(helpers.len());
        if known.is_none() {
            let name = row.name.clone();
            helpers.push(Caller::of_record(row.person_id, row.canonical_id, name, &case.municipality));
        }
        if let Some(helper) = helpers.get_mut(at) {
            helper.roles.push(row.into());
        }
    }
    Ok(helpers)
}

impl From<HelperRow> for HeldRole {
    fn from(row: HelperRow) -> Self {
        Self {
            person: row.person_id,
            unit_id: row.unit_id,
            unit_name: row.unit_name,
            sector: row.sector,
            municipality: row.municipality,
            controller: row.controller,
            role: row.role,
            started_at: row.started_at,
            ends_on: row.ends_on,
        }
    }
}

/// Returns the memberships that have not ended and that the caller may know of.
///
/// # Errors
/// If the database query fails.
pub async fn current_members(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
) -> Result<Vec<TeamMemberOut>, DbError> {
    if !asker.may::<ListTeam>(case) {
        return Ok(Vec::new());
    }
    let mut members = store::current(tx, &case.facts).await?;
    members.retain(|member| is_shown(asker, case, member));
    Ok(members)
}
