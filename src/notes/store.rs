//! Notes in the database.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    dto::{NoteIn, NoteOut},
    rows::{self, NoteRow},
};
use crate::{
    access::CaseState,
    db::{DbError, Tx},
    fetch_all, fetch_optional,
    identity::HeldRole,
    kernel::{
        Id,
        ids::{Note, Person},
        vocabulary::InformationKind,
    },
};

// Family members are shown by the names registered in this case, not by those in another case.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT n.id, n.case_id, n.author_id,
                    CASE WHEN n.author_id = k.person_id THEN k.name ELSE COALESCE(
                        (SELECT g.guardian_name FROM guardianship g
                         WHERE g.municipality = k.municipality AND g.child_id = k.id AND g.guardian_id = n.author_id
                         ORDER BY g.id DESC LIMIT 1),
                        p.name) END AS author_name,
                    n.unit_id, u.name AS unit_name, u.sector, n.audience, n.kind, n.child_agrees, n.body AS text, n.created_at
             FROM note n
             JOIN care_case c ON c.municipality = n.municipality AND c.id = n.case_id
             JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
             JOIN person p ON p.id = n.author_id
             LEFT JOIN unit u ON u.id = n.unit_id
             WHERE n.municipality = $1 AND n.case_id = $2 ",
            $rest
        )
    };
}

const LIST: &str = select!("AND n.id > $3 ORDER BY n.id LIMIT $4");
const FIND: &str = select!("AND n.id = $3");
/// A note to store.
#[derive(Debug)]
pub(super) struct NewNote<'a> {
    pub author: Id<Person>,
    pub seat: Option<&'a HeldRole>,
    pub kind: InformationKind,
    pub input: &'a NoteIn,
}

/// Lists the notes of a case after `after`, regardless of who may read them.
pub(super) async fn list(
    tx: &mut Tx,
    case: &CaseState,
    after: Uuid,
    limit: usize,
) -> Result<Vec<NoteOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, NoteOut, LIST, &case.municipality, case.id, after, limit)
}

/// Finds a note of a case.
pub(super) async fn find(tx: &mut Tx, case: &CaseState, id: Id<Note>) -> Result<Option<NoteOut>, DbError> {
    fetch_optional!(tx, NoteOut, FIND, &case.municipality, case.id, id)
}

/// Stores a note permanently.
pub(super) async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    new: NewNote<'_>,
    now: DateTime<Utc>,
) -> Result<Id<Note>, DbError> {
    let NewNote { author, seat, kind, input } = new;
    let id = Id::<Note>::new();
    let row = NoteRow {
        place: case.place(),
        id,
        author,
        unit: seat.map(|seat| (seat.unit_id, seat.sector)),
        audience: input.audience,
        kind,
        child_agrees: input.child_agrees,
        text: Cow::from(&*input.text),
        created_at: now,
    };
    rows::insert(tx, &[row]).await?;
    Ok(id)
}
