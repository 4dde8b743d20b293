//! Failures, files and log output of the commands and the demonstration.

pub(crate) mod values;

use std::path::Path;

use crate::config::{ConfigError, LogFormat};
pub(crate) use crate::kernel::files::in_words;

/// An error, in words for the terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The exit status of a command that could not do its work.
pub const FAILED: u8 = 1;
/// The exit status of a command that was not understood: an argument or a setting is wrong, and nothing was done.
pub const USAGE: u8 = 2;

/// An argument that is wrong. The text names the argument, what was given, and what is expected.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

impl Usage {
    /// The argument was given this, and something is wrong with it.
    pub(crate) fn of(argument: &str, given: impl std::fmt::Display, wrong: impl std::fmt::Display) -> Self {
        Self(format!("{argument} {given}: {wrong}"))
    }
}

/// Returns the exit status for a failure.
#[must_use]
pub fn status_of(failure: &Failure) -> u8 {
    if failure.is::<Usage>() || failure.is::<ConfigError>() { USAGE } else { FAILED }
}

/// Reads the file that an argument names.
pub(crate) fn read_file(argument: &str, path: &Path) -> Result<String, Usage> {
    std::fs::read_to_string(path).map_err(|error| Usage::of(argument, path.display(), in_words(&error)))
}

/// Starts the log output.
pub(crate) fn start_logging(format: LogFormat, default_filter: &str) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_env("STAFETT_LOG").unwrap_or_else(|_| EnvFilter::new(default_filter));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _already_started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
    };
}
