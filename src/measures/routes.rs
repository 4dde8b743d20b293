//! Operations on measures and their evaluations.

use actix_web::{HttpResponse, get, patch, post};
use serde_json::Value;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    create::{Creation, create, require_seat},
    dto::{EvaluationIn, EvaluationOut, MeasureIn, MeasureOut, MeasurePatch},
    evaluations, rules, store,
};
use crate::{
    access::{
        CaseFacts, Kinds, Permit,
        actions::{
            Action, CreateMeasure, EvaluateMeasure, ListEvaluations, ListMeasures, ReadMeasure, ReadNote,
            UpdateMeasure,
        },
        objects::{MeasureObject, NoteObject, require_open},
    },
    db::Tx,
    kernel::{
        Id, Page, PageQuery, Slice,
        ids::{Meeting, Person},
    },
    problem::{
        Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
};

/// The fields of a measure that reveal where the child is.
const WHEREABOUTS: [&str; 6] = [
    "responsible_id",
    "responsible_name",
    "responsible_unit_id",
    "responsible_unit_name",
    "created_by",
    "created_by_name",
];

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_measures)
        .service(create_measure)
        .service(read_measure)
        .service(update_measure)
        .service(list_evaluations)
        .service(evaluate_measure);
}

/// Lists the measures of a case, oldest first, including those that have ended.
#[utoipa::path(
    operation_id = "list_measures", tag = "measures", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<MeasureOut>, description = "The measures of the case"), ReadProblems),
)]
#[get("/cases/{case_id}/measures")]
async fn list_measures(mut permit: Permit<ListMeasures>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (case, today) = (permit.object().facts.clone(), permit.moment().today);
    let object = permit.object().clone();
    let fetch = async |tx: &mut Tx, Slice { after, limit }| store::list(tx, &case, after, limit, today).await;
    let may_read =
        |permit: &Permit<_>, row: &MeasureOut| permit.may::<ReadMeasure>(&row.object(object.clone()));
    let page = permit.page(&query, fetch, |measure| measure.id.uuid(), may_read).await?;
    permit.note_shown(page.items.iter().map(|measure| measure.id));
    let caller = permit.caller().person;
    let page = page.try_map(|measure| shown_to(caller, &case, measure))?;
    permit.show_page(&page)
}

/// Creates a measure: what is done, who is responsible and when it is evaluated.
///
/// It is taken from the municipality's catalogue or written freely. The responsible person must be a team member.
#[utoipa::path(
    operation_id = "create_measure", tag = "measures", params(("case_id" = Uuid, Path)), request_body = MeasureIn,
    responses((status = 201, body = MeasureOut, description = "The measure"), WriteProblems),
)]
#[post("/cases/{case_id}/measures")]
async fn create_measure(mut permit: Permit<CreateMeasure>) -> Result<HttpResponse> {
    let (case, today) = (permit.object().facts.clone(), permit.moment().today);
    let new: MeasureIn = permit.input()?;
    permit.require_open()?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    let creation = Creation { case: &case, meeting: None, by, now, today, pointer: "" };
    let id = create(permit.tx(), &creation, &new).await?;
    let measure = store::get(permit.tx(), &case, id, today).await?;
    permit.note_shown([id]);
    permit.created(format!("/v1/cases/{}/measures/{id}", case.id), measure.version, &measure).await
}

/// Returns a measure: what is done, who is responsible and when it is evaluated.
#[utoipa::path(
    operation_id = "read_measure", tag = "measures",
    params(("case_id" = Uuid, Path), ("measure_id" = Uuid, Path)),
    responses((status = 200, body = MeasureOut, description = "The measure"), ReadProblems),
)]
#[get("/cases/{case_id}/measures/{measure_id}")]
async fn read_measure(mut permit: Permit<ReadMeasure>) -> Result<HttpResponse> {
    let measure = current(&mut permit).await?;
    let (version, caller) = (measure.version, permit.caller().person);
    let shown = shown_to(caller, &permit.object().case.facts, measure)?;
    permit.show_version(version, &shown)
}

