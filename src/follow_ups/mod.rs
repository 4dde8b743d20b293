//! What is due, and to whom: concerns to decide, measures to evaluate, meetings, handovers to answer, consents that run
//! out, answers that child welfare owes a reporter, emergencies to review.
//!
//! A follow-up says what and when, never content.

mod dto;
mod routes;
mod store;

pub use routes::configure;
