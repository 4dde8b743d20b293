//! The access log contains every access and attempt before the answer is sent, and never any content.

use serde_json::json;
use stafett::{access::public, fetch_all, kernel::ids::PersonId};

use crate::{
    cast::{Cast, at_once},
    support::{Answer, Call, Engine, Operation, PASSWORD, Role, Stage, World, both_engines},
};

/// A row of the log, as stored in the database.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Row {
    municipality: String,
    person_id: Option<PersonId>,
    action: String,
    object_type: String,
    object_id: Option<String>,
    decision: String,
    policies: String,
    legal_basis: String,
    shown: String,
    status: i64,
}

async fn log(world: &World) -> Vec<Row> {
    let sql = "SELECT municipality, person_id, action, object_type, object_id, decision, policies, legal_basis, shown, status
        FROM access_log ORDER BY id";
    let mut tx = world.db.read().await.expect("a transaction");
    fetch_all!(&mut tx, Row, sql).expect("the log")
}

/// Sends a request by a person who is already logged in. Exactly one entry exists when the answer arrives.
async fn one_entry(world: &World, call: Call) -> (Answer, Row) {
    let before = log(world).await.len();
    let answer = call.send().await;
    let mut after = log(world).await;
    assert_eq!(after.len(), before + 1, "one entry for one request: {:?}", &after[before..]);
    let row = after.pop().expect("an entry");
    assert_eq!(row.status, i64::from(answer.status), "{row:?}");
    (answer, row)
}

/// These rules must allow the request. The log must contain them, each with its legal basis.
async fn permitted(world: &World, call: Call, status: u16, action: &str, policy: &str) -> Row {
    let (answer, row) = one_entry(world, call).await;
    answer.expect(status);
    assert_eq!((row.action.as_str(), row.decision.as_str()), (action, "permit"), "{row:?}");
    let policies: Vec<String> = serde_json::from_str(&row.policies).expect("a list");
    assert!(policies.iter().any(|id| id == policy), "{policy} is not among {policies:?}");
    let basis: Vec<String> = serde_json::from_str(&row.legal_basis).expect("a list");
    assert!(!basis.is_empty() && basis.iter().all(|law| !law.is_empty()), "{row:?}");
    row
}

/// No rule may allow the request. The log must show the refusal.
async fn denied(world: &World, call: Call, status: u16, action: &str) -> Row {
    let (answer, row) = one_entry(world, call).await;
    answer.expect(status);
    assert_eq!((row.action.as_str(), row.decision.as_str()), (action, "deny"), "{row:?}");
    assert_eq!(
        (row.policies.as_str(), row.legal_basis.as_str(), row.shown.as_str()),
        ("[]", "[]", "[]"),
        "{row:?}"
    );
    row
}

/// The whole content of the log in one text.
async fn whole_log(world: &World) -> String {
    let sql = "SELECT municipality || ' ' || request_id || ' ' || COALESCE(client, '') || ' ' || roles || ' ' ||
        action || ' ' || object_type || ' ' || COALESCE(object_id, '') || ' ' || decision || ' ' || policies || ' ' ||
        legal_basis || ' ' || shown FROM access_log";
    let mut tx = world.db.read().await.expect("a transaction");
    let rows = fetch_all!(&mut tx, (String,), sql).expect("the log");
    rows.into_iter().map(|(row,)| row).collect::<Vec<_>>().join("\n")
}

