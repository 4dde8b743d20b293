//! Finds contact persons who have lost the right to the baton without any action: a consent has expired, a child has come
//! of age, or a guardian who has not consented has been registered.

use uuid::Uuid;

use super::fall_back::to_leader;
use crate::{
    access::{BATON_FALLS_BACK, CaseState, DUTY_FALLS_BACK, Entry, case_states, insert_entries, laws},
    db::{Db, DbError, Tx, dialect},
    fetch_all, is_disqualified_sql, is_kept_from_content_sql,
    kernel::{Clock, Id, Moment, ids::Case},
    role_counts_sql, same_human_sql,
    teams::{duties, pass_on_duties},
};

/// The number of cases checked together.
const BATCH: i64 = 200;

/// Open cases whose baton is held outside the unit that keeps the record, or by a person who no longer works in the unit,
/// has a role that excludes content or is disqualified, or a guardian in the registration of the case. The last two are marked, because no consent can restore the right.
macro_rules! doubtful {
    ($which:literal) => {
        concat!(
            "SELECT id, holder_lost FROM (
                SELECT c.id, cp.unit_id <> c.unit_id AS elsewhere,
                    NOT EXISTS (SELECT 1 FROM staff_role r WHERE r.unit_id = cp.unit_id AND r.role IN ('worker', 'unit_leader') AND ",
            same_human_sql!("r.person_id", "cp.person_id"),
            " AND ",
            role_counts_sql!("r", "$3"),
            ") OR ",
            is_disqualified_sql!("cp.person_id", "k.person_id"),
            " OR ",
            is_kept_from_content_sql!("cp.person_id", "$3"),
            " OR EXISTS (SELECT 1 FROM guardianship g WHERE g.municipality = k.municipality AND g.child_id = k.id
                            AND g.ended_at IS NULL AND ",
            same_human_sql!("g.guardian_id", "cp.person_id"),
            ") AS holder_lost
                FROM care_case c
                JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
                JOIN contact_person cp ON cp.municipality = c.municipality AND cp.case_id = c.id
                WHERE c.status = 'open' AND ",
            $which,
            ") held WHERE elsewhere OR holder_lost ORDER BY id LIMIT $2"
        )
    };
}
const DOUBTFUL: &str = doubtful!("c.id > $1");
const DOUBTFUL_ONE: &str = doubtful!("c.id = $1");

/// The laws by which someone always coordinates the help.
const COORDINATION: [&str; 3] = [
    "helse-og-omsorgstjenesteloven.samarbeid-og-samordning",
    "opplæringslova.samarbeid",
    "barnehageloven.samarbeid",
];

/// Reassigns the baton of every contact person who has lost the right to it to the leader of the unit that opened the
/// case. Returns the number of cases.
///
/// # Errors
/// If the database query fails.
pub async fn sweep(db: &Db, clock: &Clock) -> Result<usize, DbError> {
    let (mut after, mut passed) = (Uuid::nil(), 0);
    loop {
        let mut tx = db.read().await?;
        let moment = Moment::of(clock);
        let doubtful = fetch_all!(&mut tx, (Id<Case>, bool), DOUBTFUL, after, BATCH, moment.today)?;
        let Some((last, _)) = doubtful.last() else { return Ok(passed) };
        after = last.uuid();
        let lost = lost(&mut tx, &doubtful, moment).await?;
        tx.rollback().await?;
        for case in lost {
            passed += usize::from(pass(db, case.id, moment).await?);
        }
    }
}

/// Passes the duties of every team member who has lost access to the contact person. Returns the number of cases.
///
/// # Errors
/// If the database query fails.
pub async fn sweep_duties(db: &Db, clock: &Clock) -> Result<usize, DbError> {
    let (mut after, mut passed) = (Uuid::nil(), 0);
    loop {
        let mut tx = db.read().await?;
        let moment = Moment::of(clock);
        let doubtful = duties::doubtful(&mut tx, after, BATCH, moment.today).await?;
        let Some((last, _)) = doubtful.last() else { return Ok(passed) };
        after = last.uuid();
        let mut ids: Vec<Id<Case>> = doubtful.iter().map(|(id, _)| *id).collect();
        ids.dedup();
        let mut lost = Vec::new();
        for case in case_states(&mut tx, &ids, moment).await? {
            // Only the consents are left to look at, and only in a case with helpers from other units.
            if doubtful.contains(&(case.id, true)) || duties::has_lost(&mut tx, &case).await? {
                lost.push(case.id);
            }
        }
        tx.rollback().await?;
        for case in lost {
            passed += usize::from(pass_duties(db, case, moment).await?);
        }
    }
}

/// Passes the duties of one case under its lock, if that is still necessary.
async fn pass_duties(db: &Db, case: Id<Case>, moment: Moment) -> Result<bool, DbError> {
    let mut tx = db.write().await?;
    dialect::lock(&mut tx, case.uuid()).await?;
    let Some(case) = case_states(&mut tx, &[case], moment).await?.pop() else { return Ok(false) };
    if pass_on_duties(&mut tx, &case, moment.now).await? == 0 {
        return Ok(false);
    }
    note(&mut tx, "pass_on_duties", DUTY_FALLS_BACK, &case, moment).await?;
    tx.commit().await?;
    Ok(true)
}

/// Returns the cases whose contact persons have lost the right to the baton.
async fn lost(tx: &mut Tx, doubtful: &[(Id<Case>, bool)], moment: Moment) -> Result<Vec<CaseState>, DbError> {
    let ids: Vec<Id<Case>> = doubtful.iter().map(|(id, _)| *id).collect();
    let mut cases = case_states(tx, &ids, moment).await?;
    cases.retain(|case| doubtful.contains(&(case.id, true)) || !case.ground.covers(case.contact_unit));
    Ok(cases)
}

/// Reassigns one baton under the lock of its case, if that is still necessary.
async fn pass(db: &Db, case: Id<Case>, moment: Moment) -> Result<bool, DbError> {
    let mut tx = db.write().await?;
    dialect::lock(&mut tx, case.uuid()).await?;
    let doubtful = fetch_all!(&mut tx, (Id<Case>, bool), DOUBTFUL_ONE, case, 1_i64, moment.today)?;
    let Some(case) = lost(&mut tx, &doubtful, moment).await?.pop() else { return Ok(false) };
    if !to_leader(&mut tx, &case, None, moment.now).await? {
        return Ok(false);
    }
    note(&mut tx, "assign_baton", BATON_FALLS_BACK, &case, moment).await?;
    tx.commit().await?;
    Ok(true)
}

/// Logs what the service did to a case by a rule of its own.
async fn note(
    tx: &mut Tx,
    action: &'static str,
    rule: &'static str,
    case: &CaseState,
    moment: Moment,
) -> Result<(), DbError> {
    let entry = Entry::of(None, action, "Case", moment.now);
    let mut entry = entry.by_the_service(&[rule], laws(&COORDINATION));
    entry.municipality.clone_from(&case.municipality);
    entry.object_id = Some(case.id.to_string());
    entry.case = Some(case.id.uuid());
    entry.child = Some(case.child.uuid());
    insert_entries(tx, &[entry]).await
}
