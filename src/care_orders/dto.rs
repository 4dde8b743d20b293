//! Request and response types for care orders.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        day::{CareOrderStart, day},
        ids::{CareOrderId, ChildId, PersonId, UnitId},
        text::Line,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The kind of care order.
    CareOrderKind {
        /// The child is taken into care (omsorgsovertakelse).
        TakenIntoCare = "taken_into_care",
        /// The child may not be moved from where it lives (flytteforbud).
        MovingProhibited = "moving_prohibited",
    }
}

/// A care order to record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": "2026-11-23",
    "child_welfare_unit_id": "018f2f60-0000-7000-8000-000000000002",
    "child_welfare_person_id": "018f2f60-0000-4000-8000-000000000004"
}))]
pub struct CareOrderIn {
    /// The kind of care order.
    pub kind: CareOrderKind,
    /// The reference of the decision, as used by the authority that made it.
    pub decision_reference: Line,
    /// The day from which it is in force.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = CareOrderStart)]
    pub in_force_from: NaiveDate,
    /// The child welfare service that decides for the child.
    pub child_welfare_unit_id: UnitId,
    /// The person in that service who decides, and who consents in the parents' place.
    pub child_welfare_person_id: PersonId,
}

/// The new person who decides for the child.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "child_welfare_unit_id": "018f2f60-0000-7000-8000-000000000002",
    "child_welfare_person_id": "018f2f60-0000-4000-8000-000000000004"
}))]
pub struct CareOrderPatch {
    /// The child welfare service.
    pub child_welfare_unit_id: UnitId,
    /// The person there who decides from now on. Consents given by the previous person no longer count.
    pub child_welfare_person_id: PersonId,
}

/// The end of a care order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision_reference": "BVHN-2026-0377"}))]
pub struct CareOrderEnd {
    /// The reference of the decision that ended it.
    pub decision_reference: Line,
}

/// A care order.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct CareOrderOut {
    /// The id of the care order.
    pub id: CareOrderId,
    /// The child.
    pub child_id: ChildId,
    /// The kind of care order.
    pub kind: CareOrderKind,
    /// The reference of the decision.
    pub decision_reference: Content,
    /// The day from which it is in force.
    pub in_force_from: NaiveDate,
    /// The child welfare service that decides for the child.
    pub child_welfare_unit_id: UnitId,
    /// The person in that service who decides.
    pub child_welfare_person_id: PersonId,
    /// The person who recorded it.
    pub recorded_by: PersonId,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The reference of the decision that ended it.
    pub end_reference: Option<Content>,
    /// The version, for `If-Match`; the same as the `ETag`.
    pub version: i64,
}

shown!(CareOrderOut {
    id,
    child_id,
    kind,
    decision_reference,
    in_force_from,
    child_welfare_unit_id,
    child_welfare_person_id,
    recorded_by,
    recorded_at,
    ended_at,
    end_reference,
    version
});
