//! Conflicts of interest (inhabilitet, fvl §§ 6 and 8) of people outside the child's family.
//!
//! Staff declare their own, or the contact person or their leader records one for a team member. From then on, the child,
//! in all its registrations, counts as the person's own family: no membership, no baton, no concern and no emergency
//! access. A leader of a unit where the person works can end it, but never the person. Declaring it does not reveal
//! whether the child is known.

mod dto;
mod routes;
mod store;

pub use routes::configure;
