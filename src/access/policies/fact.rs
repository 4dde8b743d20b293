//! Facts as the rules read them.

use std::borrow::Cow;

use cedar_policy::RestrictedExpression;
use uuid::Uuid;

use super::question::{AskError, uid};
use crate::kernel::Id;

/// A fact about a person or an object. Facts that are equal lead to the same decision.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Whether something is so.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A word of a vocabulary.
    Word(Cow<'static, str>),
    /// A reference to an object, with its entity type in the schema.
    Reference(&'static str, Name),
    /// A set.
    Set(Vec<Fact>),
    /// A record of facts with names.
    Record(Attributes),
}

/// Facts with the names that they have in the schema.
pub type Attributes = Vec<(&'static str, Fact)>;

/// The name of an object: its id, or the number of a municipality.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Name {
    /// An id.
    Id(Uuid),
    /// Another name.
    Text(String),
}

impl Fact {
    /// Returns the fact as an expression.
    ///
    /// # Errors
    /// If a record has two fields of one name.
    pub(super) fn expression(&self) -> Result<RestrictedExpression, AskError> {
        Ok(match self {
            Self::Flag(flag) => RestrictedExpression::new_bool(*flag),
            Self::Number(number) => RestrictedExpression::new_long(*number),
            Self::Word(word) => RestrictedExpression::new_string(word.to_string()),
            Self::Reference(kind, name) => RestrictedExpression::new_entity_uid(uid(kind, &name.to_string())),
            Self::Set(facts) => {
                let facts = facts.iter().map(Self::expression).collect::<Result<Vec<_>, _>>()?;
                RestrictedExpression::new_set(facts)
            }
            Self::Record(facts) => RestrictedExpression::new_record(expressions(facts)?)?,
        })
    }
}

/// Returns facts as expressions with their names.
pub(super) fn expressions(facts: &Attributes) -> Result<Vec<(String, RestrictedExpression)>, AskError> {
    facts.iter().map(|(name, fact)| Ok(((*name).to_owned(), fact.expression()?))).collect()
}

/// Returns a reference to an object.
pub(in crate::access) fn reference(kind: &'static str, name: impl Into<Name>) -> Fact {
    Fact::Reference(kind, name.into())
}

/// Returns references to several objects.
pub(in crate::access) fn references<T: Into<Name>>(
    kind: &'static str,
    names: impl IntoIterator<Item = T>,
) -> Fact {
    Fact::Set(names.into_iter().map(|name| reference(kind, name)).collect())
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl<T> From<Id<T>> for Name {
    fn from(id: Id<T>) -> Self {
        Self::Id(id.uuid())
    }
}

impl<T> From<&Id<T>> for Name {
    fn from(id: &Id<T>) -> Self {
        Self::Id(id.uuid())
    }
}

impl From<&String> for Name {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
