//! Units and their staff: more of them for more cases, so that a person has about twenty.

use chrono::{DateTime, Utc};

use super::{
    names,
    people::Numbers,
    placing::{Home, Placing, municipality, spread},
    random::{Ids, Random},
};
use crate::{
    catalogue::whole::Whole,
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::{Role, Sector},
    },
};

/// Cases of someone who works with children.
const CASELOAD: usize = 20;
/// Cases of the person whose number of cases is known.
pub(super) const KNOWN_CASES: usize = 31;

/// The kinds of units in a zone, with what part of twenty cases each opens and takes part in.
pub(super) const KINDS: [Kind; 6] = [
    Kind { key: "skole", name: "skole", kind: "school", sector: Sector::School, opens: 10, helps: 2 },
    Kind {
        key: "barnehage",
        name: "barnehage",
        kind: "kindergarten",
        sector: Sector::School,
        opens: 4,
        helps: 1,
    },
    Kind {
        key: "helsestasjon",
        name: "helsestasjon",
        kind: "health_centre",
        sector: Sector::Health,
        opens: 3,
        helps: 8,
    },
    Kind { key: "ppt", name: "PPT", kind: "ppt", sector: Sector::Ppt, opens: 1, helps: 8 },
    Kind {
        key: "barnevern",
        name: "barneverntjeneste",
        kind: "child_welfare",
        sector: Sector::ChildWelfare,
        opens: 1,
        helps: 4,
    },
    Kind { key: "nav", name: "NAV-kontor", kind: "nav", sector: Sector::Nav, opens: 1, helps: 3 },
];
pub(super) const SCHOOL: usize = 0;
pub(super) const KINDERGARTEN: usize = 1;
pub(super) const HEALTH: usize = 2;
pub(super) const PPT: usize = 3;
pub(super) const CHILD_WELFARE: usize = 4;
/// Which kind opens the case of each of twenty slots.
const OPENERS: [usize; 20] = [0, 1, 0, 2, 0, 3, 0, 1, 0, 2, 0, 4, 0, 1, 0, 5, 0, 1, 0, 2];

/// A kind of unit.
pub(super) struct Kind {
    pub key: &'static str,
    pub name: &'static str,
    pub kind: &'static str,
    pub sector: Sector,
    opens: usize,
    helps: usize,
}

/// Everything that cases are placed in.
pub(super) struct Organisation {
    pub municipalities: Vec<Municipality>,
    pub zones: Vec<Zone>,
    pub units: Vec<UnitPlace>,
    pub staff: Vec<Staff>,
    placing: Placing,
    pub seed: u64,
    /// When the staff began.
    pub since: DateTime<Utc>,
}

/// A municipality.
pub(super) struct Municipality {
    pub number: String,
    pub catalogue: Whole,
    /// Those who keep it: the administrator and the auditor.
    pub keepers: [usize; 2],
}

/// A school with the services around it: a unit of each kind.
pub(super) struct Zone {
    pub municipality: usize,
    pub name: String,
    pub units: [usize; KINDS.len()],
}

/// A unit.
pub(super) struct UnitPlace {
    pub id: Id<Unit>,
    pub key: String,
    pub name: String,
    pub kind: &'static str,
    pub sector: Sector,
    pub municipality: usize,
    /// Another municipality that it serves.
    pub also_serves: Option<usize>,
    /// The leader, and after them those who work with children.
    pub leader: usize,
    pub workers: usize,
}

/// Someone on the staff.
pub(super) struct Staff {
    pub person: Id<Person>,
    pub name: String,
    pub username: String,
    pub unit: usize,
    pub role: Role,
}

/// Someone, and through which unit they take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Seat {
    pub staff: usize,
    pub unit: usize,
}

impl Organisation {
    /// Plans units and staff for a number of cases.
    pub fn plan(found: Vec<(String, Whole)>, placing: Placing, seed: u64, since: DateTime<Utc>) -> Self {
        let municipalities = found
            .into_iter()
            .map(|(number, catalogue)| Municipality { number, catalogue, keepers: [0; 2] })
            .collect();
        let mut planned = Self {
            municipalities,
            zones: Vec::new(),
            units: Vec::new(),
            staff: Vec::new(),
            placing,
            seed,
            since,
        };
        let mut random = Random::new(seed, u64::MAX);
        let mut ids = Ids::from(random.clone(), since);
        for zone in 0..placing.zones() {
            planned.add_zone(zone, &mut random, &mut ids);
        }
        for number in 0..planned.municipalities.len() {
            planned.add_keepers(number, &mut random, &mut ids);
        }
        planned
    }

    fn add_zone(&mut self, zone: usize, random: &mut Random, ids: &mut Ids) {
        let (own, name) = (municipality(zone), names::place(zone));
        let mut units = [0; KINDS.len()];
        for (at, kind) in KINDS.iter().enumerate() {
            units[at] = self.units.len();
            // One service in four serves two municipalities.
            let is_shared = at == PPT && zone % 4 == 2;
            let keeper = if is_shared { (own + 1) % self.municipalities.len() } else { own };
            self.units.push(UnitPlace {
                id: ids.next(),
                key: format!("{}-{zone}", kind.key),
                name: format!("{name} {}", kind.name),
                kind: kind.kind,
                sector: kind.sector,
                municipality: keeper,
                also_serves: is_shared.then_some(own),
                leader: self.staff.len(),
                workers: self.workers(zone, at),
            });
            self.add_staff(zone, at, random);
        }
        self.zones.push(Zone { municipality: own, name, units });
    }

