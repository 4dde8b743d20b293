//! Reviews of the access log (loggkontroll): the auditor's worklist of looks that were picked at random or for an unusual
//! pattern, each with the reasons, a verdict and a note, and the report of a month.
//!
//! What is picked is a look by someone at work, never the family's at its own case. Nobody reviews a look of their own or about a
//! child they are too close to, nor learns that there is one to review. Reviews hold no content: who looked at which child
//! is in the entry, and goes with it.

mod dto;
mod month;
mod picking;
mod report;
mod routes;
mod settings;
mod store;

pub use picking::pick;
pub use routes::configure;
