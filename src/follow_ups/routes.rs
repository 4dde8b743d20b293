//! The operation on follow-ups.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    rc::Rc,
};

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{
    dto::{FollowUpKind, FollowUpOut, FollowUpQuery},
    places, referrals, rights, store,
};
use crate::{
    access::{
        Asker, CaseFacts, Permit, Whole,
        actions::{
            AcceptTransition, AnswerConsentRequest, AnswerTransition, CreateConsentRequest, DecideConcern,
            DelayInforming, ListFollowUps, ListMeasures, ListMeetings, ListNextSteps, ListWithholdings,
            ReadCase, ReadMeeting, ReadRightsCalendar, ReadTransition, RecordBirth, SetNextStep,
            WithdrawConsentRequest,
        },
        cases_in_list, children_of_other_reviewers,
        objects::{
            CaseObject, ConcernObject, ConsentRequestObject, DisclosureObject, MeetingObject,
            TransitionObject,
        },
    },
    db::{DbError, Tx},
    kernel::{
        Id, Moment, Page, Slice,
        ids::{CaseId, Concern, ConsentRequest, Disclosure, Meeting},
    },
    problem::{Result, docs::ReadProblems},
};

/// Adds the operation to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_follow_ups);
}

/// Lists the caller's pending tasks, earliest first.
#[utoipa::path(
    operation_id = "list_follow_ups", tag = "follow-ups", params(FollowUpQuery),
    responses((status = 200, body = Page<FollowUpOut>, description = "What is due"), ReadProblems),
)]
#[get("/follow-ups")]
async fn list_follow_ups(mut permit: Permit<ListFollowUps>) -> Result<HttpResponse> {
    let query: FollowUpQuery = permit.query()?;
    let (asker, moment) = (permit.asker(), permit.moment());
    let about_consents = rights::list(permit.tx(), &asker, moment).await?;
    let fetch = async |tx: &mut Tx, Slice { after, limit }| {
        let slice = Slice { after, limit };
        let items = store::list(tx, asker.caller(), moment, slice, &about_consents).await?;
        with_cases(tx, &asker, moment, items).await
    };
    let (cursor, limit) = (query.cursor.as_ref(), query.limit());
    let page =
        permit.page_after(cursor, limit, fetch, |task| task.item.place(), |_, task| task.is_shown).await?;
    let of_cases = |is_offer: bool| {
        let items = page.items.iter().filter(|task| task.invitation.is_none());
        let items = items.filter(move |task| is_offer == (task.item.kind == FollowUpKind::AcceptTransition));
        items.filter_map(|task| Some((task.item.case_id?, task.case.clone()?)))
    };
    for case in of_cases(false).collect::<BTreeMap<_, _>>().values() {
        permit.note_row::<ReadCase>(case);
    }
    for planned in of_cases(true).filter_map(|(_, case)| TransitionObject::planned(&case)) {
        permit.note_row::<ReadTransition>(&planned);
    }
    for invitation in page.items.iter().filter_map(|task| task.invitation.as_ref()) {
        permit.note_row::<ReadMeeting>(invitation);
    }
    note(&mut permit, &page.items).await?;
    permit.show_page(&page.map(|task| task.item.whole()))
}

/// Logs the tasks, each in its own municipality.
async fn note(permit: &mut Permit<ListFollowUps>, tasks: &[Task]) -> Result<()> {
    let mut others = Vec::new();
    for Task { item, case, .. } in tasks {
        match case {
            Some(case) => permit.note_shown_in(&case.facts.municipality, item.object_id),
            None => others.push((item.kind, item.object_id)),
        }
    }
    for (id, municipality) in places::of(permit.tx(), &others).await? {
        permit.note_shown_in(&municipality, id);
    }
    Ok(())
}

/// A task with its case, which is absent if it has none that the caller may read.
struct Task {
    item: FollowUpOut,
    case: Option<Rc<CaseObject>>,
    /// The meeting that the caller is invited to, if they may know nothing else of the case.
    invitation: Option<MeetingObject>,
    is_shown: bool,
}

