//! Operations on the caller's own conflicts of interest.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    deciding,
    dto::{ConflictOfInterestIn, ConflictOfInterestOut, ConflictViewIn, require_told},
    recording,
    store::{self, New, Row, Told},
};
use crate::{
    access::{
        Parts, Permit, Whole,
        actions::{
            DeclareConflictOfInterest, GiveViewOnConflictOfInterest, ListOwnConflictsOfInterest, ReadCase,
        },
        cases_in_list,
        objects::CaseObject,
    },
    children,
    db::dialect,
    handovers,
    kernel::{
        Id, Moment, NationalId, Page, PageQuery,
        ids::{CaseId, ConflictOfInterest, Person},
    },
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(declare_conflict_of_interest)
        .service(list_own_conflicts_of_interest)
        .service(give_view_on_conflict_of_interest);
    recording::configure(config);
    deciding::configure(config);
}

/// Declares that the caller has a conflict of interest about a child, with effect from the next request.
///
/// The answer is the same whether or not the child is known here. If the caller is contact person in the child's cases,
/// the unit leaders take over.
#[utoipa::path(
    operation_id = "declare_conflict_of_interest", tag = "conflicts of interest", request_body = ConflictOfInterestIn,
    responses((status = 201, body = ConflictOfInterestOut, description = "The conflict of interest"), WriteProblems),
)]
#[post("/me/conflicts-of-interest")]
async fn declare_conflict_of_interest(mut permit: Permit<DeclareConflictOfInterest>) -> Result<HttpResponse> {
    let ConflictOfInterestIn { national_id, case_id, ground, note } = permit.input()?;
    require_told(ground, note.as_ref())?;
    let children = match (&national_id, case_id) {
        (Some(number), None) => children_with(&mut permit, number).await?,
        (None, Some(case)) => vec![child_of(&mut permit, case).await?],
        (Some(_), Some(_)) => return Err(Problem::field("/case_id", "is not allowed with national_id")),
        (None, None) => {
            return Err(Problem::field("/national_id", "is required when there is no case_id"));
        }
    };
    let told = match (&national_id, case_id) {
        (_, Some(case)) => Told::Case(case),
        (Some(number), None) => Told::Number(number),
        (None, None) => return Err(Problem::internal("neither national_id nor case_id is present")),
    };
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    // Each municipality records it about the person that it knows.
    let row = |(municipality, child): (String, _)| {
        let person = caller.person_in(&municipality);
        Row { municipality, child, person, recorded_by: person }
    };
    let rows: Vec<Row> = children.into_iter().map(row).collect();
    let home = caller.municipality.as_str();
    let new = New { home, told, ground, note: note.as_deref(), confirmed: true, as_party: false };
    let id = store::insert(permit.tx(), &rows, new, moment.now).await?;
    for Row { child, person, .. } in rows {
        handovers::of_conflict(permit.tx(), person, child, person, moment).await?;
    }
    let conflict = store::find_own(permit.tx(), caller.account, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    permit.added(conflict.version, &conflict.whole()).await
}

/// The person records of the child with this number, one in each municipality where the caller may meet the child.
async fn children_with(
    permit: &mut Permit<DeclareConflictOfInterest>,
    number: &NationalId,
) -> Result<Vec<(String, Id<Person>)>> {
    let (caller, Moment { now, today }) = (permit.caller().clone(), permit.moment());
    let mut municipalities = store::workplaces(permit.tx(), caller.account, today).await?;
    municipalities.extend(caller.known_as.into_iter().map(|own| own.municipality));
    municipalities.sort();
    municipalities.dedup();
    let born = number.birth_date();
    let mut children = Vec::new();
    for municipality in municipalities {
        // If the child is registered later, the number leads to this record. The name is left for that registration to set.
        let child = children::identify(permit.tx(), &municipality, Some(number), "", born, now).await?;
        children.push((municipality, child));
    }
    Ok(children)
}

/// Finds the child of a case that the caller may read. Any other case counts as missing.
async fn child_of(
    permit: &mut Permit<DeclareConflictOfInterest>,
    case: CaseId,
) -> Result<(String, Id<Person>)> {
    let Parts { caller, tx, moment, .. } = permit.parts();
    let facts = cases_in_list(tx, caller, &[case], moment).await?.pop();
    facts
        .map(|facts| CaseObject { facts })
        .filter(|case| permit.may::<ReadCase>(case))
        .map(|case| (case.facts.municipality.clone(), case.facts.child_person))
        .ok_or_else(|| Problem::field("/case_id", "must be a case that you take part in"))
}

/// Lists the caller's own conflicts of interest, oldest first: those they declared and those recorded by others.
#[utoipa::path(
    operation_id = "list_own_conflicts_of_interest", tag = "conflicts of interest", params(PageQuery),
    responses((status = 200, body = Page<ConflictOfInterestOut>, description = "The caller's conflicts of interest"), ReadProblems),
)]
#[get("/me/conflicts-of-interest")]
async fn list_own_conflicts_of_interest(
    mut permit: Permit<ListOwnConflictsOfInterest>,
) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let Parts { caller, tx, .. } = permit.parts();
    let rows = store::list_own(tx, caller, query.slice()?.after, query.limit() + 1).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    let ids: Vec<_> = page.items.iter().map(|row| row.id).collect();
    for (id, municipality) in store::places(tx, &ids).await? {
        permit.note_shown_in(&municipality, id);
    }
    permit.show_page(&page.map(Whole::whole))
}

/// Gives the caller's view of a conflict of interest that others have stated about them, before it is decided. It can be given again
/// until then.
#[utoipa::path(
    operation_id = "give_view_on_conflict_of_interest", tag = "conflicts of interest",
    params(("conflict_id" = Uuid, Path)), request_body = ConflictViewIn,
    responses((status = 200, body = ConflictOfInterestOut, description = "The conflict of interest"), ChangeProblems),
)]
#[post("/me/conflicts-of-interest/{conflict_id}/view")]
async fn give_view_on_conflict_of_interest(
    mut permit: Permit<GiveViewOnConflictOfInterest>,
) -> Result<HttpResponse> {
    let id = permit.path_id::<ConflictOfInterest>("conflict_id")?;
    let (caller, now) = (permit.caller().clone(), permit.moment().now);
    // A leader decides before this, or after it with the view.
    dialect::lock(permit.tx(), id.uuid()).await?;
    let current = store::find_own(permit.tx(), caller.account, id).await?.ok_or_else(Problem::not_found)?;
    let ConflictViewIn { view } = permit.input()?;
    if current.confirmed_at.is_some() || current.ended_at.is_some() {
        return Err(Problem::conflict("the conflict of interest has been decided"));
    }
    permit.expect_version(current.version)?;
    let whose = (caller.account, caller.municipality.as_str());
    store::give_view(permit.tx(), &current, whose, &view, now).await?;
    let changed = store::find_own(permit.tx(), caller.account, id).await?.ok_or_else(Problem::not_found)?;
    for (id, municipality) in store::places(permit.tx(), &[id]).await? {
        permit.note_shown_in(&municipality, id);
    }
    permit.changed(changed.version, &changed.whole()).await
}
