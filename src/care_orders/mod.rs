//! Care orders (omsorgsovertakelse, flytteforbud): decisions by which child welfare decides for a child.
//!
//! From the day an order is in force, the parents see nothing here and their consents count no longer; the one responsible in
//! child welfare sees the case and consents in their place, and foster parents see it. When it ends, all is as before, at once.
//! What the parents have a right to under the order goes outside this record. Who sees what is decided in `access`.

mod dto;
mod routes;
pub(crate) mod rows;
mod store;

pub use routes::configure;
