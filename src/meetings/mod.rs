//! Meetings (samarbeidsmøter): called by a team member, with the family invited unless a reason is given.
//!
//! Each guardian is invited, or has a reason. A planned meeting can be moved or cancelled with a reason, and its invitations changed.
//! The minutes are recorded once. A correction keeps what it replaces. They state who attended, also without being called, and what was decided, or why nothing was. A
//! decision can create a measure at the same time. The participants who attended approve the minutes.

mod arenas;
mod change_routes;
mod changes;
mod dto;
mod invitations;
mod parts;
pub mod record;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use dto::{MeetingOut, MeetingStatus};
pub use parts::PresentRole;
pub use routes::configure;
