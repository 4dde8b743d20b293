//! Reports to child welfare in the database.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    dto::{ReplyIn, ReplyOut, ReplyOutcome, ReportIn, ReportOut},
    rules::{self, Awaited},
};
use crate::{
    access::{Ties, ties},
    children::NamedChild,
    db::{DbError, Tx, expect_one},
    execute, fetch_all, fetch_in, fetch_one, fetch_optional,
    identity::Caller,
    kernel::{
        Id, Moment,
        ids::{Child, ChildWelfareReport, Person, ReportReply, Unit},
        vocabulary::Sector,
    },
    persons_of_sql, role_counts_sql,
    vault::KeyName,
};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.municipality, r.unit_id, u.name AS unit_name, r.reporter_id, r.reporter_name,
                    r.receiving_unit_id, v.name AS receiving_unit_name, r.child_id, r.child_name, r.child_birth_date,
                    r.child_description, r.grounds, r.body AS text, r.sent_on, r.concern_id, r.guardians_told,
                    r.guardians_not_told_reason, r.law, r.law_valid_from, r.created_at, r.version
             FROM child_welfare_report r
             JOIN unit u ON u.id = r.unit_id
             JOIN unit v ON v.id = r.receiving_unit_id
             LEFT JOIN child k ON k.municipality = r.municipality AND k.id = r.child_id
             WHERE ",
            $rest
        )
    };
}

const GET: &str = select!("r.municipality = $1 AND r.id = $2");
/// Those that a unit has made and those it has received. The ids alone are found by two indexes in their order: a plan of
/// PostgreSQL that does not know the values would read all rows to find whole ones in order.
const IDS: &str = "
    SELECT id FROM (
        SELECT id FROM child_welfare_report WHERE unit_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS made
    UNION
    SELECT id FROM (
        SELECT id FROM child_welfare_report WHERE receiving_unit_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS received
    ORDER BY id LIMIT $3";
const LIST: &str = select!("r.id IN (");
const INSERT: &str = "
    INSERT INTO child_welfare_report
        (municipality, id, unit_id, reporter_id, reporter_name, receiving_unit_id, child_id, child_name, child_birth_date,
         child_description, concern_id, grounds, body, sent_on, guardians_told, guardians_not_told_reason, law,
         law_valid_from, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
const UNIT: &str = "SELECT sector, kind FROM unit WHERE id = $1";
const CHILD_WELFARE: &str = "
    SELECT u.id FROM unit u JOIN unit_serves s ON s.unit_id = u.id
    WHERE u.id = $1 AND s.municipality = $2 AND u.sector = 'child_welfare'";
const REPLIES: &str = "
    SELECT report_id, id, outcome, followed_up, answered_on, body AS text, recorded_by, created_at AS recorded_at
    FROM report_reply WHERE report_id IN (";
const INSERT_REPLY: &str = "
    INSERT INTO report_reply (municipality, id, report_id, outcome, followed_up, answered_on, body, recorded_by, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const TOUCH: &str =
    "UPDATE child_welfare_report SET version = version + 1 WHERE municipality = $1 AND id = $2";
/// Reports with replies due. Excludes reports with all replies.
macro_rules! awaiting {
    ($($whose:tt)+) => {
        concat!(
            "SELECT r.id, r.sent_on, r.child_id, r.unit_id
             FROM child_welfare_report r
             WHERE ",
            $($whose)+,
            " AND NOT EXISTS (
                    SELECT 1 FROM report_reply a WHERE a.municipality = r.municipality AND a.report_id = r.id
                         AND (a.outcome = 'investigation_closed' OR (a.outcome = 'not_investigated' AND NOT EXISTS (
                             SELECT 1 FROM report_reply b WHERE b.municipality = r.municipality AND b.report_id = r.id
                                  AND b.outcome = 'investigation_opened'))))"
        )
    };
}
type AwaitingRow = (Id<ChildWelfareReport>, NaiveDate, Option<Id<Child>>, Id<Unit>);

/// A person's own reports.
const AWAITING_OWN: &str = awaiting!("r.reporter_id = $1");
/// Reports of a unit by people who no longer work there, for its leader.
const AWAITING_LEFT: &str = awaiting!(
    "r.unit_id = $1 AND NOT EXISTS (
        SELECT 1 FROM staff_role w WHERE w.unit_id = r.unit_id AND w.role IN ('worker', 'unit_leader') AND w.person_id IN ",
    persons_of_sql!("r.reporter_id"),
    " AND ",
    role_counts_sql!("w", "$2"),
    ")"
);

#[derive(sqlx::FromRow)]
struct ReplyRow {
    report_id: Id<ChildWelfareReport>,
    #[sqlx(flatten)]
    reply: ReplyOut,
}

/// Returns the sector and kind of a unit.
pub(super) async fn unit(tx: &mut Tx, unit: Id<Unit>) -> Result<(Sector, String), DbError> {
    fetch_one!(tx, (Sector, String), UNIT, unit)
}

/// Returns whether this is a child welfare unit that serves the municipality.
pub(super) async fn is_child_welfare(
    tx: &mut Tx,
    unit: Id<Unit>,
    municipality: &str,
) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (Id<Unit>,), CHILD_WELFARE, unit, municipality)?.is_some())
}

/// A validated report to store.
pub(super) struct NewReport<'a> {
    pub municipality: &'a str,
    pub unit: Id<Unit>,
    pub sector: Sector,
    pub reporter: Id<Person>,
    pub reporter_name: &'a str,
    pub child: Option<NamedChild>,
    pub content: &'a ReportIn,
    pub law: &'a str,
    pub law_valid_from: NaiveDate,
}

