//! Which key seals what, and the keys that this process knows.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, RwLock, Weak},
    time::{Duration, Instant},
};

use super::{Key, KeyId, Vault};
use crate::kernel::vocabulary::Sector;

/// What a data key of a municipality is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyClass {
    /// What is written in one sector.
    Sector(Sector),
    /// Names and numbers of people.
    People,
    /// From where people are served, in the access log. Its generations are kept: the tree is over what they have sealed.
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
    /// The class of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "people" => Some(Self::People),
            "log" => Some(Self::Log),
            sector => Sector::try_from(sector.to_owned()).ok().map(Self::Sector),
        }
    }
}

/// A data key: of which municipality, for what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyName {
    /// The number of the municipality.
    pub municipality: String,
    /// What it seals.
    pub class: KeyClass,
}

impl KeyName {
    /// The key of what is written in a sector.
    #[must_use]
    pub fn sector(municipality: &str, sector: Sector) -> Self {
        Self { municipality: municipality.to_owned(), class: KeyClass::Sector(sector) }
    }

    /// The key of names and numbers of people.
    #[must_use]
    pub fn people(municipality: &str) -> Self {
        Self { municipality: municipality.to_owned(), class: KeyClass::People }
    }

    /// The key of the access log.
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

/// All data keys that the process has opened, by id. A row is decoded where no more is at hand than the row itself, and its
/// text names its key; the ids are random, so the keys of several folders do not meet.
static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// How soon a key that was not there is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Known {
    keys: HashMap<KeyId, Arc<Key>>,
    /// When a key was last looked for in vain: a list of what has been erased does not read the folder for each row.
    absent: HashMap<KeyId, Instant>,
    vaults: Vec<Weak<Vault>>,
}

pub(super) fn remember(id: KeyId, key: Key) -> Arc<Key> {
    let key = Arc::new(key);
    if let Ok(mut known) = KNOWN.write() {
        known.keys.insert(id, key.clone());
    }
    key
}

pub(super) fn forget(id: KeyId) {
    if let Ok(mut known) = KNOWN.write() {
        known.keys.remove(&id);
    }
}

/// The folders that are asked for a key that is not known: another server may have made it.
pub(super) fn ask_too(vault: &Arc<Vault>) {
    if let Ok(mut known) = KNOWN.write() {
        known.vaults.retain(|vault| vault.strong_count() > 0);
        known.vaults.push(Arc::downgrade(vault));
    }
}

/// The key of this id; none if it is not known, since it was erased.
pub(super) fn find(id: KeyId) -> Option<Arc<Key>> {
    let vaults = {
        let known = KNOWN.read().ok()?;
        if let Some(key) = known.keys.get(&id) {
            return Some(key.clone());
        }
        if known.absent.get(&id).is_some_and(|looked| looked.elapsed() < LOOK_AGAIN) {
            return None;
        }
        known.vaults.clone()
    };
    for vault in vaults.iter().filter_map(Weak::upgrade) {
        // What cannot be read is no key.
        let _read = vault.refresh();
    }
    let mut known = KNOWN.write().ok()?;
    let found = known.keys.get(&id).cloned();
    if found.is_none() {
        known.absent.insert(id, Instant::now());
    }
    found
}
