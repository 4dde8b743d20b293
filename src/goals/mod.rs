//! Goals (mål): what the help in a case is meant to reach.
//!
//! The contact person sets them; everyone on the case, and the family, reads them. A goal is never erased:
//! it is reached or dropped, and the measures that served it still point to it.

mod dto;
mod routes;
pub(crate) mod rows;
mod store;

pub use dto::{GoalOut, GoalStatus};
pub use routes::configure;
