//! Conflicts of interest (inhabilitet, fvl §§ 6 and 8) of people outside the child's family.
//!
//! Staff declare their own, or the contact person or their leader records one for a team member. It counts when the person has
//! declared it, or a leader of a unit where they work has recorded or confirmed it (fvl § 8). From then on, the child, in all its
//! registrations, counts as the person's own family: no membership, no baton, no concern and no emergency access. Such a leader can
//! end it, but never the person. Declaring it does not reveal whether the child is known.
//!
//! A person who is registered as a guardian has none by that alone. Their leader confirms or rejects it (`crate::claims`).

mod dto;
mod routes;
mod store;

pub use routes::configure;
pub use store::unconfirmed;
