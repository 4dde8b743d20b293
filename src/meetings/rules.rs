//! Rules for calling meetings, inviting participants and recording minutes.

use chrono::{DateTime, Utc};

use super::dto::{MeetingOut, MeetingStatus};
use crate::{
    access::CaseFacts,
    kernel::{Id, clock::day_in_norway, ids::Person},
    problem::{Problem, Result},
};

/// The maximum number of participants.
const MAX_PARTICIPANTS: usize = 50;
/// The maximum number of decisions in the minutes.
const MAX_DECISIONS: usize = 30;

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

/// Checks that the participants belong to the case, as far as the caller may know: team members, guardians and the child.
pub(super) fn participants(
    people: &[Id<Person>],
    (team, unknown): (&[Id<Person>], &[Id<Person>]),
    case: &CaseFacts,
) -> Result<()> {
    if people.is_empty() || people.len() > MAX_PARTICIPANTS {
        return Err(Problem::field("/participants", format!("must contain 1 to {MAX_PARTICIPANTS} people")));
    }
    let concerned = |person| {
        person == case.child_person
            || case.guardians.contains(&person)
            || (case.child_welfare_person() == Some(person) && !unknown.contains(&person))
            || team.contains(&person)
    };
    each_once("participants", people, concerned, "must be a team member, a guardian or the child")
}

/// Checks that the family, or child welfare in its place under a care order, is invited unless a reason is given.
pub(super) fn family_is_invited(people: &[Id<Person>], reason: Option<&str>, case: &CaseFacts) -> Result<()> {
    let young_person = case.ground.family.has_own_record().then_some(case.child_person);
    let in_their_place = case.child_welfare_person();
    let mut family = case.guardians.iter().copied().chain(young_person).chain(in_their_place);
    if reason.is_some() || family.any(|person| people.contains(&person)) {
        return Ok(());
    }
    Err(Problem::field("/family_absent_reason", "is required when no family member is invited"))
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

/// Checks that the meeting has started: only then can minutes be recorded.
pub(super) fn has_begun(meeting: &MeetingOut, now: DateTime<Utc>) -> Result<()> {
    if meeting.starts_at <= now { Ok(()) } else { Err(Problem::conflict("the meeting has not started")) }
}

/// Checks that those who attended were invited.
pub(super) fn attended(people: &[Id<Person>], meeting: &MeetingOut) -> Result<()> {
    let invited = |person| meeting.participants.iter().any(|participant| participant.person_id == person);
    each_once("attended", people, invited, "must be one of the participants")
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

fn each_once(
    field: &str,
    people: &[Id<Person>],
    belongs: impl Fn(Id<Person>) -> bool,
    otherwise: &str,
) -> Result<()> {
    for (index, person) in people.iter().enumerate() {
        if people[..index].contains(person) {
            return Err(Problem::field(format!("/{field}/{index}"), "is listed more than once"));
        }
        if !belongs(*person) {
            return Err(Problem::field(format!("/{field}/{index}"), otherwise));
        }
    }
    Ok(())
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
            status,
            minutes: None,
            minutes_by: None,
            minutes_by_name: None,
            minutes_at: None,
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
    fn staff_on_the_team_guardians_and_the_child_can_be_invited() {
        let case = case(false);
        let [worker, stranger] = [Id::new(), Id::new()];
        let guardian = case.guardians[0];
        let invited = |people: &[Id<Person>]| participants(people, (&[worker], &[]), &case);
        assert!(invited(&[worker, guardian, case.child_person]).is_ok());
        assert_eq!(fault(invited(&[])), "/participants");
        assert_eq!(fault(invited(&[worker, stranger])), "/participants/1");
        assert_eq!(fault(invited(&[worker, guardian, worker])), "/participants/2");
        assert_eq!(fault(invited(&[worker; 51])), "/participants");
    }

    #[test]
    fn the_child_is_known_by_the_id_it_is_registered_under() {
        let case = case(false);
        let worker = Id::new();
        let named = [worker, Id::from(case.child.uuid()), case.child_person];
        let meant = people_meant(&named, &case);
        assert_eq!(meant, [worker, case.child_person, case.child_person]);
        assert_eq!(fault(participants(&meant, (&[worker], &[]), &case)), "/participants/2");
    }

    #[test]
    fn the_family_is_invited_or_a_reason_is_given() {
        let small = case(false);
        let worker = Id::new();
        assert!(family_is_invited(&[worker, small.guardians[0]], None, &small).is_ok());
        assert!(family_is_invited(&[worker], Some("they asked not to be"), &small).is_ok());
        assert_eq!(fault(family_is_invited(&[worker], None, &small)), "/family_absent_reason");
        // A small child alone does not count as the family; a young person who is old enough does.
        assert_eq!(
            fault(family_is_invited(&[worker, small.child_person], None, &small)),
            "/family_absent_reason"
        );
        let youth = case(true);
        assert!(family_is_invited(&[worker, youth.child_person], None, &youth).is_ok());
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
    fn those_who_were_there_were_invited() {
        let [here, away, stranger] = [Id::new(), Id::new(), Id::new()];
        let meeting = meeting(MeetingStatus::Planned, &[(here, None), (away, None)]);
        assert!(attended(&[here], &meeting).is_ok());
        assert_eq!(fault(attended(&[here, stranger], &meeting)), "/attended/1");
        assert_eq!(fault(attended(&[here, here], &meeting)), "/attended/1");
        assert!(decisions(30).is_ok());
        assert_eq!(fault(decisions(31)), "/decisions");
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
