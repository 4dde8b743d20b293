//! The team of a case: staff from the unit that opened it, and from units that everyone who must has consented to.

mod dto;
mod routes;
pub(crate) mod rows;
mod store;

pub use routes::configure;
pub use store::{
    NewSeat, Seat, end_seats_of_person, end_seats_of_unit, not_to_be_known, seat, seats, seats_known,
};
