//! Response types of the preview of who will read a note.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    kernel::ids::{PersonId, UnitId},
    shown,
    vault::Content,
};

/// The people who could read a note if it were written now. A member of the team is listed if the caller may know of their unit, and is not
/// in the family.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteReadersOut {
    /// The members of the team who could read it.
    pub readers: Vec<NoteReaderOut>,
    /// The members of the team who could not. Either the note is not for them, or somebody has not consented to its kind of information for
    /// their unit; see `GET /v1/cases/{case_id}/consent-status/{unit_id}`.
    pub others: Vec<NoteReaderOut>,
    /// Whether the guardians who see the case could read it, apart from those that it is withheld from; of a note by the family, whether the writer has
    /// chosen another guardian.
    pub guardians: bool,
    /// Whether the child could read it.
    pub child: bool,
}

shown!(NoteReadersOut { readers, others, guardians, child });

/// A member of the team.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteReaderOut {
    /// The member.
    pub person_id: PersonId,
    /// Their name.
    pub person_name: Content,
    /// The unit they take part from.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
}
