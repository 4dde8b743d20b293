//! Consents (samtykker): the exemption from secrecy on which a unit may join a case.
//!
//! A unit is covered when everyone who must consent has done so, and nothing is withdrawn or run out, today.
//! Withdrawing needs nothing but the right to, and counts from the very next request.

mod dto;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use routes::configure;
