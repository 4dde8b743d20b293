//! Validated text from requests.

mod characters;

use std::{fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

use characters::Refused;

/// Text of 1 to `MAX` characters that is not blank, in NFC. Only text that may break has line breaks, all of them `\n`.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Text<const MAX: usize, const BREAKS: bool = false>(String);

/// A name, title or other single line.
pub type Line = Text<200>;
/// A paragraph or a page of prose.
pub type Prose = Text<10_000, true>;

/// The reason a text was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TextError {
    /// It contains only white space.
    #[error("must not be blank")]
    Blank,
    /// It is too long.
    #[error("must be at most {0} characters")]
    TooLong(usize),
    /// It contains a control character, or a character that would not be seen.
    #[error(
        "contains at character {} a control or a character that cannot be seen, U+{:04X}: remove it",
        .0.place, u32::from(.0.character)
    )]
    Character(Refused),
    /// A single line contains a line break.
    #[error("contains at character {0} a line break: write it on one line")]
    Break(usize),
}

impl<const MAX: usize, const BREAKS: bool> Text<MAX, BREAKS> {
    /// Validates text from a request.
    ///
    /// # Errors
    /// If it is blank or too long, or contains a character that is refused.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let cleaned = characters::cleaned(text, BREAKS).map_err(|refused| match refused.character {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                TextError::Break(refused.place)
            }
            _ => TextError::Character(refused),
        })?;
        let text = cleaned.trim();
        if text.is_empty() {
            return Err(TextError::Blank);
        }
        if text.chars().count() > MAX {
            return Err(TextError::TooLong(MAX));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the text.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// The characters that no text contains, as a part of a regular expression of the API document. The formats `line` and `text` also
/// refuse characters by their neighbours.
macro_rules! pattern {
    ($breaks:literal) => {
        concat!(
            r"^[^\u0000-\u0008",
            $breaks,
            r"\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2061-\u206f\ufff9-\ufffb]*$"
        )
    };
}

/// The form of text that may break, and of a line.
const PATTERNS: [&str; 2] = [pattern!(""), pattern!(r"\u0009-\u000d\u0085\u2028\u2029")];

/// Checks a text of any length: the `format` `text` of the API document.
///
/// # Errors
/// The reason, if it is blank or contains a character that is refused.
pub fn check_text(text: &str) -> Result<(), String> {
    Text::<{ usize::MAX }, true>::parse(text).map(|_| ()).map_err(|error| error.to_string())
}

/// Checks a line of any length: the `format` `line` of the API document.
///
/// # Errors
/// As [`check_text`], and if it contains a line break.
pub fn check_line(text: &str) -> Result<(), String> {
    Text::<{ usize::MAX }, false>::parse(text).map(|_| ()).map_err(|error| error.to_string())
}

impl<const MAX: usize, const BREAKS: bool> Deref for Text<MAX, BREAKS> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// `Debug` never writes content to a log.
impl<const MAX: usize, const BREAKS: bool> fmt::Debug for Text<MAX, BREAKS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl<'de, const MAX: usize, const BREAKS: bool> Deserialize<'de> for Text<MAX, BREAKS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl<const MAX: usize, const BREAKS: bool> PartialSchema for Text<MAX, BREAKS> {
    fn schema() -> RefOr<Schema> {
        let (format, pattern, breaks) = if BREAKS {
            ("text", PATTERNS[0], "Line breaks are stored as LF.")
        } else {
            ("line", PATTERNS[1], "It has no line breaks.")
        };
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom(format.to_owned())))
            .min_length(Some(1))
            .max_length(Some(MAX))
            .pattern(Some(pattern))
            .description(Some(format!(
                "Text of 1 to {MAX} characters that is not blank. {breaks} It is stored in NFC, without soft hyphens, zero-width \
                 spaces, word joiners and byte order marks. Controls and other characters that cannot be seen are refused; joiners \
                 and marks of direction are accepted beside letters of the scripts that need them."
            )))
            .into()
    }
}
impl<const MAX: usize, const BREAKS: bool> ToSchema for Text<MAX, BREAKS> {
    fn name() -> std::borrow::Cow<'static, str> {
        match MAX {
            200 if !BREAKS => "Line".into(),
            10_000 if BREAKS => "Prose".into(),
            40 if !BREAKS => "Phone".into(),
            _ => format!("TextOf{MAX}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_counted_in_characters() {
        let short = Text::<3>::parse;
        assert_eq!(&*short(" æøå ").expect("three characters"), "æøå");
        assert_eq!(short("æøåa"), Err(TextError::TooLong(3)));
        assert_eq!(short(" \u{3000} "), Err(TextError::Blank));
        assert_eq!(short("\u{200b}"), Err(TextError::Blank));
        assert_eq!(short("A\u{30a}se").expect("three characters").len(), 4);
    }

    #[test]
    fn the_place_and_the_code_point_of_what_is_refused_are_named() {
        let said = |text: &str| Line::parse(text).expect_err("refused").to_string();
        assert_eq!(said("a\nb"), "contains at character 2 a line break: write it on one line");
        let expected =
            "contains at character 3 a control or a character that cannot be seen, U+202E: remove it";
        assert_eq!(said("ab\u{202e}c"), expected);
        assert_eq!(&*Prose::parse("a\r\nb").expect("two lines"), "a\nb");
    }

    #[test]
    fn the_pattern_refuses_only_what_the_parser_refuses() {
        let characters = ('\0'..='\u{ffff}').chain('\u{e0000}'..='\u{e0fff}');
        for (pattern, check) in [(PATTERNS[0], check_text as fn(&str) -> _), (PATTERNS[1], check_line)] {
            let options = jsonschema::options().with_pattern_options(jsonschema::PatternOptions::regex());
            let pattern = options.build(&serde_json::json!({ "pattern": pattern })).expect("a pattern");
            for c in characters.clone() {
                let text = format!("ש{c}ש");
                assert!(check(&text).is_err() || pattern.is_valid(&text.into()), "{c:?}");
            }
        }
    }
}
