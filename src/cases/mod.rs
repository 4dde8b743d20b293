//! Cases (stafettlogger): the record of the help a child gets. A case always has a contact person.
//!
//! A case is opened from a concern, in the unit of the person who decided it, and that person is its first contact
//! person (stafettholder). Team members and the family can read it. A closed case can only be read.

mod dto;
mod opening;
pub mod record;
mod routes;
pub(crate) mod rows;
mod store;

pub use dto::{AgreedWith, CaseEventKind, CaseEventOut, CaseOut};
pub use opening::{Agreement, Place, open};
pub use routes::configure;
pub use store::involved_cases;
