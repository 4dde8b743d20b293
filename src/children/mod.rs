//! Children and their guardians, as registered by the units that help them.
//!
//! Registrations are separate. It is confidential that a child is known to another unit, so entering a national identity
//! number never reveals whether it was entered before.

mod ages;
mod changes;
mod corrections;
mod dto;
mod guardians;
mod named;
mod pregnancy;
mod residence;
mod routes;
pub(crate) mod rows;
mod store;

pub use ages::date_of_birth;
pub use dto::GuardianIn;
pub use guardians::{OfChild, register as register_guardian};
pub use named::{NamedChild, named};
pub use pregnancy::{end_pregnancy, require_pregnant};
pub use routes::configure;
pub use store::{
    NewChild, NewGuardianship, identify, insert_guardianship, number, register, registrations_with,
};
