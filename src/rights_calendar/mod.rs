//! The calendar of rights (rettighetskalender): what a case loses within 90 days by the passing of time, and whose consent is needed then.
//!
//! A consent ends, the child comes of age, another must consent, a role ends. `access::facts::calendar` finds the days. The follow-ups remind
//! those who can act from 30 days before.

mod dto;
mod routes;
mod store;

pub use routes::configure;
