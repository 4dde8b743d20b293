//! Consents in the database.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::dto::{ConsentForm, ConsentOut, ConsentedUnit};
use crate::{
    access::CaseFacts,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in,
    kernel::{
        Id,
        ids::{Consent, Person, Unit},
    },
    on_engine,
};

/// The one who consents is called by the name registered in this case, not by that of an account.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.given_by, CASE WHEN c.given_by = k.person_id THEN k.name ELSE COALESCE(
               (SELECT g.guardian_name FROM guardianship g
                WHERE g.municipality = k.municipality AND g.child_id = k.id AND g.guardian_id = c.given_by
                ORDER BY g.id DESC LIMIT 1), p.name) END AS given_by_name, c.recorded_by, c.form, c.purpose, c.text_version,
           c.secrecy_basis, c.processing_basis, c.valid_from, c.valid_until, c.given_at, c.version
    FROM consent c
    JOIN person p ON p.id = c.given_by
    JOIN care_case a ON a.municipality = c.municipality AND a.id = c.case_id
    JOIN child k ON k.municipality = a.municipality AND k.id = a.child_id
             WHERE c.municipality = $1 AND c.case_id = $2 ",
            $rest
        )
    };
}

const LIST: &str = select!("AND c.id > $3 ORDER BY c.id LIMIT $4");
const GET: &str = select!("AND c.id = $3");
const UNITS: &str = "
    SELECT cu.consent_id, cu.unit_id, u.name AS unit_name, cu.withdrawn_at
    FROM consent_unit cu
    JOIN unit u ON u.id = cu.unit_id
    WHERE cu.consent_id IN (";
const INSERT: &str = "
    INSERT INTO consent (municipality, id, case_id, given_by, recorded_by, form, purpose, text_version,
                         secrecy_basis, processing_basis, valid_from, valid_until, given_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const INSERT_UNITS: &str = "INSERT INTO consent_unit (municipality, consent_id, unit_id) ";
const WITHDRAW: &str = "
    UPDATE consent_unit SET withdrawn_at = $4, withdrawal_recorded_by = $5
    WHERE municipality = $1 AND consent_id = $2 AND unit_id = $3 AND withdrawn_at IS NULL";
const TOUCH: &str = "UPDATE consent SET version = version + 1 WHERE municipality = $1 AND id = $2";
const SERVING: &str = "SELECT unit_id FROM unit_serves WHERE municipality = $1";

/// The exemption from secrecy that a consent is.
const SECRECY_BASIS: &str = "consent: fvl § 13 a no. 1; hpl § 22";
/// The basis for processing, which a consent is not.
const PROCESSING_BASIS: &str =
    "GDPR art. 6(1)(e), 9(2)(g); oppl § 24-1; bhl § 47 a; bvl § 13-6; sotjl § 43 a";

#[derive(sqlx::FromRow)]
struct UnitRow {
    consent_id: Id<Consent>,
    unit_id: Id<Unit>,
    unit_name: String,
    withdrawn_at: Option<DateTime<Utc>>,
}

pub(super) async fn list(
    tx: &mut Tx,
    case: &CaseFacts,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ConsentOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = fetch_all!(tx, ConsentOut, LIST, &case.municipality, case.id, after, limit)?;
    with_units(tx, rows).await
}

pub(super) async fn get(tx: &mut Tx, case: &CaseFacts, id: Id<Consent>) -> Result<ConsentOut, DbError> {
    let rows = fetch_all!(tx, ConsentOut, GET, &case.municipality, case.id, id)?;
    with_units(tx, rows).await?.pop().ok_or(DbError::Engine(sqlx::Error::RowNotFound))
}

async fn with_units(tx: &mut Tx, mut consents: Vec<ConsentOut>) -> Result<Vec<ConsentOut>, DbError> {
    if consents.is_empty() {
        return Ok(consents);
    }
    let ids: Vec<Id<Consent>> = consents.iter().map(|consent| consent.id).collect();
    let mut units: HashMap<Id<Consent>, Vec<ConsentedUnit>> = HashMap::new();
    for UnitRow { consent_id, unit_id, unit_name, withdrawn_at } in fetch_in!(tx, UnitRow, UNITS, &ids)? {
        units.entry(consent_id).or_default().push(ConsentedUnit { unit_id, unit_name, withdrawn_at });
    }
    for consent in &mut consents {
        consent.units = units.remove(&consent.id).unwrap_or_default();
        consent.units.sort_by(|a, b| a.unit_name.cmp(&b.unit_name));
    }
    Ok(consents)
}

pub(super) struct NewConsent<'a> {
    pub given_by: Id<Person>,
    pub recorded_by: Id<Person>,
    pub form: ConsentForm,
    pub purpose: &'a str,
    pub text_version: &'a str,
    pub valid_from: NaiveDate,
    pub valid_until: NaiveDate,
    pub units: &'a [Id<Unit>],
}

pub(super) async fn insert(
    tx: &mut Tx,
    case: &CaseFacts,
    new: NewConsent<'_>,
    now: DateTime<Utc>,
) -> Result<Id<Consent>, DbError> {
    let NewConsent { given_by, recorded_by, form, purpose, text_version, valid_from, valid_until, units } =
        new;
    let id = Id::<Consent>::new();
    let key = case.key();
    let (purpose, text_version) = (tx.vault().seal(&key, purpose)?, tx.vault().seal(&key, text_version)?);
    expect_one(execute!(
        tx,
        INSERT,
        &case.municipality,
        id,
        case.id,
        given_by,
        recorded_by,
        form,
        purpose,
        text_version,
        SECRECY_BASIS,
        PROCESSING_BASIS,
        valid_from,
        valid_until,
        now
    )?)?;
    on_engine!(tx, |conn| {
        let mut query = sqlx::QueryBuilder::new(INSERT_UNITS);
        query.push_values(units, |mut row, unit| {
            row.push_bind(case.municipality.clone()).push_bind(id).push_bind(*unit);
        });
        query.build().execute(conn).await.map(|_| ())
    })?;
    Ok(id)
}

/// Withdraws consent to one unit; what is withdrawn already stays as it is.
pub(super) async fn withdraw(
    tx: &mut Tx,
    municipality: &str,
    consent: Id<Consent>,
    unit: Id<Unit>,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if execute!(tx, WITHDRAW, municipality, consent, unit, now, by)? == 1 {
        expect_one(execute!(tx, TOUCH, municipality, consent)?)?;
    }
    Ok(())
}

/// The units that serve a municipality.
pub(super) async fn units_serving(tx: &mut Tx, municipality: &str) -> Result<Vec<Id<Unit>>, DbError> {
    let rows = fetch_all!(tx, (Id<Unit>,), SERVING, municipality)?;
    Ok(rows.into_iter().map(|(unit,)| unit).collect())
}
