//! The facts that the rules speak of, as they stand at the moment of the request.
//!
//! All access across units is computed here from rows that live now: who sits on the team, who must
//! consent, what they have consented to, who holds the baton. Nothing is cached, so a withdrawal, a
//! birthday or a lost role counts from the very next request.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::own_children;
use crate::{
    db::{DbError, Tx},
    fetch_in, fetch_one, fetch_optional,
    identity::{Caller, Seat},
    kernel::{
        Id,
        clock::age_on,
        ids::{Case, Child, Person, Unit},
    },
};

/// The age of majority: parental responsibility ends (vergemålsloven § 8, barnelova § 30).
const MAJORITY: i64 = 18;

/// On what sharing in a case rests: who must consent, and what they have consented to.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The unit that opened the case; it needs no consent to its own work.
    pub owner_unit: Id<Unit>,
    /// Everyone who must consent before a unit may join.
    pub consenters: Vec<Id<Person>>,
    /// Consents in force: who, to which unit.
    pub in_force: Vec<(Id<Person>, Id<Unit>)>,
}

impl Ground {
    /// May staff of this unit take part, today?
    #[must_use]
    pub fn covers(&self, unit: Id<Unit>) -> bool {
        unit == self.owner_unit || (!self.consenters.is_empty() && self.missing(unit).is_empty())
    }

    /// Those whose consent to this unit is missing.
    #[must_use]
    pub fn missing(&self, unit: Id<Unit>) -> Vec<Id<Person>> {
        self.consenters.iter().copied().filter(|person| !self.in_force.contains(&(*person, unit))).collect()
    }
}

