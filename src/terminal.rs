//! Failures, files and log output of the commands and the demonstration.
//!
//! Log lines are written by a thread of their own. If nobody reads them, or the disk is full, lines are dropped and counted:
//! diagnostics must not stop the service.

pub(crate) mod output;
pub(crate) mod values;

use std::{
    io::{self, Write},
    path::Path,
    sync::{
        atomic::Ordering,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt,
    fmt::MakeWriter,
    layer::{Filter, SubscriberExt},
    registry,
    util::SubscriberInitExt,
};

pub(crate) use crate::kernel::files::in_words;
use crate::{
    config::{ConfigError, LogFormat},
    db::DbError,
    kernel::background::DROPPED_LOG_LINES,
    telemetry::Traces,
};

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

/// Names the argument or the setting whose database cannot be opened.
pub(crate) fn in_address(named: &str, error: DbError) -> Failure {
    match error {
        DbError::Unreachable { .. } => format!("{named}: {error}").into(),
        DbError::Address(_) => Usage(format!("{named}: {error}")).into(),
        error => error.into(),
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

/// Log lines that may wait for the thread that writes them.
const WAITING: usize = 8192;
/// How long the last lines may take when the program ends.
const LAST_LINES: Duration = Duration::from_secs(1);

enum Message {
    Line(Vec<u8>),
    /// All lines before this one are written.
    Written(SyncSender<()>),
}

/// The queue of log lines. Each write is one line.
#[derive(Clone)]
struct Lines(SyncSender<Message>);

impl Lines {
    fn start(mut to: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&receiver, &mut to))?;
        Ok(Self(sender))
    }

    /// Waits for the lines so far, if somebody takes them.
    fn finish(&self) {
        let (written, is_written) = sync_channel(1);
        if self.0.try_send(Message::Written(written)).is_ok() {
            let _in_time = is_written.recv_timeout(LAST_LINES);
        }
    }
}

fn write_all(lines: &Receiver<Message>, to: &mut impl Write) {
    for message in lines {
        match message {
            Message::Line(line) => {
                if to.write_all(&line).is_err() {
                    DROPPED_LOG_LINES.fetch_add(1, Ordering::Relaxed);
                }
            }
            Message::Written(told) => drop(told.try_send(())),
        }
    }
}

impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.0.try_send(Message::Line(line.to_vec())).is_err() {
            DROPPED_LOG_LINES.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

/// The log output. The last lines are written when it is dropped.
pub(crate) struct LogOutput(Lines);

impl Drop for LogOutput {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// Its lines can contain credentials and challenges of passkeys.
const SILENT: &str = "webauthn_rs";

/// Returns the filter without lines that are never written, whatever the operator asks for.
fn discreet<S>(filter: EnvFilter) -> impl Filter<S> {
    filter.and(filter_fn(|line| !line.target().starts_with(SILENT)))
}

/// Starts the log output.
pub(crate) fn start_logging(format: LogFormat, default_filter: &str) -> Result<LogOutput, Failure> {
    start_logging_and_tracing(format, default_filter, None)
}

/// Starts the log output, and traces if they have a collector.
pub(crate) fn start_logging_and_tracing(
    format: LogFormat,
    default_filter: &str,
    traces: Option<&Traces>,
) -> Result<LogOutput, Failure> {
    let filter = match std::env::var("STAFETT_LOG") {
        Ok(filter) => EnvFilter::try_new(&filter).map_err(|_| {
            Usage::of("STAFETT_LOG", filter, "must be a filter of log lines, such as info or info,sqlx=debug")
        })?,
        Err(_) => EnvFilter::new(default_filter),
    };
    let lines = Lines::start(io::stderr())?;
    let written = fmt::layer().log_internal_errors(false).with_writer(lines.clone());
    let written = match format {
        LogFormat::Text => written.boxed(),
        LogFormat::Json => written.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let traces = traces.map(Traces::layer);
    let _already_started = registry().with(written.with_filter(discreet(filter))).with(traces).try_init();
    Ok(LogOutput(lines))
}

/// Logs a panic with its place alone from now on: its message may contain content.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}

#[cfg(test)]
mod tests {
    use tracing::{Level, enabled, subscriber::with_default};

    use super::*;

    /// Nothing can be written to it.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Nobody reads it.
    struct Stalled(Receiver<()>);

    impl Write for Stalled {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let _the_end = self.0.recv();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_passkeys_say_is_never_written() {
        let filter = EnvFilter::new("trace,webauthn_rs_core::internals=trace");
        with_default(
            registry().with(fmt::layer().with_writer(io::sink).with_filter(discreet(filter))),
            || {
                assert!(!enabled!(target: "webauthn_rs_core::internals", Level::ERROR));
                assert!(!enabled!(target: "webauthn_rs", Level::ERROR));
                assert!(enabled!(target: "stafett::identity", Level::TRACE));
            },
        );
    }

    #[test]
    fn lines_that_cannot_be_written_are_dropped_and_counted() {
        let before = DROPPED_LOG_LINES.load(Ordering::Relaxed);
        let lines = Lines::start(Full).expect("a thread");
        for _ in 0..3 {
            (&lines).write_all(b"a line\n").expect("no failure");
        }
        lines.finish();
        assert!(DROPPED_LOG_LINES.load(Ordering::Relaxed) >= before + 3);

        let (_end, stalled) = sync_channel(0);
        let lines = Lines::start(Stalled(stalled)).expect("a thread");
        for _ in 0..WAITING + 10 {
            (&lines).write_all(b"a line\n").expect("no wait and no failure");
        }
        assert!(DROPPED_LOG_LINES.load(Ordering::Relaxed) >= before + 3 + 9);
    }
}
