//! What names and numbers are found again by: keyed hashes, each kind with words of its own before it, so that those of one
//! kind cannot be compared with those of another.

use super::{Vault, VaultError};

impl Vault {
    /// What a person is found by in a municipality, by their national identity number; the same number in another
    /// municipality has another.
    ///
    /// # Errors
    /// If the key cannot be made.
    pub fn national_id_index(&self, municipality: &str, number: &str) -> Result<String, VaultError> {
        self.index(&format!("national id in {municipality}: {number}"))
    }

    /// What an account is found by when its owner logs in.
    ///
    /// # Errors
    /// If the key cannot be made.
    pub fn username_index(&self, username: &str) -> Result<String, VaultError> {
        self.index(&format!("username: {username}"))
    }
}
