//! Errors about keys.

use std::{io, path::PathBuf};

use crate::kernel::files::in_words;

/// An error about keys or the content they encrypt.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key of the content has been erased.
    #[error("the key has been erased, so the content is unrecoverable")]
    Erased,
    /// The content was never encrypted.
    #[error("a text that must be encrypted is not: run `stafett migrate`")]
    NotSealed,
    /// The content has been changed, or the key is the wrong one.
    #[error("an encrypted text or key is damaged, or the master key is the wrong one")]
    Damaged,
    /// The system provides no random numbers.
    #[error("the system provides no random numbers")]
    Randomness,
    /// The key of the keyed hashes must not be erased.
    #[error("this is the lookup key: it encrypts nothing, and without it nobody could be found or log in")]
    Index,
    /// The master key has the wrong format.
    #[error("the master key must be 32 bytes in base64")]
    MasterKey,
    /// A file in the folder cannot be read or written.
    #[error("{}: {}", .0.display(), in_words(.1))]
    File(PathBuf, io::Error),
}