/// Returns tasks with their cases. The rules decide whether the caller sees each.
async fn with_cases(
    tx: &mut Tx,
    asker: &Asker,
    moment: Moment,
    items: Vec<FollowUpOut>,
) -> Result<Vec<Task>, DbError> {
    let ids: BTreeSet<CaseId> = items.iter().filter_map(|item| item.case_id).collect();
    let ids: Vec<CaseId> = ids.into_iter().collect();
    let cases = cases_in_list(tx, asker.caller(), &ids, moment).await?;
    let cases: Vec<_> = cases.into_iter().map(|facts| Rc::new(CaseObject { facts })).collect();
    let (readable, others): (Vec<_>, Vec<_>) =
        cases.into_iter().partition(|case| asker.may::<ReadCase>(&**case));
    let by_id = |cases: Vec<Rc<CaseObject>>| cases.into_iter().map(|case| (case.facts.id, case)).collect();
    let (readable, others): (HashMap<CaseId, _>, HashMap<CaseId, Rc<CaseObject>>) =
        (by_id(readable), by_id(others));
    let concerns = theirs_to_decide(tx, asker, moment, &items).await?;
    let requests = theirs_to_answer(tx, asker, readable.values().map(|case| &**case), &items).await?;
    let followed = referrals::theirs(tx, asker, readable.values().map(|case| &**case), &items).await?;
    let invitations = invitations(tx, asker, others.values().map(|case| &**case), &items).await?;
    let delayed = theirs_to_inform_of(tx, asker, moment, &items).await?;
    let has_claims = items.iter().any(|item| item.child_id.is_some());
    let of_others = if has_claims {
        children_of_other_reviewers(tx, asker.caller(), moment.now).await?
    } else {
        Vec::new()
    };
    let tasks = items.into_iter().map(|item| {
        let is_meeting = item.kind == FollowUpKind::Meeting;
        let invitation = invitations.get(&item.object_id).filter(|_| is_meeting).cloned();
        let case = item.case_id.and_then(|id| match item.kind {
            _ if invitation.is_some() => others.get(&id).cloned(),
            FollowUpKind::AcceptTransition => offered(asker, readable.get(&id).or(others.get(&id))?, &item),
            _ => readable.get(&id).cloned(),
        });
        let is_shown = match (&item.case_id, &case) {
            (None, _) => match (item.kind, item.child_id) {
                (FollowUpKind::DecideConcern, _) => concerns.contains(&item.object_id.into()),
                // The statement that finds them asks who is named in the order, and who leads the service.
                (
                    FollowUpKind::CareOrderEnds
                    | FollowUpKind::AcceptCareOrder
                    | FollowUpKind::AssignCareOrder,
                    _,
                ) => true,
                (FollowUpKind::ReviewInforming, _) => delayed.contains(&item.object_id.into()),
                (_, Some(child)) => !of_others.contains(&child),
                (_, None) => true,
            },
            (Some(_), Some(case)) => is_found(&item, &requests, &followed) && is_theirs(asker, case, &item),
            (Some(_), None) => false,
        };
        Task { item, case, invitation, is_shown }
    });
    Ok(tasks.collect())
}

/// Returns whether the caller may settle the request for consent or the referral that a task is about.
fn is_found(
    item: &FollowUpOut,
    requests: &HashSet<(FollowUpKind, Id<ConsentRequest>)>,
    followed: &HashSet<Uuid>,
) -> bool {
    match item.kind {
        FollowUpKind::FollowUpReferral => followed.contains(&item.object_id),
        kind => !is_of_request(kind) || requests.contains(&(kind, item.object_id.into())),
    }
}

/// Returns the meetings among the tasks that the caller is invited to, in cases that they may not read. They may know nothing else of
/// the case.
async fn invitations(
    tx: &mut Tx,
    asker: &Asker,
    cases: impl Iterator<Item = &CaseObject>,
    items: &[FollowUpOut],
) -> Result<HashMap<Uuid, MeetingObject>, DbError> {
    let own: Vec<_> = cases.filter(|case| case.facts.relation.is_child).collect();
    let in_own = |item: &&FollowUpOut| own.iter().any(|case| Some(case.facts.id) == item.case_id);
    let meetings = items.iter().filter(|item| item.kind == FollowUpKind::Meeting).filter(in_own);
    let ids: Vec<Id<Meeting>> = meetings.map(|item| item.object_id.into()).collect();
    let found = MeetingObject::with_people(tx, own.iter().copied(), &ids).await?;
    let theirs = found.into_iter().filter(|meeting| asker.may::<ReadMeeting>(meeting));
    Ok(theirs.map(|meeting| (meeting.id.uuid(), meeting)).collect())
}

/// Returns the concerns among the tasks that the caller may decide.
async fn theirs_to_decide(
    tx: &mut Tx,
    asker: &Asker,
    moment: Moment,
    items: &[FollowUpOut],
) -> Result<HashSet<Id<Concern>>, DbError> {
    let concerns = items.iter().filter(|item| item.kind == FollowUpKind::DecideConcern);
    let ids: Vec<Id<Concern>> = concerns.map(|item| item.object_id.into()).collect();
    let concerns = ConcernObject::these(tx, &ids, asker.caller(), moment.now).await?;
    let theirs = concerns.into_iter().filter(|concern| asker.may::<DecideConcern>(concern));
    Ok(theirs.map(|concern| concern.id).collect())
}

