//! Files beside the folder that a running program has read, and needs again at its next start.

use std::{
    fs,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::Vault;
use crate::vault::VaultError;

/// A file as it was read.
#[derive(Debug)]
pub(super) struct KeptFile {
    path: PathBuf,
    digest: [u8; 32],
}

impl Vault {
    /// Compares this file too from now on: without it, the keys are not whole.
    pub fn also_needs(&self, path: &Path, text: &SecretString) {
        if let Ok(mut files) = self.beside.lock() {
            files.push(KeptFile { path: path.to_owned(), digest: digest(text.expose_secret()) });
        }
    }

    pub(super) fn require_files(&self) -> Result<(), VaultError> {
        let files = self.beside.lock().map_err(|_| VaultError::Damaged)?;
        files.iter().try_for_each(KeptFile::require)
    }
}

impl KeptFile {
    fn require(&self) -> Result<(), VaultError> {
        let text = fs::read_to_string(&self.path);
        let text = SecretString::from(text.map_err(|error| VaultError::KeyGone(self.path.clone(), error))?);
        let is_same = digest(text.expose_secret()) == self.digest;
        if is_same { Ok(()) } else { Err(VaultError::Changed(self.path.clone())) }
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
