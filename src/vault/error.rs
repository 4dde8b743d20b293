//! What can go wrong with keys.

use std::{io, path::PathBuf};

/// What can go wrong with keys and what they seal.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key of what was to be opened has been erased.
    #[error("the key has been erased, so the content is unrecoverable")]
    Erased,
    /// What was to be opened was never sealed.
    #[error("a text that must be encrypted is not: run `stafett migrate`")]
    NotSealed,
    /// What was to be opened has been changed, or a key does not fit.
    #[error("an encrypted text or key is damaged, or the master key is the wrong one")]
    Damaged,
    /// The machine gives no random numbers.
    #[error("the system provides no random numbers")]
    Randomness,
    /// The key of the keyed hashes is not to be erased.
    #[error("this is the lookup key: it encrypts nothing, and without it nobody could be found or log in")]
    Index,
    /// The master key has another form.
    #[error("the master key must be 32 bytes in base64")]
    MasterKey,
    /// A file of the folder cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
}
