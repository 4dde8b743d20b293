use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// A child with two registrations, and its rows.
struct Home {
    here: Id<Child>,
    elsewhere: Id<Child>,
    guardians: Vec<GuardianRow>,
    registrations: Vec<RegistrationRow>,
    since: DateTime<Utc>,
    is_unborn: bool,
}

impl Home {
    fn new() -> Self {
        let (here, elsewhere) = (Id::new(), Id::new());
        let registration = |registration| RegistrationRow {
            registration,
            protection: None,
            order_kind: None,
            child_welfare_person_id: None,
            child_welfare_unit_id: None,
            in_force_from: None,
            in_force_until: None,
            is_accepted: None,
            protected_at: None,
            protection_confirmed: None,
            recorded_at: None,
            order_confirmed: None,
            role_until: None,
            rejected_before: false,
        };
        let registrations = vec![registration(here), registration(elsewhere)];
        let (since, is_unborn) = (DateTime::UNIX_EPOCH, false);
        Self { here, elsewhere, guardians: Vec::new(), registrations, since, is_unborn }
    }

    fn guardian(&mut self, capacity: Capacity, lives_with_child: bool) -> Id<Person> {
        let guardian_id = Id::of_new_person();
        let parental_responsibility = capacity != Capacity::FosterParent;
        self.guardians.push(GuardianRow {
            registration: self.here,
            guardian_id,
            parental_responsibility,
            lives_with_child,
            capacity,
            stated_at: Moment::on_day("2026-11-20").now,
            confirmed: None,
            rejected: false,
        });
        guardian_id
    }

    fn order(&mut self, registration: usize, from: &str) -> Id<Person> {
        self.order_of(CareOrderKind::TakenIntoCare, registration, from)
    }

    fn order_of(&mut self, kind: CareOrderKind, registration: usize, from: &str) -> Id<Person> {
        let person = Id::of_new_person();
        let row = &mut self.registrations[registration];
        row.order_kind = Some(kind);
        row.child_welfare_person_id = Some(person);
        row.child_welfare_unit_id = Some(Id::new());
        row.is_accepted = Some(true);
        row.role_until = Some(day("2099-01-01"));
        row.in_force_from = Some(day(from));
        row.recorded_at = Some(Moment::on_day("2026-11-20").now);
        person
    }

    fn registered(&self) -> Registered {
        Registered { child: self.here, since: self.since, is_unborn: self.is_unborn }
    }

    fn protect(&mut self, registration: usize, word: &str) {
        let row = &mut self.registrations[registration];
        row.protection = Some(word.into());
        row.protected_at = Some(Moment::on_day("2026-11-20").now);
    }

    fn on(&self, today: &str, age: i64) -> Custody {
        custody(self.registered(), &self.guardians, &self.registrations, age, Moment::on_day(today))
    }
}

#[test]
fn guardians_of_an_unborn_child_see_nothing_and_take_no_consent_away() {
    let mut home = Home::new();
    let parent = home.guardian(Capacity::Parent, true);
    home.is_unborn = true;
    let unborn = home.on("2026-11-21", 0);
    assert_eq!((unborn.guardians, unborn.residents, unborn.consenters), (vec![], vec![], vec![parent]));
    assert!(unborn.is_closed);
    home.is_unborn = false;
    assert_eq!(home.on("2026-11-22", 0).guardians, vec![parent]);
}

#[test]
fn an_order_counts_from_its_day_and_not_before() {
    let mut home = Home::new();
    let mother = home.guardian(Capacity::Parent, true);
    let foster = home.guardian(Capacity::FosterParent, true);
    let worker = home.order(0, "2026-11-22");
    let before = home.on("2026-11-21", 7);
    assert_eq!((before.guardians, before.consenters), (vec![mother], vec![mother]));
    let after = home.on("2026-11-22", 7);
    assert_eq!((after.guardians, after.consenters), (vec![foster], vec![worker]));
    let grown = home.on("2026-11-22", 18);
    assert!(grown.guardians.is_empty() && grown.consenters.is_empty() && grown.child_welfare.is_none());
}

#[test]
fn an_order_elsewhere_closes_and_opens_nothing() {
    let mut home = Home::new();
    home.guardian(Capacity::Parent, true);
    home.guardian(Capacity::FosterParent, true);
    home.order(1, "2026-11-22");
    let custody = home.on("2026-11-22", 7);
    assert!(custody.guardians.is_empty());
    assert_eq!(custody.consenters.len(), 1, "a claim takes no consent, so it takes no seat and no baton");
    home.registrations[1].order_confirmed = Some(true);
    let custody = home.on("2026-11-22", 7);
    assert!(custody.guardians.is_empty() && custody.consenters.is_empty());
    assert!(custody.child_welfare.is_none() && custody.is_closed);
}

