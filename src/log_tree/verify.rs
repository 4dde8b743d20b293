//! Verifies a log from its evidence, with only the public key and, preferably, a checkpoint that was stored elsewhere.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tlog_tiles::tlog::{EMPTY_HASH, Hash, node_hash};
use uuid::Uuid;

use super::{
    EvidenceLine, LogVerifier, SealError,
    evidence::{Evidence, opened},
    leaf::{IMPERSONAL, Leaf, digest, opening},
};

/// The number of inconsistent positions that are kept for the analysis.
const KEPT: usize = 100_000;

/// An inconsistency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The entry differs from what was sealed.
    Changed(i64, Uuid),
    /// The entry is missing.
    Removed(i64, Uuid),
    /// The position is missing.
    MissingPlace(i64),
    /// The service did not write the entry.
    Inserted(Option<i64>, Uuid),
    /// The entry is not at the position where it was sealed.
    Reordered(i64, Uuid),
    /// An entry of a case or a child is missing from the count, or counted twice.
    Miscounted(i64, Uuid),
    /// The tree differs from the signed one: something between the two positions was changed.
    Root(i64, i64),
    /// A checkpoint is not signed with the key.
    Checkpoint(i64),
    /// The log is shorter than a checkpoint states: everything from this position on was removed.
    Shorter(i64, i64),
    /// The checkpoint that was stored elsewhere does not match the log.
    Kept(i64),
    /// No checkpoint covers the last entries.
    Unsigned(i64),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(at, id) => write!(f, "changed: entry {id} at place {at} is not as it was sealed"),
            Self::Removed(at, id) => write!(f, "removed: entry {id} at place {at} is gone"),
            Self::MissingPlace(at) => write!(f, "removed: place {at} is gone"),
            Self::Inserted(Some(at), id) => write!(f, "inserted: entry {id} at place {at} was not there"),
            Self::Inserted(None, id) => write!(f, "inserted: entry {id} was never sealed"),
            Self::Reordered(at, id) => write!(f, "reordered: entry {id} at place {at} was sealed at another"),
            Self::Miscounted(at, id) => {
                write!(f, "left out: the count at place {at}, entry {id}, does not follow the one before it")
            }
            Self::Root(from, to) => {
                write!(f, "changed: the entries at places {from} to {to} are not those that were signed")
            }
            Self::Checkpoint(size) => {
                write!(f, "forged: the checkpoint after place {size} is not signed with this key")
            }
            Self::Shorter(have, signed) => {
                write!(
                    f,
                    "removed: there are {have} places, and {signed} were signed: all from place {have} on are gone"
                )
            }
            Self::Kept(size) => {
                write!(f, "rewritten: the checkpoint that was kept, of {size} entries, is not of this log")
            }
            Self::Unsigned(from) => {
                write!(f, "inserted: no checkpoint covers the entries from place {from} on")
            }
        }
    }
}

/// The result of the verification.
#[derive(Debug, Default)]
pub struct Report {
    /// The number of entries with a position.
    pub entries: i64,
    /// The number of checkpoints.
    pub checkpoints: u64,
    /// The number of entries that are queued for sealing. They are not verified.
    pub waiting: i64,
    /// The number of entries whose personal fields are erased.
    pub erased: i64,
    /// When the newest of these was made.
    pub erased_until: Option<DateTime<Utc>>,
    /// The inconsistencies by position; empty if there are none.
    pub findings: Vec<Finding>,
}

/// Processes the evidence line by line, in constant memory except for one count for each case and child.
#[derive(Debug)]
pub struct Verifier {
    municipality: String,
    key: LogVerifier,
    kept: Option<(u64, Hash)>,
    frontier: Vec<(u32, Hash)>,
    place: i64,
    signed: i64,
    counts: HashMap<String, Counted>,
    /// The number of counted entries so far whose case or child is erased.
    erased_counts: i64,
    odd: BTreeMap<i64, Odd>,
    /// The positions whose entry is there and cannot be read.
    unreadable: BTreeSet<i64>,
    broken: bool,
    report: Report,
}

/// The count of entries so far for a case or child.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    count: i64,
    /// The number of counted entries that had been erased at that point.
    erased: i64,
}

