//! The calendar of rights (rettighetskalender): what a case loses within 90 days by the passing of time, and whose consent prevents it.
//!
//! A consent ends, the child comes of age, a care order begins or ends, a role ends. `access::facts::calendar` finds the days. The follow-ups
//! remind everyone who can act from 30 days before, and until it is settled.

mod dto;
mod routes;
mod store;

pub use routes::configure;
