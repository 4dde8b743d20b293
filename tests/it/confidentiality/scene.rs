//! A situation after it has been set up: its people, and the locations of planted content.

use std::{cell::Cell, collections::BTreeMap};

use serde_json::Value;

use super::vocabulary::{Content, vocabulary};
use crate::support::{Operation, User};

/// A situation after it has been set up.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    people: BTreeMap<&'static str, User>,
    /// The ids for path parameters.
    ids: BTreeMap<&'static str, String>,
    /// Ids that differ for some contents.
    exceptions: BTreeMap<(&'static str, &'static str), String>,
    /// The signs of each content: its text, its id.
    signs: BTreeMap<&'static str, Vec<String>>,
    /// The questions that read content, by the operation that they are sent to.
    questions: BTreeMap<&'static str, Value>,
    /// The objects that field rules are asked about, where they are not the one in the path.
    objects: BTreeMap<&'static str, String>,
    /// The notes of the matrix, by kind of information and audience.
    notes: BTreeMap<(&'static str, &'static str), String>,
}

/// The audiences of a note.
pub const AUDIENCES: [&str; 3] = ["team", "sector", "unit"];

/// Returns a sentence that occurs nowhere else.
pub fn sentence(about: &str) -> String {
    format!("{about} {}", uuid::Uuid::new_v4().simple())
}

impl Scene {
    /// Adds a person by the name used in the tables.
    pub fn who(&mut self, name: &'static str, user: &User) -> &mut Self {
        assert!(self.people.insert(name, user.clone()).is_none(), "two are {name}");
        self
    }

    /// Sets the id for a path parameter.
    pub fn id(&mut self, parameter: &'static str, id: impl ToString) -> &mut Self {
        self.ids.insert(parameter, id.to_string());
        self
    }

    /// Sets the id for a path parameter of one content.
    pub fn id_of(&mut self, what: &'static str, parameter: &'static str, id: impl ToString) -> &mut Self {
        self.exceptions.insert((what, parameter), id.to_string());
        self
    }

    /// Plants the signs of a content. Answers that show it must contain them, and no other answer may. The first is its text.
    pub fn plant<const N: usize>(&mut self, what: &'static str, signs: [&str; N]) -> &mut Self {
        assert!(vocabulary().content(what).is_some(), "“{what}” is not in the vocabulary");
        self.signs.insert(what, signs.map(ToOwned::to_owned).to_vec());
        self
    }

    /// Sets the object that the field rule about a content is asked about, where it is not the one in the path.
    pub fn belongs_to(&mut self, what: &'static str, id: impl ToString) -> &mut Self {
        self.objects.insert(what, id.to_string());
        self
    }

    /// Returns the object that the field rule about a content is asked about.
    pub fn object_of(&self, what: &str) -> Option<&str> {
        self.objects.get(what).map(String::as_str)
    }

    /// Adds a note of the matrix.
    pub fn note(&mut self, kind: &'static str, audience: &'static str, id: String) {
        self.notes.insert((kind, audience), id);
    }

    /// Returns the id of a note of the matrix.
    pub fn note_of(&self, kind: &str, audience: &str) -> Option<&str> {
        let note = self.notes.iter().find(|((of, to), _)| *of == kind && *to == audience);
        note.map(|(_, id)| id.as_str())
    }

    /// Sets the question that reads a content by an operation.
    pub fn question(&mut self, operation: &'static str, question: Value) -> &mut Self {
        self.questions.insert(operation, question);
        self
    }

    /// Returns the question to an operation, if one is needed to read it.
    pub fn question_to(&self, operation: &str) -> Option<&Value> {
        self.questions.get(operation)
    }

    pub fn person(&self, name: &str) -> Option<&User> {
        self.people.get(name)
    }

    pub fn people(&self) -> impl Iterator<Item = (&'static str, &User)> {
        self.people.iter().map(|(name, user)| (*name, user))
    }

    /// Returns the signs of a content; none if it is not in this situation.
    pub fn signs(&self, what: &str) -> Option<&[String]> {
        self.signs.get(what).map(Vec::as_slice)
    }

    /// Returns the planted contents.
    pub fn contents(&self) -> impl Iterator<Item = Content> {
        vocabulary().contents().filter(|content| self.signs.contains_key(content.name))
    }

    /// Returns the path of an operation on something; none if an id for it is missing in this situation.
    pub fn path(&self, what: &str, operation: &Operation) -> Option<String> {
        let what = vocabulary().done_to(what);
        let id = |parameter: &str| {
            let exception = self.exceptions.iter().find(|((of, name), _)| *of == what && *name == parameter);
            exception.map(|(_, id)| id).or_else(|| self.ids.get(parameter)).cloned()
        };
        let missing = Cell::new(false);
        let path = operation.path_with(|parameter| {
            id(parameter).unwrap_or_else(|| {
                missing.set(true);
                String::new()
            })
        });
        (!missing.get()).then_some(path)
    }
}
