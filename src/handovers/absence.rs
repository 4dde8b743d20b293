//! Passes on what a member of staff has in a case while they are away, and gives it back afterwards.
//!
//! The stand-in gets the baton if they may hold it; otherwise it falls as if the right to it were lost. Access follows from the baton or
//! the duty alone.

use chrono::{DateTime, Utc};

use super::{
    HandoverStatus,
    fall_back::{Pass, pass, receiver, said_so, stands_in_for},
};
use crate::{
    access::{AWAY, CaseState, Entry, case_states, insert_entries, is_close, laws},
    db::{DbError, Tx, dialect},
    execute, fetch_optional,
    identity::persons_of,
    is_away_sql, is_kept_from_content_sql,
    kernel::{
        Id, Moment,
        ids::{Absence, Case, Person, Unit},
    },
    persons_of_sql, role_counts_sql,
    teams::{self, absence as duties},
};

/// The stand-in `$4`, if they can hold a baton through the unit `$2` of the municipality `$1`.
const CAN_STAND_IN: &str = concat!(
    "SELECT r.person_id FROM unit_serves v JOIN staff_role r ON r.unit_id = v.unit_id
     WHERE v.municipality = $1 AND v.unit_id = $2 AND r.role IN ('worker', 'unit_leader') AND r.person_id IN ",
    persons_of_sql!("$4"),
    " AND ",
    role_counts_sql!("r", "$3"),
    " AND NOT ",
    is_kept_from_content_sql!("r.person_id", "$3"),
    " AND NOT ",
    is_away_sql!("r.person_id", "$2", "$3"),
    " ORDER BY r.id LIMIT 1"
);
/// The contact person accepted the baton, or opened the case, after the absence began.
const TOOK_IT_SINCE: &str = "
    SELECT a.id FROM contact_person cp JOIN absence a ON a.id = $3
    WHERE cp.municipality = $1 AND cp.case_id = $2 AND cp.since > a.begun_at
      AND NOT EXISTS (SELECT 1 FROM handover h
                      WHERE h.municipality = cp.municipality AND h.case_id = cp.case_id AND h.to_person = cp.person_id
                        AND h.answered_at = cp.since AND h.status = 'assigned')";
const WITHDRAW_OFFER: &str = concat!(
    "UPDATE handover SET status = 'withdrawn', answered_at = $5, version = version + 1
     WHERE municipality = $1 AND case_id = $2 AND status = 'offered' AND to_unit = $3 AND to_person IN ",
    persons_of_sql!("$4")
);
const BATONS_GO_ON: &str = "UPDATE handover SET absence_id = $3 WHERE case_id = $1 AND absence_id = $2";
const DUTIES_GO_ON: &str = "
    UPDATE absence_duty SET absence_id = $3 WHERE case_id = $1 AND absence_id = $2
      AND NOT EXISTS (SELECT 1 FROM absence_duty d WHERE d.absence_id = $3 AND d.municipality = absence_duty.municipality
                      AND d.duty_id = absence_duty.duty_id)";

/// The laws by which someone always coordinates the help.
const COORDINATION: [&str; 3] = [
    "helse-og-omsorgstjenesteloven.samarbeid-og-samordning",
    "opplæringslova.samarbeid",
    "barnehageloven.samarbeid",
];

/// An absence, as the cases see it.
#[derive(Debug, Clone, Copy)]
pub struct Away {
    /// The absence.
    pub absence: Id<Absence>,
    /// The person who is away.
    pub person: Id<Person>,
    /// The unit.
    pub unit: Id<Unit>,
    /// The person who stands in.
    pub stand_in: Option<Id<Person>>,
    /// The person who acts now; else the person who recorded the absence of another.
    pub by: Option<Id<Person>>,
}

/// The things that passed in a case.
#[derive(Debug, Default, Clone, Copy)]
struct Done {
    baton: bool,
    duties: bool,
}

