//! Signs records that the family takes with it, with the key of the log, under names that no log has.
//!
//! A signed text is a C2SP signed-note. Its first line is the name of its key, which no log and no checkpoint has, so that a signature on one
//! never counts for the other.

use std::{fmt, sync::Arc};

use signed_note::{Note, Signer, StandardVerifier, VerifierList};

use super::{LogKey, LogKeyError};

/// The last part of the name of a key for records.
const RECORD: &str = "/record";

/// Signs the records of all municipalities, and recognises what it has signed.
#[derive(Clone)]
pub struct RecordKey(Arc<LogKey>);

impl RecordKey {
    /// Creates the key for records from the key of the log.
    #[must_use]
    pub fn of(key: Arc<LogKey>) -> Self {
        Self(key)
    }

    /// Returns the public key for the records of a municipality, as `name+id+key`.
    #[must_use]
    pub fn public_key(&self, municipality: &str) -> String {
        self.0.public_key_named(&self.name(municipality))
    }

    /// Signs lines from a municipality.
    ///
    /// # Errors
    /// If they cannot be signed.
    pub fn sign(&self, municipality: &str, lines: &[&str]) -> Result<String, LogKeyError> {
        let name = self.name(municipality);
        let text = format!("{name}\n{}\n", lines.join("\n"));
        let signer = self.0.signer(&name)?;
        let mut note = Note::new(text.as_bytes(), &[]).map_err(|_| LogKeyError::Text)?;
        note.add_sigs(&[&signer as &dyn Signer]).map_err(|_| LogKeyError::Text)?;
        String::from_utf8(note.to_bytes()).map_err(|_| LogKeyError::Text)
    }

    /// Returns the lines of a text that this key has signed for some municipality; none if it has not.
    #[must_use]
    pub fn open(&self, note: &str) -> Option<Vec<String>> {
        let note = Note::from_bytes(note.as_bytes()).ok()?;
        let text = std::str::from_utf8(note.text()).ok()?;
        let (name, lines) = text.strip_suffix('\n')?.split_once('\n')?;
        name.strip_prefix(self.0.origin("").as_str())?.strip_suffix(RECORD)?;
        let verifier = StandardVerifier::new(&self.0.public_key_named(name)).ok()?;
        note.verify(&VerifierList::new(vec![Box::new(verifier)])).ok()?;
        Some(lines.split('\n').map(ToOwned::to_owned).collect())
    }

    fn name(&self, municipality: &str) -> String {
        self.0.origin(municipality) + RECORD
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordKey({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_tree::LogVerifier;

    fn key() -> (Arc<LogKey>, RecordKey) {
        let log = Arc::new(LogKey::random("example.com/log").expect("a key"));
        (log.clone(), RecordKey::of(log))
    }

    #[test]
    fn a_signed_text_is_opened_by_its_own_key_and_only_unchanged() {
        let (_, own) = key();
        let signed = own.sign("4014", &["{\"a\":1}", "{\"b\":2}"]).expect("signed");
        assert_eq!(own.open(&signed), Some(vec!["{\"a\":1}".to_owned(), "{\"b\":2}".to_owned()]));
        assert!(key().1.open(&signed).is_none(), "another key");
        for (at, c) in signed.char_indices() {
            let other = if c == 'a' { 'b' } else { 'a' };
            let mut changed = signed.clone();
            changed.replace_range(at..at + c.len_utf8(), &other.to_string());
            assert!(own.open(&changed).is_none(), "character {at}");
        }
        for other in ["", "a", "\n", &signed[..signed.len() - 1], &signed.replace("4014", "4001")] {
            assert!(own.open(other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn a_checkpoint_is_no_record_and_a_record_is_no_checkpoint() {
        let (log, records) = key();
        let checkpoint = log.sign("4014", 1, tlog_tiles::tlog::record_hash(b"x")).expect("signed");
        assert!(records.open(&checkpoint).is_none());
        let lines = checkpoint.split('\n').skip(1).take(2).collect::<Vec<_>>();
        let record = records.sign("4014", &lines).expect("signed");
        for key in [log.public_key("4014"), records.public_key("4014")] {
            let verifier = LogVerifier::new(&key).expect("a public key");
            assert_eq!(verifier.open(&record).is_ok(), verifier.origin().ends_with("/record"));
            assert_eq!(verifier.open(&checkpoint).is_ok(), !verifier.origin().ends_with("/record"));
        }
    }
}
