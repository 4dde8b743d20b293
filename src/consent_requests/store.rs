//! Requests for consent in the database.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::dto::{ConsentRequestAnswerOut, ConsentRequestOut, ConsentRequestStatus, RequestedUnit};
use crate::{
    access::CaseState,
    db::{DbError, Tx},
    execute, fetch_all, fetch_in, fetch_of_case, insert_rows,
    kernel::{
        Id,
        ids::{
            CaseId, Consent, ConsentId, ConsentRequest, ConsentRequestAnswer, Person, PersonId, Unit, UnitId,
        },
        vocabulary::{InformationKind, Sector},
    },
    persons_of_sql,
    vault::Content,
};

const SELECT: &str = "
    SELECT r.id, r.case_id, r.purpose, r.text_version, r.valid_from, r.valid_until, r.answer_by, r.status, r.asked_by, p.name AS asked_by_name,
           r.asked_at, r.version
    FROM consent_request r JOIN person p ON p.id = r.asked_by";
const UNITS: &str = "
    SELECT w.request_id, w.unit_id, u.name AS unit_name, u.sector
    FROM consent_request_unit w JOIN unit u ON u.id = w.unit_id WHERE w.request_id IN (";
const KINDS: &str = "SELECT k.request_id, k.kind FROM consent_request_kind k WHERE k.request_id IN (";
const ANSWERS: &str = "
    SELECT a.request_id, p.canonical_id AS person_id, p.name AS person_name, a.agrees, a.reason, a.answered_at, a.consent_id
    FROM consent_request_answer a JOIN person p ON p.id = a.person_id WHERE a.request_id IN (";
/// The consents in a case that are not withdrawn and last until today or longer, one row for each person, kind and unit.
const STANDING: &str = "
    SELECT p.canonical_id AS person, u.unit_id AS unit, k.kind, c.alone_basis, c.valid_from, c.valid_until
    FROM consent c
    JOIN person p ON p.id = c.given_by
    JOIN consent_unit u ON u.municipality = c.municipality AND u.consent_id = c.id
    JOIN consent_kind k ON k.municipality = c.municipality AND k.consent_id = c.id
    WHERE c.municipality = $1 AND c.case_id = $2 AND c.valid_until >= $3 AND u.withdrawn_at IS NULL AND k.withdrawn_at IS NULL";
const INSERT: &str = "
    INSERT INTO consent_request (municipality, id, case_id, purpose, text_version, valid_from, valid_until, answer_by, status, asked_by, asked_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10)";
const INSERT_UNITS: &str = "INSERT INTO consent_request_unit (municipality, request_id, unit_id) ";
const INSERT_KINDS: &str = "INSERT INTO consent_request_kind (municipality, request_id, kind) ";
/// A yes replaces a no. Nothing else replaces an answer.
const ANSWER: &str = "
    INSERT INTO consent_request_answer (municipality, id, case_id, request_id, person_id, agrees, reason, consent_id, answered_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (municipality, request_id, person_id) DO UPDATE
    SET agrees = excluded.agrees, reason = NULL, consent_id = excluded.consent_id, answered_at = excluded.answered_at
    WHERE NOT consent_request_answer.agrees AND excluded.agrees";
const FORGET_NO: &str = concat!(
    "DELETE FROM consent_request_answer WHERE municipality = $1 AND request_id = $2 AND NOT agrees AND person_id IN ",
    persons_of_sql!("$3")
);
const WITHDRAW_OPEN: &str = "
    UPDATE consent_request SET status = 'withdrawn', withdrawn_by = $3, withdrawn_at = $4, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND status = 'open'";
const WITHDRAW: &str = "
    UPDATE consent_request SET status = 'withdrawn', withdrawn_by = $4, withdrawn_at = $5, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND status = 'open'";

#[derive(sqlx::FromRow)]
struct Row {
    id: Id<ConsentRequest>,
    case_id: CaseId,
    purpose: Content,
    text_version: String,
    valid_from: NaiveDate,
    valid_until: NaiveDate,
    answer_by: NaiveDate,
    status: ConsentRequestStatus,
    asked_by: PersonId,
    asked_by_name: Content,
    asked_at: DateTime<Utc>,
    version: i64,
}

#[derive(sqlx::FromRow)]
struct UnitRow {
    request_id: Id<ConsentRequest>,
    unit_id: UnitId,
    unit_name: String,
    sector: Sector,
}

#[derive(sqlx::FromRow)]
struct AnswerRow {
    request_id: Id<ConsentRequest>,
    person_id: PersonId,
    person_name: Content,
    agrees: bool,
    reason: Option<Content>,
    answered_at: DateTime<Utc>,
    consent_id: Option<ConsentId>,
}

/// A consent that stands, to one kind for one unit.
#[derive(sqlx::FromRow)]
struct Standing {
    person: Id<Person>,
    unit: Id<Unit>,
    kind: InformationKind,
    alone_basis: Option<String>,
    valid_from: NaiveDate,
    valid_until: NaiveDate,
}

impl Row {
    fn with(
        self,
        case: &CaseState,
        mut units: Vec<UnitRow>,
        mut kinds: Vec<InformationKind>,
        mut answers: Vec<ConsentRequestAnswerOut>,
        standing: &[Standing],
    ) -> ConsentRequestOut {
        units.sort_by(|a, b| (&a.unit_name, a.unit_id).cmp(&(&b.unit_name, b.unit_id)));
        kinds.sort_unstable();
        answers.sort_by_key(|answer| (answer.answered_at, answer.person_id));
        let is_over = self.status == ConsentRequestStatus::Open && self.valid_until < case.today;
        let status = if is_over { ConsentRequestStatus::Over } else { self.status };
        let missing = (status == ConsentRequestStatus::Open)
            .then(|| self.missing(case, &units, &kinds, &answers, standing));
        let units =
            units.into_iter().map(|UnitRow { unit_id, unit_name, .. }| RequestedUnit { unit_id, unit_name });
        ConsentRequestOut {
            id: self.id,
            case_id: self.case_id,
            units: units.collect(),
            kinds,
            purpose: self.purpose,
            text_version: self.text_version,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            answer_by: self.answer_by,
            status,
            asked_by: Some(self.asked_by),
            asked_by_name: Some(self.asked_by_name),
            asked_at: self.asked_at,
            answers,
            missing,
            version: self.version,
        }
    }

    /// Returns the people who must consent to a kind for a unit, have not refused, and have not consented to it for as long as is asked for.
    /// It refers to the child by the id of its registration.
    fn missing(
        &self,
        case: &CaseState,
        units: &[UnitRow],
        kinds: &[InformationKind],
        answers: &[ConsentRequestAnswerOut],
        standing: &[Standing],
    ) -> Vec<PersonId> {
        let family = &case.ground.family;
        let begins = self.valid_from.max(case.today);
        let mut missing: BTreeSet<PersonId> = BTreeSet::new();
        for (unit, kind) in units.iter().flat_map(|unit| kinds.iter().map(move |kind| (unit, *kind))) {
            let is_of_it = |given: &&Standing| {
                (given.unit, given.kind) == (unit.unit_id, kind)
                    && given.valid_from <= begins
                    && given.valid_until >= self.valid_until
            };
            let given: Vec<&Standing> = standing.iter().filter(is_of_it).collect();
            let is_enough = |given: &&Standing| {
                let law = given.alone_basis.as_deref();
                law.is_some_and(|law| family.suffices_alone(given.person, kind, law, unit.sector))
            };
            if given.iter().any(is_enough) {
                continue;
            }
            let consenters = family.consenters(kind, unit.sector).into_iter();
            missing.extend(consenters.filter(|person| !given.iter().any(|given| given.person == *person)));
        }
        missing.retain(|person| !answers.iter().any(|answer| !answer.agrees && answer.person_id == *person));
        let known =
            |person: PersonId| if person == case.child_person { case.child.uuid().into() } else { person };
        missing.into_iter().map(known).collect()
    }
}

/// Returns a request of a case.
pub(super) async fn get(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<ConsentRequest>,
) -> Result<ConsentRequestOut, DbError> {
    these(tx, case, &[id]).await?.pop().ok_or(DbError::Engine(sqlx::Error::RowNotFound))
}

/// Returns these requests of a case, in order of id.
pub(super) async fn these(
    tx: &mut Tx,
    case: &CaseState,
    ids: &[Id<ConsentRequest>],
) -> Result<Vec<ConsentRequestOut>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: Vec<Row> = fetch_of_case!(tx, Row, SELECT, "r", case, ids)?;
    rows.sort_by_key(|row| row.id);
    let mut units: BTreeMap<Id<ConsentRequest>, Vec<UnitRow>> = BTreeMap::new();
    for row in fetch_in!(tx, UnitRow, UNITS, ids)? {
        units.entry(row.request_id).or_default().push(row);
    }
    let mut kinds: BTreeMap<Id<ConsentRequest>, Vec<InformationKind>> = BTreeMap::new();
    for (request, kind) in fetch_in!(tx, (Id<ConsentRequest>, InformationKind), KINDS, ids)? {
        kinds.entry(request).or_default().push(kind);
    }
    let mut answers: BTreeMap<Id<ConsentRequest>, Vec<ConsentRequestAnswerOut>> = BTreeMap::new();
    for row in fetch_in!(tx, AnswerRow, ANSWERS, ids)? {
        let AnswerRow { request_id, person_id, person_name, agrees, reason, answered_at, consent_id } = row;
        let answer =
            ConsentRequestAnswerOut { person_id, person_name, agrees, reason, answered_at, consent_id };
        answers.entry(request_id).or_default().push(answer);
    }
    let standing = fetch_all!(tx, Standing, STANDING, &case.municipality, case.id, case.today)?;
    let with = |row: Row| {
        let units = units.remove(&row.id).unwrap_or_default();
        let kinds = kinds.remove(&row.id).unwrap_or_default();
        let answers = answers.remove(&row.id).unwrap_or_default();
        row.with(case, units, kinds, answers, &standing)
    };
    Ok(rows.into_iter().map(with).collect())
}

/// A request to store.
pub(super) struct NewRequest<'a> {
    pub units: &'a [Id<Unit>],
    pub kinds: &'a [InformationKind],
    pub purpose: &'a str,
    pub text_version: &'a str,
    pub valid_from: NaiveDate,
    pub valid_until: NaiveDate,
    pub answer_by: NaiveDate,
    pub by: Id<Person>,
}

/// Stores a request.
pub(super) async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    new: NewRequest<'_>,
    now: DateTime<Utc>,
) -> Result<Id<ConsentRequest>, DbError> {
    let NewRequest { units, kinds, purpose, text_version, valid_from, valid_until, answer_by, by } = new;
    let (municipality, id) = (&case.municipality, Id::<ConsentRequest>::new());
    let purpose = tx.vault().seal(&case.key(), purpose)?;
    let period = (valid_from, valid_until);
    execute!(
        tx,
        INSERT,
        municipality,
        id,
        case.id,
        &purpose,
        text_version,
        period.0,
        period.1,
        answer_by,
        by,
        now
    )?;
    insert_rows!(tx, INSERT_UNITS, 3, units, |values, unit| values
        .push_bind(municipality)
        .push_bind(id)
        .push_bind(*unit))?;
    insert_rows!(tx, INSERT_KINDS, 3, kinds, |values, kind| values
        .push_bind(municipality)
        .push_bind(id)
        .push_bind(*kind))?;
    Ok(id)
}

