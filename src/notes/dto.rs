//! Request and response types for notes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{CaseReader, CaseSection},
    kernel::{
        day::{PastDay, ReviewDay, day, optional_day},
        ids::{CaseId, NoteId, PersonId, UnitId},
        text::Prose,
        vocabulary::{InformationKind, Sector},
    },
    referrals::ReferralOut,
    shown,
    vault::Content,
    withholdings::{LetterDelayIn, WithholdingBasis},
    wordings::EarlierWordingOut,
    words,
};

words! {
    /// The audience of a note.
    NoteAudience {
        /// Everyone on the team and, if staff wrote it, the family. A note by the family is shown in the family only to its writer and
        /// the readers that the writer chose.
        Team = "team",
        /// Team members from the same sector as the author's unit.
        Sector = "sector",
        /// Team members from the author's unit.
        Unit = "unit",
        /// The contact person. Only for the family.
        ContactPerson = "contact_person",
    }
}

words! {
    /// How a child was heard.
    HowHeard {
        /// In a talk with the child alone.
        Alone = "alone",
        /// In a talk with the child and someone that the child trusts.
        WithSomeone = "with_someone",
        /// Through someone that the child has talked to.
        ThroughSomeone = "through_someone",
        /// In writing, in pictures or in play.
        Otherwise = "otherwise",
    }
}

/// A note (loggføring).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct NoteOut {
    /// The id of the note.
    pub id: NoteId,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// The author. Null, like the unit, for emergency access to the case of a child with a protected address.
    pub author_id: Option<PersonId>,
    /// Their name.
    pub author_name: Option<Content>,
    /// The unit it was written from; absent if the family wrote it.
    pub unit_id: Option<UnitId>,
    /// The name of that unit.
    pub unit_name: Option<String>,
    /// The sector of that unit.
    pub sector: Option<Sector>,
    /// The audience of the note.
    pub audience: NoteAudience,
    /// The kind of information. It decides who in the audience may read the note; see `GET /v1/information-kinds`.
    pub kind: InformationKind,
    /// Whether the child agrees that the guardians may see what the child said.
    pub child_agrees: bool,
    /// The guardian that the note is about, for the kinds that are about one guardian.
    pub about_person_id: Option<PersonId>,
    /// The day on which the child was heard, for what the child said.
    pub heard_on: Option<NaiveDate>,
    /// How the child was heard.
    pub heard_how: Option<HowHeard>,
    /// The weight that was given to what the child said, and why.
    pub heard_weight: Option<Content>,
    /// The reason that the guardians need health information until the child is 18.
    pub guardians_need: Option<Content>,
    /// For a note by the family: the people in the family, besides its writer, who may read it. The child is named by its own id.
    #[sqlx(skip)]
    pub shown_to: Vec<PersonId>,
    /// The text. Null if the note is struck out.
    pub text: Option<Content>,
    /// The earlier wordings of the text, in the order they were replaced.
    #[sqlx(skip)]
    pub earlier: Vec<EarlierWordingOut>,
    /// The referral that the note has the help of. Null if it has none, or is struck out.
    #[sqlx(skip)]
    pub referral: Option<ReferralOut>,
    /// When the note was struck out. Its texts are then null: they are kept for inspection, and nobody reads them here.
    pub struck_out_at: Option<DateTime<Utc>>,
    /// Why it was struck out.
    pub struck_out_reason: Option<Content>,
    /// The person who struck it out. Null for emergency access, as the author.
    pub struck_out_by: Option<PersonId>,
    /// Their name.
    pub struck_out_by_name: Option<Content>,
    /// When it was written or, for an entry that the family brought from another record, brought.
    pub created_at: DateTime<Utc>,
    /// For an entry that the family brought from another record: the section that it was in. Absent for all other notes, as the fields below.
    pub from_section: Option<CaseSection>,
    /// The day that it has in that record.
    pub from_day: Option<NaiveDate>,
    /// The municipality that keeps that record. Null, like the unit, for emergency access to the case of a child with a protected address.
    pub from_municipality: Option<Content>,
    /// The name of the unit that it is from; absent if the family wrote it.
    pub from_unit_name: Option<Content>,
    /// The sector of that unit.
    pub from_sector: Option<Sector>,
    /// The version, for `If-Match`. Null to a reader who sees only a part of the object: their `ETag` counts what they see.
    pub version: Option<i64>,
}

