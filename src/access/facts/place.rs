//! In which case something is written, and with whose key.

use super::CaseState;
use crate::{
    kernel::{Id, ids::Case, vocabulary::Sector},
    vault::KeyName,
};

/// The case that a row belongs to.
#[derive(Debug, Clone, Copy)]
pub struct CasePlace<'a> {
    /// The municipality whose case it is.
    pub municipality: &'a str,
    /// The sector whose key seals what is written: that of the unit that opened the case.
    pub sector: Sector,
    /// The case.
    pub case: Id<Case>,
}

impl CasePlace<'_> {
    /// The key that seals what is written in the case.
    #[must_use]
    pub fn key(&self) -> KeyName {
        KeyName::sector(self.municipality, self.sector)
    }
}

impl CaseState {
    /// Where the rows of the case belong.
    #[must_use]
    pub fn place(&self) -> CasePlace<'_> {
        CasePlace { municipality: &self.municipality, sector: self.key_sector, case: self.id }
    }
}
