//! The change from one next step of a case to the next.

use super::{
    dto::{NextStepChange, NextStepOutcome, NextStepSettling},
    rules::checked,
    store::{self, Settled},
};
use crate::{
    access::{Asker, Kinds, objects::CaseObject},
    db::Tx,
    kernel::{
        Id, Moment,
        ids::{NextStep, Person},
    },
    problem::{Problem, Result},
};

/// Settles the pending step of an open case, and sets the next. `at` is the place of the change in the body.
///
/// # Errors
/// 422 with each field that is wrong; 409 if another step is pending; or if the database query fails.
pub async fn change(
    tx: &mut Tx,
    (asker, case): (&Asker, &CaseObject),
    change: &NextStepChange,
    at: &str,
    (by, moment): (Id<Person>, Moment),
) -> Result<Id<NextStep>> {
    let NextStepChange { settles, outcome, reason, contains, next } = change;
    let outcome = match outcome {
        NextStepSettling::Done => NextStepOutcome::Done,
        NextStepSettling::Replaced => NextStepOutcome::Replaced,
    };
    let mut wrong: Vec<Problem> = Kinds::may_be_kept(at, Some(contains)).err().into_iter().collect();
    if outcome == NextStepOutcome::Replaced && reason.is_none() {
        wrong.push(Problem::field(format!("{at}/reason"), "is required when a step is replaced"));
    }
    if outcome == NextStepOutcome::Done
        && store::would_move(tx, case.facts.id, *settles, (&next.what, next.due_on)).await?
    {
        wrong.push(Problem::field(
            format!("{at}/next/what"),
            "is the step that is done: replace it with a reason to move its day",
        ));
    }
    let place = (&*case.facts.municipality, moment.today);
    let step = match checked(tx, place, Some((asker, case)), next, &format!("{at}/next")).await {
        Ok(step) if wrong.is_empty() => step,
        Ok(_) => return Err(Problem::together(wrong)),
        Err(problem) => {
            wrong.push(problem);
            return Err(Problem::together(wrong));
        }
    };
    let settled = Settled { step: Some(*settles), outcome, reason: reason.as_deref(), by };
    if !store::settle(tx, case.facts.place(), settled, moment.now).await? {
        return Err(Problem::conflict("another step is pending now; read the case again"));
    }
    Ok(store::begin(tx, case.facts.place(), step, by, moment.now).await?)
}
