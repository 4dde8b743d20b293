//! The names of keys, and the keys that this process has loaded.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, RwLock, Weak},
    time::{Duration, Instant},
};

use super::{Key, KeyId, Vault, VaultError};
use crate::kernel::vocabulary::Sector;

/// The purpose of a data key of a municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyClass {
    /// Text written in one sector.
    Sector(Sector),
    /// Names and numbers of people.
    People,
    /// Network addresses in the access log. All generations are kept, because the tree covers what they encrypted.
    Log,
}

impl fmt::Display for KeyClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sector(sector) => sector.fmt(f),
            Self::People => f.write_str("people"),
            Self::Log => f.write_str("log"),
        }
    }
}

impl KeyClass {
    /// Returns the class with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "people" => Some(Self::People),
            "log" => Some(Self::Log),
            sector => Sector::try_from(sector.to_owned()).ok().map(Self::Sector),
        }
    }
}

/// The name of a data key: its municipality and purpose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyName {
    /// The number of the municipality.
    pub municipality: String,
    /// The purpose of the key.
    pub class: KeyClass,
}

impl KeyName {
    /// Returns the key for text written in a sector.
    #[must_use]
    pub fn sector(municipality: &str, sector: Sector) -> Self {
        Self { municipality: municipality.to_owned(), class: KeyClass::Sector(sector) }
    }

    /// Returns the key for names and numbers of people.
    #[must_use]
    pub fn people(municipality: &str) -> Self {
        Self { municipality: municipality.to_owned(), class: KeyClass::People }
    }

    /// Returns the key for the access log.
    #[must_use]
    pub fn log(municipality: &str) -> Self {
        Self { municipality: municipality.to_owned(), class: KeyClass::Log }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.municipality, self.class)
    }
}

/// All data keys that this process has loaded, by id. Decoding a row has access to nothing but the row, and the text names
/// its key. The ids are random, so keys from different folders cannot collide.
static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// The time before a missing key is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Known {
    keys: HashMap<KeyId, Arc<Key>>,
    /// When a key was last found missing, so that a list of erased rows does not read the folder for each row.
    absent: HashMap<KeyId, Instant>,
    vaults: Vec<Weak<Vault>>,
}

pub(super) fn remember(id: KeyId, key: &Arc<Key>) {
    if let Ok(mut known) = KNOWN.write() {
        known.keys.insert(id, key.clone());
    }
}

pub(super) fn forget(id: KeyId) {
    if let Ok(mut known) = KNOWN.write() {
        known.keys.remove(&id);
    }
}

/// Registers a folder to search for unknown keys, which another server may have created.
pub(super) fn ask_too(vault: &Arc<Vault>) {
    if let Ok(mut known) = KNOWN.write() {
        known.vaults.retain(|vault| vault.strong_count() > 0);
        known.vaults.push(Arc::downgrade(vault));
    }
}

/// Returns the key with this id.
///
/// # Errors
/// [`VaultError::Erased`] if the database records that it was erased, [`VaultError::Missing`] if its file is not there.
pub(super) fn find(id: KeyId) -> Result<Arc<Key>, VaultError> {
    let (vaults, has_looked) = {
        let known = KNOWN.read().map_err(|_| VaultError::Damaged)?;
        if let Some(key) = known.keys.get(&id) {
            return Ok(key.clone());
        }
        let has_looked = known.absent.get(&id).is_some_and(|looked| looked.elapsed() < LOOK_AGAIN);
        (known.vaults.iter().filter_map(Weak::upgrade).collect::<Vec<_>>(), has_looked)
    };
    // A vault takes its own lock first, so none is held here.
    if has_looked {
        return Err(absence(id, &vaults));
    }
    for vault in &vaults {
        // A folder that cannot be read has no key, and the vault notes the fault.
        let _read = vault.refresh();
    }
    let mut known = KNOWN.write().map_err(|_| VaultError::Damaged)?;
    if let Some(key) = known.keys.get(&id) {
        return Ok(key.clone());
    }
    known.absent.insert(id, Instant::now());
    drop(known);
    vaults.iter().for_each(|vault| vault.alarm());
    Err(absence(id, &vaults))
}

/// A missing key is not an erased one: only the database says which keys were erased.
fn absence(id: KeyId, vaults: &[Arc<Vault>]) -> VaultError {
    if vaults.iter().any(|vault| vault.is_erased(id)) { VaultError::Erased } else { VaultError::Missing }
}
