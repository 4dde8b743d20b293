//! Contact details (kontaktopplysninger) of a child and its guardians, and the protection of the address.
//!
//! Strictly confidential details are never stored: raising the protection erases them in the same transaction, and the
//! database then refuses rows. A guardian who does not live with a child with a protected address may not know of the child
//! at all; `access` decides that with the facts of each request.

mod dto;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use routes::configure;
pub use store::protect_like;
