//! The output of commands. `println!` would panic if nobody reads it, as in `stafett … | head -1`.
//!
//! A command goes on with its work when nobody reads its output. If the output cannot be written for another reason, it fails
//! at its end.

use std::{
    fmt, io,
    io::Write,
    sync::atomic::{AtomicBool, Ordering},
};

use super::Failure;

static IS_LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line of a result to standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::terminal::output::print(format_args!("{}\n", format_args!($($text)*))) };
}
pub(crate) use say;

/// Prints text to standard output.
pub(crate) fn print(text: fmt::Arguments<'_>) {
    keep(io::stdout().lock().write_fmt(text));
}

/// Prints text to standard error, if anybody reads it.
pub(crate) fn aside(text: fmt::Arguments<'_>) {
    let mut errors = io::stderr().lock();
    let _unread = errors.write_fmt(text).and_then(|()| errors.flush());
}

fn keep(written: io::Result<()>) {
    if written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        IS_LOST.store(true, Ordering::Relaxed);
    }
}

/// Returns whether work ended because nobody reads its output any more.
pub(crate) fn is_unread(error: &Failure) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Writes what is left.
///
/// # Errors
/// If not all of the output could be written, and somebody reads it.
pub fn finish() -> Result<(), Failure> {
    keep(io::stdout().flush());
    match IS_LOST.load(Ordering::Relaxed) {
        true => Err("the result could not be written to standard output".into()),
        false => Ok(()),
    }
}
