//! How long data is kept: `data/retention.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

#[expect(clippy::expect_used, reason = "the file is a part of the program, and read in tests")]
static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/retention.toml")).expect("how long data is kept")
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kept: Vec<Kept>,
}

/// How long data of a kind is kept, in English and in Norwegian.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub key: String,
    what: String,
    pub what_no: String,
    how_long: String,
    pub how_long_no: String,
    #[serde(rename = "where")]
    pub place: String,
}

/// Returns how long each kind of data is kept.
pub(super) fn kept() -> &'static [Kept] {
    &FILE.kept
}

/// Returns the table in `README.md`.
#[must_use]
pub fn table() -> String {
    let rows = kept()
        .iter()
        .map(|Kept { what, how_long, place, .. }| format!("| {what} | {how_long} | `{place}` |\n"));
    std::iter::once("| what | how long | where |\n|---|---|---|\n".to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_years_of_the_access_log_are_those_of_its_file() {
        let file: toml::Table =
            toml::from_str(include_str!("../../data/access_log_retention.toml")).expect("the years");
        let log = kept().iter().find(|kept| kept.key == "access_log").expect("the access log");
        let years = (file["years"].as_integer(), file["least_years"].as_integer());
        let (Some(years), Some(least)) = years else { panic!("{years:?}") };
        assert!(log.how_long.contains(&format!("after {years} years, or as few as {least} with")));
        assert!(log.how_long_no.contains(&format!("etter {years} år, eller ned til {least} med")));
    }

    #[test]
    fn what_keeps_and_deletes_data_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for Kept { key, place, .. } in kept() {
            assert_eq!(kept().iter().filter(|other| other.key == *key).count(), 1, "{key}");
            assert!(place.starts_with("stafett ") || root.join(place).exists(), "{place}");
        }
    }
}
