//! The child of a case, and the people who decide for it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    names,
    organisation::{CHILD_WELFARE, HEALTH, KINDERGARTEN, PPT, SCHOOL, Seat},
    random::Random,
};
use crate::kernel::{
    Id,
    ids::{Child, Guardianship, Person},
    vocabulary::{Capacity, Protection},
};

/// Days of a year of age.
pub(super) const YEAR: i64 = 366;

/// A child, as registered for a case.
#[derive(Clone)]
pub(super) struct ChildPart {
    pub id: Id<Child>,
    pub person: Id<Person>,
    /// The name of the child in texts.
    pub given: &'static str,
    pub name: String,
    pub born: NaiveDate,
    /// Of the age at which it decides on its own record.
    pub is_youth: bool,
    pub protection: Protection,
}

/// A guardian of a child.
#[derive(Clone)]
pub(super) struct Guardian {
    pub person: Id<Person>,
    pub name: String,
    pub guardianship: Id<Guardianship>,
    pub responsible: bool,
    pub lives_with_child: bool,
    pub capacity: Capacity,
    pub has_account: bool,
    /// Was made known for an earlier child.
    pub is_known: bool,
}

/// Those who decide for a child.
#[derive(Clone)]
pub(super) struct Family {
    pub surname: &'static str,
    pub guardians: Vec<Guardian>,
    /// The one in child welfare who decides by a care order.
    pub child_welfare: Option<Seat>,
}

/// From when to when a case is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub opened_at: DateTime<Utc>,
    pub opened: NaiveDate,
    /// When it was closed, or else yesterday.
    pub ends: NaiveDate,
    pub is_closed: bool,
}

impl Period {
    pub fn days(self) -> i64 {
        (self.ends - self.opened).num_days()
    }
}

/// The child's date of birth, and whether the child decides on its own record. The child does not reach that age during the
/// case, so the same people must consent all the time.
pub(super) fn birth(
    random: &mut Random,
    period: Period,
    kind: usize,
    own_record_age: i64,
) -> (NaiveDate, bool) {
    let own_record_age = own_record_age * YEAR;
    let years_old = period.days() + TimeDelta::days(60).num_days();
    let takes_youth = [SCHOOL, HEALTH].contains(&kind) && period.days() < 500;
    if takes_youth && random.chance(10) {
        let age = own_record_age + random.between(5, 200);
        return (period.opened - TimeDelta::days(age), true);
    }
    let (least, most) = match kind {
        KINDERGARTEN => (YEAR, 5 * YEAR),
        SCHOOL => (6 * YEAR, 14 * YEAR),
        PPT => (3 * YEAR, 14 * YEAR),
        HEALTH | CHILD_WELFARE => (YEAR, 14 * YEAR),
        _ => (5 * YEAR, 14 * YEAR),
    };
    let age = random.between(least, most.min(own_record_age - years_old));
    (period.opened - TimeDelta::days(age), false)
}

/// The protection of a child's address: about one child in a hundred has one.
pub(super) fn protection(random: &mut Random) -> Protection {
    match random.below(1_000) {
        0..3 => Protection::StrictlyConfidential,
        3..12 => Protection::Confidential,
        _ => Protection::None,
    }
}

/// One or two parents. One of two may live elsewhere; a protected child has one parent, who lives with it.
pub(super) fn parents(random: &mut Random, protection: Protection) -> Family {
    let surname = names::surname(random);
    let count = if protection.is_graded() || random.chance(22) { 1 } else { 2 };
    let apart = random.chance(30);
    let guardians = (0..count).map(|at| Guardian {
        person: random.person(),
        name: format!(
            "{} {}",
            names::given(random),
            if at == 0 || !apart { surname } else { names::surname(random) }
        ),
        guardianship: uuid::Uuid::nil().into(),
        responsible: true,
        lives_with_child: at == 0 || !apart,
        capacity: Capacity::Parent,
        has_account: random.chance(30),
        is_known: false,
    });
    let guardians = guardians.collect();
    Family { surname, guardians, child_welfare: None }
}

/// The same family under a care order: the child lives with a foster parent, and child welfare decides.
pub(super) fn under_order(mut family: Family, random: &mut Random, decides: Seat) -> Family {
    for guardian in &mut family.guardians {
        guardian.lives_with_child = false;
    }
    family.guardians.push(Guardian {
        person: random.person(),
        name: names::full(random),
        guardianship: uuid::Uuid::nil().into(),
        responsible: false,
        lives_with_child: true,
        capacity: Capacity::FosterParent,
        has_account: random.chance(30),
        is_known: false,
    });
    family.child_welfare = Some(decides);
    family
}

impl Family {
    /// The guardians who see the record.
    pub fn seeing(&self) -> impl Iterator<Item = &Guardian> {
        let under_order = self.child_welfare.is_some();
        self.guardians
            .iter()
            .filter(move |guardian| (guardian.capacity == Capacity::FosterParent) == under_order)
    }
}
