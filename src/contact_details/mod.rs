//! Contact details (kontaktopplysninger): where a child and its guardians are found, and how well that is protected.
//!
//! What is strictly confidential is not kept at all: raising the protection erases what was kept, in the same transaction,
//! and the database takes no row of it after that. From a guardian who does not live with a graded child, the child is hidden
//! altogether; that is decided with the facts of each request, in `access`.

mod dto;
mod routes;
pub(crate) mod rows;
mod rules;
mod store;

pub use routes::configure;
