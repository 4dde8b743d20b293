//! Claims and decisions in the database.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::dto::{ClaimKind, ClaimOut};
use crate::{
    access::PROVISIONAL,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_optional,
    kernel::{
        Id,
        clock::beginning_of,
        ids::{Case, Child, Claim, ClaimDecision, Person},
    },
    persons_of_sql, same_human_sql,
    vault::{Content, KeyName},
};

/// When two registrations became those of one child, if that was after they were made.
macro_rules! met {
    () => {
        "CASE WHEN k.identified_at IS NULL OR s.identified_at > k.identified_at THEN s.identified_at ELSE k.identified_at END"
    };
}
/// The kinds of care orders that close a record (`data/care_orders.toml`). The others are no claim: they take nothing from anyone.
macro_rules! closing_kinds {
    () => {
        "'taken_into_care', 'moving_prohibited', 'acute_care', 'acute_trafficking', 'trafficking', \
         'parental_responsibility_removed'"
    };
}
/// The statements in the registration `s` of the child that is registered as `k`: the id, the kind, the person and the time. The
/// arguments are conditions on each kind, after the joins, and the reader, who sees no claim about themself. A guardian who does not
/// work for the municipality, or who is a guardian in the registration itself, is no claim.
macro_rules! stated {
    ($guardian:literal, $protected:literal, $order:literal, $reader:literal) => {
        concat!(
            "SELECT k.municipality, k.id AS child_id, a.id, 'guardian' AS kind, a.guardian_id AS person_id, a.created_at AS stated_at,
                    k.registered_at, ",
            met!(),
            " AS identified_at, CAST(NULL AS DATE) AS begins_on
             FROM child k
             JOIN child s ON s.municipality = k.municipality AND s.person_id = k.person_id AND s.id <> k.id
             JOIN guardianship a ON a.municipality = s.municipality AND a.child_id = s.id
             WHERE a.ended_at IS NULL
               AND EXISTS (SELECT 1 FROM staff_role r JOIN unit_serves v ON v.unit_id = r.unit_id
                           WHERE v.municipality = k.municipality AND r.ended_at IS NULL AND r.person_id IN ",
            persons_of_sql!("a.guardian_id"),
            ") AND NOT EXISTS (SELECT 1 FROM guardianship o WHERE o.municipality = k.municipality AND o.child_id = k.id
                               AND o.ended_at IS NULL AND ",
            same_human_sql!("o.guardian_id", "a.guardian_id"),
            ") AND NOT (",
            same_human_sql!("a.guardian_id", $reader),
            ") AND ",
            $guardian,
            " UNION ALL
             SELECT k.municipality, k.id, s.id, 'protected_address', NULL, a.protected_at, k.registered_at, ",
            met!(),
            " AS identified_at, CAST(NULL AS DATE)
             FROM child k
             JOIN child s ON s.municipality = k.municipality AND s.person_id = k.person_id AND s.id <> k.id
             JOIN address_protection a ON a.municipality = s.municipality AND a.child_id = s.id
             WHERE a.protected_at IS NOT NULL AND ",
            $protected,
            " UNION ALL
             SELECT k.municipality, k.id, a.id, 'care_order', NULL, a.recorded_at, k.registered_at, ",
            met!(),
            " AS identified_at, a.in_force_from
             FROM child k
             JOIN child s ON s.municipality = k.municipality AND s.person_id = k.person_id AND s.id <> k.id
             JOIN care_order a ON a.municipality = s.municipality AND a.child_id = s.id
             WHERE a.ended_at IS NULL AND a.kind IN (",
            closing_kinds!(),
            ") AND ",
            $order
        )
    };
}
/// A decision counts for what was stated before it.
macro_rules! claims {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.kind, c.person_id, p.name AS person_name, c.stated_at, c.registered_at, c.identified_at, c.begins_on,
                    CASE WHEN d.decided_at >= c.stated_at THEN d.confirmed END AS confirmed, d.decided_at, d.decided_by, d.reason,
                    COALESCE(d.version, 1) AS version
             FROM (",
            stated!("k.id = $1", "k.id = $1", "k.id = $1", "$2"),
            ") c
             LEFT JOIN person p ON p.id = c.person_id
             LEFT JOIN claim_decision d ON d.child_id = c.child_id AND d.claim_id = c.id
             WHERE ",
            $rest
        )
    };
}
const LIST: &str = claims!("c.id > $3 ORDER BY c.id LIMIT $4");
const FIND: &str = claims!("c.id = $3");
const DECIDE: &str = "
    INSERT INTO claim_decision (municipality, id, child_id, claim_id, confirmed, reason, decided_by, decided_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (child_id, claim_id) DO UPDATE
    SET confirmed = excluded.confirmed, reason = excluded.reason, decided_by = excluded.decided_by,
        decided_at = excluded.decided_at, version = claim_decision.version + 1
    WHERE claim_decision.version = $9";
/// The undecided claims about the children of the cases that a person is contact person of.
const PENDING_WITH: &str = concat!(
    "SELECT c.id, c.child_id, h.case_id, c.stated_at
     FROM (",
    stated!(
        "k.id IN (SELECT e.child_id FROM contact_person h JOIN care_case e ON e.municipality = h.municipality AND e.id = h.case_id
                  WHERE h.person_id = $1 AND e.status = 'open')",
        "k.id IN (SELECT e.child_id FROM contact_person h JOIN care_case e ON e.municipality = h.municipality AND e.id = h.case_id
                  WHERE h.person_id = $1 AND e.status = 'open')",
        "k.id IN (SELECT e.child_id FROM contact_person h JOIN care_case e ON e.municipality = h.municipality AND e.id = h.case_id
                  WHERE h.person_id = $1 AND e.status = 'open')",
        "$1"
    ),
    ") c
     JOIN care_case e ON e.municipality = c.municipality AND e.child_id = c.child_id AND e.status = 'open'
     JOIN contact_person h ON h.municipality = e.municipality AND h.case_id = e.id AND h.person_id = $1
     LEFT JOIN claim_decision d ON d.child_id = c.child_id AND d.claim_id = c.id AND d.decided_at >= c.stated_at
     WHERE d.id IS NULL AND (c.stated_at, c.child_id) > ($2, $3)
     ORDER BY c.stated_at, c.child_id LIMIT $4"
);
/// The undecided claims that close something now, in a municipality: those stated lately, and those about children who were registered
/// or identified lately.
const PENDING_IN: &str = concat!(
    "SELECT c.id, c.child_id, NULL AS case_id, c.stated_at
     FROM (",
    stated!(
        "a.municipality = $1 AND a.created_at > $5",
        "a.municipality = $1 AND a.protected_at > $5",
        "a.municipality = $1 AND (a.recorded_at > $5 OR a.in_force_from > $5)",
        "$6"
    ),
    " UNION SELECT * FROM (",
    stated!(
        "k.id IN (SELECT n.id FROM child n WHERE n.municipality = $1 AND n.registered_at > $5)",
        "k.id IN (SELECT n.id FROM child n WHERE n.municipality = $1 AND n.registered_at > $5)",
        "k.id IN (SELECT n.id FROM child n WHERE n.municipality = $1 AND n.registered_at > $5)",
        "$6"
    ),
    ") AS registered UNION SELECT * FROM (",
    stated!(
        "k.id IN (SELECT n.id FROM child n WHERE n.municipality = $1 AND n.identified_at > $5)",
        "k.id IN (SELECT n.id FROM child n WHERE n.municipality = $1 AND n.identified_at > $5)",
        "k.id IN (SELECT n.id FROM child n WHERE n.municipality = $1 AND n.identified_at > $5)",
        "$6"
    ),
    ") AS identified UNION SELECT * FROM (",
    stated!(
        "s.id IN (SELECT n.id FROM child n WHERE n.municipality = $1 AND n.identified_at > $5)",
        "s.id IN (SELECT n.id FROM child n WHERE n.municipality = $1 AND n.identified_at > $5)",
        "s.id IN (SELECT n.id FROM child n WHERE n.municipality = $1 AND n.identified_at > $5)",
        "$6"
    ),
    ") AS met) c
     LEFT JOIN claim_decision d ON d.child_id = c.child_id AND d.claim_id = c.id AND d.decided_at >= c.stated_at
     WHERE d.id IS NULL AND (c.stated_at, c.child_id) > ($2, $3)
     ORDER BY c.stated_at, c.child_id LIMIT $4"
);

#[derive(Debug, sqlx::FromRow)]
struct ClaimRow {
    id: Id<Claim>,
    kind: ClaimKind,
    person_id: Option<Id<Person>>,
    person_name: Option<Content>,
    stated_at: DateTime<Utc>,
    registered_at: DateTime<Utc>,
    identified_at: Option<DateTime<Utc>>,
    begins_on: Option<NaiveDate>,
    confirmed: Option<bool>,
    decided_at: Option<DateTime<Utc>>,
    decided_by: Option<Id<Person>>,
    reason: Option<Content>,
    version: i64,
}

impl From<ClaimRow> for ClaimOut {
    fn from(row: ClaimRow) -> Self {
        let ClaimRow { id, kind, person_id, person_name, stated_at, .. } = row;
        let ClaimRow { confirmed, decided_at, decided_by, reason, version, .. } = row;
        let begins = stated_at.max(row.registered_at).max(row.identified_at.unwrap_or(stated_at));
        let begins = begins.max(row.begins_on.map_or(begins, beginning_of));
        let closes_until = begins + PROVISIONAL;
        Self {
            id,
            kind,
            person_id,
            person_name,
            stated_at,
            closes_until,
            confirmed,
            decided_at,
            decided_by,
            reason,
            version,
        }
    }
}

/// Lists what other registrations state about a child, except about the reader.
pub(super) async fn list(
    tx: &mut Tx,
    child: Id<Child>,
    reader: Id<Person>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ClaimOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = fetch_all!(tx, ClaimRow, LIST, child, reader, after, limit)?;
    Ok(rows.into_iter().map(ClaimOut::from).collect())
}

/// Finds one of the claims in the list.
pub(super) async fn find(
    tx: &mut Tx,
    child: Id<Child>,
    reader: Id<Person>,
    id: Id<Claim>,
) -> Result<Option<ClaimOut>, DbError> {
    Ok(fetch_optional!(tx, ClaimRow, FIND, child, reader, id)?.map(ClaimOut::from))
}

/// A decision on a claim.
#[derive(Debug)]
pub(super) struct Decision<'a> {
    pub confirmed: bool,
    pub reason: &'a str,
    pub by: Id<Person>,
}

