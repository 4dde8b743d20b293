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

impl Id<Identity> {
    /// Creates an id for a human. It contains no timestamp either.
    #[must_use]
    pub fn of_new_human() -> Self {
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
/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an id: a UUID with hyphens, as 018f2f60-0000-7000-8000-000000000001")]
pub struct BadId;

/// Parses a UUID. It has one form: with hyphens, and without braces and `urn:uuid:`.
///
/// # Errors
/// If it has another form.
pub fn parse_uuid(text: &str) -> Result<Uuid, BadId> {
    const HYPHENATED: usize = 36;
    if text.len() == HYPHENATED { Uuid::try_parse(text).map_err(|_| BadId) } else { Err(BadId) }
}

impl<T> FromStr for Id<T> {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_uuid(text).map(Self::from)
    }
}
impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // SQLite has ids without hyphens in its JSON. The API document holds requests to the form with hyphens.
        let expected = "must be an id, such as 018f2f60-0000-7000-8000-000000000001";
        Uuid::deserialize(deserializer).map(Self::from).map_err(|_| serde::de::Error::custom(expected))
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

impl<T: Named> PartialSchema for Id<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .description(Some(T::DESCRIPTION))
            .into()
    }
}
impl<T: Named> ToSchema for Id<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        T::ID.into()
    }
}

/// A type of object whose ids are named in the API document.
pub trait Named {
    /// The name of the schema of its ids.
    const ID: &'static str;
    /// The description of the schema.
    const DESCRIPTION: &'static str;
}

/// Defines the types of objects, with the types of their ids and the names of the schemas of these.
macro_rules! objects {
    ($($(#[doc = $doc:literal])+ $object:ident, $id:ident, $schema:literal;)+) => {$(
        $(#[doc = $doc])+
        pub enum $object {}

        #[doc = concat!("The id of a [`", stringify!($object), "`].")]
        pub type $id = Id<$object>;

        impl Named for $object {
            const ID: &'static str = $schema;
            const DESCRIPTION: &'static str = concat!("An id. Its object:" $(, $doc)+);
        }
    )+};
}

objects! {
    /// A human being in any capacity, as one municipality records them: staff, guardian or young person.
    Person, PersonId, "PersonId";
    /// One human in the whole installation. No answer contains its id.
    Identity, IdentityId, "IdentityId";
    /// A child as registered by a unit.
    Child, ChildId, "ChildId";
    /// A service of a municipality.
    Unit, UnitId, "UnitId";
    /// A case.
    Case, CaseId, "CaseId";
    /// An event in the history of a case.
    CaseEvent, CaseEventId, "CaseEventId";
    /// A concern.
    Concern, ConcernId, "ConcernId";
    /// A consent.
    Consent, ConsentId, "ConsentId";
    /// A request for consent.
    ConsentRequest, ConsentRequestId, "ConsentRequestId";
    /// An answer to a request for consent.
    ConsentRequestAnswer, ConsentRequestAnswerId, "ConsentRequestAnswerId";
    /// A handover of the role of contact person.
    Handover, HandoverId, "HandoverId";
    /// A move of the record of a case to another unit.
    Transition, TransitionId, "TransitionId";
    /// An answer to a planned move of a record.
    TransitionAnswer, TransitionAnswerId, "TransitionAnswerId";
    /// An absence of a member of staff from a unit.
    Absence, AbsenceId, "AbsenceId";
    /// A membership of the team of a case.
    TeamMember, TeamMemberId, "TeamMemberId";
    /// A guardianship.
    Guardianship, GuardianshipId, "GuardianshipId";
    /// A care order.
    CareOrder, CareOrderId, "CareOrderId";
    /// A change of a care order.
    CareOrderChange, CareOrderChangeId, "CareOrderChangeId";
    /// A next step of a case.
    NextStep, NextStepId, "NextStepId";
    /// A move of the day of an evaluation.
    DayChange, DayChangeId, "DayChangeId";
    /// A reason for a wait.
    WaitReason, WaitReasonId, "WaitReasonId";
    /// Something that happened to a referral.
    ReferralEvent, ReferralEventId, "ReferralEventId";
    /// A goal.
    Goal, GoalId, "GoalId";
    /// A measure agreed for one child.
    Measure, MeasureId, "MeasureId";
    /// A measure in the catalogue.
    CatalogueMeasure, CatalogueMeasureId, "CatalogueMeasureId";
    /// An evaluation of a measure.
    Evaluation, EvaluationId, "EvaluationId";
    /// A meeting.
    Meeting, MeetingId, "MeetingId";
    /// An arena where services meet.
    Arena, ArenaId, "ArenaId";
    /// A note.
    Note, NoteId, "NoteId";
    /// A withholding of information from a guardian.
    Withholding, WithholdingId, "WithholdingId";
    /// A review of a withholding.
    WithholdingReview, WithholdingReviewId, "WithholdingReviewId";
    /// A report to child welfare.
    ChildWelfareReport, ChildWelfareReportId, "ChildWelfareReportId";
    /// A reply from child welfare to a report.
    ReportReply, ReportReplyId, "ReportReplyId";
    /// A disclosure on a statutory basis.
    Disclosure, DisclosureId, "DisclosureId";
    /// A day from which the family is informed of a disclosure.
    Informing, InformingId, "InformingId";
    /// An objection to sharing among health personnel.
    Objection, ObjectionId, "ObjectionId";
    /// A role of a person in a unit.
    StaffRole, StaffRoleId, "StaffRoleId";
    /// A proposal of a role.
    RoleProposal, RoleProposalId, "RoleProposalId";
    /// A correction of a registration.
    Correction, CorrectionId, "CorrectionId";
    /// A correction of the name of an account.
    NameCorrection, NameCorrectionId, "NameCorrectionId";
    /// A proposal to add a national identity number to a person.
    NumberProposal, NumberProposalId, "NumberProposalId";
    /// An extension of a role.
    RoleExtension, RoleExtensionId, "RoleExtensionId";
    /// A code with which a person activates their account.
    Activation, ActivationId, "ActivationId";
    /// A passkey of an account.
    Passkey, PasskeyId, "PasskeyId";
    /// A challenge for a passkey to sign.
    PasskeyChallenge, PasskeyChallengeId, "PasskeyChallengeId";
    /// A log-in and the tokens that descend from it.
    Session, SessionId, "SessionId";
    /// An entry in the access log.
    Look, LookId, "LogEntryId";
    /// An access log entry selected for review by an auditor.
    LogReview, LogReviewId, "LogReviewId";
    /// A look that was found to be without need, and what follows.
    Breach, BreachId, "BreachId";
    /// An emergency access to a case.
    EmergencyAccess, EmergencyAccessId, "EmergencyAccessId";
    /// A statement of another registration about a child: a guardianship, a care order, or a registration with a protected address.
    Claim, ClaimId, "ClaimId";
    /// A decision on a claim.
    ClaimDecision, ClaimDecisionId, "ClaimDecisionId";
    /// A conflict of interest that was declared or recorded.
    ConflictOfInterest, ConflictOfInterestId, "ConflictOfInterestId";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_form() {
        let id = "018f2f60-0000-7000-8000-000000000001";
        assert!(id.parse::<CaseId>().is_ok());
        let dashless = id.replace('-', "");
        for text in
            [dashless.as_str(), &format!("{{{id}}}"), &format!("urn:uuid:{id}"), &format!(" {id}"), ""]
        {
            assert!(text.parse::<CaseId>().is_err(), "{text}");
        }
    }
}
