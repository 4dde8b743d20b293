//! Request and response types for accounts.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    activations::NewCode,
    code::first_letter,
    names::OwnNameCorrection,
    passkey_dto::PasskeyOut,
    username::{ChosenUsername, Username},
};
use crate::{
    identities::OwnNumber,
    identity::Password,
    kernel::{
        NationalId,
        ids::{ActivationId, PersonId, UnitId},
        text::Line,
        vocabulary::{Role, Sector},
    },
    shown,
    vault::Content,
};

/// Credentials for logging in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "tone@4014", "password": "fire blå ender over isen"}))]
pub struct LogInIn {
    /// The username.
    pub username: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// The `device_token` of the last log-in on this device. Failed log-ins of others do not lock out a device that has one.
    #[schema(value_type = Option<String>)]
    pub device_token: Option<SecretString>,
    /// The code of the second factor: six digits of the app, or a recovery code. Required if the account has a second factor, and no
    /// passkey is used (`POST /v1/auth/passkey/begin`).
    #[schema(value_type = Option<String>, max_length = 40)]
    pub code: Option<SecretString>,
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
#[schema(example = json!({"national_id": "03887900069", "name": "Alma Fjellheim", "username": "alma.fjellheim"}))]
pub struct AccountIn {
    /// The national identity number, which connects a guardian or young person to their own case.
    pub national_id: NationalId,
    /// The person's name.
    pub name: Line,
    /// The name that the person logs in with. The service adds the municipality.
    pub username: ChosenUsername,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountOut {
    /// The person the account belongs to.
    pub person_id: PersonId,
    /// The username that the person logs in with: the chosen name, `@` and the number of the municipality.
    #[schema(example = "alma.fjellheim@4014")]
    pub username: String,
    /// When the account was created.
    pub created_at: DateTime<Utc>,
    /// The first half of the code with which the person activates the account.
    pub activation: ActivationOut,
}

shown!(AccountOut { person_id, username, created_at, activation });

/// A new code for an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "alma.fjellheim"}))]
pub struct NewActivationIn {
    /// The name that the person will log in with. It can be the one they have, and counts from the activation.
    pub username: ChosenUsername,
}

/// The first half of a code. It is shown only here.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivationOut {
    /// The id of the code. Another administrator approves it by this.
    pub id: ActivationId,
    /// The person whose account it is.
    pub person_id: PersonId,
    /// The username that counts from the activation. It is in the letter.
    #[schema(example = "alma.fjellheim@4014")]
    pub username: String,
    /// The first half of the code. Give it to the person, and to nobody else.
    #[schema(example = "K7QM2-X9RT4")]
    pub first_half: String,
    /// The code must be approved and used before this time.
    pub expires_at: DateTime<Utc>,
    /// A letter to the person, in Norwegian, to print.
    pub letter: String,
}

impl ActivationOut {
    pub(super) fn of(new: &NewCode, person: PersonId, name: &str, username: &Username) -> Self {
        let NewCode { id, first_half, expires_at } = new;
        Self {
            id: *id,
            person_id: person,
            username: username.as_str().to_owned(),
            first_half: first_half.printed(),
            expires_at: *expires_at,
            letter: first_letter(name, username.as_str(), first_half, *expires_at),
        }
    }
}

shown!(ActivationOut { id, person_id, username, first_half, expires_at, letter });

/// The approval of a code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"national_id": "03887900069"}))]
pub struct ApprovalIn {
    /// The national identity number in the person's identity document, or in the population register if your half goes to their
    /// registered address. It must be that of the account.
    pub national_id: NationalId,
}

/// The second half of a code. It is shown only here.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalOut {
    /// The id of the code.
    pub id: ActivationId,
    /// The person whose account it is.
    pub person_id: PersonId,
    /// The second half of the code. Give it to the person, and to nobody else.
    #[schema(example = "3FB0T-WZ81N")]
    pub second_half: String,
    /// The code must be used before this time.
    pub expires_at: DateTime<Utc>,
    /// A letter to the person, in Norwegian, to print.
    pub letter: String,
}

shown!(ApprovalOut { id, person_id, second_half, expires_at, letter });

/// A code, and the password that the person chooses with it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "alma.fjellheim@4014", "first_half": "K7QM2-X9RT4", "second_half": "3FB0T-WZ81N", "new_password": "fire blå ender over isen"}))]
pub struct ActivationIn {
    /// The username in the letter.
    #[schema(max_length = 100)]
    pub username: String,
    /// The first half of the code. Capitals, spaces and hyphens do not matter.
    #[schema(value_type = String, max_length = 40)]
    pub first_half: SecretString,
    /// The second half of the code.
    #[schema(value_type = String, max_length = 40)]
    pub second_half: SecretString,
    /// A password that only the person knows.
    pub new_password: Password,
}

/// A code for the caller's account that was used or can be used.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct OwnActivation {
    /// When an administrator asked for it.
    pub asked_at: DateTime<Utc>,
    /// The name of the administrator who asked for it. Absent if the operator of the service made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by_name: Option<Content>,
    /// When another administrator approved it. Absent while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<DateTime<Utc>>,
    /// The name of the administrator who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by_name: Option<Content>,
    /// Until when it can be used, if it was not used.
    pub expires_at: DateTime<Utc>,
    /// When the account was activated with it. Absent if it was not used yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_at: Option<DateTime<Utc>>,
}

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
    /// The codes for the caller's account that were used or can be used, newest first. If you did not ask for one, change your password,
    /// which ends it, and report it.
    pub activations: Vec<OwnActivation>,
    /// The national identity numbers that were added to the caller, newest first. If one is not yours, report it.
    pub added_numbers: Vec<OwnNumber>,
    /// The corrections of the caller's name, newest first.
    pub name_corrections: Vec<OwnNameCorrection>,
    /// Whether log-ins need a second factor: a code or a passkey.
    pub has_second_factor: bool,
    /// The caller's passkeys, oldest first.
    pub passkeys: Vec<PasskeyOut>,
    /// Whether the caller has roles that do not count in this session, because the service requires a second factor of staff. Enrol one,
    /// or log in with it.
    pub lacks_second_factor: bool,
}

shown!(MeOut {
    person_id,
    name,
    municipality,
    roles,
    activations,
    added_numbers,
    name_corrections,
    has_second_factor,
    passkeys,
    lacks_second_factor,
});

/// A second factor to enrol.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "fire blå ender over isen"}))]
pub struct FactorIn {
    /// The current password.
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretString,
}

/// The secret of a second factor. It is shown only here.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorOut {
    /// The secret, in base 32.
    pub secret: String,
    /// The same as a URL, to show as a QR code.
    pub url: String,
}

shown!(FactorOut { secret, url });

/// A code of the app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "123456"}))]
pub struct FactorCodeIn {
    /// The six digits that the app shows now.
    #[schema(value_type = String, max_length = 40)]
    pub code: SecretString,
}

/// Recovery codes. Each replaces a code of the app once. They are shown only here.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecoveryCodesOut {
    /// The codes, to keep on paper.
    pub recovery_codes: Vec<String>,
}

shown!(RecoveryCodesOut { recovery_codes });

/// The end of a second factor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "fire blå ender over isen", "code": "123456"}))]
pub struct FactorEndIn {
    /// The current password.
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretString,
    /// The six digits that the app shows now, or a recovery code.
    #[schema(value_type = String, max_length = 40)]
    pub code: SecretString,
}
