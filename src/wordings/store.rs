//! Earlier wordings in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::dto::{EarlierWordingOut, WordingPart};
use crate::{
    access::CaseFacts,
    db::{DbError, Tx},
    execute, fetch_in,
    kernel::{Id, ids::Person},
    vault::KeyName,
};

const OF_THESE: &str = "
    SELECT w.subject_id, w.number, w.part, CASE WHEN NOT w.struck_out THEN w.text END AS text, w.struck_out, w.reason, w.changed_by,
           p.name AS changed_by_name, w.changed_at
    FROM earlier_wording w JOIN person p ON p.id = w.changed_by WHERE w.subject_id IN (";
const STRIKE_OUT: &str =
    "UPDATE earlier_wording SET struck_out = TRUE WHERE municipality = $1 AND subject_id = $2";

/// Keeps a text of a table as it is. Text that was read is never sealed again, so it is copied.
macro_rules! keep {
    ($table:literal, $column:literal, $part:literal, $case:literal, $unit:literal, $joins:literal) => {
        concat!(
            "INSERT INTO earlier_wording (municipality, subject_id, number, part, case_id, unit_id, text, reason, struck_out, changed_by, \
             changed_at)
             SELECT t.municipality, t.id,
                    (SELECT COALESCE(MAX(w.number), 0) + 1 FROM earlier_wording w
                     WHERE w.municipality = t.municipality AND w.subject_id = t.id),
                    '", $part, "', ", $case, ", ", $unit, ", t.", $column, ", $3, $4, $5, $6
             FROM ", $table, " t ", $joins, " WHERE t.municipality = $1 AND t.id = $2 AND t.", $column, " IS NOT NULL"
        )
    };
    (in a case $table:literal, $column:literal, $part:literal, $unit:literal) => {
        keep!(
            $table, $column, $part, "t.case_id", $unit,
            "JOIN care_case c ON c.municipality = t.municipality AND c.id = t.case_id"
        )
    };
    (concern $column:literal) => {
        keep!("concern", $column, $column, "CAST(NULL AS UUID)", "t.unit_id", "")
    };
}

macro_rules! hold_still {
    ($table:literal) => {
        concat!("UPDATE ", $table, " SET version = version WHERE municipality = $1 AND id = $2")
    };
}

/// A text whose wordings are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    Goal,
    Measure,
    Note,
    Minutes,
    Facts,
    RiskFactors,
    ProtectiveFactors,
    ChildSays,
    TriedSoFar,
    OwnPractice,
    SeenRiskFactors,
    SeenProtectiveFactors,
}

impl Text {
    const fn keep(self) -> &'static str {
        match self {
            Self::Goal => keep!(in a case "goal", "description", "description", "c.opening_unit_id"),
            Self::Measure => keep!(in a case "measure", "description", "description", "c.opening_unit_id"),
            Self::Note => keep!(in a case "note", "body", "text", "COALESCE(t.unit_id, c.opening_unit_id)"),
            Self::Minutes => keep!(in a case "meeting", "minutes", "minutes", "c.opening_unit_id"),
            Self::Facts => keep!(concern "facts"),
            Self::RiskFactors => keep!(concern "risk_factors"),
            Self::ProtectiveFactors => keep!(concern "protective_factors"),
            Self::ChildSays => keep!(concern "child_says"),
            Self::TriedSoFar => keep!(concern "tried_so_far"),
            Self::OwnPractice => keep!(concern "own_practice"),
            Self::SeenRiskFactors => keep!(concern "seen_risk_factors"),
            Self::SeenProtectiveFactors => keep!(concern "seen_protective_factors"),
        }
    }

    const fn hold_still(self) -> &'static str {
        match self {
            Self::Goal => hold_still!("goal"),
            Self::Measure => hold_still!("measure"),
            Self::Note => hold_still!("note"),
            Self::Minutes => hold_still!("meeting"),
            Self::Facts
            | Self::RiskFactors
            | Self::ProtectiveFactors
            | Self::ChildSays
            | Self::TriedSoFar
            | Self::OwnPractice
            | Self::SeenRiskFactors
            | Self::SeenProtectiveFactors => hold_still!("concern"),
        }
    }

    pub(super) const fn part(self) -> WordingPart {
        match self {
            Self::Goal | Self::Measure => WordingPart::Description,
            Self::Note => WordingPart::Text,
            Self::Minutes => WordingPart::Minutes,
            Self::Facts => WordingPart::Facts,
            Self::RiskFactors => WordingPart::RiskFactors,
            Self::ProtectiveFactors => WordingPart::ProtectiveFactors,
            Self::ChildSays => WordingPart::ChildSays,
            Self::TriedSoFar => WordingPart::TriedSoFar,
            Self::OwnPractice => WordingPart::OwnPractice,
            Self::SeenRiskFactors => WordingPart::SeenRiskFactors,
            Self::SeenProtectiveFactors => WordingPart::SeenProtectiveFactors,
        }
    }
}

