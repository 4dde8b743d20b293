//! A command whose output nobody reads any more, as in `stafett … | head -1`, ends quietly.

use std::{
    fs,
    process::{Command, Stdio},
};

use super::{Place, done};

/// Runs a command whose output nobody reads. Returns its status, and what it says to standard error.
fn unread(command: &mut Command) -> (i32, String) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let ended = command.stdin(Stdio::null()).stdout(writer).output().expect("the program runs");
    (ended.status.code().unwrap_or(-1), String::from_utf8(ended.stderr).expect("text"))
}

#[test]
fn a_command_whose_output_nobody_reads_ends_quietly() {
    let place = Place::empty();
    for arguments in [
        "--help",
        "policies",
        "policies --markdown",
        "openapi",
        "processing-record",
        "keys create-master --to new_master_key",
        "init stafett",
        "--config stafett/stafett.toml catalogue import --included kragero",
        "--config stafett/stafett.toml catalogue import --included kragero --json",
        "--config stafett/stafett.toml catalogue units --municipality 4014",
        "--config stafett/stafett.toml access-log public-key --municipality 4014",
        "--config stafett/stafett.toml access-log export --municipality 4014",
        "--config stafett/stafett.toml keys list",
        "demo --exit",
    ] {
        let ended = unread(place.program().args(arguments.split(' ')));
        assert_eq!(ended, (0, String::new()), "{arguments}");
    }
    assert_eq!(
        place.files(),
        ["new_master_key", "stafett"],
        "the work was done, and nothing is left of the demonstration"
    );
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let place = Place::empty();
    done(place.program().args(["init", "stafett"]), "").well();
    done(
        place.program().args([
            "--config",
            "stafett/stafett.toml",
            "catalogue",
            "import",
            "--included",
            "kragero",
        ]),
        "",
    )
    .well();
    for arguments in ["policies", "--config stafett/stafett.toml access-log export --municipality 4014"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk");
        let ended =
            place.program().args(arguments.split(' ')).stdout(full).output().expect("the program runs");
        let said = String::from_utf8(ended.stderr).expect("text");
        assert_eq!(ended.status.code(), Some(1), "{arguments}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!said.contains("os error") && !said.contains("panicked"), "{said}");
    }
}
