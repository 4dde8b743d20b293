//! Children and guardians as the API speaks of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        NationalId,
        day::optional_day,
        ids::{ChildId, GuardianshipId, PersonId, UnitId},
        text::Line,
        vocabulary::Capacity,
    },
    vault::Content,
};

/// A child to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"national_id": "14822150064", "name": "Iben Fjellheim"}))]
pub struct ChildIn {
    /// The national identity number; the date of birth is taken from it.
    #[serde(default)]
    pub national_id: Option<NationalId>,
    /// The date of birth of a child that has no number yet, or the expected one of a child not yet born.
    #[serde(default, deserialize_with = "optional_day")]
    pub birth_date: Option<NaiveDate>,
    /// The child's name.
    pub name: Line,
}

/// A child as registered.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ChildOut {
    /// Its id.
    pub id: ChildId,
    /// The municipality.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The child's name.
    pub name: Content,
    /// The date of birth, from which rights are counted.
    pub birth_date: NaiveDate,
    /// The unit that registered the child.
    pub registered_unit: UnitId,
    /// When.
    pub registered_at: DateTime<Utc>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}

/// A correction of who a child is; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Iben Marie Fjellheim"}))]
pub struct ChildPatch {
    /// The name, spelt right.
    #[serde(default)]
    pub name: Option<Line>,
    /// The number that the child has got; the date of birth follows it.
    #[serde(default)]
    pub national_id: Option<NationalId>,
}

/// A guardian (foresatt) to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"national_id": "03887900069", "name": "Alma Fjellheim", "parental_responsibility": true, "lives_with_child": true}))]
pub struct GuardianIn {
    /// The national identity number, by which the guardian's log-in finds the child.
    pub national_id: NationalId,
    /// The guardian's name.
    pub name: Line,
    /// Whether they hold parental responsibility (foreldreansvar, barnelova § 30); a foster parent does not.
    pub parental_responsibility: bool,
    /// Whether the child lives with them.
    pub lives_with_child: bool,
    /// As what they are the guardian; a parent if left out. A foster parent sees the case under a care order alone.
    #[serde(default)]
    pub capacity: Option<Capacity>,
}

/// A change of a guardianship.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"parental_responsibility": false, "lives_with_child": false}))]
pub struct GuardianshipPatch {
    /// Whether they hold parental responsibility from now on.
    pub parental_responsibility: bool,
    /// Whether the child lives with them from now on.
    pub lives_with_child: bool,
    /// True ends the guardianship; it cannot be resumed, only registered anew.
    #[serde(default)]
    pub ended: bool,
}

/// A guardian of a child.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct GuardianshipOut {
    /// Its id.
    pub id: GuardianshipId,
    /// The child.
    pub child_id: ChildId,
    /// The guardian.
    pub guardian_id: PersonId,
    /// The guardian's name, as registered here.
    pub guardian_name: Content,
    /// Whether they hold parental responsibility.
    pub parental_responsibility: bool,
    /// Whether the child lives with them; left out of what the family sees of others.
    pub lives_with_child: Option<bool>,
    /// As what they are the guardian.
    pub capacity: Capacity,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// For `If-Match`, as in the `ETag`.
    pub version: i64,
}
