//! Validated text from requests.

use std::{fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

/// Text of 1 to `MAX` characters, not blank, without control characters other than line breaks and tabs.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Text<const MAX: usize>(String);

/// A name, title or other single line.
pub type Line = Text<200>;
/// A paragraph or a page of prose.
pub type Prose = Text<10_000>;

/// The reason a text was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TextError {
    /// It contains only white space.
    #[error("must not be blank")]
    Blank,
    /// It is too long.
    #[error("must be at most {0} characters")]
    TooLong(usize),
    /// It contains a control character or an invisible character.
    #[error("must not contain control characters or characters that cannot be seen")]
    Control,
}

impl<const MAX: usize> Text<MAX> {
    /// Validates text from a request.
    ///
    /// # Errors
    /// If it is blank, too long or contains control characters.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TextError::Blank);
        }
        if text.chars().count() > MAX {
            return Err(TextError::TooLong(MAX));
        }
        if text.chars().any(is_refused) {
            return Err(TextError::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// The form of a text of any length, as a regular expression of the API document. A test compares it with the parser.
const PATTERN: &str = concat!(
    r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f",
    r"\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]*$"
);

/// Checks a text of any length: the `format` `text` of the API document.
///
/// # Errors
/// The reason, if it is blank or contains characters that cannot be seen.
pub fn check_text(text: &str) -> Result<(), String> {
    Text::<{ usize::MAX }>::parse(text).map(|_| ()).map_err(|error| error.to_string())
}

fn is_refused(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || is_invisible(c)
}

/// Invisible characters, and characters that change text direction: the reader would not see what is stored.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// `Debug` never writes content to a log.
impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl<const MAX: usize> PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("text".to_owned())))
            .min_length(Some(1))
            .max_length(Some(MAX))
            .pattern(Some(PATTERN))
            .description(Some(format!(
                "Text of 1 to {MAX} characters. It is not blank, and contains no control characters and no characters that \
                 cannot be seen."
            )))
            .into()
    }
}
impl<const MAX: usize> ToSchema for Text<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        match MAX {
            200 => "Line".into(),
            10_000 => "Prose".into(),
            40 => "Phone".into(),
            _ => format!("TextOf{MAX}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_counted_in_characters() {
        assert_eq!(&*Text::<3>::parse(" æøå ").expect("three characters"), "æøå");
        assert_eq!(Text::<3>::parse("æøåa"), Err(TextError::TooLong(3)));
        assert_eq!(Text::<3>::parse(" \n "), Err(TextError::Blank));
        assert_eq!(Text::<9>::parse("a\u{0}b"), Err(TextError::Control));
        assert_eq!(Text::<9>::parse("\u{200b}"), Err(TextError::Control));
    }
}
