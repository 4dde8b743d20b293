//! A message about a wrong setting says what to do about it.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use age::x25519::Identity;

use super::{Done, Place, done};
use crate::support::write_secret;

fn installed() -> Place {
    let place = Place::empty();
    place.run(&["init", "stafett"]).well();
    place
}

fn run(place: &Place, arguments: &str) -> Done {
    place.run(&arguments.split(' ').collect::<Vec<_>>())
}

#[track_caller]
fn refused(done: Done, status: i32, said: &[&str]) {
    assert_eq!((done.status, done.out.as_str()), (status, ""), "{}", done.errors);
    for words in said {
        assert!(done.errors.contains(words), "{words}: {}", done.errors);
    }
    assert!(!done.errors.contains("os error"), "{}", done.errors);
}

#[test]
fn without_settings_every_command_says_how_to_get_them() {
    let place = Place::empty();
    for arguments in [
        "serve",
        "migrate",
        "keys list",
        "keys rotate",
        "catalogue units --municipality 4014",
        "access-log public-key --municipality 4014",
        &format!("backup --to x --recipient {}", Identity::generate().to_public()),
    ] {
        let how = "there is no stafett.toml here: use --config FILE, or make an installation with `stafett init DIR`";
        refused(run(&place, arguments), 2, &[how]);
    }
    assert!(place.files().is_empty(), "{:?}", place.files());
}

#[test]
fn a_folder_is_not_a_settings_file() {
    let place = installed();
    refused(run(&place, "--config stafett keys list"), 2, &["--config stafett: ", "stafett/stafett.toml"]);
}

/// A wrong variable, and what is said about it. Each is refused in one line, by a command that needs it.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "CONNECTIONS",
        "0",
        "the setting `connections` (STAFETT_CONNECTIONS) is 0, and must be a whole number, 1 or more",
    ),
    ("WORKERS", "-1", "the setting `workers` (STAFETT_WORKERS) is -1, and must be a whole number, 1 or more"),
    (
        "DATABASEURL",
        "x",
        "there is no setting `databaseurl` (STAFETT_DATABASEURL): did you mean `database_url`?",
    ),
    (
        "DATABASE_URL",
        "stafett.db",
        "database_url: the address of the database must begin with sqlite: or postgres:",
    ),
    ("DATABASE_URL", "sqlite:", "database_url: the address of the database must name a file"),
    ("DATABASE_URL", "sqlite::memory:", "database_url: the address of the database must name a file"),
    (
        "DATABASE_URL",
        "sqlite:x?colour=red",
        "database_url: the address of the database is wrong: unknown query parameter",
    ),
    (
        "DATABASE_URL",
        "postgres://a:secret@h:99999/x",
        "database_url: the address of the database is wrong: invalid port",
    ),
    ("DATABASE_URL_FILE", "empty", "database_url and database_url_file are both set: remove one of them"),
    ("MASTER_KEY_FILE", "empty", "master_key_file empty: the master key must be 32 bytes in base64"),
    ("MASTER_KEY_FILE", "none", "master_key_file none: there is no such file or folder"),
    ("TOKEN_KEY_FILE", "empty", "token_key_file empty: a token signing key must be an Ed25519 private key"),
    ("TOKEN_KEY_FILE", "stafett", "token_key_file stafett: is a folder, not a file"),
    (
        "PREVIOUS_TOKEN_KEY_FILES",
        "[\"empty\"]",
        "previous_token_key_files empty: a token signing key must be",
    ),
    ("ACCESS_LOG_KEY_FILE", "empty", "access_log_key_file empty: the signing key of the access log must be"),
    ("ACCESS_LOG_ORIGIN", "a+b", "access_log_origin a+b: the origin of the access log must not"),
    (
        "PASSKEY_RP_ID",
        "https://stafett.example.no",
        "passkey_rp_id must be a domain in lower case, such as stafett.example.no",
    ),
    (
        "PASSKEY_RP_ID",
        "stafett.example.no",
        "passkey_origins must name the address of the front end, such as",
    ),
    (
        "PASSKEY_ORIGINS",
        "[\"https://stafett.example.no\"]",
        "the domain of passkeys is not set: set passkey_rp_id in stafett/stafett.toml",
    ),
    (
        "PASSKEY_ORIGINS",
        "https://stafett.example.no",
        "the setting `passkey_origins` (STAFETT_PASSKEY_ORIGINS) is \"https://stafett.example.no\", and must be a list of addresses",
    ),
    ("LOCAL_POLICIES", "none", "local_policies: none: there is no such file or folder"),
    ("LOG", "a=b=c", "STAFETT_LOG a=b=c: must be a filter of log lines, such as info"),
];

