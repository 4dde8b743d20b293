//! Changes of a planned meeting in the database: moves, invitations and cancellations.

use std::borrow::Cow;

use chrono::{DateTime, SubsecRound, Utc};

use super::{
    dto::{InvitationStatus, MeetingOut},
    parts::{GuardianNotInvitedIn, InvitationsIn, MeetingMoveIn, OtherPresentIn},
    rows, store,
};
use crate::{
    access::CaseState,
    db::{DbError, Tx, expect_one},
    execute, fetch_one,
    kernel::{
        Id,
        ids::{Meeting, Person},
    },
};

// The place before is copied, since text that was read is never sealed again.
const KEEP_MOVE: &str = "
    INSERT INTO meeting_move (municipality, meeting_id, number, case_id, from_time, to_time, from_place, to_place, reason, moved_by, moved_at)
    SELECT m.municipality, m.id, $4, m.case_id, m.starts_at, $5, CASE WHEN $6 THEN m.place END, $7, $8, $9, $10
    FROM meeting m WHERE m.municipality = $1 AND m.case_id = $2 AND m.id = $3";
const MOVE: &str = "
    UPDATE meeting SET starts_at = $5, place = COALESCE($6, place), version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND status = 'planned'";
const ASK_AGAIN: &str = "
    UPDATE meeting_participant SET answer = CASE WHEN person_id = $3 THEN 'coming' ELSE 'awaited' END
    WHERE municipality = $1 AND meeting_id = $2";
const CANCEL: &str = "
    UPDATE meeting SET status = 'cancelled', cancel_reason = $5, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND status = 'planned'";
const CHANGE_INVITATIONS: &str = "
    UPDATE meeting SET family_absent_reason = CASE WHEN $6 THEN NULL ELSE COALESCE($5, family_absent_reason) END,
        version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND status = 'planned'";
const CORRECT: &str = "
    UPDATE meeting SET minutes = $5, version = version + 1
    WHERE municipality = $1 AND case_id = $2 AND id = $3 AND version = $4 AND status = 'held'";
const KEEP_APPROVALS: &str = "
    INSERT INTO earlier_approval (municipality, meeting_id, number, case_id, person_id, approved_at)
    SELECT m.municipality, m.id,
           (SELECT MAX(w.number) FROM earlier_wording w WHERE w.municipality = m.municipality AND w.subject_id = m.id),
           m.case_id, p.person_id, p.approved_at
    FROM meeting m JOIN meeting_participant p ON p.municipality = m.municipality AND p.meeting_id = m.id
    WHERE m.municipality = $1 AND m.id = $2 AND p.approved_at IS NOT NULL";
const APPROVE_AGAIN: &str =
    "UPDATE meeting_participant SET approved_at = NULL WHERE municipality = $1 AND meeting_id = $2";
const TAKE_OFF: &str = "DELETE FROM meeting_participant WHERE municipality = ";
const FORGET_REASONS: &str = "DELETE FROM meeting_guardian_absent WHERE municipality = ";
const LAST_REASON: &str = "
    SELECT COALESCE(MAX(number), 0) FROM meeting_guardian_absent WHERE municipality = $1 AND meeting_id = $2";

/// Moves a meeting, keeps the move, and asks everyone invited again. The person who moves it is coming.
pub(super) async fn move_to(
    tx: &mut Tx,
    case: &CaseState,
    meeting: &MeetingOut,
    new: MeetingMoveIn,
    (by, participant, now): (Id<Person>, Id<Person>, DateTime<Utc>),
) -> Result<(), DbError> {
    let (municipality, id) = (&case.municipality, meeting.id);
    let MeetingMoveIn { starts_at, place, reason, .. } = new;
    let starts_at = starts_at.trunc_subsecs(6);
    let place = place.filter(|place| meeting.place.as_deref() != Some(&**place));
    let (is_elsewhere, key, vault) = (place.is_some(), case.key(), tx.vault());
    let (place, reason) = (vault.seal_optional(&key, place.as_deref())?, vault.seal(&key, &reason)?);
    let number = meeting.moves.last().map_or(1, |last| last.number + 1);
    let keep = execute!(
        tx,
        KEEP_MOVE,
        municipality,
        case.id,
        id,
        number,
        starts_at,
        is_elsewhere,
        &place,
        reason,
        by,
        now
    )?;
    expect_one(keep)?;
    expect_one(execute!(tx, MOVE, municipality, case.id, id, meeting.version, starts_at, place)?)?;
    execute!(tx, ASK_AGAIN, municipality, id, participant)?;
    Ok(())
}

