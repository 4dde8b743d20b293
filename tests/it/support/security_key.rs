//! A passkey in software, which signs what a browser would let it sign.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::{Client, DefaultClientData},
    crypto::rust_crypto::RustCryptoBackend,
    types::{Passkey, ctap2::Aaguid, ctap2::Ctap2Error},
};
use reqwest::Url;
use serde_json::{Value, json};

/// The domain that the passkeys of every world are bound to.
pub const PASSKEY_DOMAIN: &str = "stafett.example.no";
/// The address at which they are used.
pub const PASSKEY_ORIGIN: &str = "https://stafett.example.no";

/// An authenticator with room for one passkey. A clone is a copy of the key.
#[derive(Clone)]
pub struct SecurityKey {
    held: Option<Passkey>,
    counts: bool,
    /// The address of the page that asks.
    origin: &'static str,
    /// Whether its owner unlocks it.
    unlocked: bool,
}

struct Finger(bool);

#[async_trait::async_trait]
impl UserValidationMethod for Finger {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        _: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: self.0 })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(self.0)
    }
}

impl SecurityKey {
    /// One that counts how often it was used.
    pub fn new() -> Self {
        Self { held: None, counts: true, origin: PASSKEY_ORIGIN, unlocked: true }
    }

    /// One that counts nothing, as those that are kept in an account of a phone.
    pub fn synced() -> Self {
        Self { counts: false, ..Self::new() }
    }

    /// The same, used on a page at this address.
    pub fn at(&self, origin: &'static str) -> Self {
        Self { origin, ..self.clone() }
    }

    /// The same, touched by someone who cannot unlock it.
    pub fn locked(&self) -> Self {
        Self { unlocked: false, ..self.clone() }
    }

    /// The id of its credential, as the API writes it.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&*self.held.as_ref().expect("a passkey").credential_id)
    }

    /// The request for this without the person being verified, as a page of a thief may ask for.
    fn request(&self, options: &Value) -> Value {
        let mut options = options.clone();
        if !self.unlocked {
            options["userVerification"] = json!("discouraged");
            options["authenticatorSelection"]["userVerification"] = json!("discouraged");
        }
        json!({"publicKey": options})
    }

    fn device(&self) -> Authenticator<Option<Passkey>, Finger, RustCryptoBackend> {
        let finger = Finger(self.unlocked);
        let mut device =
            Authenticator::new(Aaguid::new_empty(), self.held.clone(), finger, RustCryptoBackend);
        device.set_make_credentials_with_signature_counter(self.counts);
        device
    }

    fn page(&self) -> Url {
        self.origin.parse().expect("an address")
    }

    /// Makes a passkey, and answers as `navigator.credentials.create` does.
    pub async fn create(&mut self, options: &Value) -> Value {
        let mut client = Client::new(self.device());
        let request = serde_json::from_value(self.request(options)).expect("options");
        let made = client.register(&self.page(), request, DefaultClientData).await.expect("a passkey");
        self.held.clone_from(client.authenticator().store());
        as_browsers_write(serde_json::to_value(made).expect("JSON"))
    }

    /// Signs, and answers as `navigator.credentials.get` does.
    pub async fn sign(&mut self, options: &Value) -> Value {
        let mut client = Client::new(self.device());
        let request = serde_json::from_value(self.request(options)).expect("options");
        let signed =
            client.authenticate(&self.page(), request, DefaultClientData).await.expect("a signature");
        self.held.clone_from(client.authenticator().store());
        as_browsers_write(serde_json::to_value(signed).expect("JSON"))
    }
}

/// Bytes in base 64.
fn as_browsers_write(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, it)| (name, as_browsers_write(it))).collect()
        }
        Value::Array(items) if items.first().is_some_and(Value::is_number) => {
            let byte = |item: &Value| u8::try_from(item.as_u64().expect("a number")).expect("a byte");
            json!(URL_SAFE_NO_PAD.encode(items.iter().map(byte).collect::<Vec<_>>()))
        }
        other => other,
    }
}
