//! The situations as they are written, in `tests/confidentiality/situations`.

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
    /// Its words.
    pub fn all(&self) -> Vec<&str> {
        match self {
            Self::One(word) => vec![word],
            Self::Several(words) => words.iter().map(String::as_str).collect(),
        }
    }

    /// Its only word.
    pub fn one(&self) -> &str {
        match self {
            Self::One(word) => word,
            Self::Several(words) => panic!("one is expected, not {words:?}"),
        }
    }
}

/// A sentence: who, the verb, perhaps what, and perhaps more by links.
pub type Row = Vec<Phrase>;

/// A situation, or a part that several situations have in common.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tale {
    /// Its name, as the tables call it.
    pub en: String,
    pub no: String,
    /// How old the child is, or when it was born.
    pub child: Option<String>,
    /// The day on which it happens, where that is the day on which it is asked about.
    pub day: Option<String>,
    /// The unit that the tables speak of as “the unit”.
    pub unit: Option<String>,
    /// The parts that come first.
    #[serde(default)]
    pub after: Vec<String>,
    #[serde(default)]
    pub story: Vec<Row>,
    /// The parts that come last.
    #[serde(default)]
    pub then: Vec<String>,
    /// What there is to see beside what the story makes.
    #[serde(default)]
    pub to_see: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Who is in the matrix, where this is for it.
    #[serde(default)]
    who: Vec<String>,
    #[serde(default)]
    part: Vec<Tale>,
    #[serde(default)]
    situation: Vec<Tale>,
}

/// A line of a situation, its parts told in order.
#[derive(Debug)]
pub enum Line {
    Said(Said),
    ToSee(&'static Row),
}

/// Situations, and the parts that they have in common.
#[derive(Debug)]
pub struct Plan {
    /// Who is in the matrix, in order, where this is for it.
    pub who: Vec<String>,
    pub parts: BTreeMap<String, Tale>,
    pub situations: Vec<Tale>,
}

impl Plan {
    /// Those of the tables.
    pub fn of_the_tables() -> &'static Self {
        static PLAN: LazyLock<Plan> =
            LazyLock::new(|| Plan::read(&toml_files(&table::folder().join("situations"))));
        &PLAN
    }

    /// Those of the matrix, about the family and about staff.
    pub fn of_the_matrix() -> [&'static Self; 2] {
        static PLANS: LazyLock<[Plan; 2]> = LazyLock::new(|| {
            ["family.toml", "staff.toml"].map(|file| Plan::read(&[table::folder().join("matrix").join(file)]))
        });
        PLANS.each_ref()
    }

    /// All of them.
    pub fn all() -> [&'static Self; 3] {
        let [family, staff] = Self::of_the_matrix();
        [Self::of_the_tables(), family, staff]
    }

    /// Reads them from files.
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

    /// A part, by its name.
    pub fn part(&self, name: &str) -> &Tale {
        self.parts.get(name).unwrap_or_else(|| panic!("there is no part “{name}”"))
    }

    /// The lines of a situation with those of its parts.
    pub fn lines(&'static self, tale: &'static Tale) -> Vec<Line> {
        let mut lines = Vec::new();
        lines.extend(tale.after.iter().flat_map(|part| self.lines(self.part(part))));
        lines.extend(tale.story.iter().map(|row| Line::Said(Said::parse(row))));
        lines.extend(tale.then.iter().flat_map(|part| self.lines(self.part(part))));
        lines.extend(tale.to_see.iter().map(Line::ToSee));
        lines
    }
}

/// The TOML files of a folder, by the number that their names begin with.
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
