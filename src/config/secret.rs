//! Files that hold secrets.

use std::{fs::File, io::Read, os::unix::fs::MetadataExt, path::Path};

use secrecy::SecretString;

use super::ConfigError;

/// Docker mounts the secrets of a container here, for that container alone, with the mode that they have outside.
const SECRETS_OF_A_CONTAINER: &str = "/run/secrets";
/// The rights of accounts that are neither the owner nor in the group.
const OF_OTHERS: u32 = 0o007;

/// Reads a file that holds a secret. One that every account of the machine can read or replace is refused, as OpenSSH does.
pub(super) fn read_secret(setting: &'static str, path: &Path) -> Result<SecretString, ConfigError> {
    let failed = |error| ConfigError::File { setting, path: path.into(), error };
    let mut file = File::open(path).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    let is_open = found.is_file() && found.mode() & OF_OTHERS != 0;
    if is_open && !path.starts_with(SECRETS_OF_A_CONTAINER) {
        return Err(ConfigError::Open { setting, path: path.into() });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    Ok(text.into())
}