pub(super) async fn insert(
    tx: &mut Tx,
    new: NewReport<'_>,
    now: DateTime<Utc>,
) -> Result<Id<ChildWelfareReport>, DbError> {
    let NewReport {
        municipality,
        unit,
        sector,
        reporter,
        reporter_name,
        child,
        content,
        law,
        law_valid_from,
    } = new;
    let id = Id::<ChildWelfareReport>::new();
    let (people, own) = (KeyName::people(municipality), KeyName::sector(municipality, sector));
    let vault = tx.vault();
    let reporter_name = vault.seal(&people, reporter_name)?;
    let child_name = vault.seal_optional(&people, child.as_ref().map(|child| child.name.as_str()))?;
    let description = vault.seal_optional(&people, content.child_description.as_deref())?;
    let words: Vec<&str> = content.grounds.iter().map(|ground| ground.as_str()).collect();
    let grounds = vault.seal(&own, &words.join(" "))?;
    let body = vault.seal(&own, &content.text)?;
    let not_told = vault.seal_optional(&own, content.guardians_not_told_reason.as_deref())?;
    expect_one(execute!(
        tx,
        INSERT,
        municipality,
        id,
        unit,
        reporter,
        reporter_name,
        content.receiving_unit_id,
        content.child_id,
        child_name,
        child.map(|child| child.birth_date),
        description,
        content.concern_id,
        grounds,
        body,
        content.sent_on,
        content.guardians_told,
        not_told,
        law,
        law_valid_from,
        now
    )?)?;
    Ok(id)
}

/// Returns a report. `disqualified` states whether the rules are to keep the caller from it.
pub(super) async fn get(
    tx: &mut Tx,
    disqualified: bool,
    municipality: &str,
    id: Id<ChildWelfareReport>,
) -> Result<ReportOut, DbError> {
    let report = ReportOut { disqualified, ..fetch_one!(tx, ReportOut, GET, municipality, id)? };
    let mut reports = with_replies(tx, vec![report]).await?;
    reports.pop().ok_or(DbError::Engine(sqlx::Error::RowNotFound))
}

/// Lists the reports that a unit has made or received, regardless of who may read them. `ties` are the children
/// that the caller is close to.
pub(super) async fn list(
    tx: &mut Tx,
    ties: &Ties,
    caller: &Caller,
    unit: Id<Unit>,
    after: Uuid,
    limit: usize,
) -> Result<Vec<ReportOut>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let ids = fetch_all!(tx, (Id<ChildWelfareReport>,), IDS, unit, after, limit)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Id<ChildWelfareReport>> = ids.into_iter().map(|(id,)| id).collect();
    let mut reports: Vec<ReportOut> = fetch_in!(tx, ReportOut, LIST, &ids)?;
    reports.sort_by_key(|row| row.id);
    for row in &mut reports {
        row.disqualified =
            row.child_id.is_some_and(|child| ties.keep_from(child, caller.is(row.reporter_id)));
    }
    with_replies(tx, reports).await
}

