//! The relying party of passkeys (WebAuthn Level 2): the name that they are bound to, and the addresses where they are used.
//!
//! A passkey signs the address of the page that asked, so a page of another address learns nothing that can be used here.

use serde::{Serialize, de::DeserializeOwned};
use webauthn_rs::prelude::{
    CreationChallengeResponse, CredentialID, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, RequestChallengeResponse, Url, Webauthn,
    WebauthnBuilder, WebauthnError,
};

use super::passkeys::CHALLENGE_LIFE;
use crate::{
    db::DbError,
    kernel::{Id, ids::Person},
};

const NAME: &str = "Stafett";

/// Why passkeys cannot be used with these settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelyingPartyError {
    /// The name is not a domain.
    #[error("must be a domain in lower case, such as stafett.example.no, or localhost")]
    Name,
    /// There is no address.
    #[error("must name the address of the front end, such as [\"https://stafett.example.no\"]")]
    NoOrigin,
    /// An address is not an origin of the domain.
    #[error(
        "must be origins at the domain of passkey_rp_id or below it, such as [\"https://stafett.example.no\"]: https (or http \
         at localhost), and no path"
    )]
    Origin,
}

impl RelyingPartyError {
    /// Returns the setting that is wrong.
    #[must_use]
    pub fn setting(self) -> &'static str {
        match self {
            Self::Name => "passkey_rp_id",
            Self::NoOrigin | Self::Origin => "passkey_origins",
        }
    }
}

/// The relying party.
#[derive(Debug)]
pub struct RelyingParty(Webauthn);

/// A question to an authenticator, and the state that verifies the answer. The state stays here.
#[derive(Debug)]
pub struct Asked<O> {
    /// The options for the authenticator.
    pub options: O,
    /// The state, as text. It must be stored sealed.
    pub state: String,
}

impl RelyingParty {
    /// Creates the relying party of a domain, whose passkeys are used at these origins.
    ///
    /// # Errors
    /// If the domain or an origin cannot be used.
    pub fn new(domain: &str, origins: &[String]) -> Result<Self, RelyingPartyError> {
        if !is_domain(domain) {
            return Err(RelyingPartyError::Name);
        }
        let origins =
            origins.iter().map(|origin| origin_of(origin, domain)).collect::<Result<Vec<_>, _>>()?;
        let first = origins.first().ok_or(RelyingPartyError::NoOrigin)?;
        let life = CHALLENGE_LIFE.to_std().map_err(|_| RelyingPartyError::Name)?;
        let builder = WebauthnBuilder::new(domain, first).map_err(|_| RelyingPartyError::Origin)?;
        let builder = origins.iter().skip(1).fold(builder, WebauthnBuilder::append_allowed_origin);
        let webauthn = builder.rp_name(NAME).timeout(life).build();
        Ok(Self(webauthn.map_err(|_| RelyingPartyError::Origin)?))
    }

    /// Asks for a new passkey, from an authenticator that has none of these.
    pub(super) fn ask_for_new(
        &self,
        person: Id<Person>,
        name: &str,
        known: Vec<CredentialID>,
    ) -> Result<Asked<CreationChallengeResponse>, DbError> {
        let known = Some(known).filter(|known| !known.is_empty());
        let begun = self.0.start_passkey_registration(person.uuid(), name, name, known);
        let (options, state) = begun.map_err(cannot_ask)?;
        Ok(Asked { options, state: to_text(&state)? })
    }

    /// Returns the new passkey; none if the answer does not prove it.
    pub(super) fn verify_new(
        &self,
        answer: &RegisterPublicKeyCredential,
        state: &str,
    ) -> Result<Option<Passkey>, DbError> {
        let state: PasskeyRegistration = from_text(state)?;
        Ok(self.0.finish_passkey_registration(answer, &state).inspect_err(log_wrong_origin).ok())
    }

    /// Asks for a signature by one of these passkeys.
    pub(super) fn ask_for_one_of(
        &self,
        known: &[Passkey],
    ) -> Result<Asked<RequestChallengeResponse>, DbError> {
        let (options, state) = self.0.start_passkey_authentication(known).map_err(cannot_ask)?;
        Ok(Asked { options, state: to_text(&state)? })
    }

