//! Request and response types for units, staff and roles.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{PersonId, StaffRoleId, UnitId},
        text::Line,
        vocabulary::{Role, Sector},
    },
    shown,
    vault::Content,
};

/// A unit (tjeneste, enhet).
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct UnitOut {
    /// The id of the unit.
    pub id: UnitId,
    /// The municipality that the unit belongs to.
    #[schema(example = "4014")]
    pub municipality: String,
    /// A stable key that identifies the unit within the municipality.
    #[schema(example = "helsestasjon")]
    pub key: String,
    /// The name of the unit.
    pub name: String,
    /// The kind of unit.
    #[schema(example = "health_centre")]
    pub kind: String,
    /// The sector of the unit.
    pub sector: Sector,
}

shown!(UnitOut { id, municipality, key, name, kind, sector });

/// A unit to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key": "skole-nord", "name": "Nordre skole", "kind": "school", "sector": "school"}))]
pub struct UnitIn {
    /// A stable key, unique within the municipality.
    pub key: Line,
    /// The name of the unit.
    pub name: Line,
    /// The kind of unit.
    pub kind: Line,
    /// The sector of the unit. It decides which duty of secrecy applies.
    pub sector: Sector,
}

/// A role to grant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "018f2f60-0000-4000-8000-000000000001", "role": "worker"}))]
pub struct RoleIn {
    /// The person who gets the role. They must have an account.
    pub person_id: PersonId,
    /// The role to grant.
    pub role: Role,
}

/// A staff member of a unit.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct StaffOut {
    /// The id of the role. Use it to end the role.
    pub id: StaffRoleId,
    /// The staff member.
    pub person_id: PersonId,
    /// The staff member's name.
    pub person_name: Content,
    /// Their role in the unit.
    pub role: Role,
    /// When the role started.
    pub started_at: DateTime<Utc>,
}

shown!(StaffOut { id, person_id, person_name, role, started_at });