/// Writes a word into every text.
async fn plant(world: &World, cast: &Cast, word: &str) {
    let (teacher, nurse) = (&cast.teacher, &cast.nurse);
    let mother = &cast.family.guardians[0];
    let concerns = format!("/v1/units/{}/concerns", teacher.unit.id);
    let concern =
        teacher.post(&concerns).json(json!({"facts": word, "child_says": word})).send().await.expect(201);
    let no_need = json!({"decision": "no_need", "reason": word});
    let path = format!("/v1/concerns/{}/decision", concern.text("/id"));
    teacher.post(path).json(no_need).if_match(1).send().await.expect(200);
    world.note(nurse, cast.case, "sector", word).await;
    world.note(mother, cast.case, "team", word).await;
    let patch = json!({"level": 2, "contains": [], "level_reason": word});
    teacher.patch(cast.path("")).json(patch).if_match(1).send().await.expect(200);
    teacher
        .post(cast.path("/goals"))
        .json(json!({"contains": [], "description": word}))
        .send()
        .await
        .expect(201);
    let meeting = world.meeting(teacher, cast.case, &[mother.id]).await;
    let minutes = json!({"contains": [], "minutes": word, "attended": [], "decisions": [{"text": word}]});
    let path = cast.path(&format!("/meetings/{meeting}/minutes"));
    teacher.put(path).json(minutes).if_match(1).send().await.expect(200);
    let body =
        json!({"to_person_id": nurse.id, "to_unit_id": nurse.unit.id, "contains": [], "message": word});
    let offer = teacher.post(cast.path("/handovers")).json(body).send().await.expect(201);
    let path = cast.path(&format!("/handovers/{}/decline", offer.text("/id")));
    nurse.post(path).json(json!({"contains": [], "answer": word})).send().await.expect(200);
    // Also if the request is refused, or the word is in a path of its own.
    teacher.post(cast.path("/goals")).json(json!({word: word})).send().await.expect(422);
    teacher.post(cast.path("/goals")).body("application/json", word.as_bytes()).send().await;
    teacher.get(cast.path(&format!("/notes?{word}={word}"))).send().await.expect(422);
    teacher.get(format!("/v1/cases/{word}")).send().await.expect(404);
    teacher.get(cast.path(&format!("/notes/{word}"))).send().await.expect(404);
    let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
    administrator
        .post(format!("/v1/municipalities/{word}/accounts"))
        .json(json!({}))
        .send()
        .await
        .expect(404);
    world.anonymous().log_in(word, word).await.expect(401);
}

