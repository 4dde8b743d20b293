//! Meetings in the database.

use std::borrow::Cow;

use chrono::{DateTime, SubsecRound, Utc};

use super::{
    arenas::Conditions,
    changes,
    dto::{
        InvitationAnswer, InvitationStatus, MeetingDecisionOut, MeetingIn, MeetingOut, MeetingParticipantOut,
        MeetingStatus,
    },
    parts::{GuardianNotInvitedOut, MeetingMoveOut, OtherPresentOut},
    rows::{self, MeetingRow},
};
use crate::{
    access::{CaseFacts, CaseState},
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_of_case, fetch_one, fetch_optional,
    kernel::{
        Id,
        ids::{Arena, Measure, Meeting, Person},
        text::Prose,
    },
    on_engine, wordings,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.case_id, m.arena_id, a.name AS arena_name, m.called_by, p.name AS called_by_name,
                    m.starts_at, m.place, m.agenda, m.family_absent_reason, m.status,
                    m.cancel_reason, m.minutes, m.minutes_by, q.name AS minutes_by_name, m.minutes_at,
                    m.outcome, m.version
             FROM meeting m
             JOIN person p ON p.id = m.called_by
             LEFT JOIN person q ON q.id = m.minutes_by
             LEFT JOIN arena a ON a.id = m.arena_id ",
            $rest
        )
    };
}

const SELECT: &str = select!("");
const FIND: &str = select!("WHERE m.municipality = $1 AND m.case_id = $2 AND m.id = $3");
// For all meetings of the case from the first to the last of a page. Family members are shown by the names registered in
// this case, not by those in another case.
const PARTICIPANTS: &str = "
    SELECT x.meeting_id, x.person_id,
           CASE WHEN p.canonical_id = k.person_id THEN k.name ELSE COALESCE(
               (SELECT g.guardian_name FROM guardianship g JOIN person q ON q.id = g.guardian_id
                WHERE g.municipality = k.municipality AND g.child_id = k.id AND q.canonical_id = p.canonical_id
                ORDER BY g.id DESC LIMIT 1),
               p.name) END AS name,
           x.answer, x.attended, x.approved_at, x.called
    FROM meeting m
    JOIN care_case c ON c.municipality = m.municipality AND c.id = m.case_id
    JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
    JOIN meeting_participant x ON x.municipality = m.municipality AND x.meeting_id = m.id
    JOIN person p ON p.id = x.person_id
    WHERE m.municipality = $1 AND m.case_id = $2 AND m.id >= $3 AND m.id <= $4
    ORDER BY x.meeting_id, x.person_id";
const DECISIONS: &str = "
    SELECT d.meeting_id, d.number, d.decision AS text, d.measure_id
    FROM meeting m
    JOIN meeting_decision d ON d.municipality = m.municipality AND d.meeting_id = m.id
    WHERE m.municipality = $1 AND m.case_id = $2 AND m.id >= $3 AND m.id <= $4
    ORDER BY d.meeting_id, d.number";
const MOVES: &str = "
    SELECT v.meeting_id, v.number, v.from_time, v.to_time, v.from_place, v.to_place, v.reason, v.moved_by, p.name AS moved_by_name,
           v.moved_at
    FROM meeting m
    JOIN meeting_move v ON v.municipality = m.municipality AND v.meeting_id = m.id
    JOIN person p ON p.id = v.moved_by
    WHERE m.municipality = $1 AND m.case_id = $2 AND m.id >= $3 AND m.id <= $4
    ORDER BY v.meeting_id, v.number";
const REASONS: &str = "
    SELECT g.meeting_id, g.person_id, g.reason
    FROM meeting m
    JOIN meeting_guardian_absent g ON g.municipality = m.municipality AND g.meeting_id = m.id
    WHERE m.municipality = $1 AND m.case_id = $2 AND m.id >= $3 AND m.id <= $4
    ORDER BY g.meeting_id, g.number";
const OTHERS: &str = "
    SELECT o.meeting_id, o.number, o.name, o.role
    FROM meeting m
    JOIN meeting_other_present o ON o.municipality = m.municipality AND o.meeting_id = m.id
    WHERE m.municipality = $1 AND m.case_id = $2 AND m.id >= $3 AND m.id <= $4
    ORDER BY o.meeting_id, o.number";
const CONDITIONS: &str =
    "SELECT consent_required, age_from, age_to FROM arena WHERE municipality = $1 AND id = $2";
const OPENED_AT: &str = "SELECT opened_at FROM care_case WHERE municipality = $1 AND id = $2";
const OPEN_ARENA: &str = "
    SELECT consent_required, age_from, age_to FROM arena
    WHERE municipality = $1 AND id = $2 AND scope = 'individual' AND ended_at IS NULL";
const HOLD_STILL: &str = "
    UPDATE meeting SET version = version
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4";
const HOLD: &str = "
    UPDATE meeting SET status = 'held', minutes = $5, minutes_by = $6, minutes_at = $7, outcome = $8,
        version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND status = 'planned'";
