//! Consents as the API speaks of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        day::{day, optional_day},
        ids::{ConsentId, PersonId, UnitId},
        text::{Line, Prose},
    },
    vault::Content,
    words,
};

words! {
    /// How a consent was given.
    ConsentForm {
        /// By the person, logged in.
        Digital = "digital",
        /// On paper, recorded by the contact person.
        Paper = "paper",
        /// By word of mouth, recorded by the contact person.
        Oral = "oral",
    }
}

/// A consent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "unit_ids": ["018f2f60-0000-7000-8000-000000000002"], "purpose": "Cooperation on help with language and play.",
    "valid_until": "2027-07-31", "text_version": "2026-1"
}))]
pub struct ConsentIn {
    /// Who gives it. Left out by someone who consents for themself; named by the contact person who records it: a
    /// guardian's `guardian_id`, or the `child_id` of a young person.
    #[serde(default)]
    pub given_by: Option<PersonId>,
    /// How it was given; `digital` unless the contact person records it.
    #[serde(default)]
    pub form: Option<ConsentForm>,
    /// The units that may take part.
    #[schema(min_items = 1, max_items = 50)]
    pub unit_ids: Vec<UnitId>,
    /// For what purpose.
    pub purpose: Prose,
    /// From which day; today if left out.
    #[serde(default, deserialize_with = "optional_day")]
    pub valid_from: Option<NaiveDate>,
    /// To the end of which day.
    #[serde(deserialize_with = "day")]
    pub valid_until: NaiveDate,
    /// Which version of the consent text was read.
    pub text_version: Line,
}

/// A withdrawal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"unit_ids": ["018f2f60-0000-7000-8000-000000000002"]}))]
pub struct WithdrawalIn {
    /// The units that may no longer take part; all that the consent names, if left out.
    #[serde(default)]
    pub unit_ids: Option<Vec<UnitId>>,
}

/// A unit that a consent names.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsentedUnit {
    /// The unit.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// When consent to it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// A consent as given.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ConsentOut {
    /// Its id.
    pub id: ConsentId,
    /// Who gave it.
    pub given_by: PersonId,
    /// Their name.
    pub given_by_name: Content,
    /// Who recorded it: the same person, or the contact person.
    pub recorded_by: PersonId,
    /// How it was given.
    pub form: ConsentForm,
    /// For what purpose.
    pub purpose: Content,
    /// Which version of the consent text was read.
    pub text_version: Content,
    /// The exemption from secrecy that it is.
    pub secrecy_basis: String,
    /// The basis on which the data are processed, which is another thing.
    pub processing_basis: String,
    /// From which day.
    pub valid_from: NaiveDate,
    /// To the end of which day.
    pub valid_until: NaiveDate,
    /// When it was given.
    pub given_at: DateTime<Utc>,
    /// The units it names.
    #[sqlx(skip)]
    pub units: Vec<ConsentedUnit>,
    /// As in the `ETag`.
    pub version: i64,
}
