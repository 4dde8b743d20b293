//! Usernames. A name is unique in its municipality and ends with its number, so that a name that is taken reveals nothing about another
//! municipality.

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// The characters of a name of before usernames had a municipality.
const OLDER: &[u8] = b"._-@";

/// The username that an account gets, such as `alma.fjellheim@4014`: the chosen name and the number of the municipality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Returns a name as it is looked up when a stranger enters it. One that is not valid belongs to nobody, but is still looked up so
    /// that the answer takes the same time.
    #[must_use]
    pub fn entered(text: &str) -> String {
        let text = text.trim().to_lowercase();
        if is_made_of(&text, OLDER, 64) { text } else { "?".to_owned() }
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name that an administrator chooses for an account: 3 to 59 characters from `a-z 0-9 . _ -`. The service adds `@` and the number of the
/// municipality, which may be given too.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = "username", pattern = "^[a-z0-9._-]{3,59}(@[0-9]{4})?$", example = "alma.fjellheim")]
pub struct ChosenUsername(String);

impl ChosenUsername {
    /// Parses a name, with or without its municipality.
    ///
    /// # Errors
    /// If it contains other characters, or is too short or too long.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, municipality) = split(text);
        let is_number = |end: &str| end.len() == 4 && end.bytes().all(|digit| digit.is_ascii_digit());
        if is_made_of(name, b"._-", 59) && municipality.is_none_or(is_number) {
            return Ok(Self(text.to_owned()));
        }
        Err("must be 3 to 59 characters from a-z 0-9 . _ -")
    }

    /// The name without its municipality.
    #[must_use]
    pub fn name(&self) -> &str {
        split(&self.0).0
    }

    /// Returns the username in a municipality.
    ///
    /// # Errors
    /// If it was given with another municipality.
    pub fn within(&self, municipality: &str) -> Result<Username, String> {
        match split(&self.0) {
            (_, Some(other)) if other != municipality => {
                Err(format!("must end with @{municipality}, or without it"))
            }
            (name, _) => Ok(Username(format!("{name}@{municipality}"))),
        }
    }
}

impl<'de> Deserialize<'de> for ChosenUsername {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The name of an account that exists, as the operator types it: with or without its municipality, or a name of before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedUsername(String);

impl TypedUsername {
    /// Parses a name.
    ///
    /// # Errors
    /// If no account can have it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if is_made_of(text, OLDER, 64) {
            return Ok(Self(text.to_owned()));
        }
        Err("must be 3 to 64 characters from a-z 0-9 . _ - @")
    }

    /// Returns the names that it can mean in a municipality.
    #[must_use]
    pub fn names_within(&self, municipality: &str) -> Vec<String> {
        let chosen = ChosenUsername::parse(&self.0).ok();
        let whole = chosen.and_then(|chosen| chosen.within(municipality).ok()).map(|username| username.0);
        whole.into_iter().chain([self.0.clone()]).collect()
    }

    /// The name as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the chosen name, and the municipality if it is there.
fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once('@').map_or((text, None), |(name, end)| (name, Some(end)))
}

fn is_made_of(text: &str, others: &[u8], longest: usize) -> bool {
    let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || others.contains(&byte);
    (3..=longest).contains(&text.len()) && text.bytes().all(is_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gets_its_municipality_once() {
        for typed in ["alma.fjellheim", "alma.fjellheim@4014"] {
            let chosen = ChosenUsername::parse(typed).expect("a name");
            assert_eq!(chosen.within("4014").expect("a username").as_str(), "alma.fjellheim@4014");
        }
        let elsewhere = ChosenUsername::parse("alma@4001").expect("a name");
        assert_eq!(elsewhere.within("4014"), Err("must end with @4014, or without it".to_owned()));
    }

    #[test]
    fn a_name_has_no_other_characters() {
        for bad in ["al", "Alma", "alma@", "alma@40145", "alma@kommune.no", "alma fjellheim", &"a".repeat(60)]
        {
            assert!(ChosenUsername::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Username::entered(" Alma@4014 "), "alma@4014");
        assert_eq!(Username::entered("æ"), "?");
    }

    #[test]
    fn an_operator_names_an_account_of_before_too() {
        let typed = TypedUsername::parse("alma@firma.no").expect("a name");
        assert_eq!(typed.names_within("4014"), ["alma@firma.no"]);
        let typed = TypedUsername::parse("alma").expect("a name");
        assert_eq!(typed.names_within("4014"), ["alma@4014", "alma"]);
    }
}
