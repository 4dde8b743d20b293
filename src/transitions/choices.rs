//! The entries that follow a move: what each person who must agree may choose, and what they have chosen together.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{dto::Chosen, store};
use crate::{
    access::{
        Asker, CaseFacts, CaseState, Kinds, Move,
        actions::{ReadMeasure, ReadMeeting, ReadNote},
        objects::{CaseObject, MeasureObject, MeetingObject, NoteObject},
    },
    db::{DbError, Tx},
    fetch_in,
    identity::as_caller,
    kernel::{
        Id,
        ids::{Note, Person},
        vocabulary::InformationKind,
    },
    problem::{Problem, Result},
};

/// The highest number of entries of each kind.
const MOST: usize = 200;
const NOTES: &str = "
    SELECT n.id, n.kind, w.canonical_id AS author, n.unit_id IS NULL AS of_family, p.canonical_id AS about
    FROM note n JOIN person w ON w.id = n.author_id LEFT JOIN person p ON p.id = n.about_person_id WHERE n.struck_out_at IS NULL AND n.id IN (";

/// Checks that the caller may read each entry, and that notes are for the team: a note for a sector or a unit stays there.
pub(super) async fn check(tx: &mut Tx, asker: &Asker, case: &CaseObject, chosen: &Chosen) -> Result<()> {
    distinct(&chosen.notes, "notes")?;
    distinct(&chosen.measures, "measures")?;
    distinct(&chosen.meetings, "meetings")?;
    let readable = readable(tx, asker, case, chosen).await?;
    all_in(&chosen.notes, &readable.notes, "notes")?;
    all_in(&chosen.measures, &readable.measures, "measures")?;
    all_in(&chosen.meetings, &readable.meetings, "meetings")
}

/// Returns the entries that may follow and that the caller may read now.
pub(super) async fn readable(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    chosen: &Chosen,
) -> Result<Chosen, DbError> {
    let notes = NoteObject::these(tx, case, &chosen.notes).await?;
    let notes = notes.iter().filter(|note| note.audience == "team" && asker.may::<ReadNote>(*note));
    let measures = MeasureObject::these(tx, case, &chosen.measures).await?;
    let measures = measures.iter().filter(|measure| asker.may::<ReadMeasure>(*measure));
    let meetings = MeetingObject::these(tx, case, &chosen.meetings).await?;
    let meetings = meetings.iter().filter(|meeting| asker.may::<ReadMeeting>(*meeting));
    Ok(Chosen {
        notes: notes.map(|note| note.id).collect(),
        measures: measures.map(|measure| measure.id).collect(),
        meetings: meetings.map(|meeting| meeting.id).collect(),
    })
}

fn distinct<T: PartialEq>(ids: &[T], list: &str) -> Result<()> {
    if ids.len() > MOST {
        let detail = format!("must contain at most {MOST} entries");
        return Err(Problem::field(format!("/follows/{list}"), detail));
    }
    match (1..ids.len()).find(|at| ids[..*at].contains(&ids[*at])) {
        Some(at) => Err(Problem::field(format!("/follows/{list}/{at}"), "is listed twice")),
        None => Ok(()),
    }
}

fn all_in<T: PartialEq>(ids: &[T], read: &[T], list: &str) -> Result<()> {
    match ids.iter().position(|id| !read.contains(id)) {
        Some(at) => Err(Problem::field(
            format!("/follows/{list}/{at}"),
            "must be an entry of the case that you may read, and a note must be for the team",
        )),
        None => Ok(()),
    }
}

/// A note that someone lets follow.
#[derive(sqlx::FromRow)]
struct Chooseable {
    id: Id<Note>,
    kind: InformationKind,
    author: Id<Person>,
    of_family: bool,
    about: Option<Id<Person>>,
}

/// Returns the entries that follow: those that everyone chose who must consent to their kind, and may still read. The writer of a note by the family
/// decides on it alone, and each guardian on what is about them.
pub(super) async fn following(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseState,
    planned: &Move,
) -> Result<Vec<Uuid>, DbError> {
    let mut chosen: BTreeMap<Uuid, BTreeSet<Id<Person>>> = BTreeMap::new();
    let mut notes = BTreeSet::new();
    for (person, entries) in by_person(store::choices(tx, &[planned.id]).await?) {
        let entries = still_readable(tx, asker, case, person, &entries).await?;
        notes.extend(entries.notes.iter().copied());
        for entry in entries.ids() {
            chosen.entry(entry).or_default().insert(person);
        }
    }
    let notes = Vec::from_iter(notes);
    let notes: Vec<Chooseable> =
        if notes.is_empty() { Vec::new() } else { fetch_in!(tx, Chooseable, NOTES, &notes)? };
    let notes: BTreeMap<Uuid, Chooseable> = notes.into_iter().map(|note| (note.id.uuid(), note)).collect();
    chosen.retain(|entry, by| {
        let must = must_choose(case, planned, notes.get(entry));
        !must.is_empty() && must.iter().all(|person| by.contains(person))
    });
    Ok(chosen.into_keys().collect())
}

fn by_person(choices: Vec<store::ChoiceRow>) -> BTreeMap<Id<Person>, Chosen> {
    let mut of: BTreeMap<_, Chosen> = BTreeMap::new();
    for choice in choices {
        choice.add_to(of.entry(choice.person_id).or_default());
    }
    of
}

/// Returns the entries that a person chose and may read now. Something may have been withheld from them since.
async fn still_readable(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseState,
    person: Id<Person>,
    entries: &Chosen,
) -> Result<Chosen, DbError> {
    let Some(known) = as_caller(tx, person, case.today).await? else { return Ok(Chosen::default()) };
    let case = CaseObject { facts: CaseFacts::of(case.clone(), &known.caller) };
    readable(tx, &asker.on_behalf_of(known.caller), &case, entries).await
}

/// Returns the people who must choose an entry, a note or another, for it to follow.
fn must_choose(case: &CaseState, planned: &Move, note: Option<&Chooseable>) -> Vec<Id<Person>> {
    let family = &case.ground.family;
    match note {
        None => family.consenters(InformationKind::Agreed, planned.to_sector),
        Some(note) if note.of_family => vec![note.author],
        Some(note) if Kinds::is_about_a_person(note.kind) => Vec::from_iter(note.about),
        Some(note) => family.consenters(note.kind, planned.to_sector),
    }
}
