//! The folder of keys: one file for each data key, wrapped by the master key.
//!
//! A file is named by municipality, class and generation, such as `4014-health-2.key`. The newest generation encrypts;
//! older ones only decrypt. Several servers can share the folder: the first to create a file wins.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
    time::{Duration, SystemTime},
};

use uuid::Uuid;

use super::{
    Content, Key, KeyClass, KeyId, KeyName, MasterKey, Sealed, VaultError, cipher,
    files::{named, wipe, write_new},
    keys,
};

/// An unwrapped data key.
#[derive(Debug, Clone)]
struct DataKey {
    id: KeyId,
    generation: u32,
    /// When its file was written.
    written: SystemTime,
    key: Arc<Key>,
}

/// The data keys and their folder.
#[derive(Debug)]
pub struct Vault {
    folder: PathBuf,
    master: MasterKey,
    /// The master key that replaces the current one, while some keys are already wrapped by it.
    next_master: Option<MasterKey>,
    /// All generations of each key, newest last.
    open: RwLock<HashMap<KeyName, Vec<DataKey>>>,
}

/// Keyed hashes are the same in all municipalities, because a username is looked up before its municipality is known.
const INDEX: &str = "0000";

impl Vault {
    /// Opens the folder, and creates it if it does not exist.
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
        fs::create_dir_all(folder).map_err(|error| VaultError::File(folder.into(), error))?;
        let vault = Arc::new(Self { folder: folder.into(), master, next_master, open: RwLock::default() });
        vault.refresh()?;
        keys::ask_too(&vault);
        Ok(vault)
    }

    /// Reloads the folder, to find keys that others have created or erased.
    ///
    /// # Errors
    /// If a file cannot be read, or was wrapped by another master key.
    pub fn refresh(&self) -> Result<(), VaultError> {
        let mut found: HashMap<KeyName, Vec<DataKey>> = HashMap::new();
        for path in self.files()? {
            let Some((name, generation)) = named(&path) else { continue };
            match self.read(&path, generation) {
                Ok(key) => found.entry(name).or_default().push(key),
                // The key was erased while the folder was being read.
                Err(VaultError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        for generations in found.values_mut() {
            generations.sort_by_key(|key| key.generation);
        }
        if let Ok(mut open) = self.open.write() {
            let kept: Vec<KeyId> = found.values().flatten().map(|key| key.id).collect();
            let gone = open.values().flatten().map(|key| key.id).filter(|id| !kept.contains(id));
            gone.for_each(keys::forget);
            *open = found;
        }
        Ok(())
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
        let name = self.name_of(id).ok_or(VaultError::Erased)?;
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
        let key = self.newest(&KeyName::people(INDEX))?;
        Ok(key.key.hash(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
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

    /// Returns the names of all keys, each with its number of generations.
    #[must_use]
    pub fn list(&self) -> Vec<(KeyName, usize)> {
        let Ok(open) = self.open.read() else { return Vec::new() };
        let mut list: Vec<_> = open.iter().map(|(name, keys)| (name.clone(), keys.len())).collect();
        list.sort_by_key(|(name, _)| name.to_string());
        list
    }

    /// Creates a new generation of every key except that of the keyed hashes, which all lookups depend on.
    ///
    /// # Errors
    /// If a key cannot be created.
    pub fn renew(&self) -> Result<usize, VaultError> {
        let index = KeyName::people(INDEX);
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
            let key = self.read(path, generation)?;
            let text = master.wrap(key.id, &key.key)?;
            let beside = path.with_extension("new");
            // An interrupted attempt may have left this file.
            let _removed = fs::remove_file(&beside);
            write_new(&beside, &text)
                .and_then(|()| fs::rename(&beside, path))
                .map_err(|error| VaultError::File(path.clone(), error))?;
            wrapped += 1;
        }
        Ok(wrapped)
    }

    /// Returns the keys that only decrypt, and that were replaced so long ago that every server knows the newer one.
    #[must_use]
    pub fn superseded(&self, settled: Duration) -> Vec<KeyId> {
        let Ok(open) = self.open.read() else { return Vec::new() };
        let is_settled = |key: &DataKey| key.written.elapsed().is_ok_and(|age| age >= settled);
        let replaceable = open.iter().filter(|(name, _)| name.class != KeyClass::Log);
        let pairs = replaceable.flat_map(|(_, keys)| keys.windows(2));
        pairs.filter_map(|pair| is_settled(&pair[1]).then_some(pair[0].id)).collect()
    }

    /// Erases one key.
    ///
    /// # Errors
    /// If its file cannot be erased.
    pub fn erase(&self, id: KeyId) -> Result<(), VaultError> {
        for path in self.files()? {
            let Some((_, generation)) = named(&path) else { continue };
            if self.read(&path, generation).is_ok_and(|key| key.id == id) {
                wipe(&path)?;
            }
        }
        self.refresh()
    }

    /// Erases all generations of a key. Content encrypted with it is permanently unrecoverable.
    ///
    /// # Errors
    /// If a file cannot be erased, or it is the key of the keyed hashes.
    pub fn erase_all(&self, name: &KeyName) -> Result<usize, VaultError> {
        if *name == KeyName::people(INDEX) {
            return Err(VaultError::Index);
        }
        let mut erased = 0;
        for path in self.files()? {
            if named(&path).is_some_and(|(found, _)| found == *name) {
                wipe(&path)?;
                erased += 1;
            }
        }
        self.refresh()?;
        Ok(erased)
    }

    fn newest(&self, name: &KeyName) -> Result<DataKey, VaultError> {
        let known = |vault: &Self| vault.open.read().ok()?.get(name)?.last().cloned();
        if let Some(key) = known(self) {
            return Ok(key);
        }
        self.refresh()?;
        match known(self) {
            Some(key) => Ok(key),
            None => self.make(name),
        }
    }

    fn name_of(&self, id: KeyId) -> Option<KeyName> {
        let open = self.open.read().ok()?;
        let found = open.iter().find(|(_, keys)| keys.iter().any(|key| key.id == id));
        found.map(|(name, _)| name.clone())
    }

    /// Creates the next generation of a key, or loads it if another server was first.
    fn make(&self, name: &KeyName) -> Result<DataKey, VaultError> {
        let last = self.open.read().ok().and_then(|open| Some(open.get(name)?.last()?.generation));
        let generation = last.unwrap_or(0) + 1;
        let path = self.folder.join(format!("{name}-{generation}.key"));
        let text = self.master.wrap(Uuid::new_v4(), &Key::random()?)?;
        // The complete file is linked under its name, so that nobody reads an incomplete key.
        let beside = self.folder.join(format!("{}.new", Uuid::new_v4()));
        let made = write_new(&beside, &text).and_then(|()| fs::hard_link(&beside, &path));
        let _removed = fs::remove_file(&beside);
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(VaultError::File(path, error));
            }
            _ => {}
        }
        self.refresh()?;
        let open = self.open.read().ok();
        open.and_then(|open| open.get(name)?.last().cloned()).ok_or(VaultError::Damaged)
    }

    fn files(&self) -> Result<Vec<PathBuf>, VaultError> {
        let failed = |error| VaultError::File(self.folder.clone(), error);
        let entries = fs::read_dir(&self.folder).map_err(failed)?;
        entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
    }

    fn read(&self, path: &Path, generation: u32) -> Result<DataKey, VaultError> {
        let failed = |error| VaultError::File(path.into(), error);
        let text = fs::read_to_string(path).map_err(failed)?;
        let written = fs::metadata(path).and_then(|file| file.modified()).map_err(failed)?;
        let (id, key) = match (self.master.unwrap(&text), &self.next_master) {
            (Err(VaultError::Damaged), Some(next)) => next.unwrap(&text)?,
            (unwrapped, _) => unwrapped?,
        };
        Ok(DataKey { id, generation, written, key: keys::remember(id, key) })
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::kernel::vocabulary::Sector;

    fn health() -> KeyName {
        KeyName::sector("4014", Sector::Health)
    }

    fn opened(sealed: &Sealed) -> Option<String> {
        Content::open(&sealed.0).ok().map(Content::into_string)
    }

    #[test]
    fn another_server_opens_what_one_has_sealed() {
        let folder = TempDir::new().expect("a folder");
        let master = MasterKey::random().expect("a key");
        let one = Vault::open(folder.path(), master.clone()).expect("a vault");
        let other = Vault::open(folder.path(), master).expect("a vault");
        let sealed = one.seal(&health(), "asthma").expect("sealed");
        assert_eq!(opened(&sealed).as_deref(), Some("asthma"));
        let id = |vault: &Vault| vault.newest(&health()).expect("a key").id;
        assert_eq!(id(&one), id(&other), "the key is made once");
        assert_eq!(one.index("x").expect("hash"), other.index("x").expect("hash"));
    }

    #[test]
    fn another_master_key_opens_nothing() {
        let folder = TempDir::new().expect("a folder");
        let vault = Vault::open(folder.path(), MasterKey::random().expect("a key")).expect("a vault");
        vault.seal(&health(), "asthma").expect("sealed");
        assert!(matches!(
            Vault::open(folder.path(), MasterKey::random().expect("a key")),
            Err(VaultError::Damaged)
        ));
    }

    #[test]
    fn a_new_generation_seals_and_the_old_one_still_opens() {
        let folder = TempDir::new().expect("a folder");
        let vault = Vault::open(folder.path(), MasterKey::random().expect("a key")).expect("a vault");
        let before = vault.seal(&health(), "asthma").expect("sealed");
        let index = vault.index("x").expect("hash");
        vault.renew().expect("renewed");
        assert_eq!(opened(&before).as_deref(), Some("asthma"));
        assert_eq!(vault.index("x").expect("hash"), index);
        let after = vault.reseal(&before.0).expect("resealed").expect("with a newer key");
        assert_eq!(vault.reseal(&after.0).expect("nothing to do"), None);
        for id in vault.superseded(Duration::ZERO) {
            vault.erase(id).expect("erased");
        }
        assert_eq!(opened(&before), None);
        assert_eq!(opened(&after).as_deref(), Some("asthma"));
    }

    #[test]
    fn a_new_master_key_wraps_the_same_data_keys_also_when_it_was_broken_off() {
        let folder = TempDir::new().expect("a folder");
        let [old, new] = [(); 2].map(|()| MasterKey::random().expect("a key"));
        let vault = Vault::open(folder.path(), old.clone()).expect("a vault");
        let school = KeyName::sector("4014", Sector::School);
        let sealed = vault.seal(&health(), "asthma").expect("sealed");
        vault.seal(&school, "reading").expect("sealed");
        // One key is wrapped by the new master key, and another was interrupted halfway.
        let path = folder.path().join(format!("{}-1.key", health()));
        let (id, key) = old.unwrap(&fs::read_to_string(&path).expect("a file")).expect("a key");
        fs::write(&path, new.wrap(id, &key).expect("wrapped")).expect("written");
        fs::write(folder.path().join(format!("{school}-1.new")), "half").expect("written");
        assert!(matches!(Vault::open(folder.path(), old.clone()), Err(VaultError::Damaged)));

        let both = Vault::open_either(folder.path(), old, Some(new.clone())).expect("a vault");
        assert_eq!(both.rewrap().expect("wrapped"), 2);
        let text = new.to_text();
        Vault::open(folder.path(), MasterKey::parse(&text).expect("a key")).expect("a vault");
        assert_eq!(opened(&sealed).as_deref(), Some("asthma"));
    }

    #[test]
    fn what_an_erased_key_has_sealed_is_gone_for_good() {
        let folder = TempDir::new().expect("a folder");
        let vault = Vault::open(folder.path(), MasterKey::random().expect("a key")).expect("a vault");
        let school = KeyName::sector("4014", Sector::School);
        let (secret, other) = (vault.seal(&health(), "asthma"), vault.seal(&school, "reading"));
        let (secret, other) = (secret.expect("sealed"), other.expect("sealed"));
        assert_eq!(vault.erase_all(&health()).expect("erased"), 1);
        assert!(matches!(Content::open(&secret.0), Err(VaultError::Erased)));
        assert_eq!(opened(&other).as_deref(), Some("reading"), "other sectors are as they were");
        vault.index("x").expect("hash");
        assert!(matches!(vault.erase_all(&KeyName::people(INDEX)), Err(VaultError::Index)));
        let next = vault.seal(&health(), "hay fever").expect("sealed");
        assert_eq!(opened(&next).as_deref(), Some("hay fever"), "with a new key");
        assert!(matches!(Content::open(&secret.0), Err(VaultError::Erased)));
    }
}
