//! The days from which families are informed of disclosures, in the database.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    dto::{AppliedLaw, DelayGround, DisclosedKind, DisclosureBasis, Receiver},
    informing_dto::InformingDelayOut,
};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_one, fetch_optional,
    kernel::{
        Id, Slice,
        ids::{Case, Disclosure, Informing, Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
    vault::{Content, KeyName},
};

/// The day from which the family is informed of the disclosure `d`; none if it never is.
macro_rules! inform_from {
    () => {
        "(SELECT i.inform_from FROM disclosure_informing i
          WHERE i.municipality = d.municipality AND i.disclosure_id = d.id ORDER BY i.id DESC LIMIT 1)"
    };
}

const TOLD: &str = concat!(
    "SELECT d.id, d.basis, d.created_at, d.unit_id, u.name AS unit_name, u.kind AS unit_kind,
            d.to_unit_id, v.name AS to_unit_name, v.kind AS to_unit_kind, d.outside_kind,
            d.outside_recipient, d.weighty_reasons IS NOT NULL AS despite_objection, ",
    inform_from!(),
    " AS inform_from
     FROM disclosure d JOIN unit u ON u.id = d.unit_id LEFT JOIN unit v ON v.id = d.to_unit_id
     WHERE d.municipality = $1 AND d.case_id = $2 AND d.id > $3 AND ",
    inform_from!(),
    " <= $5 ORDER BY d.id LIMIT $4"
);
const ENTRIES: &str = "SELECT disclosure_id, kind, entry_id FROM disclosed_entry WHERE disclosure_id IN (";
const LAWS: &str =
    "SELECT disclosure_id, law, valid_from FROM disclosure_law WHERE part = 'secrecy' AND disclosure_id IN (";
const CURRENT: &str = concat!(
    "SELECT d.basis, u.sector, d.case_id, ",
    inform_from!(),
    " AS inform_from FROM disclosure d JOIN unit u ON u.id = d.unit_id WHERE d.municipality = $1 AND d.id = $2"
);
const DELAYS: &str = "
    SELECT id, inform_from, ground, law, law_valid_from, reason, set_by, set_at FROM disclosure_informing
    WHERE municipality = $1 AND disclosure_id = $2 AND id > $3 ORDER BY id LIMIT $4";
const INSERT: &str = "
    INSERT INTO disclosure_informing
        (municipality, id, disclosure_id, inform_from, ground, law, law_valid_from, reason, set_by, set_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const DUE: &str = concat!(
    "SELECT d.municipality, d.id, d.case_id FROM disclosure d WHERE d.family_informed_at IS NULL AND ",
    inform_from!(),
    " <= $1 ORDER BY d.id LIMIT $2"
);
const MARK: &str = "
    UPDATE disclosure SET family_informed_at = $3
    WHERE municipality = $1 AND id = $2 AND family_informed_at IS NULL";
const UNITS: &str = "
    SELECT d.unit_id, u.kind AS unit_kind, d.to_unit_id, v.kind AS to_unit_kind
    FROM disclosure d JOIN unit u ON u.id = d.unit_id LEFT JOIN unit v ON v.id = d.to_unit_id
    WHERE d.municipality = $1 AND d.id = $2";
const FACTS: &str = "
    SELECT e.entry_id, e.kind AS entry_kind, n.kind, n.child_agrees, COALESCE(n.unit_id, m.unit_id) AS unit_id
    FROM disclosed_entry e
    LEFT JOIN note n ON n.municipality = e.municipality AND n.id = e.entry_id
    LEFT JOIN measure m ON m.municipality = e.municipality AND m.id = e.entry_id
    WHERE e.municipality = $1 AND e.disclosure_id = $2";

/// A disclosure that the family is informed of, without its entries.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct InformedRow {
    pub id: Id<Disclosure>,
    pub basis: DisclosureBasis,
    pub created_at: DateTime<Utc>,
    pub unit_id: Id<Unit>,
    pub unit_name: String,
    unit_kind: String,
    pub to_unit_id: Option<Id<Unit>>,
    pub to_unit_name: Option<String>,
    to_unit_kind: Option<String>,
    pub outside_kind: Option<Receiver>,
    pub outside_recipient: Option<Content>,
    pub despite_objection: bool,
    pub inform_from: NaiveDate,
    #[sqlx(skip)]
    pub entries: Vec<(DisclosedKind, Uuid)>,
    #[sqlx(skip)]
    pub laws: Vec<AppliedLaw>,
}

impl InformedRow {
    /// Returns the kinds of the units that disclosed and received.
    pub(super) fn unit_kinds(&self) -> impl Iterator<Item = &str> {
        [self.unit_kind.as_str()].into_iter().chain(self.to_unit_kind.as_deref())
    }
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    disclosure_id: Id<Disclosure>,
    kind: DisclosedKind,
    entry_id: Uuid,
}

#[derive(sqlx::FromRow)]
struct LawRow {
    disclosure_id: Id<Disclosure>,
    #[sqlx(flatten)]
    law: AppliedLaw,
}

