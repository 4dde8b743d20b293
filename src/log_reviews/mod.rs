//! Reviews of the access log (loggkontroll): the auditor's list of entries selected at random or for an unusual pattern,
//! each with reasons, a verdict and a note, and the monthly report.
//!
//! Only access by staff is selected, never access by the family to its own case. Nobody reviews their own access, or access
//! to a child they are disqualified in relation to, or learns that there is such a review. Reviews contain no content: the
//! person and the child are in the entry, and are erased with it.

mod dto;
mod month;
mod picking;
mod report;
mod routes;
mod settings;
mod store;

pub use picking::pick;
pub use routes::configure;
