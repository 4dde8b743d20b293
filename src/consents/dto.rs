//! Request and response types for consents.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{CaseReader, PartlySeen, Seen, Shown},
    kernel::{
        day::{ConsentEnd, ConsentStart, day, optional_day},
        ids::{ConsentId, PersonId, UnitId},
        text::{Line, Prose},
        vocabulary::InformationKind,
    },
    shown,
    vault::Content,
    words,
};

words! {
    /// How a consent was given.
    ConsentForm {
        /// By the person, while logged in.
        Digital = "digital",
        /// On paper, recorded by the contact person.
        Paper = "paper",
        /// Orally, recorded by the contact person.
        Oral = "oral",
    }
}

/// A consent to give or record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "unit_ids": ["018f2f60-0000-7000-8000-000000000002"], "kinds": ["agreed", "school_life"],
    "purpose": "Cooperation on help with language and play.", "valid_until": "2027-07-31", "text_version": "2026-1"
}))]
pub struct ConsentIn {
    /// The person who consents. Leave it out to consent for yourself. A contact person who records a consent gives a
    /// guardian's `guardian_id`, or the `child_id` of a young person.
    #[serde(default)]
    pub given_by: Option<PersonId>,
    /// How the consent was given: `digital` unless the contact person records it.
    #[serde(default)]
    pub form: Option<ConsentForm>,
    /// The units that may take part.
    #[schema(min_items = 1, max_items = 50)]
    pub unit_ids: Vec<UnitId>,
    /// The kinds of information that may be shared with and by these units; only `agreed` if left out.
    /// `GET /v1/information-kinds` shows who may consent to each kind, and from which age.
    #[serde(default)]
    #[schema(min_items = 1)]
    pub kinds: Option<Vec<InformationKind>>,
    /// The purpose of sharing.
    pub purpose: Prose,
    /// The first day of the consent; today if left out.
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<ConsentStart>)]
    pub valid_from: Option<NaiveDate>,
    /// The last day of the consent.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = ConsentEnd)]
    pub valid_until: NaiveDate,
    /// The version of the municipality's consent text that was read.
    pub text_version: Line,
    /// The language of that text; `nb` if left out.
    #[serde(default)]
    pub language: Option<Line>,
    /// The archive reference of the signed paper. Required if the form is `paper`, and not allowed otherwise.
    #[serde(default)]
    pub document: Option<Line>,
    /// States that the consent of this guardian alone is enough, where the law says so. Recorded by the contact person.
    #[serde(default)]
    pub alone: Option<AloneIn>,
}

/// Why the consent of one guardian is enough.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AloneIn {
    /// The law that says so. It must apply to each of the kinds (see `one_guardian` of the kind).
    #[schema(example = "barnelova § 37")]
    pub legal_basis: Line,
    /// Why it applies in this case.
    pub reason: Prose,
}

/// A withdrawal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"unit_ids": ["018f2f60-0000-7000-8000-000000000002"]}))]
pub struct WithdrawalIn {
    /// The units that may no longer take part. If both lists are left out, the whole consent is withdrawn.
    #[serde(default)]
    pub unit_ids: Option<Vec<UnitId>>,
    /// The kinds of information that may no longer be shared with or by any unit in the consent.
    #[serde(default)]
    pub kinds: Option<Vec<InformationKind>>,
}

/// A kind of information in a consent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsentedKind {
    /// The kind.
    pub kind: InformationKind,
    /// When consent to the kind was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// The current consent status of a unit, and whose consent is missing.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentStatusOut {
    /// The unit.
    pub unit_id: UnitId,
    /// Whether the unit may take part in the case.
    pub may_take_part: bool,
    /// The status of each kind of information that can be consented to.
    pub kinds: Vec<KindStatus>,
}

shown!(ConsentStatusOut { unit_id, may_take_part, kinds });

/// The consent status of one kind of information.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindStatus {
    /// The kind.
    pub kind: InformationKind,
    /// Whether each of `consenters` decides alone on what is about them.
    pub about_person: bool,
    /// Everyone who must consent: `guardian_id`s, or the `child_id`.
    pub consenters: Vec<PersonId>,
    /// Those whose consent is missing.
    pub missing: Vec<PersonId>,
    /// Whether the kind may be shared with and by the unit. Of a kind that is about one person, what is about those in `missing` may not.
    pub may_pass: bool,
}