/// Lists the disclosures from a case that the family is informed of by today, regardless of who in the family may know of each.
pub(super) async fn informed_of(
    tx: &mut Tx,
    case: &CaseState,
    slice: Slice,
    today: NaiveDate,
) -> Result<Vec<InformedRow>, DbError> {
    let (municipality, limit) = (&case.municipality, slice.sql_limit());
    let mut rows = fetch_all!(tx, InformedRow, TOLD, municipality, case.id, slice.after, limit, today)?;
    if rows.is_empty() {
        return Ok(rows);
    }
    let ids: Vec<Id<Disclosure>> = rows.iter().map(|row: &InformedRow| row.id).collect();
    let mut entries: HashMap<Id<Disclosure>, Vec<(DisclosedKind, Uuid)>> = HashMap::new();
    for EntryRow { disclosure_id, kind, entry_id } in fetch_in!(tx, EntryRow, ENTRIES, &ids)? {
        entries.entry(disclosure_id).or_default().push((kind, entry_id));
    }
    let mut laws: HashMap<Id<Disclosure>, Vec<AppliedLaw>> = HashMap::new();
    for LawRow { disclosure_id, law } in fetch_in!(tx, LawRow, LAWS, &ids)? {
        laws.entry(disclosure_id).or_default().push(law);
    }
    for row in &mut rows {
        row.entries = entries.remove(&row.id).unwrap_or_default();
        row.laws = laws.remove(&row.id).unwrap_or_default();
        row.laws.sort_by(|a, b| a.law.cmp(&b.law));
    }
    Ok(rows)
}

/// A disclosure, and when the family is informed of it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Current {
    pub basis: DisclosureBasis,
    /// The sector of the unit that disclosed, whose key seals the reason.
    pub sector: Sector,
    /// The day from which the family is informed; none if it never is.
    pub inform_from: Option<NaiveDate>,
}

pub(super) async fn current(
    tx: &mut Tx,
    municipality: &str,
    id: Id<Disclosure>,
) -> Result<Option<Current>, DbError> {
    fetch_optional!(tx, Current, CURRENT, municipality, id)
}

pub(super) async fn delays(
    tx: &mut Tx,
    municipality: &str,
    id: Id<Disclosure>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<InformingDelayOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, InformingDelayOut, DELAYS, municipality, id, after, limit)
}

/// A day from which the family is informed, to store.
#[derive(Debug)]
pub(super) struct NewInforming<'a> {
    pub municipality: &'a str,
    pub disclosure: Id<Disclosure>,
    /// The sector of the unit that disclosed.
    pub sector: Sector,
    pub inform_from: NaiveDate,
    /// The ground with its law and the reason; none if the family is informed at once.
    pub ground: Option<(DelayGround, AppliedLaw, &'a str)>,
    pub by: Id<Person>,
}

/// Stores the first day from which the family is informed.
pub(super) async fn insert_first(
    tx: &mut Tx,
    new: NewInforming<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let id = new.disclosure.uuid().into();
    insert(tx, id, new, now).await
}

/// Stores another day from which the family is informed.
pub(super) async fn insert_next(
    tx: &mut Tx,
    new: NewInforming<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    insert(tx, Id::new(), new, now).await
}

async fn insert(
    tx: &mut Tx,
    id: Id<Informing>,
    new: NewInforming<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let NewInforming { municipality, disclosure, sector, inform_from, ground, by } = new;
    let reason = ground.as_ref().map(|(_, _, reason)| *reason);
    let reason = tx.vault().seal_optional(&KeyName::sector(municipality, sector), reason)?;
    let (ground, law, valid_from) = match ground {
        Some((ground, AppliedLaw { law, valid_from }, _)) => (Some(ground), Some(law), Some(valid_from)),
        None => (None, None, None),
    };
    expect_one(execute!(
        tx,
        INSERT,
        municipality,
        id,
        disclosure,
        inform_from,
        ground,
        law,
        valid_from,
        reason,
        by,
        now
    )?)
}

/// A disclosure that the family is informed of by today, and whose line in the family's log is missing.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct DueRow {
    pub municipality: String,
    pub id: Id<Disclosure>,
    pub case_id: Id<Case>,
}

pub(super) async fn due(tx: &mut Tx, today: NaiveDate, limit: i64) -> Result<Vec<DueRow>, DbError> {
    fetch_all!(tx, DueRow, DUE, today, limit)
}

/// Marks that the line in the family's log is written, or that there is none. Returns whether it was not marked before.
pub(super) async fn mark(tx: &mut Tx, due: &DueRow, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(execute!(tx, MARK, &due.municipality, due.id, now)? == 1)
}

/// The units that disclosed and received.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct UnitsRow {
    pub unit_id: Id<Unit>,
    pub unit_kind: String,
    pub to_unit_id: Option<Id<Unit>>,
    pub to_unit_kind: Option<String>,
}

pub(super) async fn units(tx: &mut Tx, municipality: &str, id: Id<Disclosure>) -> Result<UnitsRow, DbError> {
    fetch_one!(tx, UnitsRow, UNITS, municipality, id)
}

/// The facts about a disclosed entry that decide who in the family may know of it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct EntryFacts {
    pub entry_id: Uuid,
    pub entry_kind: DisclosedKind,
    /// The kind of information in a note.
    pub kind: Option<InformationKind>,
    pub child_agrees: Option<bool>,
    /// The unit of a note or a measure; none if the family wrote the note.
    pub unit_id: Option<Id<Unit>>,
}

pub(super) async fn facts(
    tx: &mut Tx,
    municipality: &str,
    id: Id<Disclosure>,
) -> Result<Vec<EntryFacts>, DbError> {
    fetch_all!(tx, EntryFacts, FACTS, municipality, id)
}
