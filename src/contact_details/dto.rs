//! Request and response types for contact details.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{
        About,
        fields::{SeeGuardiansContactDetails, SeeWhyProtectionWasLowered},
        objects::ChildObject,
    },
    kernel::{
        ids::{ChildId, GuardianshipId, UnitId},
        text::{Line, Prose, Text},
        vocabulary::Protection,
    },
    shown,
    vault::Content,
};

/// A phone number, stored as entered.
pub type Phone = Text<40>;

/// Contact details of a child and its guardians. Fields left out are not stored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "protection": "none", "address": "Lilleveien 3, 3770 Kragerø", "phone": "40 00 00 01",
    "school_unit_id": "018f2f60-0000-7000-8000-000000000002",
    "guardians": [{"guardianship_id": "018f2f60-0000-7000-8000-000000000003", "phone": "40 00 00 02"}]
}))]
pub struct ContactDetailsIn {
    /// The protection of the address in the population register. If strictly confidential, nothing else is stored.
    pub protection: Protection,
    /// The reason for lowering the protection. Required when it is lowered.
    #[serde(default)]
    pub reason: Option<Prose>,
    /// The child's address.
    #[serde(default)]
    pub address: Option<Line>,
    /// The child's phone number.
    #[serde(default)]
    pub phone: Option<Phone>,
    /// The school or kindergarten that the child attends.
    #[serde(default)]
    pub school_unit_id: Option<UnitId>,
    /// The guardians' contact details.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub guardians: Vec<GuardianContactIn>,
}

/// Contact details of a guardian.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"guardianship_id": "018f2f60-0000-7000-8000-000000000003", "phone": "40 00 00 02"}))]
pub struct GuardianContactIn {
    /// The guardianship.
    pub guardianship_id: GuardianshipId,
    /// The guardian's address.
    #[serde(default)]
    pub address: Option<Line>,
    /// The guardian's phone number.
    #[serde(default)]
    pub phone: Option<Phone>,
}

/// Contact details of a child and its guardians.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactDetailsOut {
    /// The child.
    pub child_id: ChildId,
    /// The protection of the address.
    pub protection: Protection,
    /// The reason the protection was last lowered. Only shown to callers who can change it.
    pub lowered_because: Option<Content>,
    /// The child's address.
    pub address: Option<Content>,
    /// The child's phone number.
    pub phone: Option<Content>,
    /// The school or kindergarten that the child attends.
    pub school_unit_id: Option<UnitId>,
    /// The name of the school or kindergarten.
    pub school_unit_name: Option<String>,
    /// The guardians' contact details. Family members see only their own.
    pub guardians: Vec<GuardianContactOut>,
    /// When the contact details were last changed. Null to a reader who does not see those of all guardians.
    pub changed_at: Option<DateTime<Utc>>,
    /// The version, for `If-Match`; 0 before anything is stored. Null to a reader who sees only a part: their `ETag` counts what they see.
    pub version: Option<i64>,
}

shown!(ContactDetailsOut, ContactDetailsReader {
    row {
        child_id, protection, address, phone, school_unit_id, school_unit_name, guardians;
        version
    }
    of_all: changed_at;
    lowered_because: lowered_because;
});

/// A reader of the contact details of a child.
#[derive(Debug)]
pub struct ContactDetailsReader {
    lowered_because: bool,
    of_all: bool,
}

impl ContactDetailsReader {
    /// A reader, by what the rules answer about the child.
    #[must_use]
    pub fn new(about: &About<ChildObject>) -> Self {
        let lowered_because = about.sees::<SeeWhyProtectionWasLowered>();
        Self { lowered_because, of_all: about.sees::<SeeGuardiansContactDetails>() }
    }

    fn lowered_because(&self) -> bool {
        self.lowered_because
    }

    /// Returns whether the reader sees the details of all guardians.
    pub(super) fn of_all(&self) -> bool {
        self.of_all
    }
}

/// Contact details of a guardian.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct GuardianContactOut {
    /// The guardianship.
    pub guardianship_id: GuardianshipId,
    /// The guardian's address.
    pub address: Option<Content>,
    /// The guardian's phone number.
    pub phone: Option<Content>,
}
