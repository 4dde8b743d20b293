//! Imports the units of a municipality: their controllers, and the municipalities they serve.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Months, NaiveDate, Utc};

use super::{
    files::{ControllerEntry, MunicipalityFile, UnitEntry},
    imported::{Changes, Count, ImportError},
};
use crate::{
    db::Tx,
    execute, fetch_all, fetch_one,
    kernel::{Id, Moment, ids::Unit, vocabulary::ControllerKind},
    role_is_held_sql,
};

const PUT_UNIT: &str = "
    INSERT INTO unit (id, municipality, key, name, kind, sector) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (municipality, key) DO UPDATE SET name = $4, kind = $5, sector = $6
    WHERE (unit.name, unit.kind, unit.sector) IS DISTINCT FROM (excluded.name, excluded.kind, excluded.sector)";
const UNITS: &str = "SELECT key, id FROM unit WHERE municipality = $1";
const UNIT: &str = "SELECT id FROM unit WHERE municipality = $1 AND key = $2";
const CONTROLLER: &str = "SELECT controller, organisation_number FROM unit WHERE id = $1";
const SET_CONTROLLER: &str = "
    UPDATE unit SET controller = $2, controller_name = $3, organisation_number = $4,
                    controller_since = CASE WHEN (controller, organisation_number) IS DISTINCT FROM ($2, $4) THEN $5 ELSE controller_since END
    WHERE id = $1 AND (controller, controller_name, organisation_number) IS DISTINCT FROM ($2, $3, $4)";
/// The roles in a unit that act for its controller, held or proposed. A change of the controller must not make them act for another.
const ACT_FOR_CONTROLLER: &str = concat!(
    "SELECT (SELECT COUNT(*) FROM staff_role r
             WHERE r.unit_id = $1 AND r.role IN ('administrator', 'auditor', 'analyst') AND ",
    role_is_held_sql!("r", "$2"),
    ") + (SELECT COUNT(*) FROM role_proposal o
          WHERE o.unit_id = $1 AND o.role IN ('administrator', 'auditor') AND o.status = 'proposed')"
);
const SERVED: &str = "
    SELECT u.key, s.municipality FROM unit u JOIN unit_serves s ON s.unit_id = u.id WHERE u.municipality = $1";
const PUT_SERVES: &str = "INSERT INTO unit_serves (unit_id, municipality) VALUES ($1, $2)";
const END_SERVES: &str = "DELETE FROM unit_serves WHERE unit_id = $1 AND municipality = $2";
/// The work of a unit for a municipality that is not done: open cases that it opened or has somebody on the team of, children that it
/// decides for by a care order, concerns that wait for a decision, and reports that it received as child welfare since a day
/// and that have no last answer. Its
/// leaders would take over the baton of cases, and open cases from concerns.
const UNDONE: &str = "
    SELECT (SELECT COUNT(*) FROM care_case c
            WHERE c.municipality = $2 AND c.status = 'open' AND (c.unit_id = $1 OR EXISTS (
                SELECT 1 FROM team_member m
                WHERE m.municipality = c.municipality AND m.case_id = c.id AND m.unit_id = $1 AND m.left_at IS NULL)))
           + (SELECT COUNT(*) FROM care_order o
              WHERE o.municipality = $2 AND o.child_welfare_unit_id = $1 AND o.ended_at IS NULL),
           (SELECT COUNT(*) FROM concern k WHERE k.municipality = $2 AND k.unit_id = $1 AND k.decision IS NULL),
           (SELECT COUNT(*) FROM child_welfare_report r
            WHERE r.municipality = $2 AND r.receiving_unit_id = $1 AND r.sent_on > $3 AND NOT EXISTS (
                SELECT 1 FROM report_reply e WHERE e.report_id = r.id AND (e.outcome = 'investigation_closed'
                  OR (e.outcome = 'not_investigated' AND NOT EXISTS (
                      SELECT 1 FROM report_reply o WHERE o.report_id = r.id AND o.outcome = 'investigation_opened')))))";

