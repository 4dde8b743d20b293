//! The record that the database keeps of the keys: which exist, which were erased, and a check value of each.

use std::{collections::HashMap, path::Path};

use uuid::Uuid;

use super::{
    Key, KeyId, KeyName, Vault, VaultError, files,
    folder::{DataKey, Found},
};

/// A key in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedKey {
    /// Its random id.
    pub id: KeyId,
    /// Its municipality and purpose.
    pub name: KeyName,
    /// Its generation; 0 if it was erased before keys were recorded.
    pub generation: u32,
    /// A keyed hash that only this key gives. It reveals nothing about the key.
    pub check_value: String,
    /// Whether it was erased.
    pub erased: bool,
}

/// The keys of an installation, as its database records them.
#[derive(Debug, Clone)]
pub struct Record {
    installation: Uuid,
    keys: HashMap<KeyId, RecordedKey>,
    may_lack: bool,
}

impl Record {
    /// Creates the record of an installation.
    #[must_use]
    pub fn new(installation: Uuid, keys: Vec<RecordedKey>) -> Self {
        Self { installation, keys: keys.into_iter().map(|key| (key.id, key)).collect(), may_lack: false }
    }

    /// Lets keys be missing, except the lookup key: a folder without it is not the folder of this installation.
    pub(super) fn lacking(self, may_lack: bool) -> Self {
        Self { may_lack, ..self }
    }

    /// Takes over a record that was read a moment ago. Keys that this process has recorded in that moment remain.
    pub(super) fn update(&mut self, read: Self) {
        let known = std::mem::replace(self, read);
        if known.installation != self.installation {
            return;
        }
        for (id, key) in known.keys {
            let erased = key.erased;
            self.keys.entry(id).or_insert(key).erased |= erased;
        }
    }

    pub(super) fn installation(&self) -> Uuid {
        self.installation
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn is_erased(&self, id: KeyId) -> bool {
        self.keys.get(&id).is_some_and(|key| key.erased)
    }

    pub(super) fn last_generation(&self, name: &KeyName) -> u32 {
        let generations = self.keys.values().filter(|key| key.name == *name).map(|key| key.generation);
        generations.max().unwrap_or(0)
    }

    /// Returns in one sentence why the folder is not what the database records; none if it is.
    pub(super) fn fault(&self, folder: &Path, marked: Option<Uuid>, found: &Found) -> Option<String> {
        let (own, place) = (self.installation, folder.display());
        if let Some(other) = marked.filter(|marked| *marked != own) {
            return Some(format!(
                "the keys in {place} belong to installation {other}, and the database to {own}: set keys_folder and the database \
                 to those of one installation"
            ));
        }
        let (mut missing, other) = self.differences(found);
        if self.may_lack {
            let index = format!("{}-", Vault::index_name());
            missing.retain(|file| file.starts_with(&index));
        }
        if let Some(files) = listed(&other) {
            return Some(format!(
                "{place} has another key than the database records in {files}: restore the right folder of keys"
            ));
        }
        let files = listed(&missing)?;
        Some(format!(
            "the database records keys that {place} lacks: {files}. Mount or restore the folder of keys from a backup. If no \
             backup has a key, `stafett keys erase --generation N` gives up that generation alone"
        ))
    }

    /// Returns the files that are missing, and those that hold another key.
    fn differences(&self, found: &Found) -> (Vec<String>, Vec<String>) {
        let (mut missing, mut other) = (Vec::new(), Vec::new());
        for key in self.keys.values().filter(|key| !key.erased) {
            let in_folder = found.get(&key.name).into_iter().flatten();
            let file = files::file_name(&key.name, key.generation);
            match in_folder.into_iter().find(|it| it.generation == key.generation) {
                None => missing.push(file),
                Some(it) if it.id != key.id || it.check_value() != key.check_value => other.push(file),
                Some(_) => {}
            }
        }
        for (name, key) in found.iter().flat_map(|(name, keys)| keys.iter().map(move |key| (name, key))) {
            let recorded = self.keys.get(&key.id);
            if recorded.is_some_and(|it| it.name != *name || it.generation != key.generation) {
                other.push(files::file_name(name, key.generation));
            }
        }
        missing.sort();
        other.sort();
        other.dedup();
        (missing, other)
    }
}

/// Lists a few names; none if there are none.
fn listed(files: &[String]) -> Option<String> {
    const FEW: usize = 3;
    let some = files.iter().take(FEW).cloned().collect::<Vec<_>>().join(", ");
    match files.len() {
        0 => None,
        count if count > FEW => Some(format!("{some} and {} more", count - FEW)),
        _ => Some(some),
    }
}

impl Key {
    /// Returns the check value of a key.
    fn check_value(&self, id: KeyId) -> String {
        self.hex(&[b"check value of the data key ", id.as_bytes().as_slice()].concat())
    }
}

impl DataKey {
    pub(super) fn check_value(&self) -> String {
        self.key.check_value(self.id)
    }