/// Returns the requests for consent among the tasks that the caller may settle: those that ask for their answer, and those that
/// others refused, which they may withdraw.
async fn theirs_to_answer(
    tx: &mut Tx,
    asker: &Asker,
    cases: impl Iterator<Item = &CaseObject>,
    items: &[FollowUpOut],
) -> Result<HashSet<(FollowUpKind, Id<ConsentRequest>)>, DbError> {
    let requests = items.iter().filter(|item| is_of_request(item.kind));
    let ids: Vec<Id<ConsentRequest>> = requests.map(|item| item.object_id.into()).collect();
    let found = ConsentRequestObject::these(tx, cases, &ids).await?;
    let asked = found.iter().filter(|found| asker.may::<AnswerConsentRequest>(*found));
    let refused = found.iter().filter(|found| asker.may::<WithdrawConsentRequest>(*found));
    Ok(asked
        .map(|found| (FollowUpKind::AnswerConsentRequest, found.id))
        .chain(refused.map(|found| (FollowUpKind::ConsentRefused, found.id)))
        .collect())
}

/// Returns whether a task is about a request for consent.
const fn is_of_request(kind: FollowUpKind) -> bool {
    matches!(kind, FollowUpKind::AnswerConsentRequest | FollowUpKind::ConsentRefused)
}

/// Returns the disclosures among the tasks for which the caller may set another day to inform the family.
async fn theirs_to_inform_of(
    tx: &mut Tx,
    asker: &Asker,
    moment: Moment,
    items: &[FollowUpOut],
) -> Result<HashSet<Id<Disclosure>>, DbError> {
    let delayed = items.iter().filter(|item| item.kind == FollowUpKind::ReviewInforming);
    let ids: Vec<Id<Disclosure>> = delayed.map(|item| item.object_id.into()).collect();
    let found = DisclosureObject::these(tx, &ids, asker.caller(), moment.now).await?;
    Ok(found.iter().filter(|found| asker.may::<DelayInforming>(found)).map(|found| found.id).collect())
}

/// Returns the case of a record that is offered to the caller's unit, if they may accept it. They may know nothing else of the case.
fn offered(asker: &Asker, case: &Rc<CaseObject>, item: &FollowUpOut) -> Option<Rc<CaseObject>> {
    let planned = TransitionObject::planned(case).filter(|planned| planned.id.uuid() == item.object_id);
    planned.filter(|planned| asker.may::<AcceptTransition>(planned)).map(|_| case.clone())
}

/// Returns whether the planned move of a record waits for the answer of the caller.
fn must_answer(asker: &Asker, case: &CaseObject) -> bool {
    let missing = case.facts.planned_move().map(|planned| case.facts.missing_for_move(planned));
    let is_asked = missing.is_some_and(|missing| missing.into_iter().any(|person| asker.caller().is(person)));
    is_asked && TransitionObject::planned(case).is_some_and(|planned| asker.may::<AnswerTransition>(&planned))
}

/// Returns whether the caller may see a task in a case that they may read. Knowing of a case does not include its measures,
/// meetings or consents.
fn is_theirs(asker: &Asker, case: &CaseObject, item: &FollowUpOut) -> bool {
    // Nothing remains to be done in a closed case, except to review emergency access.
    let counts = case.facts.open || item.kind == FollowUpKind::EmergencyAccess;
    let is_withheld = case.facts.withheld_from(item.object_id).any(|person| asker.caller().is(person));
    counts
        && !is_withheld
        && match item.kind {
            FollowUpKind::EvaluateMeasure => asker.may::<ListMeasures>(case),
            FollowUpKind::NextStep => has_step(asker, case),
            FollowUpKind::Meeting => asker.may::<ListMeetings>(case),
            // The statement that finds them asks who must consent, and who leads the contact person's unit.
            FollowUpKind::RenewConsent | FollowUpKind::NewConsents => {
                asker.may::<ReadRightsCalendar>(case) || case.facts.relation.leads_contact_unit
            }
            FollowUpKind::AnswerTransition => must_answer(asker, case),
            FollowUpKind::ConsentRefused => asker.may::<CreateConsentRequest>(case),
            FollowUpKind::AnswerHandover => case.facts.relation.offered_baton,
            FollowUpKind::ReviewWithholding => asker.may::<ListWithholdings>(case),
            FollowUpKind::RecordBirth => asker.may::<RecordBirth>(case),
            FollowUpKind::RegisterPregnantWoman
            | FollowUpKind::DecideClaim
            | FollowUpKind::CareOrderEnds
            | FollowUpKind::AssignCareOrder => case.facts.relation.is_contact_person,
            _ => true,
        }
}

/// Returns whether the next step of a case is a task of the caller: they may settle it or it is the family's, or they lead the unit that is
/// responsible and it is overdue.
fn has_step(asker: &Asker, case: &CaseObject) -> bool {
    let CaseFacts { state, relation } = &case.facts;
    let is_family = relation.is_guardian || relation.is_child;
    let theirs = asker.may::<SetNextStep>(case) || is_family;
    (theirs && asker.may::<ListNextSteps>(case)) || (relation.leads_contact_unit && state.is_overdue())
}
