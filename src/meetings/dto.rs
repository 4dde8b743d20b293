//! Request and response types for meetings.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parts::{
    GuardianNotInvitedIn, GuardianNotInvitedOut, MeetingMoveOut, OtherPresentIn, OtherPresentOut, PresentRole,
};
use crate::{
    access::{PartlySeen, Seen, Shown},
    kernel::{
        day::{MeetingTime, optional_time, time},
        ids::{ArenaId, CaseId, MeasureId, MeetingId, PersonId},
        text::{Line, Prose},
        vocabulary::InformationKind,
    },
    measures::DecidedMeasureIn,
    vault::Content,
    wordings::EarlierWordingOut,
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
    /// Whether they were called. False for a person who came without it.
    pub called: bool,
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
    /// The guardians who are not invited, each with the reason. A guardian sees only what is about themself.
    #[sqlx(skip)]
    pub guardians_not_invited: Vec<GuardianNotInvitedOut>,
    /// The status of the meeting.
    pub status: MeetingStatus,
    /// The moves of the meeting, in order.
    #[sqlx(skip)]
    pub moves: Vec<MeetingMoveOut>,
    /// Why it was cancelled.
    pub cancel_reason: Option<Content>,
    /// The minutes (referat), once it has been held.
    pub minutes: Option<Content>,
    /// The earlier wordings of the minutes, in the order they were replaced.
    #[sqlx(skip)]
    pub earlier: Vec<EarlierWordingOut>,
    /// The person who recorded the minutes.
    pub minutes_by: Option<PersonId>,
    /// Their name.
    pub minutes_by_name: Option<Content>,
    /// When the minutes were recorded.
    pub minutes_at: Option<DateTime<Utc>>,
    /// The people who were present and have no part in the case. Advisers of the arena are shown only to those who were there, the person who
    /// called the meeting, the contact person and the family.
    #[sqlx(skip)]
    pub others_present: Vec<OtherPresentOut>,
    /// Why the meeting ended without a decision.
    pub outcome: Option<Content>,
    /// The participants: those invited, and team members and family members who came without being called.
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
        let whole = Self::is_whole(reader) && reader.sees_all_of(&self);
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
            guardians_not_invited,
            status,
            moves,
            cancel_reason,
            minutes,
            earlier,
            minutes_by,
            minutes_by_name,
            minutes_at,
            others_present,
            outcome,
            participants,
            decisions,
            version,
        } = self;
        let rest = reader.rest;
        let caller_known = called_by.is_some_and(|person| reader.knows(person));
        let writer_known = minutes_by.is_some_and(|person| reader.knows(person));
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
            family_absent_reason: family_absent_reason.filter(|_| rest),
            guardians_not_invited: reader.reasons(guardians_not_invited),
            status,
            moves: reader.moves(moves),
            cancel_reason: cancel_reason.filter(|_| rest),
            minutes: minutes.filter(|_| rest),
            earlier: reader.wordings(earlier),
            minutes_by: minutes_by.filter(|_| writer_known && rest),
            minutes_by_name: minutes_by_name.filter(|_| writer_known && rest),
            minutes_at: minutes_at.filter(|_| rest),
            others_present: reader.others(id, others_present),
            outcome: outcome.filter(|_| rest),
            participants: participants.into_iter().filter(|one| reader.sees(one.person_id)).collect(),
            decisions: reader.decisions(decisions),
            version: version.filter(|_| whole),
        })
    }

    fn is_whole(reader: &MeetingReader) -> bool {
        reader.place && reader.rest && reader.unknown.is_empty() && !reader.one_of_several
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
    /// Whether they see more than the invitation.
    pub(super) rest: bool,
    /// The ids of the reader among the participants.
    pub(super) own: Vec<PersonId>,
    /// The people whose units' involvement the reader may not know of.
    pub(super) unknown: Vec<PersonId>,
    /// Whether they are one of several people of the family, who see only the reasons about themselves.
    pub(super) one_of_several: bool,
    /// The guardians whose reasons are not for the reader: a member of the family sees only what is about themself.
    pub(super) hidden_reasons: Vec<PersonId>,
    /// The meetings whose advisers the reader may not know of.
    pub(super) hidden_advisers: Vec<MeetingId>,
    /// The measures that the reader may not read.
    pub(super) hidden_measures: Vec<MeasureId>,
}

