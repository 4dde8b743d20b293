//! The name of an action in a request.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::super::public;

/// The name of an action in the access log: an action of the rules, an operation that is open to strangers, or an act of the service
/// itself or of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionName(&'static str);

impl ActionName {
    fn all() -> impl Iterator<Item = &'static str> {
        let logged_only = super::LOGGED_ONLY.iter().map(|(name, _)| *name);
        super::ALL.iter().chain(public::ALL).copied().chain(logged_only)
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
        name.map(Self).ok_or_else(|| {
            serde::de::Error::custom("must be the operationId of an operation, or an act of the service")
        })
    }
}

impl PartialSchema for ActionName {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::all()))
            .description(Some("The `operationId` of an operation, or the name of an act of the service itself or of the command line."))
            .into()
    }
}
impl ToSchema for ActionName {
    fn name() -> Cow<'static, str> {
        "ActionName".into()
    }
}