both_engines! {
    async fn every_look_leaves_one_entry_with_the_rule_and_the_law_it_rests_on(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let mother = &cast.family.guardians[0];
        for user in [&cast.nurse.user, &leader.user, &mother.user] {
            user.token().await;
        }
        let (nurse, case) = (&cast.nurse, cast.case.to_string());
        let row = permitted(&world, nurse.get(cast.path("")), 200, "read_case", "case.team").await;
        assert_eq!((row.object_type.as_str(), row.object_id.as_deref()), ("Case", Some(case.as_str())));
        assert_eq!((row.person_id, row.municipality.as_str()), (Some(nurse.id), "4014"));
        permitted(&world, mother.get(cast.path("")), 200, "read_case", "case.family").await;
        permitted(&world, leader.get(cast.path("")), 200, "read_case", "case.leader").await;
        permitted(&world, nurse.get("/v1/me"), 200, "read_me", "desk.own").await;
        let child = format!("/v1/children/{}", cast.family.child.id);
        permitted(&world, nurse.get(child), 200, "read_child", "child.team").await;
        permitted(&world, nurse.get("/v1/follow-ups"), 200, "list_follow_ups", "desk.own").await;
        let staff = format!("/v1/units/{}/staff", cast.teacher.unit.id);
        permitted(&world, nurse.get(staff), 200, "list_staff", "organisation.colleagues").await;
        let body = json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Here."});
        let write = nurse.post(cast.path("/notes")).json(body);
        permitted(&world, write, 201, "write_note", "note.write").await;
        let own_log = mother.get(cast.path("/access-log"));
        permitted(&world, own_log, 200, "read_case_access_log", "case.access-log.family").await;
    }

    async fn every_refusal_leaves_one_entry_without_any_rule(world: World) {
        let cast = world.shared_case().await;
        let note = world.note(&cast.nurse, cast.case, "unit", "For the health centre.").await.to_string();
        let stranger = world.worker("porsgrunn/skole").await;
        for user in [&cast.teacher.user, &stranger.user] {
            user.token().await;
        }
        let case = cast.case.to_string();
        let row = denied(&world, stranger.get(cast.path("")), 404, "read_case").await;
        assert_eq!((row.object_id.as_deref(), row.municipality.as_str()), (Some(case.as_str()), "4014"));
        assert_eq!(row.person_id, Some(stranger.id));
        let hidden = cast.teacher.get(cast.path(&format!("/notes/{note}")));
        let row = denied(&world, hidden, 404, "read_note").await;
        assert_eq!((row.object_type.as_str(), row.object_id.as_deref()), ("Note", Some(note.as_str())));
        denied(&world, cast.teacher.get(cast.path("/access-log")), 403, "read_case_access_log").await;
        denied(&world, cast.teacher.get("/v1/access-log"), 403, "search_access_log").await;
        let write = stranger.post(cast.path("/notes")).json(json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Hello."}));
        denied(&world, write, 404, "write_note").await;
        // A missing object is logged in the municipality of the caller.
        let unknown = stranger.get(format!("/v1/cases/{note}"));
        let row = denied(&world, unknown, 404, "read_case").await;
        assert_eq!((row.object_id.as_deref(), row.municipality.as_str()), (Some(note.as_str()), "4001"));
    }

    async fn a_list_leaves_the_ids_of_what_it_showed_and_of_nothing_else(world: World) {
        let cast = world.shared_case().await;
        let hidden = world.note(&cast.nurse, cast.case, "sector", "For health.").await;
        let first = world.note(&cast.nurse, cast.case, "team", "For all.").await;
        let second = world.note(&cast.teacher, cast.case, "team", "For all.").await;
        let list = cast.teacher.get(cast.path("/notes"));
        let row = permitted(&world, list, 200, "list_notes", "case.team").await;
        assert_eq!(row.shown, json!([first, second]).to_string());
        assert!(!row.shown.contains(&hidden.to_string()));
        let page = cast.teacher.get(cast.path("/notes?limit=1"));
        let row = permitted(&world, page, 200, "list_notes", "case.team").await;
        assert_eq!(row.shown, json!([first]).to_string());
        let body = json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Written."});
        let (answer, row) = one_entry(&world, cast.teacher.post(cast.path("/notes")).json(body)).await;
        assert_eq!(row.shown, json!([answer.text("/id")]).to_string());
    }

    async fn a_list_across_cases_leaves_an_entry_for_each_case_it_showed(world: World) {
        let cast = world.shared_case().await;
        let child = world.child(&cast.teacher, 9).await;
        let second = world.open_case(&cast.teacher, &child).await;
        let before = log(&world).await.len();
        cast.teacher.get("/v1/cases").send().await.expect(200);
        let rows = log(&world).await.split_off(before);
        assert!(rows.iter().all(|row| (row.action.as_str(), row.decision.as_str(), row.status) == ("list_cases", "permit", 200)));
        let seen: Vec<_> = rows.iter().map(|row| (row.object_type.as_str(), row.object_id.clone().unwrap_or_default())).collect();
        assert_eq!(seen, [
            ("Person", cast.teacher.id.to_string()), ("Case", cast.case.to_string()), ("Case", second.to_string()),
        ]);
        assert_eq!((rows[0].policies.as_str(), rows[1].policies.as_str()), ("[\"desk.own\"]", "[\"case.team\"]"));
        let before = log(&world).await.len();
        cast.nurse.get("/v1/cases?limit=1").send().await.expect(200);
        let rows = log(&world).await.split_off(before);
        assert_eq!(rows.len(), 2, "nothing of the case that was not shown: {rows:?}");
    }

    async fn a_write_that_fails_is_in_the_log_too(world: World) {
        let cast = world.shared_case().await;
        let teacher = &cast.teacher;
        let patch = json!({"level": 2, "contains": [], "level_reason": "More is needed."});
        let goal = json!({"contains": [], "description": ""});
        let offer = json!({"to_person_id": teacher.id, "to_unit_id": teacher.unit.id});
        let reopen = json!({"level": 1, "contains": [], "level_reason": "Again.", "next_step": world.next_step()});
        for (call, status, action) in [
            (teacher.patch(cast.path("")).json(patch.clone()), 428, "update_case"),
            (teacher.patch(cast.path("")).json(patch).if_match(7), 412, "update_case"),
            (teacher.post(cast.path("/goals")).json(goal), 422, "create_goal"),
            (teacher.post(cast.path("/handovers")).json(offer), 422, "offer_handover"),
            (teacher.post(cast.path("/reopen")).json(reopen), 409, "reopen_case"),
            (teacher.post(cast.path("/goals")).body("text/plain", "goal"), 415, "create_goal"),
        ] {
            let row = permitted(&world, call, status, action, "case.contact-person").await;
            assert_eq!(row.shown, "[]", "nothing was changed: {row:?}");
        }
    }

    async fn a_write_answered_again_from_its_key_leaves_an_entry_of_its_own(world: World) {
        let cast = world.shared_case().await;
        let write = || {
            let body = json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Once."});
            cast.teacher.post(cast.path("/notes")).json(body).idempotency_key("note-1")
        };
        let (first, _) = one_entry(&world, write()).await;
        let (again, row) = one_entry(&world, write()).await;
        assert_eq!((first.status, &first.text), (again.status, &again.text));
        assert_eq!((row.action.as_str(), row.decision.as_str()), ("write_note", "permit"));
        assert_eq!(world.rows("note").await, 1);
    }

    async fn looks_at_the_same_time_leave_an_entry_each(world: World) {
        let cast = world.shared_case().await;
        let before = log(&world).await.len();
        let answers = at_once((0..24).map(|_| cast.nurse.get(cast.path("")))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(log(&world).await.len(), before + 24);
    }

    async fn log_ins_are_in_the_log_whether_they_succeed_or_not(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let anyone = world.anonymous();
        anyone.log_in(&teacher.username, PASSWORD).await.expect(200);
        anyone.log_in(&teacher.username, "not the password").await.expect(401);
        anyone.log_in("nobody.at.all", PASSWORD).await.expect(401);
        let rows = log(&world).await;
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (row.action.as_str(), row.decision.as_str(), row.status, row.municipality.as_str(), row.person_id))
            .collect();
        assert_eq!(seen, [
            ("log_in", "permit", 200, "4014", Some(teacher.id)),
            ("log_in", "deny", 401, "4014", Some(teacher.id)),
            ("log_in", "deny", 401, "0000", None),
        ]);
    }

    async fn every_operation_leaves_an_entry_for_every_caller(stage: Stage) {
        let world = stage.world();
        let stranger = world.anonymous();
        let mut operations = Operation::all();
        operations.retain(|operation| public::is_logged(&operation.id));
        // Ends the session of the caller.
        operations.sort_by_key(|operation| operation.id == "log_out");
        for operation in &operations {
            let sql = format!("SELECT COUNT(*) FROM access_log WHERE action = '{}'", operation.id);
            let before = world.number_of(&sql).await;
            let with_body = |call: Call| match &operation.example {
                Some(_) => call.json(stage.example(operation)),
                None => call,
            };
            with_body(stage.call(operation)).send().await;
            world.count_strangers().await;
            let after = world.number_of(&sql).await;
            assert!(after > before, "{} leaves no entry", operation.id);
            with_body(stranger.call(operation.method.clone(), stage.path(operation))).send().await;
            world.count_strangers().await;
            assert!(world.number_of(&sql).await > after, "{} leaves no entry of a stranger", operation.id);
        }
        assert!(operations.len() > 80, "{} operations", operations.len());
    }

    async fn the_database_refuses_to_change_the_log(world: World) {
        let cast = world.shared_case().await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let before = log(&world).await.len();
        let mut attempts = vec![
            "UPDATE access_log SET status = 200",
            "UPDATE access_log SET person_id = NULL WHERE action = 'read_case'",
            "DELETE FROM access_log",
            "DELETE FROM access_log WHERE action = 'read_case'",
        ];
        if world.engine == Engine::Postgres {
            attempts.push("TRUNCATE access_log");
        }
        for sql in attempts {
            let error = world.try_execute(sql).await.expect_err(sql);
            assert!(error.to_string().contains("append-only"), "{sql}: {error}");
            assert_eq!(log(&world).await.len(), before, "{sql}");
        }
    }

    async fn no_entry_is_put_in_the_place_of_another(world: World) {
        let cast = world.shared_case().await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let columns = "municipality, id, at, request_id, client, person_id, roles, action, object_type,
            object_id, case_id, child_id, decision, policies, legal_basis, shown, status";
        let from = "municipality, id, at, request_id, client, NULL, roles, 'read_me', object_type,
            object_id, case_id, child_id, decision, policies, legal_basis, shown, status FROM access_log
            WHERE action = 'read_case'";
        let sql = match world.engine {
            Engine::Sqlite => format!("INSERT OR REPLACE INTO access_log ({columns}) SELECT {from}"),
            Engine::Postgres => format!(
                "INSERT INTO access_log ({columns}) SELECT {from}
                 ON CONFLICT (municipality, id) DO UPDATE SET person_id = NULL, action = 'read_me'"
            ),
        };
        let replaced = world.try_execute(sql).await;
        assert!(replaced.is_err(), "entries were replaced: {replaced:?}");
        assert!(log(&world).await.iter().any(|row| row.action == "read_case"));
    }

    async fn no_content_and_no_name_is_ever_in_the_log(world: World) {
        const WORD: &str = "Sentinelord";
        let cast = world.shared_case().await;
        plant(&world, &cast, WORD).await;
        let whole = whole_log(&world).await;
        assert!(whole.contains("record_minutes") && whole.contains("log_in"), "the log is there");
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let child = &cast.family.child;
        let words: [&str; 10] = [
            WORD, &WORD.to_lowercase(), &child.name, child.national_id.as_str(), &mother.name, mother.national_id.as_str(),
            &father.name, &cast.teacher.name, &cast.teacher.username, PASSWORD,
        ];
        for word in words {
            let line = whole.lines().find(|line| line.contains(word));
            assert!(line.is_none(), "{word} is in {line:?}");
        }
    }
}
