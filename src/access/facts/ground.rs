//! The ground for sharing in a case: the people who must consent to each kind of information, and their consents.

use super::rows::ConsentRow;
use crate::{
    access::kinds::{AloneRule, Consenting, Home, Kinds},
    kernel::{
        Id,
        ids::{Consent, Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
};

/// The ground for sharing in a case.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The unit that opened the case; it needs no consent to its own work.
    pub owner_unit: Id<Unit>,
    /// The people who may have to consent.
    pub family: Family,
    /// The consents in force.
    pub in_force: Vec<Given>,
}

/// The people who may have to consent, depending on the kind of information and the child's age.
#[derive(Debug, Clone)]
pub struct Family {
    /// The people who consent for a child under 18: the guardians with parental responsibility or, under a care order, the
    /// person in child welfare who decides in their place.
    pub guardians: Vec<Id<Person>>,
    /// The guardian among them that the child lives with, if it lives with no other of them.
    pub sole_home: Option<Id<Person>>,
    /// The child as a person.
    pub child: Id<Person>,
    /// The child's age in whole years.
    pub child_age: i64,
    /// The age from which the young person sees the record and consents to sharing it, as the municipality has set it.
    pub own_record_age: i64,
}

/// A consent in force, by one person to one unit for one kind of information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The consent.
    pub id: Id<Consent>,
    /// The person who gave it.
    pub person: Id<Person>,
    /// The unit that may receive the information.
    pub unit: Id<Unit>,
    /// The sector of that unit.
    pub sector: Sector,
    /// The kind of information.
    pub kind: InformationKind,
    /// The law that makes it sufficient alone, although there is another guardian.
    pub alone: Option<String>,
}

impl From<ConsentRow> for Given {
    fn from(row: ConsentRow) -> Self {
        Self {
            id: row.id,
            person: row.given_by,
            unit: row.unit,
            sector: row.sector,
            kind: row.kind,
            alone: row.alone_basis,
        }
    }
}

impl Family {
    /// Returns everyone who must consent before this kind passes to another unit; nobody if it never may.
    #[must_use]
    pub fn consenters(&self, kind: InformationKind) -> Vec<Id<Person>> {
        let Ok(rule) = Kinds::rule(kind) else { return Vec::new() };
        let of_age = rule.consent_age.is_some_and(|age| self.child_age >= age.years(self.own_record_age));
        match rule.consent {
            Consenting::Family if of_age => vec![self.child],
            Consenting::Together if of_age => self.guardians.iter().copied().chain([self.child]).collect(),
            Consenting::Family | Consenting::Together | Consenting::Guardians => self.guardians.clone(),
        }
    }

    /// Returns whether this guardian's consent to this kind, for a unit of a sector, is sufficient alone by this law. The conditions of the law
    /// must hold now.
    #[must_use]
    pub fn suffices_alone(
        &self,
        guardian: Id<Person>,
        kind: InformationKind,
        law: &str,
        sector: Sector,
    ) -> bool {
        let Some(AloneRule { home, to, .. }) = Kinds::alone_by(kind, law) else { return false };
        let lives_there = match home {
            Some(Home::WithThemOnly) => self.sole_home == Some(guardian),
            None => true,
        };
        let is_asked = self.guardians.contains(&guardian) && self.consenters(kind).contains(&guardian);
        is_asked && lives_there && to.contains(&sector)
    }
}

impl Ground {
    /// Returns everyone who must consent before a unit may join the case.
    #[must_use]
    pub fn consenters(&self) -> Vec<Id<Person>> {
        self.family.consenters(InformationKind::Agreed)
    }

    /// Returns whether staff of this unit may take part in the case.
    #[must_use]
    pub fn covers(&self, unit: Id<Unit>) -> bool {
        unit == self.owner_unit || self.is_consented(unit, InformationKind::Agreed)
    }

    /// Returns the people whose consent to this unit is missing.
    #[must_use]
    pub fn missing(&self, unit: Id<Unit>) -> Vec<Id<Person>> {
        self.missing_for(unit, InformationKind::Agreed)
    }

    /// Returns the people whose consent to this kind of information is missing for this unit.
    #[must_use]
    pub fn missing_for(&self, unit: Id<Unit>, kind: InformationKind) -> Vec<Id<Person>> {
        let given: Vec<&Given> =
            self.in_force.iter().filter(|given| given.unit == unit && given.kind == kind).collect();
        if given.iter().any(|given| self.is_enough(given)) {
            return Vec::new();
        }
        let mut consenters = self.family.consenters(kind);
        consenters.retain(|person| !given.iter().any(|given| given.person == *person));
        consenters
    }

    /// Returns the consents by which a unit may see this kind of information. None if it needs none, or lacks one.
    #[must_use]
    pub fn consents_to(&self, unit: Id<Unit>, kind: InformationKind) -> Vec<Id<Consent>> {
        if unit == self.owner_unit || !self.is_consented(unit, kind) {
            return Vec::new();
        }
        let given = || self.in_force.iter().filter(|given| given.unit == unit && given.kind == kind);
        let consenters = self.family.consenters(kind);
        let asked = given().filter(|given| consenters.contains(&given.person));
        match given().find(|given| self.is_enough(given)) {
            Some(alone) => vec![alone.id],
            None => asked.map(|given| given.id).collect(),
        }
    }

    /// Returns whether this consent is sufficient alone.
    fn is_enough(&self, given: &Given) -> bool {
        let law = given.alone.as_deref();
        law.is_some_and(|law| self.family.suffices_alone(given.person, given.kind, law, given.sector))
    }

    /// Returns the units that may see this kind of information from a unit, including that unit. Both sender and receiver need
    /// consents, except the unit that opened the case.
    #[must_use]
    pub fn shared_with(&self, kind: InformationKind, from: Id<Unit>) -> Vec<Id<Unit>> {
        let mut units = vec![from];
        let passes = |unit: Id<Unit>| unit == self.owner_unit || self.is_consented(unit, kind);
        if passes(from) {
            let others = self.in_force.iter().map(|given| given.unit).chain([self.owner_unit]);
            for unit in others {
                if passes(unit) && !units.contains(&unit) {
                    units.push(unit);
                }
            }
        }
        units
    }

    fn is_consented(&self, unit: Id<Unit>, kind: InformationKind) -> bool {
        !self.family.consenters(kind).is_empty() && self.missing_for(unit, kind).is_empty()
    }
}
