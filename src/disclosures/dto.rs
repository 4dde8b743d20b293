//! Request and response types for disclosures and objections.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{About, fields::SeeDisclosedEntries, objects::DisclosureObject},
    kernel::{
        day::{InformingDay, RequestDay, day},
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
        /// For the needs of the patient's minor children (hpl § 28 f and § 10 a): between health services.
        PatientsChildren = "patients_children",
        /// For the right to education at a new school (oppl § 25-1), on its request or with leave: between schools, including in
        /// other municipalities.
        SchoolChange = "school_change",
        /// To prevent behaviour that substantially affects others at the new school (oppl § 25-1 (4)): between schools.
        SchoolChangeDuty = "school_change_duty",
    }
}

words! {
    /// A kind of recipient that a statutory section names, or another.
    Receiver {
        /// The police.
        Police = "police",
        /// The fire service.
        Fire = "fire",
        /// The ambulance and other emergency medical services.
        EmergencyMedical = "emergency_medical",
        /// Another recipient.
        Other = "other",
    }
}

words! {
    /// The ground on which the family is informed on a later day. The law and who may use it are in `data/disclosures.toml`.
    DelayGround {
        /// Secrecy is necessary to prevent, investigate, reveal or prosecute crime (popplyl § 16).
        CriminalProceedings = "criminal_proceedings",
        /// Knowing of it is inadvisable for the person's health or relationship to those close to them (popplyl § 16).
        HealthOrCloseRelations = "health_or_close_relations",
        /// Informing would conflict with obvious and fundamental private or public interests (popplyl § 16).
        FundamentalInterests = "fundamental_interests",
        /// Informing would hinder what an order from child welfare is to achieve (bvl § 13-4). Only for such an order.
        OrderHindered = "order_hindered",
        /// Informing would endanger someone or hinder an investigation (bvl § 12-6). Only by child welfare.
        ChildWelfareInvestigation = "child_welfare_investigation",
        /// The patient is under age, and weighty reasons speak against informing the guardians (pbrl § 3-4). Only by health services.
        PatientUnderAge = "patient_under_age",
    }
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
    /// The kind of a recipient that is not a unit in this service.
    #[serde(default)]
    pub outside_kind: Option<Receiver>,
    /// The name of that recipient. Required with `other`.
    #[serde(default)]
    pub outside_recipient: Option<Line>,
    /// With `school_change`: the request of the receiving school. It or `leave` is required.
    #[serde(default)]
    pub request: Option<SchoolRequestIn>,
    /// With `school_change`: the leave of everyone who consents to the kinds of information.
    #[serde(default)]
    pub leave: Option<LeaveIn>,
    /// With `health_personnel`: whether there is reason to believe that the patient would object if asked.
    #[serde(default)]
    pub would_object: Option<bool>,
    /// With `health_personnel`: the weighty reasons for disclosing although someone has objected, or would (hpl § 29).
    #[serde(default)]
    pub weighty_reasons: Option<Prose>,
    /// The ground for informing the family later. Without it, the family is informed at once.
    #[serde(default)]
    pub delay: Option<DelayIn>,
    /// Why the disclosure is necessary.
    pub reason: Prose,
}

/// A request of the receiving school.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchoolRequestIn {
    /// The reference of the request.
    pub reference: Line,
    /// The day it was made.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = RequestDay)]
    pub made_on: NaiveDate,
}

/// The leave of those who consent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveIn {
    /// The people who gave it: guardians by `guardian_id`, a young person by `child_id`.
    #[schema(max_items = 20)]
    pub given_by: Vec<PersonId>,
    /// The day from which all had given it.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = RequestDay)]
    pub given_on: NaiveDate,
}

/// A ground for informing the family on a later day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "inform_from": "2026-12-20", "ground": "criminal_proceedings", "reason": "The police will first interview the witness."
}))]
pub struct DelayIn {
    /// The day from which the family is informed.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = InformingDay)]
    pub inform_from: NaiveDate,
    /// The ground.
    pub ground: DelayGround,
    /// The reason.
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
    /// The author of a note, or the person responsible for a measure. Null, like the other words, for the leader of the unit that disclosed.
    #[schema(value_type = Option<String>)]
    pub person_name: Option<Content>,
    /// Their unit; absent if the family wrote it.
    pub unit_name: Option<String>,
    /// The first day of a measure.
    pub starts_on: Option<NaiveDate>,
    /// The date of the next evaluation of a measure.
    pub evaluate_on: Option<NaiveDate>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

shown!(DisclosedEntry, DisclosureReader {
    row { kind, entry_id, starts_on, evaluate_on, recorded_at }
    words: title, text, person_name, unit_name;
});

/// A reader of a disclosure.
#[derive(Debug)]
pub struct DisclosureReader {
    words: bool,
}

impl DisclosureReader {
    /// A reader, by what the rules answer about the disclosure.
    #[must_use]
    pub fn new(about: &About<DisclosureObject>) -> Self {
        Self { words: about.sees::<SeeDisclosedEntries>() }
    }

    fn words(&self) -> bool {
        self.words
    }
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
    /// The kind of recipient outside this service.
    pub outside_kind: Option<Receiver>,
    /// The name of the recipient outside this service.
    #[schema(value_type = Option<String>)]
    pub outside_recipient: Option<Content>,
    /// The reference of the receiving school's request.
    #[schema(value_type = Option<String>)]
    pub request_reference: Option<Content>,
    /// The day of the request.
    pub requested_on: Option<NaiveDate>,
    /// The day from which everyone who consents had given leave.
    pub leave_on: Option<NaiveDate>,
    /// Whether there was reason to believe that the patient would object.
    pub would_object: Option<bool>,
    /// The weighty reasons for disclosing in spite of an objection.
    #[schema(value_type = Option<String>)]
    pub weighty_reasons: Option<Content>,
    /// The day from which the family is informed; absent if it never is.
    pub inform_from: Option<NaiveDate>,
    /// The version; the same as the `ETag`.
    pub version: i64,
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

shown!(DisclosureOut, DisclosureReader {
    row {
        id, municipality, case_id, child_id, child_name, child_birth_date, unit_id, unit_name, disclosed_by,
        disclosed_by_name, basis, laws, processing, order_reference, to_unit_id, to_unit_name, to_person_id,
        to_person_name, outside_kind, outside_recipient, request_reference, requested_on, leave_on, would_object,
        weighty_reasons, inform_from, version, reason, created_at, disqualified,
    }
    + each { entries }
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
