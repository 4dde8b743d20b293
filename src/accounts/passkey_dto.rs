//! Request and response types for passkeys.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use webauthn_rs::prelude::{
    CreationChallengeResponse, PublicKeyCredential, RegisterPublicKeyCredential, RequestChallengeResponse,
};

use crate::{
    identity::{NewChallenge, OwnPasskey},
    kernel::{ids::PasskeyId, text::Line},
    problem::{Problem, Result},
    shown,
    vault::Content,
};

/// A passkey of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyOut {
    /// Its id.
    pub id: PasskeyId,
    /// The name that the caller gave it.
    pub name: Content,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last used to log in. Absent if it was not used yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
}

shown!(PasskeyOut { id, name, created_at, last_used_at });

impl From<OwnPasskey> for PasskeyOut {
    fn from(own: OwnPasskey) -> Self {
        let OwnPasskey { id, name, created_at, last_used_at } = own;
        Self { id, name, created_at, last_used_at }
    }
}

/// A challenge to add a passkey. It can be answered once.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewPasskeyOut {
    /// Send this with the answer of the authenticator.
    pub token: String,
    /// The answer must arrive before this time.
    pub expires_at: DateTime<Utc>,
    /// The options in the JSON of WebAuthn, for `PublicKeyCredential.parseCreationOptionsFromJSON` and `navigator.credentials.create`.
    #[schema(value_type = Object)]
    pub options: Value,
}

shown!(NewPasskeyOut { token, expires_at, options });

impl TryFrom<NewChallenge<CreationChallengeResponse>> for NewPasskeyOut {
    type Error = Problem;

    fn try_from(new: NewChallenge<CreationChallengeResponse>) -> Result<Self> {
        let NewChallenge { token, expires_at, options } = new;
        let options = serde_json::to_value(options.public_key).map_err(Problem::internal)?;
        Ok(Self { token: token.expose_secret().to_owned(), expires_at, options })
    }
}

/// A challenge to log in with a passkey. It can be answered once.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyLogInOut {
    /// Send this with the answer of the authenticator.
    pub token: String,
    /// The answer must arrive before this time.
    pub expires_at: DateTime<Utc>,
    /// The options in the JSON of WebAuthn, for `PublicKeyCredential.parseRequestOptionsFromJSON` and `navigator.credentials.get`.
    #[schema(value_type = Object)]
    pub options: Value,
}

impl TryFrom<NewChallenge<RequestChallengeResponse>> for PasskeyLogInOut {
    type Error = Problem;

    fn try_from(new: NewChallenge<RequestChallengeResponse>) -> Result<Self> {
        let NewChallenge { token, expires_at, options } = new;
        let options = serde_json::to_value(options.public_key).map_err(Problem::internal)?;
        Ok(Self { token: token.expose_secret().to_owned(), expires_at, options })
    }
}

/// A new passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "hVhV1sYyJzv5o0mVZ3pW3o3l2f4m8mE0b8o8u7Qw1xY", "name": "Phone",
    "credential": {
        "id": "AAAAAAAAAAAAAAAAAAAAAA", "rawId": "AAAAAAAAAAAAAAAAAAAAAA", "type": "public-key",
        "response": {"clientDataJSON": "e30", "attestationObject": "oA"}, "clientExtensionResults": {},
    },
}))]
pub struct PasskeyIn {
    /// The `token` of the challenge.
    #[schema(value_type = String, max_length = 64)]
    pub token: SecretString,
    /// A name by which the caller knows the passkey again.
    pub name: Line,
    /// The answer of the authenticator: `toJSON()` of what `navigator.credentials.create` returns. Members that are not known are ignored.
    #[schema(value_type = Object)]
    pub credential: RegisterPublicKeyCredential,
}

/// The removal of a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"passkey_id": "018f2f60-0000-7000-8000-000000000001", "current_password": "fire blå ender over isen"}))]
pub struct PasskeyEndIn {
    /// The passkey.
    pub passkey_id: PasskeyId,
    /// The current password.
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretString,
}

/// The beginning of a log-in with a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "tone", "password": "fire blå ender over isen"}))]
pub struct PasskeyLogInIn {
    /// The username.
    pub username: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// The `device_token` of the last log-in on this device.
    #[schema(value_type = Option<String>)]
    pub device_token: Option<SecretString>,
}

/// The answer of a passkey in a log-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "hVhV1sYyJzv5o0mVZ3pW3o3l2f4m8mE0b8o8u7Qw1xY",
    "credential": {
        "id": "AAAAAAAAAAAAAAAAAAAAAA", "rawId": "AAAAAAAAAAAAAAAAAAAAAA", "type": "public-key",
        "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}, "clientExtensionResults": {},
    },
}))]
pub struct PasskeyProofIn {
    /// The `token` of the challenge.
    #[schema(value_type = String, max_length = 64)]
    pub token: SecretString,
    /// The answer of the authenticator: `toJSON()` of what `navigator.credentials.get` returns. Members that are not known are ignored.
    #[schema(value_type = Object)]
    pub credential: PublicKeyCredential,
    /// The `device_token` of the last log-in on this device.
    #[schema(value_type = Option<String>)]
    pub device_token: Option<SecretString>,
}
