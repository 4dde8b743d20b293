//! Verification of the access log by programs that share no code with the service: Python from the specification, and Go's own.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

use crate::{
    log_tree::{evidence, ids, sealed, tamper},
    support::{Role, World, both_engines, log_key},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify");

/// Runs a verifier. Returns whether everything was valid, and its first words; none if it cannot run here.
fn run(command: &mut Command) -> Option<(bool, String)> {
    let done = command.output().ok()?;
    let said = String::from_utf8_lossy(&done.stdout).lines().next().unwrap_or_default().to_owned();
    let fault = String::from_utf8_lossy(&done.stderr);
    assert!(fault.is_empty(), "{command:?}: {fault}");
    Some((done.status.success(), said))
}

/// Returns whether a tool is available. If the verifiers are required, it must be.
fn is_here(tool: &mut Command) -> bool {
    let here = tool.output().is_ok_and(|done| done.status.success());
    assert!(
        here || std::env::var_os("STAFETT_TEST_REQUIRE_VERIFIERS").is_none(),
        "{tool:?} cannot be run, and the verifiers are required"
    );
    if !here {
        eprintln!("skipped: {tool:?} cannot be run");
    }
    here
}

fn python() -> Option<Command> {
    static HERE: OnceLock<Option<&str>> = OnceLock::new();
    let here = HERE.get_or_init(|| {
        let has = |python: &str| Command::new(python).args(["-c", "import cryptography"]).output();
        // Debian's Python has Debian's packages, whatever comes first in the path.
        let found = ["python3", "/usr/bin/python3"]
            .into_iter()
            .find(|python| has(python).is_ok_and(|done| done.status.success()));
        found.or_else(|| {
            is_here(Command::new("python3").args(["-c", "import cryptography"])).then_some("python3")
        })
    });
    here.map(|program| {
        let mut python = Command::new(program);
        python.arg(Path::new(FOLDER).join("verify.py"));
        python
    })
}

/// The Go program, built once.
fn go() -> Option<Command> {
    static BUILT: OnceLock<Option<(TempDir, PathBuf)>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let folder = TempDir::new().expect("a folder");
        let program = folder.path().join("verify");
        let mut build = Command::new("go");
        build.env("GO111MODULE", "off").env("GOPATH", "/usr/share/gocode").env("GOFLAGS", "-buildvcs=false");
        build.env("GOCACHE", folder.path().join("cache")).arg("build").arg("-o").arg(&program);
        build.arg(Path::new(FOLDER).join("go/verify.go"));
        is_here(&mut build).then_some((folder, program))
    });
    built.as_ref().map(|(_, program)| Command::new(program))
}

/// The output of the Python program for a whole log.
async fn said_of(world: &World, kept: &str) -> Option<(bool, String)> {
    let folder = TempDir::new().expect("a folder");
    let (log, checkpoint) = (folder.path().join("log.ndjson"), folder.path().join("kept.checkpoint"));
    let lines: Vec<String> =
        evidence(world).await.iter().map(|line| serde_json::to_string(line).expect("a line")).collect();
    std::fs::write(&log, lines.join("\n")).expect("evidence");
    std::fs::write(&checkpoint, kept).expect("a checkpoint");
    let key = log_key().public_key("4014");
    let mut python = python()?;
    python.args(["log", "--public-key", &key, "--municipality", "4014", "--checkpoint"]);
    run(python.arg(checkpoint).arg(log))
}

async fn names(world: &World, kept: &str, what: &str) {
    if let Some((well, said)) = said_of(world, kept).await {
        assert!(!well && said.starts_with(what), "{what}: {said}");
    }
}

#[test]
fn the_test_vectors_are_what_the_program_in_python_makes() {
    let Some(mut python) = python() else { return };
    let vectors = Path::new(FOLDER).join("vectors.json");
    let (well, said) = run(python.arg("vectors").arg(vectors)).expect("Python runs");
    assert!(well && said.starts_with("11 leaves"), "{said}");
}

