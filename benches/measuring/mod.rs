//! The basis of the benchmarks: the worlds of the tests, served as in production, and inexpensive clients.

mod bare;
mod client;
mod load;
mod program;
mod server;

pub use bare::serve_bare;
pub use client::{Connection, Timings, request};
pub use load::{Block, block_of, median, number};
pub use program::Program;
pub use server::{durability, is_durable, production, serve};
