//! Operations on measures and their evaluations.

use actix_web::{HttpResponse, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    create::{Creation, create, require_seat},
    day_changes::{self, DayChangeOut},
    dto::{EvaluationIn, EvaluationOut, MeasureIn, MeasureOut, MeasurePatch},
    evaluations,
    readers::{EvaluationReader, MeasureReader},
    rules::{self, Term},
    store,
};
use crate::{
    access::{
        Kinds, Parts, Permit, Shown,
        actions::{
            Action, CreateMeasure, EvaluateMeasure, ListDayChanges, ListEvaluations, ListMeasures,
            ReadMeasure, UpdateMeasure,
        },
        objects::{MeasureObject, require_open},
    },
    catalogue,
    db::Tx,
    kernel::{Page, PageQuery, vocabulary::Sector},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
    teams,
    wordings::{self, Text},
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_measures)
        .service(create_measure)
        .service(read_measure)
        .service(update_measure)
        .service(list_day_changes)
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
    let (case, asker) = (permit.object().clone(), permit.asker());
    let fetch = async |tx: &mut Tx, slice| MeasureObject::list(tx, &case, slice).await;
    let page = permit.page_of::<ReadMeasure>(&query, fetch).await?;
    let ids = page.ids(|measure| measure.object.id);
    let today = permit.moment().today;
    let measures = store::these(permit.tx(), &case.facts, &ids, today).await?;
    permit.note_shown(ids);
    let reader = asker.reader(&case);
    let unknown = teams::not_to_be_known(permit.tx(), &asker, &case).await?;
    let shown = page.items.iter().zip(measures).map(|(row, measure)| {
        let reader = MeasureReader::new(&asker, &reader, &row.object);
        measure.without(&unknown).seen_by(&reader)
    });
    let shown = page.with(shown);
    permit.show_page(&shown)
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
    let new: MeasureIn = permit.input()?;
    permit.require_open()?;
    let (asker, case) = (permit.asker(), permit.object().clone());
    let (by, moment) = (permit.caller().person, permit.moment());
    let creation = Creation { asker: &asker, case: &case, meeting: None, by, moment, pointer: "" };
    let id = create(permit.tx(), &creation, &new).await?;
    let measure = store::get(permit.tx(), &case.facts, id, moment.today).await?;
    let measure = measure.seen_by(&MeasureReader::of_new(&asker.reader(&case)));
    permit.note_shown([id]);
    permit.created(format!("/v1/cases/{}/measures/{id}", case.facts.id), measure.version, &measure).await
}

/// Returns a measure: what is done, who is responsible and when it is evaluated.
#[utoipa::path(
    operation_id = "read_measure", tag = "measures",
    params(("case_id" = Uuid, Path), ("measure_id" = Uuid, Path)),
    responses((status = 200, body = MeasureOut, description = "The measure"), ReadProblems),
)]
#[get("/cases/{case_id}/measures/{measure_id}")]
async fn read_measure(mut permit: Permit<ReadMeasure>) -> Result<HttpResponse> {
    let measure = current(&mut permit).await?.seen_by(&reader(&permit));
    permit.show_version(measure.version, &measure)
}

/// Changes who is responsible for a measure in force, when it is evaluated, or what is done. The description of one that has ended is corrected.
///
/// A new date of evaluation requires a reason, and so does a description that replaces another. The move and the earlier wording are kept, and everyone who
/// may read the measure sees them. A wording that is struck out is shown to nobody.
#[utoipa::path(
    operation_id = "update_measure", tag = "measures",
    params(("case_id" = Uuid, Path), ("measure_id" = Uuid, Path)), request_body = MeasurePatch,
    responses((status = 200, body = MeasureOut, description = "The updated measure"), ChangeProblems),
)]
#[patch("/cases/{case_id}/measures/{measure_id}")]
async fn update_measure(mut permit: Permit<UpdateMeasure>) -> Result<HttpResponse> {
    let measure = current(&mut permit).await?;
    let patch: MeasurePatch = permit.input()?;
    let (asker, object) = (permit.asker(), permit.object().clone());
    require_open(&object.case)?;
    // Once it has ended, words that were agreed can be corrected, and none can be added.
    if !patch.is_words_alone() || measure.description.is_none() {
        rules::in_force(measure.status)?;
    }
    if patch.description.is_some() || patch.reason.is_some() {
        Kinds::may_be_kept("", patch.contains.as_deref())?;
    }
    let term = term(&mut permit, &object.case.facts.municipality).await?;
    let changed = rules::changed(&object, &measure, &patch, term).map_err(|refusal| refusal.at(""))?;
    let reworded = wordings::reworded(
        (patch.description.as_deref(), measure.description.as_deref()),
        (patch.reason.as_deref(), patch.strike_out),
    )?;
    let is_secret =
        object.sector == Sector::ChildWelfare || object.case.facts.is_kept_from_guardians(object.unit_id);
    if changed.unit != object.unit_id && is_secret {
        let detail = "must stay: what this unit has written about a measure is not for everyone who reads those of others; agree on a new measure";
        return Err(Problem::field("/responsible_unit_id", detail));
    }
    if (changed.responsible, changed.unit) != (object.responsible_id, object.unit_id) {
        require_seat(permit.tx(), &asker, &object.case, changed.responsible, changed.unit, "").await?;
    }
    if patch.reason.is_some() && changed.moved.is_none() && reworded.is_none() {
        return Err(Problem::field("/reason", wordings::NOTHING_NEW));
    }
    permit.expect_seen(&measure.clone().seen_by(&reader(&permit)))?;
    let facts = &object.case.facts;
    let by = (permit.caller().person, permit.moment().now);
    if let Some(reworded) = reworded {
        wordings::may_change(&measure.earlier, Text::Measure, reworded.strike_out)?;
        let change = reworded.of(&facts.municipality, object.id.uuid(), by);
        wordings::keep(permit.tx(), &facts.key(), change, &[Text::Measure]).await?;
    }
    let is_new = |words: &&str| Some(*words) != measure.description.as_deref();
    let description = patch.description.as_deref().filter(is_new);
    store::update(permit.tx(), facts, &measure, changed, description).await?;
    if let (Some(moved), Some(reason)) = (changed.moved, &patch.reason) {
        day_changes::insert(permit.tx(), &object, moved, reason, by).await?;
    }
    let measure = current(&mut permit).await?.seen_by(&reader(&permit));
    permit.changed(measure.version, &measure).await
}