#[test]
fn each_wrong_setting_is_named_in_one_line() {
    let place = installed();
    write_secret(&place.path().join("empty"), "");
    for (name, value, said) in WRONG {
        let mut program = place.program();
        program.args(["--config", "stafett/stafett.toml", "serve", "--listen", "127.0.0.1:0"]);
        let done = done(program.env(format!("STAFETT_{name}"), value), "");
        assert_eq!(done.errors.lines().count(), 1, "{}", done.errors);
        assert!(!done.errors.contains("secret"), "{}", done.errors);
        refused(done, 2, &[said]);
    }
}

#[test]
fn a_settings_file_that_cannot_be_read_names_the_line() {
    let place = Place::empty();
    for (text, said) in [
        ("workers = 2\nlisten = x\n", "bad.toml, line 2: "),
        ("workers = 2\nworkers = 3\n", "bad.toml, line 2: duplicate key"),
        ("lisen = '127.0.0.1:80'", "there is no setting `lisen` in bad.toml: did you mean `listen`?"),
        ("[server]", "there is no setting `server` in bad.toml; the settings are listen, database_url,"),
        (
            "",
            "the address of the database is not set: set database_url in bad.toml, or STAFETT_DATABASE_URL in",
        ),
    ] {
        fs::write(place.path().join("bad.toml"), text).expect("a file");
        let done = run(&place, "--config bad.toml migrate");
        assert_eq!(done.errors.lines().count(), 1, "{}", done.errors);
        refused(done, 2, &[said]);
    }
    fs::write(place.path().join("bad.toml"), b"\xff\xfe").expect("a file");
    refused(run(&place, "--config bad.toml migrate"), 2, &["--config bad.toml: is not text in UTF-8"]);
}

#[test]
fn the_variables_that_override_the_file_are_named_when_keys_and_data_differ() {
    let place = installed();
    place.run(&["init", "other"]).well();
    let with = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut program = place.program();
        program.args(["--config", "stafett/stafett.toml"]).args(arguments).envs(variables.iter().copied());
        done(&mut program, "")
    };
    let origin = [("STAFETT_ACCESS_LOG_ORIGIN", "other.example/log"), ("STAFETT_WORKERS", "2")];
    let said = "The environment overrides stafett/stafett.toml with STAFETT_ACCESS_LOG_ORIGIN: unset";
    for arguments in [["keys", "prune"], ["keys", "rotate"]] {
        refused(with(&origin, &arguments), 1, &["the access log is signed by", said]);
    }
    refused(with(&origin, &["migrate"]), 1, &[said]);
    refused(with(&origin, &["serve"]), 1, &[said]);
    let keys = [("STAFETT_KEYS_FOLDER", "other/keys"), ("STAFETT_MASTER_KEY_FILE", "other/master_key")];
    refused(with(&keys, &["keys", "prune"]), 1, &["STAFETT_KEYS_FOLDER, STAFETT_MASTER_KEY_FILE: unset"]);
    refused(with(&keys[..1], &["keys", "prune"]), 1, &["with STAFETT_KEYS_FOLDER: unset"]);
}

