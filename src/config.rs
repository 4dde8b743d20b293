//! Settings: defaults, then a file, then `STAFETT_*`, then flags. Secrets come from files or the environment.

mod wrong;

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    access::{ForwardingHeader, ProxyNetwork},
    db::Limits,
    identity::StaffFactor,
    kernel::files::in_words,
    log_tree::{Checkpoints, DEFAULT_ORIGIN, Witness, WitnessError},
};

/// The settings of the service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The database, `sqlite:PATH` or `postgres://…`.
    #[serde(default)]
    database_url: Option<SecretString>,
    /// A file that contains the address of the database.
    #[serde(default)]
    database_url_file: Option<PathBuf>,
    /// A file that contains the Ed25519 key (PKCS#8 PEM) that signs access tokens.
    #[serde(default)]
    token_key_file: Option<PathBuf>,
    /// Files that contain earlier keys, whose tokens are still valid.
    #[serde(default)]
    previous_token_key_files: Vec<PathBuf>,
    /// The folder of the data keys. Store it and back it up apart from the database.
    #[serde(default)]
    keys_folder: Option<PathBuf>,
    /// A file that contains the master key (32 bytes in base64) that wraps the data keys.
    #[serde(default)]
    master_key_file: Option<PathBuf>,
    /// A file that contains the Ed25519 key (PKCS#8 PEM) that signs the checkpoints of the access log.
    #[serde(default)]
    access_log_key_file: Option<PathBuf>,
    /// The origin in the checkpoints of the access log: a unique name, such as `stafett.example.no/access-log`.
    pub access_log_origin: String,
    /// A folder that receives every checkpoint. It should be on another machine, so that the log can be verified against it.
    #[serde(default)]
    pub checkpoint_folder: Option<PathBuf>,
    /// An `http://` or `https://` address that every checkpoint is posted to.
    #[serde(default)]
    checkpoint_witness: Option<String>,
    /// The number of database connections for reading. On SQLite at most two for each core, and two more. PostgreSQL has as many for
    /// writing, and four more: for the access log, and to look whether the server answers.
    pub connections: u32,
    /// The number of threads that serve requests.
    pub workers: usize,
    /// How long a request waits for a connection to the database, in seconds.
    connection_timeout_seconds: u16,
    /// How long a request waits for a lock in the database, in seconds.
    lock_timeout_seconds: u16,
    /// How long a statement of a request may take on PostgreSQL, in seconds.
    statement_timeout_seconds: u16,
    /// How long a transaction of a request may be idle on PostgreSQL, in seconds.
    idle_transaction_timeout_seconds: u16,
    /// How long the service goes on after SIGTERM, not ready, in seconds.
    stop_grace_seconds: u16,
    /// The number of threads that hash passwords; by default one for each core.
    #[serde(default)]
    password_threads: Option<NonZeroUsize>,
    /// Whether the roles of staff count only after a log-in with a second factor.
    staff_second_factor: bool,
    /// Addresses and networks of proxies whose forwarding header is trusted.
    #[serde(default)]
    pub trusted_proxies: Vec<ProxyNetwork>,
    /// The header in which the trusted proxies name the client.
    #[serde(default)]
    pub forwarding_header: ForwardingHeader,
    /// The format of log lines.
    pub log_format: LogFormat,
    /// The address on which to serve the metrics, apart from the API. There is no such listener if it is not set.
    #[serde(default)]
    pub metrics_listen: Option<SocketAddr>,
    /// The address of an OpenTelemetry collector that receives traces (OTLP over HTTP). No traces are made if it is not set.
    #[serde(default)]
    pub trace_collector: Option<String>,
    /// A folder of stricter local rules (`*.cedar`), which can only forbid.
    #[serde(default)]
    pub local_policies: Option<PathBuf>,
}

/// The files of the keys.
#[derive(Debug)]
pub struct KeyFiles<'a> {
    /// Of the master key.
    pub master: &'a Path,
    /// Of the key that signs the access log.
    pub access_log: &'a Path,
    /// Of the key that signs access tokens, if it is set.
    pub token: Option<&'a Path>,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// JSON for machines.
    Json,
}

