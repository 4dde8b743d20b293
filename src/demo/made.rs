//! The files that the demonstration makes.

use std::path::{Path, PathBuf};

use super::{
    DemoArgs,
    place::{DATABASE, SETTINGS},
};

/// The folder of the keys beside a database that the demonstration does not keep itself.
pub(super) const KEYS_FOLDER: &str = "stafett-demo-keys";

/// Files and folders that were not there before. They are removed unless the story came to its end.
#[derive(Debug)]
pub(super) struct Made {
    paths: Vec<PathBuf>,
}

impl Made {
    /// Notes what is not there yet of all that the demonstration may make.
    pub(super) fn by(args: &DemoArgs) -> Self {
        let mut may_be = Vec::new();
        let mut database = None;
        if let Some(data) = &args.data {
            may_be.extend([data.join("keys"), data.join(SETTINGS)]);
            database = Some(data.join(DATABASE));
        } else if let Some(url) = &args.database_url {
            may_be.push(PathBuf::from(KEYS_FOLDER));
            database = url.strip_prefix("sqlite:").map(PathBuf::from);
        }
        if let Some(file) = database {
            may_be.extend(["", "-wal", "-shm"].map(|end| format!("{}{end}", file.display()).into()));
        }
        let missing = may_be.iter().map(|path| first_missing(path)).filter(|path| !path.exists());
        Self { paths: missing.map(Path::to_owned).collect() }
    }

    /// Keeps them.
    pub(super) fn keep(&mut self) {
        self.paths.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in &self.paths {
            // The failure that led here is reported; what cannot be removed is seen there.
            let _removed =
                if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        }
    }
}

/// The outermost part of a path that is missing; the path itself if nothing else is.
fn first_missing(path: &Path) -> &Path {
    let missing = path.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists());
    missing.last().unwrap_or(path)
}
