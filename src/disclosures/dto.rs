//! Request and response types for disclosures and objections.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{CaseId, ChildId, DisclosureId, MeasureId, NoteId, ObjectionId, PersonId, UnitId},
        text::{Line, Prose},
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// The basis for disclosing without consent. The statutory section depends on the unit that discloses.
    DisclosureBasis {
        /// In connection with a report to child welfare (bvl § 13-2 and corresponding sections): to child welfare.
        ChildWelfareReport = "child_welfare_report",
        /// On an order from child welfare (bvl § 13-4): to child welfare.
        ChildWelfareOrder = "child_welfare_order",
        /// To prevent a criminal offence (strl § 196).
        DutyToAvert = "duty_to_avert",
        /// To avert danger to life or health (fvl § 13 b no. 7, hpl §§ 23 and 31).
        DangerToLifeOrHealth = "danger_to_life_or_health",
        /// For health care (hpl §§ 25 and 29): between health services, unless the patient objects.
        HealthPersonnel = "health_personnel",
        /// For the right to education at a new school (oppl § 25-1): between schools, including in other municipalities.
        SchoolChange = "school_change",
    }
}

#[cfg(test)]
impl DisclosureBasis {
    /// All bases.
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
    /// The kind of entry that was disclosed.
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
        /// Orally, recorded by the contact person.
        Oral = "oral",
    }
}

/// A disclosure to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "case_id": "018f2f60-0000-7000-8000-000000000003", "basis": "danger_to_life_or_health",
    "note_ids": ["018f2f60-0000-7000-8000-000000000004"], "to_unit_id": "018f2f60-0000-7000-8000-000000000002",
    "to_person_id": "018f2f60-0000-7000-8000-000000000006", "reason": "Must be known where the child is treated tonight."
}))]
pub struct DisclosureIn {
    /// The case. The caller must take part in it through the unit.
    pub case_id: CaseId,
    /// The basis for the disclosure.
    pub basis: DisclosureBasis,
    /// With `child_welfare_order`: the reference of the order.
    #[serde(default)]
    pub order_reference: Option<Line>,
    /// The notes to disclose. The caller must be able to read each of them.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub note_ids: Vec<NoteId>,
    /// The measures to disclose. The caller must be able to read each of them.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub measure_ids: Vec<MeasureId>,
    /// The unit that receives the disclosure.
    #[serde(default)]
    pub to_unit_id: Option<UnitId>,
    /// The person in that unit who receives it.
    #[serde(default)]
    pub to_person_id: Option<PersonId>,
    /// A recipient that is not a unit in this service, such as the police or an ambulance crew.
    #[serde(default)]
    pub outside_recipient: Option<Line>,
    /// Why the disclosure is necessary.
    pub reason: Prose,
}

/// A statutory section, in the version that was applied.
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct AppliedLaw {
    /// The section.
    #[schema(example = "fvl § 13 b no. 7")]
    pub law: String,
    /// The first day that this version is in force.
    pub valid_from: NaiveDate,
}

/// An entry as it was when it was disclosed.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct DisclosedEntry {
    /// The kind of entry.
    pub kind: DisclosedKind,
    /// The id of the note or measure.
    pub entry_id: uuid::Uuid,
    /// The title of a measure.
    #[schema(value_type = Option<String>)]
    pub title: Option<Content>,
    /// The text of a note, or the description of a measure.
    #[schema(value_type = Option<String>)]
    pub text: Option<Content>,
    /// The author of a note, or the person responsible for a measure.
    #[schema(value_type = String)]
    pub person_name: Content,
    /// Their unit; absent if the family wrote it.
    pub unit_name: Option<String>,
    /// The first day of a measure.
    pub starts_on: Option<NaiveDate>,
    /// The date of the next evaluation of a measure.
    pub evaluate_on: Option<NaiveDate>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// A disclosure.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct DisclosureOut {
    /// The id of the disclosure.
    pub id: DisclosureId,
    /// The municipality.
    #[schema(example = "4014")]
    pub municipality: String,
    /// The case that the entries are from.
    pub case_id: CaseId,
    /// The child.
    pub child_id: ChildId,
    /// The child's name, as registered at the time.
    #[schema(value_type = String)]
    pub child_name: Content,
    /// The date of birth, as registered at the time.
    pub child_birth_date: NaiveDate,
    /// The unit that disclosed.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The person who decided on it.
    pub disclosed_by: PersonId,
    /// Their name.
    #[schema(value_type = String)]
    pub disclosed_by_name: Content,
    /// The basis for the disclosure.
    pub basis: DisclosureBasis,
    /// The statutory sections that lift the duty of secrecy.
    #[sqlx(skip)]
    pub laws: Vec<AppliedLaw>,
    /// The legal basis for processing the data, which is a separate requirement.
    #[sqlx(skip)]
    pub processing: Vec<AppliedLaw>,
    /// The reference of the order.
    #[schema(value_type = Option<String>)]
    pub order_reference: Option<Content>,
    /// The unit that received.
    pub to_unit_id: Option<UnitId>,
    /// The name of that unit.
    pub to_unit_name: Option<String>,
    /// The person in that unit who received it.
    pub to_person_id: Option<PersonId>,
    /// Their name.
    #[schema(value_type = Option<String>)]
    pub to_person_name: Option<Content>,
    /// The recipient outside this service.
    #[schema(value_type = Option<String>)]
    pub outside_recipient: Option<Content>,
    /// Why the disclosure was necessary.
    #[schema(value_type = String)]
    pub reason: Content,
    /// The entries as they were at the time.
    #[sqlx(skip)]
    pub entries: Vec<DisclosedEntry>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether the rules are to keep the caller from it, as disqualified.
    #[serde(skip)]
    #[schema(ignore)]
    #[sqlx(skip)]
    pub disqualified: bool,
}

shown!(DisclosureOut {
    id,
    municipality,
    case_id,
    child_id,
    child_name,
    child_birth_date,
    unit_id,
    unit_name,
    disclosed_by,
    disclosed_by_name,
    basis,
    laws,
    processing,
    order_reference,
    to_unit_id,
    to_unit_name,
    to_person_id,
    to_person_name,
    outside_recipient,
    reason,
    entries,
    created_at,
    disqualified
});

/// An objection to sharing among health personnel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"form": "digital"}))]
pub struct ObjectionIn {
    /// The person who objects. Leave it out to object for yourself. A contact person who records an objection gives a
    /// guardian's `guardian_id`, or the `child_id` of a young person.
    #[serde(default)]
    pub objected_by: Option<PersonId>,
    /// How the objection was made: `digital` unless the contact person records it.
    #[serde(default)]
    pub form: Option<ObjectionForm>,
}

/// An objection to sharing among health personnel.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ObjectionOut {
    /// The id of the objection.
    pub id: ObjectionId,
    /// The person who objects.
    pub objected_by: PersonId,
    /// The person who recorded it: the same person, or the contact person.
    pub recorded_by: PersonId,
    /// How the objection was made.
    pub form: ObjectionForm,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// The version; the same as the `ETag`.
    pub version: i64,
}

shown!(ObjectionOut { id, objected_by, recorded_by, form, made_at, withdrawn_at, version });