    /// Verifies a signature.
    pub(super) fn verify(&self, answer: &PublicKeyCredential, state: &str) -> Result<Verified, DbError> {
        let state: PasskeyAuthentication = from_text(state)?;
        Ok(match self.0.finish_passkey_authentication(answer, &state) {
            Ok(result) => Verified::Right(Box::new(result)),
            Err(WebauthnError::CredentialPossibleCompromise) => Verified::Copied,
            Err(error) => {
                log_wrong_origin(&error);
                Verified::Wrong
            }
        })
    }
}

/// The result of verifying a signature.
#[derive(Debug)]
pub(super) enum Verified {
    Right(Box<webauthn_rs::prelude::AuthenticationResult>),
    /// The counter of the authenticator went back.
    Copied,
    Wrong,
}

/// Writes a state or a credential as text.
pub(super) fn to_text(value: &impl Serialize) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()).into())
}

/// Reads a state or a credential that was stored.
pub(super) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()).into())
}

/// The operator may have forgotten an origin. Other errors can contain what the client sent, and are not logged.
fn log_wrong_origin(error: &WebauthnError) {
    if matches!(error, WebauthnError::InvalidRPOrigin) {
        tracing::warn!("refused a passkey from an address that passkey_origins does not name");
    }
}

fn cannot_ask(error: WebauthnError) -> DbError {
    sqlx::Error::Encode(error.into()).into()
}

fn is_domain(domain: &str) -> bool {
    let is_local = domain == "localhost";
    let parses = Url::parse(&format!("https://{domain}")).is_ok_and(|url| url.domain() == Some(domain));
    is_local || (parses && domain.contains('.') && !domain.ends_with('.'))
}

fn origin_of(text: &str, domain: &str) -> Result<Url, RelyingPartyError> {
    let url = Url::parse(text).map_err(|_| RelyingPartyError::Origin)?;
    let host = url.domain().unwrap_or_default();
    let is_below = host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && host == "localhost");
    let is_origin = text.trim_end_matches('/') == url.origin().ascii_serialization();
    if is_below && is_safe && is_origin { Ok(url) } else { Err(RelyingPartyError::Origin) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(domain: &str, origins: &[&str]) -> Result<(), RelyingPartyError> {
        let origins: Vec<String> = origins.iter().map(|&origin| origin.to_owned()).collect();
        RelyingParty::new(domain, &origins).map(drop)
    }

    #[test]
    fn a_relying_party_is_a_domain_with_the_origins_below_it() {
        for (domain, origins) in [
            ("stafett.example.no", &["https://stafett.example.no"][..]),
            (
                "stafett.example.no",
                &["https://stafett.example.no/", "https://app.stafett.example.no:8443"][..],
            ),
            ("localhost", &["http://localhost:5173", "https://localhost"][..]),
        ] {
            assert_eq!(party(domain, origins), Ok(()), "{domain} {origins:?}");
        }
    }

    #[test]
    fn what_is_no_domain_and_what_is_no_origin_of_it_is_refused() {
        for domain in [
            "",
            "no",
            "https://stafett.example.no",
            "stafett.example.no.",
            "Stafett.example.no",
            "10.0.0.1",
            "a b.no",
            "a.no/x",
        ] {
            assert_eq!(
                party(domain, &["https://stafett.example.no"]),
                Err(RelyingPartyError::Name),
                "{domain}"
            );
        }
        assert_eq!(party("stafett.example.no", &[]), Err(RelyingPartyError::NoOrigin));
        for origin in [
            "",
            "stafett.example.no",
            "http://stafett.example.no",
            "https://example.no",
            "https://evilstafett.example.no",
            "https://stafett.example.no/app",
            "https://stafett.example.no?x",
            "https://user@stafett.example.no",
            "https://stafett.example.no.evil.example",
            "android:apk-key-hash:abc",
        ] {
            let good = "https://stafett.example.no";
            assert_eq!(
                party("stafett.example.no", &[good, origin]),
                Err(RelyingPartyError::Origin),
                "{origin}"
            );
        }
    }
}
