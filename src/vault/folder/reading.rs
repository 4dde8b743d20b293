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

    /// The master key, as it was read last.
    pub(super) fn master(&self) -> Result<MasterKey, VaultError> {
        self.master.read().map(|master| master.clone()).map_err(|_| VaultError::Damaged)
    }

    /// Reads the folder. A file that has not changed since is not read again, unless the master key has changed.
    pub(super) fn look(&self) -> Result<Found, VaultError> {
        let before = self.master()?;
        let master = before.read_again()?;
        let found = self.look_with(&master, master.is(&before))?;
        *self.master.write().map_err(|_| VaultError::Damaged)? = master;
        Ok(found)
    }

    fn look_with(&self, master: &MasterKey, is_same: bool) -> Result<Found, VaultError> {
        let mut found = Found::new();
        for path in self.files()? {
            let Some((name, generation)) = named(&path) else { continue };
            let known = self.state.read().ok().and_then(|state| {
                state.open.get(&name)?.iter().find(|key| key.generation == generation).cloned()
            });
            if is_same
                && let Some(known) = &known
                && known.stands_in(&path)
            {
                found.entry(name).or_default().push(known.clone());
                continue;
            }
            match self.read(&path, generation, known, master) {
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

    /// Reads the file of a key, which may be known already.
    pub(super) fn read(
        &self,
        path: &Path,
        generation: u32,
        known: Option<DataKey>,
        master: &MasterKey,
    ) -> Result<DataKey, VaultError> {
        let failed = |error| VaultError::File(path.into(), error);
        let file = fs::metadata(path).map_err(failed)?;
        let (written, inode) = (file.modified().map_err(failed)?, file.ino());
        let text = fs::read_to_string(path).map_err(failed)?;
        let (unwrapped, own) = match (master.unwrap(&text), &self.next_master) {
            (Err(VaultError::Damaged), Some(next)) => (next.unwrap(&text), false),
            (unwrapped, _) => (unwrapped, true),
        };
        match (unwrapped, known) {
            (Ok((id, key)), _) => Ok(DataKey { id, generation, key: Arc::new(key), written, inode, own }),
            // Another master key wraps it by now. This process has the key, and reads it again when it has that master key.
            (Err(_), Some(known)) if MasterKey::id_in(&text) == Some(known.id) => {
                Ok(DataKey { written, inode, own: false, ..known })
            }
            (Err(VaultError::Damaged), _) => Err(VaultError::Wrapped(path.into())),
            (Err(error), _) => Err(error),
        }
    }
}

impl DataKey {
    /// Returns whether the key was read from this file, and the file has not changed.
    fn stands_in(&self, path: &Path) -> bool {
        let Ok(file) = fs::metadata(path) else { return false };
        file.modified().is_ok_and(|written| written == self.written) && file.ino() == self.inode
    }
}
