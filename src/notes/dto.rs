//! Notes as the API speaks of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    kernel::{
        ids::{CaseId, NoteId, PersonId, UnitId},
        text::Prose,
        vocabulary::{InformationKind, Sector},
    },
    vault::Content,
    withholdings::WithholdingBasis,
    words,
};

words! {
    /// Who reads a note.
    NoteAudience {
        /// All on the case, the family too.
        Team = "team",
        /// Those on the team from the sector of the unit it is written from.
        Sector = "sector",
        /// Those on the team from the unit it is written from.
        Unit = "unit",
    }
}

/// A note (loggføring).
#[derive(Debug, Clone, Serialize, ToSchema, sqlx::FromRow)]
pub struct NoteOut {
    /// Its id.
    pub id: NoteId,
    /// The case it is in.
    pub case_id: CaseId,
    /// Who wrote it. Null, like the unit, to one who has opened the case of a hidden child in an emergency.
    #[schema(value_type = Option<PersonId>)]
    pub author_id: PersonId,
    /// Their name.
    #[schema(value_type = Option<String>)]
    pub author_name: Content,
    /// The unit it was written from; none when the family wrote it.
    pub unit_id: Option<UnitId>,
    /// The name of that unit.
    pub unit_name: Option<String>,
    /// The sector of that unit.
    pub sector: Option<Sector>,
    /// Who reads it.
    pub audience: NoteAudience,
    /// What it is about; it decides who of them reads it, see `GET /v1/information-kinds`.
    pub kind: InformationKind,
    /// The child has agreed that the guardians see what it said.
    pub child_agrees: bool,
    /// What was written.
    pub text: Content,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// A guardian from whom a note is withheld.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteWithholdingIn {
    /// From whom: a `guardian_id`.
    pub guardian_id: PersonId,
    /// On which law.
    pub legal_basis: WithholdingBasis,
    /// Why.
    pub reason: Prose,
}

/// A note to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "audience": "team", "kind": "agreed", "contains": [],
    "text": "He joined the others in the gym today and stayed the whole hour."
}))]
pub struct NoteIn {
    /// Who is to read it. The family writes for the whole team.
    pub audience: NoteAudience,
    /// What it is about. If left out, it is of the strictest kind that the sector of the unit writes.
    #[serde(default)]
    pub kind: Option<InformationKind>,
    /// Which of the kinds it holds that must not be in the record. Staff are asked before they share beyond their unit, so
    /// that it must be there, and empty: what it names is refused, with what to do instead.
    #[serde(default)]
    pub contains: Option<Vec<InformationKind>>,
    /// The child has agreed that the guardians see what it said; only for a `child_statement`.
    #[serde(default)]
    pub child_agrees: bool,
    /// Guardians it is withheld from, from the first moment.
    #[serde(default)]
    pub withheld_from: Vec<NoteWithholdingIn>,
    /// What is to be written.
    pub text: Prose,
    /// The unit that a member of staff writes from; may be left out by those with one seat on the team, and is
    /// left out by the family.
    #[serde(default)]
    pub unit_id: Option<UnitId>,
}
