//! The output of the story: in colour on a terminal, otherwise as plain text.

use std::{fmt, io, io::Write};

use anstyle::{AnsiColor, Style};

use super::{
    people::{PASSWORD, People},
    wrap::wrap,
};

/// No request or address of the story is longer.
const MIN_WIDTH: usize = 60;
const PLAIN: Style = Style::new();
const TITLE: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const REFUSED: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();

/// Prints the story, in lines that fit the terminal.
pub struct Stage {
    out: Box<dyn Write + Send>,
    width: usize,
}

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
    /// Creates a stage that prints to `out`, in lines of at most `width` characters.
    pub fn new(out: impl Write + Send + 'static, width: usize) -> Self {
        Self { out: Box::new(out), width: width.max(MIN_WIDTH) }
    }

    /// Prints text in a style, with an indent for the lines after the first.
    fn print(&mut self, style: Style, text: &str, indent: usize) -> io::Result<()> {
        for line in wrap(text, self.width, indent) {
            writeln!(self.out, "{style}{line}{style:#}")?;
        }
        Ok(())
    }

    pub(super) fn title(&mut self, text: &str) -> io::Result<()> {
        self.print(TITLE, text, 0)?;
        writeln!(self.out)
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.print(PLAIN, &format!("  {text}"), 4)
    }

    pub(super) fn step(&mut self, number: u8, text: &str) -> io::Result<()> {
        writeln!(self.out)?;
        self.print(TITLE, &format!("{number}. {text}"), 3)
    }

    pub(super) fn told(&mut self, told: &Told<'_>) -> io::Result<()> {
        let Told { who, what, request, status, as_told, why } = told;
        let style = match status {
            _ if !as_told => BAD,
            200..300 => GOOD,
            _ => REFUSED,
        };
        let mark = if *as_told { "-" } else { "!" };
        self.print(PLAIN, &format!("{mark} {who} {what}"), 2)?;
        writeln!(self.out, "  {style}{status}{style:#} {FAINT}{request}{FAINT:#}")?;
        if let Some(why) = why {
            self.print(FAINT, &format!("      {why}"), 6)?;
        }
        Ok(())
    }

    pub(super) fn checked(&mut self, holds: bool, fact: &str) -> io::Result<()> {
        let (style, mark) = if holds { (GOOD, "=") } else { (BAD, "!") };
        self.print(style, &format!("{mark} {fact}"), 2)
    }

    pub(super) fn verdict(&mut self, failures: usize) -> io::Result<()> {
        writeln!(self.out)?;
        match failures {
            0 => self.print(GOOD, "Every step went as expected.", 0),
            _ => self.print(BAD, &format!("{failures} steps did not go as expected."), 0),
        }
    }

    pub(super) fn address(&mut self, base: &str, people: &People) -> io::Result<()> {
        writeln!(self.out)?;
        self.print(TITLE, "Try it yourself", 0)?;
        self.line(&format!("The API document: {base}/docs/"))?;
        self.line(&format!("Log in: POST {base}/v1/auth/login"))?;
        self.line(&format!("The password of everyone: {PASSWORD}"))?;
        for actor in people.all() {
            self.line(&format!("{}: {} ({})", actor.username, actor.name, actor.who))?;
        }
        self.line(&format!("A synthetic national identity number, to try with: {}", people.nobody.as_str()))
    }

    /// Shows how the commands find the database of the demonstration.
    pub(super) fn settings(&mut self, file: &std::path::Path) -> io::Result<()> {
        self.line(&format!("Other commands on this database: stafett --config {} …", file.display()))
    }

    pub(super) fn serving(&mut self) -> io::Result<()> {
        writeln!(self.out)?;
        self.print(PLAIN, "Serving until Ctrl-C.", 0)?;
        self.out.flush()
    }
}

/// The width of the terminal; of a common one if there is none.
pub(super) fn terminal_width() -> usize {
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    terminal.or_else(columns).unwrap_or(80)
}
