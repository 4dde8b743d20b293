//! Requests for consent (samtykkeforespørsel): the contact person asks, and each person who must consent answers for themself.
//!
//! A yes is an ordinary consent. A no is recorded, with a reason that only its writer and the contact person see, and needs a next step.
//! A consent is renewed by another request before it ends (decision 42).

mod dto;
mod routes;
mod rules;
mod store;

pub use dto::{ConsentRequestOut, ConsentRequestStatus};
pub use routes::configure;
pub(crate) use store::withdraw_open;
