//! Reading of the access log: by auditors for their municipality, and by the family for their case.

mod csv;
mod dto;
mod export;
mod family;
mod fhir;
mod plain;
mod purpose;
mod routes;
mod scope;
mod statement;
mod store;
mod together;
mod tree;
mod unit;
mod visits;

pub use dto::{EntryOut, Outcome};
pub use purpose::purpose;
pub use routes::configure;
pub use store::entries;
