//! Gives batons back to a person whose account is enabled again.

use chrono::{DateTime, Utc};

use super::{
    HandoverStatus,
    fall_back::{Pass, pass},
};
use crate::{
    access::{case_states, is_close},
    db::{DbError, Tx, dialect},
    fetch_all,
    identity::persons_of,
    kernel::{
        Id, Moment,
        ids::{Case, Person, Unit},
    },
    persons_of_sql,
    teams::{self, Seat},
};

/// The batons that were passed on from a person since a time, and that nobody has moved again.
const PASSED_ON: &str = concat!(
    "SELECT h.case_id, h.from_unit, h.to_person, h.answered_at
    FROM handover h
    JOIN contact_person cp ON cp.municipality = h.municipality AND cp.case_id = h.case_id
    WHERE h.from_person IN ",
    persons_of_sql!("$1"),
    " AND h.status = 'assigned' AND h.answered_at >= $2
      AND cp.person_id = h.to_person AND cp.since = h.answered_at
    ORDER BY h.case_id"
);

type PassedOn = (Id<Case>, Id<Unit>, Id<Person>, DateTime<Utc>);

/// To be called when the account of a person is enabled, which was disabled at `since`. They get the batons back that were passed on
/// meanwhile, if nobody has handed them over again and they may still hold them. The person who held a baton for them loses
/// the seat that came with it.
///
/// # Errors
/// If the database query fails.
pub async fn give_back(
    tx: &mut Tx,
    person: Id<Person>,
    since: DateTime<Utc>,
    by: Id<Person>,
    moment: Moment,
) -> Result<(), DbError> {
    let cases: Vec<Id<Case>> =
        fetch_all!(tx, PassedOn, PASSED_ON, person, since)?.into_iter().map(|(case, ..)| case).collect();
    // A person holds only a few batons.
    for case in cases {
        dialect::lock(tx, case.uuid()).await?;
        let passed_on = fetch_all!(tx, PassedOn, PASSED_ON, person, since)?;
        let still = passed_on.into_iter().find(|(passed, ..)| *passed == case);
        let Some((_, unit, holder, held_since)) = still else { continue };
        let Some(state) = case_states(tx, &[case], moment).await?.pop() else { continue };
        let seats = teams::seats(tx, &state).await?;
        let own = persons_of(tx, person).await?;
        let seat = seats.into_iter().find(|seat| seat.unit_id == unit && own.contains(&seat.person_id));
        let Some(Seat { person_id: to, unit_id: unit }) = seat else { continue };
        if !is_close(tx, state.child, to, moment.now).await? {
            let status = HandoverStatus::Assigned;
            pass(tx, &state, Pass { to, unit, by: Some(by), status, absence: None }, moment.now).await?;
            teams::end_seat_of(tx, &state, holder, held_since, moment.now).await?;
            teams::pass_on_duties(tx, &state, moment.now).await?;
        }
    }
    Ok(())
}
