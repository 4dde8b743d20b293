//! The calendar against a look at every day.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::{
    super::{
        Kept,
        custody::GuardianRow,
        rows::{CaseRow, ConsentRow, Member},
    },
    *,
};
use crate::kernel::vocabulary::{Capacity, Sector};

const TODAY: &str = "2026-11-22";

fn moment() -> Moment {
    Moment::on_day(TODAY)
}

fn in_days(days: i64) -> NaiveDate {
    moment().today + TimeDelta::days(days)
}

/// A consent of one of three people to one of three units, from a day for some days. The last unit keeps the record.
type Drawn = (usize, usize, usize, i64, i64);

const KINDS: [InformationKind; 4] = [
    InformationKind::Agreed,
    InformationKind::SchoolLife,
    InformationKind::ConfidentialHealth,
    InformationKind::FamilyEconomy,
];

/// A case of a child born some days ago, with two guardians and these consents; the first unit has a seat.
fn case(born_ago: i64, drawn: &[Drawn]) -> CaseRows {
    let mut rows = CaseRows::new(CaseRow {
        municipality: "4014".to_owned(),
        id: Id::new(),
        child: Id::new(),
        child_person: Id::of_new_person(),
        unit: Id::new(),
        sector: Sector::School,
        key_sector: Sector::School,
        is_open: true,
        birth_date: in_days(-born_ago),
        registered_at: chrono::DateTime::UNIX_EPOCH,
        identified_at: None,
        is_unborn: false,
        own_record_age: 15,
        contact_person: Id::of_new_person(),
        contact_unit: Id::new(),
        offered_to: None,
        step_person: None,
        step_unit: None,
        step_due_on: None,
        has_health_contact: false,
        child_is_invited: false,
        health_objection: false,
    });
    let guardian = || GuardianRow {
        registration: rows.case.child,
        guardian_id: Id::of_new_person(),
        parental_responsibility: true,
        lives_with_child: true,
        capacity: Capacity::Parent,
        stated_at: moment().now,
        confirmed: None,
        rejected: false,
    };
    let guardians = vec![guardian(), guardian()];
    let people = [guardians[0].guardian_id, guardians[1].guardian_id, rows.case.child_person];
    rows.guardians = guardians;
    let units = [Id::new(), Id::new(), rows.case.unit];
    rows.members = vec![Member { person: Id::of_new_person(), unit: units[0] }];
    let consent = |(person, unit, kind, from, days): &Drawn| ConsentRow {
        id: Id::new(),
        given_by: people[*person],
        unit: units[*unit],
        sector: Sector::Health,
        kind: KINDS[*kind],
        alone_basis: None,
        valid_from: in_days(*from),
        valid_until: in_days(from + days),
    };
    rows.consents = drawn.iter().map(consent).collect();
    rows
}

fn calendar(rows: CaseRows) -> Calendar {
    Calendar { state: rows.clone().on(moment()), rows, withdrawn: Vec::new(), moment: moment() }
}

/// The rights of units by consents on a day, as the rules for family notes see them.
fn seen_on(rows: &CaseRows, day: NaiveDate) -> BTreeSet<Right> {
    let state = rows.clone().on(moment().on(day));
    let people =
        rows.guardians.iter().map(|row| Some(row.guardian_id)).chain([Some(rows.case.child_person), None]);
    let mut seen = BTreeSet::new();
    for about in people {
        for kind in KINDS.into_iter().filter(|kind| Kinds::is_about_a_person(*kind) == about.is_some()) {
            let units = state.ground.shared_by_family(kind, about, Kept::now(rows.case.unit)).into_iter();
            let by_consent = units.filter(|unit| (*unit, kind) != (rows.case.unit, InformationKind::Agreed));
            seen.extend(by_consent.map(|unit| (unit, kind, about)));
        }
    }
    seen
}

fn consents() -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec((0..3_usize, 0..3_usize, 0..4_usize, -400..100_i64, 0..300_i64), 0..14)
}

const AGES: std::ops::Range<i64> = 11 * 365..19 * 366;

proptest! {
    #[test]
    fn what_a_look_at_every_day_finds_is_in_the_calendar_and_nothing_else(born_ago in AGES, drawn in consents()) {
        let calendar = calendar(case(born_ago, &drawn));
        let endings = calendar.of_case();
        let mut lost = BTreeSet::new();
        for days in 1..=i64::try_from(DAYS_AHEAD).expect("a number") {
            let after = seen_on(&calendar.rows, in_days(days));
            let gone = seen_on(&calendar.rows, in_days(days - 1)).into_iter().filter(|right| !after.contains(right));
            lost.extend(gone.map(|(unit, kind, _)| (in_days(days), unit, kind)));
        }
        let coming = endings.iter().filter(|ending| ending.on > moment().today);
        let coming: BTreeSet<_> = coming.map(|ending| (ending.on, ending.unit, ending.kind)).collect();
        let is_about_a_person = |(_, _, kind): &(_, _, InformationKind)| Kinds::is_about_a_person(*kind);
        prop_assert!(coming.is_subset(&lost));
        // The end of what is about a person who cannot consent any more is nobody's to prevent.
        prop_assert!(lost.difference(&coming).all(is_about_a_person));
        prop_assert!(endings.iter().all(|ending| !ending.to_consent.is_empty()), "somebody can prevent each");
    }

    #[test]
    fn a_unit_with_a_seat_and_no_ground_is_listed_until_it_has_one(born_ago in AGES, drawn in consents()) {
        let calendar = calendar(case(born_ago, &drawn));
        let (today, seat) = (moment().today, calendar.rows.members[0].unit);
        let consented = calendar.rows.consents.iter().any(|row| {
            row.unit == seat && row.kind == InformationKind::Agreed && row.valid_from <= today
        });
        let is_listed = calendar.of_case().iter().any(|ending| {
            ending.on <= today && ending.unit == seat && ending.kind == InformationKind::Agreed
        });
        prop_assert_eq!(is_listed, consented && !calendar.state.ground.covers(seat));
    }

    #[test]
    fn what_a_guardian_sees_does_not_depend_on_the_consents_of_others(
        born_ago in AGES, drawn in consents(), others in consents(),
    ) {
        let of_first = |drawn: &[Drawn]| drawn.iter().filter(|one| one.0 == 0).copied().collect::<Vec<_>>();
        let rows = case(born_ago, &of_first(&drawn));
        let mut more = case(born_ago, &others.into_iter().filter(|one| one.0 != 0).collect::<Vec<_>>());
        let guardian = rows.guardians[0].guardian_id;
        let alone = calendar(rows.clone()).of_giver(|person| person == guardian);
        let units: Vec<_> = rows.consents.iter().map(|row| row.unit).collect();
        for (consent, unit) in more.consents.iter_mut().zip(units.iter().cycle()) {
            (consent.unit, consent.given_by) = (*unit, rows.guardians[1].guardian_id);
        }
        let mut together = rows;
        together.consents.extend(more.consents);
        prop_assert_eq!(calendar(together).of_giver(|person| person == guardian), alone);
    }
}
