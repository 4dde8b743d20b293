//! Goals (mål): the results that the help in a case should reach.
//!
//! The contact person sets them. Everyone on the case and the family can read them. A goal is never erased: it is reached
//! or dropped, and the measures that served it still refer to it.

mod dto;
pub mod record;
mod routes;
pub(crate) mod rows;
mod store;

pub use dto::{GoalOut, GoalStatus};
pub use routes::configure;
