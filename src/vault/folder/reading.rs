//! Reading the folder.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::Vault;
use crate::vault::{
    MasterKey, VaultError,
    files::named,
    folder::{DataKey, Found},
};

impl Vault {
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, VaultError> {
        let failed = |error| VaultError::File(self.folder.clone(), error);
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
    }

    /// Reads the folder. A file that has not changed since is not read again.
    pub(super) fn look(&self) -> Result<Found, VaultError> {
        let mut found = Found::new();
        for path in self.files()? {
            let Some((name, generation)) = named(&path) else { continue };
            let known = self.state.read().ok().and_then(|state| {
                state.open.get(&name)?.iter().find(|key| key.generation == generation).cloned()
            });
            match self.read(&path, generation, known) {
                Ok(key) => found.entry(name).or_default().push(key),
                // The key was erased while the folder was being read.
                Err(VaultError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        for generations in found.values_mut() {
            generations.sort_by_key(|key| key.generation);
        }
        Ok(found)
    }

    pub(super) fn read(
        &self,
        path: &Path,
        generation: u32,
        known: Option<DataKey>,
    ) -> Result<DataKey, VaultError> {
        let failed = |error| VaultError::File(path.into(), error);
        let file = fs::metadata(path).map_err(failed)?;
        let (written, inode) = (file.modified().map_err(failed)?, file.ino());
        if let Some(known) = &known
            && (known.written, known.inode) == (written, inode)
        {
            return Ok(known.clone());
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        let unwrapped = match (self.master.unwrap(&text), &self.next_master) {
            (Err(VaultError::Damaged), Some(next)) => next.unwrap(&text),
            (unwrapped, _) => unwrapped,
        };
        match (unwrapped, known) {
            (Ok((id, key)), _) => Ok(DataKey { id, generation, key: Arc::new(key), written, inode }),
            // Another master key wraps it by now. This process has the key until it is restarted with that.
            (Err(_), Some(known)) if MasterKey::id_in(&text) == Some(known.id) => {
                Ok(DataKey { written, inode, ..known })
            }
            (Err(VaultError::Damaged), _) => Err(VaultError::Wrapped(path.into())),
            (Err(error), _) => Err(error),
        }
    }
}