#[test]
fn a_graded_child_is_hidden_from_a_guardian_it_does_not_live_with_who_must_consent_all_the_same() {
    for word in ["confidential", "strictly_confidential", "a word that is not known"] {
        let mut home = Home::new();
        let mother = home.guardian(Capacity::Parent, true);
        let father = home.guardian(Capacity::Parent, false);
        home.protect(0, word);
        let custody = home.on("2026-11-22", 7);
        assert_eq!(custody.guardians, [mother], "{word}");
        assert_eq!(custody.consenters, [mother, father], "{word}");
        home.protect(0, "none");
        assert_eq!(home.on("2026-11-22", 7).guardians, [mother, father]);
    }
}

#[test]
fn a_grade_elsewhere_hides_the_child_from_all_who_do_not_live_with_it_there_too() {
    let mut home = Home::new();
    let mother = home.guardian(Capacity::Parent, true);
    let father = home.guardian(Capacity::Parent, true);
    home.protect(1, "confidential");
    let there = home.guardians[0].clone();
    home.guardians.push(GuardianRow { registration: home.elsewhere, ..there });
    let custody = home.on("2026-11-22", 7);
    assert_eq!((custody.guardians, custody.consenters), (vec![mother], vec![mother, father]));
    assert_eq!(custody.protection, Protection::None, "what is not graded here is not said to be");
}

#[test]
fn what_another_registration_states_closes_for_fourteen_days_unless_somebody_decides() {
    let closed = |day: &str, confirmed: Option<bool>| {
        let mut graded = Home::new();
        graded.guardian(Capacity::Parent, true);
        graded.protect(1, "confidential");
        graded.registrations[1].protection_confirmed = confirmed;
        let mut ordered = Home::new();
        ordered.guardian(Capacity::Parent, true);
        ordered.order(1, "2026-11-20");
        ordered.registrations[1].order_confirmed = confirmed;
        let closed =
            [graded, ordered].map(|home| home.on(day, 7)).map(|custody| custody.guardians.is_empty());
        assert_eq!(closed[0], closed[1], "on {day}, {confirmed:?}");
        closed[0]
    };
    assert!(closed("2026-12-03", None) && !closed("2026-12-04", None));
    // A claim begins when the child is registered here, and an order when it is in force.
    let mut home = Home::new();
    home.guardian(Capacity::Parent, true);
    home.protect(1, "confidential");
    home.since = Moment::on_day("2027-03-01").now;
    assert!(home.on("2027-03-14", 7).guardians.is_empty() && !home.on("2027-03-15", 7).guardians.is_empty());
    let mut home = Home::new();
    home.guardian(Capacity::Parent, true);
    home.order(1, "2027-03-01");
    assert!(home.on("2027-03-14", 7).guardians.is_empty() && !home.on("2027-03-15", 7).guardians.is_empty());

    assert!(closed("2027-12-04", Some(true)) && !closed("2026-11-20", Some(false)));
}

#[test]
fn what_the_own_registration_states_has_no_end() {
    let mut home = Home::new();
    home.guardian(Capacity::Parent, false);
    home.protect(0, "confidential");
    assert!(home.on("2027-12-04", 7).guardians.is_empty());
    let mut home = Home::new();
    home.guardian(Capacity::Parent, true);
    home.order(0, "2026-11-20");
    assert!(home.on("2027-12-04", 7).guardians.is_empty());
}

#[test]
fn one_who_is_registered_twice_sees_the_child_only_if_both_registrations_say_so_and_must_consent_all_the_same()
 {
    let mut home = Home::new();
    let mother = home.guardian(Capacity::Parent, true);
    let again = GuardianRow { parental_responsibility: false, ..home.guardians[0].clone() };
    home.guardians.push(again);
    let custody = home.on("2026-11-22", 7);
    assert!(custody.guardians.is_empty() && custody.residents.is_empty());
    assert_eq!(custody.consenters, [mother]);
}

#[test]
fn a_word_that_is_not_known_is_the_strictest() {
    assert_eq!(Protection::stored(Some("Confidential")), Protection::StrictlyConfidential);
    assert_eq!(Protection::stored(Some("")), Protection::StrictlyConfidential);
    assert_eq!(Protection::stored(None), Protection::None);
}

