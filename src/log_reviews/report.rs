//! The monthly report: numbers without personal data. It covers the whole municipality, whichever auditor reads it.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{LogVerdict, PickReason},
    month::Month,
};
use crate::{
    access::{
        Permit, Whole,
        actions::{Control, ReadLogReport, facts_of},
    },
    db::{DbError, Tx},
    fetch_all, fetch_one,
    kernel::vocabulary::Words,
    problem::{Result, docs::ReadProblems},
    shown,
};

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(read_log_report);
}

/// Returns the monthly report of the municipalities that the caller audits: the number of entries, how many were selected
/// for review, and the outcomes. It contains no personal data.
#[utoipa::path(
    operation_id = "read_log_report", tag = "access log", params(LogReportQuery),
    responses((status = 200, body = LogReportOut, description = "The report"), ReadProblems),
)]
#[get("/access-log/reviews/report")]
async fn read_log_report(mut permit: Permit<ReadLogReport>) -> Result<HttpResponse> {
    let query: LogReportQuery = permit.query()?;
    let (now, today) = (permit.moment().now, permit.moment().today);
    let month = query.month.unwrap_or_else(|| Month::of(today).before());
    let audited: BTreeSet<String> = permit.caller().audits().map(ToOwned::to_owned).collect();
    let mut municipalities = Vec::new();
    for municipality in audited {
        municipalities.push(numbers(permit.tx(), municipality, month, now).await?);
    }
    permit.note_shown([month.to_string()]);
    let report = LogReportOut { month: month.to_string(), is_over: month.end() <= now, municipalities };
    permit.show(&report.whole())
}

/// The month to report on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LogReportQuery {
    /// The month, such as `2026-11`; the last complete month if left out.
    #[serde(default)]
    #[param(value_type = Option<String>, pattern = "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", example = "2026-11")]
    month: Option<Month>,
}

/// The report of a month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LogReportOut {
    /// The month.
    #[schema(example = "2026-11")]
    month: String,
    /// Whether the month is over. The random sample is drawn once it is.
    is_over: bool,
    /// A report for each municipality that the caller audits.
    municipalities: Vec<MunicipalReport>,
}

shown!(LogReportOut { month, is_over, municipalities });

/// The report of a municipality.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct MunicipalReport {
    /// The number of the municipality.
    #[schema(example = "4014")]
    municipality: String,
    /// The number of entries in the access log.
    entries: i64,
    /// The number of accesses that were allowed.
    looks: i64,
    /// The number of accesses that were refused.
    refusals: i64,
    /// The number of cases opened by emergency access.
    emergencies: i64,
    /// The number of times the log was exported.
    exports: i64,
    /// The number of searches in the log.
    log_searches: i64,
    /// The number of entries from the month that were selected for review.
    picked: i64,
    /// The number selected for each reason. An entry may have several reasons.
    by_reason: BTreeMap<String, i64>,
    /// The number by latest verdict.
    by_verdict: BTreeMap<String, i64>,
    /// The number without a verdict.
    without_verdict: i64,
    /// The number still open: without a verdict, or unclear.
    open: i64,
    /// The number of whole days since the oldest open entry was selected.
    oldest_open_days: Option<i64>,
}

const OF_LOG: &str = "
    SELECT action, decision, COUNT(*) FROM access_log
    WHERE municipality = $1 AND at >= $2 AND at < $3 GROUP BY action, decision";
const EMERGENCIES: &str =
    "SELECT COUNT(*) FROM emergency_access WHERE municipality = $1 AND started_at >= $2 AND started_at < $3";
const REASONS: &str = "
    SELECT w.reason, COUNT(*)
    FROM log_review r JOIN log_review_reason w ON w.municipality = r.municipality AND w.review_id = r.id
    WHERE r.municipality = $1 AND r.looked_at >= $2 AND r.looked_at < $3 GROUP BY w.reason";
const VERDICTS: &str = "
    SELECT verdict, COUNT(*), MIN(picked_at) FROM log_review
    WHERE municipality = $1 AND looked_at >= $2 AND looked_at < $3 GROUP BY verdict";

async fn numbers(
    tx: &mut Tx,
    municipality: String,
    month: Month,
    now: DateTime<Utc>,
) -> std::result::Result<MunicipalReport, DbError> {
    let (from, until) = (month.start(), month.end());
    let mut report = MunicipalReport::default();
    for (action, decision, count) in
        fetch_all!(tx, (String, String, i64), OF_LOG, &municipality, from, until)?
    {
        report.entries += count;
        if decision == "deny" {
            report.refusals += count;
            continue;
        }
        match facts_of(&action).control {
            Control::LogExport => report.exports += count,
            Control::LogSearch => report.log_searches += count,
            Control::ChosenLook | Control::OtherLook => report.looks += count,
            Control::Work | Control::Neither => {}
        }
    }
    (report.emergencies,) = fetch_one!(tx, (i64,), EMERGENCIES, &municipality, from, until)?;
    report.by_reason = PickReason::ALL.iter().map(|reason| (reason.to_string(), 0)).collect();
    let reasons = fetch_all!(tx, (PickReason, i64), REASONS, &municipality, from, until)?;
    report.by_reason.extend(reasons.into_iter().map(|(reason, count)| (reason.to_string(), count)));
    report.by_verdict = LogVerdict::ALL.iter().map(|verdict| (verdict.to_string(), 0)).collect();
    let mut oldest = None;
    let verdicts =
        fetch_all!(tx, (Option<LogVerdict>, i64, DateTime<Utc>), VERDICTS, &municipality, from, until)?;
    for (verdict, count, picked_at) in verdicts {
        report.picked += count;
        if verdict.is_none_or(|verdict| verdict == LogVerdict::Unclear) {
            report.open += count;
            oldest = Some(oldest.map_or(picked_at, |oldest: DateTime<Utc>| oldest.min(picked_at)));
        }
        match verdict {
            Some(verdict) => drop(report.by_verdict.insert(verdict.to_string(), count)),
            None => report.without_verdict = count,
        }
    }
    report.oldest_open_days = oldest.map(|oldest| (now - oldest).num_days());
    report.municipality = municipality;
    Ok(report)
}
