//! The details of a registration after a correction.

use chrono::NaiveDate;

use super::{
    ages,
    dto::{ChildOut, ChildPatch},
};
use crate::{
    kernel::{NationalId, clock::day_in_norway, text::Line},
    problem::{Problem, Result},
};

/// The details of a registration after a correction.
#[derive(Debug)]
pub(super) struct NewDetails {
    /// The name, if it is corrected.
    pub name: Option<Line>,
    /// The national identity number, if it is corrected.
    pub national_id: Option<NationalId>,
    /// The date of birth.
    pub birth_date: NaiveDate,
    /// The due date.
    pub due_on: Option<NaiveDate>,
    /// The pregnant woman becomes the registered person instead of her unborn child, who was registered before that was wrong.
    pub replaces_unborn: bool,
}

/// Returns the details of a registration after a correction. `number` is the number that it has.
///
/// # Errors
/// 422 if the details do not fit each other.
pub(super) fn new_details(
    patch: ChildPatch,
    current: &ChildOut,
    number: Option<&NationalId>,
) -> Result<NewDetails> {
    let due_on = due_date(&patch, current)?;
    if current.is_unborn {
        identifies_her(&patch)?;
    } else if due_on != current.due_on {
        changes_nothing_else(&patch)?;
    }
    let ChildPatch { name, national_id, birth_date: stated, due_on: is_due, .. } = patch;
    let birth_date = match (&national_id, stated) {
        (Some(number), stated) => ages::date_of_birth(Some(number), stated)?,
        (None, Some(stated)) => ages::date_of_birth(number, Some(stated))?,
        (None, None) => current.birth_date,
    };
    let registered_on = day_in_norway(current.registered_at);
    let is_woman = current.is_unborn || ages::is_past_childhood(current.birth_date, registered_on);
    if birth_date != current.birth_date {
        let check = if is_woman { ages::check_woman } else { ages::check_child };
        check(birth_date, stated.is_some(), registered_on)?;
    }
    if let Some(due_on) = due_on {
        let pointer = match (is_due, stated) {
            (Some(_), _) => "/due_on",
            (None, Some(_)) => "/birth_date",
            (None, None) => "/national_id",
        };
        ages::check_due(birth_date, due_on, pointer)?;
    }
    let replaces_unborn = current.is_unborn;
    Ok(NewDetails { name, national_id, birth_date, due_on, replaces_unborn })
}

fn due_date(patch: &ChildPatch, current: &ChildOut) -> Result<Option<NaiveDate>> {
    match (patch.due_on, patch.pregnancy_ended) {
        (Some(_), true) => Err(Problem::field("/due_on", "is not allowed with pregnancy_ended")),
        (None, true) if current.due_on.is_none() => {
            Err(Problem::field("/pregnancy_ended", "requires a registration with a due date"))
        }
        (None, true) => Ok(None),
        (due_on, false) => Ok(due_on.or(current.due_on)),
    }
}

/// The reason for another due date is hidden from readers who see the other corrections, so it stands alone.
fn changes_nothing_else(patch: &ChildPatch) -> Result<()> {
    let others = [
        ("/name", patch.name.is_some()),
        ("/national_id", patch.national_id.is_some()),
        ("/birth_date", patch.birth_date.is_some()),
    ];
    match others.into_iter().find(|(_, given)| *given) {
        Some((pointer, _)) => Err(Problem::field(pointer, "is corrected by itself, without the due date")),
        None => Ok(()),
    }
}

/// An unborn child gives way to the pregnant woman, and is corrected in no other way.
fn identifies_her(patch: &ChildPatch) -> Result<()> {
    let is_known = patch.national_id.is_some() || patch.birth_date.is_some();
    let missing =
        [("/due_on", patch.due_on.is_none()), ("/name", patch.name.is_none()), ("/birth_date", !is_known)];
    match missing.into_iter().find(|(_, missing)| *missing) {
        Some((pointer, _)) => {
            let detail = "is required: until birth, the pregnant woman is the registered person";
            Err(Problem::field(pointer, detail))
        }
        None => Ok(()),
    }
}
