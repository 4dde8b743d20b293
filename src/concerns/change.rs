//! Changes of a concern. The wordings that a change replaces are kept.

use std::array::from_fn;

use super::{
    dto::{ConcernIn, ConcernOut, TEXTS},
    store, waiting,
};
use crate::{
    access::{Permit, actions::UpdateConcern},
    problem::{Problem, Result},
    wordings::{self, Change, Text},
};

/// Checks that a new concern has nothing of a change.
pub(super) fn is_none(content: &ConcernIn) -> Result<()> {
    let given = [("/change_reason", content.change_reason.is_some()), ("/strike_out", content.strike_out)];
    match given.into_iter().find(|(_, given)| *given) {
        Some((pointer, _)) => Err(Problem::field(pointer, "is allowed only in an update")),
        None => Ok(()),
    }
}

/// Changes a concern. Text that stays the same has no earlier wording.
pub(super) async fn make(
    permit: &mut Permit<UpdateConcern>,
    concern: &ConcernOut,
    content: &ConcernIn,
) -> Result<()> {
    let changes = changes(concern, content);
    let replaced: Vec<Text> =
        changes.iter().filter(|change| change.replaces).map(|change| change.text).collect();
    let is_moot = [("/strike_out", content.strike_out), ("/change_reason", content.change_reason.is_some())];
    if let Some((pointer, _)) = is_moot.into_iter().find(|(_, given)| *given && replaced.is_empty()) {
        return Err(Problem::field(pointer, wordings::NOTHING_NEW));
    }
    for text in &replaced {
        wordings::may_change(&concern.earlier, *text, content.strike_out)?;
    }
    // Words about another child are not for those who read about this one.
    let strike_out = content.strike_out || concern.gets_another_child(content.child_id);
    let change = Change {
        municipality: &concern.municipality,
        subject: concern.id.uuid(),
        reason: content.change_reason.as_deref(),
        strike_out,
        by: permit.caller().person,
        now: permit.moment().now,
    };
    wordings::keep(permit.tx(), &concern.key(), change, &replaced).await?;
    let moves = concern.child_id.is_some_and(|now| content.child_id != Some(now));
    if content.strike_out || moves {
        waiting::strike_out(permit.tx(), &concern.municipality, concern.id).await?;
    }
    Ok(store::update(permit.tx(), concern, content, changes.map(|change| change.is_new)).await?)
}

/// The effect of an update on a text of a concern.
#[derive(Debug, Clone, Copy)]
struct TextChange {
    text: Text,
    /// The words are others than before.
    is_new: bool,
    /// There were words before.
    replaces: bool,
}

fn changes(current: &ConcernOut, content: &ConcernIn) -> [TextChange; 8] {
    let (old, new) = (current.texts(), content.texts());
    from_fn(|at| {
        let is_new = new[at].as_deref() != old[at];
        TextChange { text: TEXTS[at], is_new, replaces: is_new && old[at].is_some() }
    })
}
