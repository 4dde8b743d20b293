//! The folder of keys: one file for each data key, wrapped by the master key.
//!
//! A file is named by municipality, class and generation, such as `4014-health-2.key`. The newest generation encrypts;
//! older ones only decrypt. Several servers can share the folder: the first to create a file wins.
//!
//! The folder is compared with the [`Record`] of the database. A key that the database records and the folder lacks stops all
//! sealing, and no key is created then.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, RwLock},
    time::SystemTime,
};

use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    Content, Key, KeyId, KeyName, MasterKey, Record, Sealed, VaultError, cipher, files::create_folder, keys,
};
use beside::KeptFile;

/// An unwrapped data key.
#[derive(Debug, Clone)]
pub(super) struct DataKey {
    pub(super) id: KeyId,
    pub(super) generation: u32,
    pub(super) key: Arc<Key>,
    /// When its file was written.
    written: SystemTime,
    /// The number of its file in the file system. A file that was replaced has another.
    inode: u64,
    /// Whether the current master key wraps it.
    own: bool,
}

/// The keys of a folder by name, all generations of each, newest last.
pub(super) type Found = HashMap<KeyName, Vec<DataKey>>;

/// The data keys and their folder.
#[derive(Debug)]
pub struct Vault {
    folder: PathBuf,
    master: RwLock<MasterKey>,
    /// The master key that replaces the current one, while some keys are already wrapped by it.
    next_master: Option<MasterKey>,
    state: RwLock<State>,
    /// Held while the folder is read, so that what an earlier look found never replaces what a later one did.
    looking: Mutex<()>,
    alarm: Notify,
    /// Other files that must be in their place.
    beside: Mutex<Vec<KeptFile>>,
}

#[derive(Debug, Default)]
struct State {
    open: Found,
    /// The record of the database; none until the database was opened.
    record: Option<Record>,
    /// Why the folder is not what the database records.
    fault: Option<String>,
}

/// Keyed hashes are the same in all municipalities, because a username is looked up before its municipality is known.
const INDEX: &str = "0000";

impl Vault {
    /// Opens the folder. A folder that does not exist has no keys.
    ///
    /// # Errors
    /// If it cannot be read, or its keys are wrapped by another master key.
    pub fn open(folder: &Path, master: MasterKey) -> Result<Arc<Self>, VaultError> {
        Self::open_either(folder, master, None)
    }

    /// Opens the folder to wrap its keys with another master key. If an earlier attempt was interrupted, some already are.
    ///
    /// # Errors
    /// If it cannot be read, or a key is wrapped by neither master key.
    pub fn open_either(
        folder: &Path,
        master: MasterKey,
        next_master: Option<MasterKey>,
    ) -> Result<Arc<Self>, VaultError> {
        let vault = Arc::new(Self::at(folder, master, next_master));
        vault.refresh()?;
        keys::ask_too(&vault);
        Ok(vault)
    }

    /// Creates a vault that has no keys, so that it seals and opens nothing.
    ///
    /// # Errors
    /// If the system provides no random numbers.
    pub fn without_keys() -> Result<Arc<Self>, VaultError> {
        Ok(Arc::new(Self::at(Path::new(""), MasterKey::random()?, None)))
    }

    fn at(folder: &Path, master: MasterKey, next_master: Option<MasterKey>) -> Self {
        let (folder, master, state) = (folder.into(), RwLock::new(master), RwLock::default());
        let (looking, beside, alarm) = (Mutex::default(), Mutex::default(), Notify::new());
        Self { folder, master, next_master, state, looking, alarm, beside }
    }

    /// Takes over what the database records, and compares the folder with it. With `may_lack`, keys may be missing, because one
    /// is about to be given up.
    ///
    /// # Errors
    /// If the folder lacks a recorded key, has another one in its place, or belongs to another installation.
    pub fn bind(&self, record: Record, may_lack: bool) -> Result<(), VaultError> {
        let is_new = record.is_empty();
        let installation = record.installation();
        if let Ok(mut state) = self.state.write() {
            state.record = Some(record.lacking(may_lack));
        }
        self.refresh()?;
        self.require_whole()?;
        if is_new {
            create_folder(&self.folder).map_err(|error| VaultError::File(self.folder.clone(), error))?;
        }
        self.mark(installation)
    }

    /// Takes over what the database records now, and compares the folder with it.
    ///
    /// # Errors
    /// As [`Vault::bind`].
    pub fn compare(&self, record: Record) -> Result<(), VaultError> {
        self.with_record(|known| known.update(record));
        self.refresh()?;
        self.require_whole()
    }

    /// Reloads the folder, to find keys that others have created or erased.
    ///
    /// # Errors
    /// If a file cannot be read, or was wrapped by another master key.
    pub fn refresh(&self) -> Result<(), VaultError> {
        let _looking = self.looking.lock().map_err(|_| VaultError::Damaged)?;
        let looked = self.require_files().and_then(|()| Ok((self.look()?, self.installation()?)));
        let Ok(mut state) = self.state.write() else { return Err(VaultError::Damaged) };
        let (mut found, marked) = match looked {
            Ok(looked) => looked,
            Err(error) => {
                state.fault = Some(error.to_string());
                return Err(error);
            }
        };
        if let Some(record) = &state.record {
            found.values_mut().for_each(|keys| keys.retain(|key| !record.is_erased(key.id)));
            found.retain(|_, keys| !keys.is_empty());
        }
        let kept: Vec<KeyId> = found.values().flatten().map(|key| key.id).collect();
        let gone = state.open.values().flatten().map(|key| key.id).filter(|id| !kept.contains(id));
        gone.for_each(keys::forget);
        found.values().flatten().for_each(|key| keys::remember(key.id, &key.key));
        state.fault = state.record.as_ref().and_then(|record| record.fault(&self.folder, marked, &found));
        state.open = found;
        Ok(())
    }

