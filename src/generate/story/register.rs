//! The people of the case: the child, its guardians, where they are found, and the concern that it began with.

use chrono::TimeDelta;

use super::{
    super::{family::Guardian, names, organisation::HEALTH, texts},
    NoNumberLeft, Story, moment, workday,
};
use crate::{
    accounts::{ChosenUsername, rows::AccountRow},
    care_orders::rows::CareOrderRow,
    children::rows::{ChildRow, GuardianshipRow, PersonRow},
    concerns::rows::{ConcernDecision, ConcernRow, DecidedRow},
    contact_details::rows::{ChildContactRow, GuardianContactRow, ProtectionRow},
    kernel::{
        Id, NationalId,
        days_off::working_day_from,
        ids::{Child, Person},
        vocabulary::{CareOrderKind, Protection},
    },
};
use chrono::{DateTime, Utc};
use std::borrow::Cow;

impl Story<'_, '_> {
    /// The child and its guardians, made known to the municipality and registered.
    pub(super) fn register(&mut self) -> Result<(), NoNumberLeft> {
        let at = self.registered_at();
        let number = self.source.numbers.child(self.child.born).ok_or(NoNumberLeft)?;
        // All numbers of the day may have been given.
        self.child.born = number.birth_date().ok_or(NoNumberLeft)?;
        self.make_known(self.child.person, number, self.child.name.clone(), at);
        self.add_registration(self.child.id, self.opener, at);
        for at_place in 0..self.family.guardians.len() {
            self.add_guardian(at_place, at)?;
        }
        self.find_at(at);
        self.record_order(at);
        let is_plain = !self.child.protection.is_graded() && self.family.child_welfare.is_none();
        if is_plain {
            let mut family = self.family.clone();
            family.guardians.iter_mut().for_each(|guardian| guardian.is_known = true);
            self.source.families[self.zone] = Some(family);
            if self.random.chance(3) {
                self.register_elsewhere();
            }
        }
        Ok(())
    }

    /// The child was registered when the concern was written.
    fn registered_at(&mut self) -> DateTime<Utc> {
        let day = workday(self.period.opened - TimeDelta::days(self.random.between(4, 13)));
        moment(&mut self.random, day)
    }

    fn make_known(&mut self, id: Id<Person>, number: NationalId, name: String, at: DateTime<Utc>) {
        self.batch.people.push(PersonRow {
            id,
            municipality: self.place.municipality,
            birth_date: number.birth_date(),
            national_id: Some(Cow::Owned(number)),
            name: name.into(),
            created_at: at,
        });
    }

    fn add_registration(&mut self, id: Id<Child>, by: super::Seat, at: DateTime<Utc>) {
        let organisation = self.organisation();
        self.batch.children.push(ChildRow {
            municipality: self.place.municipality,
            id,
            person: self.child.person,
            name: self.child.name.clone().into(),
            birth_date: self.child.born,
            due_on: None,
            mother: None,
            registered_by: organisation.person(by),
            registered_unit: organisation.unit(by),
            registered_at: at,
        });
    }

    fn add_guardian(&mut self, place: usize, at: DateTime<Utc>) -> Result<(), NoNumberLeft> {
        let is_first = !self.source.has_guardian && self.organisation().is_known(self.opener);
        let id = self.ids.next();
        let guardian = &mut self.family.guardians[place];
        guardian.guardianship = id;
        guardian.has_account |= is_first;
        let guardian = guardian.clone();
        if !guardian.is_known {
            let number = self.source.numbers.adult().ok_or(NoNumberLeft)?;
            self.make_known(guardian.person, number, guardian.name.clone(), at);
        }
        if !guardian.is_known && guardian.has_account {
            let username =
                if is_first { "foresatt".to_owned() } else { format!("foresatt-{}-{place}", self.number) };
            self.source.has_guardian |= is_first;
            let chosen = ChosenUsername::parse(&username);
            if let Ok(Ok(username)) = chosen.map(|chosen| chosen.within(self.place.municipality)) {
                self.batch.accounts.push(AccountRow {
                    person: guardian.person,
                    username: Cow::Owned(username),
                    password_hash: Some(self.source.password_hash),
                    created_at: at,
                });
            }
        }
        self.add_guardianship(&guardian, self.child.id, at);
        Ok(())
    }

    fn add_guardianship(&mut self, guardian: &Guardian, child: Id<Child>, at: DateTime<Utc>) {
        let registration = self.batch.children.iter().rev().find(|row| row.id == child);
        let created_by = registration.map(|row| row.registered_by);
        self.batch.guardianships.push(GuardianshipRow {
            municipality: self.place.municipality,
            id: guardian.guardianship,
            child,
            guardian: guardian.person,
            name: guardian.name.clone().into(),
            parental_responsibility: guardian.responsible,
            lives_with_child: guardian.lives_with_child,
            capacity: guardian.capacity,
            created_by,
            created_at: at,
        });
    }

