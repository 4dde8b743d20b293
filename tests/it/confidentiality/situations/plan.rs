//! The situations as written in `tests/confidentiality/situations`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde::Deserialize;

use super::said::Said;
use crate::confidentiality::table;

/// A word, or several that are joined by “and”.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Phrase {
    One(String),
    Several(Vec<String>),
}

impl Phrase {
    /// Returns its words.
    pub fn all(&self) -> Vec<&str> {
        match self {
            Self::One(word) => vec![word],
            Self::Several(words) => words.iter().map(String::as_str).collect(),
        }
    }

    /// Returns its only word.
    pub fn one(&self) -> &str {
        match self {
            Self::One(word) => word,
            Self::Several(words) => panic!("one is expected, not {words:?}"),
        }
    }
}

/// A sentence: the person, the verb, an optional object, and optional links.
pub type Row = Vec<Phrase>;

/// A situation, or a part that several situations share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tale {
    /// Its name in the tables.
    pub en: String,
    pub no: String,
    /// The child's age, or its date of birth.
    pub child: Option<String>,
    /// The day on which it happens, if that is the day of the questions.
    pub day: Option<String>,
    /// The unit that the tables call “the unit”.
    pub unit: Option<String>,
    /// The parts that come first.
    #[serde(default)]
    pub after: Vec<String>,
    #[serde(default)]
    pub story: Vec<Row>,
    /// The parts that come last.
    #[serde(default)]
    pub then: Vec<String>,
    /// Contents besides those that the story creates.
    #[serde(default)]
    pub to_see: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The people in the matrix, if the file is for the matrix.
    #[serde(default)]
    who: Vec<String>,
    #[serde(default)]
    part: Vec<Tale>,
    #[serde(default)]
    situation: Vec<Tale>,
}

/// A line of a situation. Its parts are played in order.
#[derive(Debug)]
pub enum Line {
    Said(Said),
    ToSee(&'static Row),
}

/// Situations, and the parts that they share.
#[derive(Debug)]
pub struct Plan {
    /// The people in the matrix in order, if the plan is for the matrix.
    pub who: Vec<String>,
    pub parts: BTreeMap<String, Tale>,
    pub situations: Vec<Tale>,
}

impl Plan {
    /// Returns the situations of the tables.
    pub fn of_the_tables() -> &'static Self {
        static PLAN: LazyLock<Plan> =
            LazyLock::new(|| Plan::read(&toml_files(&table::folder().join("situations"))));
        &PLAN
    }

    /// Returns the situations of the matrix, about the family and about staff.
    pub fn of_the_matrix() -> [&'static Self; 2] {
        static PLANS: LazyLock<[Plan; 2]> = LazyLock::new(|| {
            ["family.toml", "staff.toml"].map(|file| Plan::read(&[table::folder().join("matrix").join(file)]))
        });
        PLANS.each_ref()
    }

    /// Returns all plans.
    pub fn all() -> [&'static Self; 3] {
        let [family, staff] = Self::of_the_matrix();
        [Self::of_the_tables(), family, staff]
    }

    /// Reads a plan from files.
    pub fn read(files: &[PathBuf]) -> Self {
        let mut plan = Self { who: Vec::new(), parts: BTreeMap::new(), situations: Vec::new() };
        for file in files {
            let text = std::fs::read_to_string(file).expect("a file of situations");
            let read: File =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            for part in read.part {
                let only_of_situations = part.child.is_some() || part.day.is_some() || part.unit.is_some();
                assert!(!only_of_situations, "{}: child, day and unit are those of a situation", part.en);
                let name = part.en.clone();
                assert!(plan.parts.insert(name.clone(), part).is_none(), "two parts are “{name}”");
            }
            plan.situations.extend(read.situation);
            plan.who.extend(read.who);
        }
        plan
    }

    /// Returns a part by its name.
    pub fn part(&self, name: &str) -> &Tale {
        self.parts.get(name).unwrap_or_else(|| panic!("there is no part “{name}”"))
    }

    /// Returns the lines of a situation, including those of its parts.
    pub fn lines(&'static self, tale: &'static Tale) -> Vec<Line> {
        let mut lines = Vec::new();
        lines.extend(tale.after.iter().flat_map(|part| self.lines(self.part(part))));
        lines.extend(tale.story.iter().map(|row| Line::Said(Said::parse(row))));
        lines.extend(tale.then.iter().flat_map(|part| self.lines(self.part(part))));
        lines.extend(tale.to_see.iter().map(Line::ToSee));
        lines
    }
}

/// Returns the TOML files of a folder, by the number at the start of their names.
pub fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort_by_key(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let number = name.split('-').next().and_then(|number| number.parse::<u32>().ok());
        (number.unwrap_or(0), name)
    });
    files
}
