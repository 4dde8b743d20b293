//! The master key, and the data keys that it wraps.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{Key, KeyId, VaultError};

/// The key that wraps the data keys. It is part of the configuration, apart from the database and the folder.
#[derive(Debug, Clone)]
pub struct MasterKey(Key);

/// A data key as stored in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    id: KeyId,
    wrapped: String,
}

impl MasterKey {
    /// Parses 32 bytes in base64.
    ///
    /// # Errors
    /// If it has another format.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| VaultError::MasterKey)?;
        Key::of(&bytes).map(Self).ok_or(VaultError::MasterKey)
    }

    /// Creates a random master key.
    ///
    /// # Errors
    /// If the system provides no random numbers.
    pub fn random() -> Result<Self, VaultError> {
        Key::random().map(Self)
    }

    /// Returns the text to store in a file.
    #[must_use]
    pub fn to_text(&self) -> String {
        STANDARD.encode(self.0.bytes())
    }

    /// Returns a data key as stored in its file.
    pub(super) fn wrap(&self, id: KeyId, key: &Key) -> Result<String, VaultError> {
        let wrapped = STANDARD.encode(self.0.encrypt(id.as_bytes(), key.bytes())?);
        serde_json::to_string(&KeyFile { id, wrapped }).map_err(|_| VaultError::Damaged)
    }

    /// Returns the id of the data key in a file, whichever master key wraps it.
    pub(super) fn id_in(file: &str) -> Option<KeyId> {
        serde_json::from_str::<KeyFile>(file).ok().map(|file| file.id)
    }

    /// Reads a data key from its file.
    pub(super) fn unwrap(&self, file: &str) -> Result<(KeyId, Key), VaultError> {
        let KeyFile { id, wrapped } = serde_json::from_str(file).map_err(|_| VaultError::Damaged)?;
        let wrapped = STANDARD.decode(wrapped).map_err(|_| VaultError::Damaged)?;
        let key = Key::of(&self.0.decrypt(id.as_bytes(), &wrapped)?).ok_or(VaultError::Damaged)?;
        Ok((id, key))
    }
}
