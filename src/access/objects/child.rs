//! Children as registered, and concerns about them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Attributes, Lookup, Object, Subject, flags};
use crate::{
    access::{
        facts::{ChildFacts, child_facts},
        policies::{Fact, Policies, reference},
        ties,
    },
    db::{DbError, Tx, dialect},
    fetch_in, fetch_optional,
    identity::Caller,
    kernel::{
        Id,
        ids::{Child, Concern, Consent, Person, Unit},
    },
};

/// A child as registered.
#[derive(Debug, Clone)]
pub struct ChildObject {
    /// The facts about it for the caller.
    pub facts: ChildFacts,
}

impl Object for ChildObject {
    const TYPE: &'static str = "Child";
    const PATH: &'static [&'static str] = &["child_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Child>("child_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        let facts = child_facts(tx, lookup.caller, id, lookup.moment).await?;
        Ok(facts.map(|facts| Self { facts }))
    }

    fn id(&self) -> String {
        self.facts.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject {
            municipality: self.facts.municipality.clone(),
            case: None,
            child: Some(self.facts.id.uuid()),
        }
    }

    fn is_met_privately(&self) -> bool {
        self.facts.is_private
    }

    fn consents(&self) -> Vec<Id<Consent>> {
        self.facts.consents.clone()
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        let known = self.facts.acts_as.filter(|person| caller.is(*person));
        known.unwrap_or_else(|| caller.person_in(&self.facts.municipality))
    }

    fn attributes(&self) -> Attributes {
        vec![
            ("protection", Fact::Word(self.facts.protection.as_str().into())),
            ("municipality", reference("Municipality", &self.facts.municipality)),
        ]
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        let facts = &self.facts;
        let relation = flags(&[
            ("disqualified", facts.disqualified),
            ("child", facts.is_child),
            ("has_case", facts.has_case),
            ("registered", facts.registered),
            ("leads_registering_unit", facts.leads_registering_unit),
            ("contact_person", facts.is_contact_person),
            ("seat", facts.has_seat),
            ("guardian", facts.is_guardian),
            ("lives_with_child", facts.lives_with_child),
            ("young_person", facts.is_young_person),
            ("child_welfare", facts.child_welfare_seat.is_some()),
            ("care_order", facts.care_order_seat.is_some()),
            ("leads_care_order", facts.leads_care_order),
        ]);
        vec![("relation", Fact::Record(relation))]
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_child", self).allowed
    }
}

/// A concern of a unit.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ConcernObject {
    /// The municipality of the unit.
    pub municipality: String,
    /// The concern.
    pub id: Id<Concern>,
    /// The unit it belongs to.
    pub unit_id: Id<Unit>,
    /// The person who wrote it.
    pub author_id: Id<Person>,
    /// The child, unless the concern is anonymous.
    pub child_id: Option<Id<Child>>,
    /// Whether the caller is disqualified: in the child's family, or with a conflict of interest.
    #[sqlx(skip)]
    pub disqualified: bool,
}

macro_rules! concerns {
    ($which:literal) => {
        concat!("SELECT municipality, id, unit_id, author_id, child_id FROM concern WHERE id ", $which)
    };
}
const CONCERN: &str = concerns!("= $1");
const THESE: &str = concerns!("IN (");

impl ConcernObject {
    /// Loads a concern, with the facts about it for a caller.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn load(
        tx: &mut Tx,
        id: Id<Concern>,
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, DbError> {
        let Some(mut found) = fetch_optional!(tx, Self, CONCERN, id)? else { return Ok(None) };
        if let Some(child) = found.child_id {
            found.disqualified = ties(tx, caller, now).await?.keep_from(child, caller.is(found.author_id));
        }
        Ok(Some(found))
    }

    /// Loads the concerns with these ids, with the facts about each for a caller.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn these(
        tx: &mut Tx,
        ids: &[Id<Concern>],
        caller: &Caller,
        now: DateTime<Utc>,
    ) -> Result<Vec<Self>, DbError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = fetch_in!(tx, Self, THESE, ids)?;
        let ties = ties(tx, caller, now).await?;
        for concern in &mut found {
            let own = caller.is(concern.author_id);
            concern.disqualified = concern.child_id.is_some_and(|child| ties.keep_from(child, own));
        }
        Ok(found)
    }
}

impl Object for ConcernObject {
    const TYPE: &'static str = "Concern";
    const PATH: &'static [&'static str] = &["concern_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Concern>("concern_id") else { return Ok(None) };
        if lookup.for_write {
            dialect::lock(tx, id.uuid()).await?;
        }
        Self::load(tx, id, lookup.caller, lookup.moment.now).await
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        let child = self.child_id.map(Id::uuid);
        Subject { municipality: self.municipality.clone(), case: None, child }
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        let in_unit = caller.person_of_unit(self.unit_id);
        caller.among([self.author_id]).or(in_unit).unwrap_or_else(|| caller.person_in(&self.municipality))
    }

    fn attributes(&self) -> Attributes {
        vec![("unit", reference("Unit", self.unit_id)), ("author", reference("Person", self.author_id))]
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        vec![("disqualified", Fact::Flag(self.disqualified))]
    }

    fn may_be_known(&self, policies: &Arc<Policies>, caller: &Caller) -> bool {
        policies.decide(caller, "read_concern", self).allowed
    }
}
