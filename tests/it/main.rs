//! The whole service, over HTTP, on both engines. How to write and run these tests: `tests/README.md`.

mod architecture;
mod support;

mod contract;
mod garbage;
mod schema;
mod sessions;
mod stories;
mod strict_input;

mod cast;
mod verify_elsewhere;

mod access_log;
mod access_log_readers;
mod access_log_search;
mod at_rest;
mod care_orders;
mod cases;
mod child_welfare_reports;
mod children;
mod command_line;
mod concerns;
mod confidentiality;
mod conflicts_of_interest;
mod consents;
mod contact_details;
mod demo;
mod disclosures;
mod document;
mod documents;
mod emergency_access;
mod explain;
mod follow_ups;
mod generate;
mod handovers;
mod idor;
mod involvement;
mod isolation;
mod kinds;
mod list_is_read;
mod log_grants;
mod log_proofs;
mod log_reviews;
mod log_tree;
mod log_unavailable;
mod measures;
mod meetings;
mod non_interference;
mod notes;
mod objections;
mod own_family;
mod races;
mod teams;
mod withheld;
mod withholdings;
