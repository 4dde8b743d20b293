//! Every wrong argument is named, with what was given and what is expected, and the exit status is 2.

use std::collections::BTreeSet;

use clap::{Arg, Command, CommandFactory};
use serde_json::json;
use stafett::cli::Cli;

use super::Place;
use crate::support::{World, both_engines};

/// A command line with one wrong value, and the words of the answer: the argument, what was given, and an example.
const WRONG: &[(&str, &[&str])] = &[
    ("serve --listen here", &["--listen", "here", "127.0.0.1:8080"]),
    ("serve --database-url mysql:x", &["--database-url", "sqlite:stafett.db"]),
    ("demo --listen 8080", &["--listen", "8080", "127.0.0.1:8080"]),
    ("demo --database-url stafett.db", &["--database-url", "sqlite:stafett.db"]),
    ("generate --cases many", &["--cases", "many", "from 1 to 2000000"]),
    ("generate --cases 0", &["--cases", "0", "from 1 to 2000000"]),
    ("generate --cases 1 --seed x", &["--seed", "x", "whole number"]),
    ("generate --cases 1 --looks 1001", &["--looks", "1001", "from 0 to 1000"]),
    ("generate --cases 1 --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("migrate --grant-to Owner;", &["--grant-to", "Owner;", "such as stafett"]),
    ("migrate --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("backup --to x --recipient age1 --verify-in x", &["--verify-in", "sqlite:stafett.db"]),
    ("backup --to x --recipient age1 --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("restore --from x --identity y --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("user unlock --municipality 401 --username arne", &["--municipality", "401", "4014"]),
    ("user unlock --municipality 4014 --username Arne!", &["--username", "Arne!", "kari.nordmann"]),
    ("user unlock --municipality 4014 --username arne --database-url x", &["sqlite:stafett.db"]),
    (
        "init stafett --access-log-origin a+b",
        &["--access-log-origin", "a+b", "stafett.example.no/access-log"],
    ),
    ("init stafett --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("keys list --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("keys rotate --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("keys prune --database-url x", &["--database-url", "sqlite:stafett.db"]),
    (
        "keys erase --database-url x --municipality 4014 --sector nav",
        &["--database-url", "sqlite:stafett.db"],
    ),
    ("keys erase --municipality Kragerø --sector nav", &["--municipality", "Kragerø", "4014"]),
    ("keys erase --municipality 4014 --sector nav --generation 0", &["--generation", "0", "whole number"]),
    ("keys erase --municipality 4014 --sector work", &["--sector", "work", "child_welfare"]),
    ("access-log public-key --municipality 401", &["--municipality", "401", "4014"]),
    ("access-log public-key --municipality 4014 --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("access-log export --municipality 401", &["--municipality", "401", "4014"]),
    ("access-log export --municipality 4014 --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("access-log erase --municipality 401", &["--municipality", "401", "4014"]),
    ("access-log erase --municipality 4014 --years ten", &["--years", "ten", "whole number"]),
    ("access-log erase --municipality 4014 --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("access-log verify --municipality 401 --public-key x", &["--municipality", "401", "4014"]),
    ("access-log verify --municipality 4014 --public-key x", &["--public-key", "x", "public-key` prints"]),
    ("access-log verify --database-url x --municipality 4014 --public-key x", &["sqlite:stafett.db"]),
    ("user create --municipality 401 --name A --username arne", &["--municipality", "401", "4014"]),
    ("user create --municipality 4014 --name  --username arne", &["--name", "Kari Nordmann"]),
    ("user create --municipality 4014 --name A --username Arne!", &["--username", "Arne!", "kari.nordmann"]),
    (
        "user create --municipality 4014 --name A --username arne --role oppvekst:boss",
        &["--role", "oppvekst:boss", "oppvekst:administrator", "unit_leader"],
    ),
    ("user create --municipality 4014 --name A --username arne --database-url x", &["sqlite:stafett.db"]),
    ("user reset --municipality 401 --username arne", &["--municipality", "401", "4014"]),
    ("user reset --municipality 4014 --username Arne!", &["--username", "Arne!", "kari.nordmann"]),
    ("user reset --municipality 4014 --username arne --database-url x", &["sqlite:stafett.db"]),
    (
        "user grant --municipality 401 --username arne --role oppvekst:worker",
        &["--municipality", "401", "4014"],
    ),
    (
        "user grant --municipality 4014 --username Arne! --role oppvekst:worker",
        &["--username", "Arne!", "kari.nordmann"],
    ),
    (
        "user grant --municipality 4014 --username arne --role oppvekst:boss",
        &["--role", "oppvekst:boss", "unit_leader"],
    ),
    (
        "user grant --municipality 4014 --username arne --role skole:worker --database-url x",
        &["sqlite:stafett.db"],
    ),
    ("catalogue import --included oslo", &["--included", "oslo", "kragero"]),
    ("catalogue import --included kragero --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("catalogue units --municipality 401", &["--municipality", "401", "4014"]),
    ("catalogue units --municipality 4014 --database-url x", &["--database-url", "sqlite:stafett.db"]),
    (
        "explain --as nina --action read_case --at tomorrow",
        &["--at", "tomorrow", "2027-01-31", "2027-01-31T12:00:00Z"],
    ),
    ("explain --as nina --action read_case --at 2027-01-31T12:00:00", &["--at", "2027-01-31T12:00:00Z"]),
    ("explain --as nina --action read_case --resource case_id", &["--resource", "case_id", "case_id=0"]),
    ("explain --as nina --action read_case --database-url x", &["--database-url", "sqlite:stafett.db"]),
    ("processing-record --included oslo", &["--included", "oslo", "kragero"]),
    ("processing-record --controller ", &["--controller", "Kragerø kommune"]),
    ("processing-record --contact ", &["--contact", "one line of text"]),
    ("processing-record --data-protection-officer ", &["--data-protection-officer", "one line of text"]),
    ("processing-record --day tomorrow", &["--day", "tomorrow", "2027-01-31"]),
    ("health --url 127.0.0.1:8080", &["--url", "127.0.0.1:8080", "http://127.0.0.1:8080"]),
    ("no-such-command", &["no-such-command"]),
];

/// Arguments whose value is any text or path, or is checked against the database or a file.
const FREE: &[&str] = &[
    "config",
    "data",
    "password_file",
    "national_id_file",
    "new_master_key_file",
    "to",
    "from",
    "into",
    "identity",
    "recipient",
    "folder",
    "checkpoint",
    "evidence",
    "folders",
    "user",
    "action",
];

/// Words of libraries that no user should meet.
const RAW: &[&str] = &[
    "premature end",
    "invalid character",
    "parsing failed",
    "os error",
    "invalid digit",
    "invalid socket address",
    "panicked",
    "FOREIGN KEY",
    "relative URL",
];

fn split(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

#[test]
fn every_wrong_argument_is_named_with_what_was_given_and_an_example() {
    for (line, said) in WRONG {
        let error = Cli::command().try_get_matches_from(std::iter::once("stafett").chain(split(line)));
        let error = error.expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
        let text = error.to_string();
        assert!(said.iter().all(|word| text.contains(word)), "{line}: {text}");
        assert!(!RAW.iter().any(|word| text.contains(word)), "{line}: {text}");
    }
}

#[test]
fn every_argument_with_a_value_is_in_the_table() {
    let mut missing = BTreeSet::new();
    look_at(&Cli::command(), String::new(), &mut |command, argument| {
        if FREE.contains(&argument.get_id().as_str()) {
            return;
        }
        let long = argument.get_long().map(|long| format!("--{long} ")).expect("a named argument");
        let begin = format!("{command} ");
        let is_there =
            WRONG.iter().any(|(line, _)| line.starts_with(begin.trim_start()) && line.contains(&long));
        if !is_there {
            missing.insert(format!("{begin}{long}"));
        }
    });
    assert!(missing.is_empty(), "no wrong value in the table: {missing:?}");
}

fn look_at(command: &Command, path: String, each: &mut impl FnMut(&str, &Arg)) {
    for argument in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
        each(&path, argument);
    }
    for inner in command.get_subcommands() {
        look_at(inner, format!("{path} {}", inner.get_name()).trim().to_owned(), each);
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let place = Place::empty();
    for (line, said) in [
        ("--config none.toml serve", "--config none.toml: there is no such file or folder"),
        ("catalogue import none", "none/municipality.toml: there is no such file or folder"),
        (
            "serve --database-url sqlite:x.db",
            "the file of the token signing key is not set, and there is no stafett.toml here",
        ),
    ] {
        let done = place.run(&split(line));
        assert_eq!((done.status, done.out.as_str()), (2, ""), "{line}: {}", done.errors);
        assert!(done.errors.contains(said), "{line}: {}", done.errors);
        assert!(!RAW.iter().any(|word| done.errors.contains(word)), "{line}: {}", done.errors);
    }
    assert!(place.files().is_empty(), "{:?}", place.files());
}

#[test]
fn a_wrong_setting_is_a_wrong_use() {
    let place = Place::empty();
    let mut serve = place.program();
    let done = super::done(serve.args(["serve"]).env("STAFETT_WORKERS", "two"), "");
    assert_eq!(done.status, 2);
    let said = "the setting `workers` (STAFETT_WORKERS) is \"two\", and must be a whole number, 1 or more, such as 2";
    assert!(done.errors.contains(said), "{}", done.errors);
    let mut keys = place.program();
    let done = super::done(
        keys.args(["keys", "list"])
            .env("STAFETT_KEYS_FOLDER", "keys")
            .env("STAFETT_MASTER_KEY_FILE", "master"),
        "",
    );
    assert_eq!(done.status, 2);
    assert!(
        done.errors.contains("master_key_file master: there is no such file or folder"),
        "{}",
        done.errors
    );
}

#[test]
fn every_command_explains_itself_with_an_example_that_is_understood() {
    let key = stafett::log_tree::LogKey::random("stafett.example/log").expect("a key").public_key("4014");
    look_at_commands(&Cli::command(), &mut |command| {
        assert!(command.get_about().is_some(), "{} has no help", command.get_name());
        if command.has_subcommands() {
            return;
        }
        let help = command.clone().render_long_help().to_string();
        let examples: Vec<&str> = help.lines().filter(|line| line.starts_with("  stafett ")).collect();
        assert!(!examples.is_empty(), "{} has no example", command.get_name());
        for example in examples {
            // A name in quotes has a space.
            let words = example.trim().replace("'Arne Lie'", "Arne").replace("PUBLIC_KEY", &key);
            let parsed = Cli::command().try_get_matches_from(words.split(' '));
            assert!(parsed.is_ok(), "{example}: {:?}", parsed.err().map(|error| error.to_string()));
        }
    });
}

fn look_at_commands(command: &Command, each: &mut impl FnMut(&Command)) {
    each(command);
    command.get_subcommands().for_each(|inner| look_at_commands(inner, each));
}

both_engines! {
    async fn a_value_in_a_request_is_answered_in_words_too(world: World) {
        let cast = world.shared_case().await;
        let notes = cast.path("/notes");
        for (path, body, pointer, said) in [
            ("/v1/access/explain", json!({"action": "list_cases", "at": "2027-01-31"}), "/at", "must be a time that exists, with its zone, as 2026-12-01T10:00:00+01:00"),
            ("/v1/access/explain", json!({"action": "list_cases", "person_id": "nina"}), "/person_id", "must be an id: a UUID with hyphens, as 018f2f60-0000-7000-8000-000000000001"),
            (notes.as_str(), json!({"audience": "everyone", "kind": "agreed", "contains": [], "text": "x"}), "/audience", "must be one of: team, sector, unit, contact_person"),
        ] {
            let refused = cast.nurse.post(path).json(body).send().await.expect_invalid(pointer);
            assert_eq!(refused.body["errors"][0]["detail"], said);
        }
    }
}
