//! Moves of the record to another unit: who keeps it when, and what an earlier entry passes to.
//!
//! A unit that keeps the record later reads an earlier entry only if the family let it follow, or if the unit took part before the move
//! and has the consents. Units that took part before keep what they could read (decision 41).

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::{CaseState, ground::Kept};
use crate::kernel::{
    Id,
    ids::{Person, Transition, Unit},
    vocabulary::{InformationKind, Sector},
};

/// A move of the record, planned or made.
#[derive(Debug, Clone)]
pub struct Move {
    /// Its id.
    pub id: Id<Transition>,
    /// The unit that keeps the record before it.
    pub from_unit: Id<Unit>,
    /// The unit that keeps the record after it.
    pub to_unit: Id<Unit>,
    /// The sector of that unit.
    pub to_sector: Sector,
    /// The person who is asked to be the contact person; none if the leader of the unit is.
    pub to_person: Option<Id<Person>>,
    /// The first day on which it can be made.
    pub moves_on: NaiveDate,
    /// When it was planned.
    pub planned_at: DateTime<Utc>,
    /// When it was made; none while it is planned.
    pub moved_at: Option<DateTime<Utc>>,
    /// The people who agree to it, while it is planned.
    pub agreed: Vec<Id<Person>>,
    /// The units that took part before it was made.
    pub knew: Vec<Id<Unit>>,
    /// The entries that followed.
    pub follows: Vec<Uuid>,
}

/// The row of a move, without the rows that belong to it.
#[derive(Debug, Deserialize)]
pub(super) struct MoveRow {
    id: Id<Transition>,
    from_unit: Id<Unit>,
    to_unit: Id<Unit>,
    to_sector: Sector,
    to_person: Option<Id<Person>>,
    moves_on: NaiveDate,
    planned_at: DateTime<Utc>,
    moved_at: Option<DateTime<Utc>>,
}

impl From<MoveRow> for Move {
    fn from(row: MoveRow) -> Self {
        let MoveRow { id, from_unit, to_unit, to_sector, to_person, moves_on, planned_at, moved_at } = row;
        let (agreed, knew, follows) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            id,
            from_unit,
            to_unit,
            to_sector,
            to_person,
            moves_on,
            planned_at,
            moved_at,
            agreed,
            knew,
            follows,
        }
    }
}

/// An entry of the record, as the moves know it.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// Its id.
    pub entry: Uuid,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// An entry by staff for everyone on the team, with what decides the units that read it.
#[derive(Debug, Clone, Copy)]
pub struct TeamEntry {
    /// The entry.
    pub written: Written,
    /// The unit it is from.
    pub from: Id<Unit>,
    /// The sector of that unit.
    pub sector: Sector,
    /// The kind of information.
    pub kind: InformationKind,
    /// The guardian that it is about, for a kind that is about one.
    pub about: Option<Id<Person>>,
}

/// Returns the unit that keeps the record at a time, of a record that a unit keeps now.
pub(super) fn keeper_at(moves: &[Move], now: Id<Unit>, at: DateTime<Utc>) -> Id<Unit> {
    let later = moves.iter().filter_map(|made| Some((made.moved_at?, made.from_unit)));
    later.filter(|(moved_at, _)| *moved_at > at).min().map_or(now, |(_, from)| from)
}

impl CaseState {
    /// Returns the move that is planned.
    #[must_use]
    pub fn planned_move(&self) -> Option<&Move> {
        self.moves.iter().find(|planned| planned.moved_at.is_none())
    }

    /// Returns the people who must agree to the planned move and do not.
    #[must_use]
    pub fn missing_for_move(&self, planned: &Move) -> Vec<Id<Person>> {
        let mut missing = self.ground.family.consenters(InformationKind::Agreed, planned.to_sector);
        missing.retain(|person| !planned.agreed.contains(person));
        missing
    }

    /// Returns whether everyone who must agrees to the planned move.
    #[must_use]
    pub fn is_agreed(&self, planned: &Move) -> bool {
        self.ground.family.can_consent() && self.missing_for_move(planned).is_empty()
    }

    /// Returns the unit that kept the record at a time.
    #[must_use]
    pub fn kept_by_at(&self, at: DateTime<Utc>) -> Id<Unit> {
        keeper_at(&self.moves, self.ground.owner_unit, at)
    }

    /// Returns whether an entry has followed each move since it was written.
    #[must_use]
    pub fn has_followed(&self, written: Written) -> bool {
        self.left_behind_at(written).next().is_none()
    }

    /// Returns the units that may know of an entry that was left behind: those that took part before each such move, and the unit that wrote
    /// it. None if it was not left behind.
    #[must_use]
    pub fn known_before(&self, written: Written, unit: Option<Id<Unit>>) -> Option<BTreeSet<Id<Unit>>> {
        let knew = self.left_behind_at(written).map(|made| BTreeSet::from_iter(made.knew.iter().copied()));
        let mut units = knew.reduce(|units, others| &units & &others)?;
        units.extend(unit);
        Some(units)
    }

    /// Returns the moves since an entry was written that it did not follow.
    fn left_behind_at(&self, written: Written) -> impl Iterator<Item = &Move> {
        self.moves.iter().filter(move |made| {
            made.moved_at.is_some_and(|moved_at| moved_at > written.at)
                && !made.follows.contains(&written.entry)
        })
    }

    /// Returns the units whose members read an entry by staff for the team.
    #[must_use]
    pub fn units_that_read(&self, entry: TeamEntry) -> Vec<Id<Unit>> {
        let TeamEntry { written, from, sector, kind, about } = entry;
        let kept = Kept { then_by: self.kept_by_at(written.at), followed: self.has_followed(written) };
        let mut units = self.ground.shared_since(kind, from, about, kept);
        if let Some(known_to) = self.known_to(from, sector) {
            units.retain(|unit| *unit == self.contact_unit || known_to.contains(unit));
        }
        if let Some(known_before) = self.known_before(written, Some(from)) {
            units.retain(|unit| known_before.contains(unit));
        }
        units
    }
}
