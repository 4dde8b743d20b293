//! Consents and seats on the team, to the day.

use proptest::prelude::*;

use chrono::NaiveDate;

use super::{
    custody::GuardianRow,
    rows::{CaseRow, CaseRows, ConflictRow, ConsentRow},
    *,
};
use crate::{
    identity::{HeldRole, KnownAs},
    kernel::{
        ids::{Child, Person, Unit},
        vocabulary::{Capacity, InformationKind, Role, Sector},
    },
    vault::Content,
};

const TODAY: &str = "2026-11-22";

fn today() -> NaiveDate {
    TODAY.parse().expect("a day")
}

/// A case of a child of an age, opened by the kindergarten, with the school's teacher on the team.
struct Scene {
    rows: CaseRows,
    teacher: Caller,
    school: Id<Unit>,
}

fn caller(unit: Id<Unit>) -> Caller {
    let person = Id::of_new_person();
    let role = HeldRole {
        person,
        unit_id: unit,
        unit_name: String::new(),
        sector: Sector::School,
        municipality: "4014".to_owned(),
        controller: crate::kernel::vocabulary::ControllerKind::Municipality,
        role: Role::Worker,
        started_at: chrono::DateTime::UNIX_EPOCH,
        ends_on: chrono::NaiveDate::MAX,
    };
    Caller {
        account: person,
        person,
        known_as: known_as(person),
        opens_elsewhere: true,
        name: Content::default(),
        municipality: "4014".to_owned(),
        session: None,
        roles: vec![role],
        lacks_second_factor: false,
    }
}

fn known_as(person: Id<Person>) -> Vec<KnownAs> {
    vec![KnownAs { person, municipality: "4014".to_owned() }]
}

fn moment(day: NaiveDate) -> Moment {
    Moment::on_day(&day.to_string())
}

fn guardian(child: Id<Child>, person: Id<Person>, parental_responsibility: bool) -> GuardianRow {
    GuardianRow {
        registration: child,
        guardian_id: person,
        parental_responsibility,
        lives_with_child: true,
        capacity: Capacity::Parent,
        stated_at: moment(today()).now,
        confirmed: None,
        rejected: false,
    }
}

impl Scene {
    fn of_child_aged(age: i32, guardians: usize) -> Self {
        let (kindergarten, school) = (Id::new(), Id::new());
        let teacher = caller(school);
        let born = today() - chrono::Months::new(u32::try_from(age).expect("an age") * 12);
        let mut rows = CaseRows::new(CaseRow {
            municipality: "4014".to_owned(),
            id: Id::new(),
            child: Id::new(),
            child_person: Id::of_new_person(),
            unit: kindergarten,
            sector: Sector::School,
            key_sector: Sector::School,
            is_open: true,
            birth_date: born,
            registered_at: chrono::DateTime::UNIX_EPOCH,
            identified_at: None,
            is_unborn: false,
            own_record_age: 15,
            contact_person: Id::of_new_person(),
            contact_unit: kindergarten,
            offered_to: None,
            step_person: None,
            step_unit: None,
            step_due_on: None,
            has_health_contact: false,
            child_is_invited: false,
            health_objection: false,
        });
        let child = rows.case.child;
        rows.guardians = (0..guardians).map(|_| guardian(child, Id::of_new_person(), true)).collect();
        rows.members = vec![Member { person: teacher.person, unit: school }];
        Self { rows, teacher, school }
    }

    fn consent_of(&mut self, person: Id<Person>) {
        self.rows.consents.push(ConsentRow {
            id: Id::new(),
            given_by: person,
            unit: self.school,
            sector: Sector::School,
            kind: InformationKind::Agreed,
            alone_basis: None,
            valid_from: today(),
            valid_until: today(),
        });
    }

    fn all_guardians_consent(&mut self) {
        let guardians: Vec<_> = self.rows.guardians.iter().map(|guardian| guardian.guardian_id).collect();
        guardians.into_iter().for_each(|guardian| self.consent_of(guardian));
    }

