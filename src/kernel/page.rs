//! Keyset pages: a list is read in order of id, starting after the last item seen.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};
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
    pub limit: Option<Limit>,
}

impl PageQuery {
    /// Returns the rows of the page and one more, which shows whether another page follows.
    ///
    /// # Errors
    /// If the cursor belongs to a list that is decided row by row.
    pub fn slice(&self) -> Result<Slice, BadCursor> {
        let after = match &self.cursor {
            None => Uuid::nil(),
            Some(Cursor::At(id)) => *id,
            Some(Cursor::Sealed(_)) => return Err(BadCursor),
        };
        Ok(Slice { after, limit: self.limit() + 1 })
    }

    /// Returns the id before which a page in reverse order starts; none for the first page.
    ///
    /// # Errors
    /// If the cursor belongs to a list that is decided row by row.
    pub fn before(&self) -> Result<Option<Uuid>, BadCursor> {
        Ok(self.cursor.is_some().then_some(self.slice()?.after))
    }

    /// Returns the number of items.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.map_or(DEFAULT_LIMIT, |limit| limit.0) as usize
    }
}

/// Rows of a list in order: the start and the maximum number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice<P = Uuid> {
    /// The position after which the rows start.
    pub after: P,
    /// The maximum number of rows.
    pub limit: usize,
}

impl<P> Slice<P> {
    /// Returns the limit as an SQL parameter.
    #[must_use]
    pub fn sql_limit(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX)
    }
}

/// A position in a list, which orders its rows.
pub trait Position: Copy {
    /// The position before all rows.
    const FIRST: Self;

    /// Returns the position as bytes.
    fn to_bytes(self) -> Vec<u8>;

    /// Reads a position; none if the bytes are not one.
    fn of_bytes(bytes: &[u8]) -> Option<Self>;
}

impl Position for Uuid {
    const FIRST: Self = Uuid::nil();

    fn to_bytes(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

/// The cursor was not issued for this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor that this list returned")]
pub struct BadCursor;

/// Where a page starts. Clients must treat it as opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor<P = Uuid> {
    /// After an item that was shown.
    At(P),
    /// After a row that was not shown, so its position is encrypted.
    Sealed(String),
}

/// The prefix of an encrypted cursor. No plain cursor has it.
const SEALED: char = '~';

impl<P: Position> Cursor<P> {
    /// Returns the cursor as it is sent to the client.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::At(place) => URL_SAFE_NO_PAD.encode(place.to_bytes()),
            Self::Sealed(sealed) => format!("{SEALED}{}", URL_SAFE_NO_PAD.encode(sealed)),
        }
    }

    fn decode(text: &str) -> Option<Self> {
        match text.strip_prefix(SEALED) {
            Some(sealed) => Some(Self::Sealed(String::from_utf8(URL_SAFE_NO_PAD.decode(sealed).ok()?).ok()?)),
            None => P::of_bytes(&URL_SAFE_NO_PAD.decode(text).ok()?).map(Self::At),
        }
    }
}

impl<'de, P: Position> Deserialize<'de> for Cursor<P> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::decode(&text).ok_or_else(|| serde::de::Error::custom(BadCursor))
    }
}

impl<P> PartialSchema for Cursor<P> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(500))
            .pattern(Some("^~?[A-Za-z0-9_-]+$"))
            .description(Some(
                "The position in a list, as `next_cursor` gives it. Clients treat it as opaque.",
            ))
            .into()
    }
}
impl<P> ToSchema for Cursor<P> {
    fn name() -> Cow<'static, str> {
        "Cursor".into()
    }
}

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

impl PartialSchema for Limit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(MAX_LIMIT))
            .default(Some(DEFAULT_LIMIT.into()))
            .description(Some("The number of items in a page."))
            .into()
    }
}
impl ToSchema for Limit {}

/// One page of a list. It contains no total, because a count would reveal items that the caller may not see.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, oldest first unless the operation states otherwise.
    pub items: Vec<T>,
    /// The value of `cursor` for the next page; absent on the last page. A page can be short, or empty, and still have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Creates a page from rows that were fetched with a limit of `limit` + 1.
    #[must_use]
    pub fn cut<P: Position>(mut items: Vec<T>, limit: usize, place: impl Fn(&T) -> P) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = more.then(|| items.last().map(|item| Cursor::At(place(item)).encode())).flatten();
        Self { items, next_cursor }
    }

    /// Returns something of each item, such as its id.
    pub fn ids<U>(&self, id: impl Fn(&T) -> U) -> Vec<U> {
        self.items.iter().map(id).collect()
    }

    /// Returns the same page with other items in the place of these.
    #[must_use]
    pub fn with<U>(&self, items: impl IntoIterator<Item = U>) -> Page<U> {
        Page { items: items.into_iter().collect(), next_cursor: self.next_cursor.clone() }
    }

    /// Converts each item of the page.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}
