//! The family is informed of disclosures without consent: each member of what they may know, at once or from a later day.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use crate::{
    cast::{Cast, finds_nothing},
    disclosures::{disclose, of_note, with},
    support::{Role, Staff, User, World, both_engines},
};

async fn learned(who: &User, cast: &Cast) -> Vec<Value> {
    who.get(cast.path("/disclosures")).send().await.expect(200).items().to_vec()
}

/// Whether the log of the case says that the family was informed.
async fn log_says(who: &User, cast: &Cast) -> bool {
    let log = who.get(cast.path("/access-log?limit=200")).send().await.expect(200);
    log.items().iter().any(|visit| visit["acts"] == json!(["informed_of_disclosure"]))
}

/// Everything that the family can read of the case.
async fn all_of(who: &User, cast: &Cast) -> Vec<String> {
    let mut all = Vec::new();
    for below in ["", "/history", "/team", "/notes", "/measures", "/disclosures?limit=1"] {
        let read = who.get(cast.path(below)).send().await.expect(200);
        all.push(format!("{:?} {}", read.headers.get("etag"), read.text));
    }
    all
}

async fn write(by: &Staff, cast: &Cast, note: Value) -> stafett::kernel::ids::NoteId {
    let mut body = json!({"audience": "team", "kind": "agreed", "contains": [], "text": "A word."});
    if note["kind"] == "parents_health" {
        body["about_person_id"] = json!(cast.family.guardians[0].id);
    }
    if note["kind"] == "child_statement" {
        body["heard_on"] = json!("2026-11-20");
        body["heard_how"] = json!("alone");
        body["heard_weight"] = json!("Great weight.");
    }
    body.as_object_mut().expect("a body").extend(note.as_object().expect("an object").clone());
    by.post(cast.path("/notes")).json(body).send().await.expect(201).id("/id")
}

async fn delay(by: &User, disclosure: &str, body: Value) -> crate::support::Answer {
    by.post(format!("/v1/disclosures/{disclosure}/delays")).json(body).send().await
}

