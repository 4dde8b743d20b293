//! Rules for calling and moving meetings, and recording minutes.

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    dto::{MeetingDecisionIn, MeetingOut, MeetingStatus},
    invitations::{Invitable, each_once},
    parts::{OtherPresentIn, PresentRole},
};
use crate::{
    access::CaseFacts,
    kernel::{Id, Moment, clock::day_in_norway, ids::Person},
    problem::{Problem, Result},
};

/// The maximum number of decisions in the minutes.
const MAX_DECISIONS: usize = 30;
/// The maximum number of other people present.
const MAX_OTHERS: usize = 20;
/// The maximum number of moves of a meeting.
const MAX_MOVES: usize = 20;

/// Checks the place. It reveals where a child can be found, which is prohibited for some children.
pub(super) fn place_may_be_told(place: Option<&str>, case: &CaseFacts) -> Result<()> {
    if place.is_some() && case.strict_address() {
        return Err(Problem::field("/place", "must be left out for this child"));
    }
    Ok(())
}

/// Checks that the meeting is not before the day on which the case was opened.
pub(super) fn is_since_opening(starts_at: DateTime<Utc>, opened_at: DateTime<Utc>) -> Result<()> {
    if day_in_norway(starts_at) < day_in_norway(opened_at) {
        return Err(Problem::field("/starts_at", "must not be before the day on which the case was opened"));
    }
    Ok(())
}

/// Resolves the ids of people. The child may be identified by the id of its registration.
pub(super) fn people_meant(ids: &[Id<Person>], case: &CaseFacts) -> Vec<Id<Person>> {
    let is_child = |id: Id<Person>| id.uuid() == case.child.uuid();
    ids.iter().map(|id| if is_child(*id) { case.child_person } else { *id }).collect()
}

/// Checks the new time of a meeting: later than now, and within the longest time of the municipality.
pub(super) fn new_time(
    meeting: &MeetingOut,
    starts_at: DateTime<Utc>,
    moment: Moment,
    latest: NaiveDate,
) -> Result<()> {
    if meeting.starts_at <= moment.now {
        return Err(Problem::conflict("the meeting has begun; record its minutes, or cancel it"));
    }
    let detail = if starts_at <= moment.now {
        "must be later than now".to_owned()
    } else if day_in_norway(starts_at) > latest {
        format!("must not be after {latest}, the longest time of the municipality")
    } else if meeting.moves.len() >= MAX_MOVES {
        return Err(Problem::conflict("the meeting has been moved too often; cancel it and call another"));
    } else {
        return Ok(());
    };
    Err(Problem::field("/starts_at", detail))
}

/// Checks that the meeting has not been held or cancelled.
pub(super) fn is_planned(case: &CaseFacts, meeting: &MeetingOut) -> Result<()> {
    is_open(case)?;
    match meeting.status {
        MeetingStatus::Planned => Ok(()),
        MeetingStatus::Held => {
            Err(Problem::conflict("the meeting has been held, and its minutes are recorded"))
        }
        MeetingStatus::Cancelled => Err(Problem::conflict("the meeting has been cancelled")),
    }
}

/// Checks that there are minutes to correct.
pub(super) fn is_held(case: &CaseFacts, meeting: &MeetingOut) -> Result<()> {
    is_open(case)?;
    match meeting.status {
        MeetingStatus::Held => Ok(()),
        MeetingStatus::Planned | MeetingStatus::Cancelled => {
            Err(Problem::conflict("the meeting has no minutes"))
        }
    }
}

/// Checks that the meeting has started: only then can minutes be recorded.
pub(super) fn has_begun(meeting: &MeetingOut, now: DateTime<Utc>) -> Result<()> {
    if meeting.starts_at <= now { Ok(()) } else { Err(Problem::conflict("the meeting has not started")) }
}

/// The people who attended a meeting and who did not, as far as the writer of the minutes may know.
#[derive(Debug)]
pub(super) struct Attendance {
    /// Participants who came.
    pub came: Vec<Id<Person>>,
    /// Participants who did not.
    pub stayed_away: Vec<Id<Person>>,
    /// People who came without being called.
    pub uncalled: Vec<Id<Person>>,
}

