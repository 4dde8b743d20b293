//! A record is downloaded as the reader sees it, signed, and by the family alone.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Taken, record_of, take, write};
use crate::{
    cast::{Cast, ids, walk},
    identities::log_of,
    support::{Engine, Role, User, World, both_engines},
};

/// The lists of a case, by section.
const LISTS: [(&str, &str); 8] = [
    ("history", "history"),
    ("team", "team"),
    ("handovers", "handovers"),
    ("consents", "consents"),
    ("goals", "goals"),
    ("next_steps", "next-steps"),
    ("meetings", "meetings"),
    ("notes", "notes"),
];

/// The record has exactly the rows that the reader finds in the lists, with the same fields.
async fn is_what_is_read(user: &User, cast: &Cast) {
    let taken = take(user, cast.case).await;
    for (section, list) in LISTS {
        let read = walk(user, &cast.path(&format!("/{list}"))).await;
        let of = taken.entries().iter().filter(|entry| entry["section"] == section);
        let own: Vec<Value> = of.map(|entry| entry["content"].clone()).collect();
        assert_eq!(own, read, "{section}");
    }
    let measures = walk(user, &cast.path("/measures")).await;
    let mut expected: BTreeSet<String> = ids(&measures).into_iter().collect();
    let mut views = 0;
    for measure in ids(&measures) {
        let evaluations = walk(user, &cast.path(&format!("/measures/{measure}/evaluations"))).await;
        views += evaluations.iter().filter(|one| !one["child_view"].is_null()).count();
        expected.extend(ids(&evaluations));
        expected.extend(ids(&walk(user, &cast.path(&format!("/measures/{measure}/day-changes"))).await));
    }
    let is_view = |entry: &&Value| entry["kind"] == "child_statement" && entry["section"] == "measures";
    assert_eq!(taken.entries().iter().filter(is_view).count(), views);
    let of = taken.entries().iter().filter(|entry| entry["section"] == "measures");
    assert_eq!(
        of.map(|entry| entry["id"].as_str().expect("an id").to_owned()).collect::<BTreeSet<_>>(),
        expected
    );
    let case = user.get(cast.path("")).send().await.expect(200);
    let own: Vec<_> = taken.entries().iter().filter(|entry| entry["section"] == "case").collect();
    assert_eq!(own.iter().map(|entry| &entry["content"]).collect::<Vec<_>>(), [&case.body]);
    let files: Vec<String> = (1..=taken.entries().len()).map(|number| format!("{number:04}.txt")).collect();
    assert_eq!(
        taken.entries().iter().map(|entry| entry["file"].as_str().expect("a name")).collect::<Vec<_>>(),
        files
    );
}

async fn busy_case(world: &World) -> Cast {
    let cast = world.shared_case().await;
    world.goal(&cast.teacher, cast.case).await;
    for agrees in [true, false] {
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let evaluation = json!({
            "held_on": world.in_days(0), "outcome": "continue", "contains": [], "assessment": "Goes well.",
            "child_view": "It is fun.", "child_agrees": agrees, "next_evaluation_on": world.in_days(30),
        });
        let path = cast.path(&format!("/measures/{measure}/evaluations"));
        cast.teacher.post(path).json(evaluation).if_match(1).send().await.expect(201);
        let moved =
            json!({"evaluate_on": world.in_days(40), "reason": "The teacher is away.", "contains": []});
        let path = cast.path(&format!("/measures/{measure}"));
        cast.teacher.patch(path).json(moved).if_match(2).send().await.expect(200);
    }
    let mut step = world.next_step();
    step["what"] = json!("Ring the home.");
    world.set_next_step(&cast.teacher, cast.case, step).await.expect(201);
    let family: Vec<_> = cast.family.guardians.iter().map(|guardian| guardian.id).collect();
    world.meeting(&cast.teacher, cast.case, &family).await;
    world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
    for audience in ["team", "sector", "unit"] {
        world.note(&cast.nurse, cast.case, audience, &format!("For the {audience}.")).await;
    }
    write(&cast.family.guardians[0], &cast, json!({"text": "From his mother."})).await;
    write(&cast.family.guardians[1], &cast, json!({"text": "From his father."})).await;
    cast
}

