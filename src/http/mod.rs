//! Processing of every request: id, log line, durable access log entry and headers.

mod lines;
mod middleware;
mod paths;
mod stopping;

pub use lines::{Line, Lines};
pub use middleware::{durable_look, protective_headers};
pub use paths::{Paths, no_such_route};
pub use stopping::close_while_stopping;
