//! The commands in README.md work as they stand. The tests run them in an empty folder, where `stafett` is on the path.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
};

use stafett::kernel::NationalId;

use super::{Done, Place, done};

const README: &str = include_str!("../../../README.md");

/// The blocks of commands below a heading.
fn blocks(heading: &str) -> Vec<&'static str> {
    let (_, section) = README.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split_once("```").expect("the end of the block").0).collect()
}

fn block(heading: &str) -> &'static str {
    blocks(heading).first().expect("a block of commands")
}

/// Runs commands in a shell that stops at the first failure.
fn shell(place: &Place, commands: &str) -> Done {
    let programs = place.path().join(".programs");
    if !programs.exists() {
        fs::create_dir(&programs).expect("a folder");
        symlink(env!("CARGO_BIN_EXE_stafett"), programs.join("stafett")).expect("a link");
    }
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").expect("a path"));
    done(place.command("bash").env("PATH", path).args(["-euo", "pipefail", "-c", commands]), "")
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

#[test]
fn the_service_is_set_up_and_answers_as_the_readme_says() {
    let place = Place::empty();
    let commands = block("## Running it");
    let (set_up, serve) = commands.split_once("stafett serve").expect("it ends in the service");
    assert!(serve.lines().count() <= 1, "the service is last");
    let address = free_address().to_string();
    let url = format!("http://{address}");
    let check = format!(
        "{set_up}\nstafett serve --listen {address} 2>log & server=$!\ntrap 'kill $server; wait $server' EXIT\n\
         for _ in $(seq 100); do stafett health --url {url} 2>/dev/null && break; sleep 0.1; done\nstafett health --url {url}\n"
    );
    let said = shell(&place, &check);
    assert_eq!(said.status, 0, "{}{}", said.out, said.errors);
    assert!(said.out.contains("oppvekst"), "the keys of units are listed: {}", said.out);

    let keys = blocks("### Keys")[..2].join("\n");
    let done = shell(&place, &format!("cd stafett\n{keys}"));
    assert_eq!(done.status, 0, "{}{}", done.out, done.errors);
    assert!(
        place.path().join("stafett/old_master_key").exists(),
        "the old one is kept until a person destroys it"
    );
    let log = block("### The access log");
    let done = shell(&place, &format!("cd stafett\n{log}"));
    assert_eq!(done.status, 0, "{}{}", done.out, done.errors);
    assert_eq!(done.out.matches("the log is whole").count(), 2, "{}", done.out);

    let second =
        blocks("## Running it").into_iter().find(|block| block.contains("berit")).expect("a second one");
    let done = shell(&place, &format!("cd stafett\nexport STAFETT_SYNTHETIC_NATIONAL_IDS=true\n{second}"));
    assert_eq!(done.status, 0, "{}{}", done.out, done.errors);
    assert!(done.out.contains("second half: "), "{}", done.out);
    let done = shell(&place, &format!("cd stafett\n{}", blocks("### Keys")[2]));
    assert_eq!(done.status, 0, "{}{}", done.out, done.errors);
    assert!(done.out.starts_with("erased ") && done.out.contains(" of 4014-people"), "{}", done.out);
}

/// A terminal goes on with the next line of a pasted block when a command fails.
#[test]
fn a_pasted_rotation_that_fails_leaves_the_master_key_in_its_place() {
    let place = Place::empty();
    place.run(&["init", "stafett"]).well();
    let folder = place.path().join("stafett");
    let before = fs::read(folder.join("master_key")).expect("the master key");
    fs::write(folder.join("new_master_key"), "not a key").expect("a file");
    let done = shell(&place, &format!("set +e; cd stafett\n{}", blocks("### Keys")[1]));
    assert_ne!(done.status, 0, "{}{}", done.out, done.errors);
    assert!(done.errors.contains("--to new_master_key: exists"), "{}", done.errors);
    assert_eq!(fs::read(folder.join("master_key")).expect("the master key"), before);
    place.run(&["--config", "stafett/stafett.toml", "keys", "list"]).well();
}

#[test]
fn the_commands_on_the_kept_demonstration_work() {
    let place = Place::empty();
    place.run(&["demo", "--exit", "--data", "demo"]).well();
    let done = shell(&place, block("### Commands on the demonstration"));
    assert_eq!(done.status, 0, "{}{}", done.out, done.errors);
    for said in ["deny: ", "the log is whole", "oppvekst"] {
        assert!(done.out.contains(said), "{said}: {}", done.out);
    }
}

/// The secrets of `docker-compose.yml`. Programs of this test stand in for those of Docker and OpenSSL.
#[test]
fn the_secrets_of_the_containers_are_never_written_over() {
    const COMPOSE: &str = include_str!("../../../docker-compose.yml");
    let (_, block) = COMPOSE.split_once("#\n#   docker build").expect("the commands");
    let (block, _) = block.split_once("\n#\n").expect("their end");
    let block = format!("docker build{}", block.replace("\n#   ", "\n"));
    let place = Place::empty();
    let programs = place.path().join(".programs");
    fs::create_dir(&programs).expect("a folder");
    let docker = "#!/bin/bash\n[[ $1 == run ]] || exit 0\nwhile [[ $1 != stafett ]]; do shift; done\nstafett \"${@:2:3}\" \"${5#/}\"\n";
    for (name, text) in [("docker", docker), ("openssl", "#!/bin/bash\ncat /proc/sys/kernel/random/uuid\n")] {
        fs::write(programs.join(name), text).expect("a program");
        fs::set_permissions(programs.join(name), fs::Permissions::from_mode(0o755)).expect("it can be run");
    }
    symlink(env!("CARGO_BIN_EXE_stafett"), programs.join("stafett")).expect("a link");
    let secrets = || {
        let entries = fs::read_dir(place.path().join("secrets")).expect("the secrets");
        let read = |path: PathBuf| (path.clone(), fs::read_to_string(path).expect("a secret"));
        entries.map(|entry| read(entry.expect("an entry").path())).collect::<BTreeMap<_, _>>()
    };
    let done = shell(&place, &block);
    assert_eq!((done.status, done.errors.as_str()), (0, ""), "{}", done.out);
    let first = secrets();
    for (_, file) in COMPOSE.lines().filter_map(|line| line.split_once("file: secrets/")) {
        let text = first.get(&place.path().join("secrets").join(file)).unwrap_or_else(|| panic!("no {file}"));
        assert!(!text.is_empty(), "{file}");
    }
    fs::remove_file(place.path().join("secrets/stafett_url")).expect("lost");
    let again = shell(&place, &format!("set +e\n{block}"));
    assert!(again.errors.contains("--to secrets/master_key: exists"), "{}", again.errors);
    assert_eq!(secrets(), first, "what is missing is created, and nothing is written over");
}

#[test]
fn the_numbers_to_try_with_are_synthetic() {
    let words = README.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() == 11);
    let numbers: Vec<&str> = words.collect();
    assert!(numbers.len() > 7, "enough for a trial: {numbers:?}");
    for number in numbers {
        NationalId::parse(number).expect("a possible number");
        assert!(number[2..4].parse::<u32>().is_ok_and(|month| month > 80), "{number} may be a person's");
    }
}
