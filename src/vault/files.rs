//! The files that contain keys.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use super::{KeyClass, KeyName, VaultError};

/// Writes a new file that only its owner can read, and flushes it to disk.
///
/// # Errors
/// If it exists or cannot be written.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Creates a folder that only its owner can open, with those above it. Does nothing if it exists.
///
/// # Errors
/// If it cannot be created.
pub fn create_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Flushes the names in a folder to disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Returns the name of the file of a key.
pub(super) fn file_name(name: &KeyName, generation: u32) -> String {
    format!("{name}-{generation}.key")
}

/// Overwrites a file before removing it.
pub(super) fn wipe(path: &Path) -> Result<(), VaultError> {
    let failed = |error| VaultError::File(path.into(), error);
    let length = fs::metadata(path).map_err(failed)?.len();
    let mut file = fs::OpenOptions::new().write(true).open(path).map_err(failed)?;
    let zeros = vec![0_u8; usize::try_from(length).unwrap_or(0)];
    file.write_all(&zeros).and_then(|()| file.sync_all()).and_then(|()| fs::remove_file(path)).map_err(failed)
}

/// Returns the name and generation of the key in a file.
pub(super) fn named(path: &Path) -> Option<(KeyName, u32)> {
    let mut parts = path.file_name()?.to_str()?.strip_suffix(".key")?.split('-');
    let (municipality, class, generation) = (parts.next()?, parts.next()?, parts.next()?);
    let class = KeyClass::named(class)?;
    Some((KeyName { municipality: municipality.to_owned(), class }, generation.parse().ok()?))
}
