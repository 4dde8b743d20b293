//! Numbers in the register of organisations (Enhetsregisteret): nine digits, the last of them a check digit modulo 11.

use serde::{Deserialize, Deserializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

const WEIGHTS: [u32; 8] = [3, 2, 7, 6, 5, 4, 3, 2];

/// The number of an organisation, with a valid check digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationNumber(String);

impl OrganisationNumber {
    /// Parses a number.
    ///
    /// # Errors
    /// The reason, if it does not have nine digits, or if the check digit is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        if digits.len() != 9 || text.len() != 9 {
            return Err("must be 9 digits");
        }
        let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        if (sum + digits[8]).is_multiple_of(11) {
            Ok(Self(text.to_owned()))
        } else {
            Err("is not a possible organisation number: the check digit is wrong")
        }
    }

    /// Returns the nine digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for OrganisationNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for OrganisationNumber {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("organisation-number".to_owned())))
            .pattern(Some("^[0-9]{9}$"))
            .description(Some(
                "A number in the register of organisations (Enhetsregisteret), with its check digit.",
            ))
            .into()
    }
}
impl ToSchema for OrganisationNumber {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_checked() {
        // The register itself, and the tax administration.
        for real in ["974760673", "974761076"] {
            assert!(OrganisationNumber::parse(real).is_ok(), "{real}");
        }
        for wrong in ["", "97476067", "9747606733", "974760674", "97476067a", "974 760 673"] {
            assert!(OrganisationNumber::parse(wrong).is_err(), "{wrong}");
        }
        // No digit makes these eight first digits a number.
        assert!((0..10).all(|last| OrganisationNumber::parse(&format!("10000013{last}")).is_err()));
    }
}
