//! Keyed hashes for finding names and numbers. Each kind has its own prefix, so that hashes of different kinds cannot be
//! compared.

use super::{Vault, VaultError};

impl Vault {
    /// Returns the hash that finds a person in a municipality by national identity number. The same number has a different
    /// hash in another municipality.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn national_id_index(&self, municipality: &str, number: &str) -> Result<String, VaultError> {
        self.index(&format!("national id in {municipality}: {number}"))
    }

    /// Returns the hash that finds an account when its owner logs in.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn username_index(&self, username: &str) -> Result<String, VaultError> {
        self.index(&format!("username: {username}"))
    }
}
