//! The ground for sharing in a case: the people who must consent to each kind of information, and their consents.

use super::{MAJORITY, rows::ConsentRow};
use crate::{
    access::kinds::{AloneRule, ChildAloneRule, Consenting, Home, Kinds},
    kernel::{
        Id,
        ids::{Consent, Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
};

/// The ground for sharing in a case.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The unit that keeps the record; it needs no consent to its own work.
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
    /// Returns everyone who must consent before this kind passes to a unit of a sector; nobody if it never may. Of a kind that is about
    /// one guardian, each decides on what is about them.
    #[must_use]
    pub fn consenters(&self, kind: InformationKind, to: Sector) -> Vec<Id<Person>> {
        let Ok(rule) = Kinds::rule(kind) else { return Vec::new() };
        let of_age = rule.consent_age.is_some_and(|age| self.child_age >= age.years(self.own_record_age));
        let by_law = |alone: &ChildAloneRule| self.child_age >= alone.from && alone.to.contains(&to);
        let decides_alone = self.child_age >= MAJORITY || (of_age && Kinds::child_alone(rule).any(by_law));
        match rule.consent {
            Consenting::Family if of_age => vec![self.child],
            Consenting::Together if decides_alone => vec![self.child],
            // Nobody can, until someone is registered who decides together with a minor.
            Consenting::Together if of_age && !self.guardians.is_empty() => {
                self.guardians.iter().copied().chain([self.child]).collect()
            }
            Consenting::Family | Consenting::Together | Consenting::AboutPerson => self.guardians.clone(),
        }
    }

    /// Returns whether someone is registered who can consent to anything.
    #[must_use]
    pub fn can_consent(&self) -> bool {
        !self.guardians.is_empty() || self.has_own_record()
    }

    /// Returns whether the child is old enough to see the record, as the municipality has set it.
    #[must_use]
    pub fn has_own_record(&self) -> bool {
        self.child_age >= self.own_record_age
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
        let is_asked =
            self.guardians.contains(&guardian) && self.consenters(kind, sector).contains(&guardian);
        is_asked && lives_there && to.contains(&sector)
    }
}

/// The unit that kept the record when something was written, and whether that has followed the record since.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// The unit that kept the record then.
    pub then_by: Id<Unit>,
    /// It has followed each move since.
    pub followed: bool,
}

impl Kept {
    /// Creates the value for something that is written now, in a record that a unit keeps.
    #[must_use]
    pub const fn now(by: Id<Unit>) -> Self {
        Self { then_by: by, followed: true }
    }
}

impl Ground {
    /// Returns whether staff of this unit may take part in the case.
    #[must_use]
    pub fn covers(&self, unit: Id<Unit>) -> bool {
        unit == self.owner_unit || self.is_consented(unit, InformationKind::Agreed)
    }

    /// Returns whether everyone who must has consented that a unit takes part, besides the unit that keeps the record, of the units that
    /// someone knows.
    #[must_use]
    pub fn is_shared_with(&self, knows: impl Fn(Id<Unit>, Sector) -> bool) -> bool {
        let others = self.in_force.iter().filter(|given| given.unit != self.owner_unit);
        others
            .filter(|given| knows(given.unit, given.sector))
            .any(|given| self.is_consented(given.unit, InformationKind::Agreed))
    }

    /// Returns the people whose consent to this unit, of a sector, is missing.
    #[must_use]
    pub fn missing(&self, unit: Id<Unit>, sector: Sector) -> Vec<Id<Person>> {
        self.missing_for(unit, sector, InformationKind::Agreed)
    }

    /// Returns the people whose consent to this kind of information is missing for this unit, of a sector.
    #[must_use]
    pub fn missing_for(&self, unit: Id<Unit>, sector: Sector, kind: InformationKind) -> Vec<Id<Person>> {
        let given: Vec<&Given> =
            self.in_force.iter().filter(|given| given.unit == unit && given.kind == kind).collect();
        if given.iter().any(|given| self.is_enough(given)) {
            return Vec::new();
        }
        let mut consenters = self.family.consenters(kind, sector);
        consenters.retain(|person| !given.iter().any(|given| given.person == *person));
        consenters
    }

    /// Returns the consents by which a unit may see this kind of information. None if it needs none, or lacks one.
    #[must_use]
    pub fn consents_to(
        &self,
        unit: Id<Unit>,
        kind: InformationKind,
        about: Option<Id<Person>>,
    ) -> Vec<Id<Consent>> {
        self.consents_since(unit, kind, about, Kept::now(self.owner_unit))
    }

