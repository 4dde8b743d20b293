//! Text that is stored encrypted in the database.

use std::{fmt, ops::Deref};

use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::{KeyId, VaultError, cipher, keys};

/// Encrypted text, ready to bind to a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub(super) String);

impl From<Sealed> for String {
    fn from(sealed: Sealed) -> Self {
        sealed.0
    }
}

/// The replacement for text whose key has been erased.
pub const ERASED: &str = "[erased]";

/// Text that was decrypted when it was read from the database. If its key has been erased, it reads [`ERASED`]; the rest
/// of the row and the other rows of a list are still available.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content(Option<String>);

impl Content {
    /// Decrypts stored text.
    ///
    /// # Errors
    /// If it was not encrypted, its key has been erased or is missing, or it was changed.
    pub fn open(stored: &str) -> Result<Self, VaultError> {
        let (id, sealed) = cipher::parts(stored)?.ok_or(VaultError::NotSealed)?;
        let key = keys::find(id)?;
        cipher::open(id, &key, &sealed).map(|text| Self(Some(text)))
    }

    /// Text that has just been sealed, to be shown to the person who wrote it.
    #[must_use]
    pub fn of(text: String) -> Self {
        Self(Some(text))
    }

    /// Returns the text, for objects that are nothing but their text and otherwise respond as erased.
    ///
    /// # Errors
    /// If its key has been erased.
    pub fn require(&self) -> Result<&str, VaultError> {
        self.0.as_deref().ok_or(VaultError::Erased)
    }

    /// Returns the text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0.unwrap_or_else(|| ERASED.to_owned())
    }
}

/// Returns the key id of a text; none if the text is not encrypted.
///
/// # Errors
/// If it starts like encrypted text but is not.
pub fn key_of(stored: &str) -> Result<Option<KeyId>, VaultError> {
    Ok(cipher::parts(stored)?.map(|(id, _)| id))
}

/// Creates content that was never encrypted, for tests.
#[cfg(test)]
impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl Default for Content {
    fn default() -> Self {
        Self(Some(String::new()))
    }
}

impl Deref for Content {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_deref().unwrap_or(ERASED)
    }
}

/// `Debug` never writes content to a log.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.len())
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl PartialSchema for Content {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(format!(
                "Text that is stored encrypted. It is `{ERASED}` if its key has been erased."
            )))
            .into()
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
        match Self::open(&String::decode(value)?) {
            Err(VaultError::Erased) => Ok(Self(None)),
            opened => Ok(opened?),
        }
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
