//! Claims: what another registration of a child states about it, or about the people who help it.
//!
//! A protected address or a care order closes at once what a guardian sees, and a guardianship closes what a member of staff who
//! does not help the child is shown. It does so for 14 days. The contact person and the auditor are notified, and decide whether
//! it is true: confirmed, it counts as long as it stands; rejected, it does not count. Nobody else learns of it, nor where it
//! was stated.

mod dto;
mod routes;
mod store;

pub use routes::configure;
pub use store::{Pending, pending_in, pending_with};
