//! Breaches in the database.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    dto::{
        BreachOut, BreachQuery, BreachSource, BreachStatus, BreachStep, BreachStepOut, NotifiedAs,
        PersonToNotify, StepOutcome,
    },
    steps::{laws_of, steps},
};
use crate::{
    access::{cited, family_of, objects::BreachObject},
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_one, fetch_optional,
    kernel::{
        Id, Moment,
        clock::day_in_norway,
        ids::{Breach, Case, Child, Look, Person, Unit},
    },
    on_engine,
    vault::{Content, KeyName},
};

macro_rules! select {
    () => {
        "SELECT b.municipality, b.id, b.source, b.person_id, p.name AS person_name, b.unit_id, b.child_id, b.case_id, b.looked_at,
                b.found_by, b.found_at, b.closed_at, b.version,
                (u.sector = 'health' OR o.sector = 'health' OR k.sector = 'health') IS TRUE AS in_health
         FROM breach b JOIN person p ON p.id = b.person_id
         LEFT JOIN unit u ON u.id = b.unit_id
         LEFT JOIN care_case c ON c.municipality = b.municipality AND c.id = b.case_id
         LEFT JOIN unit o ON o.id = c.unit_id
         LEFT JOIN unit k ON k.id = c.opening_unit_id"
    };
}
const SELECT: &str = select!();
const ONE: &str = concat!(select!(), " WHERE b.municipality = $1 AND b.id = $2");
const STEPS: &str = "
    SELECT breach_id, step, due_at, outcome, how, reason, done_at, done_by, recorded_at
    FROM breach_step WHERE (municipality, breach_id) IN (";
const CHILD: &str = "SELECT person_id, name, 'child' AS notified_as FROM child WHERE id = $1";
const NAMES: &str = "SELECT id, name FROM person WHERE name IS NOT NULL AND id IN (";
const OPEN: &str = "
    INSERT INTO breach (municipality, id, source, entry_id, person_id, unit_id, child_id, case_id, looked_at, looked_until,
        found_by, found_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const COVERED: &str = "
    SELECT id FROM breach WHERE municipality = $1 AND person_id = $2 AND child_id = $3 AND looked_at <= $5 AND looked_until >= $4 LIMIT 1";
const ADD_STEP: &str =
    "INSERT INTO breach_step (municipality, id, breach_id, step, due_at) VALUES ($1, $2, $3, $4, $5)";
const RECORD: &str = "
    UPDATE breach_step SET outcome = $4, how = $5, reason = $6, done_at = $7, done_by = $8, recorded_at = $9
    WHERE municipality = $1 AND breach_id = $2 AND step = $3 AND outcome IS NULL";
const MOVE_ON: &str = "
    UPDATE breach SET version = version + 1,
        closed_at = CASE WHEN NOT EXISTS (SELECT 1 FROM breach_step s
            WHERE s.municipality = breach.municipality AND s.breach_id = breach.id AND s.outcome IS NULL) THEN $4 END
    WHERE municipality = $1 AND id = $2 AND version = $3 AND closed_at IS NULL";

/// A look that was found to be without need.
#[derive(Debug)]
pub struct NewBreach<'a> {
    /// The municipality whose record was looked at.
    pub municipality: &'a str,
    /// The control that found it.
    pub source: BreachSource,
    /// The review, or the emergency access.
    pub id: Uuid,
    /// The entry of the log; none for an emergency access, which has several.
    pub entry: Option<Id<Look>>,
    /// The person who looked.
    pub person: Id<Person>,
    /// The unit in whose work they looked.
    pub unit: Option<Id<Unit>>,
    /// The child.
    pub child: Id<Child>,
    /// The case, if there was one.
    pub case: Option<Id<Case>>,
    /// When they looked, and until when they could.
    pub looked: (DateTime<Utc>, DateTime<Utc>),
    /// The person who found it.
    pub found_by: Id<Person>,
}

/// Opens a breach with its steps, in the transaction of the verdict. A look whose breach the other control opened gets no second one.
///
/// # Errors
/// If the database query fails, or the breach is open already.
pub async fn open(tx: &mut Tx, new: &NewBreach<'_>, now: DateTime<Utc>) -> Result<(), DbError> {
    let NewBreach { municipality, source, id, entry, person, unit, child, case, looked, found_by } = new;
    let (at, until) = looked;
    if fetch_optional!(tx, (Id<Breach>,), COVERED, *municipality, *person, *child, *at, *until)?.is_some() {
        return Ok(());
    }
    expect_one(execute!(
        tx,
        OPEN,
        *municipality,
        *id,
        *source,
        *entry,
        *person,
        *unit,
        *child,
        *case,
        *at,
        *until,
        *found_by,
        now
    )?)?;
    for step in steps() {
        expect_one(execute!(tx, ADD_STEP, *municipality, Uuid::now_v7(), *id, step.key, now + step.time())?)?;
    }
    Ok(())
}

/// A breach, with the facts that the rules need.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct BreachRow {
    pub(super) municipality: String,
    pub(super) id: Id<Breach>,
    source: BreachSource,
    person_id: Id<Person>,
    person_name: Content,
    unit_id: Option<Id<Unit>>,
    child_id: Id<Child>,
    case_id: Option<Id<Case>>,
    looked_at: DateTime<Utc>,
    found_by: Id<Person>,
    pub(super) found_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    pub(super) version: i64,
    /// Whether the record, or the unit of the person who looked, is in health.
    in_health: bool,
}

