//! Disclosures and objections as the API speaks of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{CaseId, ChildId, DisclosureId, MeasureId, NoteId, ObjectionId, PersonId, UnitId},
        text::{Line, Prose},
    },
    vault::Content,
    words,
};

words! {
    /// On what something leaves a case without consent. The paragraph follows from the unit that discloses.
    DisclosureBasis {
        /// With a report to child welfare (bvl § 13-2 and its mirrors): to child welfare.
        ChildWelfareReport = "child_welfare_report",
        /// By an order of child welfare (bvl § 13-4): to child welfare.
        ChildWelfareOrder = "child_welfare_order",
        /// To avert an offence (strl § 196).
        DutyToAvert = "duty_to_avert",
        /// To avert danger to life or health (fvl § 13 b no. 7, hpl §§ 23 no. 4 and 31).
        DangerToLifeOrHealth = "danger_to_life_or_health",
        /// For health care (hpl §§ 25 and 45): from health to health, unless the patient objects.
        HealthPersonnel = "health_personnel",
        /// For the right to education at a new school (oppl § 25-1): from school to school, in another municipality too.
        SchoolChange = "school_change",
    }
}

#[cfg(test)]
impl DisclosureBasis {
    /// All of them.
    pub(super) const ALL: [Self; 6] = [
        Self::ChildWelfareReport,
        Self::ChildWelfareOrder,
        Self::DutyToAvert,
        Self::DangerToLifeOrHealth,
        Self::HealthPersonnel,
        Self::SchoolChange,
    ];
}

words! {
    /// What kind of entry was disclosed.
    DisclosedKind {
        /// A note.
        Note = "note",
        /// A measure.
        Measure = "measure",
    }
}

words! {
    /// How an objection was made.
    ObjectionForm {
        /// By the person, logged in.
        Digital = "digital",
        /// On paper, recorded by the contact person.
        Paper = "paper",
        /// By word of mouth, recorded by the contact person.
        Oral = "oral",
    }
}

/// A disclosure to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "case_id": "018f2f60-0000-7000-8000-000000000003", "basis": "danger_to_life_or_health",
    "note_ids": ["018f2f60-0000-7000-8000-000000000004"], "to_unit_id": "018f2f60-0000-7000-8000-000000000002",
    "to_person_id": "018f2f60-0000-7000-8000-000000000006", "reason": "Must be known where the child is treated tonight."
}))]
pub struct DisclosureIn {
    /// The case, one that the caller takes part in through the unit.
    pub case_id: CaseId,
    /// On what.
    pub basis: DisclosureBasis,
    /// With `child_welfare_order`: the reference of the order.
    #[serde(default)]
    pub order_reference: Option<Line>,
    /// The notes that are disclosed, each one that the caller may read.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub note_ids: Vec<NoteId>,
    /// The measures that are disclosed, each one that the caller may read.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub measure_ids: Vec<MeasureId>,
    /// The unit that receives.
    #[serde(default)]
    pub to_unit_id: Option<UnitId>,
    /// Who receives there.
    #[serde(default)]
    pub to_person_id: Option<PersonId>,
    /// Who receives, where it is not a unit of the service: the police, an ambulance.
    #[serde(default)]
    pub outside_recipient: Option<Line>,
    /// Why it is necessary.
    pub reason: Prose,
}

/// A paragraph, in the wording it was applied in.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct AppliedLaw {
    /// The paragraph.
    #[schema(example = "fvl § 13 b no. 7")]
    pub law: String,
    /// The first day of its wording.
    pub valid_from: NaiveDate,
}

/// An entry as it was when it was disclosed.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct DisclosedEntry {
    /// What it is.
    pub kind: DisclosedKind,
    /// The id of the note or measure.
    pub entry_id: uuid::Uuid,
    /// What a measure is called.
    #[schema(value_type = Option<String>)]
    pub title: Option<Content>,
    /// What the note says; what is done in the measure, and how.
    #[schema(value_type = Option<String>)]
    pub text: Option<Content>,
    /// Who wrote the note, or is responsible for the measure.
    #[schema(value_type = String)]
    pub person_name: Content,
    /// From which unit; none where the family wrote it.
    pub unit_name: Option<String>,
    /// From which day the measure goes on.
    pub starts_on: Option<NaiveDate>,
    /// When the measure is to be evaluated.
    pub evaluate_on: Option<NaiveDate>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// A disclosure.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct DisclosureOut {
    /// Its id.
    pub id: DisclosureId,
    /// The municipality.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The case that the entries are from.
    pub case_id: CaseId,
    /// The child.
    pub child_id: ChildId,
    /// The child's name, as registered then.
    #[schema(value_type = String)]
    pub child_name: Content,
    /// The date of birth, likewise.
    pub child_birth_date: NaiveDate,
    /// The unit that disclosed.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Who decided it.
    pub disclosed_by: PersonId,
    /// Their name.
    #[schema(value_type = String)]
    pub disclosed_by_name: Content,
    /// On what.
    pub basis: DisclosureBasis,
    /// The paragraphs that lift the duty of secrecy.
    #[sqlx(skip)]
    pub laws: Vec<AppliedLaw>,
    /// The basis on which the data are processed, which is another thing.
    #[sqlx(skip)]
    pub processing: Vec<AppliedLaw>,
    /// The reference of the order.
    #[schema(value_type = Option<String>)]
    pub order_reference: Option<Content>,
    /// The unit that received.
    pub to_unit_id: Option<UnitId>,
    /// Its name.
    pub to_unit_name: Option<String>,
    /// Who received there.
    pub to_person_id: Option<PersonId>,
    /// Their name.
    #[schema(value_type = Option<String>)]
    pub to_person_name: Option<Content>,
    /// Who received, outside the service.
    #[schema(value_type = Option<String>)]
    pub outside_recipient: Option<Content>,
    /// Why.
    #[schema(value_type = String)]
    pub reason: Content,
    /// What was disclosed, as it was.
    #[sqlx(skip)]
    pub entries: Vec<DisclosedEntry>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Whether it is about the caller's own family; then it is not shown.
    #[serde(skip)]
    #[schema(ignore)]
    pub own_family: bool,
}

/// An objection to sharing among health personnel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"form": "digital"}))]
pub struct ObjectionIn {
    /// Who objects. Left out by someone who objects for themself; named by the contact person who records it: a
    /// guardian's `guardian_id`, or the `child_id` of a young person.
    #[serde(default)]
    pub objected_by: Option<PersonId>,
    /// How it was made; `digital` unless the contact person records it.
    #[serde(default)]
    pub form: Option<ObjectionForm>,
}

/// An objection as made.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ObjectionOut {
    /// Its id.
    pub id: ObjectionId,
    /// Who objects.
    pub objected_by: PersonId,
    /// Who recorded it: the same person, or the contact person.
    pub recorded_by: PersonId,
    /// How it was made.
    pub form: ObjectionForm,
    /// When.
    pub made_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// As in the `ETag`.
    pub version: i64,
}
