//! Cases.

use std::sync::Arc;

use uuid::Uuid;

use super::{Attributes, Listed, Lookup, Object, Subject, flags};
use crate::{
    access::{
        facts::{CaseFacts, case_by_id},
        policies::{Fact, Policies, references},
    },
    db::{DbError, Tx, dialect},
    identity::{Caller, HeldRole},
    kernel::{
        Id,
        ids::{Case, Consent, Person},
    },
    problem::Problem,
};

/// A case.
#[derive(Debug, Clone)]
pub struct CaseObject {
    /// The facts about it for the caller.
    pub facts: CaseFacts,
}

impl CaseObject {
    /// Returns the roles that give the caller access to the case: in an emergency, on the team, as leader or in child welfare.
    /// Returns none for the family.
    pub(super) fn seats(&self, caller: &Caller) -> Vec<HeldRole> {
        let CaseFacts { state, relation } = &self.facts;
        if let Some(role) = &relation.emergency {
            vec![role.clone()]
        } else if !relation.seats.is_empty() {
            relation.seats.clone()
        } else if relation.leads_contact_unit {
            caller.leads().filter(|held| state.holding_unit() == held.unit_id).cloned().collect()
        } else {
            relation.child_welfare_seat.iter().chain(&relation.receives_record).cloned().collect()
        }
    }
}

impl Object for CaseObject {
    const TYPE: &'static str = "Case";
    const PATH: &'static [&'static str] = &["case_id"];

    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        self.seats(caller)
    }

    fn is_met_privately(&self) -> bool {
        self.facts.relation.is_private
    }

    fn consents(&self) -> Vec<Id<Consent>> {
        self.facts.consents_of_seats()
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        let known = self.facts.relation.acts_as.filter(|person| caller.is(*person));
        known.unwrap_or_else(|| caller.person_in(&self.facts.municipality))
    }

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Case>("case_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        let facts = case_by_id(tx, lookup.caller, id, lookup.moment).await?;
        Ok(facts.map(|facts| Self { facts }))
    }

    fn id(&self) -> String {
        self.facts.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject {
            municipality: self.facts.municipality.clone(),
            case: Some(self.facts.id.uuid()),
            child: Some(self.facts.child.uuid()),
        }
    }

    fn attributes(&self) -> Attributes {
        vec![("strict_address", Fact::Flag(self.facts.strict_address()))]
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        let (state, facts) = (&self.facts.state, &self.facts.relation);
        let sectors = facts.seats.iter().map(|seat| Fact::Word(seat.sector.as_str().into()));
        let mut fields = vec![
            ("seat_units", references("Unit", facts.seats.iter().map(|seat| seat.unit_id))),
            ("seat_sectors", Fact::Set(sectors.collect())),
        ];
        fields.extend(flags(&[
            ("disqualified", facts.disqualified),
            ("contact_person", facts.is_contact_person),
            ("leads_contact_unit", facts.leads_contact_unit),
            ("offered_baton", facts.offered_baton),
            ("offered_record", facts.receives_record.is_some()),
            ("has_next_step", facts.has_next_step),
            ("guardian", facts.is_guardian),
            ("young_person", facts.is_young_person),
            ("child", facts.is_child),
            ("own_health_contact", facts.own_health_contact),
            ("has_invitation", facts.has_invitation),
            ("health_objection", state.health_objection),
            ("emergency", facts.emergency.is_some()),
            ("child_welfare", facts.child_welfare_seat.is_some()),
            ("foster_parent", facts.foster_parent),
            ("kept_away", facts.kept_away),
        ]));
        fields.push(("child_age", Fact::Number(state.child_age)));
        vec![("relation", Fact::Record(fields))]
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_case", self).allowed
    }
}

/// A case that is found without its lock, for a change that must lock a person before the case, and then decide again.
#[derive(Debug, Clone)]
pub struct UnlockedCase(pub CaseObject);

impl Object for UnlockedCase {
    const TYPE: &'static str = CaseObject::TYPE;

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let unlocked = Lookup { for_write: false, ..*lookup };
        Ok(CaseObject::find(tx, &unlocked).await?.map(Self))
    }

    fn id(&self) -> String {
        self.0.id()
    }

    fn subject(&self) -> Subject {
        self.0.subject()
    }

    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        self.0.roles_used(caller)
    }

    fn is_met_privately(&self) -> bool {
        self.0.is_met_privately()
    }

    fn consents(&self) -> Vec<Id<Consent>> {
        self.0.consents()
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        self.0.actor(caller)
    }

    fn attributes(&self) -> Attributes {
        self.0.attributes()
    }

    fn context(&self, caller: &Caller) -> Attributes {
        self.0.context(caller)
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        self.0.may_be_known(policies, caller)
    }
}

impl Listed for CaseObject {
    fn place(&self) -> Uuid {
        self.facts.id.uuid()
    }
}

/// Checks that a case is open. A closed case can be read but not changed.
///
/// # Errors
/// 409 if it is closed.
pub fn require_open(case: &CaseObject) -> Result<(), Problem> {
    if case.facts.open { Ok(()) } else { Err(Problem::conflict("the case is closed; reopen it first")) }
}
