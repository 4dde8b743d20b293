//! Operations on meetings.

use actix_web::{HttpResponse, get, post, put};
use chrono::{DateTime, Utc};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    arenas::Conditions,
    change_routes, changes,
    dto::{InvitationAnswerIn, MeetingDecisionIn, MeetingIn, MeetingMinutesIn, MeetingOut, MeetingReader},
    invitations::{self, Invitable},
    parts::ApprovalQuery,
    rules, store,
};
use crate::{
    access::{
        Asker, CaseFacts, Kinds, Permit, Seen, Shown,
        actions::{
            Action, AnswerInvitation, ApproveMinutes, CallMeeting, ListMeetings, ReadMeeting, RecordMinutes,
        },
        fields::SeeAdvisers,
        ground_at,
        objects::{CaseObject, MeetingObject},
    },
    db::Tx,
    identity::Caller,
    kernel::{
        Id, Page, PageQuery,
        ids::{Meeting, Person},
    },
    measures::{self, Creation},
    problem::{
        Problem, Result,
        docs::{ChangeProblems, ReadProblems, WriteProblems},
    },
    teams,
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_meetings)
        .service(call_meeting)
        .service(read_meeting)
        .service(answer_invitation)
        .service(record_minutes)
        .service(approve_minutes)
        .configure(change_routes::configure);
}

/// Lists the meetings of a case in the order they were called, with participants and decisions.
#[utoipa::path(
    operation_id = "list_meetings", tag = "meetings", params(("case_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<MeetingOut>, description = "The meetings"), ReadProblems),
)]
#[get("/cases/{case_id}/meetings")]
async fn list_meetings(mut permit: Permit<ListMeetings>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let case = permit.object().clone();
    let fetch = async |tx: &mut Tx, slice| MeetingObject::list(tx, &case, slice).await;
    let page = permit.page_of::<ReadMeeting>(&query, fetch).await?;
    let ids = page.ids(|meeting| meeting.object.id);
    let meetings = store::these(permit.tx(), &case.facts, &ids).await?;
    permit.note_shown(ids);
    let asker = permit.asker();
    let reader = reader(permit.tx(), &asker, &case, &meetings).await?;
    permit.show_page(&page.with(meetings.into_iter().map(|meeting| meeting.seen_by(&reader))))
}

/// Calls a meeting and invites the participants.
///
/// Guardians, and the young person who is old enough, must be invited unless a reason is given. Each guardian who is not invited has one.
#[utoipa::path(
    operation_id = "call_meeting", tag = "meetings", params(("case_id" = Uuid, Path)), request_body = MeetingIn,
    responses((status = 201, body = MeetingOut, description = "The meeting"), WriteProblems),
)]
#[post("/cases/{case_id}/meetings")]
async fn call_meeting(mut permit: Permit<CallMeeting>) -> Result<HttpResponse> {
    let (object, asker) = (permit.object().clone(), permit.asker());
    let case = &object.facts;
    let mut new: MeetingIn = permit.input()?;
    new.participants = rules::people_meant(&new.participants, case);
    permit.require_open()?;
    let now = permit.moment().now;
    Kinds::may_be_kept("", Some(&new.contains))?;
    rules::place_may_be_told(new.place.as_deref(), case)?;
    rules::is_since_opening(new.starts_at, store::opened_at(permit.tx(), case).await?)?;
    let invitable = invitable(permit.tx(), &asker, &object).await?;
    invitations::participants(&new.participants, &invitable, case)?;
    let family_reason = new.family_absent_reason.is_some();
    invitations::family_is_invited(&new.participants, family_reason, case)?;
    let reasons = invitations::reasons(&new.participants, &new.guardians_not_invited, case)?;
    invitations::guardians_have_reasons(&new.participants, &reasons, family_reason, case)?;
    if let Some(arena) = new.arena_id {
        let arena = store::open_arena(permit.tx(), case, arena).await?;
        let unknown = || {
            Problem::field("/arena_id", "must be one of the municipality's arenas for individual children")
        };
        let arena = arena.ok_or_else(unknown)?;
        arena_allows(permit.tx(), &asker, &object, (&arena, "/arena_id", new.starts_at)).await?;
    }
    let caller = permit.caller().person;
    let id = store::call(permit.tx(), case, new, caller, now).await?;
    let meeting = store::find(permit.tx(), case, id).await?.ok_or_else(Problem::not_found)?;
    permit.note_shown([id]);
    let reader = reader(permit.tx(), &asker, &object, std::slice::from_ref(&meeting)).await?;
    let meeting = meeting.seen_by(&reader);
    permit.created(format!("/v1/cases/{}/meetings/{id}", case.id), meeting.version, &meeting).await
}

