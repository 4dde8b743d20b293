//! The name of an action in a request.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::super::public;

/// The name of an operation: an action of the rules, or an operation that is open to strangers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionName(&'static str);

impl ActionName {
    fn all() -> impl Iterator<Item = &'static str> {
        super::ALL.iter().chain(public::ALL).copied()
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for ActionName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let name = Self::all().find(|name| *name == text);
        name.map(Self).ok_or_else(|| serde::de::Error::custom("must be the operationId of an operation"))
    }
}

impl PartialSchema for ActionName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::all()))
            .description(Some("The `operationId` of an operation."))
            .into()
    }
}
impl ToSchema for ActionName {
    fn name() -> Cow<'static, str> {
        "ActionName".into()
    }
}
