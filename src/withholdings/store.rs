//! Withholdings in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::dto::{Withheld, WithholdingBasis, WithholdingOut};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{Person, Withholding},
    },
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, guardian_id, note_id, measure_id, meeting_id, legal_basis, reason, decided_by, decided_at, ended_at, version
             FROM withholding WHERE municipality = $1 AND case_id = $2 ",
            $rest
        )
    };
}

const LIST: &str = select!("AND id > $3 ORDER BY id LIMIT $4");
const FIND: &str = select!("AND id = $3");
const INSERT: &str = "
    INSERT INTO withholding (municipality, id, case_id, guardian_id, note_id, legal_basis, reason, decided_by, decided_at,
                             measure_id, meeting_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const END: &str = "
    UPDATE withholding SET ended_at = $5, ended_by = $6, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND ended_at IS NULL";
const IS_NOTE: &str = "SELECT COUNT(*) FROM note WHERE municipality = $1 AND case_id = $2 AND id = $3";
const IS_MEASURE: &str = "SELECT COUNT(*) FROM measure WHERE municipality = $1 AND case_id = $2 AND id = $3";
const IS_MEETING: &str = "SELECT COUNT(*) FROM meeting WHERE municipality = $1 AND case_id = $2 AND id = $3";

pub(super) async fn list(
    tx: &mut Tx,
    case: &CaseState,
    after: Uuid,
    limit: usize,
) -> Result<Vec<WithholdingOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, WithholdingOut, LIST, &case.municipality, case.id, after, limit)
}

pub(super) async fn find(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<Withholding>,
) -> Result<Option<WithholdingOut>, DbError> {
    fetch_optional!(tx, WithholdingOut, FIND, &case.municipality, case.id, id)
}

/// A withholding to store.
#[derive(Debug)]
pub struct NewWithholding<'a> {
    /// The guardian.
    pub guardian: Id<Person>,
    /// The part of the case.
    pub what: Withheld,
    /// The legal basis.
    pub legal_basis: WithholdingBasis,
    /// The reason.
    pub reason: &'a str,
    /// The person who decided it.
    pub by: Id<Person>,
}

/// Stores a withholding.
///
/// # Errors
/// If the write to the database fails.
pub async fn insert(
    tx: &mut Tx,
    case: &CaseState,
    new: NewWithholding<'_>,
    now: DateTime<Utc>,
) -> Result<Id<Withholding>, DbError> {
    let NewWithholding { guardian, what, legal_basis, reason, by } = new;
    let (note, measure, meeting) = match what {
        Withheld::Case => (None, None, None),
        Withheld::Note(id) => (Some(id), None, None),
        Withheld::Measure(id) => (None, Some(id), None),
        Withheld::Meeting(id) => (None, None, Some(id)),
    };
    let reason = tx.vault().seal(&case.key(), reason)?;
    let id = Id::<Withholding>::new();
    expect_one(execute!(
        tx,
        INSERT,
        &case.municipality,
        id,
        case.id,
        guardian,
        note,
        legal_basis,
        &reason,
        by,
        now,
        measure,
        meeting
    )?)?;
    Ok(id)
}

pub(super) async fn end(
    tx: &mut Tx,
    case: &CaseState,
    current: &WithholdingOut,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    expect_one(execute!(tx, END, &case.municipality, case.id, current.id, current.version, now, by)?)
}

/// Returns whether this belongs to the case.
pub(super) async fn is_of(tx: &mut Tx, case: &CaseState, what: Withheld) -> Result<bool, DbError> {
    let (municipality, case) = (&case.municipality, case.id);
    let (count,) = match what {
        Withheld::Case => return Ok(true),
        Withheld::Note(id) => fetch_one!(tx, (i64,), IS_NOTE, municipality, case, id)?,
        Withheld::Measure(id) => fetch_one!(tx, (i64,), IS_MEASURE, municipality, case, id)?,
        Withheld::Meeting(id) => fetch_one!(tx, (i64,), IS_MEETING, municipality, case, id)?,
    };
    Ok(count > 0)
}
