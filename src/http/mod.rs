//! Processing of every request: id, log line, durable access log entry, methods, compression and headers.

mod compression;
mod lines;
mod measured;
mod methods;
mod middleware;
mod paths;
mod refusing;
mod server;
mod stopping;
mod template;

pub use compression::compress_open;
pub use lines::Lines;
pub use measured::measured;
pub use methods::every_method;
pub use middleware::{durable_look, protective_headers};
pub use paths::{Paths, no_such_route};
pub use server::{Limits, Stop, listen};
pub use stopping::close_while_stopping;
pub use template::Template;
