//! Disclosures and objections in the database.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::dto::{
    AppliedLaw, DisclosedEntry, DisclosedKind, DisclosureBasis, DisclosureOut, ObjectionForm, ObjectionOut,
};
use crate::{
    access::{CaseState, Ties},
    canonical_sql,
    children::NamedChild,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_one, fetch_optional,
    identity::Caller,
    kernel::{
        Id,
        ids::{Disclosure, Objection, Person, Unit},
        vocabulary::Sector,
    },
    persons_of_sql,
    vault::KeyName,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.municipality, d.case_id, d.child_id, d.child_name, d.child_birth_date, d.unit_id,
                    u.name AS unit_name, d.disclosed_by, d.disclosed_by_name, d.basis, d.order_reference, d.to_unit_id,
                    v.name AS to_unit_name, d.to_person_id, d.to_person_name, d.outside_recipient, d.reason,
                    d.created_at
             FROM disclosure d
             JOIN unit u ON u.id = d.unit_id
             LEFT JOIN unit v ON v.id = d.to_unit_id
             JOIN child k ON k.municipality = d.municipality AND k.id = d.child_id
             WHERE ",
            $rest
        )
    };
}

const GET: &str = select!("d.municipality = $1 AND d.id = $2");
/// Those that a unit has made and those it has received. The ids alone are found by two indexes in their order: a plan of
/// PostgreSQL that does not know the values would read all rows to find whole ones in order.
const IDS: &str = "
    SELECT id FROM (
        SELECT id FROM disclosure WHERE unit_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS made
    UNION
    SELECT id FROM (
        SELECT id FROM disclosure WHERE to_unit_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS received
    ORDER BY id LIMIT $3";
const LIST: &str = select!("d.id IN (");
const LAWS: &str = "SELECT disclosure_id, part, law, valid_from FROM disclosure_law WHERE disclosure_id IN (";
const ENTRIES: &str = "
    SELECT disclosure_id, number, kind, entry_id, title, body AS text, person_name, unit_name, starts_on, evaluate_on,
           recorded_at
    FROM disclosed_entry WHERE disclosure_id IN (";
const INSERT: &str = "
    INSERT INTO disclosure
        (municipality, id, case_id, child_id, child_name, child_birth_date, unit_id, disclosed_by, disclosed_by_name, basis,
         order_reference, to_unit_id, to_person_id, to_person_name, outside_recipient, reason, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
const INSERT_LAW: &str = "INSERT INTO disclosure_law (municipality, disclosure_id, law, valid_from, part) VALUES ($1, $2, $3, $4, $5)";
const INSERT_ENTRY: &str = "
    INSERT INTO disclosed_entry
        (municipality, disclosure_id, number, kind, entry_id, title, body, person_name, unit_name, starts_on, evaluate_on,
         recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const UNIT: &str = "SELECT sector, kind FROM unit WHERE id = $1";
const SERVING: &str = "
    SELECT u.sector, u.kind FROM unit u JOIN unit_serves s ON s.unit_id = u.id
    WHERE u.id = $1 AND s.municipality = $2";
const OBJECTIONS: &str = concat!(
    "SELECT id, objected_by, recorded_by, form, made_at, withdrawn_at, version FROM objection
    WHERE municipality = $1 AND case_id = $2 AND id > $4 AND (objected_by IN ",
    persons_of_sql!("$3"),
    " OR recorded_by IN ",
    persons_of_sql!("$3"),
    ") ORDER BY id LIMIT $5"
);
const OBJECTION: &str = "
    SELECT id, objected_by, recorded_by, form, made_at, withdrawn_at, version FROM objection
    WHERE municipality = $1 AND id = $2";
const OBJECTING: &str = concat!(
    "SELECT ",
    canonical_sql!("objected_by"),
    " FROM objection WHERE municipality = $1 AND case_id = $2 AND withdrawn_at IS NULL"
);
const OBJECT: &str = "
    INSERT INTO objection (municipality, id, case_id, objected_by, recorded_by, form, made_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (municipality, case_id, objected_by) WHERE withdrawn_at IS NULL DO NOTHING";
const WITHDRAW: &str = "
    UPDATE objection SET withdrawn_at = $3, withdrawal_recorded_by = $4, version = version + 1
    WHERE municipality = $1 AND id = $2 AND withdrawn_at IS NULL";

/// The parts of the basis of a disclosure.
const SECRECY: &str = "secrecy";
const PROCESSING: &str = "processing";

#[derive(sqlx::FromRow)]
struct LawRow {
    disclosure_id: Id<Disclosure>,
    part: String,
    #[sqlx(flatten)]
    law: AppliedLaw,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    disclosure_id: Id<Disclosure>,
    number: i64,
    #[sqlx(flatten)]
    entry: DisclosedEntry,
}

/// Returns the sector and kind of a unit in any municipality; none if there is no such unit.
pub(super) async fn unit_anywhere(tx: &mut Tx, unit: Id<Unit>) -> Result<Option<(Sector, String)>, DbError> {
    fetch_optional!(tx, (Sector, String), UNIT, unit)
}

/// Returns the sector and kind of a unit.
pub(super) async fn unit(tx: &mut Tx, unit: Id<Unit>) -> Result<(Sector, String), DbError> {
    fetch_one!(tx, (Sector, String), UNIT, unit)
}

/// Returns the sector and kind of a unit that serves the municipality; otherwise none.
pub(super) async fn unit_serving(
    tx: &mut Tx,
    unit: Id<Unit>,
    municipality: &str,
) -> Result<Option<(Sector, String)>, DbError> {
    fetch_optional!(tx, (Sector, String), SERVING, unit, municipality)
}

/// The recipient of a disclosure.
#[derive(Debug)]
pub(super) enum Recipient {
    /// A staff member of a unit.
    Staff {
        /// The unit.
        unit: Id<Unit>,
        /// The staff member.
        person: Id<Person>,
        /// Their name.
        name: String,
    },
    /// A recipient outside the service.
    Outside(String),
}

/// An entry to disclose, as it is now.
#[derive(Debug)]
pub(super) struct NewEntry {
    pub kind: DisclosedKind,
    pub id: Uuid,
    pub title: Option<String>,
    pub text: Option<String>,
    pub person_name: String,
    pub unit_name: Option<String>,
    pub starts_on: Option<NaiveDate>,
    pub evaluate_on: Option<NaiveDate>,
    pub recorded_at: DateTime<Utc>,
}

/// A validated disclosure to store.
pub(super) struct NewDisclosure<'a> {
    pub case: &'a CaseState,
    pub child: NamedChild,
    pub unit: Id<Unit>,
    pub sector: Sector,
    pub by: Id<Person>,
    pub by_name: &'a str,
    pub basis: DisclosureBasis,
    pub laws: Vec<AppliedLaw>,
    pub processing: Vec<AppliedLaw>,
    pub order_reference: Option<&'a str>,
    pub recipient: Recipient,
    pub reason: &'a str,
    pub entries: Vec<NewEntry>,
}

pub(super) async fn insert(
    tx: &mut Tx,
    new: NewDisclosure<'_>,
    now: DateTime<Utc>,
) -> Result<Id<Disclosure>, DbError> {
    let id = Id::<Disclosure>::new();
    let municipality = &new.case.municipality;
    let (people, own) = (KeyName::people(municipality), KeyName::sector(municipality, new.sector));
    let (to_unit, to_person, to_name, outside) = match &new.recipient {
        Recipient::Staff { unit, person, name } => (Some(*unit), Some(*person), Some(name.as_str()), None),
        Recipient::Outside(recipient) => (None, None, None, Some(recipient.as_str())),
    };
    let vault = tx.vault();
    let child_name = vault.seal(&people, &new.child.name)?;
    let by_name = vault.seal(&people, new.by_name)?;
    let to_name = vault.seal_optional(&people, to_name)?;
    let outside = vault.seal_optional(&people, outside)?;
    let order = vault.seal_optional(&own, new.order_reference)?;
    let reason = vault.seal(&own, new.reason)?;
    expect_one(execute!(
        tx,
        INSERT,
        municipality,
        id,
        new.case.id,
        new.case.child,
        child_name,
        new.child.birth_date,
        new.unit,
        new.by,
        by_name,
        new.basis,
        order,
        to_unit,
        to_person,
        to_name,
        outside,
        reason,
        now
    )?)?;
    for (part, laws) in [(SECRECY, new.laws), (PROCESSING, new.processing)] {
        for AppliedLaw { law, valid_from } in laws {
            expect_one(execute!(tx, INSERT_LAW, municipality, id, law, valid_from, part)?)?;
        }
    }
    for (number, entry) in (1_i64..).zip(new.entries) {
        insert_entry(tx, (municipality, &people, &own), id, number, entry).await?;
    }
    Ok(id)
}

async fn insert_entry(
    tx: &mut Tx,
    (municipality, people, own): (&str, &KeyName, &KeyName),
    id: Id<Disclosure>,
    number: i64,
    entry: NewEntry,
) -> Result<(), DbError> {
    let vault = tx.vault();
    let title = vault.seal_optional(own, entry.title.as_deref())?;
    let text = vault.seal_optional(own, entry.text.as_deref())?;
    let person_name = vault.seal(people, &entry.person_name)?;
    expect_one(execute!(
        tx,
        INSERT_ENTRY,
        municipality,
        id,
        number,
        entry.kind,
        entry.id,
        title,
        text,
        person_name,
        entry.unit_name,
        entry.starts_on,
        entry.evaluate_on,
        entry.recorded_at
    )?)
}

/// Returns a disclosure. `disqualified` states whether the rules are to keep the caller from it.
pub(super) async fn get(
    tx: &mut Tx,
    disqualified: bool,
    municipality: &str,
    id: Id<Disclosure>,
) -> Result<DisclosureOut, DbError> {
    let disclosure = DisclosureOut { disqualified, ..fetch_one!(tx, DisclosureOut, GET, municipality, id)? };
    let mut disclosures = with_parts(tx, vec![disclosure]).await?;
    disclosures.pop().ok_or(DbError::Engine(sqlx::Error::RowNotFound))
}

/// Lists the disclosures that a unit has made or received, regardless of who may read them. `ties` are the children
/// that the caller is close to.
pub(super) async fn list(
    tx: &mut Tx,
    ties: &Ties,
    caller: &Caller,
    unit: Id<Unit>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<DisclosureOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let ids = fetch_all!(tx, (Id<Disclosure>,), IDS, unit, after, limit)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Id<Disclosure>> = ids.into_iter().map(|(id,)| id).collect();
    let mut disclosures: Vec<DisclosureOut> = fetch_in!(tx, DisclosureOut, LIST, &ids)?;
    disclosures.sort_by_key(|row| row.id);
    for row in &mut disclosures {
        row.disqualified = {
            let own = caller.is(row.disclosed_by) || row.to_person_id.is_some_and(|person| caller.is(person));
            ties.keep_from(row.child_id, own)
        };
    }
    with_parts(tx, disclosures).await
}

async fn with_parts(tx: &mut Tx, mut disclosures: Vec<DisclosureOut>) -> Result<Vec<DisclosureOut>, DbError> {
    if disclosures.is_empty() {
        return Ok(disclosures);
    }
    let ids: Vec<Id<Disclosure>> = disclosures.iter().map(|disclosure| disclosure.id).collect();
    let mut laws: HashMap<(Id<Disclosure>, bool), Vec<AppliedLaw>> = HashMap::new();
    for LawRow { disclosure_id, part, law } in fetch_in!(tx, LawRow, LAWS, &ids)? {
        laws.entry((disclosure_id, part == SECRECY)).or_default().push(law);
    }
    let mut rows = fetch_in!(tx, EntryRow, ENTRIES, &ids)?;
    rows.sort_by_key(|row: &EntryRow| row.number);
    let mut entries: HashMap<Id<Disclosure>, Vec<DisclosedEntry>> = HashMap::new();
    for EntryRow { disclosure_id, entry, .. } in rows {
        entries.entry(disclosure_id).or_default().push(entry);
    }
    for disclosure in &mut disclosures {
        disclosure.entries = entries.remove(&disclosure.id).unwrap_or_default();
        disclosure.laws = laws.remove(&(disclosure.id, true)).unwrap_or_default();
        disclosure.processing = laws.remove(&(disclosure.id, false)).unwrap_or_default();
        disclosure.laws.sort_by(|a, b| a.law.cmp(&b.law));
        disclosure.processing.sort_by(|a, b| a.law.cmp(&b.law));
    }
    Ok(disclosures)
}

/// Lists the objections in a case that a person has made or recorded.
pub(super) async fn list_objections(
    tx: &mut Tx,
    case: &CaseState,
    person: Id<Person>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ObjectionOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, ObjectionOut, OBJECTIONS, &case.municipality, case.id, person, after, limit)
}

pub(super) async fn objection(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<Objection>,
) -> Result<ObjectionOut, DbError> {
    fetch_one!(tx, ObjectionOut, OBJECTION, &case.municipality, id)
}

/// Returns the people whose objections in a case have not been withdrawn.
pub(super) async fn objecting(tx: &mut Tx, case: &CaseState) -> Result<Vec<Id<Person>>, DbError> {
    let rows = fetch_all!(tx, (Id<Person>,), OBJECTING, &case.municipality, case.id)?;
    Ok(rows.into_iter().map(|(person,)| person).collect())
}

/// Stores an objection. Returns none if the person already has one.
pub(super) async fn object(
    tx: &mut Tx,
    case: &CaseState,
    (objected_by, recorded_by): (Id<Person>, Id<Person>),
    form: ObjectionForm,
    now: DateTime<Utc>,
) -> Result<Option<Id<Objection>>, DbError> {
    let id = Id::<Objection>::new();
    let made = execute!(tx, OBJECT, &case.municipality, id, case.id, objected_by, recorded_by, form, now)?;
    Ok((made == 1).then_some(id))
}

/// Withdraws an objection. An earlier withdrawal is unchanged.
pub(super) async fn withdraw(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<Objection>,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, WITHDRAW, &case.municipality, id, now, by)?;
    Ok(())
}
