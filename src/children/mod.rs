//! Children and their guardians, as registered by the units that help them.
//!
//! Registrations are separate. It is confidential that a child is known to another unit, so entering a national identity
//! number never reveals whether it was entered before.

mod corrections;
mod dto;
mod named;
mod residence;
mod routes;
pub(crate) mod rows;
mod store;

pub use named::{NamedChild, named};
pub use routes::configure;
pub use store::{identify, number};
