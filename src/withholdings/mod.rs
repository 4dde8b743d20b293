//! Withholdings (unntatt fra innsyn): a case, or one note, measure or meeting, is withheld from a guardian on a legal
//! basis.
//!
//! For that guardian it does not exist, from the next request on. Nothing reveals that anything is withheld.

mod dto;
mod routes;
mod store;

pub use dto::{Withheld, WithholdingBasis};
pub use routes::configure;
pub use store::{NewWithholding, insert};
