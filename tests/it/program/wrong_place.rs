//! A command that is given a wrong place says so, and makes nothing there.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
};

use age::secrecy::ExposeSecret;
use clap::{Command, CommandFactory};
use stafett::{cli::Cli, log_tree::LogKey};

use super::{Done, Place, done};

/// The commands that open a database which is there already.
pub const OPEN: &[&str] = &[
    "serve",
    "backup --to monday.age --recipient RECIPIENT",
    "keys list",
    "keys rotate",
    "keys prune",
    "keys erase --municipality 4014 --sector health --yes",
    "keys erase --municipality 4014 --sector health --generation 1 --yes",
    "access-log public-key --municipality 4014",
    "access-log export --municipality 4014",
    "access-log erase --municipality 4014",
    "access-log verify --municipality 4014 --public-key KEY",
    "user create --municipality 4014 --name Arne --username arne --national-id-file number",
    "user reset --municipality 4014 --username arne --national-id-file number",
    "user grant --municipality 4014 --username arne --role oppvekst:administrator",
    "user unlock --municipality 4014 --username arne",
    "catalogue import --included kragero",
    "catalogue units --municipality 4014",
    "explain --as arne --action list_cases",
];
/// The commands that create a database, unless the keys belong to another.
pub const CREATE: &[&str] = &["migrate", "serve --migrate", "generate --cases 1"];
/// The commands that need an empty place.
const FILL: &[&str] = &["demo", "init", "restore"];

/// An installation, and the files that the commands read.
fn installed() -> Place {
    let place = Place::empty();
    place.run(&["init", "stafett"]).well();
    fs::write(place.path().join("number"), "21868410059").expect("a file");
    place
}

/// Runs a command in the installation with the address of another database.
fn run(place: &Place, line: &str, url: &str, variables: &[(&str, &str)]) -> Done {
    let recipient = age::x25519::Identity::generate().to_public().to_string();
    let key = LogKey::random("stafett.example/log").expect("a key").public_key("4014");
    let line = line.replace("RECIPIENT", &recipient).replace("KEY", &key);
    let mut program = place.program();
    program.args(["--config", "stafett/stafett.toml"]).args(line.split(' ')).args(["--database-url", url]);
    program.env("STAFETT_SYNTHETIC_NATIONAL_IDS", "true");
    done(program.envs(variables.iter().copied()), "")
}

#[track_caller]
fn refused(done: &Done, line: &str, said: &[&str]) {
    assert_eq!((done.status, done.out.as_str()), (1, ""), "{line}: {}", done.errors);
    for words in said {
        assert!(done.errors.contains(words), "{line}: {words}: {}", done.errors);
    }
    assert!(!done.errors.contains("os error") && !done.errors.contains("code:"), "{line}: {}", done.errors);
    assert_eq!(done.errors.lines().count(), 1, "{line}: {}", done.errors);
}

#[test]
fn no_command_makes_the_database_that_it_does_not_find() {
    let place = installed();
    let before = place.files();
    for line in OPEN.iter().chain(CREATE) {
        let done = run(&place, line, "sqlite:none.db", &[]);
        refused(&done, line, &["the database none.db does not exist", "set database_url to "]);
        assert_eq!(place.files(), before, "{line}");
    }
    // These keys belong to no database, so nothing but the address can be wrong.
    fs::create_dir(place.path().join("keys")).expect("a folder");
    let before = place.files();
    for line in OPEN {
        let done = run(&place, line, "sqlite:none.db", &[("STAFETT_KEYS_FOLDER", "keys")]);
        let said = "the database none.db does not exist: set database_url to its place, or create one";
        refused(&done, line, &[said]);
        assert_eq!(place.files(), before, "{line}");
    }
    assert_eq!(fs::read_dir(place.path().join("keys")).expect("the folder").count(), 0);
}

