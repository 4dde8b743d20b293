//! The people who decide for a child, and the guardians it is hidden from: parental responsibility, care orders and protected
//! addresses.
//!
//! Closing follows the child: a protected address or a care order in one registration ends what guardians see in every
//! registration of the child. In the others it is a claim: it closes for [`PROVISIONAL`], unless the contact person confirms or
//! rejects it (`src/claims`). Opening follows the registration: child welfare and foster parents see the case of a child only
//! where the order is recorded. `data/care_orders.toml` states what follows from each kind of order.

mod orders;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use self::orders::Orders;
use super::{
    MAJORITY,
    flag::{flag, optional_flag},
};
use crate::{
    access::{
        PROVISIONAL,
        care_orders::{CareOrderRule, Decides},
    },
    identity::{Caller, HeldRole},
    kernel::{
        Id, Moment,
        clock::beginning_of,
        ids::{Child, Person, Unit},
        vocabulary::{Capacity, CareOrderKind, Protection, Sector},
    },
};

/// SQL: the roles `r` by which a person answers for the care order `o` in child welfare, on any day. They have chosen a password, and are
/// not disqualified. The arguments are the person, as the municipality knows them, and the child.
#[macro_export]
macro_rules! care_order_role_sql {
    ($person:literal, $child_person:literal) => {
        concat!(
            "FROM staff_role r JOIN person rp ON rp.id = r.person_id
             WHERE r.unit_id = o.child_welfare_unit_id AND rp.canonical_id = ",
            $person,
            " AND r.role IN ('worker', 'unit_leader') AND r.ended_at IS NULL
              AND EXISTS (SELECT 1 FROM account ra JOIN account_password rw ON rw.person_id = ra.person_id
                          WHERE ra.person_id = r.person_id AND ra.disabled_at IS NULL)
              AND NOT EXISTS (SELECT 1 FROM conflict_of_interest rc JOIN person cp ON cp.id = rc.person_id
                              WHERE rc.child_person = ",
            $child_person,
            " AND cp.identity_id = rp.identity_id AND rc.ended_at IS NULL AND rc.confirmed_at IS NOT NULL)"
        )
    };
}

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
/// The registrations of a child, each with the protection of its address, once for each care order that has not ended.
pub(super) const REGISTRATIONS: &str = concat!(
    "
    SELECT s.id AS registration, a.protection, CASE WHEN s.identified_at > a.protected_at THEN s.identified_at ELSE a.protected_at END AS protected_at,
           CASE WHEN da.decided_at >= a.protected_at THEN da.confirmed END AS protection_confirmed,
           o.kind AS order_kind, q.canonical_id AS child_welfare_person_id, o.child_welfare_unit_id, o.in_force_from, o.in_force_until,
           o.accepted_at IS NOT NULL AS is_accepted,
           CASE WHEN s.identified_at > o.recorded_at THEN s.identified_at ELSE o.recorded_at END AS recorded_at, d.confirmed AS order_confirmed,
           (SELECT MAX(r.ends_on) ",
    care_order_role_sql!("q.canonical_id", "s.person_id"),
    ") AS role_until,
           EXISTS (SELECT 1 FROM claim_decision rd JOIN care_order ro ON ro.municipality = rd.municipality AND ro.id = rd.claim_id
                   WHERE rd.municipality = k.municipality AND rd.child_id = k.id AND ro.child_id = s.id AND NOT rd.confirmed) AS rejected_before
    FROM child k
    JOIN child s ON s.municipality = k.municipality AND s.person_id = k.person_id
    LEFT JOIN address_protection a ON a.municipality = s.municipality AND a.child_id = s.id
    LEFT JOIN care_order o ON o.municipality = s.municipality AND o.child_id = s.id AND o.ended_at IS NULL
    LEFT JOIN person q ON q.id = o.child_welfare_person_id
    LEFT JOIN claim_decision da ON da.municipality = k.municipality AND da.child_id = k.id AND da.claim_id = s.id
    LEFT JOIN claim_decision d ON d.municipality = k.municipality AND d.child_id = k.id AND d.claim_id = o.id
    WHERE k.id = $1"
);

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
    pub order_kind: Option<CareOrderKind>,
    pub child_welfare_person_id: Option<Id<Person>>,
    pub child_welfare_unit_id: Option<Id<Unit>>,
    pub in_force_from: Option<NaiveDate>,
    pub in_force_until: Option<NaiveDate>,
    /// Whether the person in child welfare has accepted it; none if there is no order.
    #[serde(deserialize_with = "optional_flag")]
    pub is_accepted: Option<bool>,
    pub recorded_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "optional_flag")]
    pub order_confirmed: Option<bool>,
    /// The day on which the person in child welfare works there no more; none if they do not, are disqualified, or cannot log in.
    pub role_until: Option<NaiveDate>,
    /// Whether a care order of this registration was rejected for the registration that is read.
    #[serde(deserialize_with = "flag")]
    pub rejected_before: bool,
}

