//! Reports to child welfare (bekymringsmelding): a personal duty that goes before secrecy (bvl § 13-2 and its mirrors).
//!
//! A report lies with the unit that made it, outside the record of any case: neither the family nor those on a
//! team have a trace of it, and neither consent nor the state of a case stands in its way. The reporter and the leader of
//! the unit read it, and the leader of the child welfare unit that it was sent to.

mod dto;
mod duty;
mod routes;
mod rules;
mod store;

pub use duty::law_of;
pub use routes::configure;
pub use rules::{Awaited, AwaitedAnswer};
pub use store::awaited;
