//! Handover of the baton (stafettpinnen): offered, and the holder's until another has accepted it.
//!
//! If the holder loses the right to hold it — a consent withdrawn, a role ended — the baton goes at once
//! to the leader of the unit that opened the case, so that no case is ever without a contact person. What is
//! lost by the mere passing of time, as when a consent runs out, is found by a sweep every five minutes.

mod dto;
mod fall_back;
mod routes;
pub(crate) mod rows;
mod store;
mod sweep;

pub use fall_back::{if_ground_is_lost, of_child, of_conflict, of_person};
pub use routes::configure;
pub use sweep::sweep;
