//! Request and response types for transitions.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::{Seen, Shown},
    consents::ConsentForm,
    kernel::{
        day::{TransitionDay, day},
        ids::{CaseId, MeasureId, MeetingId, NoteId, PersonId, TransitionId, UnitId},
        text::{Line, Prose},
        vocabulary::{InformationKind, Sector},
    },
    vault::Content,
    words,
};

words! {
    /// The status of a transition.
    TransitionStatus {
        /// Planned: waiting for those who must agree, for its day or for the other unit.
        Planned = "planned",
        /// The other unit keeps the record.
        Moved = "moved",
        /// The other unit has declined.
        Declined = "declined",
        /// The contact person has given the plan up.
        Withdrawn = "withdrawn",
    }
}

/// A plan to move the record of a case to another unit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "to_unit_id": "018f2f60-0000-7000-8000-000000000002", "to_person_id": "018f2f60-0000-7000-8000-000000000001", "moves_on": "2027-08-15", "contains": [],
    "message": "She starts in the first year, and likes to know the room beforehand."
}))]
pub struct TransitionIn {
    /// The unit that will keep the record. It must serve the municipality.
    pub to_unit_id: UnitId,
    /// The person there who is asked to be the contact person. Left out, the leader of the unit is.
    #[serde(default)]
    pub to_person_id: Option<PersonId>,
    /// The first day on which the unit can accept the record.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = TransitionDay)]
    pub moves_on: NaiveDate,
    /// A message to the family and to the unit.
    #[serde(default)]
    pub message: Option<Prose>,
    /// Required with a message, and must be `[]`: confirms that the message holds none of the prohibited kinds. A listed
    /// kind is refused, with advice on what to do instead.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
}

/// An answer to a plan, by someone who must agree to it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"agrees": true, "follows": {"notes": ["018f2f60-0000-7000-8000-000000000003"]}}))]
pub struct TransitionAnswerIn {
    /// Whether the person agrees. The answer replaces an earlier one.
    pub agrees: bool,
    /// The person who answers. Leave it out to answer for yourself. A contact person who records an answer gives a
    /// guardian's `guardian_id`, or the `child_id` of a young person.
    #[serde(default)]
    pub given_by: Option<PersonId>,
    /// How the answer was given: `digital` unless the contact person records it.
    #[serde(default)]
    pub form: Option<ConsentForm>,
    /// The archive reference of the signed paper. Required if the form is `paper`, and not allowed otherwise.
    #[serde(default)]
    pub document: Option<Line>,
    /// The entries that follow, beside the plan in force. Left out, none does.
    #[serde(default)]
    pub follows: Option<Chosen>,
}

/// Entries of the record that follow a move. The goals, the measures in force, the meetings to come and the next step always do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Notes for the team.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub notes: Vec<NoteId>,
    /// Measures that have ended, with their evaluations but without the child's own words.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub measures: Vec<MeasureId>,
    /// Meetings that have been held, with their minutes.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub meetings: Vec<MeetingId>,
}

impl Chosen {
    /// Returns those that are among others.
    #[must_use]
    pub(super) fn among(mut self, others: &Self) -> Self {
        self.notes.retain(|id| others.notes.contains(id));
        self.measures.retain(|id| others.measures.contains(id));
        self.meetings.retain(|id| others.meetings.contains(id));
        self
    }

    /// Returns the ids of all.
    pub(super) fn ids(&self) -> impl Iterator<Item = Uuid> {
        let notes = self.notes.iter().map(|id| id.uuid());
        let measures = self.measures.iter().map(|id| id.uuid());
        notes.chain(measures).chain(self.meetings.iter().map(|id| id.uuid()))
    }

    /// Adds others.
    pub(super) fn extend(&mut self, others: &Self) {
        self.notes.extend(&others.notes);
        self.measures.extend(&others.measures);
        self.meetings.extend(&others.meetings);
    }
}

