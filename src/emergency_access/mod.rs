//! Emergency access (nødrettstilgang): life or health is in danger, and someone without a seat reads one case for one hour.
//!
//! Nobody is asked first, so everybody is told after: it stands in the access log with the rule it rests on, the contact
//! person and their leader have a notice of it from the next request, and it stays open until another than the one who
//! opened it has reviewed it. It gives reading alone, and nothing to one who is too close to the child.

mod dto;
mod routes;
mod store;

pub use routes::configure;
