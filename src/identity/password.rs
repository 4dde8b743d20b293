//! Passwords: accepted according to NIST SP 800-63B-4.
//!
//! Length matters (15 characters if the password is the only factor), composition does not. A password that is easy to
//! guess is refused.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

const MIN_CHARS: usize = 15;
/// The longest password, in characters.
pub(super) const MAX_CHARS: usize = 128;
/// The number of guesses that a password must withstand, as a power of ten.
const MIN_GUESSES_LOG10: f64 = 10.0;

/// A new password that satisfies the rules.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// The reason a password was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PasswordError {
    /// Too short.
    #[error("must be at least {MIN_CHARS} characters; a sentence is a good password")]
    TooShort,
    /// It is too long to hash.
    #[error("must be at most {MAX_CHARS} characters")]
    TooLong,
    /// It is a common password, or consists of common words.
    #[error("is too easily guessed: choose something less common")]
    Common,
}

impl Password {
    /// Returns the password itself, to hash it.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// Validates a new password.
    ///
    /// # Errors
    /// If it is too short, too long or easy to guess.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        let length = text.chars().count();
        if length < MIN_CHARS {
            return Err(PasswordError::TooShort);
        }
        if length > MAX_CHARS {
            return Err(PasswordError::TooLong);
        }
        if zxcvbn::zxcvbn(text, &["stafett", "kommune"]).guesses_log10() < MIN_GUESSES_LOG10 {
            return Err(PasswordError::Common);
        }
        Ok(Self(text.to_owned().into()))
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Password {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{ObjectBuilder, SchemaFormat, schema::Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("new-password".to_owned())))
            .description(Some("A new password, which must not be easy to guess."))
            .min_length(Some(MIN_CHARS))
            .max_length(Some(MAX_CHARS))
            .into()
    }
}
impl utoipa::ToSchema for Password {
    fn name() -> std::borrow::Cow<'static, str> {
        "Password".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sentence_is_a_password_and_a_common_word_is_not() {
        assert!(Password::parse("fire blå ender over isen").is_ok());
        assert_eq!(Password::parse("Kort1!").err(), Some(PasswordError::TooShort));
        assert_eq!(Password::parse(&"æ".repeat(129)).err(), Some(PasswordError::TooLong));
        for common in ["passwordpassword", "111111111111111", "qwertyuiopasdfgh", "stafettstafettstafett"] {
            assert_eq!(Password::parse(common).err(), Some(PasswordError::Common), "{common}");
        }
    }
}
