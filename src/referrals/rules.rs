//! Rules for referrals, independent of the database.

use chrono::NaiveDate;

use super::dto::{
    ReferralAnswer, ReferralAnswerIn, ReferralEventKind, ReferralIn, ReferralOut, ReferralPatch,
    ReferralStatus, ReferralWithdrawalIn,
};
use crate::{
    access::{CaseFacts, Family},
    identity::Caller,
    kernel::{
        Id,
        ids::{Person, Unit},
        vocabulary::{InformationKind, Sector},
    },
    problem::{Problem, Result},
};

/// The days of a request: today, and the last day that can be waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    pub today: NaiveDate,
    pub latest: NaiveDate,
}

impl Day {
    fn wrong(self, expected_on: NaiveDate) -> Option<Problem> {
        let Self { today, latest } = self;
        if expected_on < today {
            return Some(Problem::field("/expected_on", "must not be before today"));
        }
        let detail = format!("must not be after {latest}, the longest time of the municipality");
        (expected_on > latest).then(|| Problem::field("/expected_on", detail))
    }
}

/// Where a referral is from and goes to, and the guardian that it is about.
#[derive(Debug)]
pub(crate) struct Sent<'a> {
    pub from: Id<Unit>,
    pub about: Option<Id<Person>>,
    pub to: Sector,
    /// The guardians who are registered with parental responsibility.
    pub responsible: &'a [Id<Person>],
}

/// Checks that the kind is not that of what the child said.
pub(crate) fn of_another_kind(kind: InformationKind) -> Result<()> {
    match kind {
        InformationKind::ChildStatement => {
            Err(Problem::field("/kind", "must be another kind: a note has what the child said"))
        }
        _ => Ok(()),
    }
}

/// Returns the people who agree to a referral, if it may be recorded.
pub(crate) fn sent(
    case: &CaseFacts,
    caller: &Caller,
    input: &ReferralIn,
    sent: &Sent<'_>,
    day: Day,
) -> Result<Vec<Id<Person>>> {
    let mut wrong: Vec<Problem> = day.wrong(input.expected_on).into_iter().collect();
    if input.agreed_on > input.sent_on {
        wrong.push(Problem::field("/agreed_on", "must not be after the day it was sent"));
    }
    match agreed(case, caller, input, sent) {
        Ok(people) if wrong.is_empty() => return Ok(people),
        Ok(_) => {}
        Err(problem) => wrong.push(problem),
    }
    Err(Problem::together(wrong))
}

/// Returns the people who agree, each named once. Everyone who must has agreed, of those that everyone on the team may know to decide.
fn agreed(case: &CaseFacts, caller: &Caller, input: &ReferralIn, sent: &Sent<'_>) -> Result<Vec<Id<Person>>> {
    let may_name = |person: Id<Person>| {
        let decides = case.child_welfare_person() == Some(person);
        let knows = case.relation.is_contact_person || caller.is(person);
        person == case.child_person || case.registered_guardians.contains(&person) || (decides && knows)
    };
    let mut people = Vec::new();
    for (number, named) in input.agreed_by.iter().enumerate() {
        let is_child = named.uuid() == case.child.uuid();
        let person = if is_child { case.child_person } else { *named };
        let refuse = |why: &str| Err(Problem::field(format!("/agreed_by/{number}"), why));
        if !may_name(person) {
            return refuse("must be a guardian of the child, or the child");
        }
        if people.contains(&person) {
            return refuse("is listed twice");
        }
        people.push(person);
    }
    let missing = must_agree(case, input.kind, sent).into_iter().any(|person| !people.contains(&person));
    if people.is_empty() || missing {
        let detail =
            "must name everyone who must consent to sharing this kind of information with such a service";
        return Err(Problem::field("/agreed_by", detail));
    }
    Ok(people)
}

/// Returns the people who must agree. The contact person knows who decides by a care order. For others on the team, it is the guardians
/// who are registered with parental responsibility: an answer must not show them that there is an order.
fn must_agree(case: &CaseFacts, kind: InformationKind, sent: &Sent<'_>) -> Vec<Id<Person>> {
    if let Some(person) = sent.about {
        return vec![person];
    }
    // The guardians may not know of it (pbrl §§ 3-4 and 4-3).
    if case.is_kept_from_guardians(sent.from) {
        return vec![case.child_person];
    }
    let family = &case.ground.family;
    if case.relation.is_contact_person {
        return family.consenters(kind, sent.to);
    }
    Family { guardians: sent.responsible.to_vec(), ..family.clone() }.consenters(kind, sent.to)
}

/// A change of a referral, and the event that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change<'a> {
    pub kind: ReferralEventKind,
    pub happened_on: NaiveDate,
    /// The day that is moved.
    pub from: Option<NaiveDate>,
    pub reason: Option<&'a str>,
    pub status: ReferralStatus,
    /// The day that is expected then.
    pub expected_on: Option<NaiveDate>,
    pub start_is_known: Option<bool>,
}

