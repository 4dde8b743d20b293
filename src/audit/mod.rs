//! Reading the access log: auditors their municipality's, the family who has looked at their case.

mod dto;
mod routes;
mod store;

pub use routes::configure;