/// A unit in a consent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsentedUnit {
    /// The unit.
    pub unit_id: UnitId,
    /// The name of the unit; left out for a caller who may not know where the child is.
    pub unit_name: Option<String>,
    /// When consent to the unit was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// A consent.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct ConsentOut {
    /// The id of the consent.
    pub id: ConsentId,
    /// The person who consents.
    pub given_by: PersonId,
    /// Their name.
    pub given_by_name: Content,
    /// The person who recorded it: the same person, or the contact person.
    pub recorded_by: PersonId,
    /// How the consent was given.
    pub form: ConsentForm,
    /// The purpose of sharing.
    pub purpose: Content,
    /// The version of the municipality's consent text that was read.
    pub text_version: String,
    /// The language of that text.
    pub language: String,
    /// The archive reference of the signed paper.
    pub document: Option<Content>,
    /// The law by which this consent is enough although there is another guardian.
    pub alone_basis: Option<String>,
    /// Why that law applies in this case.
    pub alone_reason: Option<Content>,
    /// The basis for the exemption from the duty of secrecy.
    pub secrecy_basis: String,
    /// The legal basis for processing the data, which is a separate requirement.
    pub processing_basis: String,
    /// The first day of the consent.
    pub valid_from: NaiveDate,
    /// The last day of the consent.
    pub valid_until: NaiveDate,
    /// When the consent was given.
    pub given_at: DateTime<Utc>,
    /// The units in the consent.
    #[sqlx(skip)]
    pub units: Vec<ConsentedUnit>,
    /// The kinds of information in the consent.
    #[sqlx(skip)]
    pub kinds: Vec<ConsentedKind>,
    /// The version. Null to a reader who sees only a part of the consent: their `ETag` counts what they see.
    pub version: Option<i64>,
}

impl Shown for ConsentOut {
    type Reader = ConsentReader;

    fn seen_by(self, reader: &ConsentReader) -> Seen<Self> {
        let Self {
            id,
            given_by,
            given_by_name,
            recorded_by,
            form,
            purpose,
            text_version,
            language,
            document,
            alone_basis,
            alone_reason,
            secrecy_basis,
            processing_basis,
            valid_from,
            valid_until,
            given_at,
            units,
            kinds,
            version,
        } = self;
        Seen::decided(Self {
            id,
            given_by,
            given_by_name,
            recorded_by,
            form,
            purpose,
            text_version,
            language,
            document,
            alone_basis,
            alone_reason,
            secrecy_basis,
            processing_basis,
            valid_from,
            valid_until,
            given_at,
            units: units.into_iter().filter_map(|unit| unit.seen_by(reader)).collect(),
            kinds,
            version: version.filter(|_| Self::is_whole(reader)),
        })
    }

    fn is_whole(reader: &ConsentReader) -> bool {
        reader.units
    }
}

impl PartlySeen for ConsentOut {
    fn version(&self) -> Option<i64> {
        self.version
    }
}

impl ConsentedUnit {
    fn seen_by(self, reader: &ConsentReader) -> Option<Self> {
        let Self { unit_id, unit_name, withdrawn_at } = self;
        let unit_name = unit_name.filter(|_| reader.units);
        (reader.units || reader.named.contains(&unit_id)).then_some(Self { unit_id, unit_name, withdrawn_at })
    }
}

/// A reader of a consent.
#[derive(Debug)]
pub struct ConsentReader {
    units: bool,
    named: Vec<UnitId>,
}

impl ConsentReader {
    /// A reader, by what the rules answer about the case.
    #[must_use]
    pub fn new(case: &CaseReader) -> Self {
        Self { units: case.consented_units(), named: Vec::new() }
    }

    /// The same reader, who has named some units in the request: these they know of.
    #[must_use]
    pub fn naming(self, named: Vec<UnitId>) -> Self {
        Self { named, ..self }
    }
}
