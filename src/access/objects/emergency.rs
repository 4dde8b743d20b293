//! Emergency accesses.

use std::sync::Arc;

use super::{Attributes, Lookup, Object, Subject};
use crate::{
    access::{
        children_of_other_reviewers,
        facts::{CaseFacts, cases_in_list},
        policies::{Fact, Policies, reference},
    },
    db::{DbError, Tx, dialect},
    fetch_optional,
    identity::{Caller, HeldRole},
    kernel::{
        Id,
        ids::{Case, EmergencyAccess, Person, Unit},
    },
};

/// An emergency access to a case.
#[derive(Debug, Clone)]
pub struct EmergencyObject {
    /// The emergency access.
    pub id: Id<EmergencyAccess>,
    /// The case that was opened, with the caller's relation to it.
    pub case: CaseFacts,
    /// The person who opened it.
    pub person_id: Id<Person>,
    /// The unit that they opened it from.
    pub unit_id: Id<Unit>,
    /// The person who has reviewed it.
    pub reviewed_by: Option<Id<Person>>,
    /// Whether the caller is disqualified in relation to the child (fvl § 6).
    pub disqualified: bool,
}

const FIND: &str = "SELECT case_id, person_id, unit_id, reviewed_by FROM emergency_access WHERE id = $1";

impl Object for EmergencyObject {
    const TYPE: &'static str = "EmergencyAccess";
    const PATH: &'static [&'static str] = &["emergency_access_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<EmergencyAccess>("emergency_access_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        let row = fetch_optional!(tx, (Id<Case>, Id<Person>, Id<Unit>, Option<Id<Person>>), FIND, id)?;
        let Some((case, person_id, unit_id, reviewed_by)) = row else { return Ok(None) };
        let case = cases_in_list(tx, lookup.caller, &[case], lookup.moment).await?.pop();
        let Some(case) = case else { return Ok(None) };
        let others = children_of_other_reviewers(tx, lookup.caller, lookup.moment.now).await?;
        let disqualified = others.contains(&case.child);
        Ok(Some(Self { id, case, person_id, unit_id, reviewed_by, disqualified }))
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject {
            municipality: self.case.municipality.clone(),
            case: Some(self.case.id.uuid()),
            child: Some(self.case.child.uuid()),
        }
    }

    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        let unit =
            if self.case.relation.leads_contact_unit { self.case.holding_unit() } else { self.unit_id };
        let seats: Vec<HeldRole> = caller.works_in().filter(|seat| seat.unit_id == unit).cloned().collect();
        if seats.is_empty() { caller.roles_of(self.actor(caller)) } else { seats }
    }

    fn is_met_privately(&self) -> bool {
        self.case.relation.is_private
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        let known = caller.among([self.person_id].into_iter().chain(self.case.relation.acts_as));
        known.unwrap_or_else(|| caller.person_in(&self.case.municipality))
    }

    fn attributes(&self) -> Attributes {
        let mut attributes = vec![
            ("opened_by", reference("Person", self.person_id)),
            ("unit", reference("Unit", self.unit_id)),
            ("municipality", reference("Municipality", &self.case.municipality)),
        ];
        attributes.extend(self.reviewed_by.map(|person| ("reviewed_by", reference("Person", person))));
        attributes
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        vec![
            ("leads_contact_unit", Fact::Flag(self.case.relation.leads_contact_unit)),
            ("disqualified", Fact::Flag(self.disqualified)),
        ]
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_emergency_access", self).allowed
    }
}
