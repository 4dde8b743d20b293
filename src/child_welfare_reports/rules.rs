//! Rules for the contents of a report, the order of replies, and the replies that are due.

use chrono::NaiveDate;

use super::{
    dto::{ReplyIn, ReplyOutcome, ReportIn},
    duty::{Duty, deadlines},
};
use crate::{
    kernel::{Id, ids::ChildWelfareReport},
    problem::{Problem, Result},
};

/// A reply that the law requires from child welfare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwaitedAnswer {
    /// Confirmation of receipt.
    Receipt,
    /// The result of the review.
    Review,
    /// The result of the investigation.
    Investigation,
}

/// A reply that has not arrived yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// The report.
    pub report: Id<ChildWelfareReport>,
    /// The reply.
    pub answer: AwaitedAnswer,
    /// The due date.
    pub due_on: NaiveDate,
}

/// Checks that a report identifies the child in one way, on valid grounds, and explains why guardians are not informed.
pub(super) fn check(report: &ReportIn, duty: &Duty, today: NaiveDate) -> Result<()> {
    match (&report.child_id, &report.child_description) {
        (None, None) => {
            return Err(Problem::field("/child_id", "is required unless child_description is present"));
        }
        (Some(_), Some(_)) => {
            return Err(Problem::field("/child_description", "is not allowed with child_id"));
        }
        _ => {}
    }
    if report.grounds.is_empty() {
        return Err(Problem::field("/grounds", "must contain at least one ground"));
    }
    for (at, ground) in report.grounds.iter().enumerate() {
        let pointer = format!("/grounds/{at}");
        if !duty.grounds.contains(ground) {
            return Err(Problem::field(
                pointer,
                format!("is not a ground for reporting by this unit ({})", duty.law),
            ));
        }
        if report.grounds[..at].contains(ground) {
            return Err(Problem::field(pointer, "is listed twice"));
        }
    }
    if report.sent_on > today {
        return Err(Problem::field("/sent_on", "must not be in the future"));
    }
    match (report.guardians_told, &report.guardians_not_told_reason) {
        (false, None) => {
            Err(Problem::field("/guardians_not_told_reason", "is required when guardians_told is false"))
        }
        (true, Some(_)) => {
            Err(Problem::field("/guardians_not_told_reason", "is not allowed when guardians_told is true"))
        }
        _ => Ok(()),
    }
}

/// Checks that a reply is consistent with earlier replies.
pub(super) fn check_reply(
    reply: &ReplyIn,
    before: &[ReplyOutcome],
    sent_on: NaiveDate,
    today: NaiveDate,
) -> Result<()> {
    let ReplyIn { outcome, followed_up, answered_on, .. } = reply;
    match (*outcome == ReplyOutcome::InvestigationClosed, followed_up) {
        (true, None) => return Err(Problem::field("/followed_up", format!("is required with {outcome}"))),
        (false, Some(_)) => {
            return Err(Problem::field("/followed_up", format!("is not allowed with {outcome}")));
        }
        _ => {}
    }
    if *answered_on > today || *answered_on < sent_on {
        return Err(Problem::field(
            "/answered_on",
            "must not be in the future or before the report was sent",
        ));
    }
    let opened = before.contains(&ReplyOutcome::InvestigationOpened);
    if before.contains(outcome) {
        return Err(Problem::conflict("this reply has already been recorded"));
    }
    match outcome {
        ReplyOutcome::InvestigationClosed if !opened => {
            Err(Problem::conflict("no investigation has been opened; record that first"))
        }
        ReplyOutcome::NotInvestigated if opened => Err(Problem::conflict("an investigation has been opened")),
        _ => Ok(()),
    }
}

/// Returns the replies to a report that have not arrived yet.
pub(super) fn awaited(
    report: Id<ChildWelfareReport>,
    sent_on: NaiveDate,
    answers: &[ReplyOutcome],
) -> Vec<Awaited> {
    let (came, days) = (|outcome| answers.contains(&outcome), deadlines());
    let mut awaited = Vec::new();
    if answers.is_empty() {
        awaited.push((AwaitedAnswer::Receipt, days.receipt(sent_on)));
    }
    if !came(ReplyOutcome::InvestigationOpened) && !came(ReplyOutcome::NotInvestigated) {
        awaited.push((AwaitedAnswer::Review, days.review(sent_on)));
    }
    if came(ReplyOutcome::InvestigationOpened) && !came(ReplyOutcome::InvestigationClosed) {
        awaited.push((AwaitedAnswer::Investigation, days.investigation(sent_on)));
    }
    awaited.into_iter().map(|(answer, due_on)| Awaited { report, answer, due_on }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn awaited_after(answers: &[ReplyOutcome]) -> Vec<AwaitedAnswer> {
        let sent = "2026-11-20".parse().expect("a day");
        awaited(Id::new(), sent, answers).into_iter().map(|awaited| awaited.answer).collect()
    }

    #[test]
    fn each_answer_ends_the_wait_for_it_and_an_opened_investigation_begins_another() {
        use AwaitedAnswer::{Investigation, Receipt, Review};
        use ReplyOutcome::{InvestigationClosed, InvestigationOpened, NotInvestigated, Received};
        assert_eq!(awaited_after(&[]), [Receipt, Review]);
        assert_eq!(awaited_after(&[Received]), [Review]);
        assert_eq!(awaited_after(&[Received, NotInvestigated]), []);
        assert_eq!(awaited_after(&[InvestigationOpened]), [Investigation]);
        assert_eq!(awaited_after(&[NotInvestigated, InvestigationOpened]), [Investigation]);
        assert_eq!(awaited_after(&[Received, InvestigationOpened, InvestigationClosed]), []);
    }

    #[test]
    fn an_answer_follows_upon_those_before_it() {
        let today = "2026-11-22".parse().expect("a day");
        let sent = "2026-11-20".parse().expect("a day");
        let fits = |outcome, followed_up, before: &[ReplyOutcome]| {
            let reply = ReplyIn { outcome, followed_up, answered_on: today, text: None };
            check_reply(&reply, before, sent, today).is_ok()
        };
        use ReplyOutcome::{InvestigationClosed, InvestigationOpened, NotInvestigated, Received};
        assert!(fits(Received, None, &[]) && !fits(Received, None, &[Received]));
        assert!(fits(InvestigationOpened, None, &[NotInvestigated]));
        assert!(!fits(NotInvestigated, None, &[InvestigationOpened]));
        assert!(!fits(InvestigationClosed, Some(true), &[Received]));
        assert!(fits(InvestigationClosed, Some(true), &[InvestigationOpened]));
        assert!(!fits(InvestigationClosed, None, &[InvestigationOpened]) && !fits(Received, Some(true), &[]));
    }
}
