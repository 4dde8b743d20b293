//! Access tokens: short-lived JWTs signed with Ed25519, validated according to RFC 8725 and RFC 9068.
//!
//! A token identifies the person and the session, but contains no rights: those are in the database.

use std::{collections::HashMap, sync::Mutex};

use chrono::{DateTime, Utc};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::sha256_hex;
use crate::kernel::{
    Id,
    ids::{Person, Session},
};

const ISSUER: &str = "stafett";
const AUDIENCE: &str = "stafett-api";
const TYPE: &str = "at+jwt";
/// How far the clock of the server that issued a token may be ahead of this one, in seconds. Also how far a clock can be set back
/// without ending open sessions.
const LEEWAY: i64 = 30;

/// The person and the session of a token that this service issued and that has not expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedToken {
    /// The person.
    pub person: Id<Person>,
    /// The session. It may have ended, so the database must be checked.
    pub session: Id<Session>,
    issued: i64,
    expires: i64,
}

impl VerifiedToken {
    fn is_valid_at(&self, now: DateTime<Utc>) -> bool {
        (self.issued - LEEWAY..self.expires).contains(&now.timestamp())
    }
}

/// The maximum number of verified tokens in memory. When it is reached, all are removed.
const REMEMBERED: usize = 10_000;

/// The contents of an access token.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: Id<Person>,
    pub sid: Id<Session>,
    pub jti: uuid::Uuid,
    pub iat: i64,
    pub exp: i64,
}

/// The keys that sign and verify access tokens. The first signs and all verify, so that keys can be changed without logging
/// anyone out.
pub struct TokenKeys {
    signing: EncodingKey,
    kid: String,
    verifying: Vec<(String, DecodingKey)>,
    /// Tokens whose signature was verified, by the digest of the whole token.
    verified: Mutex<HashMap<[u8; 32], VerifiedToken>>,
}

/// An error in the keys.
#[derive(Debug, thiserror::Error)]
pub enum TokenKeysError {
    /// No key is configured.
    #[error("no token signing key is configured")]
    None,
    /// A key is not an Ed25519 private key.
    #[error(
        "a token signing key must be an Ed25519 private key in PKCS#8 PEM: `openssl genpkey -algorithm ed25519` makes one"
    )]
    NotEd25519,
}

impl TokenKeys {
    /// Parses Ed25519 private keys in PKCS#8 PEM, the signing key first.
    ///
    /// # Errors
    /// If there is none, or one is of another kind.
    pub fn from_pem(pems: &[SecretString]) -> Result<Self, TokenKeysError> {
        let keys = pems
            .iter()
            .map(|pem| {
                SigningKey::from_pkcs8_pem(pem.expose_secret()).map_err(|_| TokenKeysError::NotEd25519)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Self::from_keys(&keys)
    }

    /// Creates a key that lives as long as the process, for the demonstration and for tests.
    ///
    /// # Errors
    /// If the system provides no random numbers.
    pub fn throw_away() -> Result<Self, TokenKeysError> {
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed).map_err(|_| TokenKeysError::None)?;
        Self::from_keys(&[SigningKey::from_bytes(&seed)])
    }

    fn from_keys(keys: &[SigningKey]) -> Result<Self, TokenKeysError> {
        let first = keys.first().ok_or(TokenKeysError::None)?;
        let der = first.to_pkcs8_der().map_err(|_| TokenKeysError::NotEd25519)?;
        let verifying = keys
            .iter()
            .map(|key| {
                let public = key.verifying_key().to_bytes();
                (kid(&public), DecodingKey::from_ed_der(&public))
            })
            .collect();
        Ok(Self {
            signing: EncodingKey::from_ed_der(der.as_bytes()),
            kid: kid(&first.verifying_key().to_bytes()),
            verifying,
            verified: Mutex::default(),
        })
    }

    /// Creates an access token.
    pub(super) fn sign(
        &self,
        person: Id<Person>,
        session: Id<Session>,
        issued: DateTime<Utc>,
        expires: DateTime<Utc>,
    ) -> jsonwebtoken::errors::Result<String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.into());
        header.kid = Some(self.kid.clone());
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: person,
            sid: session,
            jti: uuid::Uuid::now_v7(),
            iat: issued.timestamp(),
            exp: expires.timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &self.signing)
    }

    /// Returns the person and session of a token that this service issued and that is valid now.
    ///
    /// A signature is verified once. The times are compared on every call.
    #[must_use]
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<VerifiedToken> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = self.verified.lock().ok().and_then(|verified| verified.get(&digest).copied());
        if let Some(known) = known {
            return known.is_valid_at(now).then_some(known);
        }
        let found = self.verify_signature(token)?;
        if let Ok(mut verified) = self.verified.lock() {
            if verified.len() >= REMEMBERED {
                verified.clear();
            }
            verified.insert(digest, found);
        }
        found.is_valid_at(now).then_some(found)
    }

    fn verify_signature(&self, token: &str) -> Option<VerifiedToken> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        // RFC 7515 § 4.1.11: what `crit` names must be understood, and no extension is.
        let extends = header.crit.is_some();
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) || extends {
            return None;
        }
        let kid = header.kid?;
        let (_, key) = self.verifying.iter().find(|(known, _)| *known == kid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The expiry is checked against the service's own clock.
        validation.validate_exp = false;
        let Claims { sub, sid, iat, exp, .. } =
            jsonwebtoken::decode::<Claims>(token, key, &validation).ok()?.claims;
        Some(VerifiedToken { person: sub, session: sid, issued: iat, expires: exp })
    }
}

impl std::fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenKeys(kid {})", self.kid)
    }
}

fn kid(public: &[u8]) -> String {
    sha256_hex(public)[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).expect("a time")
    }

    fn token(keys: &TokenKeys) -> String {
        keys.sign(Id::new(), Id::new(), at(0), at(0) + TimeDelta::minutes(10)).expect("a token")
    }

    #[test]
    fn a_token_is_valid_from_shortly_before_its_issue_until_its_expiry() {
        let keys = TokenKeys::throw_away().expect("keys");
        let token = token(&keys);
        assert!(keys.verify(&token, at(-LEEWAY - 1)).is_none());
        assert!(keys.verify(&token, at(-2)).is_some());
        assert!(keys.verify(&token, at(0)).is_some());
        assert!(keys.verify(&token, at(599)).is_some());
        assert!(keys.verify(&token, at(600)).is_none());
    }

    #[test]
    fn a_token_of_another_key_or_another_algorithm_is_refused() {
        let keys = TokenKeys::throw_away().expect("keys");
        let other = TokenKeys::throw_away().expect("keys");
        assert!(keys.verify(&token(&other), at(1)).is_none());

        let token = token(&keys);
        let [header, claims, signature]: [&str; 3] =
            token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
        let forged = |header: &str| B64.encode(header);
        let kid = &keys.kid;
        for bad in [
            format!("{}.{claims}.", forged(&format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{kid}"}}"#))),
            format!(
                "{}.{claims}.{signature}",
                forged(&format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{kid}"}}"#))
            ),
            format!(
                "{}.{claims}.{signature}",
                forged(&format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{kid}"}}"#))
            ),
            format!("{header}.{}.{signature}", forged(r#"{"iss":"stafett","aud":"stafett-api"}"#)),
            format!("{header}.{claims}"),
            String::new(),
        ] {
            assert!(keys.verify(&bad, at(1)).is_none(), "{bad}");
        }
    }
}
