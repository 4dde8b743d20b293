//! Referrals: they are agreed, answered, and followed up by someone who may know of them; a refusal sets a next step.

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::{
    cast::{Cast, finds_nothing},
    involvement::consent_of,
    support::{Answer, Call, Staff, User, World, both_engines, files},
};

/// A referral to BUP of the kind that is agreed, with the agreement of both guardians.
fn to_bup(world: &World, cast: &Cast) -> Value {
    let people: Vec<_> = cast.family.guardians.iter().map(|guardian| guardian.id).collect();
    json!({
        "kind": "agreed", "to_outside": "BUP in Telemark", "to_sector": "health", "referred_by": "The GP", "sent_on": world.in_days(-2),
        "agreed_by": people, "agreed_on": world.in_days(-3), "expected_on": world.in_days(20), "text": "He does not sleep.",
        "contains": [],
    })
}

async fn refer(by: &User, cast: &Cast, body: Value) -> Answer {
    by.post(cast.path("/referrals")).json(body).send().await
}

async fn referred(by: &User, cast: &Cast, body: Value) -> String {
    refer(by, cast, body).await.expect(201).text("/id")
}

async fn read(by: &User, cast: &Cast, note: &str) -> Answer {
    by.get(cast.path(&format!("/notes/{note}"))).send().await
}

fn answers(world: &World, by: &User, cast: &Cast, note: &str, more: Value) -> Call {
    let body = json!({"answered_on": world.in_days(0), "contains": []});
    by.post(cast.path(&format!("/notes/{note}/referral/answer")))
        .json(body)
        .with(&more)
        .header("if-match", "*")
}

async fn next_step(world: &World, cast: &Cast) -> Value {
    let settles = world.pending_step(&cast.teacher, cast.case).await;
    let mut next = world.next_step();
    next["what"] = json!("Talk with the parents about other help.");
    json!({"settles": settles, "outcome": "replaced", "reason": "The plan must change.", "contains": [], "next": next})
}

async fn due(by: &User, note: &str) -> usize {
    let due = by.get("/v1/follow-ups?limit=200").send().await.expect(200);
    due.items()
        .iter()
        .filter(|item| item["kind"] == "follow_up_referral" && item["object_id"] == note)
        .count()
}

fn follower(answer: &Answer) -> Value {
    answer.body["referral"]["followed_up_by"].clone()
}

/// Changes rows as someone with the database could. Returns whether the database let them.
async fn change(world: &World, sql: &str) -> bool {
    let mut tx = world.db.write().await.expect("a transaction");
    let sql = AssertSqlSafe(sql.to_owned());
    let done = stafett::execute!(&mut tx, sql).is_ok();
    tx.rollback().await.expect("rolled back");
    done
}

/// Everyone consents that a unit reads a kind of information.
async fn share(world: &World, cast: &Cast, staff: &Staff, kinds: &[&str]) {
    for guardian in &cast.family.guardians {
        let body = json!({
            "unit_ids": [staff.unit.id], "kinds": kinds, "purpose": "Cooperation.", "valid_until": world.in_days(90),
            "text_version": "2026-1",
        });
        guardian.post(cast.path("/consents")).json(body).send().await.expect(201);
    }
}

