//! Units, staff and roles as the API speaks of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{PersonId, StaffRoleId, UnitId},
        text::Line,
        vocabulary::{Role, Sector},
    },
    vault::Content,
};

/// A unit (tjeneste, enhet).
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct UnitOut {
    /// Its id.
    pub id: UnitId,
    /// The municipality that keeps it.
    #[schema(example = "4014")]
    pub municipality: String,
    /// Its name in the municipality's data, stable.
    #[schema(example = "helsestasjon")]
    pub key: String,
    /// Its name.
    pub name: String,
    /// What kind of unit it is.
    #[schema(example = "health_centre")]
    pub kind: String,
    /// Its sector.
    pub sector: Sector,
}

/// A unit to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key": "skole-nord", "name": "Nordre skole", "kind": "school", "sector": "school"}))]
pub struct UnitIn {
    /// Its stable name, unlike any other of the municipality's.
    pub key: Line,
    /// Its name.
    pub name: Line,
    /// What kind of unit it is.
    pub kind: Line,
    /// Its sector, which decides the duty of secrecy.
    pub sector: Sector,
}

/// A role to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "018f2f60-0000-4000-8000-000000000001", "role": "worker"}))]
pub struct RoleIn {
    /// To whom: someone with an account.
    pub person_id: PersonId,
    /// Which.
    pub role: Role,
}

/// Someone in a unit.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct StaffOut {
    /// The id of the role, by which it can be ended.
    pub id: StaffRoleId,
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// What they are there.
    pub role: Role,
    /// Since when.
    pub started_at: DateTime<Utc>,
}
