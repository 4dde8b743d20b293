//! Objects whose existence is not secret: the caller's own desk and questions, municipalities and units.

use std::sync::Arc;

use super::{Attributes, Lookup, Object, Subject};
use crate::{
    access::{
        policies::{Fact, Policies, reference},
        superiors,
    },
    db::{DbError, Tx},
    fetch_all, fetch_optional,
    identity::Caller,
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::Sector,
    },
};

/// The caller's own account and work list.
#[derive(Debug, Clone)]
pub struct Desk {
    person: Id<Person>,
    municipality: String,
}

impl Object for Desk {
    const TYPE: &'static str = "Person";

    async fn find(_tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Caller { account, municipality, .. } = lookup.caller;
        Ok(Some(Self { person: *account, municipality: municipality.clone() }))
    }

    fn id(&self) -> String {
        self.person.to_string()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.municipality.clone(), ..Subject::default() }
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        caller.account
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, _caller: &Caller) -> bool {
        true
    }
}

/// A question about what a person may do.
#[derive(Debug, Clone)]
pub struct QuestionObject {
    /// The person it is about.
    pub person: Id<Person>,
    /// The municipality of the asker's account.
    pub home: String,
    /// The municipality of the object it is about, once that is found.
    pub municipality: Option<String>,
    /// Whether the asker is disqualified in relation to the child it is about.
    pub disqualified: bool,
}

impl Object for QuestionObject {
    const TYPE: &'static str = "Person";

    /// Returns a question of callers about themselves. The rules decide again once the object of the question is known.
    async fn find(_tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Caller { account, municipality, .. } = lookup.caller;
        Ok(Some(Self {
            person: *account,
            home: municipality.clone(),
            municipality: None,
            disqualified: false,
        }))
    }

    fn id(&self) -> String {
        self.person.to_string()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.home.clone(), ..Subject::default() }
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        caller.account
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        let mut context = vec![("disqualified", Fact::Flag(self.disqualified))];
        let municipality = self.municipality.as_ref();
        context.extend(municipality.map(|number| ("municipality", reference("Municipality", number))));
        context
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, _caller: &Caller) -> bool {
        true
    }
}

/// A municipality. Its existence is public.
#[derive(Debug, Clone)]
pub struct MunicipalityObject {
    /// Its four-digit number.
    pub number: String,
}

impl MunicipalityObject {
    /// Finds the municipality of a number.
    pub(in crate::access) async fn of_number(tx: &mut Tx, number: &str) -> Result<Option<Self>, DbError> {
        let found =
            fetch_optional!(tx, (String,), "SELECT number FROM municipality WHERE number = $1", number)?;
        Ok(found.map(|(number,)| Self { number }))
    }
}

impl Object for MunicipalityObject {
    const TYPE: &'static str = "Municipality";
    const PATH: &'static [&'static str] = &["municipality"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        Self::of_number(tx, lookup.text("municipality").unwrap_or_default()).await
    }

    fn id(&self) -> String {
        self.number.clone()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.number.clone(), ..Subject::default() }
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, _caller: &Caller) -> bool {
        true
    }
}

/// A unit, with whether the caller decides on the disqualification of its staff though they do not lead it.
#[derive(Debug, Clone)]
pub struct UnitStaff {
    /// The unit.
    pub unit: UnitObject,
    /// Whether a leader elsewhere, who is the caller, decides on something because no leader of the unit can (fvl §§ 6 and 8).
    pub decides_above: bool,
}

impl Object for UnitStaff {
    const TYPE: &'static str = UnitObject::TYPE;
    const PATH: &'static [&'static str] = UnitObject::PATH;

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(unit) = UnitObject::find(tx, lookup).await? else { return Ok(None) };
        let caller = lookup.caller;
        let leads_it = caller.leads().any(|held| held.unit_id == unit.id);
        let leads_beside = caller.leads().any(|held| held.municipality == unit.municipality);
        let decides_above = !leads_it
            && leads_beside
            && superiors::decides_above(tx, &unit, caller.account, lookup.moment).await?;
        Ok(Some(Self { unit, decides_above }))
    }

    fn id(&self) -> String {
        self.unit.id()
    }

    fn subject(&self) -> Subject {
        self.unit.subject()
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        self.unit.actor(caller)
    }

    fn attributes(&self) -> Attributes {
        self.unit.attributes()
    }

    fn context(&self, _caller: &Caller) -> Attributes {
        vec![("decides_above", Fact::Flag(self.decides_above))]
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, _caller: &Caller) -> bool {
        true
    }
}

/// A unit. Its existence is public.
#[derive(Debug, Clone)]
pub struct UnitObject {
    /// The unit.
    pub id: Id<Unit>,
    /// The municipality it belongs to.
    pub municipality: String,
    /// Its sector.
    pub sector: Sector,
    /// The municipalities it serves.
    pub serves: Vec<String>,
}

impl UnitObject {
    /// Finds the unit with an id.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn of_id(tx: &mut Tx, id: Id<Unit>) -> Result<Option<Self>, DbError> {
        let unit = "SELECT municipality, sector FROM unit WHERE id = $1";
        let unit = fetch_optional!(tx, (String, Sector), unit, id)?;
        let Some((municipality, sector)) = unit else { return Ok(None) };
        let serves = "SELECT municipality FROM unit_serves WHERE unit_id = $1 ORDER BY municipality";
        let serves = fetch_all!(tx, (String,), serves, id)?;
        let serves = serves.into_iter().map(|(number,)| number).collect();
        Ok(Some(Self { id, municipality, sector, serves }))
    }

    /// Returns the municipality of a child that is not named yet: that of the unit, or the only one that the unit serves.
    ///
    /// # Errors
    /// If the unit serves several, and not its own.
    pub fn municipality_of_the_unnamed(&self) -> Result<String, &'static str> {
        match &self.serves[..] {
            _ if self.serves.contains(&self.municipality) => Ok(self.municipality.clone()),
            [only] => Ok(only.clone()),
            _ => Err("is required: the unit serves several municipalities, and not its own"),
        }
    }
}

impl Object for UnitObject {
    const TYPE: &'static str = "Unit";
    const PATH: &'static [&'static str] = &["unit_id"];

    async fn find(tx: &mut Tx, lookup: &Lookup<'_>) -> Result<Option<Self>, DbError> {
        let Some(id) = lookup.id::<Unit>("unit_id") else { return Ok(None) };
        Self::of_id(tx, id).await
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn subject(&self) -> Subject {
        Subject { municipality: self.municipality.clone(), ..Subject::default() }
    }

    fn actor(&self, caller: &Caller) -> Id<Person> {
        caller.person_of_unit(self.id).unwrap_or_else(|| caller.person_in(&self.municipality))
    }

    fn attributes(&self) -> Attributes {
        vec![("municipality", reference("Municipality", &self.municipality))]
    }

    fn context(&self, caller: &Caller) -> Attributes {
        let same = caller
            .works_in()
            .any(|seat| seat.municipality == self.municipality || self.serves.contains(&seat.municipality));
        vec![("same_municipality", Fact::Flag(same))]
    }

    fn may_be_known(&self, _policies: &Arc<Policies>, _caller: &Caller) -> bool {
        true
    }
}