#[test]
fn a_port_in_use_and_a_collector_that_is_no_address_are_named() {
    let place = installed();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let serve = format!("--config stafett/stafett.toml serve --listen {address}");
    let said =
        format!("cannot listen on {address}: another program listens there; name another with --listen");
    let in_use = run(&place, &serve);
    assert_eq!(in_use.status, 1);
    assert!(in_use.errors.contains(&said), "{}", in_use.errors);
    for collector in ["127.0.0.1:4318", "collector", "ftp://collector/"] {
        let mut program = place.program();
        program.args(["--config", "stafett/stafett.toml", "serve"]).env("STAFETT_TRACE_COLLECTOR", collector);
        refused(done(&mut program, ""), 2, &["trace_collector must be an address, such as http://"]);
    }
}

#[test]
fn a_place_to_verify_in_is_refused_where_it_would_not_be_used() {
    let place = installed();
    let recipient = Identity::generate().to_public();
    let back_up = format!(
        "--config stafett/stafett.toml backup --to monday.age --recipient {recipient} --verify-in postgres://owner@localhost/x"
    );
    refused(run(&place, &back_up), 2, &["--verify-in ", "is only for PostgreSQL"]);
    assert!(fs::metadata(place.path().join("monday.age")).is_err());
}

#[test]
fn a_key_that_is_gone_is_restored_and_never_made_again() {
    let place = installed();
    for (setting, name) in [("master_key_file", "master_key"), ("access_log_key_file", "access_log_key.pem")]
    {
        let (file, aside) = (place.path().join("stafett").join(name), place.path().join("aside"));
        fs::rename(&file, &aside).expect("gone");
        for command in ["keys list", "keys rotate", "migrate", "serve", "catalogue units --municipality 4014"]
        {
            let done = run(&place, &format!("--config stafett/stafett.toml {command}"));
            assert!(!done.errors.contains("create"), "{command}: {}", done.errors);
            refused(
                done,
                2,
                &[setting, name, "there is no such file", "restore it from a backup: no other key"],
            );
            assert!(!file.exists(), "{command}");
        }
        fs::rename(&aside, &file).expect("restored");
    }
    run(&place, "--config stafett/stafett.toml keys list").well();
}

#[test]
fn a_secret_that_every_account_can_use_is_refused() {
    let place = installed();
    let url = fs::read_to_string(place.path().join("stafett/stafett.toml")).expect("the settings");
    let url = url.lines().find_map(|line| line.strip_prefix("database_url = ")).expect("the address");
    let other = place.path().join("stafett/url");
    write_secret(&other, url.trim_matches('"'));
    let with_file = fs::read_to_string(place.path().join("stafett/stafett.toml")).expect("the settings");
    let with_file =
        with_file.lines().filter(|line| !line.starts_with("database_url")).collect::<Vec<_>>().join("\n");
    let with_file = format!("database_url_file = \"{}\"\n{with_file}", other.display());
    fs::write(place.path().join("stafett/stafett.toml"), with_file).expect("the settings");
    let set = |name: &str, mode: u32| {
        fs::set_permissions(place.path().join("stafett").join(name), fs::Permissions::from_mode(mode))
            .expect("its rights");
    };
    for (setting, name, command) in [
        ("master_key_file", "master_key", "keys list"),
        ("access_log_key_file", "access_log_key.pem", "keys list"),
        ("database_url_file", "url", "catalogue units --municipality 4014"),
        ("token_key_file", "token_key.pem", "serve --listen 192.0.2.1:80"),
    ] {
        let command = format!("--config stafett/stafett.toml {command}");
        for mode in [0o644, 0o602] {
            set(name, mode);
            refused(run(&place, &command), 2, &[setting, name, "run `chmod o= "]);
        }
        set(name, 0o640);
        assert!(!run(&place, &command).errors.contains("chmod"), "{name}: its group may read it");
        set(name, 0o600);
    }
}
