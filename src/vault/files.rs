//! The files that contain keys.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{KeyClass, KeyName, VaultError};

/// Writes a file that only its owner can read, and flushes it to disk.
pub(super) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
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
