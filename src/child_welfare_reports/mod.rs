//! Reports to child welfare (bekymringsmelding): a personal duty that overrides the duty of secrecy (bvl § 13-2 and
//! corresponding sections).
//!
//! A report belongs to the unit that made it, outside the record of any case. It leaves no trace for the family or the
//! team, and neither consent nor the status of a case can prevent it. The reporter, the leader of the unit and the leader
//! of the child welfare unit that received it may read it.

mod dto;
mod duty;
mod routes;
mod rules;
mod store;

pub use duty::{Duty, duties, law_of};
pub use routes::configure;
pub use rules::{Awaited, AwaitedAnswer};
pub use store::awaited;
