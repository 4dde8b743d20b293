//! Meetings as the API speaks of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{ArenaId, CaseId, MeasureId, MeetingId, PersonId},
        text::{Line, Prose},
        vocabulary::InformationKind,
    },
    measures::MeasureIn,
    vault::Content,
    words,
};

words! {
    /// Where a meeting stands.
    MeetingStatus {
        /// It is to be held.
        Planned = "planned",
        /// It was held, and its minutes are written.
        Held = "held",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

words! {
    /// What has come of an invitation.
    InvitationStatus {
        /// Not answered yet.
        Awaited = "awaited",
        /// They will come.
        Coming = "coming",
        /// They will not.
        NotComing = "not_coming",
    }
}

words! {
    /// The answer to an invitation.
    InvitationAnswer {
        /// I will come.
        Coming = "coming",
        /// I will not.
        NotComing = "not_coming",
    }
}

/// Someone invited to a meeting.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct MeetingParticipantOut {
    /// Who.
    pub person_id: PersonId,
    /// Their name.
    pub name: Content,
    /// What has come of the invitation.
    pub answer: InvitationStatus,
    /// Whether they were there; none until the minutes are written.
    pub attended: Option<bool>,
    /// When they approved the minutes.
    pub approved_at: Option<DateTime<Utc>>,
}

/// What a meeting decided.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct MeetingDecisionOut {
    /// Its number in the minutes, from 1.
    #[schema(example = 1)]
    pub number: i64,
    /// What was decided.
    pub text: Content,
    /// The measure (tiltak) it became.
    pub measure_id: Option<MeasureId>,
}

/// A meeting (samarbeidsmøte).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct MeetingOut {
    /// Its id.
    pub id: MeetingId,
    /// The case it is about.
    pub case_id: CaseId,
    /// The arena it is held in, such as an ansvarsgruppe.
    pub arena_id: Option<ArenaId>,
    /// The name of the arena.
    pub arena_name: Option<String>,
    /// Who called it; none to one who is not to know that their service helps.
    #[schema(value_type = Option<PersonId>)]
    pub called_by: PersonId,
    /// Their name.
    #[schema(value_type = Option<String>)]
    pub called_by_name: Content,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// Where it is held.
    pub place: Option<Content>,
    /// What it is about.
    pub agenda: Content,
    /// Why the family is not invited.
    pub family_absent_reason: Option<Content>,
    /// Where it stands.
    pub status: MeetingStatus,
    /// The minutes (referat), once it is held.
    pub minutes: Option<Content>,
    /// Who wrote the minutes.
    pub minutes_by: Option<PersonId>,
    /// Their name.
    pub minutes_by_name: Option<Content>,
    /// When the minutes were written.
    pub minutes_at: Option<DateTime<Utc>>,
    /// Those invited.
    #[sqlx(skip)]
    pub participants: Vec<MeetingParticipantOut>,
    /// What was decided, in order.
    #[sqlx(skip)]
    pub decisions: Vec<MeetingDecisionOut>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}

/// A meeting to be called.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "starts_at": "2026-09-02T11:00:00Z",
    "place": "Meeting room 2, the school",
    "contains": [],
    "agenda": "How the first weeks of term went, and what comes next.",
    "participants": ["01990000-0000-7000-8000-000000000001", "01990000-0000-7000-8000-000000000002"],
}))]
pub struct MeetingIn {
    /// The arena it is held in, if any: one of the municipality's for one child at a time.
    #[serde(default)]
    pub arena_id: Option<ArenaId>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// Where it is held.
    #[serde(default)]
    pub place: Option<Line>,
    /// What it is about.
    pub agenda: Prose,
    /// Which of the kinds it holds that must not be in the record: it must be there, and empty (see notes).
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// Those to be invited, 1 to 50: staff on the team, guardians, and the child, by the `child_id` of the case.
    /// The one who calls is added.
    #[schema(min_items = 1, max_items = 50)]
    pub participants: Vec<PersonId>,
    /// Why the family is not invited; required when none of them is.
    #[serde(default)]
    pub family_absent_reason: Option<Prose>,
}

/// The answer of the caller to their invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answer": "coming"}))]
pub struct InvitationAnswerIn {
    /// Whether they will come.
    pub answer: InvitationAnswer,
}

/// The minutes (referat) of a meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "contains": [],
    "minutes": "We went through the first weeks of term. He looks forward to the swimming group.",
    "attended": ["01990000-0000-7000-8000-000000000001"],
    "decisions": [{"text": "The school invites home to a talk before the autumn break."}],
}))]
pub struct MeetingMinutesIn {
    /// What was said.
    pub minutes: Prose,
    /// Which of the kinds it holds that must not be in the record: it must be there, and empty (see notes).
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// Those of the invited who were there.
    pub attended: Vec<PersonId>,
    /// What was decided, at most 30.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub decisions: Vec<MeetingDecisionIn>,
}

/// Something a meeting decided.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "The school invites home to a talk before the autumn break."}))]
pub struct MeetingDecisionIn {
    /// What was decided.
    pub text: Prose,
    /// The measure (tiltak) it becomes, with who is responsible and when it is evaluated.
    #[serde(default)]
    pub measure: Option<MeasureIn>,
}