const ANSWER: &str = "
    UPDATE meeting_participant SET answer = $4
    WHERE municipality = $1 AND meeting_id = $2 AND person_id = $3";
const APPROVE: &str = "
    UPDATE meeting_participant SET approved_at = $4
    WHERE municipality = $1 AND meeting_id = $2 AND person_id = $3 AND attended AND approved_at IS NULL";
const STAYED_AWAY: &str = "UPDATE meeting_participant SET attended = FALSE WHERE municipality = ";
const ATTENDED: &str = "UPDATE meeting_participant SET attended = TRUE WHERE municipality = ";

#[derive(Debug, sqlx::FromRow)]
struct OfMeeting<T> {
    meeting_id: Id<Meeting>,
    #[sqlx(flatten)]
    part: T,
}

/// Returns these meetings of a case in the order they were called, with the people invited and the decisions.
pub(super) async fn these(
    tx: &mut Tx,
    case: &CaseFacts,
    ids: &[Id<Meeting>],
) -> Result<Vec<MeetingOut>, DbError> {
    let mut meetings: Vec<MeetingOut> = fetch_of_case!(tx, MeetingOut, SELECT, "m", case, ids)?;
    meetings.sort_by_key(|meeting| meeting.id);
    complete(tx, case, meetings).await
}

/// Finds a meeting of a case, with participants and decisions.
pub(super) async fn find(
    tx: &mut Tx,
    case: &CaseFacts,
    id: Id<Meeting>,
) -> Result<Option<MeetingOut>, DbError> {
    let meeting = fetch_optional!(tx, MeetingOut, FIND, &case.municipality, case.id, id)?;
    Ok(complete(tx, case, meeting.into_iter().collect()).await?.pop())
}

async fn complete(
    tx: &mut Tx,
    case: &CaseFacts,
    mut meetings: Vec<MeetingOut>,
) -> Result<Vec<MeetingOut>, DbError> {
    let (Some(first), Some(last)) = (meetings.first(), meetings.last()) else { return Ok(meetings) };
    let (of, first, last) = (&case.municipality, first.id, last.id);
    let participants =
        fetch_all!(tx, OfMeeting<MeetingParticipantOut>, PARTICIPANTS, of, case.id, first, last)?;
    let decisions = fetch_all!(tx, OfMeeting<MeetingDecisionOut>, DECISIONS, of, case.id, first, last)?;
    let moves = fetch_all!(tx, OfMeeting<MeetingMoveOut>, MOVES, of, case.id, first, last)?;
    let reasons = fetch_all!(tx, OfMeeting<GuardianNotInvitedOut>, REASONS, of, case.id, first, last)?;
    let others = fetch_all!(tx, OfMeeting<OtherPresentOut>, OTHERS, of, case.id, first, last)?;
    wordings::of_case(tx, case, &mut meetings, |meeting| meeting.id.uuid(), |meeting| &mut meeting.earlier)
        .await?;
    give(&mut meetings, participants, |meeting| &mut meeting.participants);
    give(&mut meetings, decisions, |meeting| &mut meeting.decisions);
    give(&mut meetings, moves, |meeting| &mut meeting.moves);
    give(&mut meetings, reasons, |meeting| &mut meeting.guardians_not_invited);
    give(&mut meetings, others, |meeting| &mut meeting.others_present);
    Ok(meetings)
}

/// Gives each meeting its parts. The meetings are in the order of their ids.
fn give<T>(
    meetings: &mut [MeetingOut],
    parts: Vec<OfMeeting<T>>,
    of: impl Fn(&mut MeetingOut) -> &mut Vec<T>,
) {
    for OfMeeting { meeting_id, part } in parts {
        if let Ok(at) = meetings.binary_search_by_key(&meeting_id, |meeting| meeting.id) {
            of(&mut meetings[at]).push(part);
        }
    }
}

/// Returns when a case was opened for the first time.
pub(super) async fn opened_at(tx: &mut Tx, case: &CaseState) -> Result<DateTime<Utc>, DbError> {
    let (opened_at,) = fetch_one!(tx, (DateTime<Utc>,), OPENED_AT, &case.municipality, case.id)?;
    Ok(opened_at)
}

/// Returns the conditions of an arena of the municipality for individual children, if it is one that is in use.
pub(super) async fn open_arena(
    tx: &mut Tx,
    case: &CaseState,
    arena: Id<Arena>,
) -> Result<Option<Conditions>, DbError> {
    fetch_optional!(tx, Conditions, OPEN_ARENA, &case.municipality, arena)
}

/// Returns the conditions of an arena that a meeting was called in.
pub(super) async fn conditions(
    tx: &mut Tx,
    case: &CaseState,
    arena: Id<Arena>,
) -> Result<Conditions, DbError> {
    fetch_one!(tx, Conditions, CONDITIONS, &case.municipality, arena)
}