/// Lists the moves of the evaluation of a measure, oldest first: both days, the reason, and the person who moved it.
#[utoipa::path(
    operation_id = "list_day_changes", tag = "measures",
    params(("case_id" = Uuid, Path), ("measure_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<DayChangeOut>, description = "The moves of the evaluation"), ReadProblems),
)]
#[get("/cases/{case_id}/measures/{measure_id}/day-changes")]
async fn list_day_changes(mut permit: Permit<ListDayChanges>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let MeasureObject { case, id, .. } = permit.object().clone();
    let rows = day_changes::list(permit.tx(), &case.facts, id, query.slice()?).await?;
    let page = Page::cut(rows, query.limit(), |change| change.id.uuid());
    permit.note_shown(page.ids(|change| change.id));
    let asker = permit.asker();
    let unknown = teams::not_to_be_known(permit.tx(), &asker, &case).await?;
    let reader = asker.reader(&case);
    permit.show_page(&page.map(|change| change.without(&unknown).seen_by(&reader)))
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
    let (asker, MeasureObject { case, id, .. }) = (permit.asker(), permit.object().clone());
    let rows = evaluations::list(permit.tx(), &case.facts, id, query.slice()?).await?;
    let page = Page::cut(rows, query.limit(), |evaluation| evaluation.id.uuid());
    permit.note_shown(page.ids(|evaluation| evaluation.id));
    let unknown = teams::not_to_be_known(permit.tx(), &asker, &case).await?;
    permit.show_page(&page.map(|evaluation| {
        let reader = EvaluationReader::new(&asker, &case, &evaluation);
        evaluation.without(&unknown).seen_by(&reader)
    }))
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
    let MeasureObject { case, id, .. } = permit.object().clone();
    let measure = store::progress(permit.tx(), &case.facts, id).await?;
    let input: EvaluationIn = permit.input()?;
    require_open(&case)?;
    rules::in_force(measure.status)?;
    Kinds::may_be_kept("", Some(&input.contains))?;
    let moment = permit.moment();
    let term = term(&mut permit, &case.facts.municipality).await?;
    let effect = rules::effect(&input, measure.starts_on, term).map_err(|refusal| refusal.at(""))?;
    let measure_reader = reader(&permit);
    let is_whole = MeasureOut::is_whole(&measure_reader);
    if is_whole {
        permit.expect_version(measure.version)?;
    } else {
        let seen = current(&mut permit).await?.seen_by(&measure_reader);
        permit.expect_seen(&seen)?;
    }
    let asker = permit.asker();
    let evaluation =
        evaluations::insert(permit.tx(), &case.facts, id, input, asker.caller(), moment.now).await?;
    store::apply(permit.tx(), &case.facts, id, measure.version, effect).await?;
    permit.note_shown([evaluation.id]);
    let reader = EvaluationReader::new(&asker, &case, &evaluation);
    permit.added(is_whole.then_some(measure.version + 1), &evaluation.seen_by(&reader)).await
}

/// The caller as a reader of the measure that the permit is about.
fn reader<A: Action<Object = MeasureObject>>(permit: &Permit<A>) -> MeasureReader {
    let (asker, measure) = (permit.asker(), permit.object());
    MeasureReader::new(&asker, &asker.reader(&measure.case), measure)
}

/// The days on which an evaluation may be set.
async fn term<A: Action>(permit: &mut Permit<A>, municipality: &str) -> Result<Term> {
    let today = permit.moment().today;
    Ok(Term { today, latest: catalogue::latest_day(permit.tx(), municipality, today).await? })
}

/// The measure that the permit is about.
async fn current<A: Action<Object = MeasureObject>>(permit: &mut Permit<A>) -> Result<MeasureOut> {
    let asker = permit.asker();
    let Parts { object, tx, moment, .. } = permit.parts();
    let unknown = teams::not_to_be_known(tx, &asker, &object.case).await?;
    let measure = store::get(tx, &object.case.facts, object.id, moment.today).await?;
    Ok(measure.without(&unknown))
}
