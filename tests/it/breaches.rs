//! A look that is found to be without need has dated steps, which the auditors take one by one.

use chrono::{NaiveTime, TimeDelta};
use serde_json::{Value, json};

use crate::{
    cast::Cast,
    support::{Answer, Call, Guardian, Role, Staff, User, World, both_engines},
};

const STEPS: [&str; 4] = ["leader", "controller", "data_protection_authority", "registered_person"];

async fn auditor(world: &World) -> Staff {
    world.staff("kragero/oppvekst", Role::Auditor).await
}

/// A case that a leader of the school looks at without a task, and the review of that look, at noon.
async fn looked(world: &World) -> (Cast, Staff, String) {
    let midnight = world.now().with_time(NaiveTime::MIN).unwrap();
    world.advance(midnight + TimeDelta::days(1) - world.now() + TimeDelta::hours(10));
    let cast = world.shared_case().await;
    let leader = world.staff("kragero/skole", Role::UnitLeader).await;
    leader.get(cast.path("")).send().await.expect(200);
    world.advance(TimeDelta::hours(2));
    world.pick().await;
    let review = world.review_of(cast.family.child.id, leader.id).await.to_string();
    (cast, leader, review)
}

fn verdict(by: &User, review: &str, verdict: &str) -> Call {
    let body = json!({"verdict": verdict, "note": "Asked her and her leader."});
    by.post(format!("/v1/access-log/reviews/{review}/verdict")).json(body).header("if-match", "*")
}

/// An auditor reviews an emergency access.
async fn reviewed(auditor: &User, opened: &str, verdict: &str) {
    let path = format!("/v1/emergency-access/{opened}/review");
    let body = json!({"verdict": verdict, "note": "There was no danger."});
    auditor.post(path).json(body).if_match(1).send().await.expect(200);
}

fn path(breach: &str) -> String {
    format!("/v1/breaches/{breach}")
}

fn record(by: &User, breach: &str, version: i64, body: Value) -> Call {
    by.post(format!("{}/steps", path(breach))).json(body).if_match(version)
}

fn done(step: &str) -> Value {
    json!({"step": step, "outcome": "done", "how": "Notified on the phone."})
}

fn step<'a>(breach: &'a Answer, name: &str) -> &'a Value {
    let steps = breach.body["steps"].as_array().expect("steps");
    steps.iter().find(|step| step["step"] == name).expect("a step")
}

async fn pending(user: &User) -> Vec<Value> {
    let due = user.get("/v1/follow-ups").send().await.expect(200);
    due.items().iter().filter(|item| item["kind"] == "breach_step").cloned().collect()
}

