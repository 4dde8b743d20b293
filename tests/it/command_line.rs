//! The operator's commands: they work on both engines, and the access log records them.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    activations::choose_password,
    support::{PASSWORD, Role, World, both_engines, log_key},
};

/// The output of a command, which must succeed.
fn done(command: &mut Command) -> String {
    let done = command.output().expect("the program runs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&done.stderr));
    said
}

/// The command-line operations on a municipality, as its auditor reads them, oldest first.
async fn acts(world: &World, unit: &str) -> Vec<Value> {
    let auditor = world.staff(unit, Role::Auditor).await;
    let log = auditor.get("/v1/access-log?limit=200").send().await.expect(200);
    let mut acts: Vec<Value> =
        log.items().iter().filter(|entry| entry["client_address"] == "command-line").cloned().collect();
    acts.reverse();
    acts
}

fn actions(acts: &[Value]) -> Vec<&str> {
    acts.iter().map(|entry| entry["action"].as_str().expect("an action")).collect()
}

both_engines! {
    async fn an_account_that_is_made_at_the_machine_is_in_the_log_with_its_roles(world: World) {
        let mut create = world.command_line();
        create.args(["user", "create", "--municipality", "4014", "--name", "Solveig Lien"]);
        create.args(["--username", "solveig", "--role", "oppvekst:administrator"]);
        let input = format!("{}\n", world.adult_number().as_str());
        let mut running =
            create.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
        running.stdin.take().expect("its input").write_all(input.as_bytes()).expect("the input");
        let said = running.wait_with_output().expect("it ends");
        assert!(said.status.success());
        let printed = String::from_utf8(said.stdout).expect("text");
        let person = printed.lines().find_map(|line| line.strip_prefix("person: ")).expect("an id").to_owned();
        choose_password(&world, &printed, PASSWORD).await.expect(200);
        world.anonymous().log_in("solveig@4014", PASSWORD).await.expect(200);

        let acts = acts(&world, "kragero/oppvekst").await;
        assert_eq!(actions(&acts), ["create_account", "create_activation", "grant_role"]);
        assert!(acts.iter().all(|entry| entry["shown"][0] == person && entry["decision"] == "permit"));
        assert_eq!(acts[2]["shown"][2], "administrator");
    }

    async fn keys_and_catalogue_that_are_changed_at_the_machine_are_in_the_log(world: World) {
        world.shared_case().await;
        let municipality = concat!(env!("CARGO_MANIFEST_DIR"), "/data/municipalities/kragero");
        done(world.command_line().args(["catalogue", "import", municipality]));
        done(world.command_line().args(["keys", "rotate"]));
        done(world.command_line().args(["keys", "prune"]));
        let asked = world.command_line().args(["keys", "erase", "--municipality", "4014", "--sector", "health"]).output();
        assert!(!asked.expect("the program runs").status.success(), "not without --yes");
        done(world.command_line().args(["keys", "erase", "--municipality", "4014", "--sector", "school", "--yes"]));
        world.db.compare_keys().await.expect("the keys are compared");
        let acts = acts(&world, "kragero/oppvekst").await;
        assert_eq!(actions(&acts), ["import_catalogue", "rotate_keys", "prune_keys", "erase_key"]);
        assert_eq!(acts[3]["shown"][0], "school");
    }

    async fn a_log_is_taken_out_erased_in_and_verified_at_the_machine(world: World) {
        let cast = world.shared_case().await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        world.seal().await;
        let key = log_key().public_key("4014");
        let of = ["--municipality", "4014"];
        assert_eq!(done(world.command_line().args(["access-log", "public-key"]).args(of)).trim(), key);
        let evidence = done(world.command_line().args(["access-log", "export"]).args(of));
        assert!(evidence.lines().any(|line| line.contains("read_case")), "{evidence}");
        let mut verify = world.command_line();
        verify.args(["access-log", "verify", "--public-key", &key]).args(of);
        assert!(done(&mut verify).ends_with("the log is whole\n"));
        let less = world.command_line().args(["access-log", "erase", "--years", "1"]).args(of).output();
        assert!(!less.expect("the program runs").status.success(), "entries are kept whole for longer");
        let erased = done(world.command_line().args(["access-log", "erase"]).args(of));
        assert!(erased.contains(" 0 entries"), "{erased}");
        assert_eq!(actions(&acts(&world, "kragero/oppvekst").await), ["export_evidence", "erase_old_entries"]);
    }
}
