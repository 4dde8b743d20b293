//! The Norwegian words of the record: `data/processing_record.toml`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{
    access::Purpose,
    disclosures::DisclosureBasis,
    kernel::vocabulary::{ControllerKind, Sector},
};

#[expect(clippy::expect_used, reason = "the file is a part of the program, and read in tests")]
static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/processing_record.toml")).expect("the words of the record")
});

/// All words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// The tables that hold no data about people.
    pub technical: Vec<String>,
    pub purpose: Vec<PurposeWords>,
    pub subject: Vec<Named<String>>,
    pub data: Vec<DataWords>,
    sector: Vec<Named<Sector>>,
    unit_kind: Vec<UnitKind>,
    pub recipient: Vec<Recipient>,
    basis: Vec<Named<DisclosureBasis>>,
    pub security: Vec<Security>,
}

/// Why data is processed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PurposeWords {
    pub key: Purpose,
    pub name: String,
    pub text: String,
}

/// A word of a list and its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named<K> {
    pub key: K,
    pub name: String,
}

/// A category of data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataWords {
    pub name: String,
    pub tables: Vec<String>,
    pub subjects: Vec<String>,
    pub kept: String,
}

/// A kind of unit, and its controller if that is seldom the municipality.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitKind {
    key: String,
    name: String,
    controller: Option<ControllerKind>,
}

/// Someone who reads in the service.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// The reader.
    pub who: String,
    /// The data that they read.
    pub what: String,
    /// The rules that let them.
    pub rules: Vec<String>,
}

/// A measure of security, in the code and in the tests.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// The measure.
    pub text: String,
    /// Its place in the code.
    #[serde(rename(deserialize = "where"))]
    pub place: String,
    /// The tests that prove it.
    pub tests: Vec<String>,
}

impl Words {
    pub(super) fn get() -> &'static Self {
        &WORDS
    }

    /// Returns the name of a category of data subjects.
    pub(super) fn subject(&self, key: &str) -> String {
        let found = self.subject.iter().find(|subject| subject.key == key);
        found.map_or_else(|| key.to_owned(), |subject| subject.name.clone())
    }

    /// Returns the name of units of a sector, or of a kind.
    pub(super) fn units(&self, sector: Sector, kind: Option<&str>) -> String {
        if let Some(kind) = kind {
            return self
                .unit_kind
                .iter()
                .find(|own| own.key == kind)
                .map_or_else(|| kind.to_owned(), |own| own.name.clone());
        }
        let found = self.sector.iter().find(|own| own.key == sector);
        found.map_or_else(|| sector.to_string(), |own| own.name.clone())
    }

    /// Returns who the controller of a kind of unit often is, if that is not the municipality.
    pub(super) fn often(&self, kind: &str) -> Option<ControllerKind> {
        self.unit_kind.iter().find(|own| own.key == kind).and_then(|own| own.controller)
    }

    /// Returns the name of a basis for disclosure.
    pub(super) fn basis(&self, basis: DisclosureBasis) -> String {
        let found = self.basis.iter().find(|own| own.key == basis);
        found.map_or_else(|| basis.to_string(), |own| own.name.clone())
    }
}

/// Returns a kind of controller in Norwegian.
pub(super) fn controller(kind: ControllerKind) -> &'static str {
    match kind {
        ControllerKind::Municipality => "kommunen",
        ControllerKind::County => "fylkeskommunen",
        ControllerKind::State => "staten",
        ControllerKind::PrivateBody => "en privat virksomhet",
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;
    use crate::{
        access::Policies, child_welfare_reports::duties, disclosures::bases,
        kernel::vocabulary::Words as List, processing_record::retention::kept,
    };

    fn keys<K: Copy + Ord>(named: &[Named<K>]) -> Vec<K> {
        let mut keys: Vec<K> = named.iter().map(|own| own.key).collect();
        keys.sort_unstable();
        keys
    }

    fn all<K: List + Copy + Ord>() -> Vec<K> {
        let mut all = K::ALL.to_vec();
        all.sort_unstable();
        all
    }

    #[test]
    fn every_word_of_the_lists_has_a_name_once() {
        let words = Words::get();
        let mut purposes: Vec<Purpose> = words.purpose.iter().map(|own| own.key).collect();
        purposes.sort_unstable();
        assert_eq!(purposes, all::<Purpose>());
        assert_eq!(keys(&words.sector), all::<Sector>());
        assert_eq!(keys(&words.basis), all::<DisclosureBasis>());
    }

    #[test]
    fn every_kind_of_unit_that_the_law_names_has_a_name() {
        let words = Words::get();
        let of_duties = duties().iter().filter_map(|duty| duty.kind.as_deref());
        let of_bases = bases().iter().flat_map(|basis| {
            let from = basis.from.iter().filter_map(|from| from.kind.as_deref());
            from.chain(basis.to.iter().filter_map(|to| to.kind.as_deref()))
        });
        for kind in of_duties.chain(of_bases) {
            assert!(words.unit_kind.iter().any(|own| own.key == kind), "{kind}");
        }
    }

    #[test]
    fn data_is_about_known_subjects_and_kept_as_stated() {
        let words = Words::get();
        let subjects: BTreeSet<&str> = words.subject.iter().map(|own| own.key.as_str()).collect();
        let mut tables = BTreeSet::new();
        for data in &words.data {
            assert!(!data.subjects.is_empty() && !data.tables.is_empty(), "{}", data.name);
            assert!(data.subjects.iter().all(|own| subjects.contains(own.as_str())), "{}", data.name);
            assert!(kept().iter().any(|own| own.key == data.kept), "{}: {}", data.name, data.kept);
            for table in &data.tables {
                assert!(tables.insert(table.as_str()), "{table} is in two categories");
            }
        }
        for table in &words.technical {
            assert!(!tables.contains(table.as_str()), "{table} holds data about people, or does not");
        }
    }

    #[test]
    fn every_recipient_has_rules_that_allow() {
        let policies = Policies::load().expect("rules");
        for recipient in &Words::get().recipient {
            assert!(!recipient.rules.is_empty(), "{}", recipient.who);
            for id in &recipient.rules {
                let rule = policies.rule(id).unwrap_or_else(|| panic!("{}: {id}", recipient.who));
                assert!(!rule.forbids, "{id}");
            }
        }
    }

    #[test]
    fn every_measure_of_security_is_in_the_code_and_the_tests() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for measure in &Words::get().security {
            assert!(!measure.tests.is_empty(), "{}", measure.text);
            for path in measure.tests.iter().chain([&measure.place]) {
                assert!(root.join(path).exists(), "{path}");
            }
        }
    }
}
