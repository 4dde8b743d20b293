//! Meetings (samarbeidsmøter): called by a team member, with the family invited unless a reason is given.
//!
//! The minutes are recorded once and state who attended and what was decided. A decision can create a measure at the same
//! time. The participants who attended approve the minutes.

mod arenas;
mod dto;
pub mod record;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use dto::{MeetingOut, MeetingStatus};
pub use routes::configure;
