//! Encryption at rest: what identifies people, and what is written about them, lies sealed in the database.
//!
//! Each municipality has one data key for each sector, and one for the names of people. A data key lies in the folder of
//! keys, outside the database and its backups, wrapped by the master key of the configuration. Erasing the file of a data key
//! makes all that it sealed unreadable, in the backups of the database too (GDPR art. 17 and 32).
//!
//! Text is sealed when it is bound to a statement ([`Vault::seal`]) and opened when a [`Content`] is decoded from a row.
//! What must be found again is kept beside as a keyed hash ([`Vault::index`]).

mod cipher;
mod content;
mod error;
mod files;
mod folder;
mod index;
mod keys;
mod master;

pub use cipher::{Key, KeyId};
pub use content::{Content, ERASED, Sealed, key_of};
pub use error::VaultError;
pub use folder::Vault;
pub use keys::{KeyClass, KeyName};
pub use master::MasterKey;
