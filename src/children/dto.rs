//! Request and response types for children and guardians.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{
        About, Asker,
        fields::{SeePregnancy, SeeWhoLivesWithChild},
        objects::ChildObject,
    },
    kernel::{
        NationalId,
        day::{AnyBirthDate, BirthDate, DueDate, optional_day},
        ids::{ChildId, GuardianshipId, PersonId, UnitId},
        text::{Line, Prose},
        vocabulary::Capacity,
    },
    shown,
    vault::Content,
};

/// A child to register or, until birth, the pregnant woman.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"national_id": "14822150064", "name": "Iben Fjellheim"}))]
pub struct ChildIn {
    /// The national identity number. The date of birth is taken from it, if it shows the century.
    #[serde(default)]
    pub national_id: Option<NationalId>,
    /// The date of birth of a child without a number or with a number of the form from 2032. A child is born at most 25 years ago, a pregnant
    /// woman at most 60.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<BirthDate>)]
    pub birth_date: Option<NaiveDate>,
    /// The child's name.
    pub name: Line,
    /// The due date, if the registered person is pregnant. Until birth she is the registered person, and the record is hers.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<DueDate>)]
    pub due_on: Option<NaiveDate>,
    /// The number of the municipality where the child lives (bosatt): one that the unit serves. It keeps the record. Required
    /// if the unit serves several; if it is left out, the municipality that the unit serves.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{4}$", example = "4014")]
    pub municipality: Option<String>,
}

/// A child as registered by a unit.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct ChildOut {
    /// The id of the child.
    pub id: ChildId,
    /// The municipality where the child lives, which keeps the record.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The child's name.
    pub name: Content,
    /// The date of birth. Rights that depend on age are calculated from it.
    pub birth_date: NaiveDate,
    /// The due date, if the registered person is pregnant. Null to a reader who may not know of it.
    pub due_on: Option<NaiveDate>,
    /// The unit that registered the child.
    pub registered_unit: UnitId,
    /// When the child was registered.
    pub registered_at: DateTime<Utc>,
    /// The version, for `If-Match`. Null to a reader who may not know of a pregnancy: their `ETag` counts what they see.
    pub version: Option<i64>,
    /// Whether it is an unborn child, which was registered before the pregnant woman is.
    #[serde(skip)]
    #[schema(ignore)]
    pub is_unborn: bool,
}

shown!(ChildOut, ChildReader {
    row { id, municipality, name, birth_date, registered_unit, registered_at, is_unborn; version }
    pregnancy: due_on;
});

/// A reader of a registration.
#[derive(Debug)]
pub struct ChildReader {
    pregnancy: bool,
}

impl ChildReader {
    /// A reader, by what the rules answer about the child.
    #[must_use]
    pub fn new(child: &About<ChildObject>) -> Self {
        Self { pregnancy: child.sees::<SeePregnancy>() }
    }

    /// The person who registers it now, and knows what they register.
    #[must_use]
    pub const fn of_new() -> Self {
        Self { pregnancy: true }
    }

    pub(super) fn pregnancy(&self) -> bool {
        self.pregnancy
    }
}

/// A correction of a child's details, with the reason. Fields left out are unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Iben Marie Fjellheim", "reason": "The middle name was missing."}))]
pub struct ChildPatch {
    /// The corrected name.
    #[serde(default)]
    pub name: Option<Line>,
    /// The national identity number, once the child has one, or instead of a wrong one. The date of birth is taken from it, if it shows
    /// the century. For a new number of the same child, ask an administrator to add it.
    #[serde(default)]
    pub national_id: Option<NationalId>,
    /// The corrected date of birth. It must match the number, if there is one.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<AnyBirthDate>)]
    pub birth_date: Option<NaiveDate>,
    /// The due date, if the registered person is pregnant. It is stated by itself, except for an unborn child that was registered: then the
    /// name and the number or date of birth are those of the pregnant woman, who becomes the registered person, and the guardianships end.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<DueDate>)]
    pub due_on: Option<NaiveDate>,
    /// Set to true if the pregnancy has ended without a birth that is recorded here.
    #[serde(default)]
    pub pregnancy_ended: bool,
    /// The municipality where the child lives. It cannot be changed: another one is 409, which says what to do for a child who moves.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{4}$", example = "4014")]
    pub municipality: Option<String>,
    /// Why it is corrected.
    pub reason: Prose,
}

/// A guardian (foresatt) to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"national_id": "03887900069", "name": "Alma Fjellheim", "parental_responsibility": true, "lives_with_child": true}))]
pub struct GuardianIn {
    /// The national identity number, which connects the guardian's account to the child. A guardian without a number can consent on
    /// paper. An account needs a number, which two administrators can add later.
    #[serde(default)]
    pub national_id: Option<NationalId>,
    /// The guardian's name.
    pub name: Line,
    /// Whether they hold parental responsibility (foreldreansvar, barnelova § 30); a foster parent does not.
    pub parental_responsibility: bool,
    /// Whether the child lives with them.
    pub lives_with_child: bool,
    /// The capacity in which they are a guardian; parent if left out. Foster parents see the case only under a care order.
    #[serde(default)]
    pub capacity: Option<Capacity>,
}

/// A change of a guardianship.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"parental_responsibility": false, "lives_with_child": false}))]
pub struct GuardianshipPatch {
    /// Whether they hold parental responsibility.
    pub parental_responsibility: bool,
    /// Whether the child lives with them.
    pub lives_with_child: bool,
    /// Set to true to end the guardianship. It cannot be resumed; it must be registered again.
    #[serde(default)]
    pub ended: bool,
    /// The corrected name of the guardian.
    #[serde(default)]
    pub guardian_name: Option<Line>,
    /// Why the name is corrected. It is required with `guardian_name`.
    #[serde(default)]
    pub reason: Option<Prose>,
}

/// A guardian of a child.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct GuardianshipOut {
    /// The id of the guardianship.
    pub id: GuardianshipId,
    /// The child.
    pub child_id: ChildId,
    /// The guardian.
    pub guardian_id: PersonId,
    /// The guardian's name, as registered with this child.
    pub guardian_name: Content,
    /// Whether they hold parental responsibility.
    pub parental_responsibility: bool,
    /// Whether the child lives with them; left out when a family member reads about other people.
    pub lives_with_child: Option<bool>,
    /// The capacity in which they are a guardian.
    pub capacity: Capacity,
    /// When the guardianship ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The version, for `If-Match`. Null to a reader who sees only a part of the object: their `ETag` counts what they see.
    pub version: Option<i64>,
}

shown!(GuardianshipOut, GuardianshipReader {
    row { id, child_id, guardian_id, guardian_name, parental_responsibility, capacity, ended_at; version }
    lives_with_child: lives_with_child;
});

/// A reader of a guardianship.
#[derive(Debug)]
pub struct GuardianshipReader {
    lives_with_child: bool,
}

impl GuardianshipReader {
    /// A reader, by what the rules answer about the child. Everyone sees it of themself.
    #[must_use]
    pub fn new(asker: &Asker, child: &About<ChildObject>, guardian: PersonId) -> Self {
        let own = asker.caller().is(guardian);
        Self { lives_with_child: own || child.sees::<SeeWhoLivesWithChild>() }
    }

    fn lives_with_child(&self) -> bool {
        self.lives_with_child
    }
}
