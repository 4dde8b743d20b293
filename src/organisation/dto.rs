//! Request and response types for units, staff and roles.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rows::Controller;
use crate::{
    identity::FormerName,
    kernel::{
        OrganisationNumber,
        day::{RoleEnd, day, optional_day},
        ids::{PersonId, RoleProposalId, StaffRoleId, UnitId},
        text::{Line, Prose},
        vocabulary::{ControllerKind, Role, Sector},
    },
    shown,
    vault::Content,
    words,
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
    /// The controller, which decides why and how the unit's information is used.
    #[sqlx(flatten)]
    pub controller: ControllerOut,
}

shown!(UnitOut { id, municipality, key, name, kind, sector, controller });

/// The controller of a unit (behandlingsansvarlig).
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ControllerOut {
    /// The kind of controller.
    #[sqlx(rename = "controller")]
    pub kind: ControllerKind,
    /// The name of a controller that is not the municipality.
    #[sqlx(rename = "controller_name")]
    pub name: Option<String>,
    /// The organisation number of a controller that is not the municipality.
    pub organisation_number: Option<String>,
}

/// The controller of a unit to create. One that is not the municipality has a name and an organisation number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "county", "name": "Eksempel fylkeskommune", "organisation_number": "974760673"}))]
pub struct ControllerIn {
    /// The kind of controller.
    pub kind: ControllerKind,
    /// The name of a controller that is not the municipality.
    #[serde(default)]
    pub name: Option<Line>,
    /// The organisation number of a controller that is not the municipality.
    #[serde(default)]
    pub organisation_number: Option<OrganisationNumber>,
}

impl ControllerIn {
    pub(super) fn controller(&self) -> Controller<'_> {
        Controller {
            kind: self.kind,
            name: self.name.as_deref(),
            organisation_number: self.organisation_number.as_ref().map(OrganisationNumber::as_str),
        }
    }
}

/// A unit to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key": "skole-nord", "name": "Nordre skole", "kind": "school", "sector": "school", "controller": {"kind": "municipality"}}))]
pub struct UnitIn {
    /// A stable key, unique within the municipality.
    pub key: Line,
    /// The name of the unit.
    pub name: Line,
    /// The kind of unit.
    pub kind: Line,
    /// The sector of the unit. It decides which duty of secrecy applies.
    pub sector: Sector,
    /// The controller, which decides why and how the unit's information is used.
    pub controller: ControllerIn,
}

/// A role to grant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "018f2f60-0000-4000-8000-000000000001", "role": "worker", "ends_on": "2027-06-30"}))]
pub struct RoleIn {
    /// The person who gets the role. They must have an account.
    pub person_id: PersonId,
    /// The role to grant.
    pub role: Role,
    /// The day from which the role counts for nothing, at most a year ahead. Without it, the role ends in a year.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<RoleEnd>)]
    pub ends_on: Option<NaiveDate>,
}

words! {
    /// A role that needs two administrators.
    ProposedRole {
        /// Leads the unit.
        UnitLeader = "unit_leader",
        /// Manages the accounts, units and roles of the municipality. Never sees content.
        Administrator = "administrator",
        /// Reads the access log of the municipality or, in a unit of another controller, of what its staff did. Never sees content.
        Auditor = "auditor",
    }
}

impl From<ProposedRole> for Role {
    fn from(role: ProposedRole) -> Self {
        match role {
            ProposedRole::UnitLeader => Self::UnitLeader,
            ProposedRole::Administrator => Self::Administrator,
            ProposedRole::Auditor => Self::Auditor,
        }
    }
}

words! {
    /// The status of a proposal of a role.
    ProposalStatus {
        /// It waits for another administrator, and grants nothing.
        Proposed = "proposed",
        /// The person got the role.
        Confirmed = "confirmed",
        /// It was declined or withdrawn.
        Declined = "declined",
    }
}

/// A role to propose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "018f2f60-0000-4000-8000-000000000001", "role": "unit_leader", "ends_on": "2027-06-30", "reason": "Leads the school from August."}))]
pub struct RoleProposalIn {
    /// The person who would get the role, or have it for longer. They must have an account.
    pub person_id: PersonId,
    /// The role to propose.
    pub role: ProposedRole,
    /// The day from which the role counts for nothing, at most a year ahead. Without it, the role ends in a year.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<RoleEnd>)]
    pub ends_on: Option<NaiveDate>,
    /// Why the person needs the role.
    pub reason: Prose,
}

/// A proposal of a role.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct RoleProposalOut {
    /// The id of the proposal.
    pub id: RoleProposalId,
    /// The unit.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The person who would get the role.
    pub person_id: PersonId,
    /// The person's name.
    pub person_name: Content,
    /// The names that the person had in the last year, newest first.
    #[sqlx(skip)]
    pub former_names: Vec<FormerName>,
    /// The role.
    pub role: Role,
    /// The day from which the role would count for nothing.
    pub ends_on: NaiveDate,
    /// Why the person needs the role.
    pub reason: Content,
    /// The administrator who proposed it.
    pub proposed_by: PersonId,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
    /// The status of the proposal.
    pub status: ProposalStatus,
    /// The administrator who decided it.
    pub decided_by: Option<PersonId>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
}

shown!(RoleProposalOut {
    id,
    unit_id,
    unit_name,
    person_id,
    person_name,
    former_names,
    role,
    ends_on,
    reason,
    proposed_by,
    proposed_at,
    status,
    decided_by,
    decided_at,
});

/// An extension of a role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ends_on": "2027-06-30", "reason": "Still works with the same class."}))]
pub struct ExtensionIn {
    /// The day from which the role counts for nothing, at most a year ahead.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = RoleEnd)]
    pub ends_on: NaiveDate,
    /// Why the role is still needed.
    pub reason: Prose,
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
    /// The day from which the role counts for nothing.
    pub ends_on: NaiveDate,
}

shown!(StaffOut { id, person_id, person_name, role, started_at, ends_on });
