//! Consents in the database.

use std::{borrow::Cow, collections::HashMap};

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    dto::{ConsentForm, ConsentOut, ConsentedKind, ConsentedUnit},
    rows::{self, ConsentRow, ConsentedUnitRow},
};
use crate::{
    access::{CaseState, Giver},
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_of_case, fetch_one,
    kernel::{
        Id,
        ids::{Consent, Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
    on_engine,
};

/// Shows the name registered in this case for the person who consents, not that of an account.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.given_by, CASE WHEN p.canonical_id = k.person_id THEN k.name ELSE COALESCE(
               (SELECT g.guardian_name FROM guardianship g JOIN person q ON q.id = g.guardian_id
                WHERE g.municipality = k.municipality AND g.child_id = k.id AND q.canonical_id = p.canonical_id
                ORDER BY g.id DESC LIMIT 1), p.name) END AS given_by_name, c.recorded_by, c.form, c.purpose, c.text_version,
           c.language, c.document, c.alone_basis, c.alone_reason,
           c.secrecy_basis, c.processing_basis, c.valid_from, c.valid_until, c.given_at, c.version
    FROM consent c
    JOIN person p ON p.id = c.given_by
    JOIN care_case a ON a.municipality = c.municipality AND a.id = c.case_id
    JOIN child k ON k.municipality = a.municipality AND k.id = a.child_id ",
            $rest
        )
    };
}

const SELECT: &str = select!("");
const GET: &str = select!("WHERE c.municipality = $1 AND c.case_id = $2 AND c.id = $3");
const UNITS: &str = "
    SELECT cu.consent_id, cu.unit_id, u.name AS unit_name, cu.withdrawn_at
    FROM consent_unit cu
    JOIN unit u ON u.id = cu.unit_id
    WHERE cu.consent_id IN (";
const KINDS: &str = "SELECT consent_id, kind, withdrawn_at FROM consent_kind WHERE consent_id IN (";
const HAS_TEXT: &str =
    "SELECT COUNT(*) FROM consent_text WHERE municipality = $1 AND version = $2 AND language = $3";
const HAS_TEXT_IN_ANY_LANGUAGE: &str =
    "SELECT COUNT(*) FROM consent_text WHERE municipality = $1 AND version = $2";
const WITHDRAW_UNITS: [&str; 2] = ["UPDATE consent_unit SET withdrawn_at = ", "unit_id"];
const WITHDRAW_KINDS: [&str; 2] = ["UPDATE consent_kind SET withdrawn_at = ", "kind"];
const TOUCH: &str = "UPDATE consent SET version = version + 1 WHERE municipality = $1 AND id = $2";
const SERVING: &str = "SELECT s.unit_id AS unit, u.kind, u.sector FROM unit_serves s JOIN unit u ON u.id = s.unit_id WHERE s.municipality = $1";

/// Ends the rows of a consent whose column is one of some values, by one statement. Gives how many were ended.
macro_rules! end {
    ($tx:expr, $sql:expr, $withdrawal:expr, $values:expr) => {{
        let ([update, column], Withdrawal { municipality, consent, by, now }) = (&$sql, $withdrawal);
        if $values.is_empty() {
            0
        } else {
            on_engine!($tx, |conn| {
                let mut query = sqlx::QueryBuilder::new(*update);
                query.push_bind(*now).push(", withdrawal_recorded_by = ").push_bind(*by);
                query.push(" WHERE municipality = ").push_bind(*municipality);
                query.push(" AND consent_id = ").push_bind(*consent);
                query.push(" AND withdrawn_at IS NULL AND ").push(*column).push(" IN (");
                let mut list = query.separated(", ");
                for value in $values {
                    list.push_bind(*value);
                }
                query.push(")");
                query.build().execute(conn).await.map(|done| done.rows_affected())
            })?
        }
    }};
}

#[derive(sqlx::FromRow)]
struct KindRow {
    consent_id: Id<Consent>,
    kind: InformationKind,
    withdrawn_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct UnitRow {
    consent_id: Id<Consent>,
    unit_id: Id<Unit>,
    unit_name: Option<String>,
    withdrawn_at: Option<DateTime<Utc>>,
}

/// Returns these consents of a case, in order of id.
pub(super) async fn these(
    tx: &mut Tx,
    case: &CaseState,
    ids: &[Id<Consent>],
) -> Result<Vec<ConsentOut>, DbError> {
    let mut rows: Vec<ConsentOut> = fetch_of_case!(tx, ConsentOut, SELECT, "c", case, ids)?;
    rows.sort_by_key(|consent| consent.id);
    with_scope(tx, rows).await
}

pub(super) async fn get(tx: &mut Tx, case: &CaseState, id: Id<Consent>) -> Result<ConsentOut, DbError> {
    let rows = fetch_all!(tx, ConsentOut, GET, &case.municipality, case.id, id)?;
    with_scope(tx, rows).await?.pop().ok_or(DbError::Engine(sqlx::Error::RowNotFound))
}

async fn with_scope(tx: &mut Tx, mut consents: Vec<ConsentOut>) -> Result<Vec<ConsentOut>, DbError> {
    if consents.is_empty() {
        return Ok(consents);
    }
    let ids: Vec<Id<Consent>> = consents.iter().map(|consent| consent.id).collect();
    let mut units: HashMap<Id<Consent>, Vec<ConsentedUnit>> = HashMap::new();
    for UnitRow { consent_id, unit_id, unit_name, withdrawn_at } in fetch_in!(tx, UnitRow, UNITS, &ids)? {
        units.entry(consent_id).or_default().push(ConsentedUnit { unit_id, unit_name, withdrawn_at });
    }
    let mut kinds: HashMap<Id<Consent>, Vec<ConsentedKind>> = HashMap::new();
    for KindRow { consent_id, kind, withdrawn_at } in fetch_in!(tx, KindRow, KINDS, &ids)? {
        kinds.entry(consent_id).or_default().push(ConsentedKind { kind, withdrawn_at });
    }
    for consent in &mut consents {
        consent.units = units.remove(&consent.id).unwrap_or_default();
        consent.units.sort_by(|a, b| a.unit_name.cmp(&b.unit_name));
        consent.kinds = kinds.remove(&consent.id).unwrap_or_default();
        consent.kinds.sort_by_key(|kind| kind.kind);
    }
    Ok(consents)
}

/// A consent to store.
pub(crate) struct NewConsent<'a> {
    pub given_by: Id<Person>,
    pub recorded_by: Id<Person>,
    pub form: ConsentForm,
    pub units: &'a [Id<Unit>],
    pub kinds: &'a [InformationKind],
    pub purpose: &'a str,
    pub text_version: &'a str,
    pub language: &'a str,
    pub document: Option<&'a str>,
    /// The law on which it is enough alone, and why.
    pub alone: Option<(&'a str, &'a str)>,
    pub valid_from: NaiveDate,
    pub valid_until: NaiveDate,
}

/// Stores a consent in a case.
pub(crate) async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    new: NewConsent<'_>,
    now: DateTime<Utc>,
) -> Result<Id<Consent>, DbError> {
    let NewConsent { given_by, recorded_by, form, units, kinds, valid_from, valid_until, .. } = new;
    let id = Id::<Consent>::new();
    let row = ConsentRow {
        place: case.place(),
        id,
        given_by,
        giver: if given_by == case.child_person { Giver::Child } else { Giver::OnBehalf },
        recorded_by,
        form,
        purpose: new.purpose.into(),
        text_version: new.text_version.into(),
        language: new.language.into(),
        document: new.document.map(Cow::from),
        alone: new.alone.map(|(law, reason)| (Cow::from(law), Cow::from(reason))),
        valid_from,
        valid_until,
        given_at: now,
        units: units.iter().map(|unit| ConsentedUnitRow { unit: *unit, withdrawn: None }).collect(),
        kinds: kinds.into(),
    };
    rows::insert(tx, &[row]).await?;
    Ok(id)
}

