//! Concerns (undring, bekymring; level 0): a worry about a child, before the guardians are asked.
//!
//! Only the author and the unit leader see a concern. It must be decided within a time limit, which is 14 days unless the
//! municipality's guide sets another. It may be anonymous.

mod change;
mod dto;
mod routes;
pub(crate) mod rows;
mod store;

pub use routes::configure;
