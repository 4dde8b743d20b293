//! The files that the demonstration makes.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::signal::unix::{SignalKind, signal};

use super::{
    DemoArgs,
    place::{DATABASE, write},
};
use crate::terminal::{Failure, in_words};

/// The folder of the keys beside a database that the demonstration does not keep itself.
pub(super) const KEYS_FOLDER: &str = "stafett-demo-keys";
const SETTINGS: &str = "stafett.toml";
/// The settings until the story was played. A demonstration that was killed leaves this file, and the next one removes what it made.
const DRAFT: &str = "stafett.toml.unfinished";

/// Files and folders that were not there before. They are removed unless the story came to its end.
#[derive(Debug)]
pub(super) struct Made {
    paths: Vec<PathBuf>,
    is_kept: Arc<AtomicBool>,
}

impl Made {
    /// Notes what is not there yet of all that the demonstration may make. The remains of one that was killed are removed first.
    pub(super) fn by(args: &DemoArgs) -> Result<Self, Failure> {
        let mut may_be = Vec::new();
        if let Some(data) = &args.data {
            remove_remains(data)?;
            may_be = files_in(data);
            may_be.extend([SETTINGS, DRAFT].map(|name| data.join(name)));
        } else if let Some(url) = &args.database_url {
            may_be.push(PathBuf::from(KEYS_FOLDER));
            may_be.extend(url.strip_prefix("sqlite:").into_iter().flat_map(files_of_database));
        }
        let missing = may_be.iter().map(|path| first_missing(path)).filter(|path| !path.exists());
        Ok(Self { paths: missing.map(Path::to_owned).collect(), is_kept: Arc::default() })
    }

    /// Keeps them.
    pub(super) fn keep(&self) {
        self.is_kept.store(true, Ordering::Release);
    }

    /// Returns at a signal to stop that comes while they are kept, or while they are not. A signal that ends the story must not also
    /// end the server that the story calls: the story would fail first, with the words of a lost connection.
    pub(super) fn stopped_while(&self, kept: bool) -> io::Result<impl Future<Output = ()> + use<>> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let is_kept = self.is_kept.clone();
        Ok(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if is_kept.load(Ordering::Acquire) == kept {
                    return;
                }
            }
        })
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.is_kept.load(Ordering::Acquire) {
            return;
        }
        for path in &self.paths {
            // The failure that led here is reported; what cannot be removed is seen there.
            let _removed = remove(path);
        }
    }
}

/// The settings of a demonstration whose story is being played. No other demonstration removes its files meanwhile.
#[derive(Debug)]
pub(super) struct Draft {
    folder: PathBuf,
    _locked: File,
}

impl Draft {
    /// Writes the draft in a folder.
    pub(super) fn begin(folder: &Path, settings: &str) -> Result<Self, Failure> {
        let path = folder.join(DRAFT);
        write(&path, settings)?;
        let locked = File::open(&path).map_err(|error| unusable(&path, &error))?;
        locked.try_lock().map_err(|_| is_playing(folder))?;
        Ok(Self { folder: folder.to_owned(), _locked: locked })
    }

    /// Makes it the settings, and returns their file. Only a demonstration that came to its end has settings.
    pub(super) fn finish(self) -> Result<PathBuf, Failure> {
        let file = self.folder.join(SETTINGS);
        fs::rename(self.folder.join(DRAFT), &file).map_err(|error| unusable(&file, &error))?;
        Ok(file)
    }
}

/// Removes what a demonstration made in a folder before it was killed.
fn remove_remains(folder: &Path) -> Result<(), Failure> {
    let draft = folder.join(DRAFT);
    if folder.join(SETTINGS).exists() {
        return Ok(());
    }
    let Ok(locked) = File::open(&draft) else { return Ok(()) };
    locked.try_lock().map_err(|_| is_playing(folder))?;
    // The draft is last: if this is stopped too, the next demonstration goes on with it.
    for path in files_in(folder).into_iter().chain([draft]) {
        match remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&path, &error)),
            _ => {}
        }
    }
    Ok(())
}

fn is_playing(folder: &Path) -> Failure {
    format!("another demonstration is being played in {}: name another folder", folder.display()).into()
}

/// The keys and the database in a folder of `--data`.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let database = folder.join(DATABASE);
    std::iter::once(folder.join("keys")).chain(files_of_database(&database.display().to_string())).collect()
}

fn files_of_database(file: &str) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|end| format!("{file}{end}").into())
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    format!("{}: {}", path.display(), in_words(error)).into()
}

/// The outermost part of a path that is missing; the path itself if nothing else is.
fn first_missing(path: &Path) -> &Path {
    let missing = path.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists());
    missing.last().unwrap_or(path)
}
