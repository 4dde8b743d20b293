//! The care orders about a child, and what they take from its guardians and give to others.

use chrono::NaiveDate;

use super::{Family, Registered, RegistrationRow};
use crate::kernel::{
    Id, Moment,
    ids::{Person, Unit},
    vocabulary::Capacity,
};

/// The care orders about a child as seen from one registration, on a day.
pub(super) struct Orders<'a> {
    today: NaiveDate,
    /// Those that close the record here.
    closing: Vec<&'a RegistrationRow>,
    /// Those of this registration, also before they begin.
    own: Vec<&'a RegistrationRow>,
    /// The order among them by which child welfare decides.
    deciding: Option<&'a RegistrationRow>,
    /// Those that take the consents of the parents here.
    taking: Vec<&'a RegistrationRow>,
}

impl<'a> Orders<'a> {
    pub(super) fn of(
        reader: &Registered,
        registrations: &'a [RegistrationRow],
        is_minor: bool,
        moment: Moment,
    ) -> Self {
        let today = moment.today;
        let all = || registrations.iter().filter(|row| is_minor && row.order(today).is_some());
        let is_own = |row: &&RegistrationRow| is_minor && row.registration == reader.child;
        let own: Vec<_> = registrations.iter().filter(is_own).collect();
        Self {
            today,
            closing: all().filter(|row| row.closes(reader, moment)).collect(),
            deciding: deciding(&own, today),
            own,
            taking: all().filter(|row| row.takes_consents(reader, moment)).collect(),
        }
    }

    /// Returns whether one of them closes the record.
    pub(super) fn close(&self) -> bool {
        !self.closing.is_empty()
    }

    /// Returns the person in child welfare who decides for the child, and their unit.
    pub(super) fn child_welfare(&self) -> Option<(Id<Person>, Id<Unit>)> {
        self.deciding.and_then(|order| order.child_welfare(self.today))
    }

    /// Returns the people in child welfare who are responsible for an order of this registration, and their units.
    pub(super) fn responsible(&self) -> Vec<(Id<Person>, Id<Unit>)> {
        let people =
            self.own.iter().map(|order| order.child_welfare_person_id.zip(order.child_welfare_unit_id));
        people.flatten().collect()
    }

    /// Returns the people who consent for the child.
    pub(super) fn consenters(&self, family: &Family<'_>) -> Vec<Id<Person>> {
        match self.child_welfare() {
            Some((person, _)) => vec![person],
            None => self.left_by(&self.taking, family),
        }
    }

    /// Returns the guardians who see the record.
    pub(super) fn seeing(&self, family: &Family<'_>) -> Vec<Id<Person>> {
        match self.deciding {
            Some(order) if order.opens_to_home(self.today) => {
                family.guardians(|row| row.capacity == Capacity::FosterParent)
            }
            Some(_) => Vec::new(),
            None => {
                let mut left = self.left_by(&self.closing, family);
                left.retain(|person| family.all_rows(*person, |row| row.parental_responsibility));
                left
            }
        }
    }

    /// Returns the holders of parental responsibility that some orders leave the decision: all if there is none, and appointed guardians
    /// if each leaves them.
    fn left_by(&self, orders: &[&RegistrationRow], family: &Family<'_>) -> Vec<Id<Person>> {
        let mut left =
            family.guardians(|row| row.parental_responsibility && row.capacity != Capacity::FosterParent);
        let leave_appointed = orders.iter().all(|order| order.leaves_appointed(self.today));
        let is_appointed =
            |person| family.all_rows(person, |row| row.capacity == Capacity::GuardianAppointed);
        left.retain(|person| orders.is_empty() || (leave_appointed && is_appointed(*person)));
        left
    }
}

/// Returns the order by which child welfare decides until its last day: of several, the newest.
fn deciding<'a>(orders: &[&'a RegistrationRow], today: NaiveDate) -> Option<&'a RegistrationRow> {
    let decides = |row: &&RegistrationRow| row.child_welfare(today).is_some();
    orders.iter().copied().filter(decides).max_by_key(|row| (row.in_force_from, row.recorded_at))
}
