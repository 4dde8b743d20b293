//! Operations on concerns.

use actix_web::{HttpResponse, get, post, put};
use chrono::{Days, NaiveDate};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    change,
    dto::{ConcernDecision, ConcernIn, ConcernOut, Decided, DecisionIn},
    factors::{self, ConcernFactorOut},
    store,
    waiting::{self, PostponementIn},
};
use crate::{
    access::{
        ChildFacts, Parts, Permit, Public, Whole,
        actions::{
            Action, DecideConcern, ListConcerns, PostponeConcern, ReadCase, ReadChild,
            ReadChildWelfareReport, ReadConcern, RecordConcern, UpdateConcern,
        },
        cases_in_list, child_facts,
        objects::{CaseObject, ChildObject, ChildWelfareReportObject, ConcernObject},
        public::ListConcernFactors,
        ties,
    },
    cases::{self, AgreedWith},
    catalogue::level_in_force,
    db::{Tx, dialect},
    kernel::{
        Id, Page, PageQuery, Slice,
        days_off::working_day_from,
        ids::{Case, Child, ChildWelfareReport},
    },
    next_steps,
    problem::{
        Problem, Result,
        docs::{ChangeProblems, PublicProblems, ReadProblems, WriteProblems},
    },
};

/// The number of days in which a concern must be decided if the guide sets no deadline.
const DECISION_DAYS: u64 = 14;

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(record_concern)
        .service(list_concerns)
        .service(read_concern)
        .service(update_concern)
        .service(decide_concern)
        .service(postpone_concern)
        .service(list_concern_factors);
}

/// Records a concern in the unit where the caller works.
#[utoipa::path(
    operation_id = "record_concern", tag = "concerns", params(("unit_id" = Uuid, Path)), request_body = ConcernIn,
    responses((status = 201, body = ConcernOut, description = "The concern"), WriteProblems),
)]
#[post("/units/{unit_id}/concerns")]
async fn record_concern(mut permit: Permit<RecordConcern>) -> Result<HttpResponse> {
    let content: ConcernIn = permit.input()?;
    change::is_none(&content)?;
    let unit = permit.object().clone();
    let municipality = match content.child_id {
        None => unit.municipality_of_the_unnamed().map_err(|why| Problem::field("/child_id", why))?,
        Some(child) => {
            let child = known_child(&mut permit, child).await?;
            factors::fit(child.age, &content.seen_protective_factors)?;
            child.municipality
        }
    };
    if !unit.serves.contains(&municipality) {
        return Err(Problem::field("/child_id", "must be in a municipality that the unit serves"));
    }
    let days = store::guide_deadline_days(permit.tx(), &municipality).await?;
    let (author, now, today) = (permit.caller().person, permit.moment().now, permit.moment().today);
    let new = store::NewConcern {
        municipality: &municipality,
        unit: unit.id,
        sector: unit.sector,
        author,
        content: &content,
        decide_by: deadline(today, days),
    };
    let id = store::insert(permit.tx(), new, now).await?;
    let concern = store::get(permit.tx(), false, &municipality, id).await?;
    if let Some(child) = content.child_id {
        permit.note_child(&municipality, child);
    }
    permit.note_shown([id]);
    permit.created(format!("/v1/concerns/{id}"), concern.version, &concern.whole()).await
}

/// Lists the concerns that the caller wrote and, for a unit leader, the concerns of the unit. Oldest first.
#[utoipa::path(
    operation_id = "list_concerns", tag = "concerns", params(PageQuery),
    responses((status = 200, body = Page<ConcernOut>, description = "The concerns the caller may read"), ReadProblems),
)]
#[get("/concerns")]
async fn list_concerns(mut permit: Permit<ListConcerns>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let Parts { caller, tx, moment, .. } = permit.parts();
    let (caller, today) = (caller.clone(), moment.today);
    let ties = ties(tx, &caller, moment.now).await?;
    let fetch = async |tx: &mut Tx, Slice { after, limit }| {
        store::list(tx, &caller, &ties, today, after, limit).await
    };
    let may_read = |permit: &Permit<_>, row: &ConcernOut| permit.may::<ReadConcern>(&object(row));
    let mut page = permit.page(&query, fetch, |row| row.id.uuid(), may_read).await?;
    store::complete(permit.tx(), &mut page.items).await?;
    for row in &page.items {
        permit.note_row::<ReadConcern>(&object(row));
    }
    permit.show_page(&page.map(Whole::whole))
}

/// Returns a concern.
#[utoipa::path(
    operation_id = "read_concern", tag = "concerns", params(("concern_id" = Uuid, Path)),
    responses((status = 200, body = ConcernOut, description = "The concern"), ReadProblems),
)]
#[get("/concerns/{concern_id}")]
async fn read_concern(mut permit: Permit<ReadConcern>) -> Result<HttpResponse> {
    let concern = current(&mut permit).await?;
    concern.facts.require()?;
    permit.show_version(concern.version, &concern.whole())
}