    fn seen_by(self, caller: &Caller, day: NaiveDate) -> CaseFacts {
        CaseFacts::of(self.rows.on(moment(day)), caller)
    }

    fn seen_by_teacher(self, day: NaiveDate) -> CaseFacts {
        let teacher = self.teacher.clone();
        self.seen_by(&teacher, day)
    }
}

#[test]
fn without_a_guardian_nobody_can_consent_and_no_other_unit_is_covered() {
    let scene = Scene::of_child_aged(5, 0);
    assert!(scene.seen_by_teacher(today()).relation.seats.is_empty());
}

#[test]
fn a_guardian_without_parental_responsibility_neither_must_nor_can_consent() {
    let mut scene = Scene::of_child_aged(5, 2);
    scene.rows.guardians[1].parental_responsibility = false;
    let (first, second) = (scene.rows.guardians[0].guardian_id, scene.rows.guardians[1].guardian_id);
    scene.consent_of(first);
    let other = Caller { known_as: known_as(second), ..caller(Id::new()) };
    assert!(!CaseFacts::of(scene.rows.clone().on(moment(today())), &other).relation.is_guardian);
    assert_eq!(scene.seen_by_teacher(today()).relation.seats.len(), 1);
}

#[test]
fn a_consent_lasts_to_the_end_of_its_last_day() {
    let scene = || {
        let mut scene = Scene::of_child_aged(5, 1);
        scene.all_guardians_consent();
        scene
    };
    let day = |days: i64| today() + chrono::TimeDelta::days(days);
    assert!(scene().seen_by_teacher(day(-1)).relation.seats.is_empty());
    assert_eq!(scene().seen_by_teacher(day(0)).relation.seats.len(), 1);
    assert!(scene().seen_by_teacher(day(1)).relation.seats.is_empty());
}

#[test]
fn from_the_fifteenth_birthday_the_young_person_alone_consents() {
    let mut scene = Scene::of_child_aged(15, 2);
    scene.all_guardians_consent();
    let child = scene.rows.case.child_person;
    scene.rows.case.birth_date = scene.rows.case.birth_date + chrono::Days::new(1);
    let facts = scene.seen_by_teacher(today());
    assert_eq!(facts.relation.seats.len(), 1, "the day before, the guardians' consents carry");

    let mut scene = Scene::of_child_aged(15, 2);
    scene.all_guardians_consent();
    assert!(scene.seen_by_teacher(today()).relation.seats.is_empty(), "on the day, they carry no longer");

    let mut scene = Scene::of_child_aged(15, 2);
    scene.rows.case.child_person = child;
    scene.consent_of(child);
    let facts = scene.seen_by_teacher(today());
    assert_eq!(
        (facts.ground.family.consenters(InformationKind::Agreed, Sector::School), facts.relation.seats.len()),
        (vec![child], 1)
    );
}

#[test]
fn a_young_person_releases_help_alone_only_to_the_services_of_the_law_that_lets_them() {
    use Sector::{ChildWelfare, Health, Nav, Other, Ppt, School};
    let alone = |age: i32| -> Vec<Sector> {
        let scene = Scene::of_child_aged(age, 2);
        let child = scene.rows.case.child_person;
        let family = scene.seen_by_teacher(today()).ground.family.clone();
        let is_alone = |sector: &Sector| family.consenters(InformationKind::Agreed, *sector) == vec![child];
        [School, Ppt, Health, ChildWelfare, Nav, Other].into_iter().filter(is_alone).collect()
    };
    assert_eq!(alone(14), vec![]);
    assert_eq!(alone(15), vec![School, Ppt], "oppl § 24-5");
    assert_eq!(alone(16), vec![School, Ppt, Health], "hpl § 22, pbrl § 4-3");
    assert_eq!(alone(18), vec![School, Ppt, Health, ChildWelfare, Nav, Other]);

    let scene = Scene::of_child_aged(16, 2);
    let family = scene.seen_by_teacher(today()).ground.family.clone();
    assert_eq!(family.consenters(InformationKind::Agreed, Nav).len(), 3, "both guardians and the child");
    let alone = Scene::of_child_aged(16, 0).seen_by_teacher(today()).ground.family.clone();
    assert!(
        alone.consenters(InformationKind::Agreed, Nav).is_empty(),
        "nobody is registered to decide with the child"
    );
}