both_engines! {
    async fn an_unjustified_look_opens_a_breach_with_dated_steps_and_no_other_does(world: World) {
        let (cast, leader, review) = looked(&world).await;
        let auditor = auditor(&world).await;
        verdict(&auditor, &review, "unclear").send().await.expect(200);
        auditor.get(path(&review)).send().await.expect_problem(404, "not-found");
        verdict(&auditor, &review, "unjustified").send().await.expect(200);
        let found = world.now();
        let breach = auditor.get(path(&review)).send().await.expect(200);
        assert_eq!((breach.text("/source"), breach.text("/status")), ("log_review".to_owned(), "open".to_owned()));
        assert_eq!(breach.body["person_id"], json!(leader.id));
        assert_eq!(breach.body["unit_id"], json!(leader.unit.id), "whose leader must be notified");
        assert_eq!((&breach.body["child_id"], &breach.body["case_id"]), (&json!(cast.family.child.id), &json!(cast.case)));
        for (name, hours) in STEPS.iter().zip([24, 24, 72, 72]) {
            let step = step(&breach, name);
            let due = step["due_at"].as_str().and_then(|at| at.parse().ok());
            assert_eq!(due, Some(found + TimeDelta::hours(hours)), "{name}");
            assert_eq!((&step["outcome"], &step["overdue"]), (&Value::Null, &json!(false)));
        }
        assert_eq!(step(&breach, "data_protection_authority")["legal_basis"], json!(["GDPR art. 33"]));
        assert_eq!(step(&breach, "registered_person")["legal_basis"], json!(["GDPR art. 34"]), "a school's record");
        let told: Vec<_> = breach.body["to_notify"].as_array().expect("people").iter()
            .map(|one| (one["name"].clone(), one["notified_as"].clone())).collect();
        let guardian = |one: &Guardian| (json!(one.name), json!("guardian"));
        assert_eq!(told[0], (json!(cast.family.child.name), json!("child")));
        for parent in cast.family.guardians.iter().map(guardian) {
            assert!(told.contains(&parent), "{told:?}");
        }
        let listed = auditor.get("/v1/breaches?status=open").send().await.expect(200);
        assert_eq!(listed.body["items"][0]["to_notify"], Value::Null);
        assert_eq!(listed.items().len(), 1);
        assert_eq!(auditor.get("/v1/breaches?status=closed").send().await.expect(200).items().len(), 0);
    }

    async fn a_justified_look_opens_none(world: World) {
        let (_, _, review) = looked(&world).await;
        let auditor = auditor(&world).await;
        verdict(&auditor, &review, "justified").send().await.expect(200);
        auditor.get(path(&review)).send().await.expect_problem(404, "not-found");
        assert_eq!(world.rows("breach").await, 0);
    }

    async fn the_breach_is_closed_when_each_step_is_done_or_has_its_reason(world: World) {
        let (_, _, review) = looked(&world).await;
        let auditor = auditor(&world).await;
        verdict(&auditor, &review, "unjustified").send().await.expect(200);
        let found = world.now();
        for (body, at) in [
            (json!({"step": "leader", "outcome": "done"}), "/how"),
            (json!({"step": "leader", "outcome": "done", "how": "Talked.", "reason": "It is early."}), "/reason"),
            (json!({"step": "leader", "outcome": "not_required"}), "/reason"),
            (json!({"step": "leader", "outcome": "not_required", "reason": "None leads it.", "how": "Talked."}), "/how"),
            (json!({"step": "leader", "outcome": "done", "how": "Talked.", "done_at": found - TimeDelta::hours(1)}), "/done_at"),
            (json!({"step": "leader", "outcome": "done", "how": "Talked.", "done_at": found + TimeDelta::hours(1)}), "/done_at"),
        ] {
            record(&auditor, &review, 1, body).send().await.expect_invalid(at);
        }
        record(&auditor, &review, 1, done("leader")).send().await.expect(200);
        record(&auditor, &review, 2, done("leader")).send().await.expect_problem(409, "conflict");
        record(&auditor, &review, 1, done("controller")).send().await.expect(412);
        world.advance(TimeDelta::hours(25));
        record(&auditor, &review, 2, done("controller")).send().await.expect_invalid("/reason");
        let mut in_time = json!({"step": "controller", "outcome": "done", "how": "By letter.", "done_at": found + TimeDelta::hours(24)});
        record(&auditor, &review, 2, in_time.clone()).send().await.expect_invalid("/reason");
        in_time["reason"] = json!("Recorded when the letter was back.");
        let left_out = json!({"step": "controller", "outcome": "not_required", "reason": "Nobody asked."});
        record(&auditor, &review, 2, left_out).send().await.expect_invalid("/outcome");
        record(&auditor, &review, 2, in_time).send().await.expect(200);
        world.advance(TimeDelta::hours(48));
        let late = json!({"step": "data_protection_authority", "outcome": "done", "how": "Altinn.", "reason": "It was a weekend."});
        let open = record(&auditor, &review, 3, late).send().await.expect(200);
        assert_eq!((open.text("/status"), &open.body["closed_at"]), ("open".to_owned(), &Value::Null));
        let not = json!({"step": "registered_person", "outcome": "not_required", "reason": "It would reveal where the child is."});
        record(&auditor, &review, 4, not).send().await.expect_invalid("/outcome");
        let letter = json!({"step": "registered_person", "outcome": "done", "how": "A letter.", "reason": "The address was found late."});
        let closed = record(&auditor, &review, 4, letter).send().await.expect(200);
        assert_eq!(closed.text("/status"), "closed");
        let last = step(&closed, "registered_person");
        assert_eq!((&last["outcome"], &last["done_by"]), (&json!("done"), &json!(auditor.id)));
        assert_eq!(step(&closed, "data_protection_authority")["reason"], "It was a weekend.");
        assert_eq!(auditor.get("/v1/breaches?status=open").send().await.expect(200).items().len(), 0);
        assert_eq!(pending(&auditor).await, [] as [Value; 0]);
    }

    async fn what_is_late_is_a_follow_up_of_the_auditors_and_of_nobody_else(world: World) {
        let (_, leader, review) = looked(&world).await;
        let auditor = auditor(&world).await;
        verdict(&auditor, &review, "unjustified").send().await.expect(200);
        let first = pending(&auditor).await;
        assert_eq!(first.len(), 1);
        assert_eq!((&first[0]["object_id"], &first[0]["overdue"]), (&json!(review), &json!(false)));
        world.advance(TimeDelta::hours(25));
        assert_eq!(pending(&auditor).await[0]["overdue"], json!(true));
        let breach = auditor.get(path(&review)).send().await.expect(200);
        assert_eq!(step(&breach, "leader")["overdue"], json!(true));
        assert_eq!(step(&breach, "registered_person")["overdue"], json!(false));
        for other in [&leader, &world.staff("porsgrunn/skole", Role::Auditor).await] {
            assert_eq!(pending(other).await, [] as [Value; 0]);
        }
    }

    async fn an_emergency_access_that_was_not_justified_opens_a_breach(world: World) {
        let cast = world.school_case().await;
        let auditor = auditor(&world).await;
        let opened = world.open_in_emergency(&cast.nurse, json!({"case_id": cast.case})).await.text("/id");
        cast.nurse.get(cast.path("")).send().await.expect(200);
        reviewed(&auditor, &opened, "not_justified").await;
        let breach = auditor.get(path(&opened)).send().await.expect(200);
        assert_eq!((breach.text("/source"), &breach.body["person_id"]), ("emergency_access".to_owned(), &json!(cast.nurse.id)));
        assert_eq!(breach.body["unit_id"], json!(cast.nurse.unit.id));
        assert_eq!(step(&breach, "registered_person")["legal_basis"], json!(["pjl § 22 a", "GDPR art. 34"]), "she is in health");
        let mother = &cast.family.guardians[0];
        record(&auditor, &opened, 1, done("registered_person")).send().await.expect(200);
        let log = mother.get(cast.path("/access-log?limit=200")).send().await.expect(200);
        let marked = log.items().iter().filter(|visit| !visit["unjustified_notice_on"].is_null()).collect::<Vec<_>>();
        assert!(marked.len() == 1 && marked[0]["person_name"] == json!(cast.nurse.name), "{}", log.text);
    }

    async fn an_auditor_controls_an_emergency_access_whatever_the_first_verdict(world: World) {
        for (first, breaches) in [("justified", 0), ("not_justified", 1)] {
            let cast = world.school_case().await;
            let before = world.rows("breach").await;
            let (reviewer, other) = (auditor(&world).await, auditor(&world).await);
            let opened = world.open_in_emergency(&cast.nurse, json!({"case_id": cast.case})).await.text("/id");
            cast.nurse.get(cast.path("")).send().await.expect(200);
            reviewed(&reviewer, &opened, first).await;
            assert_eq!(world.rows("breach").await - before, breaches);
            world.advance(TimeDelta::hours(4));
            world.pick().await;
            let review = world.review_of(cast.family.child.id, cast.nurse.id).await.to_string();
            verdict(&other, &review, "unjustified").send().await.expect(200);
            assert_eq!(world.rows("breach").await - before, 1, "a look has one breach");
        }
    }

    async fn nobody_handles_or_learns_of_the_breach_of_their_own_look(world: World) {
        let (_, leader, review) = looked(&world).await;
        let auditor = auditor(&world).await;
        verdict(&auditor, &review, "unjustified").send().await.expect(200);
        record(&auditor, &review, 1, done("leader")).send().await.expect(200);
        let office = auditor.unit.clone();
        world.grant(&leader, &office, Role::Auditor).await;
        leader.get(path(&review)).send().await.expect_problem(404, "not-found");
        record(&leader, &review, 2, done("controller")).send().await.expect_problem(404, "not-found");
        assert_eq!(leader.get("/v1/breaches").send().await.expect(200).items().len(), 0);
        assert_eq!(pending(&leader).await, [] as [Value; 0]);
        world.seal().await;
        for action in ["record_breach_step", "give_log_verdict"] {
            let searched = leader.get(format!("/v1/access-log?action={action}")).send().await.expect(200);
            assert!(!searched.text.contains(&review), "{action}: {}", searched.text);
        }
        let question = json!({"person_id": auditor.id, "action": "read_breach", "resource": {"breach_id": review}});
        let answer = leader.post("/v1/access/explain").json(question).send().await.expect(200);
        assert_eq!(answer.body["known"], json!(false), "{}", answer.text);
    }

    async fn the_family_reads_it_in_its_log_once_it_is_told_and_not_before(world: World) {
        let (cast, leader, review) = looked(&world).await;
        let auditor = auditor(&world).await;
        verdict(&auditor, &review, "unjustified").send().await.expect(200);
        record(&auditor, &review, 1, done("leader")).send().await.expect(200);
        let log = async |reader: &User| reader.get(cast.path("/access-log?limit=200")).send().await.expect(200);
        for reader in &cast.family.guardians {
            let before = log(reader).await;
            assert!(before.items().iter().all(|visit| visit["unjustified_notice_on"].is_null()), "{}", before.text);
        }
        let told_on = world.in_days(0);
        record(&auditor, &review, 2, done("registered_person")).send().await.expect(200);
        for reader in &cast.family.guardians {
            let after = log(reader).await;
            let marked: Vec<&Value> = after.items().iter().filter(|visit| !visit["unjustified_notice_on"].is_null()).collect();
            assert!(marked.len() == 1 && marked[0]["person_name"] == json!(leader.name), "{}", after.text);
            assert_eq!(marked[0]["unjustified_notice_on"], told_on);
            assert!(marked[0]["words"]["no"].as_str().is_some_and(|words| words.contains("ikke var nødvendig")), "{}", after.text);
            assert!(!after.text.contains(&auditor.name) && !after.text.contains("phone"), "no word of the control");
        }
        cast.teacher.get(path(&review)).send().await.expect_problem(404, "not-found");
    }
}