impl BreachRow {
    /// Returns it as an object for the policies, given the children that the caller is disqualified for.
    pub(super) fn object(&self, own_children: &[Id<Child>]) -> BreachObject {
        BreachObject {
            municipality: self.municipality.clone(),
            id: self.id,
            looked_by: self.person_id,
            child: self.child_id,
            disqualified: own_children.contains(&self.child_id),
        }
    }
}

/// Lists breaches in these municipalities after a position, in the order of their ids. The rules decide on each.
pub(super) async fn list(
    tx: &mut Tx,
    municipalities: &BTreeSet<String>,
    query: &BreachQuery,
    after: Uuid,
    limit: usize,
) -> Result<Vec<BreachRow>, DbError> {
    let (mut rows, most) = (Vec::new(), i64::try_from(limit).unwrap_or(i64::MAX));
    for municipality in municipalities {
        let found = on_engine!(tx, |conn| {
            let mut sql = sqlx::QueryBuilder::new(SELECT);
            sql.push(" WHERE b.municipality = ").push_bind(municipality.to_owned());
            sql.push(" AND b.id > ").push_bind(after);
            match query.status {
                Some(BreachStatus::Open) => drop(sql.push(" AND b.closed_at IS NULL")),
                Some(BreachStatus::Closed) => drop(sql.push(" AND b.closed_at IS NOT NULL")),
                None => {}
            }
            sql.push(" ORDER BY b.id LIMIT ").push_bind(most);
            sql.build_query_as::<BreachRow>().fetch_all(conn).await
        })?;
        rows.extend(found);
    }
    rows.sort_unstable_by_key(|row: &BreachRow| row.id);
    rows.truncate(limit);
    Ok(rows)
}

/// Returns a breach that was found earlier.
pub(super) async fn get(tx: &mut Tx, municipality: &str, id: Id<Breach>) -> Result<BreachRow, DbError> {
    fetch_one!(tx, BreachRow, ONE, municipality, id)
}

#[derive(sqlx::FromRow)]
struct StepRow {
    breach_id: Id<Breach>,
    step: BreachStep,
    due_at: DateTime<Utc>,
    outcome: Option<StepOutcome>,
    how: Option<Content>,
    reason: Option<Content>,
    done_at: Option<DateTime<Utc>>,
    done_by: Option<Id<Person>>,
    recorded_at: Option<DateTime<Utc>>,
}

