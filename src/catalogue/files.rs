//! The files that describe a municipality, as in `data/municipalities/<name>/`. Those of three municipalities are inside the program.

use std::{collections::BTreeSet, path::Path};

use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::{
    dto::{ArenaScope, OfferStatus},
    guide::Level,
    imported::ImportError,
};
use crate::kernel::{
    OrganisationNumber,
    files::toml_in_words,
    text::{Line, Prose},
    vocabulary::{ControllerKind, PreventionLevel, Sector},
};

/// The highest age that an arena can be for.
const MAX_AGE: i64 = 25;

/// The texts of the three files that describe a municipality, and where they come from.
#[derive(Debug, Clone)]
pub struct MunicipalityFiles {
    from: String,
    municipality: String,
    measures: String,
    consent_texts: String,
}

macro_rules! included {
    ($($name:literal)+) => {
        /// The municipalities whose files are inside the program.
        pub const INCLUDED: &[&str] = &[$($name),+];

        impl MunicipalityFiles {
            /// Returns the files of a municipality that are inside the program; none if it is not one of [`INCLUDED`].
            #[must_use]
            pub fn included(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self {
                        from: concat!("(included) ", $name).to_owned(),
                        municipality: include_str!(concat!("../../data/municipalities/", $name, "/municipality.toml")).to_owned(),
                        measures: include_str!(concat!("../../data/municipalities/", $name, "/measures.toml")).to_owned(),
                        consent_texts: include_str!(concat!("../../data/municipalities/", $name, "/consent_texts.toml")).to_owned(),
                    }),)+
                    _ => None,
                }
            }
        }
    };
}

included!("kragero" "porsgrunn" "orland");

impl MunicipalityFiles {
    /// Reads the files in a folder.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn in_folder(folder: &Path) -> Result<Self, ImportError> {
        let read = |name: &str| {
            let path = folder.join(name);
            let failed = |error| ImportError::Read { file: path.display().to_string(), error };
            std::fs::read_to_string(&path).map_err(failed)
        };
        Ok(Self {
            from: folder.display().to_string(),
            municipality: read("municipality.toml")?,
            measures: read("measures.toml")?,
            consent_texts: read("consent_texts.toml")?,
        })
    }

    /// Returns the files of all municipalities that are inside the program.
    #[must_use]
    pub fn all_included() -> Vec<Self> {
        INCLUDED.iter().filter_map(|name| Self::included(name)).collect()
    }

    /// Parses the files, and checks what they say about themselves.
    pub(super) fn parse(&self) -> Result<Description, ImportError> {
        let municipality: MunicipalityFile = self.parsed("municipality.toml", &self.municipality)?;
        let MeasuresFile { measure: measures } = self.parsed("measures.toml", &self.measures)?;
        let TextsFile { text: texts } = self.parsed("consent_texts.toml", &self.consent_texts)?;
        let MunicipalityFile { own_record_age, longest_wait_days, unit, arena, guide_level, .. } =
            &municipality;
        if own_record_age.is_some_and(|age| !(15..=16).contains(&age)) {
            return Err(self.wrong("own_record_age must be 15 or 16".to_owned()));
        }
        for ArenaEntry { key, age_from, age_to, .. } in arena {
            let (from, to) = (age_from.unwrap_or(0), age_to.unwrap_or(MAX_AGE));
            if !(0..=to).contains(&from) || to > MAX_AGE {
                return Err(
                    self.wrong(format!("the ages of the arena {} must be in order, 0 to {MAX_AGE}", &**key))
                );
            }
        }
        if guide_level.is_empty() {
            return Err(self.wrong("the guide must have at least one guide_level".to_owned()));
        }
        if longest_wait_days.is_some_and(|days| !(7..=366).contains(&days)) {
            return Err(self.wrong("longest_wait_days must be from 7 to 366".to_owned()));
        }
        self.each_once("unit", unit.iter().map(|it| it.key.to_string()))?;
        self.each_once("arena", arena.iter().map(|it| it.key.to_string()))?;
        self.each_once("guide level", guide_level.iter().map(|it| it.level.number().to_string()))?;
        self.each_once("measure", measures.iter().map(|it| it.key.to_string()))?;
        Ok(Description { municipality, measures, texts })
    }

    fn parsed<T: DeserializeOwned>(&self, file: &str, text: &str) -> Result<T, ImportError> {
        let failed = |error| ImportError::Form {
            file: format!("{}/{file}", self.from),
            why: toml_in_words(text, &error),
        };
        toml::from_str(text).map_err(failed)
    }

    fn each_once(&self, what: &str, keys: impl Iterator<Item = String>) -> Result<(), ImportError> {
        let mut known = BTreeSet::new();
        for key in keys {
            if let Some(twice) = known.replace(key) {
                return Err(self.wrong(format!("the {what} {twice} is there twice")));
            }
        }
        Ok(())
    }

    fn wrong(&self, what: String) -> ImportError {
        ImportError::Wrong { from: self.from.clone(), what }
    }
}