impl RegistrationRow {
    fn protection(&self) -> Protection {
        Protection::stored(self.protection.as_deref())
    }

    /// Returns what follows from the care order here, if there is one and its first day has come. Its last day changes nothing.
    fn order(&self, today: NaiveDate) -> Option<&'static CareOrderRule> {
        self.order_kind
            .filter(|_| self.in_force_from.is_some_and(|from| from <= today))
            .map(CareOrderRule::of)
    }

    /// Returns the person in child welfare who decides by the care order here until its last day, and their unit. One who has not accepted
    /// it decides nothing.
    fn child_welfare(&self, today: NaiveDate) -> Option<(Id<Person>, Id<Unit>)> {
        let rule = self.order(today).filter(|rule| rule.decides == Decides::ChildWelfare);
        rule.filter(|_| self.in_force_until.is_none_or(|until| today <= until))?;
        if self.is_accepted != Some(true) {
            return None;
        }
        // The care is given to the service: one who has left it decides nothing.
        self.role_until.filter(|until| today < *until)?;
        self.child_welfare_person_id.zip(self.child_welfare_unit_id)
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
        // A registration whose order was rejected closes nothing by another before somebody confirms it.
        let is_repeated = decided.is_none() && self.rejected_before;
        let counts = || {
            self.registration == reader.child
                || (!is_repeated && reader.claim_counts(decided, stated_at, moment.now))
        };
        self.order(moment.today).is_some_and(|rule| rule.closes) && counts()
    }

    /// Returns whether the care order here takes the consents of the parents in the registration `child`. A claim that nobody has
    /// decided takes none, so no seat and no baton is lost by it.
    fn takes_consents(&self, reader: &Registered, moment: Moment) -> bool {
        let is_settled = self.registration == reader.child || self.order_confirmed == Some(true);
        self.order(moment.today).is_some_and(|rule| rule.closes) && is_settled
    }

    /// Returns whether the care order here lets foster parents see the record.
    fn opens_to_home(&self, today: NaiveDate) -> bool {
        self.order(today).is_some_and(CareOrderRule::opens_to_home)
    }

    /// Returns whether the care order here leaves an appointed guardian (verge) the decision.
    fn leaves_appointed(&self, today: NaiveDate) -> bool {
        self.order(today).is_some_and(|rule| rule.decides == Decides::AppointedGuardians)
    }
}

/// The registration that is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Registered {
    pub child: Id<Child>,
    /// When the child was registered, or became the person that it is. A claim begins then at the earliest.
    pub since: DateTime<Utc>,
    /// It is an unborn child. The record is the pregnant woman's, and the registration does not state which of the guardians she is.
    pub is_unborn: bool,
}