/// A position whose entry does not have the sealed hash.
#[derive(Debug, Clone, Copy)]
struct Odd {
    id: Uuid,
    found: Option<Hash>,
    sealed: Option<Hash>,
}

impl Verifier {
    /// Creates a verifier of a municipality's log.
    ///
    /// # Errors
    /// If the stored checkpoint is not signed with the key.
    pub fn new(municipality: &str, key: LogVerifier, kept: Option<&str>) -> Result<Self, super::LogKeyError> {
        let kept = kept.map(|note| key.open(note)).transpose()?;
        Ok(Self {
            municipality: municipality.to_owned(),
            key,
            kept,
            frontier: Vec::new(),
            place: 0,
            signed: 0,
            counts: HashMap::new(),
            erased_counts: 0,
            odd: BTreeMap::new(),
            unreadable: BTreeSet::new(),
            broken: false,
            report: Report::default(),
        })
    }

    /// Processes a line.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn hear(&mut self, line: EvidenceLine) -> Result<(), SealError> {
        match line {
            EvidenceLine::Place { position, id, count, hash, entry, unreadable } => {
                if unreadable {
                    self.unreadable.insert(position);
                }
                self.hear_place(position, id, count, hash.as_deref(), entry)
            }
            EvidenceLine::Waiting { waiting } => {
                self.report.waiting += waiting;
                Ok(())
            }
            EvidenceLine::Checkpoint { checkpoint } => {
                self.hear_checkpoint(&checkpoint);
                Ok(())
            }
            EvidenceLine::Unsealed { unsealed } => {
                self.report.findings.push(Finding::Inserted(None, unsealed));
                Ok(())
            }
        }
    }

    fn hear_place(
        &mut self,
        position: i64,
        id: Uuid,
        count: Option<i64>,
        sealed: Option<&str>,
        entry: Option<Evidence>,
    ) -> Result<(), SealError> {
        while self.place < position {
            self.report.findings.push(Finding::MissingPlace(self.place));
            self.append(Hash::default());
            if self.report.findings.len() > KEPT {
                self.place = position;
            }
        }
        // An unreadable hash counts as missing.
        let sealed = sealed.and_then(|text| Hash::parse_hash(text).ok());
        let found = entry.as_ref().map(|entry| self.leaf(id, count, entry).hash());
        if let Some(entry) = &entry {
            self.check_count(position, id, count, entry);
            if entry.salt.is_none() {
                self.report.erased += 1;
                self.report.erased_until = self.report.erased_until.max(Some(entry.at));
            }
        }
        if found != sealed && self.odd.len() < KEPT {
            self.odd.insert(position, Odd { id, found, sealed });
        }
        // The sealed hash stands in for the entry, so that the rest can still be verified.
        self.append(sealed.or(found).unwrap_or_default());
        self.report.entries += 1;
        Ok(())
    }

    fn leaf(&self, id: Uuid, count: Option<i64>, entry: &Evidence) -> Leaf {
        // Unreadable data has been changed. It opens nothing, so the leaf differs.
        let salt = entry.salt.as_ref().and_then(|salt| STANDARD.decode(salt).ok());
        let mut digests = BTreeMap::new();
        if entry.salt.is_none() {
            // Only personal fields are ever erased.
            let is_personal = |(name, _): &(&String, &String)| !IMPERSONAL.contains(&name.as_str());
            digests.extend(
                entry.digests.iter().filter(is_personal).map(|(name, hash)| (name.clone(), hash.clone())),
            );
        }
        for (name, value) in &entry.fields {
            let opening = match &salt {
                Some(salt) => Some(opening(salt, name)),
                None => entry.openings.get(name).and_then(|kept| opened(kept)),
            };
            // The tree binds no value that nothing opens, so such a value fits no leaf, with a digest beside it or without.
            let bound = opening.map(|opening| STANDARD.encode(digest(&opening, value)));
            digests.insert(name.clone(), bound.unwrap_or_default());
        }
        Leaf { municipality: self.municipality.clone(), id, at: entry.at, count, digests }
    }

    /// Checks that the entries of a case, or of a child outside cases, are counted consecutively.
    fn check_count(&mut self, position: i64, id: Uuid, count: Option<i64>, entry: &Evidence) {
        if entry.salt.is_none() {
            self.erased_counts += i64::from(count.is_some());
            return;
        }
        let fields = &entry.fields;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let seen =
            text("decision") == Some("permit") && fields.get("status").and_then(Value::as_i64) < Some(400);
        let child = text("child").filter(|_| text("object_type") == Some("Child"));
        let subject = text("case").or(child).filter(|_| seen);
        let erased = self.erased_counts;
        let follows = match (subject, count) {
            (None, None) => true,
            // Between the two, no more entries may be missing than have been erased.
            (Some(subject), Some(count)) => {
                let before = self.counts.insert(subject.to_owned(), Counted { count, erased });
                let before = before.unwrap_or_default();
                (0..=erased - before.erased).contains(&(count - before.count - 1))
            }
            _ => false,
        };
        if !follows {
            self.report.findings.push(Finding::Miscounted(position, id));
        }
    }

    fn append(&mut self, mut hash: Hash) {
        let mut level = 0;
        while let Some((_, left)) = self.frontier.pop_if(|(other, _)| *other == level) {
            hash = node_hash(left, hash);
            level += 1;
        }
        self.frontier.push((level, hash));
        self.place += 1;
        if let Some((size, root)) = self.kept
            && size == self.place.cast_unsigned()
            && root != self.root()
        {
            self.report.findings.push(Finding::Kept(self.place));
        }
    }

    fn root(&self) -> Hash {
        let mut hashes = self.frontier.iter().rev().map(|(_, hash)| *hash);
        let last = hashes.next().unwrap_or(EMPTY_HASH);
        hashes.fold(last, |right, left| node_hash(left, right))
    }

    fn hear_checkpoint(&mut self, note: &str) {
        self.report.checkpoints += 1;
        let Ok((size, root)) = self.key.open(note) else {
            self.report.findings.push(Finding::Checkpoint(self.place));
            return;
        };
        let size = size.cast_signed();
        if size > self.place {
            self.report.findings.push(Finding::Shorter(self.place, size));
        } else if size == self.place && root != self.root() && !self.broken {
            // Everything signed after the first inconsistency is also inconsistent.
            self.broken = true;
            self.report.findings.push(Finding::Root(self.signed, size - 1));
        }
        self.signed = size.min(self.place);
    }

    /// Returns the result, once all evidence has been processed.
    #[must_use]
    pub fn report(mut self) -> Report {
        if self.signed < self.place {
            self.report.findings.push(Finding::Unsigned(self.signed));
        }
        if let Some((size, _)) = self.kept
            && size.cast_signed() > self.place
        {
            self.report.findings.push(Finding::Shorter(self.place, size.cast_signed()));
        }
        let told: Vec<Finding> = self.odd.iter().map(|(at, odd)| self.what_was_done(*at, *odd)).collect();
        self.report.findings.extend(told);
        self.report.findings.sort_by_key(order);
        self.report
    }

    fn what_was_done(&self, at: i64, odd: Odd) -> Finding {
        let Some(found) = odd.found else {
            let is_there = self.unreadable.contains(&at);
            return if is_there { Finding::Changed(at, odd.id) } else { Finding::Removed(at, odd.id) };
        };
        let next = self.odd.get(&(at + 1));
        if odd.sealed.is_some()
            && next.is_some_and(|next| next.found == odd.sealed && next.sealed != Some(found))
        {
            return Finding::Inserted(Some(at), odd.id);
        }
        let elsewhere = self.odd.iter().any(|(other, odd)| *other != at && odd.sealed == Some(found));
        if elsewhere { Finding::Reordered(at, odd.id) } else { Finding::Changed(at, odd.id) }
    }
}

/// Findings about an entry come first, by position; then findings about a range or without a position.
fn order(finding: &Finding) -> (u8, i64) {
    match finding {
        Finding::Changed(at, _)
        | Finding::Removed(at, _)
        | Finding::MissingPlace(at)
        | Finding::Inserted(Some(at), _)
        | Finding::Reordered(at, _) => (0, *at),
        Finding::Inserted(None, _) => (1, 0),
        Finding::Miscounted(at, _) => (2, *at),
        Finding::Shorter(at, _) | Finding::Root(at, _) | Finding::Checkpoint(at) | Finding::Kept(at) => {
            (3, *at)
        }
        Finding::Unsigned(at) => (4, *at),
    }
}
