//! Conflicts of interest (inhabilitet, fvl §§ 6 and 8): someone who is too close to a child, beside its family.
//!
//! One declares it oneself, or the contact person or their leader records it of one on the team. From then on the child, in
//! every registration of it, is as own family is: no seat, no baton, no concern, no emergency. It is ended by a leader of
//! a unit where the person works, never by the person. To declare it tells nothing of whether the child is known.

mod dto;
mod routes;
mod store;

pub use routes::configure;
