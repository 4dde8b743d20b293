//! Looks that were found to be without need.

use std::sync::Arc;

use super::{Attributes, Lookup, Object, Subject};
use crate::{
    access::{
        children_of_other_reviewers,
        policies::{Fact, Policies, reference},
    },
    db::{DbError, Tx, dialect},
    fetch_optional,
    identity::{Caller, HeldRole},
    kernel::{
        Id,
        ids::{Breach, Child, Person},
        vocabulary::Role,
    },
};

/// A look that was found to be without need.
#[derive(Debug, Clone)]
pub struct BreachObject {
    /// The municipality whose record was looked at.
    pub municipality: String,
    /// The breach.
    pub id: Id<Breach>,
    /// The person who looked.
    pub looked_by: Id<Person>,
    /// The child.
    pub child: Id<Child>,
    /// Whether the caller is disqualified in relation to the child (fvl § 6).
    pub disqualified: bool,
}

const FIND: &str = "SELECT municipality, person_id, child_id FROM breach WHERE id = $1";

impl Object for BreachObject {
    const TYPE: &'static str = "Breach";
    const PATH: &'static [&'static str] = &["breach_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Breach>("breach_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        let row = fetch_optional!(tx, (String, Id<Person>, Id<Child>), FIND, id)?;
        let Some((municipality, looked_by, child)) = row else { return Ok(None) };
        let caller = lookup.caller;
        let disqualified = children_of_other_reviewers(tx, caller, lookup.moment.now).await?.contains(&child);
        Ok(Some(Self { municipality, id, looked_by, child, disqualified }))
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    /// Returns the child and never the case. The family is notified by its own view of the log.
    fn subject(&self) -> Subject {
        Subject { municipality: self.municipality.clone(), case: None, child: Some(self.child.uuid()) }
    }

    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        let audits = |held: &&HeldRole| held.acts_as(Role::Auditor) && held.municipality == self.municipality;
        caller.roles.iter().filter(audits).cloned().collect()
    }

    fn attributes(&self) -> Attributes {
        vec![
            ("looked_by", reference("Person", self.looked_by)),
            ("municipality", reference("Municipality", &self.municipality)),
        ]
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        vec![("disqualified", Fact::Flag(self.disqualified))]
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_breach", self).allowed
    }
}