/// Updates a concern that has not been decided. The earlier wordings are kept.
#[utoipa::path(
    operation_id = "update_concern", tag = "concerns", params(("concern_id" = Uuid, Path)), request_body = ConcernIn,
    responses((status = 200, body = ConcernOut, description = "The updated concern"), ChangeProblems),
)]
#[put("/concerns/{concern_id}")]
async fn update_concern(mut permit: Permit<UpdateConcern>) -> Result<HttpResponse> {
    let concern = current(&mut permit).await?;
    let content: ConcernIn = permit.input()?;
    require_undecided(&concern)?;
    permit.expect_version(concern.version)?;
    if let Some(child) = content.child_id {
        let child = known_child(&mut permit, child).await?;
        if child.municipality != concern.municipality {
            return Err(Problem::field("/child_id", "must be in the municipality of the concern"));
        }
        factors::fit(child.age, &content.seen_protective_factors)?;
    }
    change::make(&mut permit, &concern, &content).await?;
    let concern = current(&mut permit).await?;
    permit.changed(concern.version, &concern.whole()).await
}

/// Decides a concern: no further need, open a case, join a case, or report to child welfare.
///
/// The person who opens a case becomes its contact person until someone else accepts a handover.
#[utoipa::path(
    operation_id = "decide_concern", tag = "concerns", params(("concern_id" = Uuid, Path)), request_body = DecisionIn,
    responses((status = 200, body = ConcernOut, description = "The decided concern"), ChangeProblems),
)]
#[post("/concerns/{concern_id}/decision")]
async fn decide_concern(mut permit: Permit<DecideConcern>) -> Result<HttpResponse> {
    let concern = current(&mut permit).await?;
    let (input, reason) = permit.input::<DecisionIn>()?.read()?;
    require_undecided(&concern)?;
    permit.expect_version(concern.version)?;
    let mut reported = None;
    let (decision, case) = match input {
        Decided::NoNeed => (ConcernDecision::NoNeed, None),
        Decided::JoinCase(case) => {
            join_case(&mut permit, &concern, case).await?;
            (ConcernDecision::JoinCase, Some(case))
        }
        Decided::Report(report) => {
            require_report(&mut permit, &concern, report).await?;
            reported = Some(report);
            (ConcernDecision::ReportChildWelfare, None)
        }
        Decided::OpenCase { reason, level, agreed_with, agreed_on, next_step } => {
            let place = (&*concern.municipality, permit.moment().today);
            let step = next_steps::checked(permit.tx(), place, None, &next_step, "/next_step").await?;
            let level = level_in_force(permit.tx(), &concern.municipality, level, "/level").await?;
            let agreement =
                cases::Agreement { reason: &reason, level, agreed_with, agreed_on, next_step: step };
            let case = open_case(&mut permit, &concern, agreement).await?;
            (ConcernDecision::OpenCase, Some(case))
        }
    };
    let (by, now) = (permit.caller().person, permit.moment().now);
    let decided = store::Decided { decision, reason: &reason, case, report: reported, by };
    store::decide(permit.tx(), &concern, decided, now).await?;
    let concern = current(&mut permit).await?;
    permit.note_shown(case);
    permit.changed(concern.version, &concern.whole()).await
}

/// Waits and looks at a concern again on a date (se an). The deadline to decide it moves to that date.
///
/// At most three times, and never beyond the longest time of the municipality from when the concern was recorded. The reason is kept.
#[utoipa::path(
    operation_id = "postpone_concern", tag = "concerns", params(("concern_id" = Uuid, Path)), request_body = PostponementIn,
    responses((status = 200, body = ConcernOut, description = "The concern, with its new deadline"), ChangeProblems),
)]
#[post("/concerns/{concern_id}/postpone")]
async fn postpone_concern(mut permit: Permit<PostponeConcern>) -> Result<HttpResponse> {
    let concern = current(&mut permit).await?;
    let content: PostponementIn = permit.input()?;
    require_undecided(&concern)?;
    permit.expect_version(concern.version)?;
    let (by, moment) = (permit.caller().person, permit.moment());
    waiting::postpone(permit.tx(), &concern, &content, by, moment).await?;
    let concern = current(&mut permit).await?;
    permit.changed(concern.version, &concern.whole()).await
}

/// Lists the risk factors and the protective factors that a concern can name, with their names, the age from which each says something, and
/// the list they are from.
#[utoipa::path(
    operation_id = "list_concern_factors", tag = "concerns",
    responses((status = 200, body = Page<ConcernFactorOut>, description = "The factors"), PublicProblems),
)]
#[get("/concern-factors")]
async fn list_concern_factors(public: Public<ListConcernFactors>) -> Result<HttpResponse> {
    public.show_page(&Page { items: factors::all(), next_cursor: None })
}

