//! A wrong setting, in words: which it is, what was given, and what is expected.

use std::{io, path::Path};

use figment::{Figment, Source, error::Kind};

use super::{ConfigError, error::variable};
use crate::kernel::files::toml_in_words;

/// The expected value of each setting, with an example.
const EXPECTED: &[(&str, &str)] = &[
    ("listen", "an IP address and a port, such as 127.0.0.1:8080"),
    ("database_url", "the address of a database, such as sqlite:stafett.db"),
    ("database_url_file", "the path of a file, such as /etc/stafett/database_url"),
    ("token_key_file", "the path of a file, such as /etc/stafett/token_key.pem"),
    ("previous_token_key_files", "a list of paths of files, such as [\"/etc/stafett/old_token_key.pem\"]"),
    ("keys_folder", "the path of a folder, such as /var/lib/stafett-keys"),
    ("master_key_file", "the path of a file, such as /etc/stafett/master_key"),
    ("access_log_key_file", "the path of a file, such as /etc/stafett/access_log_key.pem"),
    ("access_log_origin", "the name of the log, such as stafett.example.no/access-log"),
    ("checkpoint_folder", "the path of a folder, such as /mnt/elsewhere/checkpoints"),
    ("checkpoint_witness", "an address, such as https://witness.example.no/checkpoints"),
    ("connections", "a whole number, 1 or more, such as 16"),
    ("workers", "a whole number, 1 or more, such as 2"),
    ("connection_timeout_seconds", "a whole number of seconds, 1 or more, such as 3"),
    ("lock_timeout_seconds", "a whole number of seconds, 1 or more, such as 2"),
    ("statement_timeout_seconds", "a whole number of seconds, 1 or more, such as 10"),
    ("idle_transaction_timeout_seconds", "a whole number of seconds, 1 or more, such as 15"),
    ("stop_grace_seconds", "a whole number of seconds, such as 5"),
    ("password_threads", "a whole number, 1 or more, such as 2"),
    ("staff_second_factor", "true or false"),
    ("passkey_rp_id", "the domain of passkeys, such as stafett.example.no"),
    ("passkey_origins", "a list of addresses of front ends, such as [\"https://stafett.example.no\"]"),
    ("synthetic_national_ids", "true or false"),
    ("trusted_proxies", "a list of IP addresses and networks, such as [\"10.0.0.0/8\"]"),
    ("forwarding_header", "x_forwarded_for or forwarded"),
    ("log_format", "json or text"),
    ("metrics_listen", "an IP address and a port, such as 127.0.0.1:9090"),
    ("trace_collector", "an address, such as http://127.0.0.1:4318/v1/traces"),
    ("local_policies", "the path of a folder, such as /etc/stafett/policies"),
];

/// Settings whose value may be a secret, and is never shown.
const SECRET: &[&str] = &["database_url"];

/// Returns what is wrong, and where.
pub(super) fn in_words(error: &figment::Error, figment: &Figment) -> String {
    let setting = match &error.kind {
        Kind::UnknownField(name, _) => {
            return format!("there is no setting `{name}`{}{}", place(error, name), meant(name));
        }
        _ => error.path.first().cloned().unwrap_or_default(),
    };
    let Some((_, expected)) = EXPECTED.iter().find(|(known, _)| *known == setting) else {
        return format!("the settings cannot be read{}: {}", place(error, ""), error.kind);
    };
    let given = figment.find_value(&setting).ok().filter(|_| !SECRET.contains(&setting.as_str()));
    let given = given.and_then(|value| serde_json::to_string(&value).ok());
    let given = given.map_or_else(String::new, |given| format!(" is {given}, and"));
    format!("the setting `{setting}`{}{given} must be {expected}", place(error, &setting))
}

/// Where the value comes from.
fn place(error: &figment::Error, setting: &str) -> String {
    match error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref()) {
        Some(Source::File(path)) => format!(" in {}", path.display()),
        _ if setting.is_empty() => String::new(),
        _ => format!(" ({})", variable(setting)),
    }
}

