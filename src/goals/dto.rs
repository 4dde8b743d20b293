//! Goals as the API speaks of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{GoalId, PersonId},
        text::Prose,
        vocabulary::InformationKind,
    },
    vault::Content,
    words,
};

words! {
    /// What has become of a goal.
    GoalStatus {
        /// It is worked towards.
        Active = "active",
        /// It is reached (nådd).
        Reached = "reached",
        /// It is given up, or no longer fits.
        Dropped = "dropped",
    }
}

/// A goal (mål).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct GoalOut {
    /// Its id.
    pub id: GoalId,
    /// What is to be reached for the child.
    pub description: Content,
    /// What has become of it.
    pub status: GoalStatus,
    /// Who set it. Null to one who has opened the case of a hidden child in an emergency.
    #[schema(value_type = Option<PersonId>)]
    pub created_by: PersonId,
    /// Their name.
    #[schema(value_type = Option<String>)]
    pub created_by_name: Content,
    /// When it was set.
    pub created_at: DateTime<Utc>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}

/// A new goal; it is active from the start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contains": [], "description": "He takes part in play in every long break."}))]
pub struct GoalIn {
    /// What is to be reached for the child.
    pub description: Prose,
    /// Which of the kinds it holds that must not be in the record: it must be there, and empty (see notes).
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// A change of a goal; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "reached"}))]
pub struct GoalPatch {
    /// The goal in new words.
    #[serde(default)]
    pub description: Option<Prose>,
    /// Which of the kinds it holds that must not be in the record: with a description it must be there, and empty.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// What has become of it.
    #[serde(default)]
    pub status: Option<GoalStatus>,
}

impl GoalPatch {
    /// Does it change nothing?
    pub(super) fn is_empty(&self) -> bool {
        self.description.is_none() && self.status.is_none()
    }
}
