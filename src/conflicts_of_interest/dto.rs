//! Request and response types for conflicts of interest.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        NationalId,
        ids::{CaseId, ConflictOfInterestId, PersonId},
        text::Prose,
    },
    problem::{Problem, Result},
    shown,
    vault::Content,
    words,
};

words! {
    /// The ground for a conflict of interest (inhabilitet).
    ConflictGround {
        /// Related by blood.
        Relative = "relative",
        /// Related by marriage.
        InLaw = "in_law",
        /// Married to, living with or engaged to a member of the family, now or earlier.
        Partner = "partner",
        /// Foster parent or foster child.
        FosterRelation = "foster_relation",
        /// A friend of the family.
        Friend = "friend",
        /// In a serious dispute with the family.
        Opponent = "opponent",
        /// Another circumstance that can weaken trust, as explained in the note.
        Other = "other",
    }
}

words! {
    /// The ground for a conflict of interest as it is stored.
    RecordedGround {
        /// A guardian of the child. It follows from a registration of the child and is not recorded by itself.
        Guardian = "guardian",
        /// Related by blood.
        Relative = "relative",
        /// Related by marriage.
        InLaw = "in_law",
        /// Married to, living with or engaged to a member of the family, now or earlier.
        Partner = "partner",
        /// Foster parent or foster child.
        FosterRelation = "foster_relation",
        /// A friend of the family.
        Friend = "friend",
        /// In a serious dispute with the family.
        Opponent = "opponent",
        /// Another circumstance that can weaken trust, as explained in the note.
        Other = "other",
    }
}

/// A conflict of interest to declare. Identify the child by national identity number, or by a case the caller may read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"national_id": "14822150064", "ground": "relative", "note": "She is my niece."}))]
pub struct ConflictOfInterestIn {
    /// The child's national identity number.
    #[serde(default)]
    pub national_id: Option<NationalId>,
    /// A case of the child.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// The ground for the conflict of interest.
    pub ground: ConflictGround,
    /// An explanation. Required with `other`.
    #[serde(default)]
    pub note: Option<Prose>,
}

/// A team member's conflict of interest. If a guardian or the young person states it, the leader of the team member and the team
/// member read what they write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "018f2f60-0000-4000-8000-000000000001", "ground": "friend", "note": "They informed us at the last meeting."}))]
pub struct TeamConflictIn {
    /// The team member who has a conflict of interest about the child of the case.
    pub person_id: PersonId,
    /// The ground for the conflict of interest.
    pub ground: ConflictGround,
    /// An explanation. Required with `other`.
    #[serde(default)]
    pub note: Option<Prose>,
}

/// The leader's confirmation of a conflict of interest.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "They grew up together, and are close."}))]
pub struct ConflictConfirmationIn {
    /// Why there is a conflict of interest. The person concerned, and the person who stated it, read it.
    pub reason: Prose,
}

/// The view of the person concerned on a conflict of interest that others have stated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"view": "We were in the same class, and have not met since."}))]
pub struct ConflictViewIn {
    /// Their view. The leader who decides reads it.
    pub view: Prose,
}

/// The end of a conflict of interest.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Another child was meant; the number was mistyped."}))]
pub struct ConflictEndIn {
    /// Why there is no conflict of interest. The person concerned, and the person who stated it, read it.
    pub reason: Prose,
}

/// Requires an explanation for other grounds.
pub(super) fn require_told(ground: ConflictGround, note: Option<&Prose>) -> Result<()> {
    if ground == ConflictGround::Other && note.is_none() {
        return Err(Problem::field("/note", "is required with other"));
    }
    Ok(())
}

/// A conflict of interest of the caller.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ConflictOfInterestOut {
    /// The id of the conflict of interest.
    pub id: ConflictOfInterestId,
    /// The national identity number that identified the child.
    pub national_id: Option<Content>,
    /// The case that identified the child.
    pub case_id: Option<CaseId>,
    /// The ground for the conflict of interest.
    pub ground: RecordedGround,
    /// The explanation.
    pub note: Option<Content>,
    /// The person who recorded it: the caller or someone else.
    pub recorded_by: PersonId,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Whether a guardian or the young person has demanded the decision. Such a demand closes nothing before it is decided.
    pub as_party: bool,
    /// The view of the caller.
    pub own_view: Option<Content>,
    /// When the caller gave it.
    pub own_view_at: Option<DateTime<Utc>>,
    /// When the caller or their leader confirmed it, so that it counts.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Why a leader confirmed it.
    pub confirm_reason: Option<Content>,
    /// When a leader ended it.
    pub ended_at: Option<DateTime<Utc>>,
    /// The reason it was ended.
    pub end_reason: Option<Content>,
    /// The version, for `If-Match`; the same as the `ETag`.
    pub version: i64,
}

shown!(ConflictOfInterestOut {
    id,
    national_id,
    case_id,
    ground,
    note,
    recorded_by,
    recorded_at,
    as_party,
    own_view,
    own_view_at,
    confirmed_at,
    confirm_reason,
    ended_at,
    end_reason,
    version
});

/// A conflict of interest that the caller has stated about a team member, with the answer.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct StatedConflictOut {
    /// The id of the conflict of interest.
    pub id: ConflictOfInterestId,
    /// The team member.
    pub person_id: PersonId,
    /// The ground for the conflict of interest.
    pub ground: RecordedGround,
    /// The explanation of the caller.
    pub note: Option<Content>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// When the leader of the team member decided that it counts.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Why it counts.
    pub confirm_reason: Option<Content>,
    /// When a leader decided that there is none, or none any more.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why there is none.
    pub end_reason: Option<Content>,
}

shown!(StatedConflictOut {
    id,
    person_id,
    ground,
    note,
    recorded_at,
    confirmed_at,
    confirm_reason,
    ended_at,
    end_reason
});

/// A staff member's conflict of interest, without information about the child.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct StaffConflictOut {
    /// The id of the conflict of interest.
    pub id: ConflictOfInterestId,
    /// The staff member.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// The ground for the conflict of interest.
    pub ground: RecordedGround,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Whether a guardian or the young person of a case demands that a leader decides (fvl § 8).
    pub as_party: bool,
    /// Their explanation. Absent if somebody else stated it.
    pub demand: Option<Content>,
    /// The view of the staff member on what others state.
    pub own_view: Option<Content>,
    /// When the staff member or their leader confirmed it, so that it counts.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The version, for `If-Match`; the same as the `ETag`.
    pub version: i64,
}

impl StaffConflictOut {
    /// Returns whether it has a row of its own. A guardianship has none until it is confirmed or rejected.
    pub(super) fn is_on_record(&self) -> bool {
        self.ground != RecordedGround::Guardian || self.confirmed_at.is_some() || self.ended_at.is_some()
    }
}

shown!(StaffConflictOut {
    id,
    person_id,
    person_name,
    ground,
    recorded_at,
    as_party,
    demand,
    own_view,
    confirmed_at,
    ended_at,
    version
});