    /// Returns the consents by which a unit may see this kind of information, written when the record was kept so. None if it needs none, or
    /// lacks one.
    pub(super) fn consents_since(
        &self,
        unit: Id<Unit>,
        kind: InformationKind,
        about: Option<Id<Person>>,
        kept: Kept,
    ) -> Vec<Id<Consent>> {
        if self.needs_none(unit, kept) || !self.is_released(unit, kind, about) {
            return Vec::new();
        }
        self.sufficient(unit, kind, about).into_iter().map(|given| given.id).collect()
    }

    /// Returns the consents by which a kind passes to a unit that has them: a consent that is sufficient alone, or those of everyone who must.
    pub(super) fn sufficient(
        &self,
        unit: Id<Unit>,
        kind: InformationKind,
        about: Option<Id<Person>>,
    ) -> Vec<&Given> {
        let given = || self.in_force.iter().filter(|given| given.unit == unit && given.kind == kind);
        let is_asked = |given: &&Given| match Kinds::is_about_a_person(kind) {
            true => Some(given.person) == about,
            false => self.family.consenters(kind, given.sector).contains(&given.person),
        };
        let asked = given().filter(is_asked);
        match given().find(|given| self.is_enough(given)) {
            Some(alone) => vec![alone],
            None => asked.collect(),
        }
    }

    /// Returns whether this consent is sufficient alone.
    pub(super) fn is_enough(&self, given: &Given) -> bool {
        let law = given.alone.as_deref();
        law.is_some_and(|law| self.family.suffices_alone(given.person, given.kind, law, given.sector))
    }

    /// Returns the units that may see this kind of information that a unit writes now, including that unit. Both sender and receiver need
    /// consents, except the unit that keeps the record. `about` is the guardian that it is about, for a kind that is about one; without
    /// them it passes to nobody.
    #[must_use]
    pub fn shared_with(
        &self,
        kind: InformationKind,
        from: Id<Unit>,
        about: Option<Id<Person>>,
    ) -> Vec<Id<Unit>> {
        self.shared_since(kind, from, about, Kept::now(self.owner_unit))
    }

    /// Returns the units that may see this kind of information from a unit, as [`Self::shared_with`]. For what was written before the record
    /// moved, the unit that kept it then needs no consents. The unit that keeps it now needs them, unless the entry followed.
    #[must_use]
    pub fn shared_since(
        &self,
        kind: InformationKind,
        from: Id<Unit>,
        about: Option<Id<Person>>,
        kept: Kept,
    ) -> Vec<Id<Unit>> {
        let mut units = vec![from];
        if Kinds::is_about_a_person(kind) && about.is_none() {
            return units;
        }
        let passes = |unit: Id<Unit>| self.needs_none(unit, kept) || self.is_released(unit, kind, about);
        if passes(from) {
            let others = self.in_force.iter().map(|given| given.unit).chain([kept.then_by, self.owner_unit]);
            for unit in others {
                if passes(unit) && !units.contains(&unit) {
                    units.push(unit);
                }
            }
        }
        units
    }

    /// Returns whether a unit needs no consent to what was written when the record was kept so: it kept the record then, or keeps it now and the
    /// entry has followed.
    fn needs_none(&self, unit: Id<Unit>, kept: Kept) -> bool {
        unit == kept.then_by || (kept.followed && unit == self.owner_unit)
    }

    /// Returns the units that may see this kind of information from the family. The family's own words and
    /// agreements are for the unit that keeps the record, too. Other kinds are from another record: they need consents to every unit.
    #[must_use]
    pub fn shared_by_family(
        &self,
        kind: InformationKind,
        about: Option<Id<Person>>,
        kept: Kept,
    ) -> Vec<Id<Unit>> {
        let mut units = self.shared_since(kind, kept.then_by, about, kept);
        units.retain(|unit| kind == InformationKind::Agreed || self.is_released(*unit, kind, about));
        units
    }

    /// Returns whether a unit has the consents for this kind of information: of the guardian that it is about, or of everyone who must.
    pub(super) fn is_released(
        &self,
        unit: Id<Unit>,
        kind: InformationKind,
        about: Option<Id<Person>>,
    ) -> bool {
        if !Kinds::is_about_a_person(kind) {
            return self.is_consented(unit, kind);
        }
        let of_them = |given: &Given| given.kind == kind && Some(given.person) == about;
        self.in_force.iter().any(|given| given.unit == unit && of_them(given))
    }

    fn is_consented(&self, unit: Id<Unit>, kind: InformationKind) -> bool {
        // Without a consent that names the unit, its sector is not known, and nothing passes to it.
        let Some(given) = self.in_force.iter().find(|given| given.unit == unit) else { return false };
        let sector = given.sector;
        !self.family.consenters(kind, sector).is_empty() && self.missing_for(unit, sector, kind).is_empty()
    }
}