#[test]
fn a_folder_and_a_file_of_another_kind_are_no_database() {
    let place = installed();
    fs::write(place.path().join("text.db"), "This is a text, and no database at all.\n".repeat(100))
        .expect("a file");
    fs::write(place.path().join("empty.db"), "").expect("a file");
    let open = |name: &str| fs::set_permissions(place.path().join(name), fs::Permissions::from_mode(0o755));
    ["stafett", "text.db"].into_iter().try_for_each(open).expect("readable by all");
    for line in OPEN {
        let folder = run(&place, line, "sqlite:stafett", &[]);
        refused(&folder, line, &["the database file stafett cannot be reached: is a folder", "database_url"]);
        let text = run(&place, line, "sqlite:text.db", &[]);
        refused(
            &text,
            line,
            &["the database file text.db cannot be reached: file is not a database", "database_url"],
        );
        // `keys list` lists the files before it compares them with the database.
        let empty = Done { out: String::new(), ..run(&place, line, "sqlite:empty.db", &[]) };
        refused(&empty, line, &[" migrations are pending: run `stafett migrate` first"]);
    }
    for name in ["stafett", "text.db"] {
        let mode = fs::metadata(place.path().join(name)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o755, "the rights of {name} are as before");
    }
}

/// A wrong file, folder or address, and what is said about it. RECIPIENT is a public key of age, and `identity` its private key.
const WRONG: &[(&str, i32, &str)] = &[
    ("demo --exit --data text", 1, "--data: text/keys: a part of the path is a file, not a folder"),
    (
        "demo --exit --database-url sqlite:none/x.db",
        1,
        "--database-url: the database file none/x.db cannot be reached",
    ),
    (
        "demo --exit --database-url postgres://a@127.0.0.1:1/x",
        1,
        "--database-url: PostgreSQL at 127.0.0.1:1 cannot be reached: no program listens there",
    ),
    (
        "init new --database-url postgres://a@127.0.0.1:1/x",
        1,
        "--database-url: PostgreSQL at 127.0.0.1:1 cannot be reached",
    ),
    ("init text/new", 2, "text/new: a part of the path is a file, not a folder"),
    (
        "INSTALLED backup --to x --recipient age1",
        2,
        "--recipient age1: the recipient must be a public key of age",
    ),
    (
        "INSTALLED backup --to text --recipient RECIPIENT",
        2,
        "--to text: exists, and a backup is never overwritten",
    ),
    ("INSTALLED backup --to none/x --recipient RECIPIENT", 2, "--to none/x: there is no such folder"),
    ("restore --from text --identity text --into new", 2, "--identity text contains no private key of age"),
    ("restore --from stafett --identity identity --into new", 2, "--from stafett: is a folder, not a file"),
    (
        "restore --from text --identity identity --into new",
        1,
        "text is damaged or incomplete, or is no backup",
    ),
    ("restore --from monday.age --identity identity", 2, "name a new folder with --into DIR"),
    (
        "restore --from monday.age --identity identity --into stafett",
        1,
        "stafett is not empty: name a new folder",
    ),
    (
        "restore --from monday.age --identity other --into new",
        1,
        "no key in the file of --identity opens the backup",
    ),
    (
        "restore --from monday.age --identity identity --into new --database-url postgres://a@127.0.0.1:1/x",
        1,
        "--database-url: PostgreSQL at 127.0.0.1:1 cannot",
    ),
    (
        "INSTALLED restore --from monday.age --identity identity",
        1,
        "master_key exists: restore into an empty database and an empty folder, such as a new one that --into names",
    ),
    (
        "INSTALLED keys erase --municipality 4014 --sector nav --yes",
        1,
        "the key 4014-nav does not exist: `stafett keys list` shows",
    ),
    (
        "INSTALLED access-log verify --municipality 0000 --public-key OF0000 --checkpoint text",
        2,
        "--checkpoint text: the checkpoint is not signed by this key",
    ),
    (
        "INSTALLED catalogue import --included kragero --database-url sqlite:stafett/stafett.db?mode=ro",
        1,
        "this account may not write the file of the database",
    ),
    ("INSTALLED catalogue import municipality", 1, "municipality/municipality.toml, line 2: "),
    (
        "health --url http://127.0.0.1:1",
        1,
        "no answer from http://127.0.0.1:1: no program listens there; --url names another address",
    ),
];

