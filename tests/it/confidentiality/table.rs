//! The rows of `tests/confidentiality/*.toml`, as they are written.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// What someone may expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is read.
    Sees,
    /// It is refused, or left out, to someone who may know that it exists.
    SeesNot,
    /// It is done.
    May,
    /// It is refused to someone who may know of what it is done to.
    MayNot,
    /// To this person there is no such thing, and nothing tells of it.
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

    /// Is it let in?
    pub fn is_yes(self) -> bool {
        matches!(self, Self::Sees | Self::May)
    }

    /// Is it about what is read, and not about what is done?
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

/// One decision, for one person and one thing.
#[derive(Debug, Clone)]
pub struct Row {
    /// The file it stands in.
    pub file: String,
    pub situation: String,
    pub who: String,
    pub what: String,
    pub answer: Answer,
    /// The law it rests on.
    pub laws: Vec<String>,
    pub reason: String,
    /// The rule that must allow it.
    pub rule: Option<String>,
    /// Why the service does not do so yet.
    pub open: Option<String>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, situation, who, what, answer, reason, .. } = self;
        write!(f, "{file}: in “{situation}”, {who}: {answer}: {what} ({reason})")
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    table: Vec<Table>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    situation: String,
    what: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Why the service does not do so yet.
    open: Option<String>,
}

/// The folder of the tables.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/confidentiality")
}

/// The lines of all tables, and what they say, one thing each.
pub fn read() -> (usize, Vec<Row>) {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder of the tables")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let (mut lines, mut rows) = (0, Vec::new());
    for path in files {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a table");
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for table in &file.table {
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

fn row(file: &str, table: &Table, line: &[String], what: &str) -> Row {
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