/// Returns a meeting: who is invited and, once it has been held, the minutes and the decisions.
///
/// A child from 12 years who is invited, and may not see the case, sees the invitation: the time, the place, the arena and the agenda.
#[utoipa::path(
    operation_id = "read_meeting", tag = "meetings",
    params(("case_id" = Uuid, Path), ("meeting_id" = Uuid, Path)),
    responses((status = 200, body = MeetingOut, description = "The meeting"), ReadProblems),
)]
#[get("/cases/{case_id}/meetings/{meeting_id}")]
async fn read_meeting(mut permit: Permit<ReadMeeting>) -> Result<HttpResponse> {
    let (_, meeting) = current(&mut permit).await?;
    let meeting = as_seen(&mut permit, meeting).await?;
    permit.show_version(meeting.version, &meeting)
}

/// Answers the caller's own invitation. The answer can be changed while the meeting is planned.
#[utoipa::path(
    operation_id = "answer_invitation", tag = "meetings",
    params(("case_id" = Uuid, Path), ("meeting_id" = Uuid, Path)), request_body = InvitationAnswerIn,
    responses((status = 200, body = MeetingOut, description = "The updated meeting"), WriteProblems),
)]
#[post("/cases/{case_id}/meetings/{meeting_id}/answer")]
async fn answer_invitation(mut permit: Permit<AnswerInvitation>) -> Result<HttpResponse> {
    let (case, meeting) = current(&mut permit).await?;
    let InvitationAnswerIn { answer, starts_at } = permit.input()?;
    rules::is_planned(&case, &meeting)?;
    if starts_at.is_some_and(|time| time != meeting.starts_at) {
        return Err(Problem::conflict("the meeting has been moved to another time; read it again"));
    }
    let caller = as_participant(permit.caller(), &meeting);
    store::answer(permit.tx(), &case, &meeting, caller, answer).await?;
    let (_, meeting) = current(&mut permit).await?;
    answer_with(permit, meeting).await
}

/// The person that the caller was invited as.
pub(super) fn as_participant(caller: &Caller, meeting: &MeetingOut) -> Id<Person> {
    let invited = meeting.participants.iter().map(|participant| participant.person_id);
    caller.among(invited).unwrap_or(caller.person)
}

/// Records the minutes, once: who attended, what was said and what was decided, or why nothing was.
///
/// A decision with a measure creates the measure, with the person responsible and the date of evaluation. A team member or a member of the
/// family who came without being called becomes a participant.
#[utoipa::path(
    operation_id = "record_minutes", tag = "meetings",
    params(("case_id" = Uuid, Path), ("meeting_id" = Uuid, Path)), request_body = MeetingMinutesIn,
    responses((status = 200, body = MeetingOut, description = "The meeting, now marked as held"), ChangeProblems),
)]
#[put("/cases/{case_id}/meetings/{meeting_id}/minutes")]
async fn record_minutes(mut permit: Permit<RecordMinutes>) -> Result<HttpResponse> {
    let (case, meeting) = current(&mut permit).await?;
    let (asker, object) = (permit.asker(), permit.object().case.clone());
    let MeetingMinutesIn { minutes, contains, attended, others_present, decisions, outcome } =
        permit.input()?;
    Kinds::may_be_kept("", Some(&contains))?;
    let (caller, now) = (permit.caller().person, permit.moment().now);
    rules::is_planned(&case, &meeting)?;
    rules::has_begun(&meeting, now)?;
    let attended = rules::people_meant(&attended, &case);
    let mut invitable = invitable(permit.tx(), &asker, &object).await?;
    let left = teams::left_since(permit.tx(), &case, meeting.starts_at).await?;
    invitable.team.extend(left.into_iter().filter(|person| !invitable.unknown.contains(person)));
    let reader = reader(permit.tx(), &asker, &object, std::slice::from_ref(&meeting)).await?;
    let known = |person| reader.knows(person);
    let attendance = rules::attended(&attended, &meeting, known, (&invitable, &case))?;
    rules::others(&others_present, &meeting)?;
    rules::decisions(decisions.len())?;
    rules::outcome(&decisions, outcome.as_deref())?;
    arena_admits(&mut permit, &meeting, &attended).await?;
    permit.expect_seen(&meeting.clone().seen_by(&reader))?;
    let tx = permit.tx();
    let words = (&*minutes, outcome.as_deref());
    store::hold(tx, &case, &meeting, words, (caller, now)).await?;
    store::attended(tx, &case, meeting.id, (&attendance.came, &attendance.stayed_away)).await?;
    changes::came(tx, &case, meeting.id, &attendance.uncalled).await?;
    changes::others(tx, &case, meeting.id, &others_present).await?;
    let decisions = take_decisions(&mut permit, meeting.id, decisions).await?;
    store::decide(permit.tx(), &case, meeting.id, &decisions).await?;
    let (_, meeting) = current(&mut permit).await?;
    answer_with(permit, meeting).await
}