/// The setting that an unknown name may stand for; all of them if none is like it.
fn meant(name: &str) -> String {
    let like =
        |(known, _): &(&'static str, &str)| (strsim::normalized_damerau_levenshtein(name, known), *known);
    let nearest = EXPECTED.iter().map(like).max_by(|(a, _), (b, _)| a.total_cmp(b));
    if let Some((_, known)) = nearest.filter(|(likeness, _)| *likeness > 0.6) {
        return format!(": did you mean `{known}`?");
    }
    let known: Vec<&str> = EXPECTED.iter().map(|(known, _)| *known).collect();
    format!("; the settings are {}", known.join(", "))
}

/// Refuses a settings file that cannot be read, or is not TOML.
pub(super) fn require_toml(path: &Path) -> Result<(), ConfigError> {
    let read = std::fs::read_to_string(path);
    let text = read.map_err(|error| match error.kind() {
        io::ErrorKind::IsADirectory => ConfigError::Folder(path.into()),
        _ => ConfigError::File { setting: "--config", path: path.into(), error },
    })?;
    let Err(error) = toml::from_str::<toml::Table>(&text) else { return Ok(()) };
    Err(ConfigError::Syntax { path: path.into(), why: toml_in_words(&text, &error) })
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format, Serialized, Toml};

    use super::*;
    use crate::config::{DEFAULTS, Settings};

    fn read(toml: &str) -> Result<Settings, String> {
        let figment = Figment::from(Serialized::defaults(DEFAULTS)).merge(Toml::string(toml));
        figment.extract().map_err(|error| in_words(&error, &figment))
    }

    #[test]
    fn each_setting_says_what_it_must_be() {
        let error = Figment::from(Serialized::defaults(DEFAULTS)).merge(Toml::string("no_such = 1"));
        let Err(figment::Error { kind: Kind::UnknownField(_, known), .. }) = error.extract::<Settings>()
        else {
            panic!("an unknown setting is refused");
        };
        let said: Vec<&str> = EXPECTED.iter().map(|(name, _)| *name).collect();
        assert_eq!(known, said);
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_was_given_and_what_is_expected() {
        for (toml, said) in [
            (
                "listen = 'here'",
                "the setting `listen` (STAFETT_LISTEN) is \"here\", and must be an IP address and a port, such as 127.0.0.1:8080",
            ),
            (
                "workers = 'two'",
                "the setting `workers` (STAFETT_WORKERS) is \"two\", and must be a whole number, 1 or more, such as 2",
            ),
            (
                "log_format = 'xml'",
                "the setting `log_format` (STAFETT_LOG_FORMAT) is \"xml\", and must be json or text",
            ),
            (
                "trusted_proxies = ['x']",
                "the setting `trusted_proxies` (STAFETT_TRUSTED_PROXIES) is [\"x\"], and must be a list of IP addresses and networks, such as [\"10.0.0.0/8\"]",
            ),
        ] {
            assert_eq!(read(toml).err().as_deref(), Some(said));
        }
        let secret = read("database_url = ['postgres://a:secret@b']").expect_err("a list is no address");
        assert!(!secret.contains("secret") && secret.contains("`database_url`"), "{secret}");
        for (typo, meant) in [
            ("lisen", "listen"),
            ("databaseurl", "database_url"),
            ("worker", "workers"),
            ("master_key", "master_key_file"),
        ] {
            let unknown = read(&format!("{typo} = 'here'")).expect_err("it is unknown");
            let said = format!(
                "there is no setting `{typo}` (STAFETT_{}): did you mean `{meant}`?",
                typo.to_uppercase()
            );
            assert_eq!(unknown, said);
        }
        let unknown = read("colour = 'red'").expect_err("it is unknown");
        assert!(unknown.contains("; the settings are listen, database_url, "), "{unknown}");
    }
}
