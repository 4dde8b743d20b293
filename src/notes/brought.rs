//! Entries that the family brings from another record: notes of theirs that state where each is from.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

pub(crate) use super::rows::Origin;
use super::{
    dto::NoteAudience,
    rows::{self, NoteRow, OriginRow},
    rules,
};
use crate::{
    access::{CaseFacts, CaseState, Kinds},
    db::{DbError, Tx},
    fetch_in,
    identity::Caller,
    kernel::{
        Id,
        ids::{Note, Person},
        vocabulary::InformationKind,
    },
    problem::Result,
};

/// Of all municipalities: the hashes differ for each case, so nothing is found in another.
const BROUGHT: &str = "SELECT note_id, author_id, entry FROM note_origin WHERE entry IN (";

/// The readers that a member of the family chose for an entry.
#[derive(Debug)]
pub(crate) struct Readers {
    pub audience: NoteAudience,
    pub shown_to: Vec<Id<Person>>,
}

impl Readers {
    /// Returns the readers as for a note that the caller writes. `at` is the place of the choice in the input.
    pub(crate) fn chosen(
        case: &CaseFacts,
        caller: &Caller,
        at: &str,
        (audience, shown_to): (Option<NoteAudience>, &[Id<Person>]),
        contains: Option<&[InformationKind]>,
    ) -> Result<Self> {
        let audience = rules::family_audience(at, audience)?;
        rules::family_may_keep(at, contains, audience, shown_to)?;
        let shown_to = rules::shown_to(case, at, shown_to, |person| caller.is(person))?;
        Ok(Self { audience, shown_to })
    }
}

/// An entry to store.
#[derive(Debug)]
pub(crate) struct Brought {
    pub kind: InformationKind,
    pub text: String,
    pub readers: Readers,
    pub origin: Origin,
    /// The signed line, by which it is the same entry when it is brought again.
    pub entry: String,
}

#[derive(sqlx::FromRow)]
struct Known {
    note_id: Id<Note>,
    author_id: Id<Person>,
    entry: String,
}

/// Stores the entries that the caller has not brought to this case before. Returns the note of each, in their order. Nobody else's
/// entries count, so that the answer reveals nothing about them.
pub(crate) async fn store(
    tx: &mut Tx,
    case: &CaseState,
    caller: &Caller,
    brought: Vec<Brought>,
    now: DateTime<Utc>,
) -> Result<Vec<Id<Note>>, DbError> {
    let index = |entry: &str| tx.vault().brought_index(case.id.uuid(), entry);
    let hashes = brought.iter().map(|new| index(&new.entry)).collect::<Result<Vec<_>, _>>()?;
    let asked: Vec<&str> = hashes.iter().map(String::as_str).collect();
    let known = fetch_in!(tx, Known, BROUGHT, &asked)?;
    let own = |hash: &String| known.iter().find(|row| row.entry == *hash && caller.is(row.author_id));
    let (place, author) = (case.place(), caller.person);
    let (mut notes, mut readers, mut origins, mut ids) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (new, hash) in brought.into_iter().zip(hashes) {
        if let Some(row) = own(&hash) {
            ids.push(row.note_id);
            continue;
        }
        let id = Id::<Note>::new();
        let Brought { kind, text, readers: Readers { audience, shown_to }, origin, .. } = new;
        notes.push(NoteRow {
            place,
            id,
            author,
            unit: None,
            audience,
            kind,
            child_agrees: false,
            // Only the guardian that such an entry is about downloads it.
            about: Kinds::is_about_a_person(kind).then_some(author),
            guardians_need: None,
            heard: None,
            text: Cow::from(text),
            created_at: now,
        });
        readers.extend(shown_to.into_iter().map(|person| (id, person)));
        origins.push(OriginRow { place, note: id, author, entry: hash, origin });
        ids.push(id);
    }
    rows::insert(tx, &notes).await?;
    rows::insert_readers(tx, place, &readers).await?;
    rows::insert_origins(tx, &origins).await?;
    Ok(ids)
}