impl MeetingReader {
    /// Whether they may know of the service of a person.
    pub(super) fn knows(&self, person: PersonId) -> bool {
        !self.unknown.contains(&person)
    }

    /// Whether they see a participant. A person who sees only the invitation sees themself.
    pub(super) fn sees(&self, person: PersonId) -> bool {
        self.knows(person) && (self.rest || self.own.contains(&person))
    }

    /// Whether they see all that is special to a meeting, whether or not there was an adviser.
    fn sees_all_of(&self, meeting: &MeetingOut) -> bool {
        let knows_measures = meeting.decisions.iter().all(|decision| self.knows_of(decision.measure_id));
        knows_measures && !self.hidden_advisers.contains(&meeting.id)
    }

    fn reasons(&self, mut reasons: Vec<GuardianNotInvitedOut>) -> Vec<GuardianNotInvitedOut> {
        reasons.retain(|absent| self.rest && !self.hidden_reasons.contains(&absent.person_id));
        reasons
    }

    fn moves(&self, moves: Vec<MeetingMoveOut>) -> Vec<MeetingMoveOut> {
        let known = |it: &MeetingMoveOut| it.moved_by.is_some_and(|person| self.knows(person));
        let seen = moves.into_iter().filter(|_| self.rest).map(|it| MeetingMoveOut {
            from_place: it.from_place.clone().filter(|_| self.place),
            to_place: it.to_place.clone().filter(|_| self.place),
            moved_by: it.moved_by.filter(|_| known(&it)),
            moved_by_name: it.moved_by_name.clone().filter(|_| known(&it)),
            ..it
        });
        seen.collect()
    }

    fn wordings(&self, earlier: Vec<EarlierWordingOut>) -> Vec<EarlierWordingOut> {
        let is_unknown = |person| !self.knows(person);
        earlier.into_iter().filter(|_| self.rest).map(|wording| wording.without(is_unknown)).collect()
    }

    /// The others who were present, numbered again, so that no gap shows that there are more.
    fn others(&self, meeting: MeetingId, others: Vec<OtherPresentOut>) -> Vec<OtherPresentOut> {
        let advisers = !self.hidden_advisers.contains(&meeting);
        let seen = others.into_iter().filter(|it| self.rest && (advisers || it.role != PresentRole::Adviser));
        (1..).zip(seen).map(|(number, it)| OtherPresentOut { number, ..it }).collect()
    }

    /// The decisions, numbered again, so that no gap shows that there are others.
    fn decisions(&self, decisions: Vec<MeetingDecisionOut>) -> Vec<MeetingDecisionOut> {
        let seen = decisions.into_iter().filter(|it| self.rest && self.knows_of(it.measure_id));
        (1..).zip(seen).map(|(number, it)| MeetingDecisionOut { number, ..it }).collect()
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
    /// The guardians who are not invited, each with the reason. Required for each of them, unless no guardian is invited and
    /// `family_absent_reason` says why.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub guardians_not_invited: Vec<GuardianNotInvitedIn>,
}

/// The caller's answer to their invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answer": "coming"}))]
pub struct InvitationAnswerIn {
    /// Whether they will come.
    pub answer: InvitationAnswer,
    /// The time that the answer is for, as read: the answer is refused if the meeting has been moved since.
    #[serde(default, deserialize_with = "optional_time")]
    #[schema(value_type = Option<MeetingTime>)]
    pub starts_at: Option<DateTime<Utc>>,
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
    /// The people who attended: participants, and team members, guardians and the child who came without being called.
    pub attended: Vec<PersonId>,
    /// The people who were present and have no part in the case, at most 20. They get no access.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub others_present: Vec<OtherPresentIn>,
    /// The decisions, at most 30.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub decisions: Vec<MeetingDecisionIn>,
    /// The outcome of the meeting, in words for everyone who reads the minutes; for example why nothing was decided. Required unless a
    /// decision is without a measure.
    #[serde(default)]
    pub outcome: Option<Prose>,
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
