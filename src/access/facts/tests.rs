//! Who must consent, and what a seat is worth, to the day.

use proptest::prelude::*;

use super::*;
use crate::{
    kernel::{
        ids::Session,
        vocabulary::{Capacity, Role, Sector},
    },
    vault::Content,
};

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
        name: Content::default(),
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
            sector: Sector::School,
            status: "open".to_owned(),
            birth_date: born,
            own_record_age: 15,
            contact_person: Id::of_new_person(),
            contact_unit: kindergarten,
            offered_to: None,
            has_health_contact: false,
            health_objection: false,
        };
        let guardians = (0..guardians)
            .map(|_| GuardianRow {
                child_id: row.child_id,
                registration: row.child_id,
                guardian_id: Id::of_new_person(),
                parental_responsibility: true,
                lives_with_child: true,
                capacity: Capacity::Parent,
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
            kind: InformationKind::Agreed,
            alone_basis: None,
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
        let rows = Rows { seats: team, consents, guardians, registrations: &[], withheld: &[], own_family };
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
        !Scene { consents: Vec::new(), ..Scene::of_child_aged(5, 0) }.seen_by(&other, today()).is_guardian
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
    assert_eq!((facts.ground.consenters(), facts.seats.len()), (vec![child], 1));
}

#[test]
fn where_the_municipality_says_sixteen_it_is_from_the_sixteenth_birthday() {
    for (days_before, guardians_carry) in [(1, true), (0, false)] {
        let mut scene = Scene::of_child_aged(16, 1);
        scene.row.own_record_age = 16;
        scene.row.birth_date = scene.row.birth_date + chrono::Days::new(days_before);
        scene.all_guardians_consent();
        assert_eq!(!scene.seen_by_teacher(today()).seats.is_empty(), guardians_carry);
    }
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
            registration: scene.row.child_id,
            guardian_id: scene.teacher.person,
            parental_responsibility,
            lives_with_child: true,
            capacity: Capacity::Parent,
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
        prop_assert_eq!(facts.ground.missing(facts.ground.in_force.first().map_or(Id::new(), |given| given.unit)).len(),
                        guardians - consenting.len());
    }

    #[test]
    fn the_unit_that_opened_the_case_needs_no_consent(age in 0_i32..25, guardians in 0_usize..4) {
        let mut scene = Scene::of_child_aged(age, guardians);
        scene.row.unit_id = scene.school;
        prop_assert_eq!(scene.seen_by_teacher(today()).seats.len(), 1);
    }
}
