//! Concerns (undring, bekymring; level 0): a worry about a child, before the guardians are asked.
//!
//! Only the author and the unit leader see a concern. It must be decided within a time limit, which is 14 days unless the
//! municipality's guide sets another. It may be anonymous. Those who wait (se an) set a day to look again with a reason, and the deadline
//! moves to it. The answer about a concern is the same whether another unit has a concern about the same child or not.

mod change;
mod dto;
mod factors;
mod routes;
pub(crate) mod rows;
mod store;
mod waiting;

pub use routes::configure;