#[test]
fn where_the_municipality_says_sixteen_it_is_from_the_sixteenth_birthday() {
    for (days_before, guardians_carry) in [(1, true), (0, false)] {
        let mut scene = Scene::of_child_aged(16, 1);
        scene.rows.case.own_record_age = 16;
        scene.rows.case.birth_date = scene.rows.case.birth_date + chrono::Days::new(days_before);
        scene.all_guardians_consent();
        assert_eq!(!scene.seen_by_teacher(today()).relation.seats.is_empty(), guardians_carry);
    }
}

#[test]
fn parental_responsibility_ends_on_the_eighteenth_birthday() {
    for (age, guardian) in [(17, true), (18, false)] {
        let scene = Scene::of_child_aged(age, 1);
        let known_as = known_as(scene.rows.guardians[0].guardian_id);
        let parent = Caller { known_as, roles: Vec::new(), ..caller(Id::new()) };
        assert_eq!(scene.seen_by(&parent, today()).relation.is_guardian, guardian, "at {age}");
    }
}

#[test]
fn a_guardian_meets_the_case_as_family_and_other_staff_of_the_family_keep_a_seat_until_it_is_confirmed() {
    for parental_responsibility in [true, false] {
        let mut scene = Scene::of_child_aged(5, 1);
        scene.all_guardians_consent();
        scene.rows.case.contact_person = scene.teacher.person;
        scene.rows.case.contact_unit = scene.school;
        let child = scene.rows.case.child;
        scene.rows.guardians.push(guardian(child, scene.teacher.person, parental_responsibility));
        let facts = scene.seen_by_teacher(today());
        let Relation { disqualified, is_guardian, is_contact_person, seats, .. } = &*facts.relation;
        assert_eq!((*disqualified, *is_guardian), (parental_responsibility, parental_responsibility));
        assert_eq!((*is_contact_person, seats.len() == 1), (!is_guardian, !is_guardian));
    }
}

/// The teacher is on the team, and another is not. Returns whether each is disqualified.
fn disqualified(scene: &Scene, other: &Caller, day: NaiveDate) -> [bool; 2] {
    [&scene.teacher, other]
        .map(|who| CaseFacts::of(scene.rows.clone().on(moment(day)), who).relation.disqualified)
}

#[test]
fn what_others_state_takes_no_seat_and_closes_the_rest_for_a_time() {
    let mut scene = Scene::of_child_aged(5, 1);
    scene.all_guardians_consent();
    let (other, day) = (caller(Id::new()), |days: i64| today() + chrono::TimeDelta::days(days));
    assert_eq!(disqualified(&scene, &other, today()), [false, false]);
    for person in [scene.teacher.person, other.person] {
        scene.rows.guardians.push(guardian(Id::new(), person, true));
    }
    let states = |scene: &Scene, days: i64| disqualified(scene, &other, day(days));
    let (open, closed) = ([false, false], [false, true]);
    assert_eq!(scene.rows.guardians.len(), 3);
    // The seat rests on a consent of one day.
    scene.rows.consents[0].valid_until = day(400);
    assert_eq!((states(&scene, 13), states(&scene, 14)), (closed, open));
    scene.rows.guardians[2].confirmed = Some(true);
    assert_eq!(states(&scene, 400), closed, "the contact person has confirmed it");
    scene.rows.guardians[2].confirmed = Some(false);
    assert_eq!(states(&scene, 0), open, "the contact person has rejected it");
    let child = scene.rows.case.child;
    scene.rows.guardians[2] = guardian(child, other.person, false);
    assert_eq!(states(&scene, 400), closed, "the registration of the case states it");
}