/// An error in the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value is missing, unknown or has the wrong format.
    #[error("{0}")]
    Value(String),
    /// A file in the settings cannot be read.
    #[error("{setting} {}: {}", path.display(), in_words(error))]
    File {
        /// The setting or the flag that names it.
        setting: &'static str,
        /// The path of the file.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The witness of checkpoints cannot be used.
    #[error("checkpoint_witness {0}")]
    Witness(#[from] WitnessError),
    /// A value is not possible.
    #[error("{setting} {why}")]
    Impossible {
        /// The name of the setting.
        setting: &'static str,
        /// The values that are possible.
        why: &'static str,
    },
    /// A folder is not set.
    #[error("the folder of the data keys is not set: set {0} to its path")]
    MissingFolder(&'static str),
    /// A secret is not set.
    #[error("{0} is not set: set {1}_FILE to the path of the file that contains it")]
    Missing(&'static str, &'static str),
}

#[derive(Serialize)]
struct Defaults {
    listen: &'static str,
    connections: u32,
    workers: usize,
    connection_timeout_seconds: u16,
    lock_timeout_seconds: u16,
    statement_timeout_seconds: u16,
    idle_transaction_timeout_seconds: u16,
    stop_grace_seconds: u16,
    staff_second_factor: bool,
    log_format: LogFormat,
    access_log_origin: &'static str,
}

const DEFAULTS: Defaults = Defaults {
    listen: "127.0.0.1:8080",
    connections: 16,
    workers: 2,
    connection_timeout_seconds: 3,
    lock_timeout_seconds: 2,
    statement_timeout_seconds: 10,
    idle_transaction_timeout_seconds: 15,
    stop_grace_seconds: 5,
    staff_second_factor: true,
    log_format: LogFormat::Json,
    access_log_origin: DEFAULT_ORIGIN,
};

impl Settings {
    /// Returns the number of threads that hash passwords.
    #[must_use]
    pub fn password_threads(&self) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.password_threads.unwrap_or_else(cores)
    }

    /// Returns which log-ins let roles count.
    #[must_use]
    pub fn staff_factor(&self) -> StaffFactor {
        if self.staff_second_factor { StaffFactor::Second } else { StaffFactor::Password }
    }

    /// Reads the settings from `file` if present, otherwise from `stafett.toml` if it exists.
    ///
    /// # Errors
    /// If the file cannot be read, or a value is unknown or has the wrong format.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(DEFAULTS));
        figment = match file {
            Some(path) => {
                std::fs::metadata(path).map_err(|error| ConfigError::File {
                    setting: "--config",
                    path: path.into(),
                    error,
                })?;
                figment.merge(Toml::file_exact(path))
            }
            None => figment.merge(Toml::file("stafett.toml")),
        };
        // The test harness has variables with the same prefix.
        let environment = Env::prefixed("STAFETT_").filter(|key| !key.starts_with("test_") && key != "log");
        let figment = figment.merge(environment);
        figment.extract().map_err(|error| ConfigError::Value(wrong::in_words(&error, &figment)))
    }

    /// Checks the values that no type checks, before the service starts.
    ///
    /// # Errors
    /// If a value is not possible. The message names the setting.
    pub fn check(&self) -> Result<(), ConfigError> {
        let impossible = |setting, why| Err(ConfigError::Impossible { setting, why });
        let positive = [
            ("connections", self.connections == 0),
            ("workers", self.workers == 0),
            ("connection_timeout_seconds", self.connection_timeout_seconds == 0),
            ("lock_timeout_seconds", self.lock_timeout_seconds == 0),
            ("statement_timeout_seconds", self.statement_timeout_seconds == 0),
            ("idle_transaction_timeout_seconds", self.idle_transaction_timeout_seconds == 0),
        ];
        if let Some((setting, _)) = positive.into_iter().find(|(_, is_zero)| *is_zero) {
            return impossible(setting, "must be 1 or more");
        }
        if self.checkpoint_folder.as_ref().is_some_and(|folder| !folder.is_dir()) {
            return impossible("checkpoint_folder", "must be the path of a folder that exists");
        }
        Ok(())
    }

    /// Returns where each checkpoint is sent.
    ///
    /// # Errors
    /// If the address of the witness cannot be used.
    pub fn checkpoints(&self) -> Result<Checkpoints, ConfigError> {
        let witness = self.checkpoint_witness.as_deref().map(Witness::at).transpose()?;
        Ok(Checkpoints { folder: self.checkpoint_folder.clone(), witness })
    }

    /// Returns how long requests wait for the database.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let seconds = |seconds: u16| Duration::from_secs(seconds.into());
        Limits {
            turn: seconds(self.connection_timeout_seconds),
            lock: Some(seconds(self.lock_timeout_seconds)),
            statement: Some(seconds(self.statement_timeout_seconds)),
            idle_in_transaction: Some(seconds(self.idle_transaction_timeout_seconds)),
        }
    }

    /// Returns how long the service goes on after SIGTERM.
    #[must_use]
    pub fn stop_grace(&self) -> Duration {
        Duration::from_secs(self.stop_grace_seconds.into())
    }

    /// Reads the settings from a file alone, without the environment.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn load_file(file: &Path) -> Result<Self, ConfigError> {
        let figment = Figment::from(Serialized::defaults(DEFAULTS)).merge(Toml::file_exact(file));
        figment.extract().map_err(|error| ConfigError::Value(wrong::in_words(&error, &figment)))
    }

    /// Returns the files of the keys, which need not exist.
    ///
    /// # Errors
    /// If one is not set.
    pub fn key_files(&self) -> Result<KeyFiles<'_>, ConfigError> {
        let access_log = self.access_log_key_file.as_deref();
        Ok(KeyFiles {
            master: self.master_key_file()?,
            access_log: access_log
                .ok_or(ConfigError::Missing("the signing key of the access log", "STAFETT_ACCESS_LOG_KEY"))?,
            token: self.token_key_file.as_deref(),
        })
    }

    /// Returns the address of the database.
    ///
    /// # Errors
    /// If it is not set, or its file cannot be read.
    pub fn database_url(&self) -> Result<SecretString, ConfigError> {
        if let Some(url) = &self.database_url {
            return Ok(url.clone());
        }
        let path = self.database_url_file.as_deref();
        let path = path.ok_or(ConfigError::Missing("the database address", "STAFETT_DATABASE_URL"))?;
        let url = read_secret("STAFETT_DATABASE_URL_FILE", path)?;
        Ok(url.expose_secret().trim().to_owned().into())
    }

    /// Sets the address of the database, from a flag.
    pub fn set_database_url(&mut self, url: String) {
        self.database_url = Some(url.into());
    }

    /// Returns the folder of the data keys.
    ///
    /// # Errors
    /// If it is not set.
    pub fn keys_folder(&self) -> Result<&Path, ConfigError> {
        self.keys_folder.as_deref().ok_or(ConfigError::MissingFolder("STAFETT_KEYS_FOLDER"))
    }

    /// Returns the master key.
    ///
    /// # Errors
    /// If it is not set, or its file cannot be read.
    pub fn master_key(&self) -> Result<SecretString, ConfigError> {
        read_secret("STAFETT_MASTER_KEY_FILE", self.master_key_file()?)
    }

    /// Returns the file of the master key, which need not exist.
    ///
    /// # Errors
    /// If it is not set.
    pub fn master_key_file(&self) -> Result<&Path, ConfigError> {
        self.master_key_file.as_deref().ok_or(ConfigError::Missing("the master key", "STAFETT_MASTER_KEY"))
    }

    /// Returns the signing key of the access log.
    ///
    /// # Errors
    /// If it is not set, or its file cannot be read.
    pub fn access_log_key(&self) -> Result<SecretString, ConfigError> {
        let path = self.access_log_key_file.as_deref();
        let missing = ConfigError::Missing("the signing key of the access log", "STAFETT_ACCESS_LOG_KEY");
        read_secret("STAFETT_ACCESS_LOG_KEY_FILE", path.ok_or(missing)?)
    }

    /// Returns the keys of access tokens, the signing key first.
    ///
    /// # Errors
    /// If none is set, or a file cannot be read.
    pub fn token_keys(&self) -> Result<Vec<SecretString>, ConfigError> {
        let first = self.token_key_file.as_deref();
        let first = first.ok_or(ConfigError::Missing("the token signing key", "STAFETT_TOKEN_KEY"))?;
        let previous = self.previous_token_key_files.iter();
        let previous = previous.map(|path| ("STAFETT_PREVIOUS_TOKEN_KEY_FILES", path.as_path()));
        std::iter::once(("STAFETT_TOKEN_KEY_FILE", first))
            .chain(previous)
            .map(|(setting, path)| read_secret(setting, path))
            .collect()
    }
}

fn read_secret(setting: &'static str, path: &Path) -> Result<SecretString, ConfigError> {
    std::fs::read_to_string(path).map(Into::into).map_err(|error| ConfigError::File {
        setting,
        path: path.into(),
        error,
    })
}
