//! Why the rules cannot be used.

use crate::{access::Party, kernel::files::in_words};

/// The rules cannot be used; the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A file does not parse.
    #[error("{file}: {message}")]
    Parse {
        /// Which file.
        file: String,
        /// The message of the parser.
        message: String,
    },
    /// A rule lacks an annotation or shares its id with another.
    #[error("{file}: a rule has no @{annotation}, or one that is already in use")]
    Annotation {
        /// Which file.
        file: String,
        /// Which annotation.
        annotation: &'static str,
    },
    /// The purpose of a rule is not in the list of purposes.
    #[error("{file}: a rule has the @purpose {purpose:?}, which is none of the purposes")]
    Purpose {
        /// Which file.
        file: String,
        /// The word that it has instead.
        purpose: String,
    },
    /// A rule leaves no ground for the look of someone who can use it.
    #[error("the rule {rule} rests on no law that is a ground for a look by {party:?}")]
    NoGround {
        /// Which rule.
        rule: String,
        /// The party that can use it.
        party: Party,
    },
    /// A rule is used by someone who is neither a sector nor private.
    #[error("the rule {rule} is @used_by {word:?}, which is none of the words for it")]
    Party {
        /// Which rule.
        rule: String,
        /// The word.
        word: String,
    },
    /// A rule rests on a law that is not in `data/laws.toml`, or not in force.
    #[error("the rules rest on laws that are unknown or not in force: {0}")]
    Law(String),
    /// The laws cannot be read.
    #[error("laws.toml: {0}")]
    Laws(#[from] toml::de::Error),
    /// A local rule allows something; a municipality may only be stricter.
    #[error("{0}: a local rule may only forbid")]
    LocalPermit(String),
    /// A local rule forbids something that the law requires or grants, or that ends access.
    #[error(
        "the local rule {rule} applies to {reaches}: it must not forbid what the law requires or grants, or what ends access"
    )]
    LocalForbid {
        /// Which rule.
        rule: String,
        /// The action that it must not forbid, or "every action".
        reaches: String,
    },
    /// A rule is a template. It is never evaluated, since nothing fills its slots.
    #[error("{0}: a rule is a template, which is never evaluated")]
    Template(String),
    /// The folder of local rules contains no rule.
    #[error("{0}: the folder of local rules contains no rule (*.cedar)")]
    NoLocalRules(String),
    /// The folder of local rules cannot be read.
    #[error("{}: {}", .0, in_words(.1))]
    Folder(String, std::io::Error),
    /// A rule does not agree with the schema.
    #[error("the rules do not agree with the schema: {0}")]
    Invalid(String),
}
