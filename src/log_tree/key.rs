//! The key that signs checkpoints, and the public key that verifies them (C2SP signed-note, Ed25519).

use std::fmt;

use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use secrecy::{ExposeSecret, SecretString};
use signed_note::{
    Note, StandardSigner, StandardVerifier, VerifierList, is_key_name_valid, new_ed25519_verifier_key,
};
use tlog_tiles::{checkpoint::Checkpoint, tlog::Hash};

use crate::db::LogSigner;

/// The default origin of a log.
pub const DEFAULT_ORIGIN: &str = "stafett.invalid/access-log";

/// The key that signs the checkpoints of all municipalities' logs.
#[derive(Clone)]
pub struct LogKey {
    key: SigningKey,
    origin: String,
}

/// An error in a key of the log, or in something it signed.
#[derive(Debug, thiserror::Error)]
pub enum LogKeyError {
    /// The key is not an Ed25519 key in PKCS#8 PEM.
    #[error("the signing key of the access log must be an Ed25519 private key in PKCS#8 PEM")]
    Key,
    /// The origin is not a valid name for signing notes.
    #[error("the origin of the access log must not be empty or contain spaces or plus signs")]
    Origin,
    /// The text is not a public key.
    #[error("not the public key of an access log: the format is name+id+key (C2SP signed-note)")]
    PublicKey,
    /// The text is not a checkpoint, or is not signed with the key.
    #[error("the checkpoint is not signed by this key")]
    Checkpoint,
    /// The text cannot be signed.
    #[error("the text cannot be signed")]
    Text,
    /// The system provides no random numbers.
    #[error("the system provides no random bytes")]
    Random,
}

impl LogKey {
    /// Parses a PEM key for the logs of an origin.
    ///
    /// # Errors
    /// If the key or the origin is invalid.
    pub fn from_pem(pem: &SecretString, origin: &str) -> Result<Self, LogKeyError> {
        let key = SigningKey::from_pkcs8_pem(pem.expose_secret()).map_err(|_| LogKeyError::Key)?;
        Self::new(key, origin)
    }

    /// Creates a random key.
    ///
    /// # Errors
    /// If the origin is invalid, or the system provides no random numbers.
    pub fn random(origin: &str) -> Result<Self, LogKeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| LogKeyError::Random)?;
        Self::new(SigningKey::from_bytes(&seed), origin)
    }

    fn new(key: SigningKey, origin: &str) -> Result<Self, LogKeyError> {
        if !is_key_name_valid(origin) {
            return Err(LogKeyError::Origin);
        }
        Ok(Self { key, origin: origin.to_owned() })
    }

    /// Returns the key as PEM, to store in a file.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn to_pem(&self) -> Result<SecretString, LogKeyError> {
        let pem = self.key.to_pkcs8_pem(LineEnding::LF).map_err(|_| LogKeyError::Key)?;
        Ok(pem.as_str().into())
    }

    /// Returns the name of a municipality's log, which is also the name of its key.
    #[must_use]
    pub fn origin(&self, municipality: &str) -> String {
        format!("{}/{municipality}", self.origin)
    }

    /// Returns the public key of a municipality's log, as `name+id+key`.
    #[must_use]
    pub fn public_key(&self, municipality: &str) -> String {
        self.public_key_named(&self.origin(municipality))
    }

    /// Returns the public key under a name, as `name+id+key`.
    pub(super) fn public_key_named(&self, name: &str) -> String {
        new_ed25519_verifier_key(name, &VerifyingKey::from(&self.key))
    }

    /// Signs a checkpoint with a number of entries and a root.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn sign(&self, municipality: &str, size: u64, root: Hash) -> Result<String, LogKeyError> {
        let origin = self.origin(municipality);
        let checkpoint = Checkpoint::new(&origin, size, root, "").map_err(|_| LogKeyError::Checkpoint)?;
        let signer = self.signer(&origin)?;
        let mut note = Note::new(&checkpoint.to_bytes(), &[]).map_err(|_| LogKeyError::Checkpoint)?;
        note.add_sigs(&[&signer]).map_err(|_| LogKeyError::Checkpoint)?;
        String::from_utf8(note.to_bytes()).map_err(|_| LogKeyError::Checkpoint)
    }

    pub(super) fn signer(&self, origin: &str) -> Result<StandardSigner, LogKeyError> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let public = new_ed25519_verifier_key(origin, &VerifyingKey::from(&self.key));
        let id = public.strip_prefix(origin).and_then(|rest| rest.get(1..9)).ok_or(LogKeyError::Key)?;
        let secret = zeroize::Zeroizing::new([&[1], self.key.to_bytes().as_slice()].concat());
        let encoded =
            zeroize::Zeroizing::new(format!("PRIVATE+KEY+{origin}+{id}+{}", STANDARD.encode(&*secret)));
        StandardSigner::new(&encoded).map_err(|_| LogKeyError::Key)
    }
}

