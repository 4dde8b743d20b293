//! `stafett access-log verify` says what it verified, and names what it cannot read.

use serde_json::{Value, json};

use super::{Done, done};
use crate::{
    log_tree::{ids, sealed, tamper},
    support::{Engine, World, both_engines, log_key},
};

fn verify(world: &World, more: &[&str]) -> Done {
    let key = log_key().public_key("4014");
    let of = ["access-log", "verify", "--municipality", "4014", "--public-key", &key];
    done(world.command_line().args(of).args(more), "")
}

both_engines! {
    async fn a_log_of_which_nothing_is_sealed_is_not_called_whole(world: World) {
        let empty = verify(&world, &[]);
        assert_eq!(empty.status, 1);
        assert!(empty.out.contains("nothing is sealed in this log"), "{}", empty.out);

        let cast = world.shared_case().await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let waiting = verify(&world, &[]);
        assert_eq!(waiting.status, 1);
        assert!(waiting.out.starts_with("0 entries, 0 checkpoints\n"), "{}", waiting.out);
        assert!(waiting.out.contains("entries not yet sealed, and not verified: "), "{}", waiting.out);
        assert!(!waiting.out.contains("whole"), "{}", waiting.out);

        world.seal().await;
        let whole = verify(&world, &[]).well();
        assert!(whole.ends_with("the log is whole\n") && !whole.contains("not yet sealed"), "{whole}");

        cast.nurse.get(cast.path("")).send().await.expect(200);
        let read: Value = serde_json::from_str(&verify(&world, &["--json"]).well()).expect("JSON");
        assert_eq!((&read["not_yet_sealed"], &read["whole"]), (&json!(1), &json!(true)), "{read}");

        let of = ["access-log", "export", "--municipality", "4014"];
        let evidence = done(world.command_line().args(of), "").well();
        assert!(evidence.ends_with("{\"waiting\":2}\n"), "{}", evidence.lines().last().unwrap_or_default());
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("evidence.ndjson");
        std::fs::write(&file, &evidence).expect("a file");
        let path = file.to_str().expect("a path");
        let read = verify(&world, &["--evidence", path]).well();
        assert!(read.contains("entries not yet sealed, and not verified: 2 ") && read.ends_with("the log is whole\n"), "{read}");

        std::fs::write(&file, evidence + "garbage\n").expect("a file");
        let refused = verify(&world, &["--evidence", path]);
        assert_eq!((refused.status, refused.out.as_str()), (2, ""));
        assert!(refused.errors.contains("--evidence ") && refused.errors.contains(" is not evidence"), "{}", refused.errors);
        let missing = verify(&world, &["--checkpoint", "none"]);
        assert_eq!(missing.status, 2);
        assert!(missing.errors.contains("--checkpoint none: there is no such file or folder"), "{}", missing.errors);
    }

    async fn the_key_of_another_log_and_an_unknown_municipality_are_named(world: World) {
        let _cast = sealed(&world).await;
        let of = |arguments: &[&str]| done(world.command_line().arg("access-log").args(arguments), "");
        let (own, other) = (log_key().public_key("4014"), log_key().public_key("4001"));
        let wrong = of(&["verify", "--municipality", "4014", "--public-key", &other]);
        assert_eq!((wrong.status, wrong.out.as_str()), (2, ""));
        assert!(wrong.errors.contains("is the key of the log ") && wrong.errors.contains("/4001, not of municipality 4014"), "{}", wrong.errors);
        of(&["verify", "--municipality", "4014", "--public-key", &own]).well();
        let unknown = log_key().public_key("4099");
        for arguments in [&["verify", "--public-key", &unknown, "--municipality", "4099"][..], &["public-key", "--municipality", "4099"]] {
            let refused = of(arguments);
            assert_eq!((refused.status, refused.out.as_str()), (2, ""));
            assert!(refused.errors.contains("--municipality 4099: is not in the database"), "{}", refused.errors);
        }
    }

    async fn an_entry_whose_values_are_not_of_their_type_is_named(world: World) {
        let _cast = sealed(&world).await;
        let ids = ids(&world).await;
        let of = |at: usize| world.sql_id(ids[at]);
        let faults = match world.engine {
            Engine::Sqlite => vec![
                format!("UPDATE access_log SET at = 'garbage' WHERE id = {}", of(3)),
                format!("UPDATE access_log SET at = '2026-11-31' WHERE id = {}", of(5)),
                format!("UPDATE access_log SET person_id = x'00' WHERE id = {}", of(7)),
            ],
            Engine::Postgres => vec![
                format!("UPDATE access_log SET at = 'infinity' WHERE id = {}", of(3)),
                format!("UPDATE access_log SET at = '-infinity' WHERE id = {}", of(5)),
                format!("UPDATE access_log SET at = '9999-01-01' WHERE id = {}", of(7)),
            ],
        };
        tamper(&world, &faults).await;
        let found = verify(&world, &[]);
        assert_eq!((found.status, found.errors.as_str()), (1, ""));
        for at in [3, 5, 7] {
            let said = format!("changed: entry {} at place {at} is not as it was sealed", ids[at]);
            assert!(found.out.contains(&said), "{said}: {}", found.out);
        }
        assert!(!found.out.contains("removed") && !found.out.contains("whole"), "{}", found.out);
    }
}