async fn with_replies(tx: &mut Tx, mut reports: Vec<ReportOut>) -> Result<Vec<ReportOut>, DbError> {
    if reports.is_empty() {
        return Ok(reports);
    }
    let ids: Vec<Id<ChildWelfareReport>> = reports.iter().map(|report| report.id).collect();
    let mut replies: HashMap<Id<ChildWelfareReport>, Vec<ReplyOut>> = HashMap::new();
    for ReplyRow { report_id, reply } in fetch_in!(tx, ReplyRow, REPLIES, &ids)? {
        replies.entry(report_id).or_default().push(reply);
    }
    for report in &mut reports {
        report.replies = replies.remove(&report.id).unwrap_or_default();
        report.replies.sort_by_key(|reply| reply.id);
    }
    Ok(reports)
}

/// Stores a reply to a report.
pub(super) async fn insert_reply(
    tx: &mut Tx,
    report: &ReportOut,
    reply: &ReplyIn,
    by: Id<Person>,
    now: DateTime<Utc>,
) -> Result<Id<ReportReply>, DbError> {
    let id = Id::<ReportReply>::new();
    let (sector, _) = unit(tx, report.unit_id).await?;
    let key = KeyName::sector(&report.municipality, sector);
    let text = tx.vault().seal_optional(&key, reply.text.as_deref())?;
    let ReplyIn { outcome, followed_up, answered_on, .. } = *reply;
    let municipality = &report.municipality;
    expect_one(execute!(
        tx,
        INSERT_REPLY,
        municipality,
        id,
        report.id,
        outcome,
        followed_up,
        answered_on,
        text,
        by,
        now
    )?)?;
    expect_one(execute!(tx, TOUCH, municipality, report.id)?)?;
    Ok(id)
}

/// Returns the replies from child welfare that a person is waiting for, in the units where their roles count in this session.
///
/// # Errors
/// If the database query fails.
pub async fn awaited(tx: &mut Tx, caller: &Caller, moment: Moment) -> Result<Vec<Awaited>, DbError> {
    const ANSWERS: &str = "SELECT report_id, outcome FROM report_reply WHERE report_id IN (";
    let (mut own, mut left) = (Vec::new(), Vec::new());
    for person in caller.persons() {
        own.extend(fetch_all!(tx, AwaitingRow, AWAITING_OWN, person)?);
    }
    own.retain(|(.., unit)| caller.sees_content_in(*unit));
    // A leader leads one or two units.
    for unit in caller.units_led().into_iter().filter(|unit| caller.sees_content_in(*unit)) {
        left.extend(fetch_all!(tx, AwaitingRow, AWAITING_LEFT, unit, moment.today)?);
    }
    if own.is_empty() && left.is_empty() {
        return Ok(Vec::new());
    }
    let ties = ties(tx, caller, moment.now).await?;
    let marked = own.into_iter().map(|row| (row, true)).chain(left.into_iter().map(|row| (row, false)));
    let kept =
        marked.filter(|((_, _, child, _), own)| !child.is_some_and(|child| ties.keep_from(child, *own)));
    let reports: Vec<_> = kept.map(|((id, sent_on, ..), _)| (id, sent_on)).collect();
    if reports.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Id<ChildWelfareReport>> = reports.iter().map(|(id, _)| *id).collect();
    let mut answers: HashMap<Id<ChildWelfareReport>, Vec<ReplyOutcome>> = HashMap::new();
    for (report, outcome) in fetch_in!(tx, (Id<ChildWelfareReport>, ReplyOutcome), ANSWERS, &ids)? {
        answers.entry(report).or_default().push(outcome);
    }
    let of = |(id, sent_on)| rules::awaited(id, sent_on, answers.get(&id).map_or(&[], Vec::as_slice));
    Ok(reports.into_iter().flat_map(of).collect())
}
