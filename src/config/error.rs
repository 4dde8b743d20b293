//! Faults of the settings.

use std::{io, path::PathBuf};

use crate::{identity::RelyingPartyError, kernel::files::in_words, log_tree::WitnessError};

/// An error in the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value is missing, unknown or has the wrong format.
    #[error("{0}")]
    Value(String),
    /// A file in the settings cannot be read.
    #[error("{setting} {}: {}{}", path.display(), in_words(error), remedy(setting, error))]
    File {
        /// The setting or the flag that names it.
        setting: &'static str,
        /// The path of the file.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// Every account of the machine can read or replace a file that holds a secret.
    #[error(
        "{setting} {path}: every account of this machine can use it: let its owner run `chmod o= {path}`, and consider whether \
         the secret is known already",
        path = path.display()
    )]
    Open {
        /// The setting that names it.
        setting: &'static str,
        /// The path of the file.
        path: PathBuf,
    },
    /// The witness of checkpoints cannot be used.
    #[error("checkpoint_witness {0}")]
    Witness(#[from] WitnessError),
    /// Passkeys cannot be used with these settings.
    #[error("{setting} {0}", setting = .0.setting())]
    Passkeys(#[from] RelyingPartyError),
    /// A value is not possible.
    #[error("{setting} {why}")]
    Impossible {
        /// The name of the setting.
        setting: &'static str,
        /// The values that are possible.
        why: &'static str,
    },
    /// Two settings say the same thing.
    #[error("{0} and {1} are both set: remove one of them")]
    Both(&'static str, &'static str),
    /// A folder is given as the settings file.
    #[error("--config {path}: is a folder: name the file in it, such as {path}/stafett.toml", path = .0.display())]
    Folder(PathBuf),
    /// The settings file is not TOML.
    #[error("{}, {why}", path.display())]
    Syntax {
        /// The path of the file.
        path: PathBuf,
        /// The line, and the fault there.
        why: String,
    },
    /// A setting is in neither the settings file nor the environment.
    #[error("{what} is not set: set {setting} in {file}, or {} in the environment", variable(setting), file = file.display())]
    Missing {
        /// The meaning of the setting.
        what: &'static str,
        /// The name of the setting.
        setting: &'static str,
        /// The settings file.
        file: PathBuf,
    },
    /// A setting is not in the environment, and there is no settings file.
    #[error(
        "{what} is not set, and there is no stafett.toml here: use --config FILE, or make an installation with `stafett init DIR`; \
         without a file, set {}",
        variable(setting)
    )]
    NoFile {
        /// The meaning of the setting.
        what: &'static str,
        /// The name of the setting.
        setting: &'static str,
    },
}

/// The remedy for a key that is not there. Texts and log depend on the earlier key.
fn remedy(setting: &str, error: &io::Error) -> &'static str {
    match setting {
        _ if error.kind() != io::ErrorKind::NotFound => "",
        "master_key_file" => "; restore it from a backup: no other key opens the data keys",
        "access_log_key_file" => "; restore it from a backup: no other key can sign this access log",
        _ => "",
    }
}

/// The variable of the environment for a setting.
pub(super) fn variable(setting: &str) -> String {
    format!("STAFETT_{}", setting.to_uppercase())
}
