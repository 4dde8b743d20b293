//! Teams as the API speaks of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{PersonId, TeamMemberId, UnitId},
        text::Line,
        vocabulary::{InformationKind, Sector},
    },
    vault::Content,
};

/// Someone to join the team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "018f2f60-0000-7000-8000-000000000001", "unit_id": "018f2f60-0000-7000-8000-000000000002", "contains": [], "task": "Class teacher"}))]
pub struct TeamMemberIn {
    /// Who.
    pub person_id: PersonId,
    /// From which unit, where they must work.
    pub unit_id: UnitId,
    /// What they are to do for the child.
    pub task: Line,
    /// Which of the kinds the task tells of that must not be in the record: it must be there, and empty. What it names is
    /// refused, with what to do instead.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// A seat on the team.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct TeamMemberOut {
    /// Its id.
    pub id: TeamMemberId,
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// From which unit.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The sector of the unit.
    pub sector: Sector,
    /// What they do for the child.
    pub task: Content,
    /// Since when.
    pub joined_at: DateTime<Utc>,
    /// Until when.
    pub left_at: Option<DateTime<Utc>>,
    /// Whether the seat gives access today: not left, and the unit opened the case or is consented to.
    #[sqlx(skip)]
    pub in_force: bool,
}
