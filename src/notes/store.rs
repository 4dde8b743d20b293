//! Notes in the database.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::{
    dto::{NoteIn, NoteOut},
    rows::{self, NoteRow},
    rules::{Heard, Written},
};
use crate::{
    access::{Asker, CaseState, objects::CaseObject},
    db::{DbError, Tx, expect_one},
    execute, fetch_of_case, fetch_optional,
    kernel::{
        Id,
        ids::{Note, Person},
        vocabulary::InformationKind,
    },
    referrals, teams,
    vault::KeyName,
    wordings::{self, Text},
};

// Family members are shown by the names registered in this case, not by those in another case.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT n.id, n.case_id, n.author_id,
                    CASE WHEN p.canonical_id = k.person_id THEN k.name ELSE COALESCE(
                        (SELECT g.guardian_name FROM guardianship g JOIN person q ON q.id = g.guardian_id
                         WHERE g.municipality = k.municipality AND g.child_id = k.id AND q.canonical_id = p.canonical_id
                         ORDER BY g.id DESC LIMIT 1),
                        p.name) END AS author_name,
                    n.unit_id, u.name AS unit_name, u.sector, n.audience, n.kind, n.child_agrees,
                    CASE WHEN n.struck_out_at IS NULL THEN n.about_person_id END AS about_person_id,
                    CASE WHEN n.struck_out_at IS NULL THEN n.heard_on END AS heard_on,
                    CASE WHEN n.struck_out_at IS NULL THEN n.heard_how END AS heard_how,
                    CASE WHEN n.struck_out_at IS NULL THEN n.heard_weight END AS heard_weight,
                    CASE WHEN n.struck_out_at IS NULL THEN n.guardians_need END AS guardians_need,
                    CASE WHEN n.struck_out_at IS NULL THEN n.body END AS text, n.created_at,
                    n.struck_out_at, n.struck_out_reason, n.struck_out_by, s.name AS struck_out_by_name, n.version,
                    o.section AS from_section, o.day AS from_day, o.origin AS from_municipality,
                    o.unit_name AS from_unit_name, o.sector AS from_sector
             FROM note n
             JOIN care_case c ON c.municipality = n.municipality AND c.id = n.case_id
             JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
             JOIN person p ON p.id = n.author_id
             LEFT JOIN person s ON s.id = n.struck_out_by
             LEFT JOIN unit u ON u.id = n.unit_id
             LEFT JOIN note_origin o ON o.municipality = n.municipality AND o.note_id = n.id ",
            $rest
        )
    };
}

const SELECT: &str = select!("");
const CORRECT: &str = "
    UPDATE note SET body = $5, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND struck_out_at IS NULL";
const STRIKE_OUT: &str = "
    UPDATE note SET struck_out_at = $5, struck_out_by = $6, struck_out_reason = $7, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND struck_out_at IS NULL";
const MAY_BE_BROUGHT_AGAIN: &str =
    "UPDATE note_origin SET entry = $3 WHERE municipality = $1 AND note_id = $2";
const FIND: &str = select!("WHERE n.municipality = $1 AND n.case_id = $2 AND n.id = $3");

/// A note to store.
#[derive(Debug)]
pub(super) struct NewNote<'a> {
    pub author: Id<Person>,
    pub written: Written<'a>,
    pub kind: InformationKind,
    /// The guardian that it is about.
    pub about: Option<Id<Person>>,
    pub heard: Option<Heard<'a>>,
    pub input: &'a NoteIn,
    /// The readers in the family that the writer chose.
    pub readers: Vec<Id<Person>>,
}

/// Returns these notes of a case, in order of id.
pub(super) async fn these(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    ids: &[Id<Note>],
) -> Result<Vec<NoteOut>, DbError> {
    let mut notes: Vec<NoteOut> = fetch_of_case!(tx, NoteOut, SELECT, "n", case.facts, ids)?;
    notes.sort_by_key(|note| note.id);
    whole(tx, asker, case, &mut notes).await?;
    Ok(notes.into_iter().map(|note| with_readers(note, &case.facts)).collect())
}

/// Finds a note of a case.
pub(super) async fn find(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    id: Id<Note>,
) -> Result<Option<NoteOut>, DbError> {
    let mut note = fetch_optional!(tx, NoteOut, FIND, &case.facts.municipality, case.facts.id, id)?;
    whole(tx, asker, case, note.as_mut_slice()).await?;
    Ok(note.map(|note| with_readers(note, &case.facts)))
}

