//! Meetings, those invited and what was decided as rows, many in one statement.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

pub(crate) use super::dto::{InvitationStatus, MeetingStatus};
use super::parts::PresentRole;
use crate::{
    access::CasePlace,
    db::{DbError, Tx},
    insert_rows,
    kernel::{
        Id,
        ids::{Arena, Measure, Meeting, Person},
    },
};

const INSERT: &str = "INSERT INTO meeting (municipality, id, case_id, arena_id, called_by, starts_at, place, agenda, \
    family_absent_reason, status, minutes, minutes_by, minutes_at, created_at) ";
const INSERT_PARTICIPANTS: &str = "INSERT INTO meeting_participant (municipality, meeting_id, person_id, answer, attended, approved_at, called) ";
const INSERT_DECISIONS: &str =
    "INSERT INTO meeting_decision (municipality, meeting_id, number, case_id, decision, measure_id) ";
const INSERT_REASONS: &str =
    "INSERT INTO meeting_guardian_absent (municipality, meeting_id, number, case_id, person_id, reason) ";
const INSERT_OTHERS: &str =
    "INSERT INTO meeting_other_present (municipality, meeting_id, number, case_id, name, role) ";

/// A meeting to store.
pub(crate) struct MeetingRow<'a> {
    pub place: CasePlace<'a>,
    pub id: Id<Meeting>,
    pub arena: Option<Id<Arena>>,
    pub called_by: Id<Person>,
    pub starts_at: DateTime<Utc>,
    pub held_at: Option<Cow<'a, str>>,
    pub agenda: Cow<'a, str>,
    pub family_absent_reason: Option<Cow<'a, str>>,
    pub status: MeetingStatus,
    pub minutes: Option<MinutesRow<'a>>,
    pub created_at: DateTime<Utc>,
}

/// The minutes of a meeting that was held.
pub(crate) struct MinutesRow<'a> {
    pub text: Cow<'a, str>,
    pub by: Id<Person>,
    pub at: DateTime<Utc>,
}

/// Someone invited to a meeting.
pub(crate) struct ParticipantRow<'a> {
    pub municipality: &'a str,
    pub meeting: Id<Meeting>,
    pub person: Id<Person>,
    pub answer: InvitationStatus,
    pub attended: Option<bool>,
    pub approved_at: Option<DateTime<Utc>>,
    /// Whether they were called, or came without it.
    pub called: bool,
}

/// Something that a meeting decided.
pub(crate) struct DecisionRow<'a> {
    pub place: CasePlace<'a>,
    pub meeting: Id<Meeting>,
    pub number: i64,
    pub text: Cow<'a, str>,
    pub measure: Option<Id<Measure>>,
}

/// Writes meetings.
pub(crate) async fn insert(tx: &mut Tx, rows: &[MeetingRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let MeetingRow { place, held_at, agenda, family_absent_reason, minutes, .. } = row;
            let (vault, key) = (tx.vault(), place.key());
            let optional = |text: &Option<Cow<'_, str>>| vault.seal_optional(&key, text.as_deref());
            let (held_at, reason) = (optional(held_at)?, optional(family_absent_reason)?);
            let minutes = minutes.as_ref().map(|minutes| vault.seal(&key, &minutes.text)).transpose()?;
            Ok::<_, DbError>((row, held_at, vault.seal(&key, agenda)?, reason, minutes))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT, 14, rows, |values, (row, held_at, agenda, reason, minutes)| values
        .push_bind(row.place.municipality)
        .push_bind(row.id)
        .push_bind(row.place.case)
        .push_bind(row.arena)
        .push_bind(row.called_by)
        .push_bind(row.starts_at)
        .push_bind(held_at)
        .push_bind(agenda)
        .push_bind(reason)
        .push_bind(row.status)
        .push_bind(minutes)
        .push_bind(row.minutes.as_ref().map(|minutes| minutes.by))
        .push_bind(row.minutes.as_ref().map(|minutes| minutes.at))
        .push_bind(row.created_at))?;
    Ok(())
}

/// Writes who is invited.
pub(crate) async fn insert_participants(tx: &mut Tx, rows: &[ParticipantRow<'_>]) -> Result<(), DbError> {
    insert_rows!(tx, INSERT_PARTICIPANTS, 7, rows, |values, row| values
        .push_bind(row.municipality)
        .push_bind(row.meeting)
        .push_bind(row.person)
        .push_bind(row.answer)
        .push_bind(row.attended)
        .push_bind(row.approved_at)
        .push_bind(row.called))?;
    Ok(())
}

/// Writes what was decided.
pub(crate) async fn insert_decisions(tx: &mut Tx, rows: &[DecisionRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| {
            let DecisionRow { place, text, .. } = row;
            Ok::<_, DbError>((row, tx.vault().seal(&place.key(), text)?))
        })
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT_DECISIONS, 6, rows, |values, (row, text)| values
        .push_bind(row.place.municipality)
        .push_bind(row.meeting)
        .push_bind(row.number)
        .push_bind(row.place.case)
        .push_bind(text)
        .push_bind(row.measure))?;
    Ok(())
}

/// A guardian who is not invited.
pub(crate) struct ReasonRow<'a> {
    pub place: CasePlace<'a>,
    pub meeting: Id<Meeting>,
    pub number: i64,
    pub person: Id<Person>,
    pub reason: Cow<'a, str>,
}

/// A person who was present and has no part in the case.
pub(crate) struct OtherRow<'a> {
    pub place: CasePlace<'a>,
    pub meeting: Id<Meeting>,
    pub number: i64,
    pub name: Cow<'a, str>,
    pub role: PresentRole,
}

/// Writes why guardians are not invited.
pub(crate) async fn insert_reasons(tx: &mut Tx, rows: &[ReasonRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| Ok::<_, DbError>((row, tx.vault().seal(&row.place.key(), &row.reason)?)))
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT_REASONS, 6, rows, |values, (row, reason)| values
        .push_bind(row.place.municipality)
        .push_bind(row.meeting)
        .push_bind(row.number)
        .push_bind(row.place.case)
        .push_bind(row.person)
        .push_bind(reason))?;
    Ok(())
}

/// Writes who else was present.
pub(crate) async fn insert_others(tx: &mut Tx, rows: &[OtherRow<'_>]) -> Result<(), DbError> {
    let rows = rows
        .iter()
        .map(|row| Ok::<_, DbError>((row, tx.vault().seal(&row.place.key(), &row.name)?)))
        .collect::<Result<Vec<_>, _>>()?;
    insert_rows!(tx, INSERT_OTHERS, 6, rows, |values, (row, name)| values
        .push_bind(row.place.municipality)
        .push_bind(row.meeting)
        .push_bind(row.number)
        .push_bind(row.place.case)
        .push_bind(name)
        .push_bind(row.role))?;
    Ok(())
}
