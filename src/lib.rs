//! Stafett: the one shared record that follows a child while several municipal services help.
//!
//! The map of the code is in `ARCHITECTURE.md`. Imports go one way:
//! kernel, vault, db, problem, identity, access, the capabilities, app.

pub mod access;
pub mod accounts;
pub mod app;
pub mod audit;
pub mod care_orders;
pub mod cases;
pub mod catalogue;
pub mod child_welfare_reports;
pub mod children;
pub mod cli;
pub mod concerns;
pub mod config;
pub mod conflicts_of_interest;
pub mod consents;
pub mod contact_details;
pub mod db;
pub mod demo;
pub mod disclosures;
pub mod emergency_access;
pub mod follow_ups;
pub mod generate;
pub mod goals;
pub mod handovers;
pub mod health;
pub mod housekeeping;
pub mod http;
pub mod identity;
pub mod kernel;
pub mod log_reviews;
pub mod log_tree;
pub mod measures;
pub mod meetings;
pub mod notes;
pub mod openapi;
pub mod organisation;
pub mod problem;
pub mod rules;
pub mod teams;
pub mod vault;
pub mod withholdings;
