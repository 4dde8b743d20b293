//! Notes (loggføringer): what those who help, and the family, write down in a case, never changed afterwards.
//!
//! The audience decides who reads a note: all on the case, those of one sector, or those of one unit. To others
//! it does not exist, so every row of the list is decided on its own.

mod dto;
mod readable;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use dto::NoteOut;
pub use readable::readable;
pub use routes::configure;
