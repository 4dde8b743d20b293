//! Request and response types for meetings.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{PartlySeen, Seen, Shown},
    kernel::{
        day::{MeetingTime, time},
        ids::{ArenaId, CaseId, MeasureId, MeetingId, PersonId},
        text::{Line, Prose},
        vocabulary::InformationKind,
    },
    measures::DecidedMeasureIn,
    vault::Content,
    words,
};

words! {
    /// The status of a meeting.
    MeetingStatus {
        /// It has not been held yet.
        Planned = "planned",
        /// It has been held, and the minutes are recorded.
        Held = "held",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

words! {
    /// The status of an invitation.
    InvitationStatus {
        /// Not answered yet.
        Awaited = "awaited",
        /// They will come.
        Coming = "coming",
        /// They will not come.
        NotComing = "not_coming",
    }
}

words! {
    /// The caller's answer to an invitation.
    InvitationAnswer {
        /// The caller will come.
        Coming = "coming",
        /// The caller will not come.
        NotComing = "not_coming",
    }
}

/// A participant invited to a meeting.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct MeetingParticipantOut {
    /// The participant.
    pub person_id: PersonId,
    /// Their name.
    pub name: Content,
    /// The status of the invitation.
    pub answer: InvitationStatus,
    /// Whether they attended; absent until the minutes are recorded.
    pub attended: Option<bool>,
    /// When they approved the minutes.
    pub approved_at: Option<DateTime<Utc>>,
}

/// A decision made at a meeting.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct MeetingDecisionOut {
    /// Its number in the minutes, from 1.
    #[schema(example = 1)]
    pub number: i64,
    /// The decision.
    pub text: Content,
    /// The measure (tiltak) that it created.
    pub measure_id: Option<MeasureId>,
}

/// A meeting (samarbeidsmøte).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct MeetingOut {
    /// The id of the meeting.
    pub id: MeetingId,
    /// The case it is about.
    pub case_id: CaseId,
    /// The arena where it is held, such as a coordination group (ansvarsgruppe).
    pub arena_id: Option<ArenaId>,
    /// The name of the arena.
    pub arena_name: Option<String>,
    /// The person who called it. Null if that would reveal a service that the caller may not know is involved.
    pub called_by: Option<PersonId>,
    /// Their name.
    pub called_by_name: Option<Content>,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// The place.
    pub place: Option<Content>,
    /// The agenda.
    pub agenda: Content,
    /// Why the family is not invited.
    pub family_absent_reason: Option<Content>,
    /// The status of the meeting.
    pub status: MeetingStatus,
    /// The minutes (referat), once it has been held.
    pub minutes: Option<Content>,
    /// The person who recorded the minutes.
    pub minutes_by: Option<PersonId>,
    /// Their name.
    pub minutes_by_name: Option<Content>,
    /// When the minutes were recorded.
    pub minutes_at: Option<DateTime<Utc>>,
    /// The participants invited.
    #[sqlx(skip)]
    pub participants: Vec<MeetingParticipantOut>,
    /// The decisions, in order.
    #[sqlx(skip)]
    pub decisions: Vec<MeetingDecisionOut>,
    /// The version, for `If-Match`. Null to a reader who sees only a part of the object: their `ETag` counts what they see.
    pub version: Option<i64>,
}

impl Shown for MeetingOut {
    type Reader = MeetingReader;

    fn seen_by(self, reader: &MeetingReader) -> Seen<Self> {
        let Self {
            id,
            case_id,
            arena_id,
            arena_name,
            called_by,
            called_by_name,
            starts_at,
            place,
            agenda,
            family_absent_reason,
            status,
            minutes,
            minutes_by,
            minutes_by_name,
            minutes_at,
            participants,
            decisions,
            version,
        } = self;
        let caller_known = called_by.is_some_and(|person| reader.knows(person));
        let writer_known = minutes_by.is_some_and(|person| reader.knows(person));
        let decisions = decisions.into_iter().filter(|decision| reader.knows_of(decision.measure_id));
        Seen::decided(Self {
            id,
            case_id,
            arena_id,
            arena_name,
            called_by: called_by.filter(|_| caller_known),
            called_by_name: called_by_name.filter(|_| caller_known),
            starts_at,
            place: place.filter(|_| reader.place),
            agenda,
            family_absent_reason,
            status,
            minutes,
            minutes_by: minutes_by.filter(|_| writer_known),
            minutes_by_name: minutes_by_name.filter(|_| writer_known),
            minutes_at,
            participants: participants.into_iter().filter(|one| reader.knows(one.person_id)).collect(),
            // Numbered again, so that no gap shows that there are others.
            decisions: (1..).zip(decisions).map(|(number, it)| MeetingDecisionOut { number, ..it }).collect(),
            version: version.filter(|_| Self::is_whole(reader)),
        })
    }

    fn is_whole(reader: &MeetingReader) -> bool {
        reader.place && reader.unknown.is_empty() && reader.hidden_measures.is_empty()
    }
}

impl PartlySeen for MeetingOut {
    fn version(&self) -> Option<i64> {
        self.version
    }
}

/// A reader of the meetings of a case.
#[derive(Debug)]
pub struct MeetingReader {
    /// Whether they see where meetings are held.
    pub(super) place: bool,
    /// The people whose units' involvement the reader may not know of.
    pub(super) unknown: Vec<PersonId>,
    /// The measures that the reader may not read.
    pub(super) hidden_measures: Vec<MeasureId>,
}

impl MeetingReader {
    fn knows(&self, person: PersonId) -> bool {
        !self.unknown.contains(&person)
    }

    fn knows_of(&self, measure: Option<MeasureId>) -> bool {
        measure.is_none_or(|id| !self.hidden_measures.contains(&id))
    }
}

/// A meeting to call.
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
    /// The arena where it is held, if any. It must be one of the municipality's arenas for individual children.
    #[serde(default)]
    pub arena_id: Option<ArenaId>,
    /// When it starts.
    #[serde(deserialize_with = "time")]
    #[schema(value_type = MeetingTime)]
    pub starts_at: DateTime<Utc>,
    /// The place.
    #[serde(default)]
    pub place: Option<Line>,
    /// The agenda.
    pub agenda: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
    /// The participants to invite, 1 to 50: team members, guardians and the child, by the `child_id` of the case. The caller
    /// is added automatically.
    #[schema(min_items = 1, max_items = 50)]
    pub participants: Vec<PersonId>,
    /// Why the family is not invited. Required if no family member is invited.
    #[serde(default)]
    pub family_absent_reason: Option<Prose>,
}

/// The caller's answer to their invitation.
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
    /// The discussion.
    pub minutes: Prose,
    /// Must be `[]`: confirms that the text holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
    /// The invited participants who attended.
    pub attended: Vec<PersonId>,
    /// The decisions, at most 30.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub decisions: Vec<MeetingDecisionIn>,
}

/// A decision made at a meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "The school invites home to a talk before the autumn break."}))]
pub struct MeetingDecisionIn {
    /// The decision.
    pub text: Prose,
    /// The measure (tiltak) that it creates, with the person responsible and the date of evaluation.
    #[serde(default)]
    pub measure: Option<DecidedMeasureIn>,
}