/// Changes who is responsible for a measure in force, when it is evaluated, or what is done.
#[utoipa::path(
    operation_id = "update_measure", tag = "measures",
    params(("case_id" = Uuid, Path), ("measure_id" = Uuid, Path)), request_body = MeasurePatch,
    responses((status = 200, body = MeasureOut, description = "The updated measure"), ChangeProblems),
)]
#[patch("/cases/{case_id}/measures/{measure_id}")]
async fn update_measure(mut permit: Permit<UpdateMeasure>) -> Result<HttpResponse> {
    let measure = current(&mut permit).await?;
    let patch: MeasurePatch = permit.input()?;
    let (case, today) = (permit.object().case.facts.clone(), permit.moment().today);
    require_open(&permit.object().case)?;
    rules::in_force(measure.status)?;
    if patch.description.is_some() {
        Kinds::may_be_kept("", patch.contains.as_deref())?;
    }
    let patched = rules::patched(&measure, &patch, today).map_err(|refusal| refusal.at(""))?;
    let (person, unit) = (patched.responsible_id, patched.responsible_unit_id);
    if (person, unit) != (measure.responsible_id, measure.responsible_unit_id) {
        require_seat(permit.tx(), &case, person, unit, "").await?;
    }
    permit.expect_version(measure.version)?;
    store::update(permit.tx(), &case, &patched, patch.description.as_deref()).await?;
    let measure = store::get(permit.tx(), &case, measure.id, today).await?;
    permit.changed(measure.version, &measure).await
}

/// Lists the evaluations of a measure, oldest first.
#[utoipa::path(
    operation_id = "list_evaluations", tag = "measures",
    params(("case_id" = Uuid, Path), ("measure_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<EvaluationOut>, description = "The evaluations of the measure"), ReadProblems),
)]
#[get("/cases/{case_id}/measures/{measure_id}/evaluations")]
async fn list_evaluations(mut permit: Permit<ListEvaluations>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let MeasureObject { case, id, .. } = permit.object().clone();
    let mut rows =
        evaluations::list(permit.tx(), &case.facts, id, query.slice()?.after, query.limit() + 1).await?;
    for row in &mut rows {
        let said = NoteObject::child_statement(&case, row.id.uuid(), row.evaluated_by, row.child_agrees);
        if !permit.may::<ReadNote>(&said) {
            row.child_view = None;
        }
    }
    let page = Page::cut(rows, query.limit(), |evaluation| evaluation.id.uuid());
    permit.note_shown(page.items.iter().map(|evaluation| evaluation.id));
    permit.show_page(&page)
}

/// Evaluates a measure in force. It continues until the next evaluation, or it ends.
///
/// `If-Match` and `ETag` refer to the measure, which the evaluation changes. The child's view is required, or the reason
/// it is missing.
#[utoipa::path(
    operation_id = "evaluate_measure", tag = "measures",
    params(("case_id" = Uuid, Path), ("measure_id" = Uuid, Path)), request_body = EvaluationIn,
    responses((status = 201, body = EvaluationOut, description = "The evaluation"), ChangeProblems),
)]
#[post("/cases/{case_id}/measures/{measure_id}/evaluations")]
async fn evaluate_measure(mut permit: Permit<EvaluateMeasure>) -> Result<HttpResponse> {
    let measure = current(&mut permit).await?;
    let input: EvaluationIn = permit.input()?;
    let (case, today) = (permit.object().case.facts.clone(), permit.moment().today);
    require_open(&permit.object().case)?;
    rules::in_force(measure.status)?;
    Kinds::may_be_kept("", input.contains.as_deref())?;
    let effect = rules::effect(&input, measure.starts_on, today).map_err(|refusal| refusal.at(""))?;
    permit.expect_version(measure.version)?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    let evaluation = evaluations::insert(permit.tx(), &case, measure.id, &input, by, now).await?;
    store::apply(permit.tx(), &case, &measure, effect).await?;
    let measure = store::get(permit.tx(), &case, measure.id, today).await?;
    permit.note_shown([evaluation.id]);
    permit.added(measure.version, &evaluation).await
}

/// Removes a meeting that is withheld from the caller, and anything that reveals where a child with a protected address is.
fn shown_to(caller: Id<Person>, case: &CaseFacts, mut measure: MeasureOut) -> Result<Value> {
    let withheld = |meeting: &Id<Meeting>| case.withheld_from(meeting.uuid()).any(|person| person == caller);
    if measure.meeting_id.as_ref().is_some_and(withheld) {
        (measure.meeting_id, measure.meeting_starts_at) = (None, None);
    }
    case.without_whereabouts(&measure, &WHEREABOUTS)
}

/// The measure that the permit is about.
async fn current<A: Action<Object = MeasureObject>>(permit: &mut Permit<A>) -> Result<MeasureOut> {
    let MeasureObject { case, id, .. } = permit.object().clone();
    let today = permit.moment().today;
    Ok(store::get(permit.tx(), &case.facts, id, today).await?)
}