/// Stores the units of a municipality. A unit may serve any of the municipalities that are known.
pub(super) async fn put(
    tx: &mut Tx,
    data: &MunicipalityFile,
    known: &BTreeSet<String>,
    now: DateTime<Utc>,
) -> Result<Changes, ImportError> {
    let number = data.number.as_str();
    let before = fetch_all!(tx, (String, Id<Unit>), UNITS, number)?;
    let mut count = Count::of(before.into_iter().map(|(key, _)| (key, false)));
    let mut served: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, municipality) in fetch_all!(tx, (String, String), SERVED, number)? {
        served.entry(key).or_default().insert(municipality);
    }
    for unit in &data.unit {
        if let Some(served) = unit.serves.iter().find(|served| !known.contains(served.as_str())) {
            let (unit, served) = (unit.key.to_string(), served.as_str().to_owned());
            return Err(ImportError::UnknownServed { unit, served });
        }
        let served = served.remove(&*unit.key).unwrap_or_default();
        let rows = put_unit(tx, number, unit, &served, now).await?;
        count.stored(&*unit.key, rows);
    }
    Ok(count.changes)
}

/// Stores a unit, its controller and the municipalities it serves, and returns the number of rows that changed.
async fn put_unit(
    tx: &mut Tx,
    number: &str,
    unit: &UnitEntry,
    served: &BTreeSet<String>,
    now: DateTime<Utc>,
) -> Result<u64, ImportError> {
    let UnitEntry { key, name, kind, sector, controller, serves, .. } = unit;
    let serves: BTreeSet<String> = serves.iter().map(|served| served.as_str().to_owned()).collect();
    let mut rows = execute!(tx, PUT_UNIT, Id::<Unit>::new(), number, &**key, &**name, &**kind, *sector)?;
    let (id,) = fetch_one!(tx, (Id<Unit>,), UNIT, number, &**key)?;
    if let Some(controller) = controller {
        rows += put_controller(tx, (id, key), controller, now).await?;
    }
    for new in serves.difference(served) {
        rows += execute!(tx, PUT_SERVES, id, new)?;
    }
    for gone in served.difference(&serves) {
        let (cases, concerns, reports) =
            fetch_one!(tx, (i64, i64, i64), UNDONE, id, gone, answered_since(now))?;
        if cases + concerns + reports > 0 {
            let (unit, served) = (key.to_string(), gone.clone());
            return Err(ImportError::StillServes { unit, served, cases, concerns, reports });
        }
        rows += execute!(tx, END_SERVES, id, gone)?;
    }
    Ok(rows)
}

/// The longest time for which a report waits for its last answer: a week, six months for the investigation (bvl §§ 2-1 and 2-2), three weeks
/// to report the outcome (§ 13-3), and some weeks more. An answer that nobody has recorded by then does not bind the unit permanently.
const ANSWERED_WITHIN: Months = Months::new(9);

fn answered_since(now: DateTime<Utc>) -> NaiveDate {
    let today = Moment::at(now).today;
    today.checked_sub_months(ANSWERED_WITHIN).unwrap_or(today)
}

/// A file that states no controller changes none.
async fn put_controller(
    tx: &mut Tx,
    (unit, key): (Id<Unit>, &str),
    controller: &ControllerEntry,
    now: DateTime<Utc>,
) -> Result<u64, ImportError> {
    let (kind, name, number) = controller.columns();
    let before = fetch_one!(tx, (ControllerKind, Option<String>), CONTROLLER, unit)?;
    if (before.0, before.1.as_deref()) != (kind, number) {
        let (acting,) = fetch_one!(tx, (i64,), ACT_FOR_CONTROLLER, unit, Moment::at(now).today)?;
        if acting > 0 {
            return Err(ImportError::ControllerWithRoles { unit: key.to_owned() });
        }
    }
    Ok(execute!(tx, SET_CONTROLLER, unit, kind, name, number, now)?)
}
