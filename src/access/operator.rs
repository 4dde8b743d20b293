//! Access-log entries about what an operator does at the command line. They are logged like requests to the API.

use chrono::{DateTime, Utc};

use super::Entry;

/// The client that these entries record.
const CLIENT: &str = "command-line";

impl Entry {
    /// Creates an entry about an action at the command line. Nobody is logged in there, so the entry records the account on
    /// the machine, if the environment has it.
    #[must_use]
    pub fn of_operator(action: &'static str, object_type: &'static str, at: DateTime<Utc>) -> Self {
        let mut entry = Self::of(None, action, object_type, at);
        entry.client = Some(client());
        entry.status = 200;
        entry
    }

    /// Creates an entry about an action on a municipality at the command line.
    #[must_use]
    pub fn of_operator_in(municipality: &str, action: &'static str, at: DateTime<Utc>) -> Self {
        let mut entry = Self::of_operator(action, "Municipality", at);
        entry.municipality = municipality.to_owned();
        entry.object_id = Some(municipality.to_owned());
        entry.decision.allowed = true;
        entry
    }
}

fn client() -> String {
    let account = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    match account.filter(|account| !account.is_empty()) {
        Some(account) => format!("{CLIENT} {account}"),
        None => CLIENT.to_owned(),
    }
}
