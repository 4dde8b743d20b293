//! Request and response types for handovers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::CaseReader,
    kernel::{
        ids::{HandoverId, PersonId, UnitId},
        text::Prose,
        vocabulary::InformationKind,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The status of a handover.
    HandoverStatus {
        /// Waiting for the recipient to answer.
        Offered = "offered",
        /// The recipient has become the contact person.
        Accepted = "accepted",
        /// The recipient has declined.
        Declined = "declined",
        /// The offer was withdrawn.
        Withdrawn = "withdrawn",
        /// The contact person lost access, and the leader of their unit, or of the unit that keeps the record, took over; or the account of the earlier
        /// contact person was enabled again, and they got the baton back. With `for_absence`, someone is away, and a stand-in or the leader took
        /// over until they are back; or they are back.
        Assigned = "assigned",
    }
}

/// An offer to take over as contact person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to_person_id": "018f2f60-0000-7000-8000-000000000001", "to_unit_id": "018f2f60-0000-7000-8000-000000000002", "contains": [], "message": "She starts school in August."}))]
pub struct HandoverIn {
    /// The recipient, who must be a team member.
    pub to_person_id: PersonId,
    /// The unit that the recipient takes part from.
    pub to_unit_id: UnitId,
    /// A message to the recipient.
    #[serde(default)]
    pub message: Option<Prose>,
    /// Required with a message, and must be `[]`: confirms that the message holds none of the prohibited kinds. A listed
    /// kind is refused, with advice on what to do instead.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// An answer to an offer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contains": [], "answer": "I have talked with the family; I take it from today."}))]
pub struct HandoverAnswer {
    /// A message with the answer.
    #[serde(default)]
    pub answer: Option<Prose>,
    /// Required with an answer, and must be `[]`: confirms that the answer holds none of the prohibited kinds.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// A handover.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct HandoverOut {
    /// The id of the handover.
    pub id: HandoverId,
    /// The person who was contact person.
    pub from_person_id: PersonId,
    /// Their name.
    pub from_person_name: Content,
    /// The recipient.
    pub to_person_id: PersonId,
    /// The recipient's name.
    pub to_person_name: Content,
    /// The unit that the recipient takes part from.
    pub to_unit_id: UnitId,
    /// The name of that unit.
    pub to_unit_name: String,
    /// The status of the handover.
    pub status: HandoverStatus,
    /// Whether the baton passed only because the contact person is away, or came back to them afterwards. The case has the last day.
    pub for_absence: bool,
    /// The message to the recipient.
    pub message: Option<Content>,
    /// The message with the answer.
    pub answer: Option<Content>,
    /// When it was offered.
    pub offered_at: DateTime<Utc>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// The version, for `If-Match`. Null to a reader who sees only a part of the object: their `ETag` counts what they see.
    pub version: Option<i64>,
}

shown!(HandoverOut, CaseReader {
    row {
        id, from_person_id, from_person_name, to_person_id, to_person_name, to_unit_id, to_unit_name, status, for_absence, offered_at,
        answered_at;
        version
    }
    agreed: message, answer;
});
