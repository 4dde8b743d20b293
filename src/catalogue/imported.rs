//! The result of an import, and the faults that stop it.

use std::{borrow::Borrow, collections::BTreeMap};

use serde::Serialize;

use crate::{db::DbError, kernel::files::in_words};

/// The result of an import of a municipality.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// The municipality's number.
    pub number: String,
    /// The name of the municipality.
    pub name: String,
    /// Its units. None is ever ended.
    pub units: Changes,
    /// Its arenas.
    pub arenas: Changes,
    /// The levels of its guide.
    pub guide_levels: Changes,
    /// The measures of its catalogue.
    pub measures: Changes,
    /// Its consent texts. A published text is never changed.
    pub consent_texts: Changes,
}

/// The changes that an import made to one kind of thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The number that the files have.
    pub total: usize,
    /// The number that were added, or are back.
    pub added: usize,
    /// The number that were changed.
    pub changed: usize,
    /// The number that are gone from the files, and were ended.
    pub ended: usize,
}

/// An error that stops the import. Nothing is imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("{file}: {}", in_words(error))]
    Read {
        /// The file.
        file: String,
        /// The cause.
        error: std::io::Error,
    },
    /// A file has the wrong format.
    #[error("{file}, {why}")]
    Form {
        /// The file.
        file: String,
        /// The line, and the fault there.
        why: String,
    },
    /// The files contradict themselves.
    #[error("{from}: {what}")]
    Wrong {
        /// Where the files come from.
        from: String,
        /// The fault.
        what: String,
    },
    /// Two folders describe the same municipality.
    #[error("municipality {0} is in this import twice")]
    Twice(String),
    /// A measure names a unit that does not exist.
    #[error("the measure {measure} names the unit {unit}, which is not in the municipality")]
    UnknownUnit {
        /// The measure.
        measure: String,
        /// The unit.
        unit: String,
    },
    /// A unit changes its controller while people act for the controller through it.
    #[error(
        "the controller of the unit {unit} cannot change while someone is an administrator, an auditor or an analyst there: end these \
         roles first"
    )]
    ControllerWithRoles {
        /// The unit.
        unit: String,
    },
    /// A unit would no longer serve a municipality where it has open cases or undecided concerns.
    #[error(
        "the unit {unit} cannot stop serving municipality {served} yet: it has a part in {cases} open cases there, {concerns} of its \
         concerns there wait for a decision, and {reports} reports that it received from there wait for an answer"
    )]
    StillServes {
        /// The unit.
        unit: String,
        /// The municipality.
        served: String,
        /// The number of open cases.
        cases: i64,
        /// The number of reports to child welfare that wait for an answer.
        reports: i64,
        /// The number of undecided concerns.
        concerns: i64,
    },
    /// A unit serves a municipality that does not exist.
    #[error(
        "the unit {unit} serves municipality {served}, which is neither in the database nor in this import: \
         import both at once"
    )]
    UnknownServed {
        /// The unit.
        unit: String,
        /// The municipality.
        served: String,
    },
    /// A published consent text has been changed.
    #[error(
        "the consent text {version} ({language}) has been published and cannot be changed: give it a new version"
    )]
    ChangedText {
        /// The version.
        version: String,
        /// The language.
        language: String,
    },
    /// A database error.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Counts the changes to one kind of thing. Each has a key in its municipality, and may have ended.
pub(super) struct Count<K> {
    /// The keys that are in the database and not yet seen in the files, and whether each has ended.
    left: BTreeMap<K, bool>,
    pub(super) changes: Changes,
}

impl<K: Ord> Count<K> {
    pub(super) fn of(known: impl IntoIterator<Item = (K, bool)>) -> Self {
        Self { left: known.into_iter().collect(), changes: Changes::default() }
    }

    /// One of the files is stored, which inserted or changed so many rows.
    pub(super) fn stored<Q: Ord + ?Sized>(&mut self, key: &Q, rows: u64)
    where
        K: Borrow<Q>,
    {
        self.changes.total += 1;
        match self.left.remove(key) {
            None | Some(true) => self.changes.added += 1,
            Some(false) if rows > 0 => self.changes.changed += 1,
            Some(false) => {}
        }
    }

    /// Returns what the files no longer have, and counts it as ended.
    pub(super) fn gone(&mut self) -> Vec<K> {
        let left = std::mem::take(&mut self.left);
        let gone: Vec<K> = left.into_iter().filter(|(_, ended)| !ended).map(|(key, _)| key).collect();
        self.changes.ended = gone.len();
        gone
    }
}
