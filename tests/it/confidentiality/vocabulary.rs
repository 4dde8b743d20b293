//! The vocabulary of the tables: `tests/confidentiality/vocabulary.toml`. Any other word is refused.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::{situations::Verb, table};

/// English words with their Norwegian translations.
type Words = BTreeMap<String, String>;

/// The vocabulary as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    pub answers: Words,
    pub people: Words,
    /// The name of a person's consent, by the name of that person.
    pub consents: Words,
    pub units: BTreeMap<String, Keyed>,
    /// Municipalities with their numbers. They have the same name in both languages.
    pub municipalities: Words,
    contents: BTreeMap<String, ContentWord>,
    deeds: BTreeMap<String, DeedWord>,
    pub verbs: BTreeMap<String, VerbWord>,
    pub links: Words,
    pub days: BTreeMap<String, Days>,
    pub hours: BTreeMap<String, Hours>,
    pub kinds: BTreeMap<String, Keyed>,
    pub guardianships: BTreeMap<String, Guardianship>,
    pub care_orders: BTreeMap<String, Keyed>,
    pub protections: BTreeMap<String, Keyed>,
    others: Words,
}

/// A word with a key in the API or in `data/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyed {
    no: String,
    pub key: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Days {
    no: String,
    pub days: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    no: String,
    pub hours: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardianship {
    no: String,
    pub responsible: bool,
    pub at_home: bool,
    pub capacity: Option<String>,
}

/// A verb for an action in a story.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerbWord {
    no: String,
    pub does: Verb,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentWord {
    no: String,
    read: String,
    list: Option<String>,
    decided_by: Option<String>,
    shows: Option<String>,
    note: Option<Note>,
}

/// The audience and the kind of a note.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub audience: String,
    pub kind: String,
    /// Whether the child agrees that the guardians may know what it has said.
    #[serde(default)]
    pub child_agrees: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeedWord {
    no: String,
    by: String,
    of: Option<String>,
}

/// A content that can be read.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    /// Its name in the tables.
    pub name: &'static str,
    /// The operation that reads it.
    pub read_by: &'static str,
    /// The action whose rule decides: that of the operation, unless the operation leaves this content out for some people.
    pub decided_by: &'static str,
    /// The operation that also lists it.
    pub listed_by: Option<&'static str>,
}

/// A content or an action in the tables.
#[derive(Debug, Clone, Copy)]
pub enum What {
    Content(Content),
    /// The operation of the action.
    Deed(&'static str),
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let file = table::folder().join("vocabulary.toml");
    let text = std::fs::read_to_string(file).expect("the vocabulary");
    toml::from_str(&text).unwrap_or_else(|error| panic!("vocabulary.toml: {error}"))
});

/// Returns the vocabulary of the tables.
pub fn vocabulary() -> &'static Vocabulary {
    &VOCABULARY
}

/// Returns the meaning of words in the tables.
pub fn meaning(words: &str) -> What {
    if let Some(content) = vocabulary().content(words) {
        return What::Content(content);
    }
    let deed = vocabulary().deeds.get(words);
    What::Deed(&deed.unwrap_or_else(|| panic!("“{words}” is not in the vocabulary")).by)
}

impl Vocabulary {
    /// Returns the contents that can be read.
    pub fn contents(&'static self) -> impl Iterator<Item = Content> {
        self.contents.iter().map(|(name, word)| word.content(name))
    }

    /// Returns a content by its name.
    pub fn content(&'static self, name: &str) -> Option<Content> {
        self.contents.get_key_value(name).map(|(name, word)| word.content(name))
    }

    /// Returns the audience and the kind of a note.
    pub fn note(&self, name: &str) -> &Note {
        let note = self.contents.get(name).and_then(|content| content.note.as_ref());
        note.unwrap_or_else(|| panic!("“{name}” is no note"))
    }

    /// Returns the sign of a content in an answer, if no text of its own is planted.
    pub fn shows(&self, content: &str) -> Option<&str> {
        self.contents.get(content).and_then(|content| content.shows.as_deref())
    }

    /// Returns the object of an action, if it differs from the default.
    pub fn done_to<'a>(&'a self, what: &'a str) -> &'a str {
        self.deeds.get(what).and_then(|deed| deed.of.as_deref()).unwrap_or(what)
    }

    /// Returns whether an action is done to the object with this name.
    pub fn is_done_to(&self, name: &str) -> bool {
        self.deeds.values().any(|deed| deed.of.as_deref() == Some(name))
    }

    /// Returns whether this is the name of a person's consent.
    pub fn is_consent(&self, name: &str) -> bool {
        self.consents.values().any(|consent| consent == name)
    }

    /// Returns the Norwegian word for a name or an object.
    pub fn norwegian<'a>(&'a self, word: &'a str) -> &'a str {
        if self.municipalities.contains_key(word) {
            return word;
        }
        let all = self.all().find(|(_, english, _)| *english == word);
        all.map(|(_, _, norwegian)| norwegian).unwrap_or_else(|| panic!("“{word}” is not in the vocabulary"))
    }

    /// Returns all words except those of municipalities and consents, with their locations and the Norwegian words.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        macro_rules! words {
            ($($list:ident),+; $($plain:ident),+) => {
                std::iter::empty()
                    $(.chain(self.$list.iter().map(|(en, it)| (stringify!($list), en.as_str(), it.no.as_str()))))+
                    $(.chain(self.$plain.iter().map(|(en, no)| (stringify!($plain), en.as_str(), no.as_str()))))+
            };
        }
        words!(units, contents, deeds, verbs, days, hours, kinds, guardianships, care_orders, protections; answers, people, links, others)
    }
}

impl ContentWord {
    fn content(&'static self, name: &'static str) -> Content {
        let decided_by = self.decided_by.as_deref().unwrap_or(&self.read);
        Content { name, read_by: &self.read, decided_by, listed_by: self.list.as_deref() }
    }
}
