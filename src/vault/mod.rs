//! Encryption at rest: text that identifies people, or is written about them, is stored encrypted in the database.
//!
//! Each municipality has one data key for each sector, and one for the names of people. Data keys are stored in the folder
//! of keys, outside the database and its backups, wrapped by the master key in the configuration. Erasing the file of a
//! data key makes everything it encrypted unrecoverable, also in backups of the database (GDPR art. 17 and 32).
//!
//! Text is encrypted when it is bound to a statement ([`Vault::seal`]) and decrypted when a [`Content`] is decoded from a
//! row. Text that must be found again has a keyed hash beside it ([`Vault::index`]).

mod cipher;
mod content;
mod error;
mod files;
mod folder;
mod index;
mod keys;
mod master;
mod record;

pub use cipher::{Key, KeyId};
pub use content::{Content, ERASED, Sealed, key_of};
pub use error::VaultError;
pub use files::{create_folder, write_new};
pub use folder::Vault;
pub use keys::{KeyClass, KeyName};
pub use master::MasterKey;
pub use record::{Record, RecordedKey};
