//! The basis of the benchmarks: the worlds of the tests, served as in production, and inexpensive clients.

mod client;
mod server;

pub use client::{Connection, Timings, request};
pub use server::{durability, is_durable, production, serve};