/// Checks that something is still expected.
fn waits(referral: &ReferralOut) -> Result<()> {
    match referral.expected_on {
        Some(_) => Ok(()),
        None => Err(Problem::conflict("the referral is answered or withdrawn")),
    }
}

fn wrong_happening(referral: &ReferralOut, pointer: &str, happened_on: NaiveDate) -> Option<Problem> {
    (happened_on < referral.sent_on)
        .then(|| Problem::field(pointer, "must not be before the day it was sent"))
}

/// Returns the change that an answer makes.
pub(crate) fn answered<'a>(
    referral: &ReferralOut,
    input: &'a ReferralAnswerIn,
    day: Day,
) -> Result<Change<'a>> {
    let ReferralAnswerIn { answer, answered_on, expected_on, start_is_known, reason, next_step, .. } = input;
    let mut wrong: Vec<Problem> =
        wrong_happening(referral, "/answered_on", *answered_on).into_iter().collect();
    let mut only_with = |field: &str, is_given: bool, is_wanted: bool, answer: &str| {
        if is_given != is_wanted {
            let verb = if is_wanted { "is required" } else { "is allowed only" };
            wrong.push(Problem::field(field, format!("{verb} with the answer {answer}")));
        }
    };
    let (accepts, refuses) = (*answer == ReferralAnswer::Accepted, *answer == ReferralAnswer::Refused);
    only_with("/expected_on", expected_on.is_some(), accepts, "accepted");
    only_with("/start_is_known", start_is_known.is_some(), accepts, "accepted");
    only_with("/next_step", next_step.is_some(), refuses, "refused");
    if refuses {
        only_with("/reason", reason.is_some(), true, "refused");
    }
    wrong.extend(expected_on.and_then(|expected_on| day.wrong(expected_on)));
    if !wrong.is_empty() {
        return Err(Problem::together(wrong));
    }
    waits(referral)?;
    let (kind, status) = match answer {
        ReferralAnswer::Received => (ReferralEventKind::Received, ReferralStatus::Received),
        ReferralAnswer::Accepted => (ReferralEventKind::Accepted, ReferralStatus::Accepted),
        ReferralAnswer::Started => (ReferralEventKind::Started, ReferralStatus::Started),
        ReferralAnswer::Refused => (ReferralEventKind::Refused, ReferralStatus::Refused),
    };
    let is_late = match answer {
        ReferralAnswer::Received => referral.status != ReferralStatus::Sent,
        ReferralAnswer::Accepted => referral.status == ReferralStatus::Accepted,
        ReferralAnswer::Started | ReferralAnswer::Refused => false,
    };
    if is_late {
        return Err(Problem::conflict("the referral has had this answer; move its day instead"));
    }
    let still = referral.expected_on.filter(|_| *answer == ReferralAnswer::Received);
    Ok(Change {
        kind,
        happened_on: *answered_on,
        from: None,
        reason: reason.as_deref(),
        status,
        expected_on: expected_on.or(still),
        start_is_known: *start_is_known,
    })
}

/// Returns the change that moves the expected day; none if the day stays.
pub(crate) fn moved<'a>(
    referral: &ReferralOut,
    patch: &'a ReferralPatch,
    day: Day,
) -> Result<Option<Change<'a>>> {
    let ReferralPatch { expected_on, reason, followed_up_by, .. } = patch;
    if expected_on.is_none() && followed_up_by.is_none() {
        return Err(Problem::field("", "must contain at least one field to change"));
    }
    let mut wrong = Vec::new();
    if expected_on.is_some() != reason.is_some() {
        let detail = if reason.is_none() {
            "is required when the day is moved"
        } else {
            "is allowed only with another day"
        };
        wrong.push(Problem::field("/reason", detail));
    }
    wrong.extend(expected_on.and_then(|expected_on| day.wrong(expected_on)));
    if expected_on.is_some() && *expected_on == referral.expected_on {
        wrong.push(Problem::field("/expected_on", "must be another day"));
    }
    if !wrong.is_empty() {
        return Err(Problem::together(wrong));
    }
    waits(referral)?;
    Ok(expected_on.map(|to| Change {
        kind: ReferralEventKind::DayMoved,
        happened_on: day.today,
        from: referral.expected_on,
        reason: reason.as_deref(),
        status: referral.status,
        expected_on: Some(to),
        start_is_known: referral.start_is_known,
    }))
}

/// Returns the change that withdraws it.
pub(crate) fn withdrawn<'a>(referral: &ReferralOut, input: &'a ReferralWithdrawalIn) -> Result<Change<'a>> {
    if let Some(problem) = wrong_happening(referral, "/withdrawn_on", input.withdrawn_on) {
        return Err(problem);
    }
    waits(referral)?;
    Ok(Change {
        kind: ReferralEventKind::Withdrawn,
        happened_on: input.withdrawn_on,
        from: None,
        reason: Some(&input.reason),
        status: ReferralStatus::Withdrawn,
        expected_on: None,
        start_is_known: None,
    })
}