both_engines! {
    async fn the_family_learns_of_a_disclosure_at_once_in_neutral_words(world: World) {
        let cast = world.shared_case().await;
        let doctor = world.worker("kragero/bup").await;
        let note = write(&cast.teacher, &cast, json!({"kind": "school_life"})).await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let body = with(&of_note(cast.case, note, "danger_to_life_or_health", &doctor), &json!({"measure_ids": [measure]}));
        let made = disclose(&cast.teacher, &body).await.expect(201);
        assert_eq!(made.text("/inform_from"), world.in_days(0));
        let bup = json!("BUP");
        for guardian in &cast.family.guardians {
            let list = learned(guardian, &cast).await;
            assert_eq!(list.len(), 1);
            assert_eq!(list[0]["id"], made.body["id"]);
            assert_eq!(list[0]["kinds"], json!(["agreed", "school_life"]));
            assert_eq!(list[0]["laws"], json!([{"law": "fvl § 13 b no. 7", "valid_from": "2021-07-01"}]));
            assert_eq!((&list[0]["to_unit_name"], &list[0]["basis"]), (&bup, &json!("danger_to_life_or_health")));
            // Neither why, nor what, nor who received it there.
            let said = list[0].to_string();
            for secret in ["tonight", "A word.", "Play group", doctor.name.as_str(), &doctor.id.to_string()] {
                assert!(!said.contains(secret), "{secret} in {said}");
            }
            assert!(log_says(guardian, &cast).await);
        }
        let log = cast.family.guardians[0].get(cast.path("/access-log")).send().await.expect(200);
        assert!(log.text.contains("ga beskjed om en utlevering uten samtykke"), "{}", log.text);
        assert_eq!(world.inform().await, 0, "the line was written with the disclosure");
        for who in [&cast.teacher, &cast.nurse] {
            who.get(cast.path("/disclosures")).send().await.expect_problem(403, "forbidden");
        }
        finds_nothing(&doctor, &[cast.path("/disclosures")]).await;
        finds_nothing(&cast.family.guardians[0], &[format!("/v1/disclosures/{}", made.text("/id"))]).await;
    }

    async fn each_learns_only_of_what_they_may_know(world: World) {
        let cast = world.shared_case().await;
        let doctor = world.worker("kragero/bup").await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let withheld = [json!({"guardian_id": father.id, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": "It would harm."})];
        let from_father = write(&cast.teacher, &cast, json!({"withheld_from": withheld})).await;
        let by_mother = world.note(mother, cast.case, "team", "I am afraid of him.").await;
        let economy = write(&cast.nurse, &cast, json!({"kind": "parents_health"})).await;
        let statement = write(&cast.nurse, &cast, json!({"kind": "child_statement"})).await;
        let of_the_unit = write(&cast.nurse, &cast, json!({"kind": "health", "audience": "unit"})).await;
        for (by, note) in [
            (&cast.teacher, from_father), (&cast.teacher, by_mother), (&cast.nurse, economy), (&cast.nurse, statement),
            (&cast.nurse, of_the_unit),
        ] {
            disclose(by, &of_note(cast.case, note, "danger_to_life_or_health", &doctor)).await.expect(201);
        }
        let kinds = |list: Vec<Value>| -> Vec<Value> { list.iter().map(|row| row["kinds"].clone()).collect() };
        assert_eq!(kinds(learned(mother, &cast).await), [json!(["agreed"]), json!(["agreed"]), json!(["parents_health"]), json!(["health"])]);
        assert_eq!(kinds(learned(father, &cast).await), [json!(["health"])]);
        // One list is for both: the line is there for what both may know.
        let log = father.get(cast.path("/access-log?limit=200")).send().await.expect(200);
        let lines = log.items().iter().filter(|visit| visit["acts"] == json!(["informed_of_disclosure"])).count();
        assert_eq!(lines, 1);
        let line = "SELECT COUNT(*) FROM access_log WHERE action = 'inform_of_disclosure'";
        assert_eq!(world.number_of(line).await, 1);
        // Page by page, each sees the same.
        let mut paged = Vec::new();
        let mut path = cast.path("/disclosures?limit=1");
        loop {
            let page = mother.get(&path).send().await.expect(200);
            paged.extend(page.items().to_vec());
            let Some(cursor) = page.body["next_cursor"].as_str() else { break };
            path = cast.path(&format!("/disclosures?limit=1&cursor={cursor}"));
        }
        assert_eq!(paged, learned(mother, &cast).await);
    }

    async fn a_unit_whose_contact_is_secret_is_never_named(world: World) {
        let cast = world.shared_case().await;
        let note = write(&cast.teacher, &cast, json!({})).await;
        let centre = world.worker("kragero/bup").await;
        let secret = "UPDATE unit SET kind = 'crisis_centre', sector = 'other' WHERE key = 'bup' AND municipality = '4014'";
        disclose(&cast.teacher, &of_note(cast.case, note, "danger_to_life_or_health", &centre)).await.expect(201);
        assert_eq!(learned(&cast.family.guardians[0], &cast).await.len(), 1);
        assert_eq!(world.try_execute(secret).await.expect("a crisis centre"), 1);
        let line = "SELECT COUNT(*) FROM access_log WHERE action = 'inform_of_disclosure'";
        let lines = world.number_of(line).await;
        disclose(&cast.teacher, &of_note(cast.case, note, "danger_to_life_or_health", &centre)).await.expect(201);
        assert_eq!(world.number_of(line).await, lines);
        for guardian in &cast.family.guardians {
            assert!(learned(guardian, &cast).await.is_empty());
        }
    }

    async fn what_the_child_keeps_is_not_told_to_the_guardians_but_to_the_child(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let dentist = world.worker("kragero/fylkeskommunal-tannlege").await;
        let family = world.family(&teacher, 16, 1).await;
        let case = world.open_case(&teacher, &family.child).await;
        let youth = world.youth(&family.child).await;
        let consent = json!({
            "unit_ids": [nurse.unit.id], "purpose": "Help with health.", "valid_until": world.in_days(90), "text_version": "2026-1",
            "kinds": ["agreed", "health", "confidential_health"],
        });
        youth.post(format!("/v1/cases/{case}/consents")).json(consent).send().await.expect(201);
        world.add_to_team(&teacher, case, &nurse).await;
        let cast = Cast { teacher, nurse, family, case };
        let note = world.note(&cast.nurse, case, "team", "Comes on Tuesdays.").await;
        let body = of_note(case, note, "danger_to_life_or_health", &dentist);
        disclose(&cast.nurse, &body).await.expect(201);
        assert!(learned(&cast.family.guardians[0], &cast).await.is_empty(), "the clinic is the child's to know of");
        assert_eq!(learned(&youth, &cast).await.len(), 1);
        assert!(!log_says(&youth, &cast).await && !log_says(&cast.family.guardians[0], &cast).await);
        let known = world.note(&cast.teacher, case, "team", "Is here every day.").await;
        disclose(&cast.teacher, &of_note(case, known, "danger_to_life_or_health", &dentist)).await.expect(201);
        assert_eq!(learned(&cast.family.guardians[0], &cast).await.len(), 1);
    }

    async fn until_its_day_a_delayed_disclosure_leaves_no_trace_and_on_the_day_the_family_learns_of_it(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let doctor = world.worker("kragero/bup").await;
        let mother = &cast.family.guardians[0];
        let note = write(&cast.teacher, &cast, json!({})).await;
        let before = all_of(mother, &cast).await;
        let body = with(&of_note(cast.case, note, "danger_to_life_or_health", &doctor), &json!({"delay": world.delay(30)}));
        for wrong in [
            ("/delay/inform_from", json!({"inform_from": world.in_days(93)})), ("/delay/inform_from", json!({"inform_from": world.in_days(-1)})),
            ("/delay/ground", json!({"ground": "patient_under_age"})), ("/delay/ground", json!({"ground": "order_hindered"})),
            ("/delay/ground", json!({"ground": "because"})), ("/delay/reason", json!({"reason": null})),
        ] {
            let changed = with(&world.delay(30), &wrong.1);
            disclose(&cast.teacher, &with(&body, &json!({"delay": changed}))).await.expect_invalid(wrong.0);
        }
        let made = disclose(&cast.teacher, &body).await.expect(201);
        let id = made.text("/id");
        assert_eq!(made.text("/inform_from"), world.in_days(30));
        assert_eq!(world.inform().await, 0);
        assert_eq!(all_of(mother, &cast).await, before);
        assert!(!log_says(mother, &cast).await);
        // The leader looks again before the day.
        let task = leader.get("/v1/follow-ups").send().await.expect(200);
        assert_eq!((task.text("/items/0/kind"), task.text("/items/0/object_id")), ("review_informing".into(), id.clone()));
        assert_eq!(task.text("/items/0/due_on"), world.in_days(30));
        for who in [&doctor.user, &cast.teacher.user, &cast.nurse.user] {
            assert!(!who.get("/v1/follow-ups").send().await.expect(200).text.contains("review_informing"));
        }
        let path = format!("/v1/disclosures/{id}/delays");
        for who in [&cast.teacher, &leader] {
            let list = who.get(&path).send().await.expect(200);
            assert_eq!((list.text("/items/0/law"), list.text("/items/0/reason")), ("popplyl § 16 (1) b".into(), "A witness is heard first.".into()));
        }
        doctor.get(&path).send().await.expect_problem(403, "forbidden");
        for who in [&cast.nurse.user, &mother.user] {
            who.get(&path).send().await.expect_problem(404, "not-found");
            delay(who, &id, world.delay(40)).await.expect_problem(404, "not-found");
        }
        delay(&doctor, &id, world.delay(40)).await.expect_problem(403, "forbidden");
        // Another day, with a new ground. The bound is from the day it is set.
        world.advance(TimeDelta::days(29));
        delay(&leader, &id, world.delay(93)).await.expect_invalid("/inform_from");
        let set = delay(&leader, &id, world.delay(20)).await.expect(201);
        assert_eq!((&set.body["version"], set.text("/inform_from")), (&json!(2), world.in_days(20)));
        assert_eq!(leader.get(&path).send().await.expect(200).items().len(), 2);
        world.advance(TimeDelta::days(19));
        assert!(learned(mother, &cast).await.is_empty());
        assert_eq!(world.inform().await, 0);
        world.advance(TimeDelta::days(1));
        let list = learned(mother, &cast).await;
        assert_eq!((list.len(), &list[0]["inform_from"]), (1, &json!(world.in_days(0))));
        assert_eq!((world.inform().await, world.inform().await), (1, 0), "once");
        assert!(log_says(mother, &cast).await);
        assert!(!leader.get("/v1/follow-ups").send().await.expect(200).text.contains("review_informing"));
        delay(&leader, &id, world.delay(20)).await.expect_problem(409, "conflict");
    }

    async fn the_leader_can_have_the_family_informed_at_once(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let doctor = world.worker("kragero/bup").await;
        let note = write(&cast.teacher, &cast, json!({})).await;
        let id = world.disclosure(&cast.teacher, cast.case, &doctor, &json!(note)).await.to_string();
        assert!(learned(&cast.family.guardians[0], &cast).await.is_empty());
        delay(&leader, &id, world.delay(0)).await.expect(201);
        assert_eq!(learned(&cast.family.guardians[0], &cast).await.len(), 1);
        assert_eq!(world.inform().await, 1);
    }

    async fn the_family_never_learns_of_what_belongs_with_a_report_or_averts_an_offence(world: World) {
        let cast = world.shared_case().await;
        let welfare = world.worker("kragero/barnevern").await;
        let note = write(&cast.teacher, &cast, json!({})).await;
        for basis in ["child_welfare_report", "duty_to_avert"] {
            let body = of_note(cast.case, note, basis, &welfare);
            let at_last = json!({"delay": world.delay(1)});
            disclose(&cast.teacher, &with(&body, &at_last)).await.expect_invalid("/delay");
            let made = disclose(&cast.teacher, &body).await.expect(201);
            assert_eq!(made.body["inform_from"], Value::Null);
            delay(&cast.teacher, &made.text("/id"), world.delay(1)).await.expect_problem(409, "conflict");
        }
        // An order can be hindered, so it has a ground of its own.
        let order = with(&of_note(cast.case, note, "child_welfare_order", &welfare), &json!({"order_reference": "26/1147"}));
        let hindered = with(&world.delay(10), &json!({"ground": "order_hindered"}));
        let made = disclose(&cast.teacher, &with(&order, &json!({"delay": hindered}))).await.expect(201);
        let list = cast.teacher.get(format!("/v1/disclosures/{}/delays", made.text("/id"))).send().await.expect(200);
        assert_eq!(list.text("/items/0/law"), "bvl § 13-4");
        world.advance(TimeDelta::days(300));
        assert_eq!((world.inform().await, world.rows("disclosure_informing").await), (1, 1));
        assert_eq!(learned(&cast.family.guardians[0], &cast).await.len(), 1, "the order, and neither of the others");
    }
}

/// The migrations of SQLite, all or those before disclosures informed the family.
async fn migrate(connection: &mut SqliteConnection, before: bool) {
    let all = format!("{}/migrations/sqlite", env!("CARGO_MANIFEST_DIR"));
    let some = TempDir::new().expect("a folder");
    for file in std::fs::read_dir(&all).expect("migrations").map(|file| file.expect("a file")) {
        let name = file.file_name().into_string().expect("a name");
        if !before || *name < *"0027" {
            std::fs::copy(file.path(), some.path().join(name)).expect("copied");
        }
    }
    let migrator = Migrator::new(some.path()).await.expect("migrations");
    migrator.run(connection).await.expect("migrated");
}

/// The family is informed of old disclosures three months later, unless a leader sets another day.
#[tokio::test]
async fn disclosures_from_before_are_kept_and_told_later() {
    let folder = TempDir::new().expect("a folder");
    let options =
        SqliteConnectOptions::new().filename(folder.path().join("old.sqlite")).create_if_missing(true);
    let mut old = SqliteConnection::connect_with(&options.foreign_keys(true)).await.expect("a database");
    migrate(&mut old, true).await;
    let rows = "PRAGMA foreign_keys = OFF;
         INSERT INTO disclosure (municipality, id, case_id, child_id, child_name, child_birth_date, unit_id, disclosed_by, disclosed_by_name,
                                 basis, outside_recipient, reason, created_at)
         VALUES ('4014', x'01', x'05', x'06', 'C', '2017-01-01', x'07', x'08', 'D', 'danger_to_life_or_health', 'Police', 'R', '2026-01-01'),
                ('4014', x'02', x'05', x'06', 'C', '2017-01-01', x'07', x'08', 'D', 'duty_to_avert', 'Police', 'R', '2026-01-01');";
    old.execute(rows).await.expect("what was there before");
    migrate(&mut old, false).await;
    let kept: Vec<(Vec<u8>, String)> = sqlx::query_as("SELECT id, outside_kind FROM disclosure ORDER BY id")
        .fetch_all(&mut old)
        .await
        .expect("rows");
    assert_eq!(kept, [(vec![1], "other".into()), (vec![2], "other".into())]);
    let told: Vec<(Vec<u8>, Vec<u8>, i64)> = sqlx::query_as(
        "SELECT id, disclosure_id, CAST(julianday(inform_from) - julianday(date('now')) AS INTEGER) FROM disclosure_informing",
    )
    .fetch_all(&mut old)
    .await
    .expect("days");
    assert_eq!(told, [(vec![1], vec![1], 92)]);
}
