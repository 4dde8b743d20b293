//! Withholdings (unntatt fra innsyn): a case, or one note, measure or meeting, is withheld from a guardian on a legal
//! basis.
//!
//! For that guardian it does not exist, from the next request on. A ground belongs to a service (`data/withholdings.toml`). The guardian
//! gets a letter with the paragraph and how to complain, at once or from a later day, and nothing else reveals that anything is withheld.
//! A withholding has a day of review.

mod dto;
mod grounds;
mod letters;
mod routes;
mod sight;
mod store;

pub use dto::{LetterDelayIn, Withheld, WithholdingBasis};
pub use grounds::Owned;
pub use routes::{NOT_SEEN, check_ground, check_letter_delay, configure};
pub use sight::guardian_sees;
pub use store::{NewWithholding, insert};
