//! Request and response types for births.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    catalogue::Level,
    children::GuardianIn,
    kernel::{
        NationalId,
        day::{NewbornBirthDate, PastDay, day, optional_day},
        ids::{CaseId, ChildId},
        text::{Line, Prose},
        vocabulary::InformationKind,
    },
    next_steps::NextStepIn,
    shown,
};

/// A birth to record: the child, and the case that opens for it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Iben Fjellheim", "birth_date": "2026-11-24", "lives_with_mother": true, "mother_alone": true, "other_guardians": [], "agreed_on": "2026-11-27", "level": 1,
    "case_reason": "Mother and child are followed up after birth.", "contains": [],
    "next_step": {"what": "Visit them at home.", "held_by": "contact_person", "due_on": "2026-12-04", "contains": []}
}))]
pub struct BirthIn {
    /// The child's name.
    pub name: Line,
    /// The child's national identity number. The date of birth is taken from it.
    #[serde(default)]
    pub national_id: Option<NationalId>,
    /// The date of birth, at most 92 days ago. Required without a number.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<NewbornBirthDate>)]
    pub birth_date: Option<NaiveDate>,
    /// Whether the child lives with its mother. If it does, it gets the protection of her address.
    pub lives_with_mother: bool,
    /// The other guardians, such as a father with parental responsibility. `[]` only if the mother has it alone.
    pub other_guardians: Vec<GuardianIn>,
    /// Whether the mother has parental responsibility alone. If not, `other_guardians` has the other parent.
    pub mother_alone: bool,
    /// Set to true if another child is expected, such as a twin. Otherwise the pregnancy ends.
    #[serde(default)]
    pub another_expected: bool,
    /// The day on which the mother agreed that a case opens for the child.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = PastDay)]
    pub agreed_on: NaiveDate,
    /// The level of the case.
    pub level: Level,
    /// Why help is given. The family of the child and everyone on its case will read it.
    pub case_reason: Prose,
    /// Must be `[]`: confirms that the reason holds none of the prohibited kinds.
    pub contains: Vec<InformationKind>,
    /// The next step of the case.
    pub next_step: NextStepIn,
}

/// A recorded birth.
#[derive(Debug, Serialize, ToSchema)]
pub struct BirthOut {
    /// The child as registered.
    pub child_id: ChildId,
    /// The case of the child.
    pub case_id: CaseId,
}

shown!(BirthOut { child_id, case_id });
