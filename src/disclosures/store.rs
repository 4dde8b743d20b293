//! Disclosures in the database.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::dto::{AppliedLaw, DisclosedEntry, DisclosedKind, DisclosureIn, DisclosureOut, Receiver};
use crate::{
    access::{CaseState, Ties},
    children::NamedChild,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_one, fetch_optional,
    identity::Caller,
    kernel::{
        Id,
        ids::{Disclosure, Person, Unit},
        vocabulary::Sector,
    },
    vault::KeyName,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.municipality, d.case_id, d.child_id, d.child_name, d.child_birth_date, d.unit_id,
                    u.name AS unit_name, d.disclosed_by, d.disclosed_by_name, d.basis, d.order_reference, d.to_unit_id,
                    v.name AS to_unit_name, d.to_person_id, d.to_person_name, d.outside_kind, d.outside_recipient,
                    d.request_reference, d.requested_on, d.leave_on, d.would_object, d.weighty_reasons, d.reason, d.created_at,
                    (SELECT i.inform_from FROM disclosure_informing i
                     WHERE i.municipality = d.municipality AND i.disclosure_id = d.id ORDER BY i.id DESC LIMIT 1) AS inform_from,
                    (SELECT COUNT(*) FROM disclosure_informing i
                     WHERE i.municipality = d.municipality AND i.disclosure_id = d.id AND i.id <> d.id) + 1 AS version
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
         order_reference, to_unit_id, to_person_id, to_person_name, outside_recipient, reason, created_at, outside_kind,
         request_reference, requested_on, leave_on, would_object, weighty_reasons, family_informed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";
const INSERT_LEAVE: &str =
    "INSERT INTO disclosure_leave (municipality, disclosure_id, person_id) VALUES ($1, $2, $3)";
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
    /// A recipient outside the service: its kind, and its name if it is given.
    Outside(Receiver, Option<String>),
}

impl Recipient {
    fn staff(&self) -> (Option<Id<Unit>>, Option<Id<Person>>, Option<&str>) {
        match self {
            Self::Staff { unit, person, name } => (Some(*unit), Some(*person), Some(name)),
            Self::Outside(..) => (None, None, None),
        }
    }

    fn outside(&self) -> (Option<Receiver>, Option<&str>) {
        match self {
            Self::Staff { .. } => (None, None),
            Self::Outside(kind, name) => (Some(*kind), name.as_deref()),
        }
    }
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
    pub laws: Vec<AppliedLaw>,
    pub processing: Vec<AppliedLaw>,
    pub recipient: Recipient,
    /// The input of the person who discloses.
    pub input: &'a DisclosureIn,
    /// The people who gave leave.
    pub leave: Vec<Id<Person>>,
    /// Whether the family is informed now.
    pub is_told_now: bool,
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
    let (to_unit, to_person, to_name) = new.recipient.staff();
    let (outside_kind, outside) = new.recipient.outside();
    let input = new.input;
    let vault = tx.vault();
    let child_name = vault.seal(&people, &new.child.name)?;
    let by_name = vault.seal(&people, new.by_name)?;
    let to_name = vault.seal_optional(&people, to_name)?;
    let outside = vault.seal_optional(&people, outside)?;
    let order = vault.seal_optional(&own, input.order_reference.as_deref())?;
    let request =
        vault.seal_optional(&own, input.request.as_ref().map(|request| request.reference.as_ref()))?;
    let weighty = vault.seal_optional(&own, input.weighty_reasons.as_deref())?;
    let reason = vault.seal(&own, &input.reason)?;
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
        input.basis,
        order,
        to_unit,
        to_person,
        to_name,
        outside,
        reason,
        now,
        outside_kind,
        request,
        input.request.as_ref().map(|request| request.made_on),
        input.leave.as_ref().map(|leave| leave.given_on),
        input.would_object,
        weighty,
        new.is_told_now.then_some(now)
    )?)?;
    for person in new.leave {
        expect_one(execute!(tx, INSERT_LEAVE, municipality, id, person)?)?;
    }
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
