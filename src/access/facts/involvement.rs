//! Services whose involvement is itself secret.

use std::collections::BTreeSet;

use super::CaseState;
use crate::kernel::{
    Id,
    ids::{Person, Unit},
    vocabulary::{InformationKind, Sector},
};

impl CaseState {
    /// Returns the units that may know that a unit helps, if that is itself secret; none if it is not.
    ///
    /// The involvement of child welfare is information of the kind `child_welfare`. It passes only to units that have the
    /// consents for that kind. Everyone on the case knows which unit keeps the record and who is the contact person.
    #[must_use]
    pub fn known_to(&self, unit: Id<Unit>, sector: Sector) -> Option<Vec<Id<Unit>>> {
        let is_open = unit == self.ground.owner_unit || unit == self.contact_unit;
        (sector == Sector::ChildWelfare && !is_open)
            .then(|| self.ground.shared_with(InformationKind::ChildWelfare, unit, None))
    }

    /// Returns the units that the guardians may not know of, because the child lets them help with a health contact that it keeps from
    /// the guardians (pbrl § 3-4). Everyone on the case knows which unit keeps the record and who is the contact person.
    pub fn kept_from_guardians(&self) -> impl Iterator<Item = Id<Unit>> {
        let is_open = |unit: &Id<Unit>| *unit == self.ground.owner_unit || *unit == self.contact_unit;
        self.kept.iter().map(|(unit, _)| *unit).filter(move |unit| !is_open(unit))
    }

    /// Returns those units, each once.
    #[must_use]
    pub fn units_kept_from_guardians(&self) -> Vec<Id<Unit>> {
        let units: BTreeSet<_> = self.kept_from_guardians().collect();
        units.into_iter().collect()
    }

    /// Returns whether the guardians may not know that a unit helps.
    #[must_use]
    pub fn is_kept_from_guardians(&self, unit: Id<Unit>) -> bool {
        self.kept_from_guardians().any(|kept| kept == unit)
    }

    /// Returns whether the guardians may not know that a person helps, who does so through such a unit and no other.
    #[must_use]
    pub fn is_helper_kept_from_guardians(&self, person: Id<Person>) -> bool {
        let is_kept = |unit: Id<Unit>| self.is_kept_from_guardians(unit);
        self.kept.iter().any(|(unit, helper)| *helper == Some(person) && is_kept(*unit))
            && person != self.contact_person
            && !self.members.iter().any(|member| member.person == person && !is_kept(member.unit))
    }
}