async fn open_case(
    permit: &mut Permit<DecideConcern>,
    concern: &ConcernOut,
    agreement: cases::Agreement<'_>,
) -> Result<Id<Case>> {
    let Some(child) = concern.child_id else {
        return Err(Problem::conflict("the concern is anonymous; add the child first"));
    };
    dialect::lock(permit.tx(), child.uuid()).await?;
    // The concern may be older than the caller's right to know about the child.
    let facts = known_child(permit, child).await?;
    match agreement.agreed_with {
        AgreedWith::Youth if facts.age < facts.own_record_age => {
            let detail =
                format!("requires that the young person is at least {} years old", facts.own_record_age);
            return Err(Problem::field("/agreed_with", detail));
        }
        AgreedWith::Guardians if !facts.is_minor => {
            return Err(Problem::field(
                "/agreed_with",
                "requires a child under 18: parental responsibility has ended",
            ));
        }
        _ => {}
    }
    if agreement.agreed_on > permit.moment().today {
        return Err(Problem::field("/agreed_on", "must not be in the future"));
    }
    if store::has_open_case(permit.tx(), concern).await? {
        return Err(Problem::conflict("the child already has an open case here; join it instead"));
    }
    let (opened_by, now) = (permit.caller().person, permit.moment().now);
    let (municipality, unit) = (&concern.municipality, concern.unit_id);
    let place = cases::Place { municipality, child, unit, opened_by };
    cases::open(permit.tx(), place, agreement, now).await
}

async fn join_case(permit: &mut Permit<DecideConcern>, concern: &ConcernOut, case: Id<Case>) -> Result<()> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    let facts = cases_in_list(tx, caller, &[case], moment).await?.pop();
    let readable = facts.is_some_and(|facts| permit.may::<ReadCase>(&CaseObject { facts }));
    if readable && store::is_case_of_same_child(permit.tx(), concern, case).await? {
        Ok(())
    } else {
        Err(Problem::field("/case_id", "must be an open case of the child that you take part in"))
    }
}

/// Checks that the report was made from this concern and that the caller may read it.
async fn require_report(
    permit: &mut Permit<DecideConcern>,
    concern: &ConcernOut,
    report: Id<ChildWelfareReport>,
) -> Result<()> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    let report = ChildWelfareReportObject::load(tx, report, caller, moment.now).await?;
    let of_this = |report: &ChildWelfareReportObject| {
        report.municipality == concern.municipality && report.concern_id == Some(concern.id)
    };
    if report.is_some_and(|report| of_this(&report) && permit.may::<ReadChildWelfareReport>(&report)) {
        Ok(())
    } else {
        Err(Problem::field("/report_id", "must be a report made from this concern that you may read"))
    }
}

/// Finds a child that the caller may read. Any other child counts as missing.
async fn known_child<A: Action>(permit: &mut Permit<A>, child: Id<Child>) -> Result<ChildFacts> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    let facts = child_facts(tx, caller, child, moment).await?;
    facts
        .map(|facts| ChildObject { facts })
        .filter(|child| permit.may::<ReadChild>(child))
        .map(|child| child.facts)
        .ok_or_else(|| Problem::field("/child_id", "must be a child that you have registered or help"))
}

async fn current<A: Action<Object = ConcernObject>>(permit: &mut Permit<A>) -> Result<ConcernOut> {
    let ConcernObject { municipality, id, disqualified, .. } = permit.object().clone();
    Ok(store::get(permit.tx(), disqualified, &municipality, id).await?)
}

fn object(row: &ConcernOut) -> ConcernObject {
    ConcernObject {
        municipality: row.municipality.clone(),
        id: row.id,
        unit_id: row.unit_id,
        author_id: row.author_id,
        child_id: row.child_id,
        disqualified: row.disqualified,
    }
}

fn require_undecided(concern: &ConcernOut) -> Result<()> {
    if concern.decision.is_none() {
        Ok(())
    } else {
        Err(Problem::conflict("the concern has already been decided"))
    }
}

fn deadline(today: NaiveDate, guide_days: Option<i64>) -> NaiveDate {
    let days = guide_days.and_then(|days| u64::try_from(days).ok()).unwrap_or(DECISION_DAYS);
    working_day_from(today.checked_add_days(Days::new(days)).unwrap_or(today))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concern_is_decided_within_fourteen_days_unless_the_guide_says_otherwise() {
        let today: NaiveDate = "2026-11-22".parse().expect("a date");
        assert_eq!(deadline(today, None).to_string(), "2026-12-07", "the 6th is a Sunday");
        assert_eq!(deadline(today, Some(9)).to_string(), "2026-12-01");
    }
}