    /// How many work in the unit of a kind.
    fn workers(&self, zone: usize, at: usize) -> usize {
        let cases = self.placing.cases_in(zone);
        let known = self.known_cases();
        if zone == 0 && at == SCHOOL {
            return 1 + (cases - known).div_ceil(CASELOAD).max(1);
        }
        let opens = if zone == 0 { 0 } else { KINDS[at].opens };
        (cases * (opens + KINDS[at].helps)).div_ceil(20 * CASELOAD).max(2)
    }

    fn add_staff(&mut self, zone: usize, at: usize, random: &mut Random) {
        let unit = self.units.len() - 1;
        for place in 0..=self.units[unit].workers {
            let username = match (zone, at, place) {
                (0, SCHOOL, 0) => "leder".to_owned(),
                (0, SCHOOL, 1) => "kontaktperson".to_owned(),
                _ => format!("ansatt-{}", self.staff.len()),
            };
            let role = if place == 0 { Role::UnitLeader } else { Role::Worker };
            let (person, name) = (random.person(), names::full(random));
            self.staff.push(Staff { person, name, username, unit, role });
        }
    }

    fn add_keepers(&mut self, number: usize, random: &mut Random, ids: &mut Ids) {
        let unit = self.units.len();
        self.units.push(UnitPlace {
            id: ids.next(),
            key: "forvaltningen".to_owned(),
            name: "Forvaltningen for oppvekst".to_owned(),
            kind: "administration",
            sector: Sector::Other,
            municipality: number,
            also_serves: None,
            leader: self.staff.len(),
            workers: 0,
        });
        self.municipalities[number].keepers = [self.staff.len(), self.staff.len() + 1];
        for (role, what) in [(Role::Administrator, "administrator"), (Role::Auditor, "revisor")] {
            let (person, name) = (random.person(), names::full(random));
            self.staff.push(Staff { person, name, username: what.to_owned(), unit, role });
        }
    }

    /// How many cases the person has whose number of cases is known.
    fn known_cases(&self) -> usize {
        KNOWN_CASES.min(self.placing.cases_in(0) / 2)
    }

    /// The person who opens a case.
    pub fn opener(&self, home: Home) -> Seat {
        let Home { zone, slot } = home;
        if zone == 0 {
            let (cases, known) = (self.placing.cases_in(0), self.known_cases());
            let before = spread(known, cases, slot);
            let is_known = spread(known, cases, slot + 1) > before;
            let others = self.units[self.zones[0].units[SCHOOL]].workers - 1;
            let worker = if is_known { 0 } else { 1 + (slot - before) % others };
            return self.worker(self.zones[0].units[SCHOOL], worker);
        }
        let (round, at) = (slot / OPENERS.len(), slot % OPENERS.len());
        let mut kind = OPENERS[at];
        let own = &self.zones[zone];
        if self.units[own.units[kind]].municipality != own.municipality {
            kind = SCHOOL;
        }
        let in_round = OPENERS.iter().filter(|other| **other == kind).count();
        let before = OPENERS[..at].iter().filter(|other| **other == kind).count();
        self.worker(own.units[kind], round * in_round + before)
    }

    /// One of those who work in a unit; numbers past the last begin again.
    pub fn worker(&self, unit: usize, number: usize) -> Seat {
        let UnitPlace { leader, workers, .. } = self.units[unit];
        Seat { staff: leader + 1 + number % workers.max(1), unit }
    }

    /// Is this the person whose number of cases is known?
    pub fn is_known(&self, seat: Seat) -> bool {
        seat == self.worker(self.zones[0].units[SCHOOL], 0)
    }

    /// Which number, of the kinds of a zone's units, this unit is.
    pub fn kind_in(&self, zone: usize, unit: usize) -> usize {
        self.zones[zone].units.iter().position(|other| *other == unit).unwrap_or(SCHOOL)
    }

    pub fn person(&self, seat: Seat) -> Id<Person> {
        self.staff[seat.staff].person
    }

    pub fn unit(&self, seat: Seat) -> Id<Unit> {
        self.units[seat.unit].id
    }
}

/// The numbers that staff are known by, in the order of the staff.
pub(super) fn numbers(
    organisation: &Organisation,
    numbers: &mut Numbers,
) -> Option<Vec<crate::kernel::NationalId>> {
    organisation.staff.iter().map(|_| numbers.adult()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn planned(cases: usize) -> Organisation {
        let whole = || Whole {
            own_record_age: 15,
            consent_text: "2026-1".to_owned(),
            arenas: Vec::new(),
            measures: Vec::new(),
            levels: Vec::new(),
        };
        let found = ["4014", "4001", "5057"].map(|number| (number.to_owned(), whole()));
        Organisation::plan(found.into(), Placing::of(cases), 1, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn the_known_person_has_exactly_31_cases_and_nobody_has_very_many() {
        for cases in [1_000, 5_000] {
            let organisation = planned(cases);
            let mut opened = vec![0; organisation.staff.len()];
            let mut known = 0;
            for case in 0..cases {
                let seat = organisation.opener(organisation.placing.home(case));
                assert_eq!(organisation.staff[seat.staff].unit, seat.unit);
                opened[seat.staff] += 1;
                known += usize::from(organisation.is_known(seat));
            }
            assert_eq!(known, KNOWN_CASES);
            assert!(opened.iter().all(|cases| *cases <= 45), "{:?}", opened.iter().max());
        }
    }

    #[test]
    fn usernames_and_keys_are_given_once() {
        let organisation = planned(3_000);
        let place = |staff: &Staff| organisation.units[staff.unit].municipality;
        let usernames: BTreeSet<_> =
            organisation.staff.iter().map(|staff| (place(staff), &staff.username)).collect();
        assert_eq!(usernames.len(), organisation.staff.len());
        let keys: BTreeSet<_> =
            organisation.units.iter().map(|unit| (unit.municipality, &unit.key)).collect();
        assert_eq!(keys.len(), organisation.units.len());
    }
}
