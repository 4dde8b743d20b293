//! What is withheld from a guardian (unntatt fra innsyn): a whole case, or one note,
//! measure or meeting, on a named legal basis.
//!
//! To that guardian it does not exist, from the very next request, and nothing tells that anything is withheld.

mod dto;
mod routes;
mod store;

pub use dto::{Withheld, WithholdingBasis};
pub use routes::configure;
pub use store::{NewWithholding, insert};
