//! The calendar against a look at every day.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::{
    super::{
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

/// A consent of one of three people to one of two units, from a day for some days.
type Drawn = (usize, usize, usize, i64, i64);

const KINDS: [InformationKind; 3] =
    [InformationKind::Agreed, InformationKind::SchoolLife, InformationKind::ConfidentialHealth];

/// A case of a child born some days ago, with two guardians and these consents; the first unit has a seat.
fn case(born_ago: i64, drawn: &[Drawn]) -> CaseRows {
    let mut rows = CaseRows::new(CaseRow {
        municipality: "4014".to_owned(),
        id: Id::new(),
        child: Id::new(),
        child_person: Id::of_new_person(),
        unit: Id::new(),
        sector: Sector::School,
        is_open: true,
        birth_date: in_days(-born_ago),
        registered_at: chrono::DateTime::UNIX_EPOCH,
        identified_at: None,
        own_record_age: 15,
        contact_person: Id::of_new_person(),
        contact_unit: Id::new(),
        offered_to: None,
        step_person: None,
        step_unit: None,
        step_due_on: None,
        has_health_contact: false,
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
    let units = [Id::new(), Id::new()];
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

fn passes_on(rows: &CaseRows, day: NaiveDate) -> BTreeSet<Passing> {
    passing(&rows.clone().on(moment().on(day)).ground).into_keys().collect()
}

/// The day, unit and kind of each ending after today.
fn to_come(endings: &[Ending]) -> BTreeSet<(NaiveDate, Id<Unit>, InformationKind)> {
    let coming = endings.iter().filter(|ending| ending.on > moment().today);
    coming.flat_map(|ending| ending.kinds.iter().map(|kind| (ending.on, ending.unit, *kind))).collect()
}

fn consents() -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec((0..3_usize, 0..2_usize, 0..3_usize, -400..100_i64, 0..300_i64), 0..12)
}

proptest! {
    #[test]
    fn what_a_look_at_every_day_finds_is_in_the_calendar_and_nothing_else(
        born_ago in 11 * 365..19 * 366_i64, drawn in consents(),
    ) {
        let rows = case(born_ago, &drawn);
        let endings = rows.endings(moment());
        let mut found = BTreeSet::new();
        for days in 1..=i64::try_from(DAYS_AHEAD).expect("a number") {
            let (eve, day) = (in_days(days - 1), in_days(days));
            let after = passes_on(&rows, day);
            let lost = passes_on(&rows, eve).into_iter().filter(|what| !after.contains(what));
            found.extend(lost.map(|(unit, kind, _)| (day, unit, kind)));
        }
        prop_assert_eq!(to_come(&endings), found);
        for ending in &endings {
            prop_assert!(!ending.to_consent.is_empty(), "somebody can prevent it: {:?}", ending);
            prop_assert!(!ending.consents.is_empty());
        }
    }

    #[test]
    fn a_unit_with_a_seat_that_has_lost_its_ground_within_a_year_is_listed_until_it_has_one(
        born_ago in 11 * 365..19 * 366_i64, drawn in consents(),
    ) {
        let rows = case(born_ago, &drawn);
        let (now, seat) = (moment().today, rows.members[0].unit);
        let took_part = |day| passes_on(&rows, day).contains(&(seat, InformationKind::Agreed, None));
        let last = (1..=365).map(|days| in_days(-days)).find(|day| took_part(*day)).filter(|_| !took_part(now));
        let ended = rows.endings(moment());
        let ended = ended.iter().find(|ending| ending.on <= now && ending.unit == seat && ending.ends_participation());
        prop_assert_eq!(ended.map(|ending| ending.on), last.and_then(|day| day.succ_opt()));
    }
}