/// A move of the record of a case to another unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitionOut {
    /// The id of the transition.
    pub id: TransitionId,
    /// The case.
    pub case_id: CaseId,
    /// The name of the child.
    pub child_name: Content,
    /// The child's day of birth.
    pub child_birth_date: NaiveDate,
    /// The unit that kept the record when the move was planned; null to a reader who may not know that it helped.
    pub from_unit_id: Option<UnitId>,
    /// The name of that unit.
    pub from_unit_name: Option<String>,
    /// The sector of that unit.
    #[serde(skip)]
    pub(super) from_sector: Sector,
    /// The unit that the record moves to.
    pub to_unit_id: UnitId,
    /// The name of that unit.
    pub to_unit_name: String,
    /// The person there who is asked to be the contact person; null if the leader of the unit is.
    pub to_person_id: Option<PersonId>,
    /// Their name.
    pub to_person_name: Option<Content>,
    /// The first day on which the unit can accept the record.
    pub moves_on: NaiveDate,
    /// The message to the family and to the unit.
    pub message: Option<Content>,
    /// The status.
    pub status: TransitionStatus,
    /// The person who planned it; null to a reader who may not know that they help.
    pub planned_by: Option<PersonId>,
    /// Their name.
    pub planned_by_name: Option<Content>,
    /// When it was planned.
    pub planned_at: DateTime<Utc>,
    /// The person who accepted, declined or gave it up; null to a reader who may not know that they help.
    pub settled_by: Option<PersonId>,
    /// Their name.
    pub settled_by_name: Option<Content>,
    /// When they did.
    pub settled_at: Option<DateTime<Utc>>,
    /// The answers: all of them for the contact person while the move is planned, their own for each member of the family.
    pub answers: Vec<TransitionAnswerOut>,
    /// The people who must agree and have not, for the contact person while the move is planned.
    pub missing: Option<Vec<PersonId>>,
    /// The version.
    pub version: i64,
}

/// An answer to a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitionAnswerOut {
    /// The person.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// Whether they agree.
    pub agrees: bool,
    /// How the answer was given.
    pub form: ConsentForm,
    /// When it was given.
    pub answered_at: DateTime<Utc>,
    /// The entries that they let follow, for themselves. An entry is not known to everyone.
    pub follows: Option<Chosen>,
}

/// A reader of a transition.
#[derive(Debug)]
pub struct TransitionReader {
    /// The reader sees all answers, as the contact person while the move is planned.
    pub(super) keeps: bool,
    /// The person that the record knows the reader as.
    pub(super) own: PersonId,
    /// The reader may know that the unit before helped.
    pub(super) knows_unit: bool,
    /// The people that the reader may not know of.
    pub(super) unknown: Vec<PersonId>,
    /// The entries among those that the reader chose which they may read now.
    pub(super) readable: Chosen,
}

impl TransitionReader {
    fn knows(&self, person: Option<PersonId>) -> bool {
        person.is_none_or(|person| !self.unknown.contains(&person))
    }
}

impl Shown for TransitionOut {
    type Reader = TransitionReader;

    fn seen_by(self, reader: &TransitionReader) -> Seen<Self> {
        let Self {
            id,
            case_id,
            child_name,
            child_birth_date,
            from_unit_id,
            from_unit_name,
            from_sector,
            to_unit_id,
            to_unit_name,
            to_person_id,
            to_person_name,
            moves_on,
            message,
            status,
            planned_by,
            planned_by_name,
            planned_at,
            settled_by,
            settled_by_name,
            settled_at,
            answers,
            missing,
            version,
        } = self;
        let (knows_planner, knows_settler) = (reader.knows(planned_by), reader.knows(settled_by));
        let seen = |answer: &TransitionAnswerOut| reader.keeps || answer.person_id == reader.own;
        let answers = answers.into_iter().filter(seen).map(|answer| answer.seen_by(reader).into_inner());
        Seen::decided(Self {
            id,
            case_id,
            child_name,
            child_birth_date,
            from_unit_id: from_unit_id.filter(|_| reader.knows_unit),
            from_unit_name: from_unit_name.filter(|_| reader.knows_unit),
            from_sector,
            to_unit_id,
            to_unit_name,
            to_person_id,
            to_person_name,
            moves_on,
            message,
            status,
            planned_by: planned_by.filter(|_| knows_planner),
            planned_by_name: planned_by_name.filter(|_| knows_planner),
            planned_at,
            settled_by: settled_by.filter(|_| knows_settler),
            settled_by_name: settled_by_name.filter(|_| knows_settler),
            settled_at,
            answers: answers.collect(),
            missing: missing.filter(|_| reader.keeps),
            version,
        })
    }

    fn is_whole(reader: &TransitionReader) -> bool {
        reader.keeps
    }
}

impl Shown for TransitionAnswerOut {
    type Reader = TransitionReader;

    fn seen_by(self, reader: &TransitionReader) -> Seen<Self> {
        let Self { person_id, person_name, agrees, form, answered_at, follows } = self;
        let follows =
            follows.filter(|_| person_id == reader.own).map(|chosen| chosen.among(&reader.readable));
        Seen::decided(Self { person_id, person_name, agrees, form, answered_at, follows })
    }

    fn is_whole(_: &TransitionReader) -> bool {
        false
    }
}
