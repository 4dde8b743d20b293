//! The team of a case: staff of the unit that opened it, and of units that everyone who must has consented to.

pub(crate) mod absence;
mod dto;
pub(crate) mod duties;
mod helpers;
pub mod record;
mod referrals;
mod routes;
pub(crate) mod rows;
mod store;

pub use dto::TeamMemberOut;
pub use duties::pass_on_duties;
pub use helpers::{current_members, helpers};
pub use routes::configure;
pub use store::{
    NewSeat, Seat, end_seat_of, end_seats_of_person, end_seats_of_units, from_child_welfare, left_since,
    not_to_be_known, seat, seats, seats_known, works_there,
};
