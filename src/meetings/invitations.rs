//! Rules for who is invited to a meeting, and for the reasons where a guardian is not.

use super::{
    dto::{MeetingOut, MeetingReader},
    parts::{GuardianNotInvitedIn, InvitationsIn},
};
use crate::{
    access::CaseFacts,
    kernel::{Id, ids::Person},
    problem::{Problem, Result},
};

/// The maximum number of participants.
const MAX_PARTICIPANTS: usize = 50;
/// The detail about a person who has nothing to do with the case, as far as the caller may know.
const NOT_CONCERNED: &str = "must be a team member, a guardian or the child";

/// The people who can be invited, as far as the caller may know.
#[derive(Debug)]
pub(super) struct Invitable {
    /// The members of the team that the caller may know of.
    pub team: Vec<Id<Person>>,
    /// The people whose service the caller may not know of.
    pub unknown: Vec<Id<Person>>,
}

impl Invitable {
    /// Returns whether a person is a team member, a guardian or the child.
    pub(super) fn includes(&self, person: Id<Person>, case: &CaseFacts) -> bool {
        person == case.child_person
            || case.guardians.contains(&person)
            || (case.child_welfare_person() == Some(person) && !self.unknown.contains(&person))
            || self.team.contains(&person)
    }
}

/// Checks that the participants belong to the case, as far as the caller may know: team members, guardians and the child.
pub(super) fn participants(people: &[Id<Person>], invitable: &Invitable, case: &CaseFacts) -> Result<()> {
    if people.is_empty() || people.len() > MAX_PARTICIPANTS {
        return Err(Problem::field("/participants", format!("must contain 1 to {MAX_PARTICIPANTS} people")));
    }
    each_once("participants", people, |person| invitable.includes(person, case), NOT_CONCERNED)
}

/// Checks that each guardian is invited or has a reason. One reason is enough if no guardian is invited and the family has one.
pub(super) fn guardians_have_reasons(
    people: &[Id<Person>],
    reasons: &[Id<Person>],
    family_reason: bool,
    case: &CaseFacts,
) -> Result<()> {
    let mut missing = case.guardians.iter().filter(|person| !people.contains(person));
    let nobody_comes = !case.guardians.iter().any(|person| people.contains(person));
    if (family_reason && nobody_comes) || missing.all(|person| reasons.contains(person)) {
        return Ok(());
    }
    let detail = "must give a reason for each guardian who is not invited";
    Err(Problem::field("/guardians_not_invited", detail))
}

/// Checks that the reasons are about guardians who are not invited, each once. Returns the guardians.
pub(super) fn reasons(
    people: &[Id<Person>],
    given: &[GuardianNotInvitedIn],
    case: &CaseFacts,
) -> Result<Vec<Id<Person>>> {
    let about: Vec<_> = given.iter().map(|absent| absent.person_id).collect();
    for (index, person) in about.iter().enumerate() {
        let is_guardian = case.guardians.contains(person) || case.registered_guardians.contains(person);
        let fault = if about[..index].contains(person) {
            "is listed more than once"
        } else if !is_guardian {
            "must be a guardian of the child"
        } else if people.contains(person) {
            "is invited"
        } else {
            continue;
        };
        return Err(Problem::field(format!("/guardians_not_invited/{index}/person_id"), fault));
    }
    Ok(about)
}

/// Checks a change of who is invited, as far as the caller may know of the participants. Returns everyone who is invited after it.
pub(super) fn invitations(
    change: &InvitationsIn,
    meeting: &MeetingOut,
    reader: &MeetingReader,
    (invitable, case): (&Invitable, &CaseFacts),
) -> Result<Vec<Id<Person>>> {
    let InvitationsIn { add, remove, guardians_not_invited, family_absent_reason, .. } = change;
    let gives_reasons = !guardians_not_invited.is_empty() || family_absent_reason.is_some();
    if add.is_empty() && remove.is_empty() && !gives_reasons {
        return Err(Problem::field("/add", "must contain somebody to invite, if nobody is taken off"));
    }
    let participants = meeting.participants.iter().map(|participant| participant.person_id);
    let invited: Vec<_> = participants.filter(|person| reader.knows(*person)).collect();
    let may_leave = |person| invited.contains(&person) && meeting.called_by != Some(person);
    each_once("remove", remove, may_leave, "must be one of the participants, and not the person who called")?;
    each_once("add", add, |person| invitable.includes(person, case), NOT_CONCERNED)?;
    if let Some(index) = add.iter().position(|person| invited.contains(person)) {
        return Err(Problem::field(format!("/add/{index}"), "is invited already"));
    }
    let stay = invited.iter().filter(|person| !remove.contains(person));
    let after: Vec<_> = stay.chain(add).copied().collect();
    if after.len() > MAX_PARTICIPANTS {
        return Err(Problem::field("/add", format!("must leave at most {MAX_PARTICIPANTS} participants")));
    }
    Ok(after)
}