/// The people that the caller may invite.
pub(super) async fn invitable(tx: &mut Tx, asker: &Asker, case: &CaseObject) -> Result<Invitable> {
    let unknown = teams::not_to_be_known(tx, asker, case).await?;
    let team = teams::seats_known(tx, asker, case).await?;
    let team = team.into_iter().map(|seat| seat.person_id).collect();
    Ok(Invitable { team, unknown })
}

/// Checks the conditions of an arena for a meeting that begins at a time.
pub(super) async fn arena_allows(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    (arena, field, starts_at): (&Conditions, &str, DateTime<Utc>),
) -> Result<()> {
    let ground = ground_at(tx, case.facts.id, starts_at).await?.ok_or_else(Problem::not_found)?;
    let knows = |unit, sector| asker.knows_that_helps(case, unit, sector);
    arena.allow(field, (starts_at, &ground), &case.facts, knows)
}

/// Checks the conditions of the arena, if the meeting was called in one.
async fn arena_admits(
    permit: &mut Permit<RecordMinutes>,
    meeting: &MeetingOut,
    attended: &[Id<Person>],
) -> Result<()> {
    let Some(arena) = meeting.arena_id else { return Ok(()) };
    let (asker, object) = (permit.asker(), permit.object().case.clone());
    let case = &object.facts;
    let conditions = store::conditions(permit.tx(), case, arena).await?;
    arena_allows(permit.tx(), &asker, &object, (&conditions, "/attended", meeting.starts_at)).await?;
    let seats = teams::seats(permit.tx(), case).await?;
    let mut seated: Vec<_> = seats.into_iter().map(|seat| seat.person_id).collect();
    seated.extend(teams::left_since(permit.tx(), case, meeting.starts_at).await?);
    conditions.admit(attended, &seated, case)
}

/// Numbers the decisions and creates their measures.
async fn take_decisions(
    permit: &mut Permit<RecordMinutes>,
    meeting: Id<Meeting>,
    decisions: Vec<MeetingDecisionIn>,
) -> Result<Vec<store::NewDecision>> {
    let (asker, by, moment) = (permit.asker(), permit.caller().person, permit.moment());
    let case = permit.object().case.clone();
    let mut taken = Vec::with_capacity(decisions.len());
    for (index, MeetingDecisionIn { text, measure }) in (0_i64..).zip(decisions) {
        let mut measure_id = None;
        if let Some(new) = measure {
            let pointer = &format!("/decisions/{index}/measure");
            let creation =
                Creation { asker: &asker, case: &case, meeting: Some(meeting), by, moment, pointer };
            measure_id = Some(measures::create(permit.tx(), &creation, &new.into()).await?);
        }
        taken.push(store::NewDecision { number: index + 1, text, measure_id });
    }
    permit.note_shown(taken.iter().filter_map(|decision| decision.measure_id));
    Ok(taken)
}

