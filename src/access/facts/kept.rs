//! The units that the child keeps from its guardians, and what is withheld from a guardian.

use super::CaseState;
use crate::{
    db::{DbError, Tx},
    fetch_all,
    kernel::{Id, ids::Unit, vocabulary::InformationKind},
};

/// An SQL expression: the id of the entry that a row `w` withholds from a guardian; null if it withholds the whole case.
#[macro_export]
macro_rules! withheld_entry_sql {
    () => {
        "COALESCE(w.note_id, w.measure_id, w.meeting_id)"
    };
}

/// Returns the units that the child keeps from its guardians. A unit is kept from them if the child has consented to share a
/// confidential health contact with it, and no guardian has consented to it. A withdrawal changes nothing.
///
/// # Errors
/// If the database query fails.
pub async fn units_kept_by_child(tx: &mut Tx, case: &CaseState) -> Result<Vec<Id<Unit>>, DbError> {
    const UNITS: &str = "
        SELECT DISTINCT u.unit_id FROM consent c
        JOIN consent_unit u ON u.municipality = c.municipality AND u.consent_id = c.id
        JOIN consent_kind k ON k.municipality = c.municipality AND k.consent_id = c.id
        WHERE c.municipality = $1 AND c.case_id = $2 AND c.given_by = $3 AND k.kind = $4
          AND NOT EXISTS (
            SELECT 1 FROM consent o JOIN consent_unit v ON v.municipality = o.municipality AND v.consent_id = o.id
            WHERE o.municipality = c.municipality AND o.case_id = c.case_id AND o.given_by <> c.given_by
              AND v.unit_id = u.unit_id)";
    let (kind, child) = (InformationKind::ConfidentialHealth.as_str(), case.child_person);
    let rows = fetch_all!(tx, (Id<Unit>,), UNITS, &case.municipality, case.id, child, kind)?;
    let is_open = |unit: &Id<Unit>| *unit == case.ground.owner_unit || *unit == case.contact_unit;
    Ok(rows.into_iter().map(|(unit,)| unit).filter(|unit| !is_open(unit)).collect())
}