    /// Where the child and its guardians are found; nothing of it where the address is strictly confidential.
    fn find_at(&mut self, at: DateTime<Utc>) {
        let organisation = self.organisation();
        let (municipality, protection) = (self.place.municipality, self.child.protection);
        let changed_by = organisation.person(self.opener);
        self.batch.protections.push(ProtectionRow {
            municipality,
            child: self.child.id,
            protection,
            changed_by,
            changed_at: at,
        });
        if protection == Protection::StrictlyConfidential {
            return;
        }
        let zone = &organisation.zones[self.zone];
        let address = names::address(&mut self.random, &zone.name);
        let kind = organisation.kind_in(self.zone, self.opener.unit);
        let school = zone.units[if kind == super::super::organisation::KINDERGARTEN { kind } else { 0 }];
        self.batch.child_contacts.push(ChildContactRow {
            municipality,
            child: self.child.id,
            protection,
            address: Some(address.clone().into()),
            phone: None,
            school: Some(organisation.units[school].id),
        });
        for guardian in &self.family.guardians {
            let address = if guardian.lives_with_child {
                address.clone()
            } else {
                names::address(&mut self.random, &zone.name)
            };
            self.batch.guardian_contacts.push(GuardianContactRow {
                municipality,
                guardianship: guardian.guardianship,
                child: self.child.id,
                protection,
                address: Some(address.into()),
                phone: Some(names::phone(&mut self.random).into()),
            });
        }
    }

    fn record_order(&mut self, at: DateTime<Utc>) {
        let Some(decides) = self.family.child_welfare else { return };
        let organisation = self.organisation();
        let in_force_from = workday(at.date_naive() - TimeDelta::days(self.random.between(20, 300)));
        self.batch.care_orders.push(CareOrderRow {
            municipality: self.place.municipality,
            id: self.ids.next(),
            child: self.child.id,
            kind: CareOrderKind::TakenIntoCare,
            reference: format!("BVHN-{}-{:04}", in_force_from.format("%Y"), self.number % 10_000).into(),
            in_force_from,
            in_force_until: None,
            unit: organisation.unit(decides),
            person: organisation.person(decides),
            accepted_at: Some(at),
            recorded_by: organisation.person(self.opener),
            recorded_at: at,
        });
    }

    /// The health centre has registered the same child for itself, and decided a concern of its own.
    fn register_elsewhere(&mut self) {
        let organisation = self.organisation();
        let unit = organisation.zones[self.zone].units[HEALTH];
        let by = organisation.worker(unit, self.random.below(1 << 16));
        if unit == self.opener.unit {
            return;
        }
        let day = workday(self.period.opened - TimeDelta::days(self.random.between(30, 200)));
        let (at, id) = (moment(&mut self.random, day), self.ids.next());
        self.add_registration(id, by, at);
        for guardian in self.family.guardians.clone() {
            let guardian = Guardian { guardianship: self.ids.next(), ..guardian };
            self.add_guardianship(&guardian, id, at);
        }
        let decided = DecidedRow {
            decision: ConcernDecision::NoNeed,
            reason: self.one(texts::NO_NEED).into(),
            at: at + TimeDelta::days(7),
            by: organisation.person(by),
            case: None,
        };
        self.add_concern(by, id, at, Some(decided));
    }

    /// The concern that the case was opened on.
    pub(super) fn raise_concern(&mut self) {
        let created_at = self.batch.children.iter().rev().find(|row| row.id == self.child.id);
        let at = created_at.map_or(self.period.opened_at, |row| row.registered_at);
        let decided = DecidedRow {
            decision: ConcernDecision::OpenCase,
            reason: self.one(texts::DECISIONS).into(),
            at: self.period.opened_at,
            by: self.person(self.opener),
            case: Some(self.place.case),
        };
        self.add_concern(self.opener, self.child.id, at, Some(decided));
    }

    fn add_concern(
        &mut self,
        by: super::Seat,
        child: Id<Child>,
        at: DateTime<Utc>,
        decided: Option<DecidedRow<'static>>,
    ) {
        let (organisation, theme) = (self.organisation(), self.theme);
        let facts = self.two(theme.facts, theme.risks);
        let risk_factors = Some(self.one(theme.risks).into());
        let protective_factors = Some(self.one(theme.strengths).into());
        let child_says = self.random.chance(70).then(|| self.one(theme.says).into());
        let tried_so_far = Some(self.one(texts::TRIED).into());
        let texts = [Some(facts.into()), risk_factors, protective_factors, child_says, tried_so_far];
        let [facts, risk_factors, protective_factors, child_says, tried_so_far] = texts;
        self.batch.concerns.push(ConcernRow {
            municipality: self.place.municipality,
            id: self.ids.next(),
            unit: organisation.unit(by),
            sector: organisation.units[by.unit].sector,
            author: organisation.person(by),
            child: Some(child),
            texts: [facts, risk_factors, protective_factors, child_says, tried_so_far, None, None, None],
            decide_by: working_day_from(at.date_naive() + TimeDelta::days(14)),
            created_at: at,
            decided,
        });
    }
}
