//! The file of a backup: a tar archive in an age file.

use std::{
    fs,
    io::{self, BufReader, BufWriter, Write},
    path::Path,
};

use age::{DecryptError, Decryptor, Encryptor, x25519};

use super::BackupError;

/// Parses the public key of a recipient.
///
/// # Errors
/// If it is not an X25519 key of age.
pub fn recipient(text: &str) -> Result<x25519::Recipient, BackupError> {
    text.trim().parse().map_err(|_| BackupError::Recipient)
}

/// Reads the private keys in a file, as `age-keygen` writes it.
///
/// # Errors
/// If the file cannot be read or has none.
pub fn identities(file: &Path) -> Result<Vec<x25519::Identity>, BackupError> {
    let text = fs::read_to_string(file).map_err(|error| BackupError::File(file.into(), error))?;
    let keys: Vec<x25519::Identity> = text.lines().filter_map(|line| line.trim().parse().ok()).collect();
    if keys.is_empty() { Err(BackupError::NoIdentity(file.into())) } else { Ok(keys) }
}

/// Packs a folder into a file for some recipients, and flushes it to disk.
pub(super) fn pack(folder: &Path, file: &Path, recipients: &[x25519::Recipient]) -> Result<(), BackupError> {
    let failed = |error| BackupError::File(file.into(), error);
    let keys = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(keys).map_err(|_| BackupError::Recipient)?;
    let write = || -> io::Result<()> {
        let out = BufWriter::new(fs::OpenOptions::new().write(true).truncate(true).open(file)?);
        let mut archive = tar::Builder::new(encryptor.wrap_output(out)?);
        archive.append_dir_all(".", folder)?;
        let mut out = archive.into_inner()?.finish()?;
        out.flush()?;
        out.get_ref().sync_all()
    };
    write().map_err(failed)
}

/// Unpacks a file into a folder. The file is read to its end.
pub(super) fn unpack(file: &Path, keys: &[x25519::Identity], folder: &Path) -> Result<(), BackupError> {
    let damaged = |error: &dyn ToString| BackupError::Damaged(file.into(), error.to_string());
    let input = fs::File::open(file).map_err(|error| BackupError::File(file.into(), error))?;
    let decryptor = Decryptor::new(BufReader::new(input)).map_err(|error| damaged(&error))?;
    let keys = keys.iter().map(|key| key as &dyn age::Identity);
    let mut reader = match decryptor.decrypt(keys) {
        Err(DecryptError::NoMatchingKeys) => return Err(BackupError::WrongIdentity),
        opened => opened.map_err(|error| damaged(&error))?,
    };
    let mut archive = tar::Archive::new(&mut reader);
    archive.set_preserve_mtime(false);
    archive.unpack(folder).map_err(|error| damaged(&error))?;
    // The last chunk says that nothing is missing after it.
    io::copy(&mut reader, &mut io::sink()).map_err(|error| damaged(&error))?;
    Ok(())
}
