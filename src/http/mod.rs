//! What every request passes through: its id, its log line, its look made durable, its headers.

mod middleware;
mod paths;

pub use middleware::{durable_look, protective_headers};
pub use paths::{Paths, no_such_route};
