//! Stafett: the one shared record that follows a child while several municipal services help.
//!
//! The map of the code is in `ARCHITECTURE.md`. Imports go one way:
//! kernel, problem, db, identity, access, the capabilities, app.

pub mod access;
pub mod cases;
pub mod db;
pub mod http;
pub mod identity;
pub mod kernel;
pub mod problem;
