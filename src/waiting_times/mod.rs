//! Waiting times (hjelpens klokke): how long it takes from a concern to help, and why.
//!
//! The days come from what is recorded in the case, as far as the reader may know of it: a hidden measure shortens no wait. The
//! contact person records why the family waits.

mod days;
mod dto;
pub mod record;
mod routes;
mod store;

pub use dto::{HelpStep, WaitReasonOut};
pub use routes::configure;
