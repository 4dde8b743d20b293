//! Encryption and decryption with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), with a random 24-byte nonce for each text.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::VaultError;

/// The random id of a key, stored with everything that the key encrypts.
pub type KeyId = Uuid;

const KEY: usize = 32;
const NONCE: usize = 24;
const ID: usize = 16;
/// The prefix of encrypted text, which distinguishes it from plain text.
const PREFIX: &str = "s1:";

/// A secret key. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Creates a random key.
    ///
    /// # Errors
    /// If the system provides no random numbers.
    pub fn random() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0_u8; KEY]);
        getrandom::fill(bytes.as_mut()).map_err(|_| VaultError::Randomness)?;
        Ok(Self(bytes))
    }

    /// Creates a key from bytes; none if there are not 32.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// Returns a keyed hash (HMAC-SHA-256), which is useless without the key.
    #[must_use]
    pub fn hash(&self, bytes: &[u8]) -> [u8; KEY] {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.bytes()).expect("a key");
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// Returns a keyed hash in hexadecimal digits.
    pub(super) fn hex(&self, bytes: &[u8]) -> String {
        self.hash(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns nonce and ciphertext. `context` is not stored, and must be the same for decryption.
    pub(super) fn encrypt(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| VaultError::Randomness)?;
        let cipher = XChaCha20Poly1305::new(self.0.as_slice().try_into().map_err(|_| VaultError::Damaged)?);
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context })
            .map_err(|_| VaultError::Damaged)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Returns the decrypted bytes.
    pub(super) fn decrypt(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(VaultError::Damaged)?;
        let cipher = XChaCha20Poly1305::new(self.0.as_slice().try_into().map_err(|_| VaultError::Damaged)?);
        let plain = cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: context });
        plain.map(Zeroizing::new).map_err(|_| VaultError::Damaged)
    }
}

/// Returns text as stored in the database: key id, nonce and ciphertext.
pub(super) fn seal(id: KeyId, key: &Key, text: &str) -> Result<String, VaultError> {
    let sealed = key.encrypt(id.as_bytes(), text.as_bytes())?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([id.as_bytes().as_slice(), &sealed].concat())))
}

/// Returns the key id and the ciphertext of a text; none if it is not encrypted.
pub(super) fn parts(text: &str) -> Result<Option<(KeyId, Vec<u8>)>, VaultError> {
    let Some(encoded) = text.strip_prefix(PREFIX) else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| VaultError::Damaged)?;
    let (id, sealed) = bytes.split_first_chunk::<ID>().ok_or(VaultError::Damaged)?;
    Ok(Some((Uuid::from_bytes(*id), sealed.to_vec())))
}

/// Returns the decrypted text.
pub(super) fn open(id: KeyId, key: &Key, sealed: &[u8]) -> Result<String, VaultError> {
    let plain = key.decrypt(id.as_bytes(), sealed)?;
    String::from_utf8(plain.to_vec()).map_err(|_| VaultError::Damaged)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_sealed_is_opened_by_its_key_and_by_no_other(text in ".*") {
            let (id, key) = (Uuid::new_v4(), Key::random().expect("a key"));
            let stored = seal(id, &key, &text).expect("sealed");
            let (named, sealed) = parts(&stored).expect("whole").expect("sealed");
            prop_assert_eq!(named, id);
            prop_assert_eq!(open(id, &key, &sealed).expect("opened"), text);
            prop_assert!(open(id, &Key::random().expect("a key"), &sealed).is_err());
            prop_assert!(open(Uuid::new_v4(), &key, &sealed).is_err());
        }

        #[test]
        fn a_changed_text_does_not_open(at in 0_usize..40, bit in 0_u8..8) {
            let (id, key) = (Uuid::new_v4(), Key::random().expect("a key"));
            let mut sealed = key.encrypt(id.as_bytes(), b"a sentence of the case").expect("sealed");
            sealed[at] ^= 1 << bit;
            prop_assert!(open(id, &key, &sealed).is_err());
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_the_same_way_twice() {
        let (id, key) = (Uuid::new_v4(), Key::random().expect("a key"));
        assert_ne!(seal(id, &key, "the same").expect("sealed"), seal(id, &key, "the same").expect("sealed"));
    }
}