/// All that the files say about a municipality.
#[derive(Debug)]
pub(super) struct Description {
    pub municipality: MunicipalityFile,
    pub measures: Vec<MeasureEntry>,
    pub texts: Vec<TextEntry>,
}

/// The number of a municipality: four digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MunicipalityNumber(String);

impl MunicipalityNumber {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for MunicipalityNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = String::deserialize(deserializer)?;
        if number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit()) {
            Ok(Self(number))
        } else {
            Err(serde::de::Error::custom("must be 4 digits, such as 4014"))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MunicipalityFile {
    pub number: MunicipalityNumber,
    pub name: Line,
    pub county: Line,
    pub plan: Line,
    pub plan_period: Option<Line>,
    /// 15 or 16. If left out, the current value is kept, or 15 is used.
    pub own_record_age: Option<i64>,
    /// 7 to 366. If left out, the current value is kept, or 366 is used.
    pub longest_wait_days: Option<i64>,
    #[serde(rename = "plan_file")]
    _plan_file: Line,
    pub unit: Vec<UnitEntry>,
    pub arena: Vec<ArenaEntry>,
    pub guide_level: Vec<LevelEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitEntry {
    pub key: Line,
    pub name: Line,
    pub kind: Line,
    pub sector: Sector,
    /// Left out, it does not change. A new unit is then the municipality's.
    pub controller: Option<ControllerEntry>,
    pub serves: BTreeSet<MunicipalityNumber>,
    #[serde(rename = "source")]
    _source: Line,
}

/// The controller of a unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub(super) enum ControllerEntry {
    Municipality {},
    County(OrganisationEntry),
    State(OrganisationEntry),
    PrivateBody(OrganisationEntry),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationEntry {
    pub name: Line,
    pub organisation_number: OrganisationNumber,
}

impl ControllerEntry {
    /// Returns the kind, the name and the organisation number.
    pub(super) fn columns(&self) -> (ControllerKind, Option<&str>, Option<&str>) {
        let (kind, organisation) = match self {
            Self::Municipality {} => (ControllerKind::Municipality, None),
            Self::County(organisation) => (ControllerKind::County, Some(organisation)),
            Self::State(organisation) => (ControllerKind::State, Some(organisation)),
            Self::PrivateBody(organisation) => (ControllerKind::PrivateBody, Some(organisation)),
        };
        let number = organisation.map(|organisation| organisation.organisation_number.as_str());
        (kind, organisation.map(|organisation| &*organisation.name), number)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ArenaEntry {
    pub key: Line,
    pub name: Line,
    pub purpose: Prose,
    pub run_by: Option<Line>,
    #[serde(default)]
    pub participants: Vec<Line>,
    pub scope: ArenaScope,
    pub consent_required: Option<bool>,
    pub age_from: Option<i64>,
    pub age_to: Option<i64>,
    pub source: Line,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelEntry {
    pub level: Level,
    pub name: Line,
    pub summary: Prose,
    pub responsible: Option<Line>,
    #[serde(default)]
    pub steps: Vec<Prose>,
    pub deadline_days: Option<i64>,
    pub source: Line,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuresFile {
    measure: Vec<MeasureEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeasureEntry {
    pub key: Line,
    pub title: Line,
    pub summary: Option<Prose>,
    pub level: PreventionLevel,
    pub responsible: Line,
    pub target_group: Prose,
    pub age_from: Option<i64>,
    pub age_to: Option<i64>,
    pub access: Option<Prose>,
    pub contact: Option<Line>,
    pub status: Option<OfferStatus>,
    pub theme: Option<Line>,
    pub offered_by: Option<Line>,
    pub source: Line,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextsFile {
    text: Vec<TextEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextEntry {
    pub version: Line,
    pub language: Line,
    pub body: Prose,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_included_files_are_those_of_the_folders_and_can_be_read() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/municipalities");
        let mut folders: Vec<String> = std::fs::read_dir(data)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        folders.sort();
        let mut included = INCLUDED.to_vec();
        included.sort_unstable();
        assert_eq!(folders, included);
        for files in MunicipalityFiles::all_included() {
            files.parse().expect("the files can be read");
        }
    }

    #[test]
    fn files_that_contradict_themselves_are_refused() {
        let mut files = MunicipalityFiles::included("kragero").expect("files");
        files.municipality = files.municipality.replace("key = \"skole\"", "key = \"barnehage\"");
        let refused = files.parse().expect_err("a key that is there twice").to_string();
        assert_eq!(refused, "(included) kragero: the unit barnehage is there twice");
    }

    #[test]
    fn texts_are_those_that_a_request_may_have() {
        let refused = |change: &dyn Fn(&mut MunicipalityFiles)| {
            let mut files = MunicipalityFiles::included("kragero").expect("files");
            change(&mut files);
            files.parse().expect_err("it is refused").to_string()
        };
        let municipality = |from: &'static str, to: &'static str| {
            refused(&|files| files.municipality = files.municipality.replacen(from, to, 1))
        };
        let place = "(included) kragero/municipality.toml, line";
        for (from, to, expected) in [
            ("number = \"4014\"", "number = \"414\"", "4: must be 4 digits, such as 4014"),
            ("serves = [\"4014\"]", "serves = [\"4014\", \"\"]", "15: must be 4 digits, such as 4014"),
            ("name = \"Kragerø\"", "name = \" \"", "5: must not be blank"),
            (
                "key = \"barnehage\"",
                "key = \"barne\\u202Ehage\"",
                "11: contains at character 6 a control or a character that cannot be seen, U+202E: remove it",
            ),
            (
                "name = \"Barnehage i Kragerø\"",
                "name = \"Barnehage\\ni Kragerø\"",
                "12: contains at character 10 a line break: write it on one line",
            ),
        ] {
            assert_eq!(municipality(from, to), format!("{place} {expected}"));
        }
        let long = refused(&|files| {
            files.measures =
                files.measures.replacen("title = \"", &format!("title = \"{}", "a".repeat(200)), 1)
        });
        assert!(long.starts_with("(included) kragero/measures.toml, line"), "{long}");
        assert!(long.ends_with(": must be at most 200 characters"), "{long}");
    }

    #[test]
    fn texts_are_cleaned() {
        let mut files = MunicipalityFiles::included("kragero").expect("files");
        files.municipality =
            files.municipality.replace("key = \"barnehage\"", "key = \" barne\u{ad}hage\u{feff}\"");
        let Description { municipality, .. } = files.parse().expect("texts that a request may have");
        assert_eq!(&*municipality.unit[0].key, "barnehage");
        files.municipality = files.municipality.replace("key = \"skole\"", "key = \"barne\u{200b}hage\"");
        let refused = files.parse().expect_err("a key that is there twice").to_string();
        assert_eq!(refused, "(included) kragero: the unit barnehage is there twice");
    }
}
