//! Texts that were agreed, and their earlier wordings. A correction keeps what it replaces, with the person, the time and the reason. A
//! wording that is struck out is kept for inspection and shown to nobody. The database refuses to change such a text unless its
//! earlier wording is kept (migration 0038).

mod dto;
mod store;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use dto::{CorrectionIn, EarlierWordingOut, SeesWho, StrikeOutIn, WordingPart};
pub(crate) use store::{Change, Text, hold_still, keep, of_case, of_these, strike_out};

use crate::{
    kernel::{Id, ids::Person},
    problem::{Problem, Result},
};

/// Why a reason alone is refused.
pub(crate) const NOTHING_NEW: &str = "is kept with words that are replaced, and there are none";

/// Why a striking out alone is refused.
pub(crate) const NOTHING_STRUCK: &str = "is allowed only with new words that replace others";

/// The number of earlier wordings that one text has at most.
const MOST: usize = 20;
/// The same where words are struck out: that must be possible long after.
const MOST_STRUCK: usize = 100;

/// Checks that a text may get another wording.
///
/// # Errors
/// 409 if it has as many as it can.
pub(crate) fn may_change(earlier: &[EarlierWordingOut], text: Text, strike_out: bool) -> Result<()> {
    let of_text = earlier.iter().filter(|wording| wording.part == text.part());
    if of_text.count() < if strike_out { MOST_STRUCK } else { MOST } {
        Ok(())
    } else {
        Err(Problem::conflict("the text has been changed too often"))
    }
}

/// A text that a change replaces by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reworded<'a> {
    reason: &'a str,
    pub strike_out: bool,
}

impl<'a> Reworded<'a> {
    /// The change of a subject, by a person at a time.
    pub(crate) fn of(
        self,
        municipality: &'a str,
        subject: Uuid,
        (by, now): (Id<Person>, DateTime<Utc>),
    ) -> Change<'a> {
        let Self { reason, strike_out } = self;
        Change { municipality, subject, reason: Some(reason), strike_out, by, now }
    }
}

/// Returns how a change replaces a text, if it does: the same words again replace nothing, and neither do the first.
///
/// # Errors
/// 422 if a replacement has no reason, or a striking out replaces nothing.
pub(crate) fn reworded<'a>(
    (new, old): (Option<&str>, Option<&str>),
    (reason, strike_out): (Option<&'a str>, bool),
) -> Result<Option<Reworded<'a>>> {
    let replaces = old.is_some() && new.is_some() && new != old;
    match (replaces, reason) {
        (true, Some(reason)) => Ok(Some(Reworded { reason, strike_out })),
        (true, None) => Err(Problem::field("/reason", "is required when words are replaced")),
        (false, _) if strike_out => Err(Problem::field("/strike_out", NOTHING_STRUCK)),
        (false, _) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_words_have_a_reason() {
        let why = Some("The name was wrong.");
        let kept = |strike_out| Some(Reworded { reason: "The name was wrong.", strike_out });
        assert_eq!(reworded((Some("New."), Some("Old.")), (why, false)).expect("a change"), kept(false));
        assert_eq!(reworded((Some("New."), Some("Old.")), (why, true)).expect("a change"), kept(true));
        assert_eq!(reworded((Some("New."), None), (None, false)).expect("the first words"), None);
        assert_eq!(reworded((Some("Old."), Some("Old.")), (why, false)).expect("no change"), None);
        assert_eq!(reworded((None, Some("Old.")), (None, false)).expect("no change"), None);
        assert!(reworded((Some("New."), Some("Old.")), (None, false)).is_err());
        assert!(reworded((None, Some("Old.")), (why, true)).is_err());
        assert!(reworded((Some("New."), None), (why, true)).is_err());
    }
}
