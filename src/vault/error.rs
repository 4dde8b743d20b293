//! Errors about keys.

use std::{io, path::PathBuf};

use super::KeyName;
use crate::kernel::files::in_words;

/// An error about keys or the content they encrypt.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key of the content has been erased.
    #[error("the key has been erased, so the content is unrecoverable")]
    Erased,
    /// The key of the content is not in the folder of keys, and the database does not record that it was erased.
    #[error("the key of an encrypted text is not in the folder of keys")]
    Missing,
    /// The folder of keys is not what the database records.
    #[error("{0}")]
    NotWhole(String),
    /// The database that records the keys has not been opened.
    #[error("a key can be used only after the database that records it was opened")]
    Unrecorded,
    /// The content was never encrypted.
    #[error("a text that must be encrypted is not: run `stafett migrate`")]
    NotSealed,
    /// The content has been changed, or the key is the wrong one.
    #[error("an encrypted text or key is damaged, or the master key is the wrong one")]
    Damaged,
    /// The file of a key cannot be unwrapped.
    #[error(
        "{0} cannot be opened with the master key: the file is damaged, or the master key is the wrong one (master_key_file)"
    )]
    Wrapped(PathBuf),
    /// The file that names the installation has another content.
    #[error("{0} does not contain the id of an installation: restore it with the folder of keys")]
    Mark(PathBuf),
    /// The system provides no random numbers.
    #[error("the system provides no random numbers")]
    Randomness,
    /// The key of the keyed hashes must not be erased.
    #[error("this is the lookup key: it encrypts nothing, and without it nobody could be found or log in")]
    Index,
    /// A key that is not missing must not be given up.
    #[error(
        "the key {0} does not lack this generation: only one that `stafett keys list` calls missing can be given up"
    )]
    NotLost(KeyName),
    /// The master key has the wrong format.
    #[error("the master key must be 32 bytes in base64")]
    MasterKey,
    /// The file of the master key or of the signing key cannot be read.
    #[error("{}: {}; restore it from a backup: no other key will do", .0.display(), in_words(.1))]
    KeyGone(PathBuf, io::Error),
    /// The file of the master key has something else.
    #[error("{} must contain the master key: 32 bytes in base64", .0.display())]
    MasterKeyIn(PathBuf),
    /// Another master key wraps the data keys, so a new one would be lost with this one.
    #[error(
        "another master key wraps the keys in {}: put it in the file of the master key, and new keys can be created",
        .0.display()
    )]
    OtherMaster(PathBuf),
    /// A file that was read at start has another content.
    #[error("{} is not as it was when this program started: put it back, or restart the service", .0.display())]
    Changed(PathBuf),
    /// A file in the folder cannot be read or written.
    #[error("{}: {}", .0.display(), in_words(.1))]
    File(PathBuf, io::Error),
}

impl VaultError {
    /// Returns whether keys are not there that should be. The service can go on once they are back.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Missing | Self::NotWhole(_) | Self::Wrapped(_) | Self::Mark(_) | Self::File(..) => true,
            Self::MasterKeyIn(_) | Self::KeyGone(..) | Self::OtherMaster(_) | Self::Changed(_) => true,
            Self::Erased | Self::Unrecorded | Self::NotSealed | Self::Damaged | Self::Randomness => false,
            Self::Index | Self::NotLost(..) | Self::MasterKey => false,
        }
    }
}
