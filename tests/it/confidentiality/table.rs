//! The rows of `tests/confidentiality/*.toml` as written.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::situations::toml_files;

/// The expectation for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The person can read it.
    Sees,
    /// It is refused or left out, although the person may know that it exists.
    SeesNot,
    /// The person can do it.
    May,
    /// It is refused, although the person may know of the object.
    MayNot,
    /// For this person the object does not exist, and nothing reveals it.
    DoesNotKnowOf,
}

impl Answer {
    const ALL: [(&str, Self); 5] = [
        ("sees", Self::Sees),
        ("sees not", Self::SeesNot),
        ("may", Self::May),
        ("may not", Self::MayNot),
        ("does not know of", Self::DoesNotKnowOf),
    ];

    /// Returns whether access is allowed.
    pub fn is_yes(self) -> bool {
        matches!(self, Self::Sees | Self::May)
    }

    /// Returns whether the answer is about reading, as opposed to acting.
    pub fn is_about_reading(self) -> Option<bool> {
        match self {
            Self::Sees | Self::SeesNot => Some(true),
            Self::May | Self::MayNot => Some(false),
            Self::DoesNotKnowOf => None,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, answer)| answer == self).map(|(name, _)| *name);
        f.write_str(name.unwrap_or_default())
    }
}

/// One decision, for one person and one object.
#[derive(Debug, Clone)]
pub struct Row {
    /// The file of the row.
    pub file: String,
    pub situation: String,
    pub who: String,
    pub what: String,
    pub answer: Answer,
    /// The legal basis.
    pub laws: Vec<String>,
    pub reason: String,
    /// The rule that must allow it.
    pub rule: Option<String>,
    /// The reason the service does not comply yet.
    pub open: Option<String>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, situation, who, what, answer, reason, .. } = self;
        write!(f, "{file}: in “{situation}”, {who}: {answer}: {what} ({reason})")
    }
}

/// A text in English and Norwegian.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Both {
    pub en: String,
    pub no: String,
}

/// A file of tables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    pub title: Both,
    /// The subject of the tables in the file, in a few sentences.
    pub about: Both,
    #[serde(rename = "table")]
    pub tables: Vec<Table>,
}

/// Decisions about some objects in one situation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub situation: String,
    pub what: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// The reason the service does not comply yet.
    pub open: Option<String>,
}

/// The folder of the tables.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/confidentiality")
}

/// Returns the files of the tables with their names, in order.
pub fn files() -> Vec<(String, File)> {
    let mut files = Vec::new();
    for path in toml_files(&folder()) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if !name.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a table");
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        files.push((name, file));
    }
    files
}

/// Returns the number of lines in all tables, and their rows, one object each.
pub fn read() -> (usize, Vec<Row>) {
    let (mut lines, mut rows) = (0, Vec::new());
    for (name, file) in files() {
        for table in &file.tables {
            lines += table.rows.len();
            for (line, what) in
                table.rows.iter().flat_map(|line| table.what.iter().map(move |what| (line, what)))
            {
                rows.push(row(&name, table, line, what));
            }
        }
    }
    (lines, rows)
}

/// Returns one decision of a table.
pub fn row(file: &str, table: &Table, line: &[String], what: &str) -> Row {
    let (who, answer, because, rule) = match line {
        [who, answer, because] => (who, answer, because, None),
        [who, answer, because, rule] => (who, answer, because, Some(rule.clone())),
        _ => panic!("{file}: who, answer, because, and perhaps the rule; got {line:?}"),
    };
    let Some((_, answer)) = Answer::ALL.iter().find(|(name, _)| name == answer) else {
        panic!("{file}: “{answer}” is no answer");
    };
    let Some((laws, reason)) = because.split_once(": ") else {
        panic!("{file}: “{because}” is not laws, a colon, and a reason");
    };
    assert!(reason.len() > 8, "{file}: “{reason}” is no reason");
    Row {
        file: file.to_owned(),
        situation: table.situation.clone(),
        who: who.clone(),
        what: what.to_owned(),
        answer: *answer,
        laws: laws.split("; ").map(ToOwned::to_owned).collect(),
        reason: reason.to_owned(),
        rule,
        open: table.open.clone(),
    }
}
