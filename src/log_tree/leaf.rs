//! The hashed data of an entry. Each field is hidden behind its own digest. Some fields can therefore be shown and verified
//! against the leaf without showing the others (`docs/access-log.md`, “The leaf”).

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tlog_tiles::tlog::{Hash, record_hash};
use uuid::Uuid;

/// The names of the hidden fields of an entry. Version 1 has no `consents` and no `ground`.
pub const FIELDS: [&str; 18] = [
    "action",
    "case",
    "child",
    "client",
    "consents",
    "decision",
    "ground",
    "kind",
    "law",
    "object",
    "object_type",
    "person",
    "request",
    "roles",
    "rules",
    "shown",
    "status",
    "version",
];

/// The fields that identify nobody. They remain when the personal fields are erased.
pub const IMPERSONAL: [&str; 10] =
    ["action", "decision", "ground", "kind", "law", "object_type", "request", "rules", "status", "version"];

/// The fields of an entry as stored: text, a number or null. `version` is the version of the encoding.
pub type Fields = BTreeMap<&'static str, Value>;

/// The opening of the digest of one field.
pub type Opening = [u8; 32];

/// The hashed data of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The municipality whose log contains it.
    pub municipality: String,
    /// The id of the entry.
    pub id: Uuid,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The number of the entry among those that the family sees.
    pub count: Option<i64>,
    /// A digest of each field, in base64.
    pub digests: BTreeMap<String, String>,
}

impl Leaf {
    /// Returns the digests of an entry's fields.
    #[must_use]
    pub fn digests(salt: &[u8], fields: &Fields) -> BTreeMap<String, String> {
        let one = |(name, value): (&&'static str, &Value)| {
            let digest = digest(&opening(salt, name), value);
            ((*name).to_owned(), STANDARD.encode(digest))
        };
        fields.iter().map(one).collect()
    }

    /// Returns the text of the leaf: JSON in canonical form (RFC 8785).
    #[must_use]
    pub fn text(&self) -> String {
        let quoted = |text: &str| Value::from(text).to_string();
        let count = self.count.map(|count| format!("\"count\":{count},")).unwrap_or_default();
        let digests: Vec<_> = self
            .digests
            .iter()
            .map(|(name, digest)| format!("{}:{}", quoted(name), quoted(digest)))
            .collect();
        format!(
            "{{\"at\":{},{count}\"digests\":{{{}}},\"id\":{},\"municipality\":{},\"v\":1}}",
            quoted(&self.at.to_rfc3339_opts(SecondsFormat::Micros, true)),
            digests.join(","),
            quoted(&self.id.to_string()),
            quoted(&self.municipality),
        )
    }

    /// Returns the hash of the leaf in the tree.
    #[must_use]
    pub fn hash(&self) -> Hash {
        record_hash(self.text().as_bytes())
    }
}

/// Returns the opening of a field's digest. No other opening can be derived from it.
#[must_use]
pub(crate) fn opening(salt: &[u8], field: &str) -> Opening {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes a key of any length");
    mac.update(field.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Returns the digest of a field.
#[must_use]
pub fn digest(opening: &Opening, value: &Value) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(opening);
    // Serde writes text, numbers and null as RFC 8785 requires.
    hash.update(value.to_string().as_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf() -> Leaf {
        let fields = FIELDS.into_iter().map(|name| (name, Value::from(name)));
        Leaf {
            municipality: "4014".to_owned(),
            id: Uuid::from_u128(7),
            at: "2026-11-22T09:00:00Z".parse().expect("a time"),
            count: Some(3),
            digests: Leaf::digests(&[1; 16], &fields.collect()),
        }
    }

    #[test]
    fn a_leaf_is_canonical_json() {
        let text = leaf().text();
        let value: BTreeMap<String, Value> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["at"], "2026-11-22T09:00:00.000000Z");
        assert_eq!(serde_json::to_string(&value).expect("JSON").len(), text.len());
        assert!(text.starts_with("{\"at\":") && !text.contains(' '));
    }

    #[test]
    fn one_opened_field_shows_itself_and_no_other() {
        let shown = opening(&[1; 16], "person");
        let kept = leaf().digests["person"].clone();
        assert_eq!(STANDARD.encode(digest(&shown, &Value::from("person"))), kept);
        assert_ne!(STANDARD.encode(digest(&shown, &Value::from("another"))), kept);
        assert_ne!(opening(&[1; 16], "client"), shown);
        assert_ne!(opening(&[2; 16], "person"), shown);
    }

    #[test]
    fn without_a_count_the_leaf_says_nothing_of_it() {
        let uncounted = Leaf { count: None, ..leaf() };
        assert!(!uncounted.text().contains("count"));
        assert_ne!(uncounted.hash(), leaf().hash());
    }
}