/// An answer to store: a yes with the consent that was given, or a no.
pub(super) struct Answer<'a> {
    pub request: Id<ConsentRequest>,
    pub person: Id<Person>,
    pub reason: Option<&'a str>,
    pub consent: Option<Id<Consent>>,
}

/// Stores an answer. Returns false if the person has answered, unless a yes replaces a no.
pub(super) async fn answer(
    tx: &mut Tx,
    case: &CaseState,
    answer: Answer<'_>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let Answer { request, person, reason, consent } = answer;
    let (municipality, id) = (&case.municipality, Id::<ConsentRequestAnswer>::new());
    let (agrees, reason) = (consent.is_some(), tx.vault().seal_optional(&case.key(), reason)?);
    if agrees {
        execute!(tx, FORGET_NO, municipality, request, person)?;
    }
    let stored =
        execute!(tx, ANSWER, municipality, id, case.id, request, person, agrees, reason, consent, now)?;
    Ok(stored == 1)
}

/// Withdraws a request. Returns false if it is withdrawn already.
pub(super) async fn withdraw(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<ConsentRequest>,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    Ok(execute!(tx, WITHDRAW, &case.municipality, case.id, id, by, now)? == 1)
}

/// Withdraws the open requests of a case whose record moves: the units that are asked for were those that the former unit needed.
///
/// # Errors
/// If the write to the database fails.
pub async fn withdraw_open(
    tx: &mut Tx,
    case: &CaseState,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    execute!(tx, WITHDRAW_OPEN, &case.municipality, case.id, by, now)?;
    Ok(())
}
