//! Notes as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};

pub(crate) use super::dto::{HowHeard, NoteAudience};
use crate::{
    access::{CasePlace, CaseSection},
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{Note, Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
    vault::KeyName,
};

const INSERT: &str = "INSERT INTO note (municipality, id, case_id, author_id, unit_id, audience, kind, child_agrees, \
    about_person_id, heard_on, heard_how, heard_weight, guardians_need, body, created_at) ";

/// A note to store.
pub(crate) struct NoteRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<Note>,
    pub author: Id<Person>,
    /// From which unit, and its sector, whose key seals the note; none where the family writes.
    pub unit: Option<(Id<Unit>, Sector)>,
    pub audience: NoteAudience,
    pub kind: InformationKind,
    pub child_agrees: bool,
    /// The guardian that it is about, for a kind that is about one.
    pub about: Option<Id<Person>>,
    /// The reason that the guardians need it until the child is 18.
    pub guardians_need: Option<Cow<'a, str>>,
    /// When and how the child was heard, and the weight that its words were given.
    pub heard: Option<(NaiveDate, HowHeard, Cow<'a, str>)>,
    pub text: Cow<'a, str>,
    pub created_at: DateTime<Utc>,
}

/// Writes the people in the family who may read notes of the family, besides the writer of each.
pub(crate) async fn insert_readers(
    tx: &mut Tx,
    place: CasePlace<'_>,
    readers: &[(Id<Note>, Id<Person>)],
) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO note_reader (municipality, note_id, case_id, person_id) ";
    insert_rows!(tx, INSERT, 4, readers, |values, (note, person)| values
        .push_bind(place.municipality)
        .push_bind(*note)
        .push_bind(place.case)
        .push_bind(*person))?;
    Ok(())
}

/// Where a note that the family brought is from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub section: CaseSection,
    pub day: NaiveDate,
    pub municipality: String,
    pub unit_name: Option<String>,
    pub sector: Option<Sector>,
}

/// The origin of a note to store.
pub(crate) struct OriginRow<'a> {
    pub place: CasePlace<'a>,
    pub note: Id<Note>,
    pub author: Id<Person>,
    /// The keyed hash of the entry.
    pub entry: String,
    pub origin: Origin,
}

/// Writes the origins of notes.
pub(crate) async fn insert_origins(tx: &mut Tx, rows: &[OriginRow<'_>]) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO note_origin (municipality, note_id, case_id, author_id, entry, section, day, origin, \
        unit_name, sector) ";
    let rows = rows
        .iter()
        .map(|row| {
            let (key, Origin { municipality, unit_name, .. }) = (row.place.key(), &row.origin);
            let unit_name = tx.vault().seal_optional(&key, unit_name.as_deref())?;
            Ok::<_, DbError>((row, tx.vault().seal(&key, municipality)?, unit_name))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 10, rows, |values, (row, municipality, unit_name)| values
        .push_bind(row.place.municipality)
        .push_bind(row.note)
        .push_bind(row.place.case)
        .push_bind(row.author)
        .push_bind(&row.entry)
        .push_bind(row.origin.section)
        .push_bind(row.origin.day)
        .push_bind(municipality)
        .push_bind(unit_name)
        .push_bind(row.origin.sector))?;
    Ok(())
}

/// Writes notes.
pub(crate) async fn insert(tx: &mut Tx, rows: &[NoteRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let NoteRow { place, unit, text, .. } = row;
            let key =
                unit.map_or_else(|| place.key(), |(_, sector)| KeyName::sector(place.municipality, sector));
            let weight = row.heard.as_ref().map(|(.., weight)| tx.vault().seal(&key, weight)).transpose()?;
            let need = tx.vault().seal_optional(&key, row.guardians_need.as_deref())?;
            Ok::<_, DbError>((row, weight, need, tx.vault().seal(&key, text)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 15, rows, |values, (row, weight, need, text)| values
        .push_bind(row.place.municipality)
        .push_bind(row.id)
        .push_bind(row.place.case)
        .push_bind(row.author)
        .push_bind(row.unit.map(|(unit, _)| unit))
        .push_bind(row.audience)
        .push_bind(row.kind)
        .push_bind(row.child_agrees)
        .push_bind(row.about)
        .push_bind(row.heard.as_ref().map(|(on, ..)| *on))
        .push_bind(row.heard.as_ref().map(|(_, how, _)| *how))
        .push_bind(weight)
        .push_bind(need)
        .push_bind(text)
        .push_bind(row.created_at))?;
    Ok(())
}