/// Checks that those who attended were invited, or belong to the case, as far as the writer may know of either.
pub(super) fn attended(
    people: &[Id<Person>],
    meeting: &MeetingOut,
    knows: impl Fn(Id<Person>) -> bool,
    (invitable, case): (&Invitable, &CaseFacts),
) -> Result<Attendance> {
    let participants = meeting.participants.iter().map(|participant| participant.person_id);
    let known: Vec<_> = participants.filter(|person| knows(*person)).collect();
    let belongs = |person| known.contains(&person) || invitable.includes(person, case);
    each_once("attended", people, belongs, "must be a participant, a team member, a guardian or the child")?;
    let (came, uncalled) = people.iter().copied().partition(|person| known.contains(person));
    let stayed_away = known.into_iter().filter(|person| !people.contains(person)).collect();
    Ok(Attendance { came, stayed_away, uncalled })
}

/// Checks the people who were present and have no part in the case. An adviser belongs to an arena.
pub(super) fn others(present: &[OtherPresentIn], meeting: &MeetingOut) -> Result<()> {
    if present.len() > MAX_OTHERS {
        return Err(Problem::field("/others_present", format!("must contain at most {MAX_OTHERS} people")));
    }
    let is_wrong = |other: &OtherPresentIn| other.role == PresentRole::Adviser && meeting.arena_id.is_none();
    match present.iter().position(is_wrong) {
        Some(index) => {
            let detail = "is for a meeting that was called in an arena";
            Err(Problem::field(format!("/others_present/{index}/role"), detail))
        }
        None => Ok(()),
    }
}

/// Checks that every reader of the minutes learns what came of the meeting: from a decision that is no measure, or from the outcome in
/// words. A measure may be hidden from some readers, and neither decision nor outcome would show them that there is one.
pub(super) fn outcome(decisions: &[MeetingDecisionIn], outcome: Option<&str>) -> Result<()> {
    if outcome.is_some() || decisions.iter().any(|decision| decision.measure.is_none()) {
        return Ok(());
    }
    Err(Problem::field("/outcome", "is required when no decision is more than a measure"))
}

/// Checks the number of decisions.
pub(super) fn decisions(count: usize) -> Result<()> {
    if count <= MAX_DECISIONS {
        Ok(())
    } else {
        Err(Problem::field("/decisions", format!("must contain at most {MAX_DECISIONS} decisions")))
    }
}

/// Checks that the person attended and may approve. Returns whether they have already approved.
pub(super) fn approval(case: &CaseFacts, meeting: &MeetingOut, person: Id<Person>) -> Result<bool> {
    is_open(case)?;
    if meeting.status != MeetingStatus::Held {
        return Err(Problem::conflict("there are no minutes to approve"));
    }
    match meeting.participants.iter().find(|participant| participant.person_id == person) {
        Some(participant) if participant.attended == Some(true) => Ok(participant.approved_at.is_some()),
        _ => Err(Problem::conflict("only participants who attended can approve the minutes")),
    }
}

