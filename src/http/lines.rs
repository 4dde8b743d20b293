//! The log lines of requests. Those of strangers are bounded: anyone could otherwise fill the disk.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// The lines about strangers' requests in a minute.
const LINES: u32 = 600;

/// The lines of this minute.
#[derive(Debug)]
pub struct Lines(Mutex<Minute>);

#[derive(Debug)]
struct Minute {
    number: i64,
    written: u32,
    left_out: u64,
}

/// Whether a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    /// Whether the line is within the bound.
    is_written: bool,
    /// The lines of the minutes before that were left out, if they have not been reported.
    left_out: u64,
}

impl Lines {
    /// Creates the count.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Minute { number: 0, written: 0, left_out: 0 }))
    }

    /// Counts a line, and returns whether it is written. Logs how many were left out before.
    pub fn take(&self, now: DateTime<Utc>) -> bool {
        let line = self.next(now);
        if line.left_out > 0 {
            tracing::warn!(lines = line.left_out, "left out the lines of further requests without a log-in");
        }
        line.is_written
    }

    fn next(&self, now: DateTime<Utc>) -> Line {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.timestamp().div_euclid(60);
        let mut left_out = 0;
        if minute.number != number {
            left_out = minute.left_out;
            *minute = Minute { number, written: 0, left_out: 0 };
        }
        let is_written = minute.written < LINES;
        if is_written {
            minute.written += 1;
        } else {
            minute.left_out += 1;
        }
        Line { is_written, left_out }
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_lines_of_a_minute_are_bounded_and_the_next_minute_reports_the_rest() {
        let (lines, now) = (Lines::new(), DateTime::UNIX_EPOCH + TimeDelta::days(1));
        let written = (0..1000).filter(|_| lines.next(now).is_written).count();
        assert_eq!(written, 600);
        let later = now + TimeDelta::minutes(1);
        assert_eq!(lines.next(later), Line { is_written: true, left_out: 400 });
        assert_eq!(lines.next(later), Line { is_written: true, left_out: 0 });
    }
}
