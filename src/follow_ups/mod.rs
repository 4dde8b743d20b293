//! Pending tasks and the people responsible: concerns to decide, measures to evaluate, next steps, referrals, meetings, handovers to answer,
//! consents that end, replies due from child welfare, emergency accesses to review, absences without a stand-in, and what others have stated.
//!
//! A follow-up states what is due and when, but contains no content.

mod absences;
mod care_orders;
mod dto;
mod places;
mod pregnancies;
mod referrals;
mod rights;
mod routes;
mod rows;
mod store;

pub use routes::configure;
