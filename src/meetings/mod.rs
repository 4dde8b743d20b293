//! Meetings (samarbeidsmøter): called by someone on the team, with the family unless a reason is given, and
//! with minutes written once for all.
//!
//! Minutes say who came and what was decided; a decision can become a measure in the same breath. Those who were
//! there approve them.

mod dto;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use routes::configure;
