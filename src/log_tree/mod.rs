//! The access log as an append-only Merkle tree for each municipality (RFC 9162). Nobody, including the operator of the
//! database, can change, remove, insert or reorder an entry without detection.
//!
//! This module implements the specification in `docs/access-log.md`. [`Sealer`] seals entries within a second. Each seal ends
//! in a signed checkpoint (C2SP tlog-checkpoint) that can be stored elsewhere. [`Verifier`] needs only the public key.

mod checkpoints;
mod erasing;
mod evidence;
mod key;
mod leaf;
mod nodes;
mod proofs;
mod record;
mod sealer;
mod stored;
#[cfg(test)]
mod vectors;
mod verify;
mod witness;

pub use checkpoints::Checkpoints;
pub use erasing::{Erasure, erase_before};
pub use evidence::{Evidence, EvidenceLine, evidence_of, municipalities};
pub use key::{DEFAULT_ORIGIN, LogKey, LogKeyError, LogVerifier};
pub use leaf::FIELDS;
pub use proofs::{Opened, Proof, checkpoint, consistency, inclusions, tile};
pub use record::RecordKey;
pub use sealer::{INTERVAL, SealError, Sealer};
pub use stored::EMERGENCY_RULES;
pub use verify::{Finding, Report, Verifier};
pub use witness::{Witness, WitnessError};
