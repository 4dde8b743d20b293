//! Request and response types for goals.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::CaseReader,
    kernel::{
        ids::{GoalId, PersonId},
        text::Prose,
        vocabulary::InformationKind,
    },
    shown,
    vault::Content,
    wordings::EarlierWordingOut,
    words,
};

words! {
    /// The status of a goal.
    GoalStatus {
        /// It is being worked towards.
        Active = "active",
        /// It has been reached (nådd).
        Reached = "reached",
        /// It has been given up, or no longer fits.
        Dropped = "dropped",
    }
}

/// A goal (mål).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct GoalOut {
    /// The id of the goal.
    pub id: GoalId,
    /// The result to be reached for the child.
    pub description: Content,
    /// The earlier wordings of the description, in the order they were replaced.
    #[sqlx(skip)]
    pub earlier: Vec<EarlierWordingOut>,
    /// The status of the goal.
    pub status: GoalStatus,
    /// The person who set it. Null for emergency access to the case of a child with a protected address.
    pub created_by: Option<PersonId>,
    /// Their name. Null for emergency access, as for `created_by`.
    pub created_by_name: Option<Content>,
    /// When it was set.
    pub created_at: DateTime<Utc>,
    /// The version, for `If-Match`. Null to a reader who sees only a part of the object: their `ETag` counts what they see.
    pub version: Option<i64>,
}

shown!(GoalOut, CaseReader {
    row { id, description, status, created_at; version }
    + each { earlier }
    whereabouts: created_by, created_by_name;
});

/// A new goal. It is active from the start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contains": [], "description": "He takes part in play in every long break."}))]
pub struct GoalIn {
    /// The result to be reached for the child.
    pub description: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

/// A change to a goal. Fields left out are unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "reached"}))]
pub struct GoalPatch {
    /// The new description. The earlier wording is kept.
    #[serde(default)]
    pub description: Option<Prose>,
    /// Why the description is changed: required with it. Everyone who may read the goal reads it.
    #[serde(default)]
    pub reason: Option<Prose>,
    /// Whether the earlier wording is struck out: it is kept for inspection, and nobody reads it here.
    #[serde(default)]
    pub strike_out: bool,
    /// Required with a description, and must be `[]`: confirms that the text and the reason hold none of the prohibited kinds.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// The new status.
    #[serde(default)]
    pub status: Option<GoalStatus>,
}

impl GoalPatch {
    /// Returns whether it changes nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.description.is_none() && self.status.is_none()
    }
}
