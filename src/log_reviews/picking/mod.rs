//! Selection of entries for review. The log is processed in batches, in the order of its tree, each entry once.
//!
//! Only one process selects at a time, even if several servers share a database. The selections, the position in the log
//! and the entry that records them are one transaction. An entry is examined some hours after it was made, when it is known
//! whether work in the case followed.

mod burst;
mod colleagues_child;
mod facts;
mod folding;
mod look;
mod neighbours_child;
mod no_task;
mod outside_hours;
mod protected_address;
mod random_sample;
mod same_surname;
mod store;

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use self::{
    facts::Facts,
    look::{LoggedLook, Look},
};
use super::{dto::PickReason, settings::settings};
use crate::{
    access::{Entry, insert_entries, laws},
    db::{Db, DbError, Tx, dialect},
    kernel::{
        Clock, Id,
        clock::day_in_norway,
        ids::{Child, Person},
    },
};

/// The number of entries per transaction.
const BATCH: i64 = 500;
/// The lock that a selecting process holds.
const PICKER: Uuid = Uuid::from_u128(0x0012_91c6);
/// The legal basis of reviewing the log, for the entries about it.
const LAW: [&str; 2] = ["pasientjournalloven.tilgangsstyring-og-logg", "personvernforordningen.sikkerhet"];

/// The accesses selected from a batch, each with its reasons.
type Picks<'a> = Vec<(&'a Look, BTreeSet<PickReason>)>;

/// Examines new entries in the log of each municipality, and returns the number selected.
///
/// # Errors
/// If the database query fails. Earlier batches are already committed.
pub async fn pick(db: &Db, clock: &Clock) -> Result<u64, DbError> {
    let now = clock.now();
    let mut picked = 0;
    for municipality in store::municipalities(&mut db.read().await?).await? {
        while let Some(batch) = pick_some(db, &municipality, now).await? {
            picked += batch;
        }
        picked += draw(db, &municipality, now).await?;
        forget(db, &municipality, now).await?;
    }
    Ok(picked)
}

/// Selects from one batch. Returns none if nothing is left, or if another process is selecting.
async fn pick_some(db: &Db, municipality: &str, now: DateTime<Utc>) -> Result<Option<u64>, DbError> {
    // The only writer of SQLite must not be blocked when there is nothing to do.
    if read_settled(&mut db.read().await?, municipality, now).await?.is_empty() {
        return Ok(None);
    }
    let mut tx = db.write().await?;
    if !dialect::try_lock(&mut tx, PICKER).await? {
        return Ok(None);
    }
    let entries = read_settled(&mut tx, municipality, now).await?;
    let Some(last) = entries.last() else { return Ok(None) };
    let next = last.position + 1;
    let not_before = now - settings().not_older_than();
    let looks: Vec<Look> =
        entries.into_iter().filter(|entry| entry.at >= not_before).filter_map(Look::of).collect();
    let facts = Facts::read(&mut tx, municipality, &looks).await?;
    let picks = unusual(&looks, &facts, store::picked_near(&mut tx, municipality, &looks).await?);
    random_sample::take(&mut tx, municipality, &looks).await?;
    store::insert(&mut tx, municipality, &picks, now).await?;
    store::move_cursor(&mut tx, municipality, next).await?;
    note(&mut tx, municipality, picks.len(), now).await?;
    tx.commit().await?;
    Ok(Some(picks.len() as u64))
}

/// Returns the next entries that are old enough.
async fn read_settled(
    tx: &mut Tx,
    municipality: &str,
    now: DateTime<Utc>,
) -> Result<Vec<LoggedLook>, DbError> {
    let settled = now - settings().settled_after();
    let entries = store::next_entries(tx, municipality, BATCH).await?;
    Ok(entries.into_iter().take_while(|entry| entry.at <= settled).collect())
}

/// Draws the samples of the months that are over.
async fn draw(db: &Db, municipality: &str, now: DateTime<Utc>) -> Result<u64, DbError> {
    let over = now - settings().settled_after();
    if random_sample::months_to_draw(&mut db.read().await?, municipality, over).await?.is_empty() {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    if !dialect::try_lock(&mut tx, PICKER).await? {
        return Ok(0);
    }
    // An entry of the month may still be waiting, if another process was selecting.
    if !read_settled(&mut tx, municipality, now).await?.is_empty() {
        return Ok(0);
    }
    let mut drawn = 0;
    for month in random_sample::months_to_draw(&mut tx, municipality, over).await? {
        drawn += random_sample::draw(&mut tx, municipality, month, now).await?;
    }
    note(&mut tx, municipality, drawn, now).await?;
    tx.commit().await?;
    Ok(drawn as u64)
}

/// Erases the notes on entries that have lost their personal fields.
async fn forget(db: &Db, municipality: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    if !store::has_notes_to_erase(&mut db.read().await?, municipality).await? {
        return Ok(());
    }
    let mut tx = db.write().await?;
    store::erase_notes(&mut tx, municipality, now).await?;
    tx.commit().await
}

/// Records in the log that entries were selected, but not which ones: people who must not know of a review also read the
/// log. A run that selects nothing leaves no entry, because each entry would cause another run.
async fn note(tx: &mut Tx, municipality: &str, picks: usize, now: DateTime<Utc>) -> Result<(), DbError> {
    if picks == 0 {
        return Ok(());
    }
    let mut entry = Entry::of(None, "pick_log_reviews", "Municipality", now).by_the_service(&[], laws(&LAW));
    municipality.clone_into(&mut entry.municipality);
    entry.object_id = Some(municipality.to_owned());
    entry.status = 200;
    insert_entries(tx, &[entry]).await
}

/// Returns the accesses with a reason not already found the same day. Reading a case takes many requests, and a review of
/// each would hide the others.
fn unusual<'a>(looks: &'a [Look], facts: &Facts, mut told: HashSet<Told>) -> Picks<'a> {
    let mut picks = Vec::new();
    for look in looks {
        let mut reasons = reasons(look, facts);
        reasons.retain(|reason| told.insert(Told::of(look, *reason)));
        if !reasons.is_empty() {
            picks.push((look, reasons));
        }
    }
    picks
}

fn reasons(look: &Look, facts: &Facts) -> BTreeSet<PickReason> {
    type Pattern = fn(&Look, &Facts) -> bool;
    let patterns: [(PickReason, Pattern); 7] = [
        (PickReason::NoTask, no_task::fits),
        (PickReason::OutsideHours, outside_hours::fits),
        (PickReason::ColleaguesChild, colleagues_child::fits),
        (PickReason::NeighboursChild, neighbours_child::fits),
        (PickReason::Burst, burst::fits),
        (PickReason::SameSurname, same_surname::fits),
        (PickReason::ProtectedAddress, protected_address::fits),
    ];
    patterns.into_iter().filter(|(_, fits)| fits(look, facts)).map(|(reason, _)| reason).collect()
}

/// The grounds for a selection: reason, person, day and child; for many children, any child.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Told {
    reason: PickReason,
    person: Id<Person>,
    day: NaiveDate,
    child: Option<Id<Child>>,
}

impl Told {
    fn of(look: &Look, reason: PickReason) -> Self {
        Self::new(reason, look.person, look.at, look.child)
    }

    fn new(reason: PickReason, person: Id<Person>, at: DateTime<Utc>, child: Id<Child>) -> Self {
        let child = (reason != PickReason::Burst).then_some(child);
        Self { reason, person, day: day_in_norway(at), child }
    }
}
