//! The master key, and the data keys that it wraps.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{Key, KeyId, VaultError};

/// The key that wraps the data keys. It is part of the configuration, apart from the database and the folder.
#[derive(Debug, Clone)]
pub struct MasterKey {
    key: Key,
    /// The file that it was read from, and is read from again.
    file: Option<PathBuf>,
}

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
        Key::of(&bytes).map(Self::of).ok_or(VaultError::MasterKey)
    }

    fn of(key: Key) -> Self {
        Self { key, file: None }
    }

    /// Names the file of the key. A running server reads it again: another key may be in it, after `stafett keys rotate`.
    #[must_use]
    pub fn kept_in(self, file: &Path) -> Self {
        Self { file: Some(file.to_owned()), ..self }
    }

    /// Returns the key that is in the file now, if it has a file.
    pub(super) fn read_again(&self) -> Result<Self, VaultError> {
        let Some(file) = &self.file else { return Ok(self.clone()) };
        let text = std::fs::read_to_string(file).map_err(|error| VaultError::KeyGone(file.clone(), error))?;
        let read = Self::parse(&text).map_err(|_| VaultError::MasterKeyIn(file.clone()))?;
        Ok(read.kept_in(file))
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.key.bytes() == other.key.bytes()
    }

    /// Creates a random master key.
    ///
    /// # Errors
    /// If the system provides no random numbers.
    pub fn random() -> Result<Self, VaultError> {
        Key::random().map(Self::of)
    }

    /// Returns the text to store in a file.
    #[must_use]
    pub fn to_text(&self) -> String {
        STANDARD.encode(self.key.bytes())
    }

    /// Returns a data key as stored in its file.
    pub(super) fn wrap(&self, id: KeyId, key: &Key) -> Result<String, VaultError> {
        let wrapped = STANDARD.encode(self.key.encrypt(id.as_bytes(), key.bytes())?);
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
        let key = Key::of(&self.key.decrypt(id.as_bytes(), &wrapped)?).ok_or(VaultError::Damaged)?;
        Ok((id, key))
    }
}