both_engines! {
    async fn a_record_has_just_what_its_reader_reads_in_the_case(world: World) {
        let cast = busy_case(&world).await;
        for guardian in &cast.family.guardians {
            is_what_is_read(guardian, &cast).await;
        }
    }

    async fn an_entry_that_is_hidden_leaves_no_trace_in_the_record(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0].user, &cast.family.guardians[1].user];
        let stripped = |taken: Taken| {
            let mut entries = taken.record["entries"].clone();
            for entry in entries.as_array_mut().expect("entries") {
                entry["content"]["version"] = Value::Null;
            }
            (entries, taken.files.keys().cloned().collect::<Vec<_>>())
        };
        let before = stripped(take(mother, cast.case).await);
        let withheld = json!({
            "audience": "team", "kind": "agreed", "contains": [], "text": "Kept from the mother.",
            "withheld_from": [{"guardian_id": mother.id, "legal_basis": "administration_act", "reason": "It would harm.", "review_on": world.in_days(60)}],
        });
        write(&cast.teacher, &cast, withheld).await;
        world.note(&cast.nurse, cast.case, "unit", "For the unit.").await;
        write(father, &cast, json!({"text": "From his father."})).await;
        assert_eq!(stripped(take(mother, cast.case).await), before);
    }

    async fn only_the_family_that_sees_the_case_downloads_it(world: World) {
        let cast = busy_case(&world).await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let step_parent = world.guardian_of(&cast.teacher, &cast.family.child, false).await;
        let stranger = world.worker("porsgrunn/skole").await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        for (who, status) in [(&cast.teacher.user, 403), (&cast.nurse.user, 403), (&leader.user, 403),
            (&step_parent.user, 404), (&stranger.user, 404), (&auditor.user, 404)] {
            who.get(record_of(cast.case)).send().await.expect(status);
        }
        let young = world.family(&cast.teacher, 16, 1).await;
        let youth = world.youth(&young.child).await;
        let case = world.open_case(&cast.teacher, &young.child).await;
        assert!(!take(&youth, case).await.entries().is_empty());
        let child = world.family(&cast.teacher, 14, 1).await;
        let too_young = world.youth(&child.child).await;
        let case = world.open_case(&cast.teacher, &child.child).await;
        too_young.get(record_of(case)).send().await.expect(404);
    }

    async fn a_download_is_one_visit_in_the_log_and_no_more_than_a_look_to_the_other_guardian(world: World) {
        let cast = busy_case(&world).await;
        let [mother, father] = [&cast.family.guardians[0].user, &cast.family.guardians[1].user];
        let before = log_of(&world, "4014").await.matches("export_record").count();
        take(mother, cast.case).await;
        assert_eq!(log_of(&world, "4014").await.matches("export_record").count(), before + 1);
        let log = father.get(cast.path("/access-log")).send().await.expect(200);
        let visit = log.items().iter().find(|visit| visit["person_name"] == json!(mother.name)).expect("a visit");
        assert!(!visit.to_string().contains("record") && !visit.to_string().contains("lastet"), "{visit}");
    }

    async fn a_long_record_is_taken_archive_by_archive_and_nothing_is_cut(world: World) {
        let cast = world.shared_case().await;
        world.goal(&cast.teacher, cast.case).await;
        world.note(&cast.nurse, cast.case, "unit", "For the unit.").await;
        copy(&world, "goal", "case_id, description, status, created_by, created_at", 1050).await;
        copy(&world, "note", "case_id, author_id, unit_id, audience, body, created_at, kind, child_agrees", 2100).await;
        let (mut all, mut archives, mut query) = (Vec::new(), 0, String::new());
        loop {
            let answer = cast.family.guardians[0].get(format!("{}{query}", record_of(cast.case))).send().await;
            let taken = Taken::of(&answer.expect(200));
            assert!(taken.entries().len() <= 1000 && archives < 10, "an archive is bounded");
            all.extend(taken.entries().iter().map(|entry| format!("{} {}", entry["section"], entry["id"])));
            archives += 1;
            let Some(next) = taken.files.get("next-cursor.txt") else { break };
            query = format!("?cursor={next}");
        }
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "no entry twice");
        assert_eq!(all.iter().filter(|entry| entry.starts_with("\"goals\"")).count(), 1051);
        assert!(archives > 1 && !all.iter().any(|entry| entry.starts_with("\"notes\"")));
        let other = format!("{}{}", record_of(cast.case), "?cursor=AAAA");
        cast.family.guardians[0].get(other).send().await.expect_invalid("?cursor");
    }

    async fn a_record_is_verified_without_the_service_and_one_character_is_enough_to_refuse_it(world: World) {
        let cast = busy_case(&world).await;
        let taken = take(&cast.family.guardians[0], cast.case).await;
        let Some(said) = verified(&taken, |_, text| text.to_owned()) else { return };
        assert_eq!(said, format!("the record is as it was downloaded: {} entries", taken.entries().len()));
        let unsigned = "a signature is not good";
        for (name, why) in [("record.json", "record.json was changed"), ("record.txt", unsigned), ("0003.txt", unsigned)] {
            let said = verified(&taken, |file, text| if file == name { text.replacen("2026", "2025", 1) } else { text.to_owned() });
            assert!(said.is_some_and(|said| said == why || said.ends_with("is of another record")), "{name}");
        }
        let other = take(&cast.family.guardians[1], cast.case).await;
        let swapped = verified(&taken, |file, text| if file == "0002.txt" { other.files[file].clone() } else { text.to_owned() });
        assert_eq!(swapped.as_deref(), Some("0002.txt is of another record"));
    }
}

/// Copies the only row of a table this many times, with other ids.
async fn copy(world: &World, table: &str, columns: &str, times: u32) {
    let id = if world.engine == Engine::Postgres { "gen_random_uuid()" } else { "randomblob(16)" };
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})
         INSERT INTO {table} (municipality, id, {columns}) SELECT municipality, {id}, {columns} FROM {table}, n"
    );
    assert_eq!(world.try_execute(sql).await.expect("rows"), u64::from(times));
}

/// The output of the verifier in the archive for its files, each changed in some way; none without Python and its package.
fn verified(taken: &Taken, change: impl Fn(&str, &str) -> String) -> Option<String> {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in &taken.files {
        std::fs::write(folder.path().join(name), change(name, text)).expect("a file");
    }
    let run = |python: &str| {
        let has = Command::new(python).args(["-c", "import cryptography"]).output().ok()?;
        let mut verify = Command::new(python);
        verify.arg(Path::new(folder.path()).join("verify.py")).args(["record", "--public-key"]);
        verify.arg(taken.files["public-key.txt"].trim()).arg(folder.path());
        has.status.success().then(|| verify.output().expect("Python runs"))
    };
    let done = ["python3", "/usr/bin/python3"].into_iter().find_map(run);
    assert!(done.is_some() || std::env::var_os("STAFETT_TEST_REQUIRE_VERIFIERS").is_none(), "no Python");
    done.map(|done| String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
