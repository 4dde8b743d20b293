//! Concerns in the database.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    dto::{ConcernDecision, ConcernIn, ConcernOut},
    rows::{self, ConcernRow},
    waiting,
};
use crate::{
    access::Ties,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_one, fetch_optional,
    identity::Caller,
    kernel::{
        Id,
        ids::{Case, ChildWelfareReport, Concern, Person, Unit},
        vocabulary::Sector,
    },
    persons_of_sql, role_counts_sql, wordings,
};

macro_rules! select {
    ($($rest:tt)+) => {
        concat!(
            "SELECT c.id, c.municipality, c.unit_id, u.name AS unit_name, u.sector, c.author_id, p.name AS author_name,
                    c.child_id, k.name AS child_name, c.facts, c.risk_factors, c.protective_factors, c.child_says,
                    c.tried_so_far, c.own_practice, c.seen_risk_factors, c.seen_protective_factors, c.decide_by, c.decision, c.decision_reason, c.decided_at, c.case_id, c.report_id,
                    c.created_at,
                    c.version, c.had_another_child
             FROM concern c
             JOIN unit u ON u.id = c.unit_id
             JOIN person p ON p.id = c.author_id
             LEFT JOIN child k ON k.municipality = c.municipality AND k.id = c.child_id
             WHERE ",
            $($rest)+
        )
    };
}

const SELECT: &str = select!("c.municipality = $1 AND c.id = $2");
/// Candidates: concerns that a person wrote in a unit where they work. The rules decide on each.
const LIST_OWN: &str = select!(
    "c.author_id = $1 AND c.id > $2 AND EXISTS (
        SELECT 1 FROM staff_role r
        WHERE r.unit_id = c.unit_id AND r.role = 'worker' AND r.person_id IN ",
    persons_of_sql!("$1"),
    " AND ",
    role_counts_sql!("r", "$4"),
    ")
    ORDER BY c.id LIMIT $3"
);
/// Candidates: concerns of a unit. The rules decide on each.
const LIST_OF_UNIT: &str = select!("c.unit_id = $1 AND c.id > $2 ORDER BY c.id LIMIT $3");
const UPDATE: &str = "
    UPDATE concern SET child_id = $4, facts = CASE WHEN $13 THEN $5 ELSE facts END,
           risk_factors = CASE WHEN $14 THEN $6 ELSE risk_factors END,
           protective_factors = CASE WHEN $15 THEN $7 ELSE protective_factors END,
           child_says = CASE WHEN $16 THEN $8 ELSE child_says END,
           tried_so_far = CASE WHEN $17 THEN $9 ELSE tried_so_far END,
           own_practice = CASE WHEN $18 THEN $10 ELSE own_practice END,
           seen_risk_factors = CASE WHEN $19 THEN $11 ELSE seen_risk_factors END,
           seen_protective_factors = CASE WHEN $20 THEN $12 ELSE seen_protective_factors END,
           had_another_child = $21, version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3 AND decision IS NULL";
const DECIDE: &str = "
    UPDATE concern SET decision = $4, decision_reason = $5, case_id = $6, decided_by = $7, decided_at = $8,
           report_id = $9, version = version + 1
    WHERE municipality = $1 AND id = $2 AND version = $3 AND decision IS NULL";
const GUIDE_DEADLINE: &str = "SELECT g.deadline_days FROM municipality m JOIN guide_level g ON g.municipality = m.number AND g.version = m.guide_version
    WHERE m.number = $1 AND g.level = 0";
const OPEN_CASE: &str =
    "SELECT id FROM care_case WHERE municipality = $1 AND child_id = $2 AND status = 'open'";
const SAME_CHILD: &str = "
    SELECT COUNT(*) FROM care_case c
    JOIN child a ON a.municipality = c.municipality AND a.id = c.child_id
    JOIN child b ON b.municipality = c.municipality AND b.person_id = a.person_id
    WHERE c.municipality = $1 AND c.id = $2 AND b.id = $3 AND c.status = 'open'";

/// Returns a concern. `disqualified` states whether the rules are to keep the caller from it.
pub(super) async fn get(
    tx: &mut Tx,
    disqualified: bool,
    municipality: &str,
    id: Id<Concern>,
) -> Result<ConcernOut, DbError> {
    let mut concern = [fetch_one!(tx, ConcernOut, SELECT, municipality, id)?];
    complete(tx, &mut concern).await?;
    let [concern] = concern;
    Ok(ConcernOut { disqualified, ..concern })
}

