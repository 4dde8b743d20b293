//! Stafett is the backend of a digital *stafettlogg*: the one shared record that follows a child while several services of a
//! Norwegian municipality help. It answers five questions: who holds the case, what was agreed, when is it evaluated, who
//! may see it and why, and who has looked.
//!
//! # How a request goes
//!
//! 1. [`app`] puts routes and middleware together. [`http`] gives the request an id and a log line.
//! 2. The handler in `routes.rs` of a capability takes a [`Permit`](access::Permit) for an
//!    [`Action`](access::actions::Action). Extracting it authenticates the [`Caller`](identity::Caller), opens a [`Tx`](db::Tx),
//!    finds the [`Object`](access::objects::Object) named in the path with the facts about it, asks the
//!    [`Policies`](access::Policies), and notes an [`Entry`](access::Entry) for the access log.
//! 3. The handler reads its input, calls its `store.rs`, and answers through the permit. A failure is a
//!    [`Problem`](problem::Problem).
//! 4. The answer leaves when its entry in the access log is durable. [`log_tree`] seals the entry within a second.
//!
//! There is no other way to a transaction, so a handler that forgets to ask does not compile. Operations open to strangers
//! take a [`Public`](access::Public), and are one list: [`access::public`].
//!
//! # Where things are
//!
//! Imports go one way, from the top of this table to its end. A test checks it.
//!
//! | layer | modules |
//! |---|---|
//! | values | [`kernel`]: ids, clock, text, pages, closed lists of words |
//! | storage | [`vault`]: keys and sealed text · [`db`]: SQLite and PostgreSQL from one SQL text · [`log_tree`]: the signed tree |
//! | edges | [`problem`]: errors and strict input · [`identity`]: passwords, tokens, sessions, the caller |
//! | **access** | [`access`]: facts, objects, actions, rules, permits, the access log |
//! | the child | [`children`] · [`contact_details`] · [`care_orders`] · [`concerns`] |
//! | the case | [`cases`] · [`consents`] · [`consent_requests`] · [`rights_calendar`] · [`teams`] · [`handovers`] · [`transitions`] · [`goals`] · [`measures`] · [`meetings`] · [`notes`] · [`referrals`] · [`wordings`] · [`withholdings`] · [`follow_ups`] · [`records`] |
//! | exceptions | [`emergency_access`] · [`conflicts_of_interest`] · [`child_welfare_reports`] · [`disclosures`] |
//! | control | [`audit`]: the access log for auditors and families · [`log_reviews`] · [`breaches`] · [`rules`] |
//! | the municipality | [`organisation`] · [`absences`] · [`accounts`] · [`identities`] · [`catalogue`] · [`health`] |
//! | the program | [`app`] · [`openapi`] · [`http`] · [`telemetry`] · [`housekeeping`] · [`config`] · [`backup`] · [`processing_record`] · [`demo`] · [`cli`] |
//!
//! # Where a change belongs
//!
//! - **A new field of an answer**: the `Out` type in `dto.rs` and the `SELECT` in `store.rs` of its capability. Decide who may see
//!   it before you add it. Sealed text is also named in [`db::SEALED`].
//! - **A new rule**: a file in `policies/`, with law and summary. A fact that it needs is computed with the other facts of
//!   [`access`], passed by the [`Object`](access::objects::Object), and declared in the schema.
//! - **A new list**: a query in `store.rs` that finds candidates by membership, decided row by row by the rule for reading one
//!   row ([`Permit::page`](access::Permit::page)).
//! - **A new operation**: a row in [`access::actions`], an action in the schema, a rule, a handler, and a line in the tables of
//!   `tests/confidentiality`.
//! - **A new way to fail**: a row in the table of [`problem`].
//! - **A new closed list of words**: [`kernel::vocabulary`].
//!
//! `ARCHITECTURE.md` describes the parts, `docs/decisions` gives the reasons, and `CONTRIBUTING.md` has the steps.

pub mod absences;
pub mod access;
pub mod accounts;
pub mod app;
pub mod audit;
pub mod backup;
pub mod births;
pub mod breaches;
pub mod care_orders;
pub mod cases;
pub mod catalogue;
pub mod child_welfare_reports;
pub mod children;
pub mod claims;
pub mod cli;
pub mod concerns;
pub mod config;
pub mod conflicts_of_interest;
pub mod consent_requests;
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
pub mod identities;
pub mod identity;
pub mod kernel;
pub mod log_reviews;
pub mod log_tree;
pub mod measures;
pub mod meetings;
pub mod next_steps;
pub mod notes;
pub mod openapi;
mod operations;
pub mod organisation;
pub mod problem;
pub mod processing_record;
pub mod records;
pub mod referrals;
pub mod rights_calendar;
pub mod rules;
pub mod teams;
pub mod telemetry;
mod terminal;
pub mod transitions;
pub mod vault;
pub mod waiting_times;
pub mod withholdings;
pub mod wordings;