/// A withdrawal of consent.
pub(super) struct Withdrawal<'a> {
    pub municipality: &'a str,
    pub consent: Id<Consent>,
    pub by: Id<Person>,
    pub now: DateTime<Utc>,
}

/// Withdraws consent to some units and kinds of information. Earlier withdrawals are unchanged. The version of the
/// consent increases by one if anything was withdrawn.
pub(super) async fn withdraw(
    tx: &mut Tx,
    withdrawal: &Withdrawal<'_>,
    units: &[Id<Unit>],
    kinds: &[InformationKind],
) -> Result<(), DbError> {
    let units = end!(tx, WITHDRAW_UNITS, withdrawal, units);
    let kinds = end!(tx, WITHDRAW_KINDS, withdrawal, kinds);
    if units + kinds > 0 {
        expect_one(execute!(tx, TOUCH, withdrawal.municipality, withdrawal.consent)?)?;
    }
    Ok(())
}

/// Returns whether this is a consent text of the municipality, in a language.
pub(crate) async fn has_text(
    tx: &mut Tx,
    municipality: &str,
    version: &str,
    language: &str,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), HAS_TEXT, municipality, version, language)?;
    Ok(count == 1)
}

/// Returns whether this is a version of the consent text of the municipality, in any language.
pub(crate) async fn has_text_in_any_language(
    tx: &mut Tx,
    municipality: &str,
    version: &str,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), HAS_TEXT_IN_ANY_LANGUAGE, municipality, version)?;
    Ok(count > 0)
}

/// A unit that serves a municipality.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Serving {
    pub unit: Id<Unit>,
    pub kind: String,
    pub sector: Sector,
}

/// Returns the units that serve a municipality.
pub(crate) async fn units_serving(tx: &mut Tx, municipality: &str) -> Result<Vec<Serving>, DbError> {
    fetch_all!(tx, Serving, SERVING, municipality)
}
