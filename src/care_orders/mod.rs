//! Care orders (omsorgsovertakelse, flytteforbud): decisions by which child welfare decides for a child.
//!
//! From the day an order is in force, the parents see nothing here and their consents do not count. The person responsible
//! in child welfare sees the case and consents in their place, and foster parents see the case. When the order ends,
//! everything is as before at once. Information that the parents have a right to under the order is given outside this
//! record. `access` decides who may see what.

mod dto;
mod routes;
pub(crate) mod rows;
mod store;

pub use routes::configure;