/// Passes on what a person who is away has in a case through the unit, under the lock of the case, and logs it. Returns whether
/// anything changed.
///
/// # Errors
/// If the database query fails.
pub async fn stand_in(tx: &mut Tx, case: Id<Case>, away: Away, moment: Moment) -> Result<bool, DbError> {
    let Some(case) = locked(tx, case, moment).await?.filter(|case| case.open) else { return Ok(false) };
    let own = persons_of(tx, away.person).await?;
    let (municipality, now) = (&case.municipality, moment.now);
    let offers = execute!(tx, WITHDRAW_OFFER, municipality, case.id, away.unit, away.person, now)?;
    let holds = own.contains(&case.contact_person);
    let is_theirs = holds && case.contact_unit == away.unit;
    let took_it = is_theirs && took_it_since(tx, &case, away.absence).await?;
    let stands_for = stands_in_for(tx, &case).await?.map_or(away.absence, |(absence, _)| absence);
    let mut contact = (!holds).then_some((case.contact_person, case.contact_unit));
    let mut done = Done::default();
    if is_theirs && !took_it {
        let to = match able(tx, &case, away, now).await? {
            Some(person) => Some((person, away.unit)),
            None => receiver(tx, &case, &own, now).await?,
        };
        match to {
            Some(to) => {
                take(tx, &case, to, (away.by, stands_for), now).await?;
                (contact, done.baton) = (Some(to), true);
            }
            None => {
                tracing::warn!(unit.id = %away.unit, "a contact person is away, and nobody can stand in");
            }
        }
    }
    let stand_in = seated(tx, &case, away, now).await?;
    let passing =
        duties::Passing { absence: away.absence, from: away.person, unit: away.unit, stand_in, contact };
    // A person who took the baton while they are away works on the case.
    if !took_it {
        done.duties = duties::pass(tx, &case, passing, now).await?;
    }
    settle(tx, &case, stands_for, done, now).await?;
    if done.baton {
        note(tx, "pass_baton_for_absence", &case, now).await?;
    } else if done.duties || offers > 0 {
        note(tx, "pass_on_duties", &case, now).await?;
    }
    Ok(done.baton || done.duties || offers > 0)
}

/// Passes what others have in a case for an absence to the stand-in who was named now. Returns whether anything changed.
///
/// # Errors
/// If the database query fails.
pub async fn change_stand_in(
    tx: &mut Tx,
    case: Id<Case>,
    away: Away,
    moment: Moment,
) -> Result<bool, DbError> {
    let Some(case) = locked(tx, case, moment).await?.filter(|case| case.open) else { return Ok(false) };
    let now = moment.now;
    let held = stands_in_for(tx, &case).await?.filter(|(absence, _)| *absence == away.absence);
    let mut done = Done::default();
    if held.is_some()
        && let Some(to) = able(tx, &case, away, now).await?
        && !persons_of(tx, to).await?.contains(&case.contact_person)
    {
        take(tx, &case, (to, away.unit), (away.by, away.absence), now).await?;
        done.baton = true;
    }
    if let Some(to) = seated(tx, &case, away, now).await? {
        done.duties = duties::move_to(tx, &case, away.absence, (to, away.unit), now).await?;
    }
    settle(tx, &case, away.absence, done, now).await?;
    if done.baton {
        note(tx, "pass_baton_for_absence", &case, now).await?;
    } else if done.duties {
        note(tx, "pass_on_duties", &case, now).await?;
    }
    Ok(done.baton || done.duties)
}

/// Lets what passed in a case for an absence stay passed on for the next one: the person is away again before they were back. Returns
/// whether anything changed.
///
/// # Errors
/// If the database query fails.
pub async fn go_on(
    tx: &mut Tx,
    case: Id<Case>,
    ended: Id<Absence>,
    next: Away,
    moment: Moment,
) -> Result<bool, DbError> {
    dialect::lock(tx, case.uuid()).await?;
    let batons = execute!(tx, BATONS_GO_ON, case, ended, next.absence)?;
    let duties = execute!(tx, DUTIES_GO_ON, case, ended, next.absence)?;
    let moved = next.stand_in.is_some() && change_stand_in(tx, case, next, moment).await?;
    Ok(moved || batons + duties > 0)
}

/// Gives back what passed in a case for an absence, if nobody has moved it since and the person may still hold it. Returns whether
/// anything changed.
///
/// # Errors
/// If the database query fails.
pub async fn come_back(tx: &mut Tx, case: Id<Case>, away: Away, moment: Moment) -> Result<bool, DbError> {
    let Some(case) = locked(tx, case, moment).await? else { return Ok(false) };
    let now = moment.now;
    let own = persons_of(tx, away.person).await?;
    let seats = teams::seats(tx, &case).await?;
    let seat = seats.into_iter().find(|seat| seat.unit_id == away.unit && own.contains(&seat.person_id));
    let (mut done, mut returned) = (Done::default(), false);
    if let Some(teams::Seat { person_id: to, unit_id: unit }) = seat
        && !is_close(tx, case.child, to, now).await?
    {
        done.duties = duties::give_back(tx, &case, away.absence, (to, unit)).await?;
        returned = done.duties;
        let held = stands_in_for(tx, &case).await?;
        if held.is_some_and(|(absence, _)| absence == away.absence) {
            take(tx, &case, (to, unit), (away.by, away.absence), now).await?;
            done.baton = true;
        }
    }
    done.duties |= !done.baton;
    settle(tx, &case, away.absence, done, now).await?;
    if done.baton {
        note(tx, "give_baton_back", &case, now).await?;
    } else if returned {
        note(tx, "pass_on_duties", &case, now).await?;
    }
    Ok(done.baton || returned)
}

