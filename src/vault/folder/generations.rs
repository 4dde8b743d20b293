//! The generations of the keys: new ones, other wrappings, and the end of old ones.

use std::{fs, time::Duration};

use super::Vault;
use crate::vault::{
    KeyClass, KeyId, KeyName, VaultError,
    files::{named, sync_folder, wipe, write_new},
    folder::DataKey,
};

impl Vault {
    /// Creates a new generation of every key except that of the keyed hashes, which all lookups depend on.
    ///
    /// # Errors
    /// If a key cannot be created.
    pub fn renew(&self) -> Result<usize, VaultError> {
        let index = Self::index_name();
        let names: Vec<KeyName> =
            self.list().into_iter().map(|(name, _)| name).filter(|name| *name != index).collect();
        for name in &names {
            self.make(name)?;
        }
        Ok(names.len())
    }

    /// Wraps every data key with the new master key.
    ///
    /// # Errors
    /// If there is none, or a file cannot be written. Some keys are then wrapped by each master key, and it can be repeated.
    pub fn rewrap(&self) -> Result<usize, VaultError> {
        let master = self.next_master.as_ref().ok_or(VaultError::MasterKey)?;
        let files = self.files()?;
        let mut wrapped = 0;
        for path in &files {
            let Some((_, generation)) = named(path) else { continue };
            let key = self.read(path, generation, None)?;
            let text = master.wrap(key.id, &key.key)?;
            let beside = path.with_extension("new");
            // An interrupted attempt may have left this file.
            let _removed = fs::remove_file(&beside);
            write_new(&beside, &text)
                .and_then(|()| fs::rename(&beside, path))
                .map_err(|error| VaultError::File(path.clone(), error))?;
            wrapped += 1;
        }
        sync_folder(&self.folder).map_err(|error| VaultError::File(self.folder.clone(), error))?;
        Ok(wrapped)
    }

    /// Returns the keys that only decrypt, and that were replaced so long ago that every server knows the newer one.
    #[must_use]
    pub fn superseded(&self, settled: Duration) -> Vec<KeyId> {
        let Ok(state) = self.state.read() else { return Vec::new() };
        let is_settled = |key: &DataKey| key.written.elapsed().is_ok_and(|age| age >= settled);
        let replaceable = state.open.iter().filter(|(name, _)| name.class != KeyClass::Log);
        let pairs = replaceable.flat_map(|(_, keys)| keys.windows(2));
        pairs.filter_map(|pair| is_settled(&pair[1]).then_some(pair[0].id)).collect()
    }

    /// Removes the files of keys that the database records as erased. Returns the number.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn wipe_erased(&self) -> Result<usize, VaultError> {
        let mut wiped = 0;
        for path in self.files()? {
            let Some((_, generation)) = named(&path) else { continue };
            if self.read(&path, generation, None).is_ok_and(|key| self.is_erased(key.id)) {
                wipe(&path)?;
                wiped += 1;
            }
        }
        self.refresh()?;
        Ok(wiped)
    }

    pub(super) fn last_generation(&self, name: &KeyName) -> u32 {
        let Ok(state) = self.state.read() else { return 0 };
        let in_folder = state.open.get(name).and_then(|keys| Some(keys.last()?.generation));
        let recorded = state.record.as_ref().map(|record| record.last_generation(name));
        in_folder.max(recorded).unwrap_or(0)
    }
}