/// Approves the minutes on the caller's own behalf. Only participants who attended can. Repeating it changes nothing.
///
/// `corrections` states how many times the minutes had been corrected when they were read: minutes that were corrected since are not approved.
#[utoipa::path(
    operation_id = "approve_minutes", tag = "meetings",
    params(("case_id" = Uuid, Path), ("meeting_id" = Uuid, Path), ApprovalQuery),
    responses((status = 200, body = MeetingOut, description = "The updated meeting"), WriteProblems),
)]
#[post("/cases/{case_id}/meetings/{meeting_id}/approve")]
async fn approve_minutes(mut permit: Permit<ApproveMinutes>) -> Result<HttpResponse> {
    let (case, mut meeting) = current(&mut permit).await?;
    let (caller, now) = (as_participant(permit.caller(), &meeting), permit.moment().now);
    let ApprovalQuery { corrections } = permit.query()?;
    if corrections.is_some_and(|read| read.0 != meeting.earlier.len()) {
        return Err(Problem::conflict("the minutes have been corrected; read them again"));
    }
    let approved_before = rules::approval(&case, &meeting, caller)?;
    if !approved_before {
        store::approve(permit.tx(), &case, &meeting, caller, now).await?;
        (_, meeting) = current(&mut permit).await?;
    }
    answer_with(permit, meeting).await
}

/// The caller as a reader of some meetings of a case.
pub(super) async fn reader(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    meetings: &[MeetingOut],
) -> Result<MeetingReader> {
    let measures = meetings.iter().flat_map(|meeting| &meeting.decisions);
    let measures: Vec<_> = measures.filter_map(|decision| decision.measure_id).collect();
    let (caller, relation) = (asker.caller(), &case.facts.relation);
    let is_family = relation.is_guardian || relation.is_child;
    let participants = meetings.iter().flat_map(|meeting| &meeting.participants);
    let absent = meetings.iter().flat_map(|meeting| &meeting.guardians_not_invited);
    let absent = absent.map(|absent| absent.person_id).filter(|_| is_family);
    let seen = asker.reader(case);
    Ok(MeetingReader {
        place: seen.meeting_place(),
        rest: seen.agreed(),
        own: participants.map(|it| it.person_id).filter(|person| caller.is(*person)).collect(),
        unknown: teams::not_to_be_known(tx, asker, case).await?,
        one_of_several: is_family && case.facts.guardians.len() > 1,
        hidden_reasons: absent.filter(|person| !caller.is(*person)).collect(),
        hidden_advisers: hidden_advisers(tx, asker, case, meetings).await?,
        hidden_measures: measures::not_readable(tx, asker, case, &measures).await?,
    })
}

/// Returns the meetings whose advisers the caller may not know of, if there was one: those in an arena.
async fn hidden_advisers(
    tx: &mut Tx,
    asker: &Asker,
    case: &CaseObject,
    meetings: &[MeetingOut],
) -> Result<Vec<Id<Meeting>>> {
    let in_arena = meetings.iter().filter(|meeting| meeting.arena_id.is_some());
    let in_arena: Vec<_> = in_arena.map(|meeting| meeting.id).collect();
    let found = MeetingObject::with_people(tx, [case], &in_arena).await?;
    let hidden = found.iter().filter(|meeting| !asker.about(*meeting).sees::<SeeAdvisers>());
    Ok(hidden.map(|meeting| meeting.id).collect())
}

/// The meeting as the caller sees it.
pub(super) async fn as_seen<A: Action<Object = MeetingObject>>(
    permit: &mut Permit<A>,
    meeting: MeetingOut,
) -> Result<Seen<MeetingOut>> {
    let (asker, case) = (permit.asker(), permit.object().case.clone());
    let reader = reader(permit.tx(), &asker, &case, std::slice::from_ref(&meeting)).await?;
    Ok(meeting.seen_by(&reader))
}

/// Answers a change with the meeting as the caller sees it.
pub(super) async fn answer_with<A>(mut permit: Permit<A>, meeting: MeetingOut) -> Result<HttpResponse>
where
    A: Action<Object = MeetingObject>,
{
    let meeting = as_seen(&mut permit, meeting).await?;
    permit.changed(meeting.version, &meeting).await
}

/// The meeting that the permit is about, with the facts of its case.
pub(super) async fn current<A>(permit: &mut Permit<A>) -> Result<(CaseFacts, MeetingOut)>
where
    A: Action<Object = MeetingObject>,
{
    let MeetingObject { case, id, .. } = permit.object().clone();
    let meeting = store::find(permit.tx(), &case.facts, id).await?.ok_or_else(Problem::not_found)?;
    Ok((case.facts, meeting))
}