both_engines! {
    async fn a_referral_is_read_as_its_note_and_keeps_what_happens_to_it(world: World) {
        let cast = world.shared_case().await;
        let (mother, father) = (&cast.family.guardians[0], &cast.family.guardians[1]);
        let made = refer(&cast.teacher, &cast, to_bup(&world, &cast)).await.expect(201);
        let note = made.text("/id");
        assert_eq!(made.header("location"), Some(&*cast.path(&format!("/notes/{note}"))));
        assert_eq!((made.text("/referral/status"), follower(&made)), ("sent".into(), json!(cast.teacher.id)));
        assert_eq!(made.body["referral"]["agreed_by"].as_array().map(Vec::len), Some(2));
        let received = json!({"answer": "received"});
        answers(&world, &cast.teacher, &cast, &note, received.clone()).send().await.expect(200);
        answers(&world, &cast.teacher, &cast, &note, received).send().await.expect_problem(409, "conflict");
        let waits = json!({"answer": "accepted", "expected_on": world.in_days(90), "start_is_known": false, "reason": "There is a queue."});
        let seen = answers(&world, &cast.teacher, &cast, &note, waits).send().await.expect(200);
        assert_eq!((seen.text("/referral/status"), seen.body["version"].clone()), ("accepted".into(), json!(3)));
        let started = json!({"answer": "started"});
        answers(&world, &cast.teacher, &cast, &note, started.clone()).send().await.expect(200);
        answers(&world, &cast.teacher, &cast, &note, started).send().await.expect_problem(409, "conflict");
        for reader in [&cast.nurse.user, mother, father] {
            let seen = read(reader, &cast, &note).await.expect(200);
            assert_eq!((seen.text("/text"), seen.text("/referral/to_outside")), ("He does not sleep.".into(), "BUP in Telemark".into()));
            let events = seen.body["referral"]["events"].as_array().expect("events").clone();
            let kinds: Vec<_> = events.iter().map(|event| event["kind"].clone()).collect();
            assert_eq!(kinds, ["received", "accepted", "started"]);
            assert_eq!((&events[1]["to_day"], &events[1]["reason"]), (&json!(world.in_days(90)), &json!("There is a queue.")));
        }
        // Each guardian sees their own agreement only.
        let seen = read(mother, &cast, &note).await;
        assert_eq!(seen.body["referral"]["agreed_by"], json!([mother.id]));
        let list = father.get(cast.path("/notes")).send().await.expect(200);
        assert_eq!(list.items()[0]["referral"]["agreed_by"], json!([father.id]));
        let record = mother.get(cast.path("/record")).send().await.expect(200);
        assert!(files(&record.bytes).iter().any(|(_, text)| text.contains("Henvist til: BUP in Telemark") && text.contains("There is a queue.")));
        let stranger = world.worker("kragero/helsestasjon").await;
        finds_nothing(&stranger, &[cast.path(&format!("/notes/{note}"))]).await;
        refer(&stranger, &cast, to_bup(&world, &cast)).await.expect_problem(404, "not-found");
        refer(mother, &cast, to_bup(&world, &cast)).await.expect_problem(403, "forbidden");
    }

    async fn a_refusal_sets_the_next_step_of_the_case_in_the_same_transaction(world: World) {
        let cast = world.shared_case().await;
        let note = referred(&cast.nurse, &cast, to_bup(&world, &cast)).await;
        let before = world.pending_step(&cast.teacher, cast.case).await;
        let refused = json!({"answer": "refused", "reason": "Not in the target group."});
        answers(&world, &cast.nurse, &cast, &note, refused.clone()).send().await.expect_invalid("/next_step");
        let mut wrong = next_step(&world, &cast).await;
        wrong["next"]["due_on"] = json!(world.in_days(366));
        let call = answers(&world, &cast.nurse, &cast, &note, refused.clone()).with(&json!({"next_step": wrong}));
        let problem = call.send().await.expect(422);
        assert_eq!(problem.pointers(), ["/next_step/next/due_on"]);
        let mut late = next_step(&world, &cast).await;
        late["settles"] = json!(uuid::Uuid::now_v7());
        answers(&world, &cast.nurse, &cast, &note, refused.clone()).with(&json!({"next_step": late})).send().await.expect_problem(409, "conflict");
        assert_eq!((world.rows("referral_event").await, world.pending_step(&cast.teacher, cast.case).await), (0, before));
        let without = json!({"answer": "started", "next_step": next_step(&world, &cast).await});
        answers(&world, &cast.nurse, &cast, &note, without).send().await.expect_invalid("/next_step");
        let next = next_step(&world, &cast).await;
        let seen = answers(&world, &cast.nurse, &cast, &note, refused).with(&json!({"next_step": next})).send().await.expect(200);
        let step = world.pending_step(&cast.teacher, cast.case).await;
        assert_ne!(step, before);
        assert_eq!(seen.body["referral"]["events"][0]["next_step_id"], json!(step));
        assert_eq!((seen.text("/referral/status"), seen.body["referral"]["expected_on"].clone()), ("refused".into(), Value::Null));
        assert_eq!(due(&cast.nurse, &note).await, 0);
        let (event, bare) = ("SET kind = 'started'", "SET next_step_id = NULL");
        for sql in [event, bare] {
            assert!(!change(&world, &format!("UPDATE referral_event {sql}")).await, "{sql}");
        }
    }

    async fn what_is_wrong_with_a_referral_is_named_and_nothing_is_written(world: World) {
        let cast = world.shared_case().await;
        let (mother, child) = (&cast.family.guardians[0], cast.family.child.id);
        let welfare = world.worker("kragero/barnevern").await;
        let right = to_bup(&world, &cast);
        let report = "child-welfare-reports";
        for (field, value, pointer) in [
            ("agreed_by", json!([mother.id]), "/agreed_by"),
            ("agreed_by", json!([mother.id, mother.id]), "/agreed_by/1"),
            ("agreed_by", json!([mother.id, cast.nurse.id]), "/agreed_by/1"),
            ("agreed_on", json!(world.in_days(-1)), "/agreed_on"),
            ("sent_on", json!(world.in_days(1)), "/sent_on"),
            ("expected_on", json!(world.in_days(-1)), "/expected_on"),
            ("to_sector", json!("child_welfare"), "/to_sector"),
            ("to_sector", Value::Null, "/to_sector"),
            ("kind", json!("child_statement"), "/kind"),
            ("kind", json!("health"), "/kind"),
            ("kind", json!("journal"), "/kind"),
            ("about_person_id", json!(mother.id), "/about_person_id"),
            ("contains", json!(["health"]), "/contains/0"),
            ("followed_up_by", json!(cast.nurse.id), "/followed_up_from"),
            ("unit_id", json!(cast.nurse.unit.id), "/unit_id"),
            ("text", json!(""), "/text"),
        ] {
            let mut body = right.clone();
            body[field] = value;
            let answer = refer(&cast.teacher, &cast, body).await.expect(422);
            assert_eq!(answer.pointers(), [pointer], "{field}: {}", answer.text);
            assert!(pointer != "/to_sector" || field != "to_sector" || answer.text.contains(report) || answer.text.contains("required"));
        }
        let mut body = right.clone();
        body["followed_up_by"] = json!(welfare.id);
        body["followed_up_from"] = json!(welfare.unit.id);
        refer(&cast.teacher, &cast, body).await.expect_invalid("/followed_up_by");
        for unit in [json!(welfare.unit.id), json!(uuid::Uuid::now_v7())] {
            let mut body = right.clone();
            body["to_outside"] = Value::Null;
            body["to_sector"] = Value::Null;
            body["to_unit_id"] = unit;
            refer(&cast.teacher, &cast, body).await.expect_invalid("/to_unit_id");
        }
        assert_eq!((world.rows("note").await, world.rows("referral").await), (0, 0));
        let mut body = right;
        body["agreed_by"] = json!([mother.id, cast.family.guardians[1].id, child]);
        let made = refer(&cast.teacher, &cast, body).await.expect(201);
        assert!(made.body["referral"]["agreed_by"].as_array().expect("people").contains(&json!(child)), "the child as the case names it");
    }

    async fn a_day_moves_with_a_reason_that_the_family_reads(world: World) {
        let cast = world.shared_case().await;
        let note = referred(&cast.teacher, &cast, to_bup(&world, &cast)).await;
        let path = cast.path(&format!("/notes/{note}/referral"));
        let patch = |by: &User, body: Value| by.patch(&path).json(body);
        let moved = json!({"expected_on": world.in_days(40), "reason": "BUP is late.", "contains": []});
        patch(&cast.teacher, moved.clone()).send().await.expect_problem(428, "precondition-required");
        patch(&cast.teacher, moved.clone()).if_match(7).send().await.expect_problem(412, "version-mismatch");
        patch(&cast.teacher, json!({"expected_on": world.in_days(40)})).if_match(1).send().await.expect_invalid("/reason");
        patch(&cast.teacher, json!({"expected_on": world.in_days(20), "reason": "Later.", "contains": []})).if_match(1).send().await.expect_invalid("/expected_on");
        patch(&cast.nurse, moved.clone()).if_match(1).send().await.expect_problem(403, "forbidden");
        patch(&cast.family.guardians[0], moved.clone()).if_match(1).send().await.expect_problem(403, "forbidden");
        patch(&cast.teacher, moved).if_match(1).send().await.expect(200);
        let seen = read(&cast.family.guardians[1], &cast, &note).await.expect(200);
        let event = &seen.body["referral"]["events"][0];
        assert_eq!((&event["kind"], &event["reason"]), (&json!("day_moved"), &json!("BUP is late.")));
        assert_eq!((&event["from_day"], &event["to_day"]), (&json!(world.in_days(20)), &json!(world.in_days(40))));
        // The database keeps it: no day without its event, and no event is changed.
        for sql in [
            format!("UPDATE referral SET expected_on = '{}'", world.in_days(50)),
            "UPDATE referral SET status = 'started', expected_on = NULL".to_owned(),
            "UPDATE referral SET sent_on = agreed_on".to_owned(),
            "DELETE FROM referral_event".to_owned(),
            "DELETE FROM referral".to_owned(),
            "UPDATE referral_event SET reason = 'another'".to_owned(),
            "DELETE FROM referral_agreement".to_owned(),
        ] {
            assert!(!change(&world, &sql).await, "{sql}");
        }
        let withdrawn = json!({"withdrawn_on": world.in_days(0), "reason": "The family moves.", "contains": []});
        cast.teacher.post(format!("{path}/withdraw")).json(withdrawn.clone()).if_match(2).send().await.expect(200);
        cast.teacher.post(format!("{path}/withdraw")).json(withdrawn).if_match(3).send().await.expect_problem(409, "conflict");
    }

    async fn a_referral_on_health_is_nothing_to_a_contact_person_without_the_consents(world: World) {
        let cast = world.shared_case().await;
        share(&world, &cast, &cast.nurse, &["health"]).await;
        let mut body = to_bup(&world, &cast);
        body["kind"] = json!("health");
        body["followed_up_by"] = json!(cast.nurse.id);
        body["followed_up_from"] = json!(cast.nurse.unit.id);
        let mate = world.worker("kragero/helsestasjon").await;
        world.add_to_team(&cast.teacher, cast.case, &mate).await;
        let special = world.worker("kragero/ppt").await;
        world.all_consent(&cast.family, cast.case, &[&special.unit]).await;
        world.add_to_team(&cast.teacher, cast.case, &special).await;
        let mut to_ppt = body.clone();
        to_ppt["followed_up_by"] = json!(special.id);
        to_ppt["followed_up_from"] = json!(special.unit.id);
        refer(&cast.nurse, &cast, to_ppt).await.expect_invalid("/followed_up_by");
        let note = referred(&cast.nurse, &cast, body).await;
        // The unit that keeps the record reads it, because both parents let the clinic pass it on. PPT does not.
        assert_eq!((due(&cast.nurse, &note).await, due(&special, &note).await), (1, 0));
        finds_nothing(&special, &[cast.path(&format!("/notes/{note}"))]).await;
        let list = special.get(cast.path("/notes")).send().await.expect(200);
        assert!(!list.text.contains(&note) && !list.text.contains("BUP"));
        for body in [json!({"answer": "started"})] {
            answers(&world, &special, &cast, &note, body).send().await.expect_problem(404, "not-found");
        }
        let taken = refer(&special, &cast, json!({})).await;
        assert_eq!(taken.status, 422);
    }

    async fn the_duty_to_follow_up_rests_with_someone_who_may_read_it(world: World) {
        let cast = world.shared_case().await;
        // Nobody has consented to health: only the clinic reads what it writes.
        let mut body = to_bup(&world, &cast);
        body["kind"] = json!("health");
        let secret = referred(&cast.nurse, &cast, body).await;
        let open = referred(&cast.nurse, &cast, to_bup(&world, &cast)).await;
        finds_nothing(&cast.teacher, &[cast.path(&format!("/notes/{secret}"))]).await;
        assert_eq!((due(&cast.teacher, &secret).await, due(&cast.teacher, &open).await), (0, 1));
        let mate = world.worker("kragero/helsestasjon").await;
        world.add_to_team(&cast.teacher, cast.case, &mate).await;
        let team = cast.teacher.get(cast.path("/team")).send().await.expect(200);
        let seat = |who: &Staff| team.items().iter().find(|seat| seat["person_id"] == json!(who.id)).expect("a seat")["id"].clone();
        let end = |seat: Value| cast.teacher.delete(cast.path(&format!("/team/{}", seat.as_str().expect("an id")))).send();
        let mother = &cast.family.guardians[0];
        let version = read(mother, &cast, &secret).await.body["version"].clone();
        end(seat(&cast.nurse)).await.expect(204);
        assert_eq!(follower(&read(&cast.teacher, &cast, &open).await), json!(cast.teacher.id), "the contact person");
        let seen = read(&mate, &cast, &secret).await.expect(200);
        assert_eq!(follower(&seen), json!(mate.id), "the other nurse of the clinic");
        assert_eq!(seen.body["version"], version, "nothing that everyone sees has changed");
        assert_eq!((due(&mate, &secret).await, due(&cast.teacher, &secret).await), (1, 0));
        end(seat(&mate)).await.expect(204);
        let seen = read(mother, &cast, &secret).await.expect(200);
        assert_eq!(follower(&seen), Value::Null, "the family sees that nobody follows it up");
        assert_eq!(due(&cast.teacher, &secret).await, 0);
        finds_nothing(&cast.teacher, &[cast.path(&format!("/notes/{secret}"))]).await;
    }

    async fn a_referral_that_is_struck_out_is_nobodys_task(world: World) {
        let cast = world.shared_case().await;
        let note = referred(&cast.teacher, &cast, to_bup(&world, &cast)).await;
        let body = json!({"reason": "It is about another child.", "contains": []});
        cast.teacher.post(cast.path(&format!("/notes/{note}/strike-out"))).json(body).if_match(1).send().await.expect(200);
        let seen = read(&cast.family.guardians[0], &cast, &note).await.expect(200);
        assert_eq!((seen.body["referral"].clone(), seen.body["text"].clone()), (Value::Null, Value::Null));
        assert_eq!(due(&cast.teacher, &note).await, 0);
        answers(&world, &cast.teacher, &cast, &note, json!({"answer": "started"})).send().await.expect_problem(403, "forbidden");
    }

    async fn nobody_learns_from_a_referral_that_child_welfare_helps(world: World) {
        let cast = world.shared_case().await;
        let welfare = world.team_mate(&cast, "kragero/barnevern").await;
        let mut body = to_bup(&world, &cast);
        body["followed_up_by"] = json!(welfare.id);
        body["followed_up_from"] = json!(welfare.unit.id);
        refer(&cast.nurse, &cast, body.clone()).await.expect_invalid("/followed_up_by");
        let note = referred(&cast.teacher, &cast, body).await;
        let moved = json!({"expected_on": world.in_days(40), "reason": "BUP is late.", "contains": []});
        welfare.patch(cast.path(&format!("/notes/{note}/referral"))).json(moved).if_match(1).send().await.expect(200);
        let seen = read(&cast.nurse, &cast, &note).await.expect(200);
        assert!(!seen.text.contains(&welfare.id.to_string()) && !seen.text.contains(&welfare.name), "{}", seen.text);
        assert_eq!(seen.body["referral"]["events"][0]["recorded_by"], Value::Null);
        assert_eq!(follower(&read(&cast.teacher, &cast, &note).await), json!(welfare.id), "the contact person knows");
        // Another of child welfare takes it over: nothing changes for those who may not know.
        let tag = seen.header("etag").map(str::to_owned);
        let colleague = world.worker("kragero/barnevern").await;
        world.add_to_team(&cast.teacher, cast.case, &colleague).await;
        let passed = json!({"followed_up_by": colleague.id, "followed_up_from": colleague.unit.id});
        cast.teacher.patch(cast.path(&format!("/notes/{note}/referral"))).json(passed).if_match(2).send().await.expect(200);
        let again = read(&cast.nurse, &cast, &note).await;
        assert_eq!((again.header("etag").map(str::to_owned), again.text), (tag, seen.text));
    }

    async fn a_youth_agrees_to_what_the_youth_decides_on(world: World) {
        let cast = world.family_of_sixteen().await;
        let body = to_bup(&world, &cast);
        refer(&cast.teacher, &cast, body.clone()).await.expect_invalid("/agreed_by");
        let mut alone = body;
        alone["agreed_by"] = json!([cast.family.child.id]);
        referred(&cast.teacher, &cast, alone.clone()).await;
        alone["to_sector"] = json!("nav");
        refer(&cast.teacher, &cast, alone).await.expect_invalid("/agreed_by");
    }

    async fn what_a_parent_has_of_their_own_is_that_parents(world: World) {
        let cast = world.shared_case().await;
        let (mother, father) = (&cast.family.guardians[0], &cast.family.guardians[1]);
        consent_of(&world, mother, &cast, "parents_health").await;
        let mut body = to_bup(&world, &cast);
        body["kind"] = json!("parents_health");
        body["about_person_id"] = json!(mother.id);
        body["agreed_by"] = json!([father.id]);
        refer(&cast.nurse, &cast, body.clone()).await.expect_invalid("/agreed_by");
        body["agreed_by"] = json!([mother.id]);
        let note = referred(&cast.nurse, &cast, body).await;
        read(mother, &cast, &note).await.expect(200);
        finds_nothing(father, &[cast.path(&format!("/notes/{note}"))]).await;
    }
}
