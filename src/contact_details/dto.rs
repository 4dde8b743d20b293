//! Contact details as the API speaks of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{ChildId, GuardianshipId, UnitId},
        text::{Line, Prose, Text},
        vocabulary::Protection,
    },
    vault::Content,
};

/// A phone number, as it is written.
pub type Phone = Text<40>;

/// Where a child and its guardians are found; what is left out is not kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "protection": "none", "address": "Lilleveien 3, 3770 Kragerø", "phone": "40 00 00 01",
    "school_unit_id": "018f2f60-0000-7000-8000-000000000002",
    "guardians": [{"guardianship_id": "018f2f60-0000-7000-8000-000000000003", "phone": "40 00 00 02"}]
}))]
pub struct ContactDetailsIn {
    /// How well the address is protected in the population register. Where it is strictly confidential, nothing else is kept.
    pub protection: Protection,
    /// Why the protection is lower than before; required when it is.
    #[serde(default)]
    pub reason: Option<Prose>,
    /// Where the child lives.
    #[serde(default)]
    pub address: Option<Line>,
    /// The child's phone.
    #[serde(default)]
    pub phone: Option<Phone>,
    /// The school or kindergarten that the child attends.
    #[serde(default)]
    pub school_unit_id: Option<UnitId>,
    /// Where the guardians are found.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub guardians: Vec<GuardianContactIn>,
}

/// Where a guardian is found.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"guardianship_id": "018f2f60-0000-7000-8000-000000000003", "phone": "40 00 00 02"}))]
pub struct GuardianContactIn {
    /// The guardianship.
    pub guardianship_id: GuardianshipId,
    /// Where they live.
    #[serde(default)]
    pub address: Option<Line>,
    /// Their phone.
    #[serde(default)]
    pub phone: Option<Phone>,
}

/// Where a child and its guardians are found.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactDetailsOut {
    /// The child.
    pub child_id: ChildId,
    /// How well the address is protected.
    pub protection: Protection,
    /// Why the protection was lowered last; for those who can change it.
    pub lowered_because: Option<Content>,
    /// Where the child lives.
    pub address: Option<Content>,
    /// The child's phone.
    pub phone: Option<Content>,
    /// The school or kindergarten that the child attends.
    pub school_unit_id: Option<UnitId>,
    /// Its name.
    pub school_unit_name: Option<String>,
    /// Where the guardians are found; to the family, only what is kept of themselves.
    pub guardians: Vec<GuardianContactOut>,
    /// When this was changed last.
    pub changed_at: Option<DateTime<Utc>>,
    /// For `If-Match`, as in the `ETag`; 0 before anything is kept.
    pub version: i64,
}

/// Where a guardian is found.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct GuardianContactOut {
    /// The guardianship.
    pub guardianship_id: GuardianshipId,
    /// Where they live.
    pub address: Option<Content>,
    /// Their phone.
    pub phone: Option<Content>,
}
