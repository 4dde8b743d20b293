//! Operations on conflicts of interest of team members: what the contact person states, and what a party demands.

use actix_web::{HttpResponse, get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    dto::{StaffConflictOut, StatedConflictOut, TeamConflictIn, require_told},
    store::{self, New, Row, Told},
};
use crate::{
    access::{
        Permit, Whole,
        actions::{ListRecordedConflictsOfInterest, RecordConflictOfInterest},
        cases_in_list,
        objects::{CaseObject, UnlockedCase},
    },
    db::dialect,
    handovers,
    kernel::{Page, PageQuery, ids::PersonId},
    problem::{
        Problem, Result,
        docs::{ReadProblems, WriteProblems},
    },
    teams,
};

/// Adds the operations to the service.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(list_recorded_conflicts_of_interest).service(record_conflict_of_interest);
}

/// Lists what the caller has stated in a case about conflicts of interest of team members, with the answers, oldest first.
#[utoipa::path(
    operation_id = "list_recorded_conflicts_of_interest", tag = "conflicts of interest",
    params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<StatedConflictOut>, description = "What the caller has stated"), ReadProblems),
)]
#[get("/cases/{case_id}/conflicts-of-interest")]
async fn list_recorded_conflicts_of_interest(
    mut permit: Permit<ListRecordedConflictsOfInterest>,
) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let (case, by) = (permit.object().facts.clone(), permit.caller().person);
    let rows = store::list_recorded(permit.tx(), &case, by, query.slice()?.after, query.limit() + 1).await?;
    let page = Page::cut(rows, query.limit(), |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}

/// States that a team member has a conflict of interest about the child. For a guardian and the young person, this is the demand that
/// the leader of that person decides (fvl § 8).
///
/// It counts from the next request if the caller leads a unit where that person works. Otherwise their leader must confirm it,
/// and they keep their seat until then. A demand closes nothing before it is decided. The leader has 14 days, and the person concerned
/// may give their view. If the person is the contact person, a leader or another team member takes
/// over, but never the caller. If nobody can, they remain contact person in name only until someone can. Recording a conflict
/// never gives the caller access.
#[utoipa::path(
    operation_id = "record_conflict_of_interest", tag = "conflicts of interest", params(("case_id" = Uuid, Path)),
    request_body = TeamConflictIn,
    responses((status = 201, body = StaffConflictOut, description = "The conflict of interest"), WriteProblems),
)]
#[post("/cases/{case_id}/conflicts-of-interest")]
async fn record_conflict_of_interest(mut permit: Permit<RecordConflictOfInterest>) -> Result<HttpResponse> {
    let TeamConflictIn { person_id, ground, note } = permit.input()?;
    require_told(ground, note.as_ref())?;
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    if caller.is(person_id) {
        return Err(Problem::field("/person_id", "is you: declare your own at /v1/me/conflicts-of-interest"));
    }
    let object = team_member_in_case(&mut permit, person_id).await?;
    let case = &object.facts;
    let as_party = case.relation.is_guardian || case.relation.is_young_person;
    if as_party && store::has_demanded(permit.tx(), case, person_id, caller.person).await? {
        return Err(Problem::conflict(
            "you have demanded this decision already, and it has not been made yet",
        ));
    }
    // A party decides nothing, also where they are a leader at work.
    let confirmed = !as_party && store::leads(permit.tx(), caller.person, person_id, moment.today).await?;
    let row = Row {
        municipality: case.municipality.clone(),
        child: case.child_person,
        person: person_id,
        recorded_by: caller.person,
    };
    let (home, told) = (case.municipality.as_str(), Told::Case(case.id));
    let new = New { home, told, ground, note: note.as_deref(), confirmed, as_party };
    let id = store::insert(permit.tx(), &[row], new, moment.now).await?;
    if confirmed {
        handovers::of_conflict(permit.tx(), person_id, case.child_person, caller.person, moment).await?;
    }
    let conflict = store::get(permit.tx(), &case.municipality, id).await?;
    permit.note_shown([id]);
    permit.added(conflict.version, &conflict.whole()).await
}

/// Returns the case, with the facts of now, if the person is on its team. The person and the case are locked.
async fn team_member_in_case(
    permit: &mut Permit<RecordConflictOfInterest>,
    person: PersonId,
) -> Result<CaseObject> {
    let (caller, moment) = (permit.caller().clone(), permit.moment());
    let case = permit.object().0.facts.id;
    // Writes by that person finish before this, or are refused after it. The caller's right to record must still hold.
    dialect::lock(permit.tx(), person.uuid()).await?;
    dialect::lock(permit.tx(), case.uuid()).await?;
    let facts = cases_in_list(permit.tx(), &caller, &[case], moment).await?.pop();
    let object = facts.map(|facts| UnlockedCase(CaseObject { facts }));
    let object = object.filter(|object| permit.may::<RecordConflictOfInterest>(object));
    let UnlockedCase(object) = object.ok_or_else(Problem::not_found)?;
    let asker = permit.asker();
    // A team member that the caller may not know about is treated as absent.
    let unknown = teams::not_to_be_known(permit.tx(), &asker, &object).await?;
    if unknown.contains(&person) || !store::is_on_team(permit.tx(), &object.facts, person).await? {
        return Err(Problem::field("/person_id", "must be a team member of the case"));
    }
    Ok(object)
}
