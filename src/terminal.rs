//! Failures and log output of the commands and the demonstration.

use crate::{config::LogFormat, telemetry::Traces};

/// An error, in words for the terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The log level of the parser of HTTP.
const PARSER_QUIET: &str = "actix_http::h1::dispatcher=off";

/// Starts the log output.
pub(crate) fn start_logging(format: LogFormat, default_filter: &str) {
    start_logging_and_tracing(format, default_filter, None);
}

/// Starts the log output, and traces if they have a collector.
pub(crate) fn start_logging_and_tracing(format: LogFormat, default_filter: &str, traces: Option<&Traces>) {
    use tracing_subscriber::{
        EnvFilter, Layer, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
    };
    let filter = EnvFilter::try_from_env("STAFETT_LOG").unwrap_or_else(|_| EnvFilter::new(default_filter));
    // It reports what strangers send, and connections that they close, as errors. We log each refusal ourselves.
    let filter = match PARSER_QUIET.parse() {
        Ok(quiet) => filter.add_directive(quiet),
        Err(_) => filter,
    };
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let traces = traces.map(Traces::layer);
    let _already_started = registry().with(lines.with_filter(filter)).with(traces).try_init();
}
