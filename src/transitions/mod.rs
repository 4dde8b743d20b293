//! The move of a record to another unit, as from kindergarten to school (overgang).
//!
//! The contact person plans it, everyone who must consent agrees and chooses which entries follow, and the other unit accepts. From then on
//! that unit keeps the record and holds the baton, and the unit before takes part only by consent (decision 41).

mod choices;
mod dto;
mod moving;
pub mod record;
mod routes;
mod rules;
mod sight;
mod store;

pub use dto::{TransitionOut, TransitionStatus};
pub use routes::configure;
