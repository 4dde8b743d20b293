//! The municipality's units and the staff in them.

mod colleague;
mod dto;
mod proposal_routes;
mod proposals;
mod routes;
pub(crate) mod rows;
mod store;

pub use colleague::name_in_unit;
pub use dto::UnitOut;
pub use proposals::grant_or_extend;
pub use routes::configure;
pub use rows::Controller;
pub use store::{NewUnit, NotGranted, grant, insert_unit, latest_end, pass_on_batons_of, unit_names};
