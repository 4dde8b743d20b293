//! Withholdings in the database.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    dto::{LetterDelayIn, Withheld, WithholdingBasis, WithholdingOut},
    grounds::Owned,
};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{Person, Unit, Withholding, WithholdingReview},
        vocabulary::Sector,
    },
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, guardian_id, note_id, measure_id, meeting_id, legal_basis, unit_id, reason, review_on, letter_from,
                    letter_delay, decided_by, decided_at, ended_at, version
             FROM withholding WHERE municipality = $1 AND case_id = $2 ",
            $rest
        )
    };
}

const LIST: &str = select!("AND id > $3 ORDER BY id LIMIT $4");
const FIND: &str = select!("AND id = $3");
const INSERT: &str = "
    INSERT INTO withholding (municipality, id, case_id, guardian_id, note_id, legal_basis, reason, decided_by, decided_at,
                             measure_id, meeting_id, unit_id, review_on, letter_from, letter_delay, letter_delay_reason)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
const REVIEW: &str = "
    UPDATE withholding SET review_on = $5, letter_from = $6, letter_delay = COALESCE($7, letter_delay),
        letter_delay_reason = COALESCE($8, letter_delay_reason), version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND ended_at IS NULL";
const INSERT_REVIEW: &str = "
    INSERT INTO withholding_review (municipality, id, withholding_id, case_id, review_on, reason, reviewed_by, reviewed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const END: &str = "
    UPDATE withholding SET ended_at = $5, ended_by = $6, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND ended_at IS NULL";
const NOTE_OF: &str = "
    SELECT n.unit_id, u.sector FROM note n LEFT JOIN unit u ON u.id = n.unit_id
    WHERE n.municipality = $1 AND n.case_id = $2 AND n.id = $3";
const MEASURE_OF: &str = "
    SELECT m.unit_id, u.sector FROM measure m JOIN unit u ON u.id = m.unit_id
    WHERE m.municipality = $1 AND m.case_id = $2 AND m.id = $3";
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
    /// The day by which it is reviewed.
    pub review_on: NaiveDate,
    /// The ground for giving the guardian the letter later.
    pub letter_delay: Option<&'a LetterDelayIn>,
    /// The person who decided it.
    pub by: Id<Person>,
    /// The unit through which they take part.
    pub unit: Id<Unit>,
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
    let NewWithholding { guardian, what, legal_basis, reason, review_on, letter_delay, by, unit } = new;
    let letter_from = letter_delay.map_or(case.today, |delay| delay.letter_from);
    let (note, measure, meeting) = match what {
        Withheld::Case => (None, None, None),
        Withheld::Note(id) => (Some(id), None, None),
        Withheld::Measure(id) => (None, Some(id), None),
        Withheld::Meeting(id) => (None, None, Some(id)),
    };
    let reason = tx.vault().seal(&case.key(), reason)?;
    let delay_reason =
        tx.vault().seal_optional(&case.key(), letter_delay.map(|delay| delay.reason.as_ref()))?;
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
        meeting,
        unit,
        review_on,
        letter_from,
        letter_delay.map(|delay| delay.ground),
        delay_reason
    )?)?;
    Ok(id)
}

/// A review to store.
pub(super) struct Review<'a> {
    pub review_on: NaiveDate,
    pub reason: &'a str,
    pub letter_from: Option<NaiveDate>,
    pub letter_delay: Option<&'a LetterDelayIn>,
    pub by: Id<Person>,
}

pub(super) async fn review(
    tx: &mut Tx,
    case: &CaseState,
    current: &WithholdingOut,
    review: Review<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Review { review_on, reason, letter_from, letter_delay, by } = review;
    let (municipality, key) = (&case.municipality, case.key());
    let delay_reason = tx.vault().seal_optional(&key, letter_delay.map(|delay| delay.reason.as_ref()))?;
    let reason = tx.vault().seal(&key, reason)?;
    let ground = letter_delay.map(|delay| delay.ground);
    expect_one(execute!(
        tx,
        REVIEW,
        municipality,
        case.id,
        current.id,
        current.version,
        review_on,
        letter_from,
        ground,
        delay_reason
    )?)?;
    let id = Id::<WithholdingReview>::new();
    expect_one(execute!(
        tx,
        INSERT_REVIEW,
        municipality,
        id,
        current.id,
        case.id,
        review_on,
        reason,
        by,
        now
    )?)
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

/// Returns the unit that is responsible for a part of the case; none if it does not belong to the case.
pub(super) async fn owner(tx: &mut Tx, case: &CaseState, what: Withheld) -> Result<Option<Owned>, DbError> {
    type Row = (Option<Id<Unit>>, Option<Sector>);
    let (municipality, case) = (&case.municipality, case.id);
    let row = match what {
        Withheld::Case => return Ok(Some(Owned::Case)),
        Withheld::Note(id) => fetch_optional!(tx, Row, NOTE_OF, municipality, case, id)?,
        Withheld::Measure(id) => fetch_optional!(tx, Row, MEASURE_OF, municipality, case, id)?,
        Withheld::Meeting(id) => {
            let (count,) = fetch_one!(tx, (i64,), IS_MEETING, municipality, case, id)?;
            return Ok((count > 0).then_some(Owned::ByContactPerson));
        }
    };
    Ok(row.map(|(unit, sector)| match unit.zip(sector) {
        Some((unit, sector)) => Owned::By(unit, sector),
        None => Owned::ByContactPerson,
    }))
}
