//! Failures and log output of the commands and the demonstration.

use crate::config::LogFormat;

/// An error, in words for the terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The log level of the parser of HTTP.
const PARSER_QUIET: &str = "actix_http::h1::dispatcher=off";

/// Starts the log output.
pub(crate) fn start_logging(format: LogFormat, default_filter: &str) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_env("STAFETT_LOG").unwrap_or_else(|_| EnvFilter::new(default_filter));
    // It reports what strangers send, and connections that they close, as errors. We log each refusal ourselves.
    let filter = match PARSER_QUIET.parse() {
        Ok(quiet) => filter.add_directive(quiet),
        Err(_) => filter,
    };
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _already_started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
    };
}
