//! The file of an SQLite database. An open connection goes on with a file that was removed or replaced, and what it writes then is lost.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::DbError;
use crate::kernel::files::in_words;

/// The file, as it was when the database was opened.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    /// Its device and its number there. A file that was put in its place has others.
    opened: Option<(u64, u64)>,
}

impl DatabaseFile {
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), opened: place_of(path).ok() }
    }

    /// Checks that the file that was opened is still in its place.
    ///
    /// # Errors
    /// If it is not.
    pub(super) fn require(&self) -> Result<(), DbError> {
        match place_of(&self.path) {
            Ok(place) if Some(place) == self.opened => Ok(()),
            Ok(_) => Err(DbError::FileReplaced(self.path.clone())),
            Err(error) => Err(DbError::FileGone(self.path.clone(), error)),
        }
    }
}

fn place_of(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Returns why a file cannot be opened, which SQLite does not say; none if it can.
pub(super) fn why_not(path: &Path) -> Option<String> {
    fs::File::options().read(true).write(true).open(path).err().map(|error| in_words(&error))
}

/// Lets only the owner read and write the file, with what SQLite keeps beside it.
///
/// # Errors
/// If others can read it, and this account may not change that.
pub(super) fn close_to_others(path: &Path) -> Result<(), DbError> {
    const OTHERS: u32 = 0o077;
    for end in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{end}", path.display()));
        let Ok(found) = fs::metadata(&file) else { continue };
        let mode = found.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            let closed = fs::set_permissions(&file, fs::Permissions::from_mode(mode & !OTHERS));
            closed.map_err(|_| DbError::Open(file))?;
        }
    }
    Ok(())
}
