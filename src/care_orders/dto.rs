//! Care orders as the API speaks of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        day::day,
        ids::{CareOrderId, ChildId, PersonId, UnitId},
        text::Line,
    },
    vault::Content,
    words,
};

words! {
    /// What was decided.
    CareOrderKind {
        /// The child is taken into care (omsorgsovertakelse).
        TakenIntoCare = "taken_into_care",
        /// The child may not be moved from where it is (flytteforbud).
        MovingProhibited = "moving_prohibited",
    }
}

/// A care order to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": "2026-11-23",
    "child_welfare_unit_id": "018f2f60-0000-7000-8000-000000000002",
    "child_welfare_person_id": "018f2f60-0000-4000-8000-000000000004"
}))]
pub struct CareOrderIn {
    /// What was decided.
    pub kind: CareOrderKind,
    /// Which decision it is, as whoever made it calls it.
    pub decision_reference: Line,
    /// From which day it is in force.
    #[serde(deserialize_with = "day")]
    pub in_force_from: NaiveDate,
    /// The child welfare service that decides for the child.
    pub child_welfare_unit_id: UnitId,
    /// Who there does, and consents in the parents' place.
    pub child_welfare_person_id: PersonId,
}

/// Another who decides for the child.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "child_welfare_unit_id": "018f2f60-0000-7000-8000-000000000002",
    "child_welfare_person_id": "018f2f60-0000-4000-8000-000000000004"
}))]
pub struct CareOrderPatch {
    /// The child welfare service.
    pub child_welfare_unit_id: UnitId,
    /// Who there decides from now on. The consents of the one before count no longer.
    pub child_welfare_person_id: PersonId,
}

/// The end of a care order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision_reference": "BVHN-2026-0377"}))]
pub struct CareOrderEnd {
    /// Which decision ended it.
    pub decision_reference: Line,
}

/// A care order.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct CareOrderOut {
    /// Its id.
    pub id: CareOrderId,
    /// The child.
    pub child_id: ChildId,
    /// What was decided.
    pub kind: CareOrderKind,
    /// Which decision it is.
    pub decision_reference: Content,
    /// From which day it is in force.
    pub in_force_from: NaiveDate,
    /// The child welfare service that decides for the child.
    pub child_welfare_unit_id: UnitId,
    /// Who there does.
    pub child_welfare_person_id: PersonId,
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Which decision ended it.
    pub end_reference: Option<Content>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}
