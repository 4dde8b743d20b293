//! Children and their guardians, as the staff who help them have registered them.
//!
//! Each registration is its own: that a child is already known to another unit is a secret, so giving a
//! national identity number never tells whether it was given before.

mod dto;
mod named;
mod routes;
pub(crate) mod rows;
mod store;

pub use named::{NamedChild, named};
pub use routes::configure;
pub use store::{find_person, identify};
