//! Disclosures without consent (utlevering), on a statutory basis.
//!
//! A disclosure records the entries, the recipient, the section of law and its version, the person who decided,
//! and the reason. It never opens the case. It contains the entries as they were and belongs to the unit that disclosed. For the
//! family and the team it does not exist. An objection by the patient prevents sharing among health personnel.

mod basis;
mod dto;
mod objections;
mod routes;
mod store;

pub use basis::{Basis, bases};
pub use dto::DisclosureBasis;
pub use routes::configure;