/// A child with a parent, an appointed guardian and a foster parent, under an order of a kind: the people, and the person in child
/// welfare.
fn under(kind: CareOrderKind) -> (Home, [Id<Person>; 4]) {
    let mut home = Home::new();
    let capacities = [Capacity::Parent, Capacity::GuardianAppointed, Capacity::FosterParent];
    let [parent, appointed, foster] = capacities.map(|capacity| home.guardian(capacity, true));
    let worker = home.order_of(kind, 0, "2026-11-20");
    (home, [parent, appointed, foster, worker])
}

#[test]
fn each_kind_of_order_takes_and_gives_what_its_row_says() {
    for rule in CareOrderRule::all() {
        let (home, [parent, appointed, foster, worker]) = under(rule.kind);
        let custody = home.on("2026-11-22", 7);
        let (consenters, guardians) = match rule.decides {
            Decides::ChildWelfare => (vec![worker], vec![foster]),
            Decides::Nobody => (vec![], vec![]),
            Decides::AppointedGuardians => (vec![appointed], vec![appointed]),
            Decides::Parents => (vec![parent, appointed], vec![parent, appointed]),
        };
        assert_eq!((custody.consenters, custody.guardians), (consenters, guardians), "{}", rule.kind);
        let decides = custody.child_welfare.map(|(person, _)| person);
        assert_eq!(decides, (rule.decides == Decides::ChildWelfare).then_some(worker), "{}", rule.kind);
        assert_eq!(custody.is_closed, rule.closes, "{}", rule.kind);
        assert_eq!(custody.responsible.len(), 1, "{} has somebody who records its end", rule.kind);
    }
}

#[test]
fn the_parents_keep_everything_under_a_voluntary_placement() {
    let (home, [parent, appointed, ..]) = under(CareOrderKind::VoluntaryPlacement);
    let custody = home.on("2026-11-22", 7);
    assert_eq!((custody.consenters, custody.residents), (vec![parent, appointed], vec![parent, appointed]));
    assert!(custody.child_welfare.is_none() && !custody.is_closed);
}

#[test]
fn after_its_last_day_an_order_gives_nobody_a_power_and_opens_nothing() {
    let (mut home, [.., worker]) = under(CareOrderKind::AcuteCare);
    home.registrations[0].in_force_until = Some(day("2026-12-04"));
    assert_eq!(home.on("2026-12-04", 7).consenters, [worker]);
    let after = home.on("2026-12-05", 7);
    assert!(after.consenters.is_empty() && after.guardians.is_empty() && after.child_welfare.is_none());
    assert!(after.is_closed && after.responsible.iter().any(|(person, _)| *person == worker));
}

#[test]
fn of_several_orders_the_newest_decides_and_one_closes_for_all() {
    let (mut home, [_, _, foster, earlier]) = under(CareOrderKind::AcuteCare);
    home.registrations[0].in_force_until = Some(day("2026-12-04"));
    let another = |home: &mut Home, kind, from| {
        let row = RegistrationRow { in_force_until: None, ..home.registrations[0].clone() };
        home.registrations.push(row);
        let last = home.registrations.len() - 1;
        home.order_of(kind, last, from)
    };
    another(&mut home, CareOrderKind::LeavingProhibited, "2026-11-20");
    another(&mut home, CareOrderKind::Trafficking, "2026-11-20");
    assert_eq!(home.on("2026-11-22", 7).consenters, [earlier], "the law gives child welfare the care");
    let later = another(&mut home, CareOrderKind::TakenIntoCare, "2026-12-01");
    assert_eq!(home.on("2026-11-30", 7).consenters, [earlier]);
    let custody = home.on("2026-12-05", 7);
    assert_eq!((custody.consenters, custody.guardians), (vec![later], vec![foster]));
    assert_eq!(custody.responsible.len(), 4);
}

#[test]
fn an_order_elsewhere_that_closes_nothing_is_no_claim() {
    let mut home = Home::new();
    let mother = home.guardian(Capacity::Parent, true);
    home.order_of(CareOrderKind::VoluntaryPlacement, 1, "2026-11-20");
    let custody = home.on("2026-11-22", 7);
    assert_eq!((custody.consenters, custody.guardians), (vec![mother], vec![mother]));
    assert!(!custody.is_closed && custody.responsible.is_empty());
}
