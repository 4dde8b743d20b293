//! Operations on reports to child welfare.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{ReplyIn, ReplyOutcome, ReportIn, ReportOut},
    duty, rules, store,
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{
            Action, ListChildWelfareReports, ReadChild, ReadChildWelfareReport, ReadConcern,
            RecordReportReply, ReportToChildWelfare,
        },
        child_facts, is_close,
        objects::{ChildObject, ChildWelfareReportObject, ConcernObject},
        ties,
    },
    children::{self, NamedChild},
    db::Tx,
    kernel::{
        Id, Page, PageQuery, Slice,
        ids::{Child, Concern},
    },
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(report_to_child_welfare)
        .service(list_child_welfare_reports)
        .service(read_child_welfare_report)
        .service(record_report_reply);
}

/// Reports a child to child welfare, from the unit where the caller works.
///
/// The report is stored outside any case. A child that is not registered, or that the caller may not read, is described
/// instead. Nothing can prevent a report.
#[utoipa::path(
    operation_id = "report_to_child_welfare", tag = "child welfare reports", params(("unit_id" = Uuid, Path)),
    request_body = ReportIn,
    responses((status = 201, body = ReportOut, description = "The report"), WriteProblems),
)]
#[post("/units/{unit_id}/child-welfare-reports")]
async fn report_to_child_welfare(mut permit: Permit<ReportToChildWelfare>) -> Result<HttpResponse> {
    let content: ReportIn = permit.input()?;
    let unit = permit.object().clone();
    let (sector, kind) = store::unit(permit.tx(), unit.id).await?;
    let duty = duty::duty_of(sector, &kind)
        .ok_or_else(|| Problem::internal("the unit has no duty to report in the data"))?;
    rules::check(&content, duty, permit.moment().today)?;
    let (municipality, child) = match content.child_id {
        None => (unit.municipality.clone(), None),
        Some(id) => known_child(&mut permit, id).await.map(|(place, child)| (place, Some(child)))?,
    };
    if !unit.serves.contains(&municipality) && unit.municipality != municipality {
        return Err(Problem::field("/child_id", "must be in a municipality that the unit serves"));
    }
    let stays_in = content.stays_in.as_ref().unwrap_or(&municipality);
    if !store::is_child_welfare(permit.tx(), content.receiving_unit_id, stays_in).await? {
        let detail = "must be a child welfare unit that serves the municipality where the child stays";
        return Err(Problem::field("/receiving_unit_id", detail));
    }
    if let Some(concern) = content.concern_id {
        check_concern(&mut permit, concern, &content, &municipality).await?;
    }
    // The duty applies even if the section that it rests on is no longer in force.
    let law = duty.law.wording(permit.moment().today);
    permit.note_laws(&[duty.law]);
    let (caller, now) = (permit.caller().clone(), permit.moment().now);
    let new = store::NewReport {
        municipality: &municipality,
        unit: unit.id,
        sector,
        reporter: caller.person,
        reporter_name: &caller.name,
        child,
        content: &content,
        law: law.citation,
        law_valid_from: law.valid_from,
    };
    let id = store::insert(permit.tx(), new, now).await?;
    let report = store::get(permit.tx(), false, &municipality, id).await?;
    permit.note_row::<ReadChildWelfareReport>(&object(&report));
    permit.created(format!("/v1/child-welfare-reports/{id}"), report.version, &report.whole()).await
}

/// Lists the reports that a unit has made or received and that the caller may read, oldest first.
#[utoipa::path(
    operation_id = "list_child_welfare_reports", tag = "child welfare reports",
    params(("unit_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<ReportOut>, description = "The reports the caller may read"), ReadProblems),
)]
#[get("/units/{unit_id}/child-welfare-reports")]
async fn list_child_welfare_reports(mut permit: Permit<ListChildWelfareReports>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let Parts { object: unit, caller, tx, moment } = permit.parts();
    let (unit, caller) = (unit.id, caller.clone());
    let ties = ties(tx, &caller, moment.now).await?;
    let fetch =
        async |tx: &mut Tx, Slice { after, limit }| store::list(tx, &ties, &caller, unit, after, limit).await;
    let may_read = |permit: &Permit<_>, row: &ReportOut| permit.may::<ReadChildWelfareReport>(&object(row));
    let page = permit.page(&query, fetch, |row| row.id.uuid(), may_read).await?;
    for row in &page.items {
        permit.note_row::<ReadChildWelfareReport>(&object(row));
    }
    let page = page.map(|report| as_told(&permit, report));
    permit.show_page(&page.map(Whole::whole))
}