impl StepRow {
    fn out(self, breach: &BreachRow, now: DateTime<Utc>) -> BreachStepOut {
        BreachStepOut {
            step: self.step,
            legal_basis: cited(&laws_of(self.step, breach.in_health), day_in_norway(breach.found_at)),
            due_at: self.due_at,
            overdue: self.outcome.is_none() && self.due_at < now,
            outcome: self.outcome,
            how: self.how,
            reason: self.reason,
            done_at: self.done_at,
            done_by: self.done_by,
            recorded_at: self.recorded_at,
        }
    }
}

/// Returns the breaches with their steps.
pub(super) async fn whole(
    tx: &mut Tx,
    rows: Vec<BreachRow>,
    now: DateTime<Utc>,
) -> Result<Vec<BreachOut>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let found = on_engine!(tx, |conn| {
        let mut query = sqlx::QueryBuilder::new(STEPS);
        query.push("VALUES ");
        let mut list = query.separated(", ");
        for row in &rows {
            list.push("(").push_bind_unseparated(row.municipality.clone());
            list.push_unseparated(", ").push_bind_unseparated(row.id).push_unseparated(")");
        }
        query.push(")");
        query.build_query_as::<StepRow>().fetch_all(conn).await
    })?;
    let mut steps: HashMap<Id<Breach>, Vec<StepRow>> = HashMap::new();
    for step in found {
        steps.entry(step.breach_id).or_default().push(step);
    }
    let whole = rows.into_iter().map(|row| {
        let mut steps = steps.remove(&row.id).unwrap_or_default();
        steps.sort_by_key(|step| (step.due_at, step.step));
        BreachOut {
            steps: steps.into_iter().map(|step| step.out(&row, now)).collect(),
            status: if row.closed_at.is_some() { BreachStatus::Closed } else { BreachStatus::Open },
            id: row.id,
            municipality: row.municipality,
            source: row.source,
            person_id: row.person_id,
            person_name: row.person_name,
            unit_id: row.unit_id,
            child_id: row.child_id,
            case_id: row.case_id,
            looked_at: row.looked_at,
            found_by: row.found_by,
            found_at: row.found_at,
            to_notify: None,
            closed_at: row.closed_at,
            version: row.version,
        }
    });
    Ok(whole.collect())
}

/// Returns the people to notify of a breach about a child.
pub(super) async fn to_notify(
    tx: &mut Tx,
    child: Id<Child>,
    moment: Moment,
) -> Result<Vec<PersonToNotify>, DbError> {
    let mut people = fetch_all!(tx, PersonToNotify, CHILD, child)?;
    let Some(family) = family_of(tx, child, moment).await? else { return Ok(people) };
    let names = fetch_in!(tx, (Id<Person>, Content), NAMES, &family.people())?;
    let named = |person: Id<Person>, notified_as| {
        let name = names.iter().find(|(id, _)| *id == person).map(|(_, name)| name.clone());
        name.map(|name| PersonToNotify { person_id: person, name, notified_as })
    };
    people.extend(family.guardians.iter().filter_map(|person| named(*person, NotifiedAs::Guardian)));
    people.extend(family.child_welfare.and_then(|person| named(person, NotifiedAs::ChildWelfare)));
    Ok(people)
}

/// A step that was taken.
pub(super) struct Taken<'a> {
    pub(super) step: BreachStep,
    pub(super) outcome: StepOutcome,
    pub(super) how: Option<&'a str>,
    pub(super) reason: Option<&'a str>,
    pub(super) done_at: DateTime<Utc>,
    pub(super) by: Id<Person>,
}

/// Records a step, and closes the breach if it was the last.
pub(super) async fn record(
    tx: &mut Tx,
    breach: &BreachRow,
    taken: Taken<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let BreachRow { municipality, id, version, .. } = breach;
    let Taken { step, outcome, how, reason, done_at, by } = taken;
    let key = KeyName::log(municipality);
    let (how, reason) = (tx.vault().seal_optional(&key, how)?, tx.vault().seal_optional(&key, reason)?);
    expect_one(execute!(tx, RECORD, municipality, *id, step, outcome, how, reason, done_at, by, now)?)?;
    expect_one(execute!(tx, MOVE_ON, municipality, *id, *version, now)?)
}
