//! The file of a backup: a tar archive in an age file.

use std::{
    fs,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use age::{DecryptError, Decryptor, Encryptor, x25519};
use secrecy::{ExposeSecret, SecretString};

use super::{BackupError, LOG_KEY, MASTER_KEY};

/// The keys that open a backup and continue its log. They are in the file, and never in a folder beside it.
#[derive(Debug)]
pub(super) struct Secrets {
    pub master_key: SecretString,
    pub log_key: SecretString,
}

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

/// Packs a folder and the secrets into a file for some recipients, and flushes it to disk.
pub(super) fn pack(
    folder: &Path,
    secrets: &Secrets,
    file: &Path,
    recipients: &[x25519::Recipient],
) -> io::Result<()> {
    let keys = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(keys).map_err(io::Error::other)?;
    let out = BufWriter::new(fs::OpenOptions::new().write(true).truncate(true).open(file)?);
    let mut archive = tar::Builder::new(encryptor.wrap_output(out)?);
    archive.append_dir_all(".", folder)?;
    for (name, key) in [(MASTER_KEY, &secrets.master_key), (LOG_KEY, &secrets.log_key)] {
        let text = key.expose_secret().as_bytes();
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        archive.append_data(&mut header, name, text)?;
    }
    let mut out = archive.into_inner()?.finish()?;
    out.flush()?;
    out.get_ref().sync_all()
}

/// Unpacks a file into a folder, and returns the secrets. The file is read to its end.
pub(super) fn unpack(file: &Path, keys: &[x25519::Identity], folder: &Path) -> Result<Secrets, BackupError> {
    let input = fs::File::open(file).map_err(|error| BackupError::File(file.into(), error))?;
    let decryptor = Decryptor::new(BufReader::new(input)).map_err(|_| BackupError::Damaged(file.into()))?;
    let keys = keys.iter().map(|key| key as &dyn age::Identity);
    let mut reader = match decryptor.decrypt(keys) {
        Err(DecryptError::NoMatchingKeys) => return Err(BackupError::WrongIdentity),
        opened => opened.map_err(|_| BackupError::Damaged(file.into()))?,
    };
    let unpacked = unpack_all(&mut reader, folder).map_err(|error| match error.kind() {
        // The file is as it was, and the disk is not.
        io::ErrorKind::StorageFull
        | io::ErrorKind::QuotaExceeded
        | io::ErrorKind::FileTooLarge
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::PermissionDenied => BackupError::File(folder.into(), error.kind().into()),
        _ => BackupError::Damaged(file.into()),
    })?;
    // The last chunk says that nothing is missing after it.
    io::copy(&mut reader, &mut io::sink()).map_err(|_| BackupError::Damaged(file.into()))?;
    unpacked.ok_or_else(|| BackupError::Damaged(file.into()))
}

/// Returns the secrets, if both are there.
fn unpack_all(reader: &mut impl Read, folder: &Path) -> io::Result<Option<Secrets>> {
    let mut archive = tar::Archive::new(reader);
    archive.set_preserve_mtime(false);
    let (mut master_key, mut log_key) = (None, None);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let secret = match path.strip_prefix(".").unwrap_or(&path).to_str() {
            Some(MASTER_KEY) => &mut master_key,
            Some(LOG_KEY) => &mut log_key,
            _ => {
                entry.unpack_in(folder)?;
                continue;
            }
        };
        let mut text = String::new();
        entry.read_to_string(&mut text)?;
        *secret = Some(SecretString::from(text));
    }
    Ok(master_key.zip(log_key).map(|(master_key, log_key)| Secrets { master_key, log_key }))
}
