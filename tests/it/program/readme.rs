//! The commands in README.md work as they stand. The tests run them in an empty folder, where `stafett` is on the path.

use std::net::{SocketAddr, TcpListener};

use stafett::kernel::NationalId;

use super::{Done, Place, done};

const README: &str = include_str!("../../../README.md");

/// The first block of commands below a heading.
fn block(heading: &str) -> &'static str {
    let (_, section) = README.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let (_, block) = section.split_once("```sh\n").expect("a block of commands");
    block.split_once("```").expect("its end").0
}

/// Runs commands in a shell that stops at the first failure.
fn shell(place: &Place, commands: &str) -> Done {
    let programs = place.path().join(".programs");
    if !programs.exists() {
        std::fs::create_dir(&programs).expect("a folder");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_stafett"), programs.join("stafett")).expect("a link");
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

    let exports: Vec<&str> = set_up.lines().filter(|line| line.starts_with("export ")).collect();
    let settings = format!("cd stafett\n{}", exports.join("\n"));
    for heading in ["### Keys", "### The access log"] {
        let done = shell(&place, &format!("{settings}\n{}", block(heading)));
        assert_eq!(done.status, 0, "{heading}: {}{}", done.out, done.errors);
        if heading == "### The access log" {
            assert_eq!(done.out.matches("the log is whole").count(), 2, "{}", done.out);
        }
    }
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

#[test]
fn the_numbers_to_try_with_are_synthetic() {
    let words = README.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() == 11);
    let numbers: Vec<&str> = words.collect();
    assert!(!numbers.is_empty());
    for number in numbers {
        NationalId::parse(number).expect("a possible number");
        assert!(number[2..4].parse::<u32>().is_ok_and(|month| month > 80), "{number} may be a person's");
    }
}
