//! The generations of the keys: new ones, other wrappings, and the end of old ones.

use std::{fs, io, path::Path, time::Duration};

use uuid::Uuid;

use super::Vault;
use crate::vault::{
    Key, KeyClass, KeyId, KeyName, MasterKey, VaultError,
    files::{file_name, named, sync_folder, wipe, write_new},
    folder::{DataKey, Found},
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

    /// Creates the next generation of a key, or loads it if another server was first. The file is on disk when this returns. The
    /// transaction that uses the key records it ([`Vault::unrecorded`]).
    pub(super) fn make(&self, name: &KeyName) -> Result<DataKey, VaultError> {
        self.require_own_master()?;
        let generation = self.last_generation(name) + 1;
        let path = self.folder.join(file_name(name, generation));
        let text = self.master()?.wrap(Uuid::new_v4(), &Key::random()?)?;
        // The complete file is linked under its name, so that nobody reads an incomplete key.
        let beside = self.folder.join(format!("{}.new", Uuid::new_v4()));
        let made = write_new(&beside, &text).and_then(|()| fs::hard_link(&beside, &path));
        let _removed = fs::remove_file(&beside);
        let is_own = made.is_ok();
        match made.and_then(|()| sync_folder(&self.folder)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(VaultError::File(path, error));
            }
            _ => {}
        }
        // The folder may have been unmounted a moment ago. The key would then stand in the place where it is mounted again.
        self.refresh()?;
        self.require_whole()?;
        if is_own && let Err(other) = self.require_own_master() {
            // The keys were wrapped by another master key meanwhile. Nothing uses this one yet.
            fs::remove_file(&path).map_err(|error| VaultError::File(path, error))?;
            self.refresh()?;
            return Err(other);
        }
        let state = self.state.read().ok();
        state.and_then(|state| state.open.get(name)?.last().cloned()).ok_or(VaultError::Damaged)
    }

    /// Refuses a new key while another master key wraps the others: once it is in the file of the master key, nothing would open
    /// the new one.
    fn require_own_master(&self) -> Result<(), VaultError> {
        if self.waits_for_master_key() { Err(VaultError::OtherMaster(self.folder.clone())) } else { Ok(()) }
    }

    /// Returns whether another master key wraps some data keys by now, and is not in the file of the master key yet.
    #[must_use]
    pub fn waits_for_master_key(&self) -> bool {
        let all_own = |open: &Found| open.values().flatten().all(|key| key.own);
        self.next_master.is_none() && self.state.read().is_ok_and(|state| !all_own(&state.open))
    }

    /// Wraps every data key with the new master key, also those that a server creates meanwhile.
    ///
    /// # Errors
    /// If there is none, or a file cannot be written. Some keys are then wrapped by each master key, and it can be repeated.
    pub fn rewrap(&self) -> Result<usize, VaultError> {
        let next = self.next_master.as_ref().ok_or(VaultError::MasterKey)?;
        loop {
            let files = self.files()?;
            let keys = files.iter().filter_map(|path| Some((path, named(path)?.1)));
            let (mut all, mut wrapped) = (0, 0);
            for (path, generation) in keys {
                all += 1;
                wrapped += usize::from(self.rewrap_one(path, generation, next)?);
            }
            sync_folder(&self.folder).map_err(|error| VaultError::File(self.folder.clone(), error))?;
            if wrapped == 0 {
                return Ok(all);
            }
        }
    }

    fn rewrap_one(&self, path: &Path, generation: u32, next: &MasterKey) -> Result<bool, VaultError> {
        let failed = |error| VaultError::File(path.to_owned(), error);
        if next.unwrap(&fs::read_to_string(path).map_err(failed)?).is_ok() {
            return Ok(false);
        }
        let key = self.read(path, generation, None, &self.master()?)?;
        let text = next.wrap(key.id, &key.key)?;
        let beside = path.with_extension("new");
        // An interrupted attempt may have left this file.
        let _removed = fs::remove_file(&beside);
        write_new(&beside, &text).and_then(|()| fs::rename(&beside, path)).map_err(failed)?;
        Ok(true)
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
            let read = self.read(&path, generation, None, &self.master()?);
            if read.is_ok_and(|key| self.is_erased(key.id)) {
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
