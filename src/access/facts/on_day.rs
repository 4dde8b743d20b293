//! The consents to sharing a case on the day of a meeting, before or after today, and the people who must give them.

use chrono::{DateTime, Utc};

use super::{
    Ground,
    moves::keeper_at,
    rows::{ConsentRow, case_rows},
};
use crate::{
    db::{DbError, Tx},
    fetch_all,
    kernel::{Id, Moment, ids::Case},
};

/// Consents that were withdrawn after a time, each for a unit and a kind of information.
const WITHDRAWN_SINCE: &str = "
    SELECT c.id, q.canonical_id AS given_by, u.unit_id AS unit, x.sector, k.kind, c.alone_basis, c.valid_from, c.valid_until
    FROM consent c
    JOIN consent_unit u ON u.municipality = c.municipality AND u.consent_id = c.id
    JOIN consent_kind k ON k.municipality = c.municipality AND k.consent_id = c.id
    JOIN unit x ON x.id = u.unit_id
    JOIN person q ON q.id = c.given_by
    WHERE c.municipality = $1 AND c.case_id = $2 AND (u.withdrawn_at > $3 OR k.withdrawn_at > $3)
      AND (u.withdrawn_at IS NULL OR u.withdrawn_at > $3) AND (k.withdrawn_at IS NULL OR k.withdrawn_at > $3)";

/// Returns the consents to share a case at a time, and the people who must give them. For a time that has passed, a consent counts that was
/// withdrawn later; for a time to come, only one that lasts until then.
///
/// # Errors
/// If the database does not answer.
pub async fn ground_at(tx: &mut Tx, case: Id<Case>, at: DateTime<Utc>) -> Result<Option<Ground>, DbError> {
    let Some(mut rows) = case_rows(tx, &[case], at).await?.pop() else { return Ok(None) };
    let municipality = &rows.case.municipality;
    let withdrawn = fetch_all!(tx, ConsentRow, WITHDRAWN_SINCE, municipality, case, at)?;
    rows.consents.extend(withdrawn);
    rows.case.unit = keeper_at(&rows.moves, rows.case.unit, at);
    Ok(Some(rows.on(Moment::at(at)).ground))
}
