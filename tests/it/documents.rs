//! The documents name only what exists: every path in backticks, and every link to a file.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Names in backticks that look like paths and are files of those who run the service, not ours.
const THEIRS: [&str; 8] = [
    "stafett.toml",
    "0001.leaf.json",
    "record.json",
    "0001.txt",
    "record.txt",
    "public-key.txt",
    "next-cursor.txt",
    "README.txt",
];
/// How the name of a file of the repository ends.
const ENDINGS: [&str; 12] =
    ["cedar", "cedarschema", "go", "json", "md", "py", "rs", "sql", "toml", "txt", "yml", "lock"];
/// Folders that hold no sources.
const BUILT: [&str; 3] = ["target", ".git", "secrets"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the repository, as paths from its root.
fn files() -> BTreeSet<PathBuf> {
    fn walk(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let name = entry.file_name().expect("a name").to_string_lossy();
            if entry.is_dir() && !BUILT.contains(&name.as_ref()) {
                walk(&entry, found);
            } else if entry.is_file() {
                found.insert(entry.strip_prefix(root()).expect("below the root").to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(root(), &mut found);
    found
}

/// The texts in backticks, outside of blocks of code.
fn spans(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (block, prose) in text.split("```").enumerate() {
        if block % 2 == 0 {
            found.extend(prose.split('`').skip(1).step_by(2));
        }
    }
    found
}

/// Where the links of a document lead, without those to other sites and to headings.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://") && !target.starts_with('#')).collect()
}

/// Whether a text is meant as a path: a name with the ending of a file, or something below a folder of the root.
fn is_path(span: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if span.is_empty() || span.starts_with('/') || !span.chars().all(is_plain) || THEIRS.contains(&span) {
        return false;
    }
    let ends =
        span.rsplit_once('.').is_some_and(|(name, ending)| !name.is_empty() && ENDINGS.contains(&ending));
    let first = span.split('/').next().unwrap_or_default();
    ends || (span.contains('/') && root().join(first).is_dir())
}

/// Whether there is such a file or folder: from the root, beside the document, or with such an end of its path.
fn exists(span: &str, document: &Path, files: &BTreeSet<PathBuf>) -> bool {
    let beside = document.parent().unwrap_or(Path::new(""));
    root().join(span).exists()
        || root().join(beside).join(span).exists()
        || files.iter().any(|file| file.ends_with(span))
}

/// The names in files of this ending that lead nowhere, and how many names there are.
fn dead_ends(ending: &str, named: impl Fn(&str) -> Vec<&str>) -> (Vec<String>, usize) {
    let files = files();
    let (mut met, mut missing) = (0, Vec::new());
    for document in files.iter().filter(|file| file.extension().is_some_and(|own| own == ending)) {
        let text = fs::read_to_string(root().join(document)).expect("a text");
        for name in named(&text) {
            met += 1;
            if !exists(name, document, &files) {
                missing.push(format!("{}: {name}", document.display()));
            }
        }
    }
    (missing, met)
}

#[test]
fn every_path_and_link_in_a_document_exists() {
    let (missing, met) = dead_ends("md", |text| {
        spans(text).into_iter().filter(|span| is_path(span)).chain(links(text)).collect()
    });
    assert!(missing.is_empty(), "documents name what does not exist:\n{}", missing.join("\n"));
    assert!(met > 100, "only {met} paths were found in the documents");
}

/// The documents that name the test of each claim.
const WITH_PROOFS: [&str; 2] = ["docs/dpia.md", "docs/threat-model.md"];

/// Whether a text in backticks is the name of a test: a sentence in snake case.
fn is_test(span: &str) -> bool {
    span.matches('_').count() > 4
        && span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn every_test_that_a_document_names_exists() {
    let sources = files().into_iter().filter(|file| file.extension().is_some_and(|own| own == "rs"));
    let code: String = sources.map(|file| fs::read_to_string(root().join(file)).expect("a text")).collect();
    let (mut met, mut missing) = (0, Vec::new());
    for document in WITH_PROOFS {
        let text = fs::read_to_string(root().join(document)).expect("a document");
        for name in spans(&text).into_iter().filter(|span| is_test(span)) {
            met += 1;
            if !code.contains(&format!("fn {name}(")) {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "documents name tests that do not exist:\n{}", missing.join("\n"));
    assert!(met > 60, "only {met} tests were found in the documents");
}

#[test]
fn every_path_in_a_comment_exists() {
    let (missing, met) = dead_ends("rs", |text| {
        let comments = text.lines().filter_map(|line| line.trim_start().strip_prefix("//"));
        comments.flat_map(spans).filter(|span| span.contains('/') && is_path(span)).collect()
    });
    assert!(missing.is_empty(), "comments name what does not exist:\n{}", missing.join("\n"));
    assert!(met > 10, "only {met} paths were found in the comments");
}

#[test]
fn a_path_is_distinguished_from_other_words_in_backticks() {
    for path in ["src/access", "routes.rs", "docs/access-log.md", ".ci/run", "data/kinds.toml"] {
        assert!(is_path(path), "{path}");
    }
    for word in
        ["/v1/policies", "cargo test", "name/other", "read_case", "GET", "a.b", "…/close", "stafett.toml"]
    {
        assert!(!is_path(word), "{word}");
    }
    assert_eq!(spans("a `b` c\n```\n`d`\n```\n`e`"), ["b", "e"]);
    assert_eq!(links("[a](b.md) [c](https://example.com) [d](#e)"), ["b.md"]);
}