/// Gives notes their earlier wordings and their referrals, as the caller may know of them.
async fn whole(tx: &mut Tx, asker: &Asker, case: &CaseObject, notes: &mut [NoteOut]) -> Result<(), DbError> {
    wordings::of_case(tx, &case.facts, notes, |note| note.id.uuid(), |note| &mut note.earlier).await?;
    let standing = notes.iter().filter(|note| note.struck_out_at.is_none());
    let ids: Vec<_> = standing.map(|note| note.id).collect();
    let as_named = |person| named(&case.facts, [person]).into_iter().next().unwrap_or(person);
    let mut referrals = referrals::of_notes(tx, &ids, case.facts.today, as_named).await?;
    if referrals.is_empty() {
        return Ok(());
    }
    let unknown = teams::not_to_be_known(tx, asker, case).await?;
    let is_family = case.facts.relation.seats.is_empty();
    for note in notes {
        let referral = referrals.remove(&note.id);
        note.referral = referral.map(|referral| referral.known(asker, is_family, &unknown));
    }
    Ok(())
}

fn with_readers(note: NoteOut, case: &CaseState) -> NoteOut {
    let shown_to = named(case, case.chosen_readers(note.id.uuid()));
    as_the_case_names_them(NoteOut { shown_to, ..note })
}

/// Of a note of the family, only its author changes anything, and is named as the case names them. If the note is struck out, the reasons of
/// its corrections are, too.
fn as_the_case_names_them(mut note: NoteOut) -> NoteOut {
    if note.unit_id.is_none() {
        note.struck_out_by = note.struck_out_by.and(note.author_id);
        note.struck_out_by_name = note.struck_out_by.and(note.author_name.clone());
    }
    for wording in &mut note.earlier {
        if note.unit_id.is_none() {
            wording.changed_by = note.author_id;
            wording.changed_by_name.clone_from(&note.author_name);
        }
        if note.struck_out_at.is_some() {
            wording.reason = None;
        }
    }
    note
}

/// Returns people in the family as the case names them: the child by the id of its registration.
pub(super) fn named(case: &CaseState, people: impl IntoIterator<Item = Id<Person>>) -> Vec<Id<Person>> {
    let named = |person| if person == case.child_person { case.child.uuid().into() } else { person };
    people.into_iter().map(named).collect()
}

/// Stores a note permanently.
pub(super) async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    new: NewNote<'_>,
    now: DateTime<Utc>,
) -> Result<Id<Note>, DbError> {
    let NewNote { author, written, kind, about, heard, input, readers } = new;
    let Written { audience, seat } = written;
    let id = Id::<Note>::new();
    let row = NoteRow {
        place: case.place(),
        id,
        author,
        unit: seat.map(|seat| (seat.unit_id, seat.sector)),
        audience,
        kind,
        child_agrees: input.child_agrees,
        about,
        guardians_need: input.guardians_need.as_deref().map(Cow::from),
        heard: heard.map(|Heard { on, how, weight }| (on, how, Cow::from(weight))),
        text: Cow::from(&*input.text),
        created_at: now,
    };
    rows::insert(tx, &[row]).await?;
    let readers: Vec<_> = readers.into_iter().map(|person| (id, person)).collect();
    rows::insert_readers(tx, case.place(), &readers).await?;
    Ok(id)
}

/// The key that seals a note: that of the sector of its unit or, for a note of the family, of the case.
pub(super) fn key(case: &CaseState, note: &NoteOut) -> KeyName {
    note.sector.map_or_else(|| case.key(), |sector| KeyName::sector(&case.municipality, sector))
}

/// Replaces the text of the version that was read.
pub(super) async fn correct(
    tx: &mut Tx,
    case: &CaseState,
    note: &NoteOut,
    text: &str,
) -> Result<(), DbError> {
    let text = tx.vault().seal(&key(case, note), text)?;
    expect_one(execute!(tx, CORRECT, &case.municipality, case.id, note.id, note.version, text)?)
}

/// Strikes out the version that was read, with its earlier wordings.
pub(super) async fn strike_out(
    tx: &mut Tx,
    case: &CaseState,
    note: &NoteOut,
    reason: &str,
    (by, now): (Id<Person>, DateTime<Utc>),
) -> Result<(), DbError> {
    let (municipality, reason) = (&case.municipality, tx.vault().seal(&key(case, note), reason)?);
    wordings::hold_still(tx, municipality, note.id.uuid(), Text::Note).await?;
    wordings::strike_out(tx, municipality, note.id.uuid()).await?;
    execute!(tx, MAY_BE_BROUGHT_AGAIN, municipality, note.id, format!("struck out: {}", note.id))?;
    expect_one(execute!(tx, STRIKE_OUT, municipality, case.id, note.id, note.version, now, by, reason)?)
}
