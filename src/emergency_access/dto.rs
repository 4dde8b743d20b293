//! Request and response types for emergency access.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::EmergencyReader,
    kernel::{
        NationalId,
        ids::{CaseId, EmergencyAccessId, PersonId, UnitId},
        text::Prose,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The kind of danger.
    Danger {
        /// Life is in danger.
        Life = "life",
        /// Health is in danger.
        Health = "health",
    }
}

words! {
    /// The outcome of the review.
    EmergencyVerdict {
        /// There was such a danger, and the case was needed to avert it.
        Justified = "justified",
        /// There was no such danger, or the case was not needed to avert it.
        NotJustified = "not_justified",
    }
}

/// A case to open in an emergency, identified by its id or by the child's national identity number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "case_id": "018f2f60-0000-7000-8000-000000000003", "danger": "life",
    "reason": "Found unconscious in the yard; the ambulance asks who knows of her medicines."
}))]
pub struct EmergencyAccessIn {
    /// The case.
    #[serde(default)]
    pub case_id: Option<CaseId>,
    /// The child's national identity number. If the child has several open cases, the most recently opened is used.
    #[serde(default)]
    pub national_id: Option<NationalId>,
    /// The kind of danger.
    pub danger: Danger,
    /// Why access to the case is needed to avert the danger.
    pub reason: Prose,
}

/// A review of an emergency access.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"verdict": "justified", "note": "Talked with her and with the ambulance service on Monday."}))]
pub struct ReviewIn {
    /// The outcome. An emergency access that is not justified ends at once.
    pub verdict: EmergencyVerdict,
    /// How the emergency access was looked into.
    pub note: Prose,
}

/// An emergency access.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct EmergencyAccessOut {
    /// The id of the emergency access.
    pub id: EmergencyAccessId,
    /// The municipality that the case belongs to.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The case.
    pub case_id: CaseId,
    /// Other open cases of the child that the caller can open in the same way, when it was opened by national identity number.
    #[sqlx(skip)]
    pub other_case_ids: Vec<CaseId>,
    /// The child's name. Only shown to the leader of the contact person's unit.
    pub child_name: Option<Content>,
    /// The person who opened it.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// The unit that they opened it from.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The kind of danger.
    pub danger: Danger,
    /// Why access was needed. Not shown to auditors.
    pub reason: Option<Content>,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// When it was ended early.
    pub ended_at: Option<DateTime<Utc>>,
    /// The outcome of the review; absent until it is reviewed.
    pub verdict: Option<EmergencyVerdict>,
    /// How it was looked into. Auditors see only their own note.
    pub review_note: Option<Content>,
    /// The person who reviewed it.
    pub reviewed_by: Option<PersonId>,
    /// When it was reviewed.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// The version, for `If-Match`; the same as the `ETag`.
    pub version: i64,
}

// No field changes alone that some do not see, so everyone sees the version.
shown!(EmergencyAccessOut, EmergencyReader {
    row {
        id, municipality, case_id, other_case_ids, person_id, person_name, unit_id, unit_name, danger, started_at, ends_at, ended_at, verdict,
        reviewed_by, reviewed_at, version,
    }
    child: child_name;
    reason: reason;
    review: review_note;
});

/// The highest bit of a time-ordered id stays unused for thousands of years.
const REVIEWED: u128 = 1 << 127;

impl EmergencyAccessOut {
    /// Its position in the list: those awaiting review come first, oldest first.
    #[must_use]
    pub fn place(&self) -> Uuid {
        let id = self.id.uuid().as_u128();
        Uuid::from_u128(if self.reviewed_at.is_some() { id | REVIEWED } else { id })
    }
}

/// Splits a position into whether it is among those reviewed, and the id.
pub(super) fn of_place(place: Uuid) -> (bool, Uuid) {
    let place = place.as_u128();
    (place & REVIEWED != 0, Uuid::from_u128(place & !REVIEWED))
}
