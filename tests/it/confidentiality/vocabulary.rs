//! The words of the tables: `tests/confidentiality/vocabulary.toml`. A word that is not there is refused.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::{situations::Verb, table};

/// Words in English, each with the Norwegian.
type Words = BTreeMap<String, String>;

/// The vocabulary, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    pub answers: Words,
    pub people: Words,
    /// The name of someone's consent, by the name of that person.
    pub consents: Words,
    pub units: BTreeMap<String, Keyed>,
    /// Municipalities with their numbers; they have the same name in both languages.
    pub municipalities: Words,
    contents: BTreeMap<String, ContentWord>,
    deeds: BTreeMap<String, DeedWord>,
    pub verbs: BTreeMap<String, VerbWord>,
    pub links: Words,
    pub days: BTreeMap<String, Days>,
    pub hours: BTreeMap<String, Hours>,
    pub kinds: BTreeMap<String, Keyed>,
    pub guardianships: BTreeMap<String, Guardianship>,
    pub protections: BTreeMap<String, Keyed>,
    others: Words,
}

/// A word that has a key in the API or in `data/`.
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

/// What someone does in a story.
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

/// For whom a note is, and of which kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub audience: String,
    pub kind: String,
    /// Whether the child agrees that the guardians know what it has said.
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

/// Something that is written down.
#[derive(Debug, Clone, Copy)]
pub struct Content {
    /// As the tables call it.
    pub name: &'static str,
    /// The operation that reads it.
    pub read_by: &'static str,
    /// The action whose rule decides: that of the operation, unless the operation leaves this out for some.
    pub decided_by: &'static str,
    /// The operation that also lists it.
    pub listed_by: Option<&'static str>,
}

/// Something that the tables ask for.
#[derive(Debug, Clone, Copy)]
pub enum What {
    Content(Content),
    /// The operation by which it is done.
    Deed(&'static str),
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let file = table::folder().join("vocabulary.toml");
    let text = std::fs::read_to_string(file).expect("the vocabulary");
    toml::from_str(&text).unwrap_or_else(|error| panic!("vocabulary.toml: {error}"))
});

/// The words of the tables.
pub fn vocabulary() -> &'static Vocabulary {
    &VOCABULARY
}

/// What the tables mean by these words.
pub fn meaning(words: &str) -> What {
    if let Some(content) = vocabulary().content(words) {
        return What::Content(content);
    }
    let deed = vocabulary().deeds.get(words);
    What::Deed(&deed.unwrap_or_else(|| panic!("“{words}” is not in the vocabulary")).by)
}

impl Vocabulary {
    /// What can be read.
    pub fn contents(&'static self) -> impl Iterator<Item = Content> {
        self.contents.iter().map(|(name, word)| word.content(name))
    }

    /// What can be read, by its name.
    pub fn content(&'static self, name: &str) -> Option<Content> {
        self.contents.get_key_value(name).map(|(name, word)| word.content(name))
    }

    /// For whom a note is, and of which kind.
    pub fn note(&self, name: &str) -> &Note {
        let note = self.contents.get(name).and_then(|content| content.note.as_ref());
        note.unwrap_or_else(|| panic!("“{name}” is no note"))
    }

    /// How an answer that has it is known, where no words of its own are planted.
    pub fn shows(&self, content: &str) -> Option<&str> {
        self.contents.get(content).and_then(|content| content.shows.as_deref())
    }

    /// What something is done to, where it is not the one that is meant otherwise.
    pub fn done_to<'a>(&'a self, what: &'a str) -> &'a str {
        self.deeds.get(what).and_then(|deed| deed.of.as_deref()).unwrap_or(what)
    }

    /// Whether a deed is done to what has this name.
    pub fn is_done_to(&self, name: &str) -> bool {
        self.deeds.values().any(|deed| deed.of.as_deref() == Some(name))
    }

    /// Whether this is the name of someone's consent.
    pub fn is_consent(&self, name: &str) -> bool {
        self.consents.values().any(|consent| consent == name)
    }

    /// The Norwegian for a name or a thing.
    pub fn norwegian<'a>(&'a self, word: &'a str) -> &'a str {
        if self.municipalities.contains_key(word) {
            return word;
        }
        let all = self.all().find(|(_, english, _)| *english == word);
        all.map(|(_, _, norwegian)| norwegian).unwrap_or_else(|| panic!("“{word}” is not in the vocabulary"))
    }

    /// All words but those of municipalities and consents, with where they stand and their Norwegian.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        macro_rules! words {
            ($($list:ident),+; $($plain:ident),+) => {
                std::iter::empty()
                    $(.chain(self.$list.iter().map(|(en, it)| (stringify!($list), en.as_str(), it.no.as_str()))))+
                    $(.chain(self.$plain.iter().map(|(en, no)| (stringify!($plain), en.as_str(), no.as_str()))))+
            };
        }
        words!(units, contents, deeds, verbs, days, hours, kinds, guardianships, protections; answers, people, links, others)
    }
}

impl ContentWord {
    fn content(&'static self, name: &'static str) -> Content {
        let decided_by = self.decided_by.as_deref().unwrap_or(&self.read);
        Content { name, read_by: &self.read, decided_by, listed_by: self.list.as_deref() }
    }
}
