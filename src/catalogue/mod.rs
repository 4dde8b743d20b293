//! The public catalogue of a municipality: measures, arenas and guide, from `data/municipalities/`.

mod consent_texts;
mod dto;
mod import;
mod routes;
mod store;
pub(crate) mod whole;

pub use import::{ImportError, Imported, import, import_in};
pub use routes::configure;