/// Cancels a meeting.
pub(super) async fn cancel(
    tx: &mut Tx,
    case: &CaseState,
    meeting: &MeetingOut,
    reason: &str,
) -> Result<(), DbError> {
    let reason = tx.vault().seal(&case.key(), reason)?;
    let MeetingOut { id, version, .. } = *meeting;
    expect_one(execute!(tx, CANCEL, &case.municipality, case.id, id, version, reason)?)
}

/// Replaces the minutes, whose earlier wording is kept, and keeps the approvals of that wording. Nobody has approved the new one.
pub(super) async fn correct(
    tx: &mut Tx,
    case: &CaseState,
    meeting: &MeetingOut,
    minutes: &str,
) -> Result<(), DbError> {
    let minutes = tx.vault().seal(&case.key(), minutes)?;
    let MeetingOut { id, version, .. } = *meeting;
    let municipality = &case.municipality;
    expect_one(execute!(tx, CORRECT, municipality, case.id, id, version, minutes)?)?;
    execute!(tx, KEEP_APPROVALS, municipality, id)?;
    execute!(tx, APPROVE_AGAIN, municipality, id)?;
    Ok(())
}

/// Stores a change of who is invited. `guardian_comes` states whether a guardian is invited after it.
pub(super) async fn invitations(
    tx: &mut Tx,
    case: &CaseState,
    meeting: &MeetingOut,
    change: &InvitationsIn,
    guardian_comes: bool,
) -> Result<(), DbError> {
    let MeetingOut { id, version, .. } = *meeting;
    let municipality = &case.municipality;
    let reason = tx.vault().seal_optional(&case.key(), change.family_absent_reason.as_deref())?;
    expect_one(execute!(
        tx,
        CHANGE_INVITATIONS,
        municipality,
        case.id,
        id,
        version,
        reason,
        guardian_comes
    )?)?;
    let given = change.guardians_not_invited.iter().map(|absent| absent.person_id);
    let settled: Vec<_> = change.add.iter().copied().chain(given).collect();
    store::for_people(tx, TAKE_OFF, case, id, &change.remove).await?;
    store::for_people(tx, FORGET_REASONS, case, id, &settled).await?;
    let added = change.add.iter().map(|person| invited(case, id, *person));
    rows::insert_participants(tx, &added.collect::<Vec<_>>()).await?;
    let (last,) = fetch_one!(tx, (i64,), LAST_REASON, municipality, id)?;
    reasons(tx, case, id, &change.guardians_not_invited, last).await
}

/// A person who is invited and has not answered.
fn invited(case: &CaseState, meeting: Id<Meeting>, person: Id<Person>) -> rows::ParticipantRow<'_> {
    rows::ParticipantRow {
        municipality: &case.municipality,
        meeting,
        person,
        answer: InvitationStatus::Awaited,
        attended: None,
        approved_at: None,
        called: true,
    }
}

/// Stores why guardians are not invited, with the numbers after the last.
pub(super) async fn reasons(
    tx: &mut Tx,
    case: &CaseState,
    meeting: Id<Meeting>,
    absent: &[GuardianNotInvitedIn],
    last: i64,
) -> Result<(), DbError> {
    let rows = (last + 1..).zip(absent).map(|(number, absent)| rows::ReasonRow {
        place: case.place(),
        meeting,
        number,
        person: absent.person_id,
        reason: Cow::from(&*absent.reason),
    });
    rows::insert_reasons(tx, &rows.collect::<Vec<_>>()).await
}

/// Stores the people who came without being called.
pub(super) async fn came(
    tx: &mut Tx,
    case: &CaseState,
    meeting: Id<Meeting>,
    people: &[Id<Person>],
) -> Result<(), DbError> {
    let rows = people.iter().map(|person| rows::ParticipantRow {
        attended: Some(true),
        called: false,
        ..invited(case, meeting, *person)
    });
    rows::insert_participants(tx, &rows.collect::<Vec<_>>()).await
}

/// Stores the people who were present and have no part in the case.
pub(super) async fn others(
    tx: &mut Tx,
    case: &CaseState,
    meeting: Id<Meeting>,
    present: &[OtherPresentIn],
) -> Result<(), DbError> {
    let rows = (1..).zip(present).map(|(number, other)| rows::OtherRow {
        place: case.place(),
        meeting,
        number,
        name: Cow::from(&*other.name),
        role: other.role,
    });
    rows::insert_others(tx, &rows.collect::<Vec<_>>()).await
}
