//! Request and response types for claims.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{ClaimId, PersonId},
        text::Prose,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The kind of statement.
    ClaimKind {
        /// The child's address is protected.
        ProtectedAddress = "protected_address",
        /// The child is under a care order.
        CareOrder = "care_order",
        /// A member of staff is a guardian of the child.
        Guardian = "guardian",
    }
}

/// A statement of another registration about the child.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimOut {
    /// The id of the claim.
    pub id: ClaimId,
    /// The kind of statement.
    pub kind: ClaimKind,
    /// The member of staff who is stated to be a guardian.
    pub person_id: Option<PersonId>,
    /// Their name.
    pub person_name: Option<Content>,
    /// When it was stated.
    pub stated_at: DateTime<Utc>,
    /// Until when it closes something, unless it is decided.
    pub closes_until: DateTime<Utc>,
    /// Whether it is true, once somebody has decided.
    pub confirmed: Option<bool>,
    /// When that was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// The person who decided.
    pub decided_by: Option<PersonId>,
    /// The reason.
    pub reason: Option<Content>,
    /// The version, for `If-Match`; the same as the `ETag`.
    pub version: i64,
}

shown!(ClaimOut {
    id,
    kind,
    person_id,
    person_name,
    stated_at,
    closes_until,
    confirmed,
    decided_at,
    decided_by,
    reason,
    version
});

/// A decision on a claim.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"confirmed": true, "reason": "The population register shows the same today."}))]
pub struct ClaimDecisionIn {
    /// Whether it is true. If so, it counts as long as it stands where it was stated. If not, it does not count here.
    pub confirmed: bool,
    /// The source of the decision, such as the population register.
    pub reason: Prose,
}
