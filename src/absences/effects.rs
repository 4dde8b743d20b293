//! The consequences of an absence in the cases: at once if it has begun, and otherwise by a sweep every five minutes.

use uuid::Uuid;

use super::store::{self, Current};
use crate::{
    db::{Db, DbError, Tx, dialect},
    handovers::{self, Away},
    kernel::{
        Clock, Id, Moment,
        ids::{Absence, Case, Person},
    },
};

/// The number of absences looked at together.
const BATCH: i64 = 200;

/// `by` is the person who acts now. Without one, it is the person who recorded the absence of another.
fn away(absence: &Current, by: Option<Id<Person>>) -> Away {
    let Current { id, unit_id, person_id, stand_in_id, recorded_by, .. } = *absence;
    let by = by.or((recorded_by != person_id).then_some(recorded_by));
    Away { absence: id, person: person_id, unit: unit_id, stand_in: stand_in_id, by }
}

/// Passes on what the person has, if the absence has begun. A few cases at most, each changed under its own lock.
pub(super) async fn begin(
    tx: &mut Tx,
    absence: &Current,
    by: Id<Person>,
    moment: Moment,
) -> Result<(), DbError> {
    if !absence.is_on(moment.today) {
        return Ok(());
    }
    for case in store::affected(tx, absence.id).await? {
        handovers::stand_in(tx, case, away(absence, Some(by)), moment).await?;
    }
    store::set_begun(tx, absence.id, moment.now).await
}

/// Passes what others have for an absence to the stand-in who was named now, and what the person still has.
pub(super) async fn change(
    tx: &mut Tx,
    absence: &Current,
    by: Id<Person>,
    moment: Moment,
) -> Result<(), DbError> {
    if absence.stand_in_id.is_some() && absence.is_on(moment.today) {
        let passed = store::passed_for(tx, absence.id).await?;
        // Both rounds lock cases, so the locks are taken in order first.
        let mut all = store::affected(tx, absence.id).await?;
        all.extend(&passed);
        all.sort_unstable();
        all.dedup();
        for case in all {
            dialect::lock(tx, case.uuid()).await?;
        }
        for case in passed {
            handovers::change_stand_in(tx, case, away(absence, Some(by)), moment).await?;
        }
    }
    begin(tx, absence, by, moment).await
}

/// Gives back what passed for an absence, which is over, unless the person is away by another.
pub(super) async fn end(
    tx: &mut Tx,
    absence: &Current,
    by: Id<Person>,
    moment: Moment,
) -> Result<(), DbError> {
    let next = store::next(tx, absence, moment.today).await?;
    for case in store::passed_for(tx, absence.id).await? {
        return_or_go_on(tx, case, absence, next.as_ref(), (Some(by), moment)).await?;
    }
    store::set_over(tx, absence.id, Some(by), moment.now).await
}

async fn return_or_go_on(
    tx: &mut Tx,
    case: Id<Case>,
    absence: &Current,
    next: Option<&Current>,
    (by, moment): (Option<Id<Person>>, Moment),
) -> Result<bool, DbError> {
    match next {
        Some(next) => handovers::go_on(tx, case, absence.id, away(next, by), moment).await,
        None => handovers::come_back(tx, case, away(absence, by), moment).await,
    }
}

/// Passes on what people have whose absence has begun, and gives it back after the last day. Each case is changed in a transaction of its
/// own. Returns the number of cases. A fault with one absence does not stop the others.
///
/// # Errors
/// If a database query fails; the first such error.
pub async fn sweep(db: &Db, clock: &Clock) -> Result<usize, DbError> {
    let (mut after, mut passed, mut failed) = (Uuid::nil(), 0, None);
    loop {
        let moment = Moment::of(clock);
        let mut tx = db.read().await?;
        let absences = store::begun(&mut tx, moment.today, after, BATCH).await?;
        let Some(last) = absences.last() else { return failed.map_or(Ok(passed), Err) };
        let mut affected = store::affected_today(&mut tx, moment.today, (after, last.id)).await?;
        tx.rollback().await?;
        after = last.id.uuid();
        for absence in absences {
            let cases = affected.remove(&absence.id).unwrap_or_default();
            // Most absences have had their effects.
            if cases.is_empty() && absence.begun_at.is_some() && !absence.has_passed(moment.today) {
                continue;
            }
            match settle(db, &absence, cases, moment).await {
                Ok(cases) => passed += cases,
                Err(error) => {
                    tracing::error!(absence.id = %absence.id, %error, "an absence has not had its effects");
                    failed = failed.or(Some(error));
                }
            }
        }
    }
}

/// Does what follows from one absence today, in the cases where the person has something or, if the last day has passed, where something
/// has passed on. Returns the number of cases.
async fn settle(
    db: &Db,
    absence: &Current,
    mut cases: Vec<Id<Case>>,
    moment: Moment,
) -> Result<usize, DbError> {
    let has_passed = absence.has_passed(moment.today);
    if has_passed {
        let mut tx = db.read().await?;
        cases = store::passed_for(&mut tx, absence.id).await?;
        tx.rollback().await?;
    }
    let mut passed = 0;
    for case in cases {
        passed += usize::from(settle_case(db, absence.id, case, moment).await?);
    }
    if !has_passed && absence.begun_at.is_some() {
        return Ok(passed);
    }
    let mut tx = db.write().await?;
    dialect::lock(&mut tx, absence.unit_id.uuid()).await?;
    match store::current(&mut tx, absence.id).await? {
        Some(now) if now.over_at.is_some() => return Ok(passed),
        Some(now) if now.has_passed(moment.today) => {
            store::set_over(&mut tx, absence.id, None, moment.now).await?;
        }
        _ => store::set_begun(&mut tx, absence.id, moment.now).await?,
    }
    tx.commit().await?;
    Ok(passed)
}

/// Does what follows from an absence in one case, as the absence is now.
async fn settle_case(db: &Db, absence: Id<Absence>, case: Id<Case>, moment: Moment) -> Result<bool, DbError> {
    let mut tx = db.write().await?;
    let Some(absence) = store::current(&mut tx, absence).await? else { return Ok(false) };
    dialect::lock(&mut tx, absence.unit_id.uuid()).await?;
    let Some(absence) = store::current(&mut tx, absence.id).await? else { return Ok(false) };
    let away = away(&absence, None);
    let changed = if absence.is_on(moment.today) {
        handovers::stand_in(&mut tx, case, away, moment).await?
    } else if absence.over_at.is_none() && absence.has_passed(moment.today) {
        let next = store::next(&mut tx, &absence, moment.today).await?;
        return_or_go_on(&mut tx, case, &absence, next.as_ref(), (None, moment)).await?
    } else {
        false
    };
    tx.commit().await?;
    Ok(changed)
}
