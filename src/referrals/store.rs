//! Referrals in the database.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    dto::{ReferralEventKind, ReferralEventOut, ReferralIn, ReferralOut, ReferralStatus},
    rules::Change,
};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_optional, insert_rows,
    kernel::{
        Id,
        ids::{NextStep, Note, Person, PersonId, ReferralEvent, Unit},
        vocabulary::Sector,
    },
    vault::{Content, KeyName},
};

const RECEIVER: &str = "
    SELECT u.kind, u.sector FROM unit u JOIN unit_serves s ON s.unit_id = u.id WHERE u.id = $2 AND s.municipality = $1";
const RESPONSIBLE: &str = "
    SELECT p.canonical_id FROM guardianship g JOIN person p ON p.id = g.guardian_id
    WHERE g.municipality = $1 AND g.child_id = $2 AND g.ended_at IS NULL AND g.parental_responsibility ORDER BY g.id";
const INSERT: &str = "
    INSERT INTO referral (municipality, note_id, case_id, to_unit_id, to_outside, to_sector, referred_by, sent_on, agreed_on, expected_on,
        follower_id, follower_unit)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const INSERT_AGREEMENT: &str = "INSERT INTO referral_agreement (municipality, note_id, person_id) ";
const INSERT_EVENT: &str = "
    INSERT INTO referral_event (municipality, id, note_id, case_id, kind, happened_on, from_on, to_on, reason, next_step_id, recorded_by,
        recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const CHANGE: &str = "
    UPDATE referral SET status = $3, expected_on = $4, start_is_known = $5 WHERE municipality = $1 AND note_id = $2";
/// A change counts as one of the note, whose version everyone who may read it sees.
const CHANGED: &str = "
    UPDATE note SET version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3 AND struck_out_at IS NULL";
const FOLLOW: &str =
    "UPDATE referral SET follower_id = $3, follower_unit = $4 WHERE municipality = $1 AND note_id = $2";
const THESE: &str = "
    SELECT r.note_id, r.to_unit_id, u.name AS to_unit_name, r.to_outside, r.to_sector, r.referred_by, r.sent_on, r.agreed_on, r.status,
           r.expected_on, r.start_is_known, r.follower_id, p.name AS follower_name
    FROM referral r LEFT JOIN unit u ON u.id = r.to_unit_id LEFT JOIN person p ON p.id = r.follower_id WHERE r.note_id IN (";
const AGREEMENTS: &str = "SELECT a.note_id, a.person_id FROM referral_agreement a WHERE a.note_id IN (";
const EVENTS: &str = "
    SELECT e.note_id, e.id, e.kind, e.happened_on, e.from_on, e.to_on, e.reason, e.next_step_id, e.recorded_by,
           p.name AS recorded_by_name, e.recorded_at
    FROM referral_event e JOIN person p ON p.id = e.recorded_by WHERE e.note_id IN (";

#[derive(sqlx::FromRow)]
struct ReferralRow {
    note_id: Id<Note>,
    to_unit_id: Option<Id<Unit>>,
    to_unit_name: Option<String>,
    to_outside: Option<Content>,
    to_sector: Sector,
    referred_by: Option<Content>,
    sent_on: NaiveDate,
    agreed_on: NaiveDate,
    status: ReferralStatus,
    expected_on: Option<NaiveDate>,
    start_is_known: Option<bool>,
    follower_id: Option<Id<Person>>,
    follower_name: Option<Content>,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    note_id: Id<Note>,
    id: Id<ReferralEvent>,
    kind: ReferralEventKind,
    happened_on: NaiveDate,
    from_on: Option<NaiveDate>,
    to_on: Option<NaiveDate>,
    reason: Option<Content>,
    next_step_id: Option<Id<NextStep>>,
    recorded_by: Id<Person>,
    recorded_by_name: Content,
    recorded_at: DateTime<Utc>,
}

/// Returns the kind and the sector of a unit that serves the municipality.
pub(crate) async fn receiver(
    tx: &mut Tx,
    municipality: &str,
    unit: Id<Unit>,
) -> Result<Option<(String, Sector)>, DbError> {
    fetch_optional!(tx, (String, Sector), RECEIVER, municipality, unit)
}

/// Returns the guardians who are registered with parental responsibility.
pub(crate) async fn responsible(tx: &mut Tx, case: &CaseState) -> Result<Vec<Id<Person>>, DbError> {
    let rows = fetch_all!(tx, (Id<Person>,), RESPONSIBLE, &case.municipality, case.child)?;
    Ok(rows.into_iter().map(|(person,)| person).collect())
}

/// The team member who follows a referral up, and the unit that they take part from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Follower {
    pub person: Id<Person>,
    pub unit: Id<Unit>,
}

/// A referral to store, of a note that is stored.
#[derive(Debug)]
pub(crate) struct NewReferral<'a> {
    pub note: Id<Note>,
    pub key: KeyName,
    pub to: Sector,
    pub agreed_by: Vec<Id<Person>>,
    pub follower: Follower,
    pub input: &'a ReferralIn,
}

/// Stores a referral.
pub(crate) async fn insert(tx: &mut Tx, case: &CaseState, new: NewReferral<'_>) -> Result<(), DbError> {
    let NewReferral { note, key, to, agreed_by, follower, input } = new;
    let to_outside = tx.vault().seal_optional(&key, input.to_outside.as_deref())?;
    let referred_by = tx.vault().seal_optional(&key, input.referred_by.as_deref())?;
    let municipality = &case.municipality;
    let Follower { person, unit } = follower;
    expect_one(execute!(
        tx,
        INSERT,
        municipality,
        note,
        case.id,
        input.to_unit_id,
        to_outside,
        to,
        referred_by,
        input.sent_on,
        input.agreed_on,
        input.expected_on,
        person,
        unit
    )?)?;
    insert_rows!(tx, INSERT_AGREEMENT, 3, agreed_by, |values, person| values
        .push_bind(municipality)
        .push_bind(note)
        .push_bind(*person))?;
    Ok(())
}

/// Keeps an event of a referral, and changes it. The note has the version that was read.
pub(crate) async fn record(
    tx: &mut Tx,
    case: &CaseState,
    (note, version, key): (Id<Note>, Option<i64>, &KeyName),
    (change, next_step): (&Change<'_>, Option<Id<NextStep>>),
    (by, now): (Id<Person>, DateTime<Utc>),
) -> Result<(), DbError> {
    let (municipality, id) = (&case.municipality, Id::<ReferralEvent>::new());
    let Change { kind, happened_on, from, reason, status, expected_on, start_is_known } = change;
    let reason = tx.vault().seal_optional(key, *reason)?;
    let names_day = matches!(kind, ReferralEventKind::Accepted | ReferralEventKind::DayMoved);
    let to = expected_on.filter(|_| names_day);
    expect_one(execute!(
        tx,
        INSERT_EVENT,
        municipality,
        id,
        note,
        case.id,
        *kind,
        *happened_on,
        *from,
        to,
        reason,
        next_step,
        by,
        now
    )?)?;
    expect_one(execute!(tx, CHANGE, municipality, note, *status, *expected_on, *start_is_known)?)?;
    expect_one(execute!(tx, CHANGED, municipality, note, version)?)
}

/// Gives the duty to follow a referral up to someone else; none if nobody on the team may know of it. It is no change of the note: a
/// reader who may not know of either of them sees nothing of it.
pub(crate) async fn follow(
    tx: &mut Tx,
    municipality: &str,
    note: Id<Note>,
    follower: Option<Follower>,
) -> Result<(), DbError> {
    let (person, unit) = follower.map(|Follower { person, unit }| (person, unit)).unzip();
    expect_one(execute!(tx, FOLLOW, municipality, note, person, unit)?)
}

/// Returns the referrals of some notes, with their events in order. `named` gives the people who agreed the ids that the case names them by.
pub(crate) async fn of_notes(
    tx: &mut Tx,
    notes: &[Id<Note>],
    today: NaiveDate,
    named: impl Fn(Id<Person>) -> PersonId,
) -> Result<BTreeMap<Id<Note>, ReferralOut>, DbError> {
    if notes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = fetch_in!(tx, ReferralRow, THESE, notes)?;
    let mut found: BTreeMap<_, _> =
        rows.into_iter().map(|row| (row.note_id, row.without_events(today))).collect();
    if found.is_empty() {
        return Ok(found);
    }
    let agreements = fetch_in!(tx, (Id<Note>, Id<Person>), AGREEMENTS, notes)?;
    for (note, person) in agreements {
        if let Some(referral) = found.get_mut(&note) {
            referral.agreed_by.push(named(person));
        }
    }
    let mut events = fetch_in!(tx, EventRow, EVENTS, notes)?;
    events.sort_by_key(|event| event.id);
    for event in events {
        if let Some(referral) = found.get_mut(&event.note_id) {
            referral.events.push(event.into());
        }
    }
    found.values_mut().for_each(|referral| referral.agreed_by.sort_unstable());
    Ok(found)
}

impl ReferralRow {
    fn without_events(self, today: NaiveDate) -> ReferralOut {
        ReferralOut {
            to_unit_id: self.to_unit_id,
            to_unit_name: self.to_unit_name,
            to_outside: self.to_outside,
            to_sector: self.to_sector,
            referred_by: self.referred_by,
            sent_on: self.sent_on,
            agreed_on: self.agreed_on,
            agreed_by: Vec::new(),
            status: self.status,
            expected_on: self.expected_on,
            start_is_known: self.start_is_known,
            overdue: self.expected_on.is_some_and(|day| day < today),
            followed_up_by: self.follower_id,
            followed_up_by_name: self.follower_name,
            events: Vec::new(),
        }
    }
}

impl From<EventRow> for ReferralEventOut {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            happened_on: row.happened_on,
            from_day: row.from_on,
            to_day: row.to_on,
            reason: row.reason,
            next_step_id: row.next_step_id,
            recorded_by: Some(row.recorded_by),
            recorded_by_name: Some(row.recorded_by_name),
            recorded_at: row.recorded_at,
        }
    }
}
