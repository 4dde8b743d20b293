//! Typed identifiers: UUID version 7, so that sorting by id sorts by time of creation.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};
use uuid::Uuid;

/// The id of one type of object. `Id<Case>` and `Id<Note>` cannot be confused.
pub struct Id<T>(Uuid, PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// Creates an id. Its timestamp comes from the system clock and orders the ids created by one process.
    #[must_use]
    pub fn new() -> Self {
        Self(Uuid::now_v7(), PhantomData)
    }

    /// Returns the UUID.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl Id<Person> {
    /// Creates an id for a person. Unlike other ids it contains no timestamp, because it must not reveal when a person
    /// became known to the municipality.
    #[must_use]
    pub fn of_new_person() -> Self {
        Self(Uuid::new_v4(), PhantomData)
    }
}

impl<T> Default for Id<T> {
    fn default() -> Self {
        Self::new()
    }
}
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> std::hash::Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl<T> From<Uuid> for Id<T> {
    fn from(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }
}
impl<T> FromStr for Id<T> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(|uuid| Self(uuid, PhantomData))
    }
}
impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = "must be an id, such as 018f2f60-0000-7000-8000-000000000001";
        text.parse().map_err(|_| serde::de::Error::custom(expected))
    }
}

impl<DB: sqlx::Database, T> sqlx::Type<DB> for Id<T>
where
    Uuid: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <Uuid as sqlx::Type<DB>>::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        <Uuid as sqlx::Type<DB>>::compatible(ty)
    }
}
impl<'q, DB: sqlx::Database, T> sqlx::Encode<'q, DB> for Id<T>
where
    Uuid: sqlx::Encode<'q, DB>,
{
    fn encode_by_ref(
        &self,
        buffer: &mut DB::ArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        self.0.encode_by_ref(buffer)
    }
}
impl<'r, DB: sqlx::Database, T> sqlx::Decode<'r, DB> for Id<T>
where
    Uuid: sqlx::Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Uuid::decode(value).map(Self::from)
    }
}

impl<T> PartialSchema for Id<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .into()
    }
}
impl<T> ToSchema for Id<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
}

/// A human being in any capacity: staff, guardian or young person.
pub enum Person {}
/// A child as registered by a unit.
pub enum Child {}
/// A service of a municipality.
pub enum Unit {}
/// A case.
pub enum Case {}
/// An event in the history of a case.
pub enum CaseEvent {}
/// A concern.
pub enum Concern {}
/// A consent.
pub enum Consent {}
/// A handover of the role of contact person.
pub enum Handover {}
/// A membership of the team of a case.
pub enum TeamMember {}
/// A guardianship.
pub enum Guardianship {}
/// A care order.
pub enum CareOrder {}
/// A goal.
pub enum Goal {}
/// A measure agreed for one child.
pub enum Measure {}
/// A measure in the catalogue.
pub enum CatalogueMeasure {}
/// An evaluation of a measure.
pub enum Evaluation {}
/// A meeting.
pub enum Meeting {}
/// An arena where services meet.
pub enum Arena {}
/// A note.
pub enum Note {}
/// A withholding of information from a guardian.
pub enum Withholding {}
/// A report to child welfare.
pub enum ChildWelfareReport {}
/// A reply from child welfare to a report.
pub enum ReportReply {}
/// A disclosure on a statutory basis.
pub enum Disclosure {}
/// An objection to sharing among health personnel.
pub enum Objection {}
/// A role of a person in a unit.
pub enum StaffRole {}
/// A log-in and the tokens that descend from it.
pub enum Session {}
/// An entry in the access log.
pub enum Look {}
/// An access log entry selected for review by an auditor.
pub enum LogReview {}
/// An emergency access to a case.
pub enum EmergencyAccess {}
/// A conflict of interest that was declared or recorded.
pub enum ConflictOfInterest {}

// Aliases for API types, whose schemas cannot name a generic type.
/// The id of a [`Person`].
pub type PersonId = Id<Person>;
/// The id of a [`Child`].
pub type ChildId = Id<Child>;
/// The id of a [`Unit`].
pub type UnitId = Id<Unit>;
/// The id of a [`Case`].
pub type CaseId = Id<Case>;
/// The id of a [`CaseEvent`].
pub type CaseEventId = Id<CaseEvent>;
/// The id of a [`Concern`].
pub type ConcernId = Id<Concern>;
/// The id of a [`Consent`].
pub type ConsentId = Id<Consent>;
/// The id of a [`Handover`].
pub type HandoverId = Id<Handover>;
/// The id of a [`TeamMember`].
pub type TeamMemberId = Id<TeamMember>;
/// The id of a [`Guardianship`].
pub type GuardianshipId = Id<Guardianship>;
/// The id of a [`CareOrder`].
pub type CareOrderId = Id<CareOrder>;
/// The id of a [`Goal`].
pub type GoalId = Id<Goal>;
/// The id of a [`Measure`].
pub type MeasureId = Id<Measure>;
/// The id of a [`CatalogueMeasure`].
pub type CatalogueMeasureId = Id<CatalogueMeasure>;
/// The id of a [`Evaluation`].
pub type EvaluationId = Id<Evaluation>;
/// The id of a [`Meeting`].
pub type MeetingId = Id<Meeting>;
/// The id of a [`Arena`].
pub type ArenaId = Id<Arena>;
/// The id of a [`Note`].
pub type NoteId = Id<Note>;
/// The id of a [`Withholding`].
pub type WithholdingId = Id<Withholding>;
/// The id of a [`ChildWelfareReport`].
pub type ChildWelfareReportId = Id<ChildWelfareReport>;
/// The id of a [`ReportReply`].
pub type ReportReplyId = Id<ReportReply>;
/// The id of a [`Disclosure`].
pub type DisclosureId = Id<Disclosure>;
/// The id of a [`Objection`].
pub type ObjectionId = Id<Objection>;
/// The id of a [`StaffRole`].
pub type StaffRoleId = Id<StaffRole>;
/// The id of a [`Session`].
pub type SessionId = Id<Session>;
/// The id of a [`Look`].
pub type LookId = Id<Look>;
/// The id of a [`LogReview`].
pub type LogReviewId = Id<LogReview>;
/// The id of an [`EmergencyAccess`].
pub type EmergencyAccessId = Id<EmergencyAccess>;
/// The id of a [`ConflictOfInterest`].
pub type ConflictOfInterestId = Id<ConflictOfInterest>;
