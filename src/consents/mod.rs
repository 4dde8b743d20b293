//! Consents (samtykker): the exemption from the duty of secrecy that allows a unit to join a case.
//!
//! A unit is covered if everyone who must consent has done so, and no consent has been withdrawn or has expired today.
//! A withdrawal requires nothing but the right to withdraw, and has effect from the next request.

mod dto;
mod preview_dto;
mod preview_routes;
pub mod record;
mod routes;
pub(crate) mod rows;
pub(crate) mod rules;
pub(crate) mod store;

pub use dto::{ConsentForm, ConsentOut};
pub(crate) use routes::LANGUAGE;
pub use routes::configure;
pub(crate) use rules::{NOT_ASKED, form};
