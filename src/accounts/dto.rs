//! Request and response types for accounts.

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
    shown,
    vault::Content,
};

/// The name used to log in: 3 to 64 characters from `a-z 0-9 . _ - @`.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = "username", pattern = "^[a-z0-9._@-]{3,64}$", example = "alma.fjellheim")]
pub struct Username(String);

impl Username {
    /// Parses a username.
    ///
    /// # Errors
    /// If it contains other characters, or is too short or too long.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let good = (3..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-@".contains(&b));
        if good { Ok(Self(text.to_owned())) } else { Err("must be 3 to 64 characters from a-z 0-9 . _ - @") }
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

/// Credentials for logging in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "tone", "password": "fire blå ender over isen"}))]
pub struct LogInIn {
    /// The username.
    pub username: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// The `device_token` of the last log-in on this device. Failed log-ins of others do not lock out a device that has one.
    #[schema(value_type = Option<String>)]
    pub device_token: Option<SecretString>,
}

/// A refresh token to exchange.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "hVhV1sYyJzv5o0mVZ3pW3o3l2f4m8mE0b8o8u7Qw1xY"}))]
pub struct RefreshIn {
    /// The most recent refresh token of the session. It works once.
    #[schema(value_type = String)]
    pub refresh_token: SecretString,
}

/// Access and refresh tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokensOut {
    /// Send this as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// The number of seconds for which the access token is valid.
    #[schema(example = 600)]
    pub expires_in: i64,
    /// Exchange this for new tokens. It works once.
    pub refresh_token: String,
    /// Store this on the device, and send it with the next log-in. It opens nothing. Absent after a refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
}

/// A change of password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "fire blå ender over isen", "new_password": "fem grå gjess mot sør i natt"}))]
pub struct PasswordChange {
    /// The current password.
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretString,
    /// The new password.
    pub new_password: Password,
}

/// An account to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"national_id": "03887900069", "name": "Alma Fjellheim", "username": "alma.fjellheim", "password": "fire blå ender over isen"}))]
pub struct AccountIn {
    /// The national identity number, which connects a guardian or young person to their own case.
    pub national_id: NationalId,
    /// The person's name.
    pub name: Line,
    /// The username the person logs in with.
    pub username: Username,
    /// The initial password.
    pub password: Password,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountOut {
    /// The person the account belongs to.
    pub person_id: PersonId,
    /// The username the person logs in with.
    pub username: String,
    /// When the account was created.
    pub created_at: DateTime<Utc>,
}

shown!(AccountOut { person_id, username, created_at });

/// A role that the caller has.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnRole {
    /// The unit.
    pub unit_id: UnitId,
    /// The name of the unit.
    pub unit_name: String,
    /// The sector of the unit.
    pub sector: Sector,
    /// The municipality that the unit belongs to.
    pub municipality: String,
    /// The caller's role in the unit.
    pub role: Role,
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeOut {
    /// The caller's id.
    pub person_id: PersonId,
    /// The caller's name.
    pub name: Content,
    /// The municipality that manages the account.
    pub municipality: String,
    /// The caller's current roles.
    pub roles: Vec<OwnRole>,
}

shown!(MeOut { person_id, name, municipality, roles });
