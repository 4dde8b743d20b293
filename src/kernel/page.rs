//! Keyset pages: a list is read in order of id, starting after the last item seen.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The default number of items per page.
pub const DEFAULT_LIMIT: u32 = 50;
/// The maximum number of items per page.
pub const MAX_LIMIT: u32 = 200;

/// The requested page of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The `next_cursor` of the previous page.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// The number of items, 1 to 200; 50 if left out.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<Limit>,
}

impl PageQuery {
    /// Returns the id after which the page starts; the nil id for the first page.
    #[must_use]
    pub fn after(&self) -> Uuid {
        self.cursor.map_or(Uuid::nil(), |cursor| cursor.0)
    }

    /// Returns the number of items.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.map_or(DEFAULT_LIMIT, |limit| limit.0) as usize
    }
}

/// A position in a list. Clients must treat it as opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub Uuid);

impl Cursor {
    /// Returns the cursor as it is sent to the client.
    #[must_use]
    pub fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_bytes())
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        URL_SAFE_NO_PAD
            .decode(&text)
            .ok()
            .and_then(|bytes| Uuid::from_slice(&bytes).ok())
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("is not a cursor that was given out"))
    }
}

impl utoipa::PartialSchema for Cursor {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        String::schema()
    }
}
impl ToSchema for Cursor {}

/// A number of items within the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.parse() {
            Ok(limit @ 1..=MAX_LIMIT) => Ok(Self(limit)),
            _ => Err(serde::de::Error::custom(format!("must be a whole number from 1 to {MAX_LIMIT}"))),
        }
    }
}

impl utoipa::PartialSchema for Limit {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        u32::schema()
    }
}
impl ToSchema for Limit {}

/// One page of a list. It contains no total, because a count would reveal items that the caller may not see.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, oldest first unless the operation states otherwise.
    pub items: Vec<T>,
    /// The value of `cursor` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Creates a page from rows that were fetched with a limit of `limit` + 1.
    #[must_use]
    pub fn cut(mut items: Vec<T>, limit: usize, id: impl Fn(&T) -> Uuid) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = more.then(|| items.last().map(|item| Cursor(id(item)).encode())).flatten();
        Self { items, next_cursor }
    }

    /// Converts each item of the page.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }

    /// Converts each item of the page.
    ///
    /// # Errors
    /// The first error of the conversion.
    pub fn try_map<U, E>(self, change: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let items = self.items.into_iter().map(change).collect::<Result<_, E>>()?;
        Ok(Page { items, next_cursor: self.next_cursor })
    }
}
