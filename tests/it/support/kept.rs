//! Files that the tests generate and the repository contains.

use std::path::Path;

/// The file must be up to date. With `STAFETT_WRITE_DOCS` it is written; `.ci/docs` does so.
#[track_caller]
pub fn kept(path: &str, made: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("STAFETT_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, made).expect("the file is written");
        return;
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == made, "{path} is stale; run: .ci/docs");
}
