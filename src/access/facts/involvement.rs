//! Services whose involvement is itself secret.

use super::CaseState;
use crate::kernel::{
    Id,
    ids::Unit,
    vocabulary::{InformationKind, Sector},
};

impl CaseState {
    /// Returns the units that may know that a unit helps, if that is itself secret; none if it is not.
    ///
    /// The involvement of child welfare is information of the kind `child_welfare`. It passes only to units that have the
    /// consents for that kind. Everyone on the case knows which unit opened it and who is the contact person.
    #[must_use]
    pub fn known_to(&self, unit: Id<Unit>, sector: Sector) -> Option<Vec<Id<Unit>>> {
        let is_open = unit == self.ground.owner_unit || unit == self.contact_unit;
        (sector == Sector::ChildWelfare && !is_open)
            .then(|| self.ground.shared_with(InformationKind::ChildWelfare, unit))
    }
}
