//! The municipality's units and the staff in them.

mod colleague;
mod dto;
mod routes;
pub(crate) mod rows;
mod store;

pub use colleague::name_in_unit;
pub use dto::UnitOut;
pub use routes::configure;
pub use store::{NewUnit, NotGranted, end_roles_of, grant, insert_unit};
