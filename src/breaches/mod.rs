//! Breaches (avvik): what follows when a look is found to have been without need. Each has dated steps: the registered person, the
//! leader, the controller and Datatilsynet are notified, or a reason is recorded why not (pjl § 22 a, GDPR art. 33 and 34).
//!
//! A verdict opens the breach in its own transaction. A breach has the id of the review or the emergency access that it comes
//! from. The auditors handle it, step by step; nobody handles the breach of their own look, or learns of it.

mod dto;
mod pending;
mod routes;
mod steps;
mod store;

pub use dto::BreachSource;
pub use pending::{PendingBreach, pending_in};
pub use routes::configure;
pub use store::{NewBreach, open};