impl LogSigner for LogKey {
    fn public(&self) -> String {
        new_ed25519_verifier_key(&self.origin, &VerifyingKey::from(&self.key))
    }

    fn has_signed(&self, municipality: &str, checkpoint: &str) -> bool {
        let verifier = LogVerifier::new(&self.public_key(municipality));
        verifier.is_ok_and(|verifier| verifier.open(checkpoint).is_ok())
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogKey({})", self.origin)
    }
}

/// The public key of one log, for verification.
#[derive(Debug, Clone)]
pub struct LogVerifier {
    public_key: String,
    origin: String,
}

impl LogVerifier {
    /// Parses `name+id+key`.
    ///
    /// # Errors
    /// If it has another format.
    pub fn new(public_key: &str) -> Result<Self, LogKeyError> {
        let public_key = public_key.trim();
        StandardVerifier::new(public_key).map_err(|_| LogKeyError::PublicKey)?;
        let (origin, _) = public_key.split_once('+').ok_or(LogKeyError::PublicKey)?;
        Ok(Self { public_key: public_key.to_owned(), origin: origin.to_owned() })
    }

    /// Returns the name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the size and the root of a signed checkpoint.
    ///
    /// # Errors
    /// If it is not a checkpoint, is from another log, or is not signed with this key.
    pub fn open(&self, note: &str) -> Result<(u64, Hash), LogKeyError> {
        let refused = |_| LogKeyError::Checkpoint;
        let verifier = StandardVerifier::new(&self.public_key).map_err(|_| LogKeyError::PublicKey)?;
        let note = Note::from_bytes(note.as_bytes()).map_err(|_| LogKeyError::Checkpoint)?;
        note.verify(&VerifierList::new(vec![Box::new(verifier)])).map_err(|_| LogKeyError::Checkpoint)?;
        let checkpoint = Checkpoint::from_bytes(note.text()).map_err(refused)?;
        if checkpoint.origin() != self.origin {
            return Err(LogKeyError::Checkpoint);
        }
        Ok((checkpoint.size(), *checkpoint.hash()))
    }
}

#[cfg(test)]
mod tests {
    use tlog_tiles::tlog::record_hash;

    use super::*;

    #[test]
    fn a_checkpoint_is_verified_with_the_public_key_of_its_own_log_only() {
        let key = LogKey::random("example.com/log").expect("a key");
        let note = key.sign("4014", 12, record_hash(b"x")).expect("signed");
        let own = LogVerifier::new(&key.public_key("4014")).expect("a public key");
        assert_eq!(own.open(&note).expect("verified"), (12, record_hash(b"x")));
        for other in
            [key.public_key("4001"), LogKey::random("example.com/log").expect("a key").public_key("4014")]
        {
            assert!(LogVerifier::new(&other).expect("a public key").open(&note).is_err());
        }
        assert!(own.open(&note.replace("\n12\n", "\n13\n")).is_err());
    }

    #[test]
    fn a_key_is_the_same_after_it_was_written() {
        let key = LogKey::random("example.com/log").expect("a key");
        let again = LogKey::from_pem(&key.to_pem().expect("PEM"), "example.com/log").expect("a key");
        assert_eq!(again.public_key("4014"), key.public_key("4014"));
        assert!(LogKey::random("two words").is_err());
    }
}