/// Lists the concerns after `after` that a person wrote, and those of the units that they lead. `ties` are the
/// children that the person is close to.
pub(super) async fn list(
    tx: &mut Tx,
    caller: &Caller,
    ties: &Ties,
    today: NaiveDate,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ConcernOut>, DbError> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = Vec::new();
    // Most people are one person. A leader leads one or two units.
    for person in caller.persons() {
        rows.extend(fetch_all!(tx, ConcernOut, LIST_OWN, person, after, most, today)?);
    }
    for unit in caller.units_led() {
        rows.extend(fetch_all!(tx, ConcernOut, LIST_OF_UNIT, unit, after, most)?);
    }
    rows.sort_by_key(|row: &ConcernOut| row.id);
    rows.dedup_by_key(|row| row.id);
    rows.truncate(limit);
    for row in &mut rows {
        row.disqualified = row.child_id.is_some_and(|child| ties.keep_from(child, caller.is(row.author_id)));
    }
    Ok(rows)
}

/// Gives concerns their earlier wordings, their postponements and the advice about them. The caller may read them all.
pub(super) async fn complete(tx: &mut Tx, concerns: &mut [ConcernOut]) -> Result<(), DbError> {
    wordings::of_these(tx, concerns, |concern| concern.id.uuid(), |concern| &mut concern.earlier).await?;
    // A reason can repeat the words about another child.
    for concern in concerns.iter_mut().filter(|concern| concern.had_another_child) {
        concern.earlier.iter_mut().for_each(|wording| wording.reason = None);
    }
    waiting::of_these(tx, concerns).await?;
    concerns.iter_mut().for_each(|concern| concern.advice = concern.due_advice());
    Ok(())
}

/// Returns the number of days in which a concern must be decided, if the municipality's guide sets it.
pub(super) async fn guide_deadline_days(tx: &mut Tx, municipality: &str) -> Result<Option<i64>, DbError> {
    let row = fetch_optional!(tx, (Option<i64>,), GUIDE_DEADLINE, municipality)?;
    Ok(row.and_then(|(days,)| days))
}

pub(super) struct NewConcern<'a> {
    pub municipality: &'a str,
    pub unit: Id<Unit>,
    pub sector: Sector,
    pub author: Id<Person>,
    pub content: &'a ConcernIn,
    pub decide_by: NaiveDate,
}

pub(super) async fn insert(
    tx: &mut Tx,
    new: NewConcern<'_>,
    now: DateTime<Utc>,
) -> Result<Id<Concern>, DbError> {
    let NewConcern { municipality, unit, sector, author, content, decide_by } = new;
    let id = Id::<Concern>::new();
    let row = ConcernRow {
        municipality,
        id,
        unit,
        sector,
        author,
        child: content.child_id,
        texts: content.texts(),
        decide_by,
        created_at: now,
        decided: None,
    };
    rows::insert(tx, &[row]).await?;
    Ok(id)
}

/// Updates a concern. Of its texts, those that are new are replaced.
pub(super) async fn update(
    tx: &mut Tx,
    current: &ConcernOut,
    content: &ConcernIn,
    are_new: [bool; 8],
) -> Result<(), DbError> {
    let ConcernOut { municipality, id, version, .. } = current;
    let [facts, risks, protective, says, tried, practice, seen_risks, seen_protective] =
        rows::seal(tx, &current.key(), &content.texts())?;
    let [
        new_facts,
        new_risks,
        new_protective,
        new_says,
        new_tried,
        new_practice,
        new_seen,
        new_seen_protective,
    ] = are_new;
    expect_one(execute!(
        tx,
        UPDATE,
        municipality,
        *id,
        *version,
        content.child_id,
        facts,
        risks,
        protective,
        says,
        tried,
        practice,
        seen_risks,
        seen_protective,
        new_facts,
        new_risks,
        new_protective,
        new_says,
        new_tried,
        new_practice,
        new_seen,
        new_seen_protective,
        current.gets_another_child(content.child_id)
    )?)
}

pub(super) struct Decided<'a> {
    pub decision: ConcernDecision,
    pub reason: &'a str,
    pub case: Option<Id<Case>>,
    pub report: Option<Id<ChildWelfareReport>>,
    pub by: Id<Person>,
}

pub(super) async fn decide(
    tx: &mut Tx,
    current: &ConcernOut,
    decided: Decided<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let Decided { decision, reason, case, report, by } = decided;
    let ConcernOut { municipality, id, version, .. } = current;
    let reason = tx.vault().seal(&current.key(), reason)?;
    expect_one(execute!(tx, DECIDE, municipality, *id, *version, decision, reason, case, by, now, report)?)
}

/// Returns whether the child, as registered, has an open case.
pub(super) async fn has_open_case(tx: &mut Tx, concern: &ConcernOut) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (Id<Case>,), OPEN_CASE, &concern.municipality, concern.child_id)?.is_some())
}

/// Returns whether this is an open case of the child of the concern.
pub(super) async fn is_case_of_same_child(
    tx: &mut Tx,
    concern: &ConcernOut,
    case: Id<Case>,
) -> Result<bool, DbError> {
    let (count,) = fetch_one!(tx, (i64,), SAME_CHILD, &concern.municipality, case, concern.child_id)?;
    Ok(count > 0)
}
