//! Request and response types for care orders.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{CareOrderRule, Decides},
    kernel::{
        day::{CareOrderLastDay, CareOrderStart, day, optional_day},
        ids::{CareOrderId, ChildId, PersonId, UnitId},
        text::Line,
        vocabulary::CareOrderKind,
    },
    shown,
    vault::Content,
};

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
    /// The last day on which it is in force. An acute order needs one; an order that is not for a time has none. Without one, another order lasts
    /// as long as its kind can.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<CareOrderLastDay>)]
    pub in_force_until: Option<NaiveDate>,
    /// The child welfare service that is responsible.
    pub child_welfare_unit_id: UnitId,
    /// The person in that service who is responsible, and not the caller. By the kinds of order that say so, they consent in the parents'
    /// place, once they have accepted it.
    pub child_welfare_person_id: PersonId,
}

/// The change of a care order: another person in child welfare, another last day, or both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "child_welfare_unit_id": "018f2f60-0000-7000-8000-000000000002",
    "child_welfare_person_id": "018f2f60-0000-4000-8000-000000000004",
    "reference": "BVHN-2026-0166"
}))]
pub struct CareOrderPatch {
    /// The child welfare service.
    pub child_welfare_unit_id: UnitId,
    /// The person there who is responsible from now on, once they have accepted it. Consents given by the previous person no longer count.
    pub child_welfare_person_id: PersonId,
    /// The decision or the record that the change rests on.
    pub reference: Line,
    /// The new last day, if the decision now has another. It stays as it is if left out.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<CareOrderLastDay>)]
    pub in_force_until: Option<NaiveDate>,
}

/// A change of a care order, with the values before it.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct CareOrderChangeOut {
    /// The care order.
    #[serde(skip)]
    pub care_order_id: CareOrderId,
    /// The child welfare service that was responsible before.
    pub former_unit_id: UnitId,
    /// The person who was responsible before.
    pub former_person_id: PersonId,
    /// The last day before; null if it had none.
    pub former_until: Option<NaiveDate>,
    /// The decision or the record that the change rests on.
    pub reference: Content,
    /// The person who recorded the change.
    pub changed_by: PersonId,
    /// When it was recorded.
    pub changed_at: DateTime<Utc>,
}

shown!(CareOrderChangeOut {
    care_order_id,
    former_unit_id,
    former_person_id,
    former_until,
    reference,
    changed_by,
    changed_at
});

/// The effect of a care order, which depends on its kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct CareOrderEffect {
    /// The name of the kind in Norwegian.
    pub name_no: String,
    /// The people who consent for the child while it is in force.
    pub decides: Decides,
    /// Whether it closes the record to the parents.
    pub closes_to_parents: bool,
    /// Whether foster parents who are registered with the child see the record.
    pub opens_to_foster_parents: bool,
}

shown!(CareOrderEffect { name_no, decides, closes_to_parents, opens_to_foster_parents });

impl From<CareOrderKind> for CareOrderEffect {
    fn from(kind: CareOrderKind) -> Self {
        let rule = CareOrderRule::of(kind);
        Self {
            name_no: rule.name_no.clone(),
            decides: rule.decides,
            closes_to_parents: rule.closes,
            opens_to_foster_parents: rule.opens_to_home(),
        }
    }
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
    /// Its effect, which depends on the kind.
    #[sqlx(rename = "kind", try_from = "CareOrderKind")]
    pub effect: CareOrderEffect,
    /// The reference of the decision.
    pub decision_reference: Content,
    /// The day from which it is in force.
    pub in_force_from: NaiveDate,
    /// The last day on which anyone decides or sees something by it; null if it has none. The parents do not see the record again until
    /// its end is recorded.
    pub in_force_until: Option<NaiveDate>,
    /// The child welfare service that is responsible.
    pub child_welfare_unit_id: UnitId,
    /// The person in that service who is responsible.
    pub child_welfare_person_id: PersonId,
    /// The person who named them.
    pub named_by: PersonId,
    /// When they were named.
    pub named_at: DateTime<Utc>,
    /// When they accepted it; null until they do. Until then, nobody consents by the order.
    pub accepted_at: Option<DateTime<Utc>>,
    /// The changes, the oldest first, each with the values before it.
    #[sqlx(skip)]
    pub changes: Vec<CareOrderChangeOut>,
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
    effect,
    decision_reference,
    in_force_from,
    in_force_until,
    child_welfare_unit_id,
    child_welfare_person_id,
    named_by,
    named_at,
    accepted_at,
    changes,
    recorded_by,
    recorded_at,
    ended_at,
    end_reference,
    version
});
