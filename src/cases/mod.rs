//! Cases (stafettlogger): the record of the help one child gets, with a contact person at every moment.
//!
//! A case opens from a concern, in the unit of the one who decided it, and that person is its first contact
//! person (stafettholder). It is read by those with a seat on the team and by the family; a closed case is only read.

mod dto;
mod routes;
pub(crate) mod rows;
mod store;

pub use dto::{AgreedWith, CaseOut, Level};
pub use routes::configure;
pub use store::{Agreement, Place, involved_cases, open};