impl Registered {
    /// `identified_at` is when the number of the child came later.
    pub(super) fn new(
        child: Id<Child>,
        registered_at: DateTime<Utc>,
        identified_at: Option<DateTime<Utc>>,
        is_unborn: bool,
    ) -> Self {
        Self { child, since: registered_at.max(identified_at.unwrap_or(registered_at)), is_unborn }
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
    /// The people in child welfare who are responsible for the care orders recorded in this registration, with their units.
    pub responsible: Vec<(Id<Person>, Id<Unit>)>,
    /// The protection of the address in this registration.
    pub protection: Protection,
    /// A care order closes the record, or the address is protected. The family is kept away, except these guardians.
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
    let child = reader.child;
    let family = Family { rows: guardians, child, is_minor: age < MAJORITY };
    let orders = Orders::of(&reader, registrations, family.is_minor, moment);
    let own = registrations.iter().find(|row| row.registration == child);
    let protects = |row: &&RegistrationRow| row.protects(&reader, moment.now);
    let graded: Vec<_> = registrations.iter().filter(protects).map(|row| row.registration).collect();
    let is_hidden_from = |person: Id<Person>| {
        let lives_in_all =
            graded.iter().chain([&child]).all(|registration| family.lives_with(*registration, person));
        !graded.is_empty() && !lives_in_all
    };
    let consenters = orders.consenters(&family);
    let mut seeing = orders.seeing(&family);
    seeing.retain(|person| !reader.is_unborn && !is_hidden_from(*person));
    Custody {
        sole_home: family.sole_home(&consenters),
        residents: seeing.iter().copied().filter(|person| family.lives_with(child, *person)).collect(),
        guardians: seeing,
        consenters,
        child_welfare: orders.child_welfare(),
        responsible: orders.responsible(),
        protection: own.map_or(Protection::None, RegistrationRow::protection),
        is_closed: reader.is_unborn || !graded.is_empty() || orders.close(),
    }
}

/// The guardians of a child. One human can have two rows, from before it was known that they are one. Both must say what opens.
struct Family<'a> {
    rows: &'a [GuardianRow],
    child: Id<Child>,
    is_minor: bool,
}

impl Family<'_> {
    fn of(&self, registration: Id<Child>, person: Id<Person>) -> impl Iterator<Item = &GuardianRow> {
        self.rows.iter().filter(move |row| row.registration == registration && row.guardian_id == person)
    }

    /// Returns whether a person lives with the child, by all rows of a registration.
    fn lives_with(&self, registration: Id<Child>, person: Id<Person>) -> bool {
        let mut rows = self.of(registration, person).peekable();
        rows.peek().is_some() && rows.all(|row| row.lives_with_child)
    }

    /// Returns whether all rows about a guardian here say so.
    fn all_rows(&self, person: Id<Person>, says: fn(&GuardianRow) -> bool) -> bool {
        self.of(self.child, person).all(says)
    }

    /// Returns the guardians of a minor for those rows here that say so, each once.
    fn guardians(&self, says: fn(&GuardianRow) -> bool) -> Vec<Id<Person>> {
        let here = self.rows.iter().filter(|row| self.is_minor && row.registration == self.child);
        let mut people = Vec::new();
        for row in here.filter(|row| says(row)) {
            if !people.contains(&row.guardian_id) {
                people.push(row.guardian_id);
            }
        }
        people
    }

    /// Returns the one of some people that the child lives with, if it lives with no other of them.
    fn sole_home(&self, people: &[Id<Person>]) -> Option<Id<Person>> {
        let may_live_with =
            |person: &Id<Person>| self.of(self.child, *person).any(|row| row.lives_with_child);
        let mut homes = people.iter().copied().filter(may_live_with);
        homes.next().filter(|person| homes.next().is_none() && self.lives_with(self.child, *person))
    }
}

impl Custody {
    /// Returns the role in child welfare in which the caller decides for the child.
    pub(super) fn child_welfare_seat(&self, caller: &Caller) -> Option<HeldRole> {
        self.child_welfare.and_then(|named| seat(named, caller))
    }

    /// Returns the role in child welfare in which the caller is responsible for a care order, of any kind, until its end is recorded.
    pub(super) fn care_order_seat(&self, caller: &Caller) -> Option<HeldRole> {
        self.child_welfare_seat(caller)
            .or_else(|| self.responsible.iter().find_map(|named| seat(*named, caller)))
    }

    /// Returns the role of a leader of child welfare whose service is responsible for a care order, of any kind.
    pub(super) fn care_order_leader(&self, caller: &Caller) -> Option<HeldRole> {
        let leads = |(_, unit): &(_, Id<Unit>)| caller.leads().find(|held| held.unit_id == *unit);
        self.responsible.iter().find_map(leads).filter(|held| held.sector == Sector::ChildWelfare).cloned()
    }
}

/// Returns the role of the caller in the unit of child welfare that an order names with them.
fn seat((person, unit): (Id<Person>, Id<Unit>), caller: &Caller) -> Option<HeldRole> {
    let is_theirs = |held: &&HeldRole| held.unit_id == unit && held.sector == Sector::ChildWelfare;
    caller.works_in().find(is_theirs).filter(|_| caller.is(person)).cloned()
}

#[cfg(test)]
mod tests;
