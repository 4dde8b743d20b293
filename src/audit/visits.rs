//! Gathers the entries of the family's log into visits, page by page.
//!
//! A visit is what one person did about the case without a pause of more than half an hour, on one day in Norway. People who are there
//! at the same time have a visit each. Visits are ordered by their newest entry. Which entries are one visit depends on nothing
//! but the entries: not on the page, its length or the moment.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    dto::{EntryOut, LogQuery},
    scope::Scope,
    store,
    together::just_after,
};
use crate::{
    db::{DbError, Tx},
    kernel::{
        Id, Page,
        clock::day_in_norway,
        ids::Person,
        page::{Cursor, Position},
    },
};

/// The longest pause within a visit.
const PAUSE: TimeDelta = TimeDelta::minutes(30);
/// How far the order of ids may be from the order of times.
const SLACK: TimeDelta = TimeDelta::minutes(5);
/// Entries at which a page ends that is not full, in the middle of its visits. The next page has the rest of them as visits of
/// their own.
const READ_AT_MOST: usize = 4000;
/// Entries that are read at once.
const BATCH: usize = 400;

/// The entries of one visit, newest first.
#[derive(Debug)]
pub(super) struct Visit {
    /// The newest entry.
    pub newest: EntryOut,
    /// The entries before it.
    pub earlier: Vec<EntryOut>,
}

impl Visit {
    /// Creates a visit of one entry.
    pub(super) fn of(newest: EntryOut) -> Self {
        Self { newest, earlier: Vec::new() }
    }

    /// Returns all entries, newest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &EntryOut> {
        std::iter::once(&self.newest).chain(&self.earlier)
    }

    fn oldest(&self) -> &EntryOut {
        self.earlier.last().unwrap_or(&self.newest)
    }
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The newest entry of the log when the first page was read. Later entries do not move visits from page to page.
    pub top: Uuid,
    /// The newest entry of the last visit that was shown, or the last entry that was read.
    pub after: Uuid,
    /// Whether the page before ended in the middle of its visits.
    pub is_cut: bool,
}

impl Position for Place {
    const FIRST: Self = Self { top: Uuid::max(), after: Uuid::max(), is_cut: true };

    fn to_bytes(self) -> Vec<u8> {
        [&self.top.as_bytes()[..], &self.after.as_bytes()[..], &[u8::from(self.is_cut)]].concat()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (top, rest) = bytes.split_at_checked(16)?;
        let (after, is_cut) = rest.split_at_checked(16)?;
        let is_cut = match is_cut {
            [0] => false,
            [1] => true,
            _ => return None,
        };
        Some(Self { top: Uuid::from_slice(top).ok()?, after: Uuid::from_slice(after).ok()?, is_cut })
    }
}

/// Returns a page of visits, newest first.
///
/// # Errors
/// If the database does not answer.
pub(super) async fn page(
    tx: &mut Tx,
    scope: &Scope<'_>,
    from: Option<Place>,
    limit: usize,
) -> Result<Page<Visit>, DbError> {
    let mut visits = match from {
        Some(place) if !place.is_cut => Gathered::after(shown(tx, scope, place).await?),
        _ => Gathered::default(),
    };
    let (mut top, mut before, mut read) = (from.map(|place| place.top), from.map(|place| place.after), 0);
    loop {
        let rows = store::search(tx, scope, &LogQuery::default(), before, BATCH).await?;
        let (is_last, oldest) = (rows.len() < BATCH, rows.last().map(|row| (row.id.uuid(), row.at)));
        top = top.or(rows.first().map(|row| row.id.uuid()));
        read += rows.len();
        rows.into_iter().for_each(|row| visits.add(row));
        let (Some((after, at)), Some(top)) = (oldest, top) else { break };
        if is_last || visits.are_whole(limit, at) {
            let place = |visit: &Visit| Place { top, after: visit.newest.id.uuid(), is_cut: false };
            return Ok(Page::cut(visits.all, limit, place));
        }
        if read >= READ_AT_MOST && visits.all.len() <= limit {
            let cursor = Cursor::At(Place { top, after, is_cut: true });
            return Ok(Page { items: visits.all, next_cursor: Some(cursor.encode()) });
        }
        before = Some(after);
    }
    Ok(Page { items: visits.all, next_cursor: None })
}

type Who = Option<Id<Person>>;

/// Returns when each person did what they did first in the visits of the pages before. Visits can overlap, so entries of
/// visits that were shown can follow.
async fn shown(tx: &mut Tx, scope: &Scope<'_>, place: Place) -> Result<HashMap<Who, DateTime<Utc>>, DbError> {
    let (mut first, mut from, mut until) = (HashMap::new(), place.after, None);
    loop {
        let rows = store::people_between(tx, scope, from, place.top, BATCH).await?;
        for (id, person, at) in &rows {
            let until = *until.get_or_insert(*at + PAUSE + SLACK);
            if *at > until {
                return Ok(first);
            }
            first.entry(*person).or_insert(*at);
            from = just_after(*id);
        }
        if rows.len() < BATCH {
            return Ok(first);
        }
    }
}

/// Visits that are being gathered.
#[derive(Debug, Default)]
struct Gathered {
    all: Vec<Visit>,
    /// The visit of each person that earlier entries may belong to.
    open: HashMap<Who, usize>,
    /// The first entry of each person in the visits of the pages before.
    shown: HashMap<Who, DateTime<Utc>>,
}

impl Gathered {
    fn after(shown: HashMap<Who, DateTime<Utc>>) -> Self {
        Self { shown, ..Self::default() }
    }

    /// Adds the next entry, older than those before.
    fn add(&mut self, entry: EntryOut) {
        let person = entry.person_id;
        if let Some(at) = self.shown.get_mut(&person) {
            if is_one_visit(*at, entry.at) {
                *at = entry.at;
                return;
            }
            self.shown.remove(&person);
        }
        let open = self.open.get(&person).and_then(|at| self.all.get_mut(*at));
        match open.filter(|visit| is_one_visit(visit.oldest().at, entry.at)) {
            Some(visit) => visit.earlier.push(entry),
            None => {
                self.open.insert(person, self.all.len());
                self.all.push(Visit::of(entry));
            }
        }
    }

    /// Returns whether there are more visits than the limit, and entries from before `at` belong to none of the first.
    fn are_whole(&self, limit: usize, at: DateTime<Utc>) -> bool {
        let is_whole = |(number, visit): (usize, &Visit)| {
            let is_open = self.open.get(&visit.newest.person_id) == Some(&number);
            !is_open || visit.oldest().at - at > PAUSE + SLACK
        };
        self.all.len() > limit && self.all.iter().take(limit).enumerate().all(is_whole)
    }
}

fn is_one_visit(one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    (one - other).abs() <= PAUSE && day_in_norway(one) == day_in_norway(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_its_own_bytes_and_no_others() {
        let place = Place { top: Uuid::now_v7(), after: Uuid::now_v7(), is_cut: true };
        assert_eq!(Place::of_bytes(&place.to_bytes()), Some(place));
        for bytes in [&[][..], Uuid::nil().as_bytes(), &[2; 33], &[0; 32], &[0; 34]] {
            assert_eq!(Place::of_bytes(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_visit_has_no_long_pause_and_no_midnight() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let noon = at("2026-11-22T12:00:00Z");
        assert!(is_one_visit(noon, at("2026-11-22T11:30:00Z")));
        assert!(!is_one_visit(noon, at("2026-11-22T11:29:59Z")));
        // Midnight in Norway.
        assert!(!is_one_visit(at("2026-11-22T23:00:00Z"), at("2026-11-22T22:59:00Z")));
    }
}
