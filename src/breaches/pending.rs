//! The next step of each open breach, for the follow-ups of the auditors.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    db::{DbError, Tx},
    fetch_all,
    kernel::{
        Id,
        ids::{Child, Person},
    },
    same_human_sql,
};

/// The next step of an open breach.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct PendingBreach {
    /// The breach.
    pub id: Uuid,
    /// The child.
    pub child_id: Id<Child>,
    /// When the step is due.
    pub due_at: DateTime<Utc>,
}

const PENDING: &str = concat!(
    "SELECT id, child_id, due_at FROM (
        SELECT b.id, b.child_id, (SELECT MIN(s.due_at) FROM breach_step s
            WHERE s.municipality = b.municipality AND s.breach_id = b.id AND s.outcome IS NULL) AS due_at
        FROM breach b
        WHERE b.municipality = $1 AND b.closed_at IS NULL AND NOT (",
    same_human_sql!("b.person_id", "$5"),
    ")) AS next
    WHERE (due_at, id) > ($2, $3) ORDER BY due_at, id LIMIT $4"
);

/// Returns the next steps of the open breaches in a municipality after a position, without those of the auditor's own looks. Whether the
/// auditor is disqualified for the child is not considered.
///
/// # Errors
/// If the database query fails.
pub async fn pending_in(
    tx: &mut Tx,
    municipality: &str,
    auditor: Id<Person>,
    after: (DateTime<Utc>, Uuid),
    limit: i64,
) -> Result<Vec<PendingBreach>, DbError> {
    fetch_all!(tx, PendingBreach, PENDING, municipality, after.0, after.1, limit, auditor)
}
