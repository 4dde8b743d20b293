//! A new folder that a command fills. If the command fails, nothing half-made remains.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    terminal::{Failure, Usage, in_words},
    vault::create_folder,
};

/// The folder. Until it is finished, it is emptied when it is dropped, and removed if it was not there before.
#[derive(Debug)]
pub(super) struct Unfinished {
    path: PathBuf,
    /// The outermost folder that was created for it.
    created: Option<PathBuf>,
    /// It was empty, so everything in it is this command's.
    is_own: bool,
}

impl Unfinished {
    /// Creates the folder, if it does not exist.
    pub(super) fn begin(folder: &Path) -> Result<Self, Failure> {
        let failed = |error| Usage(format!("{}: {}", folder.display(), in_words(&error)));
        let missing = folder.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists());
        let created = missing.last().map(std::path::absolute).transpose().map_err(failed)?;
        create_folder(folder).map_err(failed)?;
        let path = folder.canonicalize().map_err(failed)?;
        Ok(Self { path, created, is_own: false })
    }

    /// Refuses a folder that has anything.
    pub(super) fn require_empty(&mut self) -> Result<(), Failure> {
        let failed = |error| format!("{}: {}", self.path.display(), in_words(&error));
        if fs::read_dir(&self.path).map_err(failed)?.next().is_some() {
            return Err(format!("{} is not empty: name a new folder", self.path.display()).into());
        }
        self.is_own = true;
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the folder, and returns its full path.
    pub(super) fn finish(mut self) -> PathBuf {
        self.is_own = false;
        self.created = None;
        self.path.clone()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // The failure that led here is reported; what cannot be removed is seen there.
        if let Some(created) = &self.created {
            let _removed = fs::remove_dir_all(created);
        } else if self.is_own {
            for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
                let path = entry.path();
                let _removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            }
        }
    }
}