/// The state of a case under its lock.
async fn locked(tx: &mut Tx, case: Id<Case>, moment: Moment) -> Result<Option<CaseState>, DbError> {
    dialect::lock(tx, case.uuid()).await?;
    Ok(case_states(tx, &[case], moment).await?.pop())
}

/// Returns whether the contact person has taken the baton themself after the absence began.
async fn took_it_since(tx: &mut Tx, case: &CaseState, absence: Id<Absence>) -> Result<bool, DbError> {
    let took = fetch_optional!(tx, (Id<Absence>,), TOOK_IT_SINCE, &case.municipality, case.id, absence)?;
    Ok(took.is_some())
}

/// Returns the stand-in, if they may hold the baton: the unit is covered, they work there and are not away, and are not close to the
/// child. A person who is close to the child names nobody, and neither does anybody name the person who said so.
async fn able(
    tx: &mut Tx,
    case: &CaseState,
    away: Away,
    now: DateTime<Utc>,
) -> Result<Option<Id<Person>>, DbError> {
    let Some(stand_in) = away.stand_in.filter(|_| case.ground.covers(away.unit)) else { return Ok(None) };
    let (municipality, unit) = (&case.municipality, away.unit);
    let found = fetch_optional!(tx, (Id<Person>,), CAN_STAND_IN, municipality, unit, case.today, stand_in)?;
    let Some((person,)) = found else { return Ok(None) };
    if is_close(tx, case.child, away.person, now).await? {
        return Ok(None);
    }
    for replaced in [case.contact_person, away.person] {
        if said_so(tx, case, replaced).await?.contains(&person) {
            return Ok(None);
        }
    }
    Ok((!is_close(tx, case.child, person, now).await?).then_some(person))
}

/// Returns the stand-in, if they also have a seat in the case through the unit.
async fn seated(
    tx: &mut Tx,
    case: &CaseState,
    away: Away,
    now: DateTime<Utc>,
) -> Result<Option<Id<Person>>, DbError> {
    let Some(person) = able(tx, case, away, now).await? else { return Ok(None) };
    let own = persons_of(tx, person).await?;
    let seats = teams::seats(tx, case).await?;
    let seat = seats.into_iter().find(|seat| seat.unit_id == away.unit && own.contains(&seat.person_id));
    Ok(seat.map(|seat| seat.person_id))
}

/// Gives someone the baton for an absence, and a seat if they have none.
async fn take(
    tx: &mut Tx,
    case: &CaseState,
    (to, unit): (Id<Person>, Id<Unit>),
    (by, absence): (Option<Id<Person>>, Id<Absence>),
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let seat = teams::NewSeat { person: to, unit, task: "contact person", added_by: by.unwrap_or(to) };
    teams::seat(tx, case, seat, now).await?;
    let to = Pass { to, unit, by, status: HandoverStatus::Assigned, absence: Some(absence) };
    pass(tx, case, to, now).await
}

/// Ends the seats that came only with the baton, and passes the duties of those who had them to the contact person.
async fn settle(
    tx: &mut Tx,
    case: &CaseState,
    absence: Id<Absence>,
    done: Done,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if done.baton || done.duties {
        duties::end_seats(tx, case, absence, now).await?;
        teams::pass_on_duties(tx, case, now).await?;
    }
    Ok(())
}

/// Logs what the service did to a case because someone is away or back.
async fn note(
    tx: &mut Tx,
    action: &'static str,
    case: &CaseState,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let entry = Entry::of(None, action, "Case", now);
    let mut entry = entry.by_the_service(&[AWAY], laws(&COORDINATION));
    entry.municipality.clone_from(&case.municipality);
    entry.object_id = Some(case.id.to_string());
    entry.case = Some(case.id.uuid());
    entry.child = Some(case.child.uuid());
    insert_entries(tx, &[entry]).await
}
