//! The move itself: another unit keeps the record from now on.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::choices;
use crate::{
    access::{Asker, CaseState, Move, case_states},
    consent_requests,
    db::{DbError, Tx, expect_one},
    execute, fetch_all,
    handovers::{self, HandoverStatus, Pass},
    insert_rows,
    kernel::{
        Id, Moment,
        ids::{Person, Unit},
    },
    problem::{Problem, Result},
    teams,
};

/// The plan in force always follows: the measures in force, and the meetings without minutes.
const IN_FORCE: &str = "
    SELECT id FROM measure WHERE municipality = $1 AND case_id = $2 AND status = 'in_force'
    UNION ALL SELECT id FROM meeting WHERE municipality = $1 AND case_id = $2 AND status = 'planned'";
const KNEW: &str = "INSERT INTO transition_unit (municipality, transition_id, unit_id) ";
const FOLLOW: &str = "INSERT INTO transition_entry (municipality, transition_id, entry_id) ";
const KEEP: &str = "
    UPDATE care_case SET unit_id = $3, version = version + 1 WHERE municipality = $1 AND id = $2 AND status = 'open'";

/// Moves the record to the unit of a plan, where a person becomes the contact person. The seats of units that are no longer covered end, and
/// their duties pass to the contact person.
pub(super) async fn make(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseState,
    planned: &Move,
    receiver: Id<Person>,
    moment: Moment,
) -> Result<()> {
    let now = moment.now;
    record(tx, asker, case, planned).await?;
    consent_requests::withdraw_open(tx, case, case.contact_person, now).await?;
    expect_one(execute!(tx, KEEP, &case.municipality, case.id, planned.to_unit)?)?;
    let seat = teams::NewSeat {
        person: receiver,
        unit: planned.to_unit,
        task: "contact person",
        added_by: case.contact_person,
    };
    teams::seat(tx, case, seat, now).await?;
    let pass = Pass {
        to: receiver,
        unit: planned.to_unit,
        by: Some(case.contact_person),
        status: HandoverStatus::Accepted,
        absence: None,
    };
    handovers::pass(tx, case, pass, now).await?;
    let after = case_states(tx, &[case.id], moment).await?.pop().ok_or_else(Problem::not_found)?;
    end_seats(tx, &after, now).await?;
    teams::pass_on_duties(tx, &after, now).await?;
    Ok(())
}

/// Records which units took part before the move, and which entries follow.
async fn record(tx: &mut Tx, asker: &Asker, case: &CaseState, planned: &Move) -> Result<(), DbError> {
    let mut follows: Vec<Uuid> =
        fetch_all!(tx, (Uuid,), IN_FORCE, &case.municipality, case.id)?.into_iter().map(|(id,)| id).collect();
    follows.extend(choices::following(tx, asker, case, planned).await?);
    follows.sort_unstable();
    follows.dedup();
    let mut knew: Vec<Id<Unit>> = case.members.iter().map(|member| member.unit).collect();
    knew.retain(|unit| case.ground.covers(*unit));
    knew.push(case.ground.owner_unit);
    knew.sort_unstable();
    knew.dedup();
    let (municipality, id) = (&case.municipality, planned.id);
    insert_rows!(tx, KNEW, 3, knew, |values, unit| values
        .push_bind(municipality)
        .push_bind(id)
        .push_bind(*unit))?;
    insert_rows!(tx, FOLLOW, 3, follows, |values, entry| values
        .push_bind(municipality)
        .push_bind(id)
        .push_bind(*entry))?;
    Ok(())
}

/// Ends the seats of the units that take part no more.
async fn end_seats(tx: &mut Tx, after: &CaseState, now: DateTime<Utc>) -> Result<(), DbError> {
    let mut lost: Vec<Id<Unit>> = after.members.iter().map(|member| member.unit).collect();
    lost.retain(|unit| !after.ground.covers(*unit));
    lost.sort_unstable();
    lost.dedup();
    teams::end_seats_of_units(tx, after, &lost, now).await
}
