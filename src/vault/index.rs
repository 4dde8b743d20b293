//! Keyed hashes for finding names and numbers. Each kind has its own prefix, so that hashes of different kinds cannot be
//! compared.

use uuid::Uuid;

use super::{Vault, VaultError};

impl Vault {
    /// Returns the hash that finds a person in a municipality by national identity number. The same number has a different
    /// hash in another municipality.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn national_id_index(&self, municipality: &str, number: &str) -> Result<String, VaultError> {
        self.index(&number_in(municipality, number))
    }

    /// Returns the hash that finds a human in the whole installation by national identity number. It cannot be compared with
    /// [`national_id_index`](Self::national_id_index).
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn identity_index(&self, number: &str) -> Result<String, VaultError> {
        self.index(&format!("identity: {number}"))
    }

    /// Returns whether a person with this number has this hash, by the lookup key that is in the folder.
    ///
    /// # Errors
    /// If there is no such key.
    pub fn finds(&self, municipality: &str, number: &str, index: &str) -> Result<bool, VaultError> {
        let key = self.held(&Self::index_name()).ok_or(VaultError::Missing)?;
        Ok(key.hex(number_in(municipality, number).as_bytes()) == index)
    }

    /// Returns the hash that finds an account when its owner logs in.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn username_index(&self, username: &str) -> Result<String, VaultError> {
        self.index(&format!("username: {username}"))
    }

    /// Returns the mark of a person in a record that they download. Each record has its own, so that two cannot be compared.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn mark_in_record(&self, record: Uuid, person: Uuid) -> Result<String, VaultError> {
        self.index(&format!("in record {record}: {person}"))
    }

    /// Returns the hash that finds an entry that was brought from another record to a case.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn brought_index(&self, case: Uuid, entry: &str) -> Result<String, VaultError> {
        self.index(&format!("brought to {case}: {entry}"))
    }
}

fn number_in(municipality: &str, number: &str) -> String {
    format!("national id in {municipality}: {number}")
}
