//! Processing of every request: id, log line, durable access log entry, methods, compression and headers.

mod compression;
mod measured;
mod methods;
mod middleware;
mod paths;
mod refusing;
mod server;

pub use compression::compress_open;
pub use measured::measured;
pub use methods::every_method;
pub use middleware::{durable_look, protective_headers};
pub use paths::{Paths, no_such_route};
pub use server::{Limits, listen};
