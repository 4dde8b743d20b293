//! Emergency access as the API speaks of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    kernel::{
        NationalId,
        ids::{CaseId, EmergencyAccessId, PersonId, UnitId},
        text::Prose,
    },
    vault::Content,
    words,
};

words! {
    /// What is in danger.
    Danger {
        /// Life.
        Life = "life",
        /// Health.
        Health = "health",
    }
}

words! {
    /// What the review came to.
    Verdict {
        /// There was such a danger, and the case was needed to avert it.
        Justified = "justified",
        /// There was not.
        NotJustified = "not_justified",
    }
}

/// A case to be opened in an emergency: told by its id or by the child's number.
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
    /// The national identity number of the child. Of several open cases, the one that was opened last.
    #[serde(default)]
    pub national_id: Option<NationalId>,
    /// What is in danger.
    pub danger: Danger,
    /// Why the case is needed to avert it.
    pub reason: Prose,
}

/// A review of an emergency access.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"verdict": "justified", "note": "Talked with her and with the ambulance service on Monday."}))]
pub struct ReviewIn {
    /// What it came to. One that is not justified ends at once, if it has not.
    pub verdict: Verdict,
    /// How it was looked into.
    pub note: Prose,
}

/// An emergency access.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct EmergencyAccessOut {
    /// Its id.
    pub id: EmergencyAccessId,
    /// The municipality whose case it is.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The case.
    pub case_id: CaseId,
    /// The child's name; shown to the leader of the contact person's unit alone.
    pub child_name: Option<String>,
    /// Who opened it.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: String,
    /// From which unit.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// What was in danger.
    pub danger: Danger,
    /// Why; not shown to an auditor.
    pub reason: Option<Content>,
    /// From when.
    pub started_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// When it was ended before that.
    pub ended_at: Option<DateTime<Utc>>,
    /// What the review came to; none while it is to be reviewed.
    pub verdict: Option<Verdict>,
    /// How it was looked into; to an auditor, only what they wrote themself.
    pub review_note: Option<Content>,
    /// Who reviewed it.
    pub reviewed_by: Option<PersonId>,
    /// When.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}

/// The highest bit of an id that is a time stays unused for some thousand years.
const REVIEWED: u128 = 1 << 127;

impl EmergencyAccessOut {
    /// Its place in the list: those to be reviewed first, the oldest first.
    #[must_use]
    pub fn place(&self) -> Uuid {
        let id = self.id.uuid().as_u128();
        Uuid::from_u128(if self.reviewed_at.is_some() { id | REVIEWED } else { id })
    }
}

/// Whether a place in the list is among those reviewed, and the id there.
pub(super) fn of_place(place: Uuid) -> (bool, Uuid) {
    let place = place.as_u128();
    (place & REVIEWED != 0, Uuid::from_u128(place & !REVIEWED))
}
