//! Conflicts of interest (inhabilitet, fvl §§ 6 and 8) of people outside the child's family.
//!
//! Staff declare their own, and the contact person or their leader states one of a team member. A guardian, or the young person, can
//! demand a decision about a team member. It counts when the person has
//! declared it, or a leader of a unit where they work has recorded or confirmed it (fvl § 8). From then on, the child, in all its
//! registrations, counts as the person's own family: no membership, no baton, no concern and no emergency access. Such a leader can
//! end it, but never the person. Declaring it does not reveal whether the child is known.
//!
//! The person gives their view, and the leader answers within [`ANSWER_WITHIN`] with a reason, which the person and those who stated it
//! read. Where no leader of the unit can decide, a leader elsewhere in the municipality does (`crate::access`, decision 35). A
//! demand of a party closes nothing before it is decided.
//!
//! A person who is registered as a guardian has none by that alone. Their leader confirms or rejects it (`crate::claims`).

mod deciding;
mod dto;
mod of_unit;
mod recording;
mod routes;
mod store;

use chrono::TimeDelta;

pub use of_unit::{unconfirmed, unconfirmed_above};
pub use routes::configure;
pub use store::unanswered;

/// The time for the leader to decide, and for the person to give their view before. The law has no number: it is a careful interpretation
/// of "without undue delay" (fvl § 11 a).
pub const ANSWER_WITHIN: TimeDelta = TimeDelta::days(14);
