//! Settings: defaults, then a file, then `STAFETT_*`, then flags. Secrets come from files or the environment.

mod error;
mod overriding;
mod secret;
mod wrong;

use std::{
    net::SocketAddr,
    num::{NonZeroU16, NonZeroUsize},
    path::{Path, PathBuf},
    time::Duration,
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

pub use self::error::ConfigError;
use self::secret::read_secret;
use crate::{
    access::{ForwardingHeader, ProxyNetwork},
    db::Limits,
    identity::{RelyingParty, StaffFactor},
    kernel::SyntheticIds,
    log_tree::{Checkpoints, DEFAULT_ORIGIN, Witness},
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
    connections: NonZeroU16,
    /// The number of threads that serve requests.
    workers: NonZeroU16,
    /// How long a request waits for a connection to the database, in seconds.
    connection_timeout_seconds: NonZeroU16,
    /// How long a request waits for a lock in the database, in seconds.
    lock_timeout_seconds: NonZeroU16,
    /// How long a statement of a request may take on PostgreSQL, in seconds.
    statement_timeout_seconds: NonZeroU16,
    /// How long a transaction of a request may be idle on PostgreSQL, in seconds.
    idle_transaction_timeout_seconds: NonZeroU16,
    /// How long the service goes on after SIGTERM, not ready, in seconds.
    stop_grace_seconds: u16,
    /// The number of threads that hash passwords; by default one for each core.
    #[serde(default)]
    password_threads: Option<NonZeroUsize>,
    /// Whether the roles of staff count only after a log-in with a second factor.
    staff_second_factor: bool,
    /// The domain that passkeys are bound to. There are no passkeys if it is not set.
    #[serde(default)]
    passkey_rp_id: Option<String>,
    /// The addresses of the front ends in which passkeys are used.
    #[serde(default)]
    passkey_origins: Vec<String>,
    /// Whether the national identity numbers of invented people are accepted. Never where there are real people.
    synthetic_national_ids: bool,
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
    /// The settings file that was read.
    #[serde(skip)]
    file: Option<PathBuf>,
    /// The variables of the environment that give a setting another value than the file.
    #[serde(skip)]
    overriding: Vec<String>,
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
    synthetic_national_ids: bool,
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
    synthetic_national_ids: false,
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

    /// Returns the relying party of passkeys; none if they are not set up.
    ///
    /// # Errors
    /// If one of its settings is missing or cannot be used.
    pub fn relying_party(&self) -> Result<Option<RelyingParty>, ConfigError> {
        match self.passkey_rp_id.as_deref() {
            Some(domain) => Ok(Some(RelyingParty::new(domain, &self.passkey_origins)?)),
            None if self.passkey_origins.is_empty() => Ok(None),
            None => Err(self.missing("the domain of passkeys", "passkey_rp_id")),
        }
    }

    /// Returns the number of connections to the database for reading.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections.get().into()
    }

    /// Returns the number of threads that serve requests.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers.get().into()
    }

    /// Returns whether the numbers of invented people are accepted.
    #[must_use]
    pub fn synthetic_ids(&self) -> SyntheticIds {
        if self.synthetic_national_ids { SyntheticIds::Accepted } else { SyntheticIds::Refused }
    }

    /// Reads the settings from `file` if present, otherwise from `stafett.toml` if it exists.
    ///
    /// # Errors
    /// If the file cannot be read, or a value is unknown or has the wrong format.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let default = Path::new("stafett.toml");
        let file = file.or_else(|| default.is_file().then_some(default));
        file.map_or(Ok(()), wrong::require_toml)?;
        let defaults = Figment::from(Serialized::defaults(DEFAULTS));
        let of_file = file.map_or_else(Figment::new, |path| Figment::from(Toml::file_exact(path)));
        // The test harness has variables with the same prefix.
        let environment = Env::prefixed("STAFETT_").filter(|key| !key.starts_with("test_") && key != "log");
        let figment = defaults.merge(&of_file).merge(&environment);
        let read = figment.extract().map_err(|error| ConfigError::Value(wrong::in_words(&error, &figment)));
        let overriding = overriding::variables(&environment, &of_file, &figment);
        read.map(|settings: Self| Self { file: file.map(Into::into), overriding, ..settings })
    }

    /// A file or folder that is not set.
    fn missing(&self, what: &'static str, setting: &'static str) -> ConfigError {
        match self.file.clone() {
            Some(file) => ConfigError::Missing { what, setting, file },
            None => ConfigError::NoFile { what, setting },
        }
    }

    /// Checks the values that no type checks, before the service starts.
    ///
    /// # Errors
    /// If a value is not possible. The message names the setting.
    pub fn check(&self) -> Result<(), ConfigError> {
        let impossible = |setting, why| Err(ConfigError::Impossible { setting, why });
        if self.checkpoint_folder.as_ref().is_some_and(|folder| !folder.is_dir()) {
            return impossible("checkpoint_folder", "must be the path of a folder that exists");
        }
        if self.trace_collector.as_ref().is_some_and(|address| !is_http(address)) {
            return impossible(
                "trace_collector",
                "must be an address, such as http://127.0.0.1:4318/v1/traces",
            );
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
        let seconds = |seconds: NonZeroU16| Duration::from_secs(seconds.get().into());
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
        Ok(KeyFiles {
            master: self.master_key_file()?,
            access_log: self.access_log_key_file()?,
            token: self.token_key_file.as_deref(),
        })
    }

    /// Returns the address of the database.
    ///
    /// # Errors
    /// If it is not set, or its file cannot be read.
    pub fn database_url(&self) -> Result<SecretString, ConfigError> {
        match (&self.database_url, &self.database_url_file) {
            (Some(url), None) => Ok(url.clone()),
            (None, Some(path)) => {
                let url = read_secret("database_url_file", path)?;
                Ok(url.expose_secret().trim().to_owned().into())
            }
            (Some(_), Some(_)) => Err(ConfigError::Both("database_url", "database_url_file")),
            (None, None) => Err(self.missing("the address of the database", "database_url")),
        }
    }

    /// Sets the address of the database, from a flag.
    pub fn set_database_url(&mut self, url: String) {
        self.database_url = Some(url.into());
        self.database_url_file = None;
    }

    /// Returns the folder of the data keys.
    ///
    /// # Errors
    /// If it is not set.
    pub fn keys_folder(&self) -> Result<&Path, ConfigError> {
        self.keys_folder.as_deref().ok_or_else(|| self.missing("the folder of the data keys", "keys_folder"))
    }

    /// Returns the master key.
    ///
    /// # Errors
    /// If it is not set, or its file cannot be read.
    pub fn master_key(&self) -> Result<SecretString, ConfigError> {
        read_secret("master_key_file", self.master_key_file()?)
    }

    /// Returns the file of the master key, which need not exist.
    ///
    /// # Errors
    /// If it is not set.
    pub fn master_key_file(&self) -> Result<&Path, ConfigError> {
        let file = self.master_key_file.as_deref();
        file.ok_or_else(|| self.missing("the file of the master key", "master_key_file"))
    }

    /// Returns the signing key of the access log.
    ///
    /// # Errors
    /// If it is not set, or its file cannot be read.
    pub fn access_log_key(&self) -> Result<SecretString, ConfigError> {
        read_secret("access_log_key_file", self.access_log_key_file()?)
    }

    /// Returns the file of the signing key of the access log, which need not exist.
    ///
    /// # Errors
    /// If it is not set.
    pub fn access_log_key_file(&self) -> Result<&Path, ConfigError> {
        let (what, setting) = ("the file of the signing key of the access log", "access_log_key_file");
        self.access_log_key_file.as_deref().ok_or_else(|| self.missing(what, setting))
    }

    /// Returns the keys of access tokens, the signing key first, each with the setting and the path of its file.
    ///
    /// # Errors
    /// If none is set, or a file cannot be read.
    pub fn token_keys(&self) -> Result<Vec<(&'static str, &Path, SecretString)>, ConfigError> {
        let first = self.token_key_file.as_deref();
        let first =
            first.ok_or_else(|| self.missing("the file of the token signing key", "token_key_file"))?;
        let previous = self.previous_token_key_files.iter();
        let previous = previous.map(|path| ("previous_token_key_files", path.as_path()));
        std::iter::once(("token_key_file", first))
            .chain(previous)
            .map(|(setting, path)| Ok((setting, path, read_secret(setting, path)?)))
            .collect()
    }
}

fn is_http(address: &str) -> bool {
    let uri = address.parse::<hyper::Uri>().ok();
    uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}