    /// Checks that the folder has all keys that the database records.
    ///
    /// # Errors
    /// If it does not, or the database has not been opened.
    pub fn require_whole(&self) -> Result<(), VaultError> {
        let state = self.state.read().map_err(|_| VaultError::Damaged)?;
        match (&state.record, &state.fault) {
            (_, Some(fault)) => Err(VaultError::NotWhole(fault.clone())),
            (None, None) => Err(VaultError::Unrecorded),
            (Some(_), None) => Ok(()),
        }
    }

    /// Returns whether the database records that this key was erased.
    pub(super) fn is_erased(&self, id: KeyId) -> bool {
        self.state.read().is_ok_and(|state| state.record.as_ref().is_some_and(|record| record.is_erased(id)))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn with_state<T: Default>(&self, look: impl FnOnce(&Found, Option<&Record>) -> T) -> T {
        self.state.read().map(|state| look(&state.open, state.record.as_ref())).unwrap_or_default()
    }

    pub(super) fn with_record(&self, change: impl FnOnce(&mut Record)) {
        if let Ok(mut state) = self.state.write()
            && let Some(record) = &mut state.record
        {
            change(record);
        }
    }

    /// Wakes who waits for [`Vault::alarmed`].
    pub(super) fn alarm(&self) {
        self.alarm.notify_one();
    }

    /// Waits until a text names a key that the folder lacks.
    pub async fn alarmed(&self) {
        self.alarm.notified().await;
    }

    /// Encrypts text with the newest key of this name, and creates the key if there is none.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn seal(&self, name: &KeyName, text: &str) -> Result<Sealed, VaultError> {
        let key = self.newest(name)?;
        cipher::seal(key.id, &key.key, text).map(Sealed)
    }

    /// Encrypts optional text.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn seal_optional(&self, name: &KeyName, text: Option<&str>) -> Result<Option<Sealed>, VaultError> {
        text.map(|text| self.seal(name, text)).transpose()
    }

    /// Encrypts again with the newest key of the same name. Returns none if the text already uses it.
    ///
    /// # Errors
    /// If it cannot be decrypted.
    pub fn reseal(&self, stored: &str) -> Result<Option<Sealed>, VaultError> {
        let (id, _) = cipher::parts(stored)?.ok_or(VaultError::NotSealed)?;
        let gone = || if self.is_erased(id) { VaultError::Erased } else { VaultError::Missing };
        let name = self.name_of(id).ok_or_else(gone)?;
        if self.newest(&name)?.id == id {
            return Ok(None);
        }
        self.seal(&name, &Content::open(stored)?).map(Some)
    }

    /// Returns a keyed hash (HMAC-SHA-256) for finding text: deterministic, and useless without the key.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn index(&self, text: &str) -> Result<String, VaultError> {
        self.index_of(text.as_bytes())
    }

    /// Returns a keyed hash of bytes.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn index_of(&self, bytes: &[u8]) -> Result<String, VaultError> {
        Ok(self.newest(&KeyName::people(INDEX))?.key.hex(bytes))
    }

    /// Encrypts with a key that can be derived only from `secret`.
    ///
    /// # Errors
    /// If the key cannot be created.
    pub fn seal_with(&self, secret: &str, text: &str) -> Result<String, VaultError> {
        cipher::seal(Uuid::nil(), &self.derived(secret)?, text)
    }

    /// Decrypts text that was encrypted with a secret.
    ///
    /// # Errors
    /// If the secret is a different one, or the text was changed.
    pub fn open_with(&self, secret: &str, stored: &str) -> Result<String, VaultError> {
        let (id, sealed) = cipher::parts(stored)?.ok_or(VaultError::NotSealed)?;
        cipher::open(id, &self.derived(secret)?, &sealed)
    }

    fn derived(&self, secret: &str) -> Result<Key, VaultError> {
        let key = self.newest(&KeyName::people(INDEX))?;
        Key::of(&key.key.hash(format!("derived key of {secret}").as_bytes())).ok_or(VaultError::Damaged)
    }

    /// Returns the name of the key of the keyed hashes.
    #[must_use]
    pub fn index_name() -> KeyName {
        KeyName::people(INDEX)
    }

    /// Returns the names of all keys, each with its number of generations.
    #[must_use]
    pub fn list(&self) -> Vec<(KeyName, usize)> {
        let Ok(state) = self.state.read() else { return Vec::new() };
        let mut list: Vec<_> = state.open.iter().map(|(name, keys)| (name.clone(), keys.len())).collect();
        list.sort_by_key(|(name, _)| name.to_string());
        list
    }

    fn newest(&self, name: &KeyName) -> Result<DataKey, VaultError> {
        let known = |vault: &Self| vault.state.read().ok()?.open.get(name)?.last().cloned();
        self.require_whole()?;
        if let Some(key) = known(self) {
            return Ok(key);
        }
        self.refresh()?;
        self.require_whole()?;
        match known(self) {
            Some(key) => Ok(key),
            None => self.make(name),
        }
    }

    /// Returns the newest key of this name that is in the folder.
    pub(super) fn held(&self, name: &KeyName) -> Option<Arc<Key>> {
        Some(self.state.read().ok()?.open.get(name)?.last()?.key.clone())
    }

    fn name_of(&self, id: KeyId) -> Option<KeyName> {
        let state = self.state.read().ok()?;
        let found = state.open.iter().find(|(_, keys)| keys.iter().any(|key| key.id == id));
        found.map(|(name, _)| name.clone())
    }
}

mod beside;
mod generations;
mod reading;
#[cfg(test)]
mod tests;
