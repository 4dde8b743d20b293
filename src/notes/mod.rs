//! Notes (loggføringer): entries in a case by those who help and by the family. A note is corrected or struck out, and keeps
//! its earlier wordings.
//!
//! The audience decides who may read a note: everyone on the case, members from one sector, or members from one unit. For
//! others it does not exist, so each row of the list is decided separately.

pub mod brought;
mod correction_routes;
mod dto;
mod readable;
mod readers_dto;
mod readers_routes;
pub mod record;
mod referral_routes;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use dto::{NoteAudience, NoteOut};
pub use readable::readable;
pub use routes::configure;
