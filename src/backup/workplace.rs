//! The folder in which a backup or a restore works, beside its result. It contains rows and wrapped keys, never a key that opens them.
//!
//! A process that is killed leaves it. It is locked while its process lives, so the next one knows which it can remove.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use uuid::Uuid;

/// Begins the names of the folders of a backup, and of a restore.
pub(super) const BACKUP: &str = ".stafett-backup-";
pub(super) const RESTORE: &str = ".stafett-restore-";
/// The file with the paths that a restore makes.
const MAKES: &str = "makes";

/// A folder that is removed at the end.
#[derive(Debug)]
pub(super) struct Workplace {
    path: PathBuf,
    _lock: File,
    stays: bool,
}

impl Workplace {
    /// Creates a folder.
    pub(super) fn create(beside: &Path, begin: &str) -> io::Result<Self> {
        loop {
            let path = beside.join(format!("{begin}{}", Uuid::new_v4().simple()));
            fs::DirBuilder::new().mode(0o700).create(&path)?;
            // Another process may take a folder that is not locked yet for an abandoned one.
            if let Ok(lock) = File::open(&path)
                && lock.try_lock().is_ok()
                && path.exists()
            {
                return Ok(Self { path, _lock: lock, stays: false });
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Creates a folder in it.
    pub(super) fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(path)
    }

    /// Notes the paths that are made outside it, for the next restore if this one is killed.
    pub(super) fn will_make(&self, paths: &[PathBuf]) -> io::Result<()> {
        crate::vault::write_new(&self.path.join(MAKES), &serde_json::to_string(paths)?)
    }

    /// Leaves it where it is.
    pub(super) fn keep(mut self) {
        self.stays = true;
    }

    /// Returns what an earlier process noted.
    pub(super) fn makes(&self) -> Vec<PathBuf> {
        let text = fs::read_to_string(self.path.join(MAKES)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if !self.stays {
            // If it cannot be removed, the next backup or restore does.
            let _removed = fs::remove_dir_all(&self.path);
        }
    }
}

/// Returns the folders whose process was killed. They are removed when they are dropped.
pub(super) fn abandoned(beside: &Path, begin: &str) -> io::Result<Vec<Workplace>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(beside)? {
        let entry = entry?;
        let is_one = entry.file_name().to_str().is_some_and(|name| name.starts_with(begin));
        if !is_one || !entry.file_type()?.is_dir() {
            continue;
        }
        let path = entry.path();
        // It may end by itself meanwhile.
        let Ok(lock) = File::open(&path) else { continue };
        if lock.try_lock().is_ok() {
            found.push(Workplace { path, _lock: lock, stays: false });
        }
    }
    Ok(found)
}

/// Removes files and folders that are there.
pub(super) fn remove(paths: &[PathBuf]) -> io::Result<()> {
    for path in paths {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        match removed {
            // A folder that is a mount stays, empty.
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ResourceBusy) => {
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(())
}