/// Returns a report.
#[utoipa::path(
    operation_id = "read_child_welfare_report", tag = "child welfare reports", params(("report_id" = Uuid, Path)),
    responses((status = 200, body = ReportOut, description = "The report"), ReadProblems),
)]
#[get("/child-welfare-reports/{report_id}")]
async fn read_child_welfare_report(mut permit: Permit<ReadChildWelfareReport>) -> Result<HttpResponse> {
    let report = current(&mut permit).await?;
    let report = as_told(&permit, report);
    permit.show_version(report.version, &report.whole())
}

/// Records a reply from child welfare: receipt of the report, whether it is investigated, or the result.
#[utoipa::path(
    operation_id = "record_report_reply", tag = "child welfare reports", params(("report_id" = Uuid, Path)),
    request_body = ReplyIn,
    responses((status = 201, body = ReportOut, description = "The report with its replies"), WriteProblems),
)]
#[post("/child-welfare-reports/{report_id}/replies")]
async fn record_report_reply(mut permit: Permit<RecordReportReply>) -> Result<HttpResponse> {
    let reply: ReplyIn = permit.input()?;
    let report = current(&mut permit).await?;
    let before: Vec<ReplyOutcome> = report.replies.iter().map(|reply| reply.outcome).collect();
    rules::check_reply(&reply, &before, report.sent_on, permit.moment().today)?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    let id = store::insert_reply(permit.tx(), &report, &reply, by, now).await?;
    let report = current(&mut permit).await?;
    permit.note_shown([id]);
    permit.added(report.version, &report.whole()).await
}

/// Finds a child that the caller may read and that is not family. Any other child counts as missing.
async fn known_child<A: Action>(permit: &mut Permit<A>, child: Id<Child>) -> Result<(String, NamedChild)> {
    let unknown = || {
        Problem::field(
            "/child_id",
            "must be a child that you have registered or help; otherwise describe the child",
        )
    };
    let Parts { caller, tx, moment, .. } = permit.parts();
    let person = caller.person;
    let facts = child_facts(tx, caller, child, moment).await?.ok_or_else(unknown)?;
    let municipality = facts.municipality.clone();
    let readable = permit.may::<ReadChild>(&ChildObject { facts });
    if !readable || is_close(permit.tx(), child, person, moment.now).await? {
        return Err(unknown());
    }
    let named = children::named(permit.tx(), &municipality, child).await?;
    Ok((municipality, named))
}

/// Checks that the concern belongs to the unit, that the caller may read it, and that it is about the same child.
async fn check_concern(
    permit: &mut Permit<ReportToChildWelfare>,
    id: Id<Concern>,
    content: &ReportIn,
    municipality: &str,
) -> Result<()> {
    let Parts { object, caller, tx, moment } = permit.parts();
    let unit = object.id;
    let concern = ConcernObject::load(tx, id, caller, moment.now).await?;
    let concern = concern.filter(|concern| concern.unit_id == unit && permit.may::<ReadConcern>(concern));
    match concern {
        None => Err(Problem::field("/concern_id", "must be a concern of this unit that you may read")),
        Some(concern)
            if concern.municipality != municipality
                || (concern.child_id.is_some() && concern.child_id != content.child_id) =>
        {
            Err(Problem::field("/concern_id", "must be about the same child"))
        }
        Some(_) => Ok(()),
    }
}

/// The concern belongs to the reporting unit, so the recipient does not see it.
fn as_told<A: Action>(permit: &Permit<A>, mut report: ReportOut) -> ReportOut {
    if !permit.may::<RecordReportReply>(&object(&report)) {
        report.concern_id = None;
    }
    report
}

async fn current<A: Action<Object = ChildWelfareReportObject>>(permit: &mut Permit<A>) -> Result<ReportOut> {
    let ChildWelfareReportObject { municipality, id, disqualified, .. } = permit.object().clone();
    Ok(store::get(permit.tx(), disqualified, &municipality, id).await?)
}

fn object(row: &ReportOut) -> ChildWelfareReportObject {
    ChildWelfareReportObject {
        municipality: row.municipality.clone(),
        id: row.id,
        unit_id: row.unit_id,
        reporter_id: row.reporter_id,
        receiving_unit_id: row.receiving_unit_id,
        child_id: row.child_id,
        concern_id: row.concern_id,
        disqualified: row.disqualified,
    }
}
