//! Handovers as the API speaks of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{HandoverId, PersonId, UnitId},
        text::Prose,
        vocabulary::InformationKind,
    },
    vault::Content,
    words,
};

words! {
    /// How far a handover has come.
    HandoverStatus {
        /// Awaits the answer of the receiver.
        Offered = "offered",
        /// The receiver has the baton.
        Accepted = "accepted",
        /// The receiver does not take it.
        Declined = "declined",
        /// The offer was taken back.
        Withdrawn = "withdrawn",
        /// The holder lost the right to hold it, and it went to the leader of the unit that opened the case.
        Assigned = "assigned",
    }
}

/// An offer of the baton.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to_person_id": "018f2f60-0000-7000-8000-000000000001", "to_unit_id": "018f2f60-0000-7000-8000-000000000002", "contains": [], "message": "She starts school in August."}))]
pub struct HandoverIn {
    /// Who is to take it: someone with a seat on the team.
    pub to_person_id: PersonId,
    /// Through which unit.
    pub to_unit_id: UnitId,
    /// A word on the way.
    #[serde(default)]
    pub message: Option<Prose>,
    /// Which of the kinds it holds that must not be in the record: with a word it must be there, and empty. What it names is
    /// refused, with what to do instead.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// An answer to an offer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contains": [], "answer": "I have talked with the family; I take it from today."}))]
pub struct HandoverAnswer {
    /// A word with the answer.
    #[serde(default)]
    pub answer: Option<Prose>,
    /// As with an offer.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// A handover.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct HandoverOut {
    /// Its id.
    pub id: HandoverId,
    /// Who held the baton.
    pub from_person_id: PersonId,
    /// Their name.
    pub from_person_name: Content,
    /// Who is to take it.
    pub to_person_id: PersonId,
    /// Their name.
    pub to_person_name: Content,
    /// Through which unit.
    pub to_unit_id: UnitId,
    /// The name of that unit.
    pub to_unit_name: String,
    /// How far it has come.
    pub status: HandoverStatus,
    /// The word on the way.
    pub message: Option<Content>,
    /// The word with the answer.
    pub answer: Option<Content>,
    /// When it was offered.
    pub offered_at: DateTime<Utc>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}
