//! Operations on goals.

use actix_web::{HttpResponse, get, patch, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{GoalIn, GoalOut, GoalPatch},
    store,
};
use crate::{
    access::{
        Kinds, Parts, Permit, Shown,
        actions::{CreateGoal, ListGoals, UpdateGoal},
    },
    kernel::{Page, PageQuery, ids::Goal},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
    wordings::{self, Text},
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_goals).service(create_goal).service(update_goal);
}

/// Lists the goals of a case, oldest first, including those reached or dropped.
#[utoipa::path(
    operation_id = "list_goals", tag = "goals", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<GoalOut>, description = "The goals of the case"), ReadProblems),
)]
#[get("/cases/{case_id}/goals")]
async fn list_goals(mut permit: Permit<ListGoals>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let Parts { object, tx, .. } = permit.parts();
    let goals = store::list(tx, &object.facts, query.slice()?).await?;
    let page = Page::cut(goals, query.limit(), |goal| goal.id.uuid());
    permit.note_shown(page.items.iter().map(|goal| goal.id));
    let reader = permit.asker().reader(permit.object());
    permit.show_page(&page.map(|goal| goal.seen_by(&reader)))
}

/// Sets a goal for the help in a case.
#[utoipa::path(
    operation_id = "create_goal", tag = "goals", params(("case_id" = Uuid, Path)), request_body = GoalIn,
    responses((status = 201, body = GoalOut, description = "The goal"), WriteProblems),
)]
#[post("/cases/{case_id}/goals")]
async fn create_goal(mut permit: Permit<CreateGoal>) -> Result<HttpResponse> {
    let case = permit.object().facts.clone();
    let GoalIn { description, contains } = permit.input()?;
    Kinds::may_be_kept("", Some(&contains))?;
    permit.require_open()?;
    let (by, now) = (permit.caller().person, permit.moment().now);
    let id = store::insert(permit.tx(), &case, &description, by, now).await?;
    let goal = store::get(permit.tx(), &case, id).await?;
    permit.note_shown([id]);
    let reader = permit.asker().reader(permit.object());
    let goal = goal.seen_by(&reader);
    permit.added(goal.version, &goal).await
}

/// Changes the description or the status of a goal.
///
/// A new description requires a reason. The earlier wording is kept, and everyone who may read the goal sees it, unless it is struck out.
#[utoipa::path(
    operation_id = "update_goal", tag = "goals", params(("case_id" = Uuid, Path), ("goal_id" = Uuid, Path)),
    request_body = GoalPatch,
    responses((status = 200, body = GoalOut, description = "The updated goal"), ChangeProblems),
)]
#[patch("/cases/{case_id}/goals/{goal_id}")]
async fn update_goal(mut permit: Permit<UpdateGoal>) -> Result<HttpResponse> {
    let case = permit.object().facts.clone();
    let id = permit.path_id::<Goal>("goal_id")?;
    let goal = store::find(permit.tx(), &case, id).await?.ok_or_else(Problem::not_found)?;
    let patch: GoalPatch = permit.input()?;
    if patch.is_empty() {
        return Err(Problem::field("", "must contain at least one field to change"));
    }
    if patch.description.is_some() {
        Kinds::may_be_kept("", patch.contains.as_deref())?;
    }
    let reworded = wordings::reworded(
        (patch.description.as_deref(), Some(&*goal.description)),
        (patch.reason.as_deref(), patch.strike_out),
    )?;
    if patch.reason.is_some() && reworded.is_none() {
        return Err(Problem::field("/reason", wordings::NOTHING_NEW));
    }
    permit.require_open()?;
    let reader = permit.asker().reader(permit.object());
    permit.expect_seen(&goal.clone().seen_by(&reader))?;
    if let Some(reworded) = reworded {
        wordings::may_change(&goal.earlier, Text::Goal, reworded.strike_out)?;
        let (by, now) = (permit.caller().person, permit.moment().now);
        let change = reworded.of(&case.municipality, id.uuid(), (by, now));
        wordings::keep(permit.tx(), &case.key(), change, &[Text::Goal]).await?;
    }
    let description = patch.description.as_deref().filter(|_| reworded.is_some());
    store::update(permit.tx(), &case, &goal, description, patch.status).await?;
    let goal = store::get(permit.tx(), &case, id).await?;
    permit.note_shown([id]);
    let goal = goal.seen_by(&reader);
    permit.changed(goal.version, &goal).await
}