#[test]
fn each_wrong_place_is_named_in_one_line() {
    let place = installed();
    let identities = ["identity", "other"].map(|name| {
        let identity = age::x25519::Identity::generate();
        fs::write(place.path().join(name), identity.to_string().expose_secret()).expect("a file");
        identity
    });
    let recipient = identities[0].to_public().to_string();
    let run = |line: &str| {
        let key = LogKey::random("stafett.example/log").expect("a key").public_key("0000");
        let line =
            line.replace("INSTALLED", "--config stafett/stafett.toml").replace("RECIPIENT", &recipient);
        place.run(&line.replace("OF0000", &key).split(' ').collect::<Vec<_>>())
    };
    run("INSTALLED backup --to monday.age --recipient RECIPIENT").well();
    fs::write(place.path().join("text"), "text\n").expect("a file");
    fs::create_dir(place.path().join("municipality")).expect("a folder");
    for (name, text) in
        [("municipality.toml", "number = \"4014\"\nx = ["), ("measures.toml", ""), ("consent_texts.toml", "")]
    {
        fs::write(place.path().join("municipality").join(name), text).expect("a file");
    }
    let before = place.files();
    for (line, status, said) in WRONG {
        let done = run(line);
        assert_eq!((done.status, done.out.as_str()), (*status, ""), "{line}: {}", done.errors);
        assert!(done.errors.contains(said), "{line}: {}", done.errors);
        assert!(
            !done.errors.contains("os error") && done.errors.lines().count() == 1,
            "{line}: {}",
            done.errors
        );
        assert_eq!(place.files(), before, "{line}");
    }
    let mut demo = place.program();
    let done = done(demo.args(["demo", "--exit"]).env("TMPDIR", "none"), "");
    refused(&done, "demo", &["TMPDIR none: there is no such file or folder"]);
}

/// Signs that have a meaning in an address are part of a path.
#[test]
fn an_installation_may_have_any_path() {
    let place = Place::empty();
    for folder in ["å b", "a%20b", "a?b", "a#b", "100%", "it's"] {
        place.run(&["init", folder]).well();
        let config = format!("{folder}/stafett.toml");
        let listed = place.run(&["--config", &config, "keys", "list"]).well();
        assert!(listed.starts_with("0000-people: 1"), "{listed}");
        assert!(place.path().join(folder).join("stafett.db").exists(), "the database is in {folder}");
        let recipient = age::x25519::Identity::generate().to_public().to_string();
        let to = format!("{folder}/monday.age");
        place.run(&["--config", &config, "backup", "--to", &to, "--recipient", &recipient]).well();
    }
    place.run(&["demo", "--exit", "--data", "d?%41"]).well();
    place.run(&["--config", "d?%41/stafett.toml", "keys", "list"]).well();
    assert!(place.path().join("d?%41/stafett.db").exists());
}

#[test]
fn a_server_that_is_not_postgresql_is_named() {
    let place = installed();
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = other.local_addr().expect("an address");
    let answers = std::thread::spawn(move || {
        let (mut client, _) = other.accept().expect("a client");
        client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("an answer");
        let _gone = client.read_to_end(&mut Vec::new());
    });
    let done = run(&place, "keys list", &format!("postgres://a@{address}/x"), &[]);
    let said = format!(
        "database_url: PostgreSQL at {address} cannot be reached: the answer there is not that of PostgreSQL"
    );
    refused(&done, "keys list", &[&said]);
    answers.join().expect("it ends");
}

#[test]
fn every_command_that_opens_a_database_is_in_the_table() {
    let mut missing = BTreeSet::new();
    look_at(&Cli::command(), String::new(), &mut |path, command| {
        let opens = command.get_arguments().any(|argument| argument.get_id() == "database_url");
        let known = [OPEN, CREATE, FILL].concat();
        let is_known = |line: &&str| *line == path || line.starts_with(&format!("{path} "));
        if opens && !known.iter().any(is_known) {
            missing.insert(path.to_owned());
        }
    });
    assert!(missing.is_empty(), "{missing:?}");
}

fn look_at(command: &Command, path: String, each: &mut impl FnMut(&str, &Command)) {
    each(&path, command);
    for inner in command.get_subcommands() {
        look_at(inner, format!("{path} {}", inner.get_name()).trim().to_owned(), each);
    }
}
