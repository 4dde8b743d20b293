//! Request and response types for teams.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{PersonId, TeamMemberId, UnitId},
        text::Line,
        vocabulary::{InformationKind, Sector},
    },
    shown,
    vault::Content,
};

/// A new member of the team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "018f2f60-0000-7000-8000-000000000001", "unit_id": "018f2f60-0000-7000-8000-000000000002", "contains": [], "task": "Class teacher"}))]
pub struct TeamMemberIn {
    /// The staff member.
    pub person_id: PersonId,
    /// The unit that they take part from. They must work there.
    pub unit_id: UnitId,
    /// Their task in the case.
    pub task: Line,
    /// Must be `[]`: confirms that the task holds none of the prohibited kinds. A listed kind is refused, with
    /// advice on what to do instead.
    pub contains: Vec<InformationKind>,
}

/// A membership of the team.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct TeamMemberOut {
    /// The id of the membership.
    pub id: TeamMemberId,
    /// The staff member.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// The unit they take part from.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The sector of the unit.
    pub sector: Sector,
    /// Their task in the case.
    pub task: Content,
    /// When they joined.
    pub joined_at: DateTime<Utc>,
    /// When they left.
    pub left_at: Option<DateTime<Utc>>,
    /// Whether the membership gives access today: it has not ended, and the unit keeps the record or is covered by consent.
    #[sqlx(skip)]
    pub in_force: bool,
}

shown!(TeamMemberOut {
    id,
    person_id,
    person_name,
    unit_id,
    unit_name,
    sector,
    task,
    joined_at,
    left_at,
    in_force
});
