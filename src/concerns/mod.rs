//! Concerns (undring, bekymring; level 0): what worries someone about a child, before the home is asked.
//!
//! A concern is its author's and the nearest leader's, nobody else's. It must be decided within
//! a time limit, 14 days unless the municipality's guide says otherwise, and may be anonymous.

mod dto;
mod routes;
pub(crate) mod rows;
mod store;

pub use routes::configure;