/// Calls a meeting and invites the participants. The person who calls it is coming.
pub(super) async fn call(
    tx: &mut Tx,
    case: &CaseState,
    new: MeetingIn,
    called_by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Id<Meeting>, DbError> {
    let MeetingIn {
        arena_id,
        starts_at,
        place,
        agenda,
        mut participants,
        family_absent_reason,
        guardians_not_invited,
        ..
    } = new;
    let id = Id::<Meeting>::new();
    let row = MeetingRow {
        place: case.place(),
        id,
        arena: arena_id,
        called_by,
        starts_at: starts_at.trunc_subsecs(6),
        held_at: place.as_deref().map(Cow::from),
        agenda: Cow::from(&*agenda),
        family_absent_reason: family_absent_reason.as_deref().map(Cow::from),
        status: MeetingStatus::Planned,
        minutes: None,
        created_at: now,
    };
    rows::insert(tx, &[row]).await?;
    if !participants.contains(&called_by) {
        participants.push(called_by);
    }
    let invited = participants.into_iter().map(|person| rows::ParticipantRow {
        municipality: &case.municipality,
        meeting: id,
        person,
        answer: if person == called_by { InvitationStatus::Coming } else { InvitationStatus::Awaited },
        attended: None,
        approved_at: None,
        called: true,
    });
    rows::insert_participants(tx, &invited.collect::<Vec<_>>()).await?;
    changes::reasons(tx, case, id, &guardians_not_invited, 0).await?;
    Ok(id)
}

/// Stores the answer of a participant.
pub(super) async fn answer(
    tx: &mut Tx,
    case: &CaseState,
    meeting: &MeetingOut,
    person: Id<Person>,
    answer: InvitationAnswer,
) -> Result<(), DbError> {
    expect_one(execute!(tx, HOLD_STILL, &case.municipality, case.id, meeting.id, meeting.version)?)?;
    expect_one(execute!(tx, ANSWER, &case.municipality, meeting.id, person, answer)?)
}

/// Stores the approval of the minutes by a participant who attended.
pub(super) async fn approve(
    tx: &mut Tx,
    case: &CaseState,
    meeting: &MeetingOut,
    person: Id<Person>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    expect_one(execute!(tx, HOLD_STILL, &case.municipality, case.id, meeting.id, meeting.version)?)?;
    expect_one(execute!(tx, APPROVE, &case.municipality, meeting.id, person, now)?)
}

/// Stores the minutes of a meeting and marks it as held.
pub(super) async fn hold(
    tx: &mut Tx,
    case: &CaseState,
    meeting: &MeetingOut,
    (minutes, no_decision): (&str, Option<&str>),
    (by, now): (Id<Person>, DateTime<Utc>),
) -> Result<(), DbError> {
    let MeetingOut { id, version, .. } = *meeting;
    let (of, key) = (&case.municipality, case.key());
    let (minutes, no_decision) =
        (tx.vault().seal(&key, minutes)?, tx.vault().seal_optional(&key, no_decision)?);
    expect_one(execute!(tx, HOLD, of, case.id, id, version, minutes, by, now, no_decision)?)
}

/// Stores who of the participants attended and who stayed away.
pub(super) async fn attended(
    tx: &mut Tx,
    case: &CaseState,
    meeting: Id<Meeting>,
    (came, stayed_away): (&[Id<Person>], &[Id<Person>]),
) -> Result<(), DbError> {
    for_people(tx, ATTENDED, case, meeting, came).await?;
    for_people(tx, STAYED_AWAY, case, meeting, stayed_away).await
}

/// Runs a statement that ends in `municipality = ` on the rows of some people in a meeting.
pub(super) async fn for_people(
    tx: &mut Tx,
    statement: &'static str,
    case: &CaseState,
    meeting: Id<Meeting>,
    people: &[Id<Person>],
) -> Result<(), DbError> {
    if people.is_empty() {
        return Ok(());
    }
    on_engine!(tx, |conn| {
        let mut query = sqlx::QueryBuilder::new(statement);
        query.push_bind(&case.municipality).push(" AND meeting_id = ").push_bind(meeting);
        query.push(" AND person_id IN (");
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(*person);
        }
        query.push(")");
        query.build().execute(conn).await.map(|_| ())
    })
}

/// A decision: its number, and the measure it created.
#[derive(Debug)]
pub(super) struct NewDecision {
    pub number: i64,
    pub text: Prose,
    pub measure_id: Option<Id<Measure>>,
}

/// Stores a decision.
pub(super) async fn decide(
    tx: &mut Tx,
    case: &CaseState,
    meeting: Id<Meeting>,
    decisions: &[NewDecision],
) -> Result<(), DbError> {
    let rows = decisions.iter().map(|decision| rows::DecisionRow {
        place: case.place(),
        meeting,
        number: decision.number,
        text: Cow::from(&*decision.text),
        measure: decision.measure_id,
    });
    rows::insert_decisions(tx, &rows.collect::<Vec<_>>()).await
}
