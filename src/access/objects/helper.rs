//! Helpers in a case. The involvement of a service can itself be secret.

use std::sync::Arc;

use super::{Attributes, CaseObject, Lookup, Object, Subject};
use crate::{
    access::policies::{Fact, Policies, references},
    db::{DbError, Tx},
    identity::{Caller, HeldRole},
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::Sector,
    },
};

/// A unit that helps in a case, or a person who decides for the child by a care order. No operation reads it directly: a field
/// rule decides whether an answer shows it.
#[derive(Debug, Clone)]
pub struct HelperObject {
    case: CaseObject,
    id: String,
    known_to: Option<Vec<Id<Unit>>>,
    kept_from_guardians: bool,
    by_care_order: bool,
}

impl HelperObject {
    /// Creates the object for a unit that helps.
    #[must_use]
    pub fn unit(case: &CaseObject, unit: Id<Unit>, sector: Sector) -> Self {
        let known_to = case.facts.known_to(unit, sector);
        let kept_from_guardians = case.facts.is_kept_from_guardians(unit);
        Self { case: case.clone(), id: unit.to_string(), known_to, kept_from_guardians, by_care_order: false }
    }

    /// Creates the object for the person in child welfare who decides for the child by a care order.
    #[must_use]
    pub fn by_care_order(case: &CaseObject, person: Id<Person>) -> Self {
        let (known_to, kept_from_guardians) = (None, false);
        Self {
            case: case.clone(),
            id: person.to_string(),
            known_to,
            kept_from_guardians,
            by_care_order: true,
        }
    }
}

impl Object for HelperObject {
    const TYPE: &'static str = "Helper";

    async fn find(_tx: &mut Tx, _lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        Ok(None)
    }

    fn id(&self) -> String {
        self.id.clone()
    }

    fn subject(&self) -> Subject {
        self.case.subject()
    }

    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        self.case.roles_used(caller)
    }

    fn is_met_privately(&self) -> bool {
        self.case.is_met_privately()
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        self.case.actor(caller)
    }

    fn attributes(&self) -> Attributes {
        let mut attributes = vec![
            ("by_care_order", Fact::Flag(self.by_care_order)),
            ("kept_from_guardians", Fact::Flag(self.kept_from_guardians)),
        ];
        attributes.extend(self.known_to.as_ref().map(|units| ("known_to", references("Unit", units))));
        attributes
    }

    fn context(&self, caller: &Caller) -> Attributes {
        self.case.context(caller)
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, _caller: &Caller) -> bool {
        false
    }
}
