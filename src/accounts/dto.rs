//! Accounts as the API speaks of them.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    identity::Password,
    kernel::{
        NationalId,
        ids::{PersonId, UnitId},
        text::Line,
        vocabulary::{Role, Sector},
    },
    vault::Content,
};

/// The name one logs in with: 3 to 64 of `a-z 0-9 . _ - @`.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, pattern = "^[a-z0-9._@-]{3,64}$", example = "alma.fjellheim")]
pub struct Username(String);

impl Username {
    /// Takes a username.
    ///
    /// # Errors
    /// If it has other characters, or is too short or long.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let good = (3..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-@".contains(&b));
        if good { Ok(Self(text.to_owned())) } else { Err("must be 3 to 64 of a-z 0-9 . _ - @") }
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Username {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A log-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "alma.fjellheim", "password": "fire blå ender over isen"}))]
pub struct LogInIn {
    /// The username.
    pub username: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
}

/// A refresh token to be exchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "hVhV1sYyJzv5o0mVZ3pW3o3l2f4m8mE0b8o8u7Qw1xY"}))]
pub struct RefreshIn {
    /// The refresh token that was last given out; it works once.
    #[schema(value_type = String)]
    pub refresh_token: SecretString,
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokensOut {
    /// Send this as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds the access token lives.
    #[schema(example = 600)]
    pub expires_in: i64,
    /// Exchange this for new tokens, once.
    pub refresh_token: String,
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "fire blå ender over isen", "new_password": "fem grå gjess mot sør i natt"}))]
pub struct PasswordChange {
    /// The password until now.
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretString,
    /// The password from now on.
    pub new_password: Password,
}

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"national_id": "03887900069", "name": "Alma Fjellheim", "username": "alma.fjellheim", "password": "fire blå ender over isen"}))]
pub struct AccountIn {
    /// The national identity number, by which a guardian or young person finds their own case.
    pub national_id: NationalId,
    /// The person's name.
    pub name: Line,
    /// The name they log in with.
    pub username: Username,
    /// The first password.
    pub password: Password,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountOut {
    /// Whose it is.
    pub person_id: PersonId,
    /// The name they log in with.
    pub username: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A role of one's own.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnRole {
    /// The unit.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Its sector.
    pub sector: Sector,
    /// The municipality that keeps it.
    pub municipality: String,
    /// What one is there.
    pub role: Role,
}

/// Oneself.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeOut {
    /// One's id.
    pub person_id: PersonId,
    /// One's name.
    pub name: Content,
    /// The municipality that keeps the account.
    pub municipality: String,
    /// One's roles now.
    pub roles: Vec<OwnRole>,
}
