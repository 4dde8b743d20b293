//! Reading the access log: auditors their municipality's, the family who has looked at their case.

mod dto;
mod family;
mod routes;
mod store;
mod tree;

pub use routes::configure;
