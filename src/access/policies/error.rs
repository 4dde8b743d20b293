//! Why the rules cannot be used.

/// The rules cannot be used; the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A file does not parse.
    #[error("{file}: {message}")]
    Parse {
        /// Which file.
        file: String,
        /// What is wrong.
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
    /// The purpose of a rule is not one that there is.
    #[error("{file}: a rule has the @purpose {purpose:?}, which is none of the purposes")]
    Purpose {
        /// Which file.
        file: String,
        /// What it says.
        purpose: String,
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
    /// A local rule forbids what the law bids or gives.
    #[error(
        "the local rule {rule} applies to {reaches}: it must not forbid what the law requires or grants, or what ends access"
    )]
    LocalForbid {
        /// Which rule.
        rule: String,
        /// What it must not forbid.
        reaches: String,
    },
    /// A rule with slots says nothing until someone fills them in, and nobody does.
    #[error("{0}: a rule is a template, which is never evaluated")]
    Template(String),
    /// The folder of local rules has none.
    #[error("{0}: the folder of local rules contains no rule (*.cedar)")]
    NoLocalRules(String),
    /// The folder of local rules cannot be read.
    #[error("{0}: {1}")]
    Folder(String, std::io::Error),
    /// A rule does not agree with the schema.
    #[error("the rules do not agree with the schema: {0}")]
    Invalid(String),
}
