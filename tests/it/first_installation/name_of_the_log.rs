//! The name of the access log is permanent, so `stafett init` never chooses it in silence.

use std::{fs, path::Path};

use super::stafett;

pub(super) fn says_the_name_of_the_log(folder: &Path, settings: &Path, said: &str) {
    let written = fs::read_to_string(settings).expect("the settings");
    let origin = written.lines().find_map(|line| line.strip_prefix("access_log_origin = ")).expect("a name");
    let name = format!("has the name {} in its checkpoints, permanently", origin.trim_matches('"'));
    assert!(said.contains(&name) && said.contains("repeat with --access-log-origin NAME"), "{said}");
    let chosen = stafett(folder).args(["init", "chosen", "--access-log-origin", "a.example/log"]).output();
    let chosen = String::from_utf8(chosen.expect("the program runs").stdout).expect("text");
    assert!(chosen.contains("has the name a.example/log") && !chosen.contains("repeat with"), "{chosen}");
}