    pub(super) fn recorded_as(&self, name: &KeyName) -> RecordedKey {
        let (name, check_value) = (name.clone(), self.check_value());
        RecordedKey { id: self.id, name, generation: self.generation, check_value, erased: false }
    }
}

/// The file in the folder of keys that names the installation.
const MARK: &str = "installation";

impl Vault {
    /// Returns the files that the database records and the folder lacks, all of them.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.with_state(|open, record| record.map(|record| record.differences(open).0).unwrap_or_default())
    }

    /// Checks that the database records this generation of a key, and that the folder lacks it.
    ///
    /// # Errors
    /// If not.
    pub fn require_lost(&self, name: &KeyName, generation: u32) -> Result<(), VaultError> {
        let is_lost = self.missing().contains(&files::file_name(name, generation));
        if is_lost { Ok(()) } else { Err(VaultError::NotLost(name.clone())) }
    }

    /// Returns the keys in the folder that the database does not record yet, in the order in which they are recorded.
    #[must_use]
    pub fn unrecorded(&self) -> Vec<RecordedKey> {
        let mut new: Vec<RecordedKey> = self.with_state(|open, record| {
            let is_new = |id| record.is_none_or(|record| !record.keys.contains_key(&id));
            let keys = open.iter().flat_map(|(name, keys)| keys.iter().map(move |key| (name, key)));
            keys.filter(|(_, key)| is_new(key.id)).map(|(name, key)| key.recorded_as(name)).collect()
        });
        new.sort_by_key(|key| key.id);
        new
    }

    /// Returns the names of the files of all keys that the database records and that are not erased.
    #[must_use]
    pub fn files_in_use(&self) -> Vec<String> {
        self.with_state(|_, record| {
            let keys = record.into_iter().flat_map(|record| record.keys.values());
            keys.filter(|key| !key.erased).map(|key| files::file_name(&key.name, key.generation)).collect()
        })
    }

    /// Notes that the database records these keys now.
    pub fn are_recorded(&self, keys: Vec<RecordedKey>) {
        self.with_record(|record| record.keys.extend(keys.into_iter().map(|key| (key.id, key))));
    }

    /// Notes that the database records these keys as erased now.
    pub fn are_erased(&self, ids: &[KeyId]) {
        self.with_record(|record| {
            ids.iter().for_each(|id| {
                record.keys.entry(*id).and_modify(|key| key.erased = true);
            });
        });
    }

    /// Returns the installation that the folder belongs to; none if it belongs to none yet.
    ///
    /// # Errors
    /// If the file that names it cannot be read.
    pub fn installation(&self) -> Result<Option<Uuid>, VaultError> {
        if self.folder().as_os_str().is_empty() {
            return Ok(None);
        }
        let path = self.folder().join(MARK);
        match std::fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map(Some).map_err(|_| VaultError::Mark(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(VaultError::File(path, error)),
        }
    }

    /// Writes which installation the folder belongs to, if it is not written.
    pub(super) fn mark(&self, installation: Uuid) -> Result<(), VaultError> {
        if self.installation()?.is_some() {
            return Ok(());
        }
        let path = self.folder().join(MARK);
        match files::write_new(&path, &format!("{installation}\n")) {
            // Another process was first, with the same id.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            written => written.map_err(|error| VaultError::File(path, error)),
        }
    }
}
