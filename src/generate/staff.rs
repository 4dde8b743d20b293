//! The municipalities, with their units and staff.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{
    GenerateError, MUNICIPALITIES, Plan, Summary,
    batch::all,
    founded,
    organisation::{self, Organisation},
    people::Numbers,
    placing::Placing,
    random::{Ids, Random},
};
use crate::{
    access::{Entry, insert_entries},
    accounts::{
        ChosenUsername,
        rows::{self as accounts, AccountRow},
    },
    catalogue::{self, MunicipalityFiles, whole::whole},
    children::rows::{self as people, PersonRow},
    db::Db,
    kernel::Clock,
    organisation::{
        latest_end,
        rows::{self as units, RoleRow, UnitRow},
    },
};

/// The municipalities, imported if absent, with the units and staff that so many cases need.
pub(super) async fn found(db: &Db, clock: &Clock, plan: &Plan) -> Result<Organisation, GenerateError> {
    let mut found = Vec::new();
    let mut tx = db.write().await?;
    for (name, number) in MUNICIPALITIES {
        if !catalogue::whole::is_known(&mut tx, number).await? {
            let files = MunicipalityFiles::included(name);
            catalogue::import_in(&mut tx, files.as_slice(), clock.now()).await?;
            let entry = Entry::of_operator_in(number, "import_catalogue", clock.now());
            insert_entries(&mut tx, &[entry]).await?;
        }
        found.push((number.to_owned(), whole(&mut tx, number).await?));
    }
    tx.commit().await?;
    let since = founded(clock.today()).and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(8);
    Ok(Organisation::plan(found, Placing::of(plan.cases), plan.seed, since))
}

/// Writes units, staff, their roles and their accounts.
pub(super) async fn write(
    db: &Db,
    organisation: &Organisation,
    numbers: &mut Numbers,
    password_hash: &str,
    today: NaiveDate,
    summary: &mut Summary,
) -> Result<(), GenerateError> {
    let at = organisation.since;
    let number = |place: usize| organisation.municipalities[place].number.as_str();
    let made: Vec<UnitRow<'_>> = organisation
        .units
        .iter()
        .map(|unit| UnitRow {
            id: unit.id,
            municipality: number(unit.municipality),
            key: unit.key.as_str().into(),
            name: unit.name.as_str().into(),
            kind: unit.kind,
            sector: unit.sector,
            controller: units::Controller::MUNICIPALITY,
            serves: std::iter::once(unit.municipality).chain(unit.also_serves).map(number).collect(),
        })
        .collect();
    let mut tx = db.write().await?;
    all(units::insert_units(&mut tx, &made).await?, &made, "units")?;
    let national_ids = organisation::numbers(organisation, numbers).ok_or(GenerateError::NoNumberLeft)?;
    let staff = || organisation.staff.iter();
    let known: Vec<PersonRow<'_>> = staff()
        .zip(national_ids)
        .map(|(staff, national_id)| PersonRow {
            id: staff.person,
            municipality: number(organisation.units[staff.unit].municipality),
            birth_date: national_id.birth_date(),
            national_id: Some(Cow::Owned(national_id)),
            name: staff.name.as_str().into(),
            created_at: at,
        })
        .collect();
    all(people::insert_people(&mut tx, &known).await?, &known, "people")?;
    let roles = roles(organisation, at, latest_end(today));
    all(units::insert_roles(&mut tx, &roles).await?, &roles, "roles")?;
    let account = |staff: &organisation::Staff| {
        let unit = &organisation.units[staff.unit];
        let chosen = ChosenUsername::parse(&staff.username).ok()?;
        let username = Cow::Owned(chosen.within(number(unit.municipality)).ok()?);
        Some(AccountRow {
            person: staff.person,
            username,
            password_hash: Some(password_hash),
            created_at: at,
        })
    };
    let made: Vec<AccountRow<'_>> = staff().filter_map(account).collect();
    all(accounts::insert(&mut tx, &made).await?, &made, "usernames")?;
    tx.commit().await?;
    summary.add("units", organisation.units.len());
    summary.add("people", known.len());
    summary.add("accounts", made.len());
    Ok(())
}

/// The role of each member of the staff.
fn roles(organisation: &Organisation, at: DateTime<Utc>, ends_on: NaiveDate) -> Vec<RoleRow> {
    let mut ids = Ids::from(Random::new(organisation.seed, u64::MAX - 2), at);
    let role = |staff: &organisation::Staff| RoleRow {
        id: ids.next(),
        person: staff.person,
        unit: organisation.units[staff.unit].id,
        role: staff.role,
        started_at: at,
        ends_on,
    };
    organisation.staff.iter().map(role).collect()
}