/// A case, and what the caller is to it.
#[derive(Debug, Clone)]
pub struct CaseFacts {
    /// The municipality whose case it is.
    pub municipality: String,
    /// The case.
    pub id: Id<Case>,
    /// Whose case it is, as registered.
    pub child: Id<Child>,
    /// The child as a person, who may have a log-in.
    pub child_person: Id<Person>,
    /// Is it open?
    pub open: bool,
    /// Who holds the baton.
    pub contact_person: Id<Person>,
    /// Through which unit they hold it.
    pub contact_unit: Id<Unit>,
    /// The child's age in whole years.
    pub child_age: i64,
    /// On what sharing rests.
    pub ground: Ground,
    /// Guardians with parental responsibility.
    pub guardians: Vec<Id<Person>>,
    /// The caller's seats on the team that rest on a ground in force.
    pub seats: Vec<Seat>,
    /// The caller holds the baton, and has the seat to hold it from.
    pub is_contact_person: bool,
    /// The caller leads the unit of the contact person or, if that has lost its ground, the one that opened the case.
    pub leads_contact_unit: bool,
    /// A handover to the caller awaits an answer.
    pub offered_baton: bool,
    /// The caller has parental responsibility for the child, who is under 18.
    pub is_guardian: bool,
    /// The caller is the child, of the age the municipality has set.
    pub is_young_person: bool,
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct CaseRow {
    municipality: String,
    id: Id<Case>,
    child_id: Id<Child>,
    child_person: Id<Person>,
    unit_id: Id<Unit>,
    status: String,
    birth_date: NaiveDate,
    own_record_age: i64,
    contact_person: Id<Person>,
    contact_unit: Id<Unit>,
    offered_to: Option<Id<Person>>,
}

#[derive(Debug, sqlx::FromRow)]
struct SeatRow {
    case_id: Id<Case>,
    person_id: Id<Person>,
    unit_id: Id<Unit>,
}

#[derive(Debug, sqlx::FromRow)]
struct ConsentRow {
    case_id: Id<Case>,
    given_by: Id<Person>,
    unit_id: Id<Unit>,
    valid_from: NaiveDate,
    valid_until: NaiveDate,
}

#[derive(Debug, sqlx::FromRow)]
struct GuardianRow {
    child_id: Id<Child>,
    guardian_id: Id<Person>,
    parental_responsibility: bool,
}

const CASES: &str = "
    SELECT c.municipality, c.id, c.child_id, k.person_id AS child_person, c.unit_id, c.status, k.birth_date, m.own_record_age,
           cp.person_id AS contact_person, cp.unit_id AS contact_unit, h.to_person AS offered_to
    FROM care_case c
    JOIN municipality m ON m.number = c.municipality
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN contact_person cp ON cp.municipality = c.municipality AND cp.case_id = c.id
    LEFT JOIN handover h ON h.municipality = c.municipality AND h.case_id = c.id AND h.status = 'offered'
    WHERE c.id IN (";
const SEATS: &str =
    "SELECT case_id, person_id, unit_id FROM team_member WHERE left_at IS NULL AND case_id IN (";
const CONSENTS: &str = "
    SELECT c.case_id, c.given_by, u.unit_id, c.valid_from, c.valid_until
    FROM consent c
    JOIN consent_unit u ON u.municipality = c.municipality AND u.consent_id = c.id
    WHERE u.withdrawn_at IS NULL AND c.case_id IN (";
const GUARDIANS: &str = "
    SELECT child_id, guardian_id, parental_responsibility FROM guardianship WHERE ended_at IS NULL AND child_id IN (";

/// The facts of some cases to one caller, in the order of the cases' ids. A fixed number of queries.
///
/// # Errors
/// If the database does not answer.
pub async fn case_facts(
    tx: &mut Tx,
    caller: &Caller,
    cases: &[Id<Case>],
    today: NaiveDate,
) -> Result<Vec<CaseFacts>, DbError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<CaseRow> = fetch_in!(tx, CaseRow, CASES, cases)?;
    rows.sort_by_key(|row| row.id);
    let children: Vec<Id<Child>> = rows.iter().map(|row| row.child_id).collect();
    let seats = group(fetch_in!(tx, SeatRow, SEATS, cases)?, |row: &SeatRow| row.case_id);
    let consents = group(fetch_in!(tx, ConsentRow, CONSENTS, cases)?, |row: &ConsentRow| row.case_id);
    let guardians = if children.is_empty() {
        HashMap::new()
    } else {
        group(fetch_in!(tx, GuardianRow, GUARDIANS, &children)?, |row: &GuardianRow| row.child_id)
    };
    let own_children = own_children(tx, caller.person).await?;
    let none = (Vec::new(), Vec::new(), Vec::new());
    Ok(rows
        .into_iter()
        .map(|row| {
            let seats = seats.get(&row.id).unwrap_or(&none.0);
            let consents = consents.get(&row.id).unwrap_or(&none.1);
            let guardians = guardians.get(&row.child_id).unwrap_or(&none.2);
            let own_family = own_children.contains(&row.child_id);
            relate(caller, row, &Rows { seats, consents, guardians, own_family }, today)
        })
        .collect())
}

fn group<K: std::hash::Hash + Eq, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// The rows of one case that live now.
struct Rows<'a> {
    seats: &'a [SeatRow],
    consents: &'a [ConsentRow],
    guardians: &'a [GuardianRow],
    /// The caller is of the child's family, as registered anywhere: own family is not own work (fvl § 6).
    own_family: bool,
}

/// What a caller is to a case, from the rows that live now.
fn relate(caller: &Caller, row: CaseRow, rows: &Rows<'_>, today: NaiveDate) -> CaseFacts {
    let Rows { seats: team, consents, guardians: family, own_family } = *rows;
    let child_age = age_on(row.birth_date, today);
    let guardians: Vec<Id<Person>> = family
        .iter()
        .filter(|guardian| guardian.parental_responsibility && child_age < MAJORITY)
        .map(|guardian| guardian.guardian_id)
        .collect();
    let of_age = child_age >= row.own_record_age;
    let ground = Ground {
        owner_unit: row.unit_id,
        consenters: if of_age { vec![row.child_person] } else { guardians.clone() },
        in_force: consents
            .iter()
            .filter(|consent| consent.valid_from <= today && today <= consent.valid_until)
            .map(|consent| (consent.given_by, consent.unit_id))
            .collect(),
    };
    let mut seats: Vec<Seat> = Vec::new();
    for member in team.iter().filter(|member| member.person_id == caller.person && !own_family) {
        if !ground.covers(member.unit_id) || seats.iter().any(|seat| seat.unit_id == member.unit_id) {
            continue;
        }
        seats.extend(caller.works_in().find(|seat| seat.unit_id == member.unit_id).cloned());
    }
    let holding_unit = holding_unit(&ground, row.contact_unit);
    let sits_in = |unit: Id<Unit>| seats.iter().any(|seat| seat.unit_id == unit);
    CaseFacts {
        is_contact_person: row.contact_person == caller.person && sits_in(row.contact_unit),
        leads_contact_unit: !own_family && caller.leads().any(|seat| seat.unit_id == holding_unit),
        offered_baton: row.offered_to == Some(caller.person) && !seats.is_empty(),
        is_guardian: guardians.contains(&caller.person),
        is_young_person: of_age && row.child_person == caller.person,
        municipality: row.municipality,
        id: row.id,
        child: row.child_id,
        child_person: row.child_person,
        open: row.status == "open",
        contact_person: row.contact_person,
        contact_unit: row.contact_unit,
        child_age,
        ground,
        guardians,
        seats,
    }
}

/// The unit that answers for the case: the contact person's or, where that has lost its ground, the one that
/// opened the case.
fn holding_unit(ground: &Ground, contact_unit: Id<Unit>) -> Id<Unit> {
    if ground.covers(contact_unit) { contact_unit } else { ground.owner_unit }
}

impl CaseFacts {
    /// The unit that answers for the case.
    #[must_use]
    pub fn holding_unit(&self) -> Id<Unit> {
        holding_unit(&self.ground, self.contact_unit)
    }
}

/// A child, and what the caller is to it.
#[derive(Debug, Clone)]
pub struct ChildFacts {
    /// The municipality where the child is registered.
    pub municipality: String,
    /// The child.
    pub id: Id<Child>,
    /// The child as a person.
    pub person: Id<Person>,
    /// A case has been opened for the child.
    pub has_case: bool,
    /// The caller registered the child, and still works in that unit.
    pub registered: bool,
    /// The caller leads the unit that registered the child.
    pub leads_registering_unit: bool,
    /// The caller is the contact person of an open case of the child.
    pub is_contact_person: bool,
    /// The caller sits on the team of an open case of the child.
    pub has_seat: bool,
    /// The caller has parental responsibility for the child, who is under 18.
    pub is_guardian: bool,
    /// The caller is the child, of the age the municipality has set.
    pub is_young_person: bool,
}

#[derive(Debug, sqlx::FromRow)]
struct ChildRow {
    municipality: String,
    person_id: Id<Person>,
    registered_by: Id<Person>,
    registered_unit: Id<Unit>,
    birth_date: NaiveDate,
    own_record_age: i64,
}

const CHILD: &str = "
    SELECT c.municipality, c.person_id, c.registered_by, c.registered_unit, c.birth_date, m.own_record_age
    FROM child c
    JOIN municipality m ON m.number = c.municipality
    WHERE c.id = $1";
const HAS_CASE: &str = "SELECT COUNT(*) FROM care_case WHERE municipality = $1 AND child_id = $2";
const OPEN_CASES: &str = "SELECT id FROM care_case WHERE status = 'open' AND child_id IN (";

/// The facts of a child to one caller.
///
/// # Errors
/// If the database does not answer.
pub async fn child_facts(
    tx: &mut Tx,
    caller: &Caller,
    child: Id<Child>,
    today: NaiveDate,
) -> Result<Option<ChildFacts>, DbError> {
    let Some(row) = fetch_optional!(tx, ChildRow, CHILD, child)? else { return Ok(None) };
    let family = fetch_in!(tx, GuardianRow, GUARDIANS, &[child])?;
    let cases: Vec<(Id<Case>,)> = fetch_in!(tx, (Id<Case>,), OPEN_CASES, &[child])?;
    let cases: Vec<Id<Case>> = cases.into_iter().map(|(id,)| id).collect();
    let cases = case_facts(tx, caller, &cases, today).await?;
    let (opened,) = fetch_one!(tx, (i64,), HAS_CASE, &row.municipality, child)?;
    let age = age_on(row.birth_date, today);
    let own = |guardian: &GuardianRow| guardian.guardian_id == caller.person;
    let own_family = own_children(tx, caller.person).await?.contains(&child);
    Ok(Some(ChildFacts {
        municipality: row.municipality,
        id: child,
        person: row.person_id,
        has_case: opened > 0,
        registered: !own_family
            && row.registered_by == caller.person
            && caller.is_worker_in(row.registered_unit),
        leads_registering_unit: !own_family && caller.leads().any(|seat| seat.unit_id == row.registered_unit),
        is_contact_person: cases.iter().any(|case| case.is_contact_person),
        has_seat: cases.iter().any(|case| !case.seats.is_empty()),
        is_guardian: age < MAJORITY
            && family.iter().any(|guardian| own(guardian) && guardian.parental_responsibility),
        is_young_person: row.person_id == caller.person && age >= row.own_record_age,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::{ids::Session, vocabulary::Role, vocabulary::Sector};

    const TODAY: &str = "2026-11-22";

    fn today() -> NaiveDate {
        TODAY.parse().expect("a day")
    }

    /// A case of a child of an age, opened by the kindergarten, with the school's teacher on the team.
    struct Scene {
        row: CaseRow,
        teacher: Caller,
        team: Vec<SeatRow>,
        school: Id<Unit>,
        guardians: Vec<GuardianRow>,
        consents: Vec<ConsentRow>,
    }

    fn caller(unit: Id<Unit>) -> Caller {
        let seat = Seat {
            unit_id: unit,
            unit_name: String::new(),
            sector: Sector::School,
            municipality: "4014".to_owned(),
            role: Role::Worker,
        };
        let session: Id<Session> = Id::new();
        Caller {
            person: Id::of_new_person(),
            name: String::new(),
            municipality: "4014".to_owned(),
            session,
            seats: vec![seat],
        }
    }

    impl Scene {
        fn of_child_aged(age: i32, guardians: usize) -> Self {
            let (kindergarten, school) = (Id::new(), Id::new());
            let teacher = caller(school);
            let born = today() - chrono::Months::new(u32::try_from(age).expect("an age") * 12);
            let row = CaseRow {
                municipality: "4014".to_owned(),
                id: Id::new(),
                child_id: Id::new(),
                child_person: Id::of_new_person(),
                unit_id: kindergarten,
                status: "open".to_owned(),
                birth_date: born,
                own_record_age: 15,
                contact_person: Id::of_new_person(),
                contact_unit: kindergarten,
                offered_to: None,
            };
            let guardians = (0..guardians)
                .map(|_| GuardianRow {
                    child_id: row.child_id,
                    guardian_id: Id::of_new_person(),
                    parental_responsibility: true,
                })
                .collect();
            let team = vec![SeatRow { case_id: row.id, person_id: teacher.person, unit_id: school }];
            Self { row, teacher, team, school, guardians, consents: Vec::new() }
        }

        fn consent_of(&mut self, person: Id<Person>) {
            self.consents.push(ConsentRow {
                case_id: self.row.id,
                given_by: person,
                unit_id: self.school,
                valid_from: today(),
                valid_until: today(),
            });
        }

        fn all_guardians_consent(&mut self) {
            let guardians: Vec<_> = self.guardians.iter().map(|guardian| guardian.guardian_id).collect();
            guardians.into_iter().for_each(|guardian| self.consent_of(guardian));
        }

        fn seen_by(self, caller: &Caller, day: NaiveDate) -> CaseFacts {
            let own_family = self.guardians.iter().any(|guardian| guardian.guardian_id == caller.person);
            let Self { row, team, consents, guardians, .. } = &self;
            let rows = Rows { seats: team, consents, guardians, own_family };
            relate(caller, row.clone(), &rows, day)
        }

        fn seen_by_teacher(self, day: NaiveDate) -> CaseFacts {
            let teacher = self.teacher.clone();
            self.seen_by(&teacher, day)
        }
    }

    #[test]
    fn without_a_guardian_nobody_can_consent_and_no_other_unit_is_covered() {
        let scene = Scene::of_child_aged(5, 0);
        assert!(scene.seen_by_teacher(today()).seats.is_empty());
    }

    #[test]
    fn a_guardian_without_parental_responsibility_neither_must_nor_can_consent() {
        let mut scene = Scene::of_child_aged(5, 2);
        scene.guardians[1].parental_responsibility = false;
        let (first, second) = (scene.guardians[0].guardian_id, scene.guardians[1].guardian_id);
        scene.consent_of(first);
        let other = Caller { person: second, ..caller(Id::new()) };
        assert!(
            !Scene { consents: Vec::new(), ..Scene::of_child_aged(5, 0) }
                .seen_by(&other, today())
                .is_guardian
        );
        assert_eq!(scene.seen_by_teacher(today()).seats.len(), 1);
    }

    #[test]
    fn a_consent_lasts_to_the_end_of_its_last_day() {
        let scene = || {
            let mut scene = Scene::of_child_aged(5, 1);
            scene.all_guardians_consent();
            scene
        };
        let day = |days: i64| today() + chrono::TimeDelta::days(days);
        assert!(scene().seen_by_teacher(day(-1)).seats.is_empty());
        assert_eq!(scene().seen_by_teacher(day(0)).seats.len(), 1);
        assert!(scene().seen_by_teacher(day(1)).seats.is_empty());
    }

    #[test]
    fn from_the_fifteenth_birthday_the_young_person_alone_consents() {
        let mut scene = Scene::of_child_aged(15, 2);
        scene.all_guardians_consent();
        let child = scene.row.child_person;
        let born = scene.row.birth_date;
        scene.row.birth_date = born + chrono::Days::new(1);
        let almost = Scene { ..scene };
        let facts = almost.seen_by_teacher(today());
        assert_eq!(facts.seats.len(), 1, "the day before, the guardians' consents carry");

        let mut scene = Scene::of_child_aged(15, 2);
        scene.all_guardians_consent();
        assert!(scene.seen_by_teacher(today()).seats.is_empty(), "on the day, they carry no longer");

        let mut scene = Scene::of_child_aged(15, 2);
        scene.row.child_person = child;
        scene.consent_of(child);
        let facts = scene.seen_by_teacher(today());
        assert_eq!((facts.ground.consenters.clone(), facts.seats.len()), (vec![child], 1));
    }

    #[test]
    fn parental_responsibility_ends_on_the_eighteenth_birthday() {
        for (age, guardian) in [(17, true), (18, false)] {
            let scene = Scene::of_child_aged(age, 1);
            let parent =
                Caller { person: scene.guardians[0].guardian_id, seats: Vec::new(), ..caller(Id::new()) };
            assert_eq!(scene.seen_by(&parent, today()).is_guardian, guardian, "at {age}");
        }
    }

    #[test]
    fn own_family_is_not_own_work() {
        for parental_responsibility in [true, false] {
            let mut scene = Scene::of_child_aged(5, 1);
            scene.all_guardians_consent();
            scene.row.contact_person = scene.teacher.person;
            scene.row.contact_unit = scene.school;
            scene.guardians.push(GuardianRow {
                child_id: scene.row.child_id,
                guardian_id: scene.teacher.person,
                parental_responsibility,
            });
            let facts = scene.seen_by_teacher(today());
            assert!(facts.seats.is_empty() && !facts.is_contact_person);
        }
    }

    #[test]
    fn a_seat_is_nothing_to_one_who_has_left_the_unit() {
        let mut scene = Scene::of_child_aged(5, 1);
        scene.all_guardians_consent();
        scene.teacher.seats.clear();
        assert!(scene.seen_by_teacher(today()).seats.is_empty());
    }

    proptest! {
        #[test]
        fn a_unit_is_covered_exactly_when_everyone_who_must_has_consented(
            age in 0_i32..15, guardians in 1_usize..5, given in proptest::collection::vec(any::<bool>(), 5)
        ) {
            let mut scene = Scene::of_child_aged(age, guardians);
            let consenting: Vec<_> = scene.guardians.iter().zip(&given)
                .filter(|(_, given)| **given).map(|(guardian, _)| guardian.guardian_id).collect();
            consenting.iter().for_each(|guardian| scene.consent_of(*guardian));
            let facts = scene.seen_by_teacher(today());
            prop_assert_eq!(facts.seats.len() == 1, consenting.len() == guardians);
            prop_assert_eq!(facts.ground.missing(facts.ground.in_force.first().map_or(Id::new(), |(_, unit)| *unit)).len(),
                            guardians - consenting.len());
        }

        #[test]
        fn the_unit_that_opened_the_case_needs_no_consent(age in 0_i32..25, guardians in 0_usize..4) {
            let mut scene = Scene::of_child_aged(age, guardians);
            scene.row.unit_id = scene.school;
            prop_assert_eq!(scene.seen_by_teacher(today()).seats.len(), 1);
        }
    }
}
