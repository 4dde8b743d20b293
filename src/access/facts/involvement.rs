//! What of a case tells that a service helps whose helping is itself secret, and where a child who is hidden can be found.

use serde::Serialize;
use serde_json::Value;

use super::{CaseFacts, CaseState};
use crate::{
    kernel::{
        Id,
        ids::Unit,
        vocabulary::{InformationKind, Sector},
    },
    problem::Problem,
};

impl CaseState {
    /// Those who may know that a unit helps, where that is itself secret: that child welfare does is of the kind
    /// `child_welfare`, and passes only to units that everyone who must has consented to for it. None where it is no
    /// secret: who opened the case and who holds the baton is known to all on it.
    #[must_use]
    pub fn known_to(&self, unit: Id<Unit>, sector: Sector) -> Option<Vec<Id<Unit>>> {
        let is_open = unit == self.ground.owner_unit || unit == self.contact_unit;
        (sector == Sector::ChildWelfare && !is_open)
            .then(|| self.ground.shared_with(InformationKind::ChildWelfare, unit))
    }
}

impl CaseFacts {
    /// May the caller know that this unit helps? The contact person coordinates all who do, and the family knows; a
    /// colleague from another unit only where it may pass to that, and a leader who is not on the team needs nothing of it.
    #[must_use]
    pub fn knows_that_helps(&self, unit: Id<Unit>, sector: Sector) -> bool {
        let Some(known_to) = self.known_to(unit, sector) else { return true };
        if self.relation.seats.is_empty() {
            return !self.relation.leads_contact_unit;
        }
        self.relation.is_contact_person
            || self.relation.seats.iter().any(|seat| known_to.contains(&seat.unit_id))
    }

    /// Is the caller, who reads the case all the same, not to know where the child is? One who has opened it in an emergency: by who
    /// helps and from where, a child whose address is protected is found at its school.
    #[must_use]
    pub fn hides_whereabouts(&self) -> bool {
        self.relation.kept_away && self.relation.emergency.is_some()
    }

    /// What is shown of something in the case, without what tells where the child is, if the caller is not to know.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn without_whereabouts<T: Serialize>(&self, shown: &T, told_by: &[&str]) -> Result<Value, Problem> {
        let mut shown = serde_json::to_value(shown).map_err(Problem::internal)?;
        if self.hides_whereabouts() {
            hide(&mut shown, told_by);
        }
        Ok(shown)
    }
}

/// Leaves the members of these names empty.
pub fn hide(shown: &mut Value, members: &[&str]) {
    for name in members {
        if let Some(member) = shown.get_mut(*name) {
            *member = Value::Null;
        }
    }
}
