//! The line about a disclosure in the family's log.
//!
//! One list is for all who read the log of a case, so it has the line only if each of them may know of all that was disclosed, and of
//! the units. Otherwise each learns of it in the list of disclosures, as far as they may.

use super::{
    dto::DisclosedKind,
    informing_store::{self, DueRow, EntryFacts, UnitsRow},
};
use crate::{
    access::{CaseState, Decision, Entry, FAMILY_IS_INFORMED, Kinds, case_states, insert_entries, laws},
    db::{Db, DbError, Tx, dialect},
    kernel::{Clock, Id, Moment, ids::Disclosure, vocabulary::InformationKind},
};

/// The number of disclosures found together.
const BATCH: i64 = 100;
/// The laws by which the family is informed.
const INFORMATION: [&str; 2] =
    ["personvernforordningen.innsyn", "pasientjournalloven.dokumentasjon-av-tilgang"];

/// Writes the lines of the disclosures whose day has come. Returns the number of disclosures.
///
/// # Errors
/// If the database does not answer.
pub async fn inform(db: &Db, clock: &Clock) -> Result<usize, DbError> {
    let mut informed = 0;
    loop {
        let mut tx = db.read().await?;
        let moment = Moment::of(clock);
        let due = informing_store::due(&mut tx, moment.today, BATCH).await?;
        tx.rollback().await?;
        let is_last = due.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
        for row in due {
            informed += usize::from(inform_of(db, &row, moment).await?);
        }
        if is_last {
            return Ok(informed);
        }
    }
}

async fn inform_of(db: &Db, due: &DueRow, moment: Moment) -> Result<bool, DbError> {
    let mut tx = db.write().await?;
    dialect::lock(&mut tx, due.case_id.uuid()).await?;
    let Some(case) = case_states(&mut tx, &[due.case_id], moment).await?.pop() else { return Ok(false) };
    if !informing_store::mark(&mut tx, due, moment.now).await? {
        return Ok(false);
    }
    write_line(&mut tx, &case, due.id, moment).await?;
    tx.commit().await?;
    Ok(true)
}

/// Writes the line about a disclosure, if everyone who reads the log may know of it.
pub(super) async fn write_line(
    tx: &mut Tx,
    case: &CaseState,
    id: Id<Disclosure>,
    moment: Moment,
) -> Result<(), DbError> {
    if !all_may_know(tx, case, id).await? {
        return Ok(());
    }
    let mut entry = Entry::of(None, "inform_of_disclosure", "Case", moment.now);
    entry.municipality.clone_from(&case.municipality);
    entry.object_id = Some(case.id.to_string());
    entry.case = Some(case.id.uuid());
    entry.child = Some(case.child.uuid());
    entry.decision = Decision {
        allowed: true,
        policies: vec![FAMILY_IS_INFORMED.to_owned()],
        legal_basis: laws(&INFORMATION),
    };
    insert_entries(tx, &[entry]).await
}

/// Returns whether everyone in the family who reads the log may know of everything that was disclosed, and of the units.
async fn all_may_know(tx: &mut Tx, case: &CaseState, id: Id<Disclosure>) -> Result<bool, DbError> {
    let UnitsRow { unit_id, unit_kind, to_unit_id, to_unit_kind } =
        informing_store::units(tx, &case.municipality, id).await?;
    let kept = case.units_kept_from_guardians();
    let may_name = |unit: &Id<_>, kind: &str| !kept.contains(unit) && Kinds::may_take_part(kind).is_ok();
    let receiver = to_unit_id.zip(to_unit_kind);
    if !may_name(&unit_id, &unit_kind) || receiver.is_some_and(|(unit, kind)| !may_name(&unit, &kind)) {
        return Ok(false);
    }
    let entries = informing_store::facts(tx, &case.municipality, id).await?;
    Ok(entries.iter().all(|entry| all_may_know_entry(case, entry)))
}

fn all_may_know_entry(case: &CaseState, entry: &EntryFacts) -> bool {
    if case.withheld_from(entry.entry_id).next().is_some() {
        return false;
    }
    if entry.unit_id.is_some_and(|unit| case.is_kept_from_guardians(unit)) {
        return false;
    }
    if entry.entry_kind == DisclosedKind::Measure {
        return true;
    }
    let is_statement = entry.kind == Some(InformationKind::ChildStatement);
    let Some(rule) = entry.kind.and_then(|kind| Kinds::rule(kind).ok()) else { return false };
    let own_age = case.ground.family.own_record_age;
    let guardians_may =
        case.child_age < rule.guardians_until && (!is_statement || entry.child_agrees == Some(true));
    let reads_log = case.child_age >= own_age;
    let child_may = rule.child_from.is_some_and(|from| case.child_age >= from.years(own_age));
    entry.unit_id.is_some() && (guardians_may || case.child_age >= 18) && (child_may || !reads_log)
}
