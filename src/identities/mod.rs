//! National identity numbers that are added to people: a D-number becomes a national identity number, or a number is replaced.
//!
//! If the number belongs to another identity, the two become one: everything that goes by who a human is counts for both from then on.
//! Nobody does that alone. An administrator proposes the number, and another confirms it with the number from the population register.
//! A proposal does nothing. Nothing ends: accounts, seats and what people wrote stay.

mod dto;
mod routes;
mod store;

pub use dto::OwnNumber;
pub use routes::configure;
pub use store::added_to;
