//! Asks the rules on behalf of a caller, apart from any transaction.

use std::sync::Arc;

use super::{
    About, CaseReader, Policies,
    actions::Action,
    fields::SeeHelper,
    objects::{CaseObject, HelperObject, Object},
};
use crate::{
    identity::Caller,
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::Sector,
    },
};

/// The rules and the caller they are asked about.
#[derive(Debug, Clone)]
pub struct Asker {
    pub(super) policies: Arc<Policies>,
    pub(super) caller: Arc<Caller>,
}

impl Asker {
    /// Returns the caller.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Returns an asker that asks the same rules on behalf of another person.
    #[must_use]
    pub fn on_behalf_of(&self, caller: Caller) -> Self {
        Self { policies: self.policies.clone(), caller: Arc::new(caller) }
    }

    /// Returns what the rules answer about an object.
    #[must_use]
    pub fn about<O: Object>(&self, object: &O) -> About<O> {
        self.policies.about(&self.caller, object)
    }

    /// Returns whether the caller may do `B` to an object.
    #[must_use]
    pub fn may<B: Action>(&self, object: &B::Object) -> bool {
        self.about(object).may::<B>()
    }

    /// Returns the caller as a reader of what a case contains.
    #[must_use]
    pub fn reader(&self, case: &CaseObject) -> CaseReader {
        CaseReader::new(self.about(case))
    }

    /// Returns whether the caller may know that a unit helps in a case.
    #[must_use]
    pub fn knows_that_helps(&self, case: &CaseObject, unit: Id<Unit>, sector: Sector) -> bool {
        self.about(&HelperObject::unit(case, unit, sector)).sees::<SeeHelper>()
    }

    /// Returns whether the caller may know who decides for the child in child welfare by a care order.
    #[must_use]
    pub fn knows_who_decides(&self, case: &CaseObject, person: Id<Person>) -> bool {
        self.about(&HelperObject::by_care_order(case, person)).sees::<SeeHelper>()
    }
}
