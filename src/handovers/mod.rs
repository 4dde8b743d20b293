//! Handover of the baton (stafettpinnen): the contact person keeps it until the recipient accepts.
//!
//! If the contact person loses the right to hold it, because a consent is withdrawn or a role ends, the leader of their unit or, where that
//! unit is no longer covered, of the unit that keeps the record takes over at once, so that no case is ever without a contact person. A sweep every five minutes
//! finds rights lost by the passing of time, for example when a consent expires. Measures and the next step of someone who loses access
//! pass to the contact person in the same way.
//!
//! While a contact person is away, another stands in. That is a handover, too, and the baton returns afterwards.

mod absence;
mod dto;
mod fall_back;
mod give_back;
pub mod record;
mod routes;
pub(crate) mod rows;
mod store;
mod sweep;

pub use absence::{Away, change_stand_in, come_back, go_on, stand_in};
pub use dto::{HandoverOut, HandoverStatus};
pub use fall_back::{Pass, if_ground_is_lost, of_child, of_conflict, of_person, pass};
pub use give_back::give_back;
pub use routes::configure;
pub use sweep::{sweep, sweep_duties};