/// Stores a decision, or replaces the last one.
pub(super) async fn decide(
    tx: &mut Tx,
    municipality: &str,
    child: Id<Child>,
    current: &ClaimOut,
    decision: Decision<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Decision { confirmed, reason, by } = decision;
    let reason = tx.vault().seal(&KeyName::people(municipality), reason)?;
    let id = Id::<ClaimDecision>::new();
    expect_one(execute!(
        tx,
        DECIDE,
        municipality,
        id,
        child,
        current.id,
        confirmed,
        reason,
        by,
        now,
        current.version
    )?)
}

/// A claim that somebody must decide.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Pending {
    /// The claim.
    pub id: Uuid,
    /// The child in the registration that it is a claim for.
    pub child_id: Id<Child>,
    /// The case through which a contact person decides it.
    pub case_id: Option<Id<Case>>,
    /// When it was stated.
    pub stated_at: DateTime<Utc>,
}

/// Lists the claims that a contact person must decide, the earliest first, after a time and a child.
///
/// # Errors
/// If the database query fails.
pub async fn pending_with(
    tx: &mut Tx,
    contact_person: Id<Person>,
    after: (DateTime<Utc>, Uuid),
    limit: i64,
) -> Result<Vec<Pending>, DbError> {
    fetch_all!(tx, Pending, PENDING_WITH, contact_person, after.0, after.1, limit)
}

/// Lists the claims in a municipality that close something now, for its auditor, the earliest first, after a time and a child.
///
/// # Errors
/// If the database query fails.
pub async fn pending_in(
    tx: &mut Tx,
    municipality: &str,
    auditor: Id<Person>,
    after: (DateTime<Utc>, Uuid),
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Pending>, DbError> {
    let since = now - PROVISIONAL;
    fetch_all!(tx, Pending, PENDING_IN, municipality, after.0, after.1, limit, since, auditor)
}

#[cfg(test)]
mod tests {
    use crate::access::CareOrderRule;

    #[test]
    fn the_orders_that_are_claims_are_those_that_close_a_record() {
        let closing = CareOrderRule::all().filter(|rule| rule.closes);
        let words: Vec<_> = closing.map(|rule| format!("'{}'", rule.kind)).collect();
        assert_eq!(closing_kinds!(), words.join(", "));
    }
}
