//! The people who decide for a child, and the guardians it is hidden from: parental responsibility, care orders and protected
//! addresses.
//!
//! Closing follows the child: a protected address or a care order in one registration ends what guardians see in every
//! registration of the child. In the others it is a claim: it closes for [`PROVISIONAL`], unless the contact person confirms or
//! rejects it (`src/claims`). Opening follows the registration: child welfare and foster parents see the case of a child only
//! where the order is recorded.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::{
    MAJORITY,
    rows::{flag, optional_flag},
};
use crate::{
    access::PROVISIONAL,
    identity::{Caller, HeldRole},
    kernel::{
        Id, Moment,
        clock::beginning_of,
        ids::{Child, Person, Unit},
        vocabulary::{Capacity, Protection, Sector},
    },
};

/// The guardianships in force, of all registrations of a child. A statement is one to the other registrations from
/// when they became those of one child, at the earliest.
pub(super) const GUARDIANS: &str = "
    SELECT g.child_id AS registration, q.canonical_id AS guardian_id, g.parental_responsibility, g.lives_with_child, g.capacity,
           CASE WHEN s.identified_at > g.created_at THEN s.identified_at ELSE g.created_at END AS stated_at, d.confirmed, FALSE AS rejected
    FROM child k
    JOIN child s ON s.municipality = k.municipality AND s.person_id = k.person_id
    JOIN guardianship g ON g.municipality = s.municipality AND g.child_id = s.id
    JOIN person q ON q.id = g.guardian_id
    LEFT JOIN claim_decision d ON d.municipality = k.municipality AND d.child_id = k.id AND d.claim_id = g.id
    WHERE g.ended_at IS NULL AND k.id = $1";
/// The registrations of a child, each with the protection of its address and the care order that has not ended.
pub(super) const REGISTRATIONS: &str = "
    SELECT s.id AS registration, a.protection, CASE WHEN s.identified_at > a.protected_at THEN s.identified_at ELSE a.protected_at END AS protected_at,
           CASE WHEN da.decided_at >= a.protected_at THEN da.confirmed END AS protection_confirmed,
           q.canonical_id AS child_welfare_person_id, o.child_welfare_unit_id, o.in_force_from,
           CASE WHEN s.identified_at > o.recorded_at THEN s.identified_at ELSE o.recorded_at END AS recorded_at, d.confirmed AS order_confirmed
    FROM child k
    JOIN child s ON s.municipality = k.municipality AND s.person_id = k.person_id
    LEFT JOIN address_protection a ON a.municipality = s.municipality AND a.child_id = s.id
    LEFT JOIN care_order o ON o.municipality = s.municipality AND o.child_id = s.id AND o.ended_at IS NULL
    LEFT JOIN person q ON q.id = o.child_welfare_person_id
    LEFT JOIN claim_decision da ON da.municipality = k.municipality AND da.child_id = k.id AND da.claim_id = s.id
    LEFT JOIN claim_decision d ON d.municipality = k.municipality AND d.child_id = k.id AND d.claim_id = o.id
    WHERE k.id = $1";

#[derive(Debug, Clone, Deserialize, sqlx::FromRow)]
pub(super) struct GuardianRow {
    /// The registration that the guardianship is in.
    pub registration: Id<Child>,
    pub guardian_id: Id<Person>,
    #[serde(deserialize_with = "flag")]
    pub parental_responsibility: bool,
    #[serde(deserialize_with = "flag")]
    pub lives_with_child: bool,
    pub capacity: Capacity,
    pub stated_at: DateTime<Utc>,
    /// The decision about it for the registration that is read, if that is another.
    #[serde(deserialize_with = "optional_flag")]
    pub confirmed: Option<bool>,
    /// The leader of the guardian, who is staff, has rejected it since.
    #[serde(deserialize_with = "flag")]
    pub rejected: bool,
}

#[derive(Debug, Clone, Deserialize, sqlx::FromRow)]
pub(super) struct RegistrationRow {
    /// The id of the child in this registration.
    pub registration: Id<Child>,
    pub protection: Option<String>,
    pub protected_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "optional_flag")]
    pub protection_confirmed: Option<bool>,
    pub child_welfare_person_id: Option<Id<Person>>,
    pub child_welfare_unit_id: Option<Id<Unit>>,
    pub in_force_from: Option<NaiveDate>,
    pub recorded_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "optional_flag")]
    pub order_confirmed: Option<bool>,
}

impl RegistrationRow {
    fn protection(&self) -> Protection {
        Protection::stored(self.protection.as_deref())
    }

    fn is_under_order(&self, today: NaiveDate) -> bool {
        self.in_force_from.is_some_and(|from| from <= today)
    }

    /// Returns whether the protection of the address here counts in the registration `child`.
    fn protects(&self, reader: &Registered, now: DateTime<Utc>) -> bool {
        let decided = self.protection_confirmed;
        let counts =
            || self.registration == reader.child || reader.claim_counts(decided, self.protected_at, now);
        self.protection().is_graded() && counts()
    }

    /// Returns whether the care order here closes the record in the registration `child`.
    fn closes(&self, reader: &Registered, moment: Moment) -> bool {
        let begins = self.in_force_from.map(beginning_of);
        let (decided, stated_at) = (self.order_confirmed, self.recorded_at.max(begins));
        let counts =
            || self.registration == reader.child || reader.claim_counts(decided, stated_at, moment.now);
        self.is_under_order(moment.today) && counts()
    }

    /// Returns whether the care order here takes the consents of the guardians in the registration `child`. A claim that nobody has
    /// decided takes none, so no seat and no baton is lost by it.
    fn takes_consents(&self, reader: &Registered, moment: Moment) -> bool {
        let is_settled = self.registration == reader.child || self.order_confirmed == Some(true);
        self.is_under_order(moment.today) && is_settled
    }
}