both_engines! {
    async fn a_log_that_nobody_touched_is_whole_also_in_python(world: World) {
        let (_cast, kept) = sealed(&world).await;
        if let Some((well, said)) = said_of(&world, &kept).await {
            assert!(well && said.starts_with("the log is whole"), "{said}");
        }
    }

    async fn an_entry_that_is_erased_and_gets_a_value_again_is_named_also_in_python(world: World) {
        let (cast, kept) = sealed(&world).await;
        let before = world.now() + chrono::TimeDelta::hours(1);
        crate::log_tree::without_records(&world).await;
        stafett::log_tree::erase_before(&world.db, "4014", before).await.expect("erased");
        let ids = ids(&world).await;
        if let Some((well, said)) = said_of(&world, &kept).await {
            assert!(well, "{said}");
        }
        let other = world.sql_id(cast.nurse.id.uuid());
        tamper(&world, &[format!("UPDATE access_log SET person_id = {other} WHERE id = {}", world.sql_id(ids[5]))]).await;
        names(&world, &kept, &format!("changed: entry {} at place 5", ids[5])).await;
    }

    async fn what_was_done_to_a_log_is_named_also_in_python(world: World) {
        let (_cast, kept) = sealed(&world).await;
        let ids = ids(&world).await;
        let of = |at: usize| world.sql_id(ids[at]);
        let place = |at: usize, to: i64| format!("UPDATE access_log_leaf SET position = {to} WHERE entry_id = {}", of(at));
        tamper(&world, &[format!("DELETE FROM access_log WHERE id = {}", of(7))]).await;
        names(&world, &kept, &format!("removed: entry {} at place 7", ids[7])).await;
        tamper(&world, &[format!("UPDATE access_log SET status = 403 WHERE id = {}", of(6))]).await;
        names(&world, &kept, &format!("changed: entry {} at place 6", ids[6])).await;
        tamper(&world, &[place(2, 9999), place(5, 2), place(2, 5)]).await;
        names(&world, &kept, &format!("reordered: entry {} at place 2", ids[5])).await;
        let new = uuid::Uuid::now_v7();
        let columns = "municipality, at, request_id, client, person_id, roles, action, object_type, object_id, case_id,
            child_id, decision, policies, legal_basis, ground, consents, shown, status, kind, salt";
        let insert = world.sql_id(new);
        tamper(&world, &[
            format!("INSERT INTO access_log (id, {columns}) SELECT {insert}, {columns} FROM access_log WHERE id = {}", of(1)),
            "UPDATE access_log_leaf SET position = position + 10000 WHERE municipality = '4014' AND position >= 1".to_owned(),
            "UPDATE access_log_leaf SET position = position - 9999 WHERE municipality = '4014' AND position >= 10000".to_owned(),
            format!("INSERT INTO access_log_leaf (municipality, position, entry_id, count) VALUES ('4014', 1, {insert}, NULL)"),
        ]).await;
        names(&world, &kept, &format!("inserted: entry {new} at place 1")).await;
    }

    async fn proofs_are_good_in_python_and_in_go(world: World) {
        let (cast, kept) = sealed(&world).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        cast.nurse.get(cast.path("/goals")).send().await.expect(200);
        world.seal().await;
        let (folder, key) = (TempDir::new().expect("a folder"), log_key().public_key("4014"));
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect(name);
            path
        };
        let size: u64 = kept.lines().nth(1).and_then(|size| size.parse().ok()).expect("a size");
        let grown = auditor.get(format!("/v1/access-log/consistency?from={size}")).send().await.expect(200);
        let hashes = grown.body["hashes"].as_array().expect("hashes").iter().map(|hash| hash.as_str().expect("a hash"));
        let hashes = hashes.collect::<Vec<_>>().join("\n");
        let (old, new) = (file("old", &kept), file("new", &grown.text("/checkpoint")));
        let another = if hashes.starts_with('/') { "A" } else { "/" };
        let (proven, other) = (file("hashes", &hashes), file("other", &hashes.replacen(&hashes[..1], another, 1)));
        for entry in ids(&world).await {
            let proof = auditor.get(format!("/v1/access-log/entries/{entry}/proof")).send().await.expect(200);
            let (leaf, proof) = (file("leaf", &proof.text("/leaf")), file("proof", &proof.text("/tlog_proof")));
            let changed = file("changed", &std::fs::read_to_string(&leaf).expect("a leaf").replace("4014", "4001"));
            for (leaf, good) in [(&leaf, true), (&changed, false)] {
                let python = python().and_then(|mut python| run(python.args(["proof", "--public-key", &key, "--leaf"]).arg(leaf).arg(&proof)));
                let go = go().and_then(|mut go| run(go.args(["proof", &key]).arg(leaf).arg(&proof)));
                for (well, said) in [python, go].into_iter().flatten() {
                    assert_eq!(well, good, "{said}");
                }
            }
        }
        for (hashes, good) in [(&proven, true), (&other, false)] {
            let files = [&old, &new, hashes];
            let python = python().and_then(|mut python| run(python.args(["consistency", "--public-key", &key]).args(files)));
            let go = go().and_then(|mut go| run(go.args(["consistency", &key]).args(files)));
            for (well, said) in [python, go].into_iter().flatten() {
                assert_eq!(well, good, "{said}");
            }
        }
    }
}