#[test]
fn a_conflict_of_interest_takes_the_seat_when_it_is_confirmed() {
    let mut scene = Scene::of_child_aged(5, 1);
    scene.all_guardians_consent();
    let other = caller(Id::new());
    for person in [scene.teacher.person, other.person] {
        let recorded_at = moment(today()).now;
        scene.rows.conflicts.push(ConflictRow { person, is_confirmed: false, recorded_at });
    }
    assert_eq!(disqualified(&scene, &other, today()), [false, true]);
    scene.rows.conflicts.iter_mut().for_each(|row| row.is_confirmed = true);
    assert_eq!(disqualified(&scene, &other, today()), [true, true]);
}

#[test]
fn a_seat_is_nothing_to_one_who_has_left_the_unit() {
    let mut scene = Scene::of_child_aged(5, 1);
    scene.all_guardians_consent();
    scene.teacher.roles.clear();
    assert!(scene.seen_by_teacher(today()).relation.seats.is_empty());
}

proptest! {
    #[test]
    fn a_unit_is_covered_exactly_when_everyone_who_must_has_consented(
        age in 0_i32..15, guardians in 1_usize..5, given in proptest::collection::vec(any::<bool>(), 5)
    ) {
        let mut scene = Scene::of_child_aged(age, guardians);
        let consenting: Vec<_> = scene.rows.guardians.iter().zip(&given)
            .filter(|(_, given)| **given).map(|(guardian, _)| guardian.guardian_id).collect();
        consenting.iter().for_each(|guardian| scene.consent_of(*guardian));
        let facts = scene.seen_by_teacher(today());
        prop_assert_eq!(facts.relation.seats.len() == 1, consenting.len() == guardians);
        prop_assert_eq!(facts.ground.missing(facts.ground.in_force.first().map_or(Id::new(), |given| given.unit), Sector::School).len(),
                        guardians - consenting.len());
    }

    #[test]
    fn the_unit_that_opened_the_case_needs_no_consent(age in 0_i32..25, guardians in 0_usize..4) {
        let mut scene = Scene::of_child_aged(age, guardians);
        scene.rows.case.unit = scene.school;
        prop_assert_eq!(scene.seen_by_teacher(today()).relation.seats.len(), 1);
    }
}

#[test]
fn a_human_meets_the_case_as_the_person_that_it_knows() {
    let mut scene = Scene::of_child_aged(9, 1);
    scene.all_guardians_consent();
    let guardian = scene.rows.guardians[0].guardian_id;
    let mut teacher = scene.teacher.clone();
    assert_eq!(seen_by(&scene, &teacher).relation.acts_as, Some(teacher.account));
    teacher.known_as.extend(known_as(guardian));
    let relation = seen_by(&scene, &teacher).relation;
    assert_eq!((relation.is_guardian, relation.acts_as), (true, Some(guardian)));
    assert!(relation.seats.is_empty() && relation.disqualified, "it is no work of theirs");
}

#[test]
fn what_is_withheld_from_one_person_is_withheld_from_the_human() {
    let mut scene = Scene::of_child_aged(9, 1);
    let (guardian, other) = (scene.rows.guardians[0].guardian_id, Id::of_new_person());
    scene.rows.withheld.push((other, None));
    let mut parent = Caller { known_as: known_as(guardian), roles: Vec::new(), ..caller(Id::new()) };
    assert!(seen_by(&scene, &parent).relation.is_guardian);
    parent.known_as.extend(known_as(other));
    assert!(!seen_by(&scene, &parent).relation.is_guardian);
}

fn seen_by(scene: &Scene, caller: &Caller) -> CaseFacts {
    CaseFacts::of(scene.rows.clone().on(moment(today())), caller)
}