/// The registration that is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Registered {
    pub child: Id<Child>,
    /// When the child was registered, or became the person that it is. A claim begins then at the earliest.
    pub since: DateTime<Utc>,
}

impl Registered {
    /// `identified_at` is when the number of the child came later.
    pub(super) fn new(
        child: Id<Child>,
        registered_at: DateTime<Utc>,
        identified_at: Option<DateTime<Utc>>,
    ) -> Self {
        Self { child, since: registered_at.max(identified_at.unwrap_or(registered_at)) }
    }

    /// Returns whether a statement of another registration counts: it is confirmed, or it is recent and nobody has rejected it.
    pub(super) fn claim_counts(
        &self,
        confirmed: Option<bool>,
        stated_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> bool {
        confirmed.unwrap_or_else(|| stated_at.is_some_and(|at| now - at.max(self.since) < PROVISIONAL))
    }
}

/// The people who decide for a child in one registration, on a day.
#[derive(Debug, Clone)]
pub(super) struct Custody {
    /// The guardians who see the child's record.
    pub guardians: Vec<Id<Person>>,
    /// Those of them who live with the child.
    pub residents: Vec<Id<Person>>,
    /// Everyone who must consent for a child who cannot consent alone, including guardians it is hidden from.
    pub consenters: Vec<Id<Person>>,
    /// The guardian among them that the child lives with, if it lives with no other of them. Where rows about one human differ, it lives with them.
    pub sole_home: Option<Id<Person>>,
    /// The person in child welfare who decides by a care order recorded in this registration, and their unit.
    pub child_welfare: Option<(Id<Person>, Id<Unit>)>,
    /// The protection of the address in this registration.
    pub protection: Protection,
    /// The child is under a care order or has a protected address. Its family is kept away, except these guardians.
    pub is_closed: bool,
}

/// Computes who decides for a child of an age, from the rows in force.
pub(super) fn custody(
    reader: Registered,
    guardians: &[GuardianRow],
    registrations: &[RegistrationRow],
    age: i64,
    moment: Moment,
) -> Custody {
    let (child, today) = (reader.child, moment.today);
    let is_minor = age < MAJORITY;
    let own = registrations.iter().find(|row| row.registration == child);
    let graded: Vec<Id<Child>> = registrations
        .iter()
        .filter(|row| row.protects(&reader, moment.now))
        .map(|row| row.registration)
        .collect();
    let under_order = is_minor && registrations.iter().any(|row| row.closes(&reader, moment));
    let keeps_consents = !registrations.iter().any(|row| row.takes_consents(&reader, moment));
    let child_welfare = own
        .filter(|row| is_minor && row.is_under_order(today))
        .and_then(|row| row.child_welfare_person_id.zip(row.child_welfare_unit_id));
    // One human can have two rows, from before it was known that they are one. Both must say what opens.
    let lives_with = |registration: Id<Child>, person: Id<Person>| {
        let here = |row: &&GuardianRow| row.registration == registration && row.guardian_id == person;
        guardians.iter().any(|row| here(&row))
            && guardians.iter().filter(here).all(|row| row.lives_with_child)
    };
    let holds_in_all = |person: Id<Person>| {
        let here = guardians.iter().filter(|row| row.registration == child && row.guardian_id == person);
        here.into_iter().all(|row| row.parental_responsibility)
    };
    let is_hidden_from = |person: Id<Person>| {
        let lives_in_all =
            graded.iter().chain([&child]).all(|registration| lives_with(*registration, person));
        !graded.is_empty() && !lives_in_all
    };
    let some = |is: fn(&GuardianRow) -> bool| -> Vec<Id<Person>> {
        let here = || guardians.iter().filter(|row| is_minor && row.registration == child);
        let mut people = Vec::new();
        for row in here().filter(|row| is(row)) {
            if !people.contains(&row.guardian_id) {
                people.push(row.guardian_id);
            }
        }
        people
    };
    let holders = some(|row| row.parental_responsibility && row.capacity != Capacity::FosterParent);
    let (consenters, mut seeing) = match child_welfare {
        Some((person, _)) => (vec![person], some(|row| row.capacity == Capacity::FosterParent)),
        None if under_order && keeps_consents => (holders, Vec::new()),
        None if under_order => (Vec::new(), Vec::new()),
        None => (holders.clone(), holders.into_iter().filter(|person| holds_in_all(*person)).collect()),
    };
    seeing.retain(|person| !is_hidden_from(*person));
    let may_live_with = |person: Id<Person>| {
        let here = |row: &&GuardianRow| row.registration == child && row.guardian_id == person;
        guardians.iter().filter(here).any(|row| row.lives_with_child)
    };
    let mut homes = consenters.iter().copied().filter(|person| may_live_with(*person));
    let sole_home = homes.next().filter(|person| homes.next().is_none() && lives_with(child, *person));
    Custody {
        sole_home,
        residents: seeing.iter().copied().filter(|person| lives_with(child, *person)).collect(),
        guardians: seeing,
        consenters,
        child_welfare,
        protection: own.map_or(Protection::None, RegistrationRow::protection),
        is_closed: !graded.is_empty() || under_order,
    }
}

impl Custody {
    /// Returns the role in child welfare in which the caller decides for the child.
    pub(super) fn child_welfare_seat(&self, caller: &Caller) -> Option<HeldRole> {
        let (_, unit) = self.child_welfare.filter(|(person, _)| caller.is(*person))?;
        let is_theirs = |held: &&HeldRole| held.unit_id == unit && held.sector == Sector::ChildWelfare;
        caller.works_in().find(is_theirs).cloned()
    }
}

#[cfg(test)]
mod tests;
