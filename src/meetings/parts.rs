//! Request and response types for moves of a meeting, its invitations, and the people who were present.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    kernel::{
        day::{MeetingTime, time},
        ids::PersonId,
        text::{Line, Prose},
        vocabulary::InformationKind,
    },
    vault::Content,
    words,
};

words! {
    /// The role of a person who was present at a meeting and has no part in the case.
    PresentRole {
        /// An interpreter (tolk).
        Interpreter = "interpreter",
        /// A support person of the child or a guardian (støtteperson).
        SupportPerson = "support_person",
        /// A member of the private network, such as a grandmother (nettverk).
        NetworkMember = "network_member",
        /// An adviser of the arena (rådgiver). It does not mean that their service helps the child.
        Adviser = "adviser",
    }
}

/// A move of a meeting.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct MeetingMoveOut {
    /// Its number, from 1.
    #[schema(example = 1)]
    pub number: i64,
    /// When the meeting was to start.
    pub from_time: DateTime<Utc>,
    /// The time that it was moved to.
    pub to_time: DateTime<Utc>,
    /// The place before, if the place changed.
    pub from_place: Option<Content>,
    /// The place that it was moved to, if the place changed.
    pub to_place: Option<Content>,
    /// Why it was moved.
    pub reason: Content,
    /// The person who moved it. Null if that would reveal a service that the caller may not know is involved.
    pub moved_by: Option<PersonId>,
    /// Their name.
    pub moved_by_name: Option<Content>,
    /// When they moved it.
    pub moved_at: DateTime<Utc>,
}

/// A guardian who is not invited.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct GuardianNotInvitedOut {
    /// The guardian.
    pub person_id: PersonId,
    /// Why they are not invited.
    pub reason: Content,
}

/// A person who was present and has no part in the case.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct OtherPresentOut {
    /// Their number in the minutes, from 1.
    #[schema(example = 1)]
    pub number: i64,
    /// Their name and, for an adviser, their service.
    pub name: Content,
    /// Their role.
    pub role: PresentRole,
}

/// A guardian who is not invited, and the reason.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "01990000-0000-7000-8000-000000000003", "reason": "She has asked for a meeting of her own."}))]
pub struct GuardianNotInvitedIn {
    /// The guardian.
    pub person_id: PersonId,
    /// Why they are not invited. The guardian reads it if they may read the meeting; other guardians and the young person do not.
    pub reason: Prose,
}

/// A person who was present and has no part in the case. They get no access and no account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Solveig Bakke", "role": "interpreter"}))]
pub struct OtherPresentIn {
    /// Their name and, for an adviser, their service.
    pub name: Line,
    /// Their role. An adviser (`adviser`) is present only at a meeting in an arena.
    pub role: PresentRole,
}

/// A meeting is moved to another time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "starts_at": "2026-09-09T11:00:00Z", "place": "The library", "reason": "The father works on the first day.", "contains": [],
}))]
pub struct MeetingMoveIn {
    /// When it starts now: later than this moment, and within the longest time of the municipality.
    #[serde(deserialize_with = "time")]
    #[schema(value_type = MeetingTime)]
    pub starts_at: DateTime<Utc>,
    /// The new place. The place stays if it is left out.
    #[serde(default)]
    pub place: Option<Line>,
    /// Why it is moved. Everyone who may read the meeting will read it.
    pub reason: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

/// A meeting is cancelled.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "The school is closed that day.", "contains": []}))]
pub struct MeetingCancelIn {
    /// Why it is cancelled. Everyone who may read the meeting will read it.
    pub reason: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

/// A change of who is invited to a meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"add": ["01990000-0000-7000-8000-000000000003"], "contains": []}))]
pub struct InvitationsIn {
    /// The participants to add: team members, guardians and the child, by the `child_id` of the case.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub add: Vec<PersonId>,
    /// The participants to take off, but not the person who called the meeting.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub remove: Vec<PersonId>,
    /// The guardians who are not invited after the change, each with the reason, unless it is recorded already.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub guardians_not_invited: Vec<GuardianNotInvitedIn>,
    /// Why the family is not invited. Required if no family member is invited after the change, unless it is recorded already.
    #[serde(default)]
    pub family_absent_reason: Option<Prose>,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
}

/// A correction of the minutes. The earlier wording is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "He swims on Tuesdays.", "reason": "The day was wrong.", "contains": []}))]
pub struct MinutesCorrectionIn {
    /// The whole new minutes.
    pub text: Prose,
    /// Why they are corrected. Everyone who may read the minutes reads it.
    pub reason: Prose,
    /// Must be `[]`: confirms that the text and the reason hold none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
    /// Whether the earlier wording is struck out, with those before it: they are kept for inspection, and nobody reads them here.
    #[serde(default)]
    pub strike_out: bool,
}

/// The minutes that the caller approves.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApprovalQuery {
    /// The number of corrections of the minutes that were read: the length of `earlier`.
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 0, maximum = 1_000)]
    pub corrections: Option<Corrections>,
}

/// A number of corrections.
#[derive(Debug, Clone, Copy)]
pub struct Corrections(pub(super) usize);

impl<'de> Deserialize<'de> for Corrections {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.parse() {
            Ok(number @ 0..=1_000) => Ok(Self(number)),
            _ => Err(serde::de::Error::custom("must be a number of corrections, 0 or more")),
        }
    }
}
