//! Consents as the API speaks of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        day::{day, optional_day},
        ids::{ConsentId, PersonId, UnitId},
        text::{Line, Prose},
        vocabulary::InformationKind,
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
    "unit_ids": ["018f2f60-0000-7000-8000-000000000002"], "kinds": ["agreed", "school_life"],
    "purpose": "Cooperation on help with language and play.", "valid_until": "2027-07-31", "text_version": "2026-1"
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
    /// The kinds of information that may pass to them and from them; only what is `agreed` if left out. Who may consent
    /// to a kind, and from which age, is told by `GET /v1/information-kinds`.
    #[serde(default)]
    pub kinds: Option<Vec<InformationKind>>,
    /// For what purpose.
    pub purpose: Prose,
    /// From which day; today if left out.
    #[serde(default, deserialize_with = "optional_day")]
    pub valid_from: Option<NaiveDate>,
    /// To the end of which day.
    #[serde(deserialize_with = "day")]
    pub valid_until: NaiveDate,
    /// Which version of the municipality's consent text was read.
    pub text_version: Line,
    /// In which language; `nb` if left out.
    #[serde(default)]
    pub language: Option<Line>,
    /// Where the signed paper lies in the archive; required where the form is `paper`, and taken only there.
    #[serde(default)]
    pub document: Option<Line>,
    /// The consent of this one guardian is enough, where the law says so; recorded by the contact person.
    #[serde(default)]
    pub alone: Option<AloneIn>,
}

/// Why the consent of one guardian is enough.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AloneIn {
    /// The law that says so; it must do so for each of the kinds (`one_guardian` of the kind).
    #[schema(value_type = String, example = "barnelova § 37")]
    pub legal_basis: Line,
    /// Why it applies here.
    pub reason: Prose,
}

/// A withdrawal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"unit_ids": ["018f2f60-0000-7000-8000-000000000002"]}))]
pub struct WithdrawalIn {
    /// The units that may no longer take part; all that the consent names, if both lists are left out.
    #[serde(default)]
    pub unit_ids: Option<Vec<UnitId>>,
    /// The kinds of information that may no longer pass to or from any unit that the consent names.
    #[serde(default)]
    pub kinds: Option<Vec<InformationKind>>,
}

/// A kind of information that a consent names.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsentedKind {
    /// The kind.
    pub kind: InformationKind,
    /// When consent to it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// What is consented to for a unit today, and whose consent is missing.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentStatusOut {
    /// The unit.
    pub unit_id: UnitId,
    /// Whether it may take part in the case.
    pub may_take_part: bool,
    /// Each kind of information that may be consented to.
    pub kinds: Vec<KindStatus>,
}

/// What is consented to of one kind of information.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindStatus {
    /// The kind.
    pub kind: InformationKind,
    /// Everyone who must consent: `guardian_id`s, or the `child_id`.
    pub consenters: Vec<PersonId>,
    /// Those of them whose consent is missing.
    pub missing: Vec<PersonId>,
    /// Whether it may pass to and from the unit.
    pub may_pass: bool,
}

/// A unit that a consent names.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsentedUnit {
    /// The unit.
    pub unit_id: UnitId,
    /// Its name; left out for someone who is not to know where the child is.
    pub unit_name: Option<String>,
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
    /// Which version of the municipality's consent text was read.
    pub text_version: String,
    /// In which language.
    pub language: String,
    /// Where the signed paper lies in the archive.
    pub document: Option<Content>,
    /// The law on which this consent is enough though there is another guardian.
    pub alone_basis: Option<String>,
    /// Why that law applies here.
    pub alone_reason: Option<Content>,
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
    /// The kinds of information it names.
    #[sqlx(skip)]
    pub kinds: Vec<ConsentedKind>,
    /// As in the `ETag`.
    pub version: i64,
}