/// Returns whether a member of the family, or child welfare in its place under a care order, is among some people.
fn family_comes(people: &[Id<Person>], case: &CaseFacts) -> bool {
    let young_person = case.ground.family.has_own_record().then_some(case.child_person);
    let in_their_place = case.child_welfare_person();
    let mut family = case.guardians.iter().copied().chain(young_person).chain(in_their_place);
    family.any(|person| people.contains(&person))
}

/// Checks that the family, or child welfare in its place under a care order, is invited unless a reason is given.
pub(super) fn family_is_invited(people: &[Id<Person>], has_reason: bool, case: &CaseFacts) -> Result<()> {
    if has_reason || family_comes(people, case) {
        return Ok(());
    }
    Err(Problem::field("/family_absent_reason", "is required when no family member is invited"))
}

/// Checks that each person of a list belongs in it, and is listed once.
pub(super) fn each_once(
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

    fn case(child_is_of_age: bool) -> CaseFacts {
        CaseFacts::sample(if child_is_of_age { 16 } else { 9 })
    }

    fn fault<T: std::fmt::Debug>(result: Result<T>) -> String {
        let response = actix_web::ResponseError::error_response(&result.expect_err("refused"));
        let body = actix_web::body::MessageBody::try_into_bytes(response.into_body()).expect("a body");
        let document: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        document["errors"][0]["pointer"].as_str().unwrap_or_default().into()
    }

    #[test]
    fn staff_on_the_team_guardians_and_the_child_can_be_invited() {
        let case = case(false);
        let [worker, stranger] = [Id::new(), Id::new()];
        let guardian = case.guardians[0];
        let invited = |people: &[Id<Person>]| {
            participants(people, &Invitable { team: vec![worker], unknown: vec![] }, &case)
        };
        assert!(invited(&[worker, guardian, case.child_person]).is_ok());
        assert_eq!(fault(invited(&[])), "/participants");
        assert_eq!(fault(invited(&[worker, stranger])), "/participants/1");
        assert_eq!(fault(invited(&[worker, guardian, worker])), "/participants/2");
        assert_eq!(fault(invited(&[worker; 51])), "/participants");
    }

    #[test]
    fn the_family_is_invited_or_a_reason_is_given() {
        let small = case(false);
        let worker = Id::new();
        assert!(family_is_invited(&[worker, small.guardians[0]], false, &small).is_ok());
        assert!(family_is_invited(&[worker], true, &small).is_ok());
        assert_eq!(fault(family_is_invited(&[worker], false, &small)), "/family_absent_reason");
        // A small child alone does not count as the family; a young person who is old enough does.
        assert_eq!(
            fault(family_is_invited(&[worker, small.child_person], false, &small)),
            "/family_absent_reason"
        );
        let youth = case(true);
        assert!(family_is_invited(&[worker, youth.child_person], false, &youth).is_ok());
    }

    #[test]
    fn each_guardian_is_invited_or_has_a_reason() {
        let other = Id::of_new_person();
        let case = case(false).with(|case| case.guardians.push(other));
        let (mother, worker) = (case.guardians[0], Id::new());
        let all = |people: &[Id<Person>], given: &[Id<Person>], family: bool| {
            guardians_have_reasons(people, given, family, &case)
        };
        assert!(all(&[worker, mother, other], &[], false).is_ok());
        assert!(all(&[worker, mother], &[other], false).is_ok());
        assert!(all(&[worker], &[], true).is_ok(), "one reason for the family is for all of it");
        assert_eq!(fault(all(&[worker, mother], &[], false)), "/guardians_not_invited");
        assert_eq!(fault(all(&[worker, mother], &[], true)), "/guardians_not_invited", "one of them comes");
        assert_eq!(fault(all(&[worker], &[mother], false)), "/guardians_not_invited");
    }
}
