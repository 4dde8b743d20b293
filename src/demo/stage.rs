//! The output of the story: in colour on a terminal, otherwise as plain text.

use std::{fmt, io, io::Write};

use anstyle::{AnsiColor, Style};

use super::people::{PASSWORD, People};

const TITLE: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const REFUSED: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();

/// Prints the story.
pub struct Stage(Box<dyn Write + Send>);

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stage")
    }
}

/// One request in the story.
pub(super) struct Told<'a> {
    pub who: String,
    pub what: &'a str,
    pub request: String,
    pub status: u16,
    pub as_told: bool,
    pub why: Option<String>,
}

impl Stage {
    /// Creates a stage that prints to `out`.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self(Box::new(out))
    }

    pub(super) fn title(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.0, "{TITLE}{text}{TITLE:#}\n")
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.0, "  {text}")
    }

    pub(super) fn step(&mut self, number: u8, text: &str) -> io::Result<()> {
        writeln!(self.0, "\n{TITLE}{number}. {text}{TITLE:#}")
    }

    pub(super) fn told(&mut self, told: &Told<'_>) -> io::Result<()> {
        let Told { who, what, request, status, as_told, why } = told;
        let style = match status {
            _ if !as_told => BAD,
            200..300 => GOOD,
            _ => REFUSED,
        };
        let mark = if *as_told { " " } else { "!" };
        writeln!(self.0, "{mark} {who} {what}")?;
        writeln!(self.0, "      {FAINT}{request}{FAINT:#}  {style}{status}{style:#}")?;
        if let Some(why) = why {
            writeln!(self.0, "      {FAINT}{why}{FAINT:#}")?;
        }
        Ok(())
    }

    pub(super) fn checked(&mut self, holds: bool, fact: &str) -> io::Result<()> {
        let (style, mark) = if holds { (GOOD, "=") } else { (BAD, "!") };
        writeln!(self.0, "{style}{mark}{style:#} {fact}")
    }

    pub(super) fn verdict(&mut self, failures: usize) -> io::Result<()> {
        match failures {
            0 => writeln!(self.0, "\n{GOOD}Every step went as expected.{GOOD:#}"),
            _ => writeln!(self.0, "\n{BAD}{failures} steps did not go as expected.{BAD:#}"),
        }
    }

    pub(super) fn address(&mut self, base: &str, people: &People) -> io::Result<()> {
        writeln!(self.0, "\n{TITLE}Try it yourself{TITLE:#}: {base}/docs/")?;
        writeln!(self.0, "  Log in at {base}/v1/auth/login; everyone's password is: {PASSWORD}")?;
        for actor in people.all() {
            writeln!(self.0, "  {:<12} {} ({})", actor.username, actor.name, actor.who)?;
        }
        writeln!(self.0, "\nServing until Ctrl-C.")?;
        self.0.flush()
    }
}
