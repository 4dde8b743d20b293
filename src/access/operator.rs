//! What the one who runs the service does from its machine: an entry of the access log, like what is done over the API.

use chrono::{DateTime, Utc};

use super::Entry;

/// From where it was done.
const CLIENT: &str = "command-line";

impl Entry {
    /// An entry about what is asked for at the command line. Nobody is logged in there: it has the account of the machine,
    /// where the machine tells.
    #[must_use]
    pub fn of_operator(action: &'static str, object_type: &'static str, at: DateTime<Utc>) -> Self {
        let mut entry = Self::of(None, action, object_type, at);
        entry.client = Some(client());
        entry.status = 200;
        entry
    }

    /// An entry about what is done to a municipality from the command line.
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