shown!(NoteOut, CaseReader {
    row {
        id, case_id, audience, kind, child_agrees, about_person_id, heard_on, heard_how, heard_weight, guardians_need, shown_to, text,
        struck_out_at, struck_out_reason, created_at, from_section, from_day;
        version
    }
    + each { earlier }
    + one { referral }
    whereabouts: author_id, author_name, struck_out_by, struck_out_by_name, unit_id, unit_name, sector, from_municipality, from_unit_name,
        from_sector;
});

/// A withholding of the note from a guardian.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteWithholdingIn {
    /// The guardian, by `guardian_id`.
    pub guardian_id: PersonId,
    /// The legal basis.
    pub legal_basis: WithholdingBasis,
    /// The reason, for those who decide. The letter to the guardian does not have it.
    pub reason: Prose,
    /// The day by which it is reviewed.
    #[serde(deserialize_with = "day")]
    #[schema(value_type = ReviewDay)]
    pub review_on: NaiveDate,
    /// The ground for giving the guardian the letter later.
    #[serde(default)]
    pub letter_delay: Option<LetterDelayIn>,
}

/// A note to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "audience": "team", "kind": "agreed", "contains": [],
    "text": "He joined the others in the gym today and stayed the whole hour."
}))]
pub struct NoteIn {
    /// The audience. Required of staff. A note by the family is for the contact person, unless they choose `team`.
    #[serde(default)]
    pub audience: Option<NoteAudience>,
    /// The people in the family, besides the writer, who may read a note by the family: guardians by `guardian_id`, and a young person by
    /// the id of the child. Nobody if left out.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub shown_to: Vec<PersonId>,
    /// The kind of information. Required of staff. A note by the family is `agreed`.
    #[serde(default)]
    pub kind: Option<InformationKind>,
    /// Required when staff share beyond their own unit, or the family beyond the contact person, and must be `[]`: confirms that the text
    /// holds none of the prohibited kinds. A listed kind is refused, with advice on what to do instead.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// Whether the child agrees that the guardians may see what the child said. Only for a `child_statement`.
    #[serde(default)]
    pub child_agrees: bool,
    /// The guardian that the note is about, by `guardian_id`. Required for the kinds `parents_health` and `family_economy`: they alone consent
    /// to sharing it and, of the family, they alone read it.
    #[serde(default)]
    pub about_person_id: Option<PersonId>,
    /// The day on which the child was heard. Required for a `child_statement`, like the two fields below: a child is heard before its words are
    /// shared (barnelova § 31, bvl § 1-4).
    #[serde(default, deserialize_with = "optional_day")]
    #[schema(value_type = Option<PastDay>)]
    pub heard_on: Option<NaiveDate>,
    /// How the child was heard.
    #[serde(default)]
    pub heard_how: Option<HowHeard>,
    /// The weight that was given to what the child said, and why, by age and maturity.
    #[serde(default)]
    pub heard_weight: Option<Prose>,
    /// The reason that the guardians need the information for their parental responsibility. They then see it until the child is 18
    /// (pbrl § 3-4). Only for the kind `health`.
    #[serde(default)]
    pub guardians_need: Option<Prose>,
    /// Guardians who may not know of the note, from the start.
    #[serde(default)]
    pub withheld_from: Vec<NoteWithholdingIn>,
    /// The text.
    pub text: Prose,
    /// The unit that the staff member writes from. It may be left out by staff with one membership, and must be left out by
    /// the family.
    #[serde(default)]
    pub unit_id: Option<UnitId>,
}
