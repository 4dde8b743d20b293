//! The files that describe a municipality, as in `data/municipalities/<name>/`. Those of three municipalities are inside the program.

use std::{collections::BTreeSet, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    dto::{ArenaScope, OfferStatus},
    imported::ImportError,
};
use crate::kernel::{
    OrganisationNumber,
    files::toml_in_words,
    vocabulary::{ControllerKind, PreventionLevel, Sector},
};

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
        let MunicipalityFile { number, own_record_age, unit, arena, guide_level, .. } = &municipality;
        if number.len() != 4 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(self.wrong(format!("the number {number} must be 4 digits, such as 4014")));
        }
        if own_record_age.is_some_and(|age| !(15..=16).contains(&age)) {
            return Err(self.wrong("own_record_age must be 15 or 16".to_owned()));
        }
        self.each_once("unit", unit.iter().map(|it| it.key.clone()))?;
        self.each_once("arena", arena.iter().map(|it| it.key.clone()))?;
        self.each_once("guide level", guide_level.iter().map(|it| it.level.to_string()))?;
        self.each_once("measure", measures.iter().map(|it| it.key.clone()))?;
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MunicipalityFile {
    pub number: String,
    pub name: String,
    pub county: String,
    pub plan: String,
    pub plan_period: Option<String>,
    /// 15 or 16. If left out, the current value is kept, or 15 is used.
    pub own_record_age: Option<i64>,
    #[serde(rename = "plan_file")]
    _plan_file: String,
    pub unit: Vec<UnitEntry>,
    pub arena: Vec<ArenaEntry>,
    pub guide_level: Vec<LevelEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitEntry {
    pub key: String,
    pub name: String,
    pub kind: String,
    pub sector: Sector,
    /// Left out, it does not change. A new unit is then the municipality's.
    pub controller: Option<ControllerEntry>,
    pub serves: BTreeSet<String>,
    #[serde(rename = "source")]
    _source: String,
}

/// The controller of a unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub(super) enum ControllerEntry {
    Municipality,
    County(OrganisationEntry),
    State(OrganisationEntry),
    PrivateBody(OrganisationEntry),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationEntry {
    pub name: String,
    pub organisation_number: OrganisationNumber,
}

impl ControllerEntry {
    /// Returns the kind, the name and the organisation number.
    pub(super) fn columns(&self) -> (ControllerKind, Option<&str>, Option<&str>) {
        let (kind, organisation) = match self {
            Self::Municipality => (ControllerKind::Municipality, None),
            Self::County(organisation) => (ControllerKind::County, Some(organisation)),
            Self::State(organisation) => (ControllerKind::State, Some(organisation)),
            Self::PrivateBody(organisation) => (ControllerKind::PrivateBody, Some(organisation)),
        };
        let number = organisation.map(|organisation| organisation.organisation_number.as_str());
        (kind, organisation.map(|organisation| organisation.name.as_str()), number)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ArenaEntry {
    pub key: String,
    pub name: String,
    pub purpose: String,
    pub run_by: Option<String>,
    #[serde(default)]
    pub participants: Vec<String>,
    pub scope: ArenaScope,
    pub consent_required: Option<bool>,
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LevelEntry {
    pub level: i64,
    pub name: String,
    pub summary: String,
    pub responsible: Option<String>,
    #[serde(default)]
    pub steps: Vec<String>,
    pub deadline_days: Option<i64>,
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuresFile {
    measure: Vec<MeasureEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeasureEntry {
    pub key: String,
    pub title: String,
    pub summary: Option<String>,
    pub level: PreventionLevel,
    pub responsible: String,
    pub target_group: String,
    pub age_from: Option<i64>,
    pub age_to: Option<i64>,
    pub access: Option<String>,
    pub contact: Option<String>,
    pub status: Option<OfferStatus>,
    pub theme: Option<String>,
    pub offered_by: Option<String>,
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextsFile {
    text: Vec<TextEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextEntry {
    pub version: String,
    pub language: String,
    pub body: String,
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
        files.municipality = files.municipality.replace("number = \"4014\"", "number = \"414\"");
        let refused = files.parse().expect_err("a number of three digits").to_string();
        assert_eq!(refused, "(included) kragero: the number 414 must be 4 digits, such as 4014");
    }
}
