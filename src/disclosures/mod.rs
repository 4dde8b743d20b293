//! Disclosures without consent (utlevering): what leaves a case on a named statute.
//!
//! A disclosure says exactly which entries, to whom, on which paragraph in which wording, who decided and why; it never opens
//! the case. It keeps the entries as they were, lies with the unit that disclosed, and to the family and the team it
//! does not exist. An objection of the patient stands in the way of sharing among health personnel.

mod basis;
mod dto;
mod objections;
mod routes;
mod store;

pub use routes::configure;
