//! A situation, set up: who is in it, and where what was planted lies.

use std::{cell::Cell, collections::BTreeMap};

use serde_json::Value;

use super::vocabulary::{Content, vocabulary};
use crate::support::{Operation, User};

/// A situation, set up.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    people: BTreeMap<&'static str, User>,
    /// The ids that stand for the parameters of paths.
    ids: BTreeMap<&'static str, String>,
    /// Ids that differ for some of what can be asked.
    exceptions: BTreeMap<(&'static str, &'static str), String>,
    /// What tells of each thing: its words, its id.
    signs: BTreeMap<&'static str, Vec<String>>,
    /// What is read by sending a question, by the operation that it is sent to.
    questions: BTreeMap<&'static str, Value>,
    /// The objects that field rules are asked about, where they are not the one in the path.
    objects: BTreeMap<&'static str, String>,
    /// The notes of the matrix, by kind of information and audience.
    notes: BTreeMap<(&'static str, &'static str), String>,
}

/// For whom a note can be.
pub const AUDIENCES: [&str; 3] = ["team", "sector", "unit"];

/// A sentence that stands nowhere else.
pub fn sentence(about: &str) -> String {
    format!("{about} {}", uuid::Uuid::new_v4().simple())
}

impl Scene {
    /// Someone in it, by the name that the tables give them.
    pub fn who(&mut self, name: &'static str, user: &User) -> &mut Self {
        assert!(self.people.insert(name, user.clone()).is_none(), "two are {name}");
        self
    }

    /// The id that stands for a parameter of a path.
    pub fn id(&mut self, parameter: &'static str, id: impl ToString) -> &mut Self {
        self.ids.insert(parameter, id.to_string());
        self
    }

    /// The same for one of the things that can be asked for.
    pub fn id_of(&mut self, what: &'static str, parameter: &'static str, id: impl ToString) -> &mut Self {
        self.exceptions.insert((what, parameter), id.to_string());
        self
    }

    /// What is written of a thing; it must be in what is seen and in nothing that is not. The first is its words.
    pub fn plant<const N: usize>(&mut self, what: &'static str, signs: [&str; N]) -> &mut Self {
        assert!(vocabulary().content(what).is_some(), "“{what}” is not in the vocabulary");
        self.signs.insert(what, signs.map(ToOwned::to_owned).to_vec());
        self
    }

    /// The object that the field rule about a thing is asked of, where it is not the one in the path.
    pub fn belongs_to(&mut self, what: &'static str, id: impl ToString) -> &mut Self {
        self.objects.insert(what, id.to_string());
        self
    }

    /// The same, to be asked for.
    pub fn object_of(&self, what: &str) -> Option<&str> {
        self.objects.get(what).map(String::as_str)
    }

    /// A note of the matrix.
    pub fn note(&mut self, kind: &'static str, audience: &'static str, id: String) {
        self.notes.insert((kind, audience), id);
    }

    /// The id of a note of the matrix.
    pub fn note_of(&self, kind: &str, audience: &str) -> Option<&str> {
        let note = self.notes.iter().find(|((of, to), _)| *of == kind && *to == audience);
        note.map(|(_, id)| id.as_str())
    }

    /// A question that is sent to an operation, to read what it answers.
    pub fn question(&mut self, operation: &'static str, question: Value) -> &mut Self {
        self.questions.insert(operation, question);
        self
    }

    /// The question that is sent to an operation, where that is how it is read.
    pub fn question_to(&self, operation: &str) -> Option<&Value> {
        self.questions.get(operation)
    }

    pub fn person(&self, name: &str) -> Option<&User> {
        self.people.get(name)
    }

    pub fn people(&self) -> impl Iterator<Item = (&'static str, &User)> {
        self.people.iter().map(|(name, user)| (*name, user))
    }

    /// What tells of a thing; none where it is not in this situation.
    pub fn signs(&self, what: &str) -> Option<&[String]> {
        self.signs.get(what).map(Vec::as_slice)
    }

    /// The contents that are planted.
    pub fn contents(&self) -> impl Iterator<Item = Content> {
        vocabulary().contents().filter(|content| self.signs.contains_key(content.name))
    }

    /// The path to something by an operation; none where an id for it is not in this situation.
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
