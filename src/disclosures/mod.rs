//! Disclosures without consent (utlevering), on a statutory basis.
//!
//! A disclosure records the entries, the recipient, the section of law and its version, the person who decided,
//! and the reason. It never opens the case. It contains the entries as they were and belongs to the unit that disclosed. For the
//! team it does not exist. The family is informed of it, at once or on a later day with a ground, unless it concerns a report or the duty
//! to avert. An objection by the patient prevents sharing among health personnel.

mod basis;
mod conditions;
mod dto;
mod informing;
mod informing_dto;
mod informing_log;
mod informing_store;
mod objections;
mod objections_store;
mod receivers;
mod routes;
mod store;

pub use basis::{Basis, bases};
pub use dto::{DisclosureBasis, Receiver};
pub use informing_log::inform;
pub use routes::configure;
