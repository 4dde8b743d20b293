//! Disclosures on a named statute, and objections to sharing.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Attributes, CaseObject, Lookup, Object, Subject};
use crate::{
    access::{
        policies::{Fact, Policies, reference},
        ties,
    },
    db::{DbError, Tx},
    fetch_in, fetch_optional,
    identity::{Caller, HeldRole},
    kernel::{
        Id,
        ids::{Child, Consent, Disclosure, Objection, Person, Unit},
    },
};

/// A disclosure. It belongs to the unit that made it, and the access log of the case does not show it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct DisclosureObject {
    /// The municipality of the case.
    pub municipality: String,
    /// The disclosure.
    pub id: Id<Disclosure>,
    /// The unit that disclosed.
    pub unit_id: Id<Unit>,
    /// The person who disclosed.
    pub disclosed_by: Id<Person>,
    /// The unit that received it, unless the recipient is outside the service.
    pub to_unit_id: Option<Id<Unit>>,
    /// The person who received it there.
    pub to_person_id: Option<Id<Person>>,
    /// The child.
    pub child_id: Id<Child>,
    /// Whether the caller is disqualified in relation to the child.
    #[sqlx(skip)]
    pub disqualified: bool,
}

impl DisclosureObject {
    /// Returns the person that disclosed it or received it, if that is the caller; none if they did not.
    #[must_use]
    pub fn party(&self, caller: &Caller) -> Option<Id<Person>> {
        caller.among([self.disclosed_by].into_iter().chain(self.to_person_id))
    }

    /// Loads those with these ids, with the facts about them for a caller.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn these(
        tx: &mut Tx,
        ids: &[Id<Disclosure>],
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<Vec<Self>, DbError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = fetch_in!(tx, Self, THESE, ids)?;
        let ties = ties(tx, caller, now).await?;
        for disclosure in &mut found {
            let own = disclosure.party(caller).is_some();
            disclosure.disqualified = ties.keep_from(disclosure.child_id, own);
        }
        Ok(found)
    }
}

macro_rules! disclosures {
    ($which:literal) => {
        concat!(
            "SELECT municipality, id, unit_id, disclosed_by, to_unit_id, to_person_id, child_id FROM disclosure WHERE id ",
            $which
        )
    };
}
const DISCLOSURE: &str = disclosures!("= $1");
const THESE: &str = disclosures!("IN (");

impl Object for DisclosureObject {
    const TYPE: &'static str = "Disclosure";
    const PATH: &'static [&'static str] = &["disclosure_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Disclosure>("disclosure_id") else { return Ok(None) };
        let Some(mut found) = fetch_optional!(tx, Self, DISCLOSURE, id)? else {
            return Ok(None);
        };
        let ties = ties(tx, lookup.caller, lookup.moment.now).await?;
        found.disqualified = ties.keep_from(found.child_id, found.party(lookup.caller).is_some());
        Ok(Some(found))
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.municipality.clone(), case: None, child: Some(self.child_id.uuid()) }
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        let in_unit = || caller.person_of_unit(self.unit_id);
        self.party(caller).or_else(in_unit).unwrap_or_else(|| caller.person_in(&self.municipality))
    }

    fn attributes(&self) -> Attributes {
        let mut attributes = vec![
            ("unit", reference("Unit", self.unit_id)),
            ("disclosed_by", reference("Person", self.disclosed_by)),
        ];
        attributes.extend(self.to_unit_id.map(|unit| ("to_unit", reference("Unit", unit))));
        attributes.extend(self.to_person_id.map(|person| ("to_person", reference("Person", person))));
        attributes
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        vec![("disqualified", Fact::Flag(self.disqualified))]
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_disclosure", self).allowed
    }
}

/// An objection to sharing among health personnel. One guardian cannot see the other's.
#[derive(Debug, Clone)]
pub struct ObjectionObject {
    /// The case it is in.
    pub case: CaseObject,
    /// The objection.
    pub id: Id<Objection>,
    /// The person who objects.
    pub objected_by: Id<Person>,
}

impl Object for ObjectionObject {
    const TYPE: &'static str = "Objection";
    const PATH: &'static [&'static str] = &["case_id", "objection_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        const FIND: &str =
            "SELECT objected_by FROM objection WHERE municipality = $1 AND case_id = $2 AND id = $3";
        let Some(case) = CaseObject::find(tx, lookup).await? else { return Ok(None) };
        let Some(id) = lookup.id::<Objection>("objection_id") else { return Ok(None) };
        let row = fetch_optional!(tx, (Id<Person>,), FIND, &case.facts.municipality, case.facts.id, id)?;
        Ok(row.map(|(objected_by,)| Self { case, id, objected_by }))
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        self.case.subject()
    }

    fn roles_used(&self, caller: &Caller) -> Vec<HeldRole> {
        self.case.seats(caller)
    }

    fn is_met_privately(&self) -> bool {
        self.case.is_met_privately()
    }

    fn consents(&self) -> Vec<Id<Consent>> {
        self.case.consents()
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        self.case.actor(caller)
    }

    fn attributes(&self) -> Attributes {
        vec![("objected_by", reference("Person", self.objected_by))]
    }

    fn context(&self, caller: &Caller) -> Attributes {
        self.case.context(caller)
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "withdraw_objection", self).allowed
    }
}
