//! What the benchmarks stand on: the worlds of the tests, served as in production, and clients that cost little.

mod client;
mod server;

pub use client::{Connection, Timings, request};
pub use server::{durability, is_durable, production, serve};