/// A change of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change<'a> {
    /// The municipality.
    pub municipality: &'a str,
    /// The goal, measure, note, concern or meeting.
    pub subject: Uuid,
    /// Why it is changed.
    pub reason: Option<&'a str>,
    /// Whether nobody is to read the earlier wording.
    pub strike_out: bool,
    /// The person who changes it.
    pub by: Id<Person>,
    /// When they change it.
    pub now: DateTime<Utc>,
}

/// Keeps the present wording of some texts of a subject, before they are changed. A text that is empty has none. The key seals the
/// reason, and is the key of the texts.
///
/// # Errors
/// If the database query fails.
pub(crate) async fn keep(
    tx: &mut Tx,
    key: &KeyName,
    change: Change<'_>,
    texts: &[Text],
) -> Result<(), DbError> {
    let Change { municipality, subject, reason, strike_out, by, now } = change;
    for text in texts {
        hold_still(tx, municipality, subject, *text).await?;
        let reason = tx.vault().seal_optional(key, reason)?;
        execute!(tx, text.keep(), municipality, subject, reason, strike_out, by, now)?;
    }
    // The words to strike out may have been there before.
    if strike_out { self::strike_out(tx, municipality, subject).await } else { Ok(()) }
}

/// Keeps a row as it is for the rest of the transaction: nobody else changes its texts or seals them again.
///
/// # Errors
/// If the database query fails.
pub(crate) async fn hold_still(
    tx: &mut Tx,
    municipality: &str,
    subject: Uuid,
    text: Text,
) -> Result<(), DbError> {
    execute!(tx, text.hold_still(), municipality, subject)?;
    Ok(())
}

/// Strikes out every earlier wording of a subject.
///
/// # Errors
/// If the database query fails.
pub(crate) async fn strike_out(tx: &mut Tx, municipality: &str, subject: Uuid) -> Result<(), DbError> {
    execute!(tx, STRIKE_OUT, municipality, subject)?;
    Ok(())
}

/// The reason of a change may repeat the words, and is struck out with them. The reason of the striking out itself stays.
fn hide_reasons(earlier: &mut [EarlierWordingOut]) {
    let struck = earlier.iter_mut().filter(|wording| wording.struck_out).rev().skip(1);
    struck.for_each(|wording| wording.reason = None);
}

#[derive(sqlx::FromRow)]
struct OfSubject {
    subject_id: Uuid,
    #[sqlx(flatten)]
    wording: EarlierWordingOut,
}

/// Gives each of some subjects in a case the earlier wordings that the caller may know of, numbered among themselves, so that no gap shows
/// that there are more. The caller may read all of the subjects, which are in the order of their ids.
///
/// # Errors
/// If the database query fails.
pub(crate) async fn of_case<T>(
    tx: &mut Tx,
    case: &CaseFacts,
    subjects: &mut [T],
    id: impl Fn(&T) -> Uuid,
    earlier: impl Fn(&mut T) -> &mut Vec<EarlierWordingOut>,
) -> Result<(), DbError> {
    of_these(tx, subjects, id, &earlier).await?;
    for subject in subjects {
        let earlier = earlier(subject);
        earlier.retain(|wording| case.knew_words_until(wording.changed_at));
        for (number, wording) in (1..).zip(earlier) {
            wording.number = number;
        }
    }
    Ok(())
}

/// Gives each of some subjects its earlier wordings, in the order they were replaced. The caller may read all of the subjects, which are in
/// the order of their ids.
///
/// # Errors
/// If the database query fails.
pub(crate) async fn of_these<T>(
    tx: &mut Tx,
    subjects: &mut [T],
    id: impl Fn(&T) -> Uuid,
    earlier: impl Fn(&mut T) -> &mut Vec<EarlierWordingOut>,
) -> Result<(), DbError> {
    let ids: Vec<Uuid> = subjects.iter().map(&id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut rows = fetch_in!(tx, OfSubject, OF_THESE, &ids)?;
    rows.sort_by_key(|row| (row.subject_id, row.wording.number));
    for OfSubject { subject_id, wording } in rows {
        if let Ok(at) = subjects.binary_search_by_key(&subject_id, &id) {
            earlier(&mut subjects[at]).push(wording);
        }
    }
    for subject in subjects {
        hide_reasons(earlier(subject));
    }
    Ok(())
}
