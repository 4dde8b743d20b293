//! Accounts: log-in and log-out, the caller's own account, and the accounts that administrators manage.

mod activation_routes;
mod activations;
mod code;
mod dto;
mod listing;
mod names;
mod passkey_dto;
mod passkey_log_in;
mod passkey_routes;
mod routes;
pub(crate) mod rows;
mod second_factor_routes;
mod session_routes;
mod store;
mod username;

pub use activations::{OperatorCode, make_for_operator};
pub use routes::configure;
pub use session_routes::configure as configure_sessions;
pub use store::{NewAccount, find_open_of, find_person, find_person_within, insert, is_open};
pub use username::{ChosenUsername, TypedUsername, Username};
