//! Emergency access (nødrettstilgang): when life or health is in danger, a staff member who is not on the team may read one
//! case for one hour.
//!
//! Nobody approves it beforehand, so it is made known afterwards. The access log records it with its rule. The contact
//! person and their leader are notified from the next request. It remains open until someone else has reviewed it. It
//! allows reading only, and nothing to anyone disqualified in relation to the child.

mod dto;
mod routes;
mod store;

pub use routes::configure;
