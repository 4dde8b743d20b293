//! The calendar of one person: what follows from their own consents and the age of the child, and from nobody else's consents. An order that
//! begins later changes nothing in it, and units that the child keeps from the guardians are in none of theirs.

use chrono::NaiveDate;

use super::{super::CaseState, Calendar, Ending, EndingCause};
use crate::kernel::{
    Id,
    ids::{Consent, Person, Unit},
    vocabulary::{InformationKind, Sector},
};

/// A unit and a kind that somebody has consented to.
type Consented = (Id<Unit>, Sector, InformationKind);

impl Calendar {
    /// Returns the own consents of a person that end and are not renewed, and those that count no more from a birthday to come.
    pub(super) fn of_giver(&self, is_own: impl Fn(Id<Person>) -> bool) -> Vec<Ending> {
        let mut all: Vec<Consented> = Vec::new();
        for row in self.rows.consents.iter().filter(|row| is_own(row.given_by)) {
            let consented = (row.unit, row.sector, row.kind);
            // The unit that keeps the record needs no consent to take part.
            let is_needed = (row.unit, row.kind) != (self.rows.case.unit, InformationKind::Agreed);
            if is_needed && !all.contains(&consented) {
                all.push(consented);
            }
        }
        let days = if all.is_empty() { Default::default() } else { self.days_of_change() };
        let mut rows = self.rows.clone();
        rows.registrations.retain(|row| row.in_force_from.is_none_or(|from| from <= self.moment.today));
        let mut endings: Vec<Ending> = Vec::new();
        for day in days {
            let Some((before, after)) = self.around(&rows, day) else { continue };
            for consented in &all {
                let Some(ending) = self.own_ending(&before, &after, *consented, &is_own) else { continue };
                // Of the days that have come, the newest counts.
                let is_same = |known: &Ending| (known.unit, known.kind) == (ending.unit, ending.kind);
                endings.retain(|known| !(is_same(known) && known.on <= self.moment.today));
                endings.push(ending);
            }
        }
        let today = self.moment.today;
        endings.retain(|ending| ending.on > today || self.is_open_to(ending, &is_own));
        endings
    }

    /// Describes the end of the consents of a person to a unit and a kind on a day, if they end.
    fn own_ending(
        &self,
        before: &CaseState,
        after: &CaseState,
        (unit, sector, kind): Consented,
        is_own: &impl Fn(Id<Person>) -> bool,
    ) -> Option<Ending> {
        let (given, person) = own(before, unit, kind, is_own)?;
        asked(before, sector, kind, is_own)?;
        let still_given = own(after, unit, kind, is_own).is_some();
        let still_asked = asked(after, sector, kind, is_own).is_some();
        let on: NaiveDate = after.today;
        let (cause, to_consent) = match (still_given, still_asked) {
            (true, true) => return None,
            (false, true) => (EndingCause::ConsentEnds, vec![person]),
            (_, false) if before.child_age != after.child_age && on > self.moment.today => {
                (EndingCause::ComesOfAge, Vec::new())
            }
            (_, false) => return None,
        };
        let consents = given.into_iter().map(|consent| (consent, person)).collect();
        Some(Ending { on, cause, unit, kind, consents, to_consent })
    }

    /// Returns whether the person can still renew what has ended: they are asked today and have not consented or withdrawn since, and may know that
    /// somebody of the unit has a seat.
    fn is_open_to(&self, ending: &Ending, is_own: &impl Fn(Id<Person>) -> bool) -> bool {
        let row = self.rows.consents.iter().find(|row| row.unit == ending.unit && row.kind == ending.kind);
        let is_asked = row.is_some_and(|row| asked(&self.state, row.sector, row.kind, is_own).is_some());
        let has_renewed = own(&self.state, ending.unit, ending.kind, is_own).is_some();
        let has_seat = self.state.members.iter().any(|member| member.unit == ending.unit);
        let is_kept = !is_own(self.rows.case.child_person) && self.state.is_kept_from_guardians(ending.unit);
        is_asked && !has_renewed && has_seat && !is_kept && !self.is_withdrawn(ending)
    }
}

/// Returns the consents in force of a person to a unit and a kind, and the person.
fn own(
    state: &CaseState,
    unit: Id<Unit>,
    kind: InformationKind,
    is_own: &impl Fn(Id<Person>) -> bool,
) -> Option<(Vec<Id<Consent>>, Id<Person>)> {
    let given = state.ground.in_force.iter().filter(|given| (given.unit, given.kind) == (unit, kind));
    let own: Vec<_> = given.filter(|given| is_own(given.person)).collect();
    let person = own.first()?.person;
    Some((own.into_iter().map(|given| given.id).collect(), person))
}

/// Returns the person if they must consent to a kind for a unit of a sector.
fn asked(
    state: &CaseState,
    sector: Sector,
    kind: InformationKind,
    is_own: &impl Fn(Id<Person>) -> bool,
) -> Option<Id<Person>> {
    state.ground.family.consenters(kind, sector).into_iter().find(|person| is_own(*person))
}
