//! `stafett keys` never destroys a key that may be needed.

use std::fs;

use super::{Place, done};

/// An installation whose people of Kragerø are sealed with two generations of their key.
fn with_two_generations() -> Place {
    let place = Place::empty();
    place.run(&["init", "stafett"]).well();
    for arguments in ["catalogue import --included kragero", "keys rotate"] {
        run(&place, arguments).well();
    }
    place
}

fn run(place: &Place, arguments: &str) -> super::Done {
    let words = ["--config", "stafett/stafett.toml"].into_iter().chain(arguments.split(' '));
    place.run(&words.collect::<Vec<_>>())
}

#[test]
fn a_master_key_is_never_written_over_a_file() {
    let place = Place::empty();
    place.run(&["keys", "create-master", "--to", "master_key"]).well();
    let before = fs::read_to_string(place.path().join("master_key")).expect("the key");
    assert!(!before.trim().is_empty());
    let again = place.run(&["keys", "create-master", "--to", "master_key"]);
    assert_eq!((again.status, again.out.as_str()), (2, ""));
    assert!(again.errors.contains("--to master_key: exists: name a new file"), "{}", again.errors);
    assert_eq!(fs::read_to_string(place.path().join("master_key")).expect("the key"), before);
    let nowhere = place.run(&["keys", "create-master", "--to", "none/master_key"]);
    assert_eq!(nowhere.status, 2);
    assert!(nowhere.errors.contains("--to none/master_key: there is no such file"), "{}", nowhere.errors);
}

#[test]
fn a_lost_generation_is_given_up_alone_and_intact_ones_stay() {
    let place = with_two_generations();
    let keys = place.path().join("stafett/keys");
    let (lost, intact) = (keys.join("4014-log-1.key"), keys.join("4014-log-2.key"));
    assert!(intact.exists());
    let erase = "keys erase --municipality 4014 --sector log";

    let not_lost = run(&place, &format!("{erase} --generation 1 --yes"));
    assert_eq!(not_lost.status, 2);
    assert!(
        not_lost.errors.contains("--generation 1: the key 4014-log does not lack"),
        "{}",
        not_lost.errors
    );
    assert!(lost.exists());

    let aside = place.path().join("aside");
    fs::rename(&lost, &aside).expect("lost");
    let refused = run(&place, &format!("{erase} --yes"));
    assert_eq!((refused.status, refused.out.as_str()), (1, ""));
    for said in
        ["lacks: 4014-log-1.key", "restore the folder of keys from a backup", "keys erase --generation N"]
    {
        assert!(refused.errors.contains(said), "{said}: {}", refused.errors);
    }
    assert!(intact.exists(), "an intact generation stays");
    let other = run(&place, &format!("{erase} --generation 2 --yes"));
    assert_eq!(other.status, 2, "{}", other.errors);
    let unsure = run(&place, &format!("{erase} --generation 1"));
    assert_eq!(unsure.status, 1);
    assert!(unsure.errors.contains("restore its file from a backup"), "{}", unsure.errors);
    fs::rename(&aside, &lost).expect("restored");
    run(&place, "keys list").well();

    fs::remove_file(&lost).expect("lost");
    let said = run(&place, &format!("{erase} --generation 1 --yes")).well();
    assert!(said.contains("gave up generation 1 of 4014-log"), "{said}");
    assert!(intact.exists(), "an intact generation stays");
    assert!(run(&place, "keys list").well().contains("4014-log: 1 generation\n"));
}

#[test]
fn two_lost_keys_are_given_up_one_by_one() {
    let place = with_two_generations();
    let keys = place.path().join("stafett/keys");
    for generation in ["1", "2"] {
        fs::remove_file(keys.join(format!("4014-log-{generation}.key"))).expect("lost");
    }
    for generation in ["1", "2"] {
        let one = format!("keys erase --municipality 4014 --sector log --generation {generation} --yes");
        run(&place, &one).well();
    }
    run(&place, "keys list").well();
}

#[test]
fn a_folder_that_is_not_mounted_is_never_given_up() {
    let place = with_two_generations();
    let keys = place.path().join("stafett/keys");
    fs::rename(&keys, place.path().join("aside")).expect("unmounted");
    fs::create_dir(&keys).expect("the place of the mount");
    let refused = run(&place, "keys erase --municipality 4014 --sector log --generation 1 --yes");
    assert_eq!((refused.status, refused.out.as_str()), (1, ""));
    assert!(refused.errors.contains("lacks: 0000-people-1.key"), "{}", refused.errors);
    assert_eq!(fs::read_dir(&keys).expect("the folder").count(), 0, "nothing is written there");
}

#[test]
fn a_repeated_erasure_says_that_nothing_was_left() {
    let place = with_two_generations();
    let mut program = place.program();
    program.args(["--config", "stafett/stafett.toml", "user", "create", "--municipality", "4014"]);
    program.args(["--name", "Arne", "--username", "arne"]).env("STAFETT_SYNTHETIC_NATIONAL_IDS", "true");
    done(&mut program, "21868410059\n").well();
    run(&place, "keys rotate").well();
    let erase = "keys erase --municipality 4014 --sector people --yes";
    let first = run(&place, erase).well();
    assert!(first.starts_with("erased 2 generations of 4014-people"), "{first}");
    assert!(first.contains("A server that still runs"), "{first}");
    for _ in 0..2 {
        let again = run(&place, erase).well();
        assert_eq!(again, "nothing was left to erase: 4014-people was erased before\n");
    }
    let half = format!("{erase} --generation 1");
    assert_eq!(run(&place, &half).status, 2, "an erased key is not lost");
    let unknown = run(&place, "keys erase --municipality 4014 --sector nav --yes");
    assert_eq!(unknown.status, 1);
    assert!(unknown.errors.contains("the key 4014-nav does not exist"), "{}", unknown.errors);
}