fn is_open(case: &CaseFacts) -> Result<()> {
    if case.open { Ok(()) } else { Err(Problem::conflict("the case is closed; reopen it first")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        meetings::dto::{InvitationStatus, MeetingParticipantOut},
        problem::Code,
    };

    fn case(child_is_of_age: bool) -> CaseFacts {
        CaseFacts::sample(if child_is_of_age { 16 } else { 9 })
    }

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn meeting(status: MeetingStatus, people: &[(Id<Person>, Option<bool>)]) -> MeetingOut {
        let participant = |(person_id, attended): &(Id<Person>, Option<bool>)| MeetingParticipantOut {
            person_id: *person_id,
            name: "somebody".into(),
            answer: InvitationStatus::Awaited,
            attended: *attended,
            approved_at: None,
            called: true,
        };
        MeetingOut {
            id: Id::new(),
            case_id: Id::new(),
            arena_id: None,
            arena_name: None,
            called_by: Some(Id::new()),
            called_by_name: Some("somebody".into()),
            starts_at: time("2026-03-02T12:00:00Z"),
            place: None,
            agenda: "an agenda".into(),
            family_absent_reason: None,
            guardians_not_invited: Vec::new(),
            status,
            moves: Vec::new(),
            cancel_reason: None,
            minutes: None,
            earlier: Vec::new(),
            minutes_by: None,
            minutes_by_name: None,
            minutes_at: None,
            others_present: Vec::new(),
            outcome: None,
            participants: people.iter().map(participant).collect(),
            decisions: Vec::new(),
            version: Some(1),
        }
    }

    /// Returns the pointer of the invalid input, or "conflict" if the input is valid.
    fn fault<T: std::fmt::Debug>(result: Result<T>) -> String {
        let problem = result.expect_err("refused");
        if problem.code() == Code::Conflict {
            return "conflict".into();
        }
        let response = actix_web::ResponseError::error_response(&problem);
        let body = actix_web::body::MessageBody::try_into_bytes(response.into_body()).expect("a body");
        let document: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        document["errors"][0]["pointer"].as_str().unwrap_or_default().into()
    }

    #[test]
    fn the_child_is_known_by_the_id_it_is_registered_under() {
        let case = case(false);
        let worker = Id::new();
        let named = [worker, Id::from(case.child.uuid()), case.child_person];
        let meant = people_meant(&named, &case);
        assert_eq!(meant, [worker, case.child_person, case.child_person]);
        let again = each_once("participants", &meant, |_| true, "");
        assert_eq!(fault(again), "/participants/2");
    }

    #[test]
    fn minutes_are_written_once_and_not_beforehand() {
        assert!(is_planned(&case(false), &meeting(MeetingStatus::Planned, &[])).is_ok());
        assert_eq!(fault(is_planned(&case(false), &meeting(MeetingStatus::Held, &[]))), "conflict");
        assert_eq!(fault(is_planned(&case(false), &meeting(MeetingStatus::Cancelled, &[]))), "conflict");
        let closed = case(false).with(|case| case.open = false);
        assert_eq!(fault(is_planned(&closed, &meeting(MeetingStatus::Planned, &[]))), "conflict");
        let meeting = meeting(MeetingStatus::Planned, &[]);
        assert!(has_begun(&meeting, meeting.starts_at).is_ok());
        assert_eq!(fault(has_begun(&meeting, meeting.starts_at - chrono::TimeDelta::seconds(1))), "conflict");
    }

    #[test]
    fn those_who_were_there_were_invited_or_belong_to_the_case() {
        let [here, away, hidden, member, stranger] = [(); 5].map(|()| Id::new());
        let (case, invitable) = (case(false), Invitable { team: vec![member], unknown: vec![hidden] });
        let meeting = meeting(MeetingStatus::Planned, &[(here, None), (away, None), (hidden, None)]);
        let at = |people: &[Id<Person>]| {
            attended(people, &meeting, |person| person != hidden, (&invitable, &case))
        };
        let found = at(&[here, member]).expect("allowed");
        assert_eq!((found.came, found.stayed_away, found.uncalled), (vec![here], vec![away], vec![member]));
        for refused in [stranger, here, hidden] {
            assert_eq!(fault(at(&[here, refused])), "/attended/1");
        }
        assert!(decisions(30).is_ok());
        assert_eq!(fault(decisions(31)), "/decisions");
    }

    #[test]
    fn every_reader_learns_what_came_of_a_meeting() {
        let decision = |json: &str| serde_json::from_str::<MeetingDecisionIn>(json).expect("a decision");
        let plain = decision(r#"{"text": "The school invites home."}"#);
        let person = Id::<Person>::new();
        let measure = decision(&format!(
            r#"{{"text": "Talks.", "measure": {{"title": "Talks", "level": "selective", "responsible_id": "{person}", "responsible_unit_id": "{person}",
                 "evaluate_on": "2026-04-01", "contains": []}}}}"#
        ));
        assert!(outcome(&[plain], None).is_ok());
        assert!(outcome(&[], Some("We need the report first.")).is_ok());
        assert_eq!(fault(outcome(&[], None)), "/outcome");
        let measure = [measure];
        assert_eq!(fault(outcome(&measure, None)), "/outcome");
        assert!(outcome(&measure, Some("We agreed on talks.")).is_ok());
    }

    #[test]
    fn minutes_are_approved_by_those_who_were_there() {
        let [here, away] = [Id::new(), Id::new()];
        let mut held = meeting(MeetingStatus::Held, &[(here, Some(true)), (away, Some(false))]);
        assert_eq!(approval(&case(false), &held, here).ok(), Some(false));
        assert_eq!(fault(approval(&case(false), &held, away)), "conflict");
        assert_eq!(fault(approval(&case(false), &held, Id::new())), "conflict");
        held.participants[0].approved_at = Some(held.starts_at);
        assert_eq!(approval(&case(false), &held, here).ok(), Some(true), "approved before");
        let planned = meeting(MeetingStatus::Planned, &[(here, None)]);
        assert_eq!(fault(approval(&case(false), &planned, here)), "conflict");
    }
}
