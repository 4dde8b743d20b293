//! Text that lies sealed in the database.

use std::{fmt, ops::Deref};

use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::{VaultError, cipher, keys};

/// Sealed text, to be bound to a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub(super) String);

/// Text that was opened when it was read from the database.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content(String);

impl Content {
    /// Opens what lies in the database.
    ///
    /// # Errors
    /// If it was not sealed, its key has been erased, or it was changed.
    pub fn open(stored: &str) -> Result<Self, VaultError> {
        let (id, sealed) = cipher::parts(stored)?.ok_or(VaultError::NotSealed)?;
        let key = keys::find(id).ok_or(VaultError::Erased)?;
        cipher::open(id, &key, &sealed).map(Self)
    }

    /// The text itself.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for Content {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Content never reaches a log by way of `Debug`.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl PartialSchema for Content {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).into()
    }
}
impl ToSchema for Content {
    fn name() -> std::borrow::Cow<'static, str> {
        "Content".into()
    }
}

impl<DB: sqlx::Database> sqlx::Type<DB> for Content
where
    String: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <String as sqlx::Type<DB>>::type_info()
    }
    fn compatible(ty: &DB::TypeInfo) -> bool {
        <String as sqlx::Type<DB>>::compatible(ty)
    }
}

impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for Content
where
    String: sqlx::Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(Self::open(&String::decode(value)?)?)
    }
}

impl<DB: sqlx::Database> sqlx::Type<DB> for Sealed
where
    String: sqlx::Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <String as sqlx::Type<DB>>::type_info()
    }
    fn compatible(ty: &DB::TypeInfo) -> bool {
        <String as sqlx::Type<DB>>::compatible(ty)
    }
}

impl<'q, DB: sqlx::Database> sqlx::Encode<'q, DB> for Sealed
where
    String: sqlx::Encode<'q, DB>,
{
    fn encode_by_ref(
        &self,
        buffer: &mut DB::ArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        self.0.encode_by_ref(buffer)
    }
}
