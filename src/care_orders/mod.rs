//! Care orders (vedtak etter barnevernsloven): decisions about where a child is and who decides for it.
//!
//! `data/care_orders.toml` states what follows from each kind, from the day an order is in force. If the child is taken into care, the
//! parents see nothing here and their consents do not count. The person responsible in child welfare sees the case and consents in
//! their place, and foster parents see the case. A voluntary placement leaves the parents everything. After its last day, an order
//! gives nobody a power, but the record stays closed. When the end is recorded, everything is as before at once. Information that
//! the parents have a right to under an order is given outside this record. Two people stand behind an order: the person who records it,
//! and the person responsible in child welfare, who accepts it. Until then nobody consents by it. `access` decides who may see what.

mod dto;
mod routes;
pub(crate) mod rows;
mod store;

pub use routes::configure;
