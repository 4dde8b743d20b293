//! Conflicts of interest as the API speaks of them.

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
    vault::Content,
    words,
};

words! {
    /// How someone is too close to a child.
    ConflictGround {
        /// Kin.
        Relative = "relative",
        /// Kin by marriage.
        InLaw = "in_law",
        /// Married to, living with or engaged to one of the family, now or before.
        Partner = "partner",
        /// Foster parent or foster child.
        FosterRelation = "foster_relation",
        /// A friend of the family.
        Friend = "friend",
        /// In strife with the family.
        Opponent = "opponent",
        /// Something else that can weaken trust, as the note tells.
        Other = "other",
    }
}

/// A conflict of interest to be declared; the child is told by its number, or by a case that one may read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"national_id": "14822150064", "ground": "relative", "note": "She is my niece."}))]
pub struct ConflictOfInterestIn {
    /// The national identity number of the child.
    #[serde(default)]
    pub national_id: Option<NationalId>,
    /// A case of the child.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// How one is too close.
    pub ground: ConflictGround,
    /// What there is to say of it; required with `other`.
    #[serde(default)]
    pub note: Option<Prose>,
}

/// A conflict of interest of one on the team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"person_id": "018f2f60-0000-4000-8000-000000000001", "ground": "friend", "note": "They told us at the last meeting."}))]
pub struct TeamConflictIn {
    /// Who is too close to the child of the case.
    pub person_id: PersonId,
    /// How.
    pub ground: ConflictGround,
    /// What there is to say of it; required with `other`.
    #[serde(default)]
    pub note: Option<Prose>,
}

/// The end of a conflict of interest.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Another child was meant; the number was mistyped."}))]
pub struct ConflictEndIn {
    /// Why there is none.
    pub reason: Prose,
}

/// Other grounds must be told.
pub(super) fn require_told(ground: ConflictGround, note: Option<&Prose>) -> Result<()> {
    if ground == ConflictGround::Other && note.is_none() {
        return Err(Problem::field("/note", "is required with other"));
    }
    Ok(())
}

/// A conflict of interest of one's own.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ConflictOfInterestOut {
    /// Its id.
    pub id: ConflictOfInterestId,
    /// The number by which one told the child.
    pub national_id: Option<Content>,
    /// The case by which the child was told.
    pub case_id: Option<CaseId>,
    /// How one is too close.
    pub ground: ConflictGround,
    /// What was said of it.
    pub note: Option<Content>,
    /// Who recorded it: oneself or another.
    pub recorded_by: PersonId,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// When a leader ended it.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why.
    pub end_reason: Option<Content>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}

/// That one of the staff has a conflict of interest; nothing tells about whom.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct StaffConflictOut {
    /// Its id.
    pub id: ConflictOfInterestId,
    /// Who is too close to a child.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: String,
    /// How.
    pub ground: ConflictGround,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}
