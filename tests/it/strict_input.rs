//! Invalid input is refused with the name of the field, and nothing is written.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Answer, Call, Operation, Staff, Stage, World, both_engines, uses_up};

/// Sends each body, which must be refused at the given pointer. Nothing may be written.
async fn refuse(world: &World, call: Call, bodies: impl IntoIterator<Item = (&str, Value)>) {
    let before = world.all_rows().await;
    for (place, body) in bodies {
        call.clone().json(body).send().await.expect_invalid(place);
    }
    assert_eq!(world.all_rows().await, before);
}

/// The body with one member replaced by each of these values.
fn each<'a>(good: &Value, changes: impl IntoIterator<Item = (&'a str, Value)>) -> Vec<(String, Value)> {
    let changed = |(name, value): (&str, Value)| {
        let mut body = good.clone();
        body[name] = value;
        (format!("/{name}"), body)
    };
    changes.into_iter().map(changed).collect()
}

/// The body without each of its required members in turn.
fn without(good: &Value, required: &[&str]) -> Vec<(String, Value)> {
    let less = |name: &&str| {
        let mut body = good.clone();
        body.as_object_mut().expect("an object").remove(*name);
        (format!("/{name}"), body)
    };
    let null = |name: &&str| {
        let mut body = good.clone();
        body[*name] = Value::Null;
        (format!("/{name}"), body)
    };
    required.iter().map(less).chain(required.iter().map(null)).collect()
}

async fn refuse_all(world: &World, call: Call, bodies: Vec<(String, Value)>) {
    refuse(world, call, bodies.iter().map(|(place, body)| (place.as_str(), body.clone()))).await;
}

both_engines! {
    async fn a_child_that_cannot_be_is_not_registered(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let call = teacher.post(format!("/v1/units/{}/children", teacher.unit.id));
        let good = json!({"name": "Iben Fjellheim", "birth_date": "2019-05-17"});
        let mut bodies = each(&good, [
            ("nickname", json!("Ib")), ("Name", json!("Iben")), ("id", json!(1)),
            ("name", json!(7)), ("name", json!(["Iben"])), ("name", json!({})), ("name", json!(true)),
            ("name", json!("")), ("name", json!(" \n\t ")), ("name", json!("å".repeat(201))), ("name", json!("a\u{0}b")),
            ("birth_date", json!("2019-02-30")), ("birth_date", json!("17.05.2019")), ("birth_date", json!(20190517)),
            ("birth_date", json!("2019-05-17T00:00:00Z")), ("birth_date", json!("+12019-05-17")), ("birth_date", json!("")),
            ("national_id", json!("1234")), ("national_id", json!("12345678901")), ("national_id", json!(12_345_678_901_i64)),
            ("national_id", json!("1234567890a")), ("national_id", json!("32819012345")), ("national_id", json!("")),
        ]);
        bodies.extend(without(&good, &["name"]));
        bodies.push(("/birth_date".into(), json!({"name": "Iben Fjellheim"})));
        let number = world.child_number(6);
        bodies.push(("/birth_date".into(), json!({"name": "Iben", "national_id": number.as_str(), "birth_date": "2001-01-01"})));
        refuse_all(&world, call.clone(), bodies).await;
        call.json(good).send().await.expect(201);
    }

    async fn a_guardian_without_a_possible_number_or_with_half_an_answer_is_not_registered(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        let call = teacher.post(format!("/v1/children/{}/guardians", child.id));
        let good = json!({
            "national_id": world.adult_number().as_str(), "name": "Alma Fjellheim",
            "parental_responsibility": true, "lives_with_child": false,
        });
        let mut bodies = each(&good, [
            ("parental_responsibility", json!("true")), ("parental_responsibility", json!(1)), ("lives_with_child", json!("no")),
            ("national_id", json!("00000000000")), ("national_id", json!(child.national_id.as_str())), ("ended", json!(false)),
        ]);
        bodies.extend(without(&good, &["name", "parental_responsibility", "lives_with_child"]));
        refuse_all(&world, call.clone(), bodies).await;
        call.json(good).send().await.expect(201);
    }

    async fn a_decision_names_what_is_wrong_in_it(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        let concern = world.concern(&teacher, &child).await;
        let call = teacher.post(format!("/v1/concerns/{concern}/decision")).if_match(1);
        let good = json!({
            "decision": "open_case", "reason": "The guardians agree.", "contains": [], "case_reason": "Finds it hard to join in play.",
            "level": 1, "agreed_with": "guardians", "agreed_on": "2026-11-20", "next_step": world.next_step(),
        });
        let mut bodies = each(&good, [
            ("decision", json!("wait")), ("decision", json!(1)), ("case_id", json!(concern)),
            ("level", json!(4)), ("level", json!(-1)), ("level", json!("1")), ("level", json!(1.5)),
            ("agreed_with", json!("nobody")), ("agreed_on", json!("2026-13-01")), ("agreed_on", json!(world.in_days(1))),
            ("reason", json!(" ")), ("case_reason", json!("x".repeat(10_001))),
        ]);
        bodies.extend(without(&good, &["decision", "reason", "case_reason", "level", "agreed_with", "agreed_on", "next_step"]));
        refuse_all(&world, call.clone(), bodies).await;
        call.json(good).send().await.expect(200);
    }

    async fn a_fault_deep_in_a_body_is_named_by_its_whole_path(stage: Stage) {
        let world = stage.world();
        let minutes = Operation::named("record_minutes");
        let measure = json!({
            "title": "Play group", "level": "selective", "contains": [], "responsible_id": stage.teacher.id,
            "responsible_unit_id": stage.teacher.unit.id, "evaluate_on": world.in_days(30),
        });
        let body = |measure: Value| json!({
            "contains": [], "minutes": "We talked.", "attended": [], "decisions": [{"text": "First."}, {"text": "Second.", "measure": measure}],
        });
        let bodies = each(&measure, [
            ("evaluate_on", json!("soon")), ("evaluate_on", json!(world.in_days(-1))), ("level", json!("high")),
            ("responsible_id", json!(7)), ("responsible_id", json!(uuid::Uuid::now_v7())), ("cost", json!(1)),
            ("title", json!("x".repeat(201))),
        ]);
        let bodies = bodies.into_iter().map(|(place, measure)| (format!("/decisions/1/measure{place}"), body(measure)));
        refuse_all(world, stage.call(&minutes), bodies.collect()).await;
        refuse(world, stage.call(&minutes), [
            ("/decisions/0/text", json!({"contains": [], "minutes": "We talked.", "attended": [], "decisions": [{"text": ""}]})),
            ("/decisions/0", json!({"contains": [], "minutes": "We talked.", "attended": [], "decisions": ["text"]})),
            ("/attended/1", json!({"contains": [], "minutes": "We talked.", "attended": [stage.nurse.id, "nobody"]})),
            ("/decisions", json!({"contains": [], "minutes": "We talked.", "attended": [], "decisions": {}})),
        ]).await;
    }

    async fn a_consent_to_nothing_or_for_no_time_is_not_taken(stage: Stage) {
        let world = stage.world();
        let give = Operation::named("give_consent");
        let good = stage.example(&give);
        let unit = stage.nurse.unit.id;
        let too_many: Vec<_> = std::iter::repeat_with(uuid::Uuid::now_v7).take(51).collect();
        let mut bodies = each(&good, [
            ("unit_ids", json!([])), ("unit_ids", json!("all")), ("unit_ids", json!(too_many)),
            ("valid_until", json!("2026-11-21")), ("valid_until", json!("9999-99-99")), ("valid_from", json!("2027-08-01")),
            ("form", json!("telepathic")), ("given_by", json!("me")), ("purpose", json!("")), ("text_version", json!("å".repeat(201))),
        ]);
        let too_late = bodies.iter_mut().find(|(place, _)| place == "/valid_from").expect("a place");
        too_late.0 = "/valid_until".into();
        for (at, units) in [(0, json!(["x"])), (1, json!([unit, uuid::Uuid::now_v7()])), (1, json!([unit, unit]))] {
            let mut body = good.clone();
            body["unit_ids"] = units;
            bodies.push((format!("/unit_ids/{at}"), body));
        }
        bodies.extend(without(&good, &["unit_ids", "purpose", "valid_until", "text_version"]));
        refuse_all(world, stage.call(&give), bodies).await;
        stage.call(&give).json(good).send().await.expect(201);
    }

    async fn a_member_given_twice_is_refused(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let before = world.all_rows().await;
        let body = r#"{"facts": "Plays alone.", "facts": "Plays with all."}"#;
        let call = teacher.post(format!("/v1/units/{}/concerns", teacher.unit.id));
        call.body("application/json", body).send().await.expect_invalid("/facts");
        assert_eq!(world.all_rows().await, before);
    }

    async fn what_is_not_json_is_refused_and_not_guessed_at(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let call = teacher.post(format!("/v1/units/{}/concerns", teacher.unit.id));
        let good = r#"{"facts": "Plays alone."}"#;
        let before = world.all_rows().await;
        for (content_type, body, status, slug) in [
            ("application/json", "", 400, "bad-request"),
            ("application/json", "facts", 400, "bad-request"),
            ("application/json", r#"{"facts": "Plays alone."} {}"#, 400, "bad-request"),
            ("application/json", r#"{"facts": "Plays alone.",}"#, 400, "bad-request"),
            ("application/json", r#"{'facts': 'Plays alone.'}"#, 400, "bad-request"),
            ("text/plain", good, 415, "unsupported-media-type"),
            ("application/xml", good, 415, "unsupported-media-type"),
            ("application/x-www-form-urlencoded", "facts=alone", 415, "unsupported-media-type"),
            ("application/jsonx", good, 415, "unsupported-media-type"),
        ] {
            let refused = call.clone().body(content_type, body).send().await.expect_problem(status, slug);
            assert_eq!(refused.pointers(), if status == 415 { &["Content-Type"][..] } else { &[] });
        }
        let large = json!({"facts": "x".repeat(256 * 1024)});
        call.clone().json(large).send().await.expect_problem(413, "too-large");
        assert_eq!(world.all_rows().await, before);
        call.clone().body("application/json; charset=utf-8", good).send().await.expect(201);
        call.body("Application/JSON", good).send().await.expect(201);
    }

    async fn a_query_that_is_not_understood_is_refused(stage: Stage) {
        for operation in Operation::all() {
            let parameters = operation.says["parameters"].as_array().cloned().unwrap_or_default();
            let known: Vec<&str> = parameters.iter().filter(|it| it["in"] == "query").filter_map(|it| it["name"].as_str()).collect();
            if known.is_empty() {
                continue;
            }
            let required = if operation.id == "prove_log_consistency" { "from=1&" } else { "" };
            let get = |query: &str| {
                let path = format!("{}?{required}{query}", stage.path(&operation));
                stage.actor(&operation).call(operation.method.clone(), path).send()
            };
            let plain = required.trim_end_matches('&');
            if operation.method == "GET" {
                let plain = stage.actor(&operation).get(format!("{}?{plain}", stage.path(&operation))).send().await;
                assert_eq!(plain.status, 200, "{}", operation.id);
            }
            get("sort=name").await.expect_invalid("?sort");
            if known.contains(&"limit") {
                assert_eq!(get("limit=1").await.status, 200, "{}", operation.id);
                get("limit=1&limit=2").await.expect_invalid("?limit");
                get("limit=0").await.expect_invalid("?limit");
                get("limit=201").await.expect_invalid("?limit");
                get("limit=+5").await.expect_invalid("?limit");
            }
            if known.contains(&"cursor") {
                get("cursor=nonsense").await.expect_invalid("?cursor");
            }
            for name in known {
                get(&format!("{name}=&{name}=")).await.expect_invalid(&format!("?{name}"));
            }
        }
    }
}

both_engines! {
    async fn a_change_names_the_version_that_was_read(stage: Stage) {
        let world = stage.world();
        let before = world.all_rows().await;
        let mut met = 0;
        // An open case cannot be reopened, whatever the version.
        let versioned = |operation: &Operation| operation.wants_if_match() && operation.id != "reopen_case";
        for operation in Operation::writes().iter().filter(|operation| versioned(operation)) {
            let call = stage.actor(operation).call(operation.method.clone(), stage.path(operation));
            let call = if operation.takes_body() { call.json(stage.example(operation)) } else { call };
            call.clone().send().await.expect_problem(428, "precondition-required");
            for stale in ["\"0\"", "\"99\"", "W/\"99\"", "\"\"", "\"7\", \"9\""] {
                call.clone().header("if-match", stale).send().await.expect_problem(412, "version-mismatch");
            }
            for malformed in ["", "1", "\"1", "\"1\" \"2\"", "\"1\", *"] {
                let answer = call.clone().header("if-match", malformed).send().await;
                assert_eq!(answer.expect_problem(400, "bad-request").pointers(), ["If-Match"]);
            }
            met += 1;
        }
        assert!(met >= 9, "only {met} operations ask for a version");
        assert_eq!(world.all_rows().await, before);
    }

    async fn of_two_changes_to_one_version_one_is_refused(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        let change = |level: i64| {
            let body = json!({"level": level, "contains": [], "level_reason": "More is needed."});
            teacher.patch(format!("/v1/cases/{case}")).json(body).if_match(1).send()
        };
        let (one, two) = tokio::join!(change(2), change(1));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let now = teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
        assert!(now.etag().starts_with("\"2."), "{}", now.etag());
        assert_eq!(now.body["version"], 2);
    }
}

/// The parts of an answer that a client sees.
fn seen(answer: &Answer) -> (u16, &str, Option<&str>, Option<&str>) {
    (answer.status, &answer.text, answer.header("location"), answer.header("etag"))
}

async fn record_concern(by: &Staff, key: &str, facts: &str) -> Answer {
    let call = by.post(format!("/v1/units/{}/concerns", by.unit.id)).json(json!({"facts": facts}));
    call.idempotency_key(key).send().await
}

both_engines! {
    async fn a_post_sent_again_with_its_key_is_done_once_and_answered_the_same(stage: Stage) {
        let mut stage = stage;
        let mut met = 0;
        for operation in Operation::writes().into_iter().filter(Operation::takes_body) {
            // After answering an offer there is none to answer. The others are not possible on this stage at first.
            let gone = ["accept_handover", "decline_handover"];
            let settled = ["offer_handover", "plan_transition", "add_team_member", "close_case", "reopen_case"];
            let left_out = gone.contains(&operation.id.as_str()) || settled.contains(&operation.id.as_str());
            if left_out || !operation.takes_idempotency_key() {
                continue;
            }
            if operation.wants_if_match() {
                stage = stage.again().await;
            }
            let call = stage.call(&operation).json(stage.example(&operation)).idempotency_key(&operation.id);
            let first = call.clone().send().await;
            assert!(first.status < 300, "{}: {first:?}", operation.id);
            let after = stage.world().all_rows().await;
            let second = call.send().await;
            assert_eq!(seen(&second), seen(&first), "{}", operation.id);
            assert_eq!(stage.world().all_rows().await, after, "{}", operation.id);
            met += 1;
            // The example is about the child that is registered next: a person who is disqualified may not read it again.
            let disqualifies = operation.id == "declare_conflict_of_interest";
            if disqualifies || uses_up(&operation.id) {
                stage = stage.again().await;
            }
        }
        assert!(met >= 12, "only {met} were tried");
        stage.finish().await;
    }

    async fn a_key_belongs_to_one_request_of_one_person(world: World) {
        let (teacher, colleague) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let first = record_concern(&teacher, "monday", "Plays alone.").await.expect(201);
        record_concern(&teacher, "monday", "Plays with all.").await.expect_problem(422, "idempotency-key-reused");
        let elsewhere = teacher.post(format!("/v1/units/{}/children", teacher.unit.id)).idempotency_key("monday");
        let elsewhere = elsewhere.json(json!({"name": "Iben", "birth_date": "2019-05-17"})).send().await;
        elsewhere.expect_problem(422, "idempotency-key-reused");
        assert_eq!((world.rows("concern").await, world.rows("child").await), (1, 0));

        let other = record_concern(&colleague, "monday", "Plays alone.").await.expect(201);
        assert_ne!(other.text("/id"), first.text("/id"));
        let again = record_concern(&teacher, "monday", "Plays alone.").await;
        assert_eq!(seen(&again), seen(&first));
        assert_eq!(world.rows("concern").await, 2);
    }

    async fn a_key_that_failed_can_be_used_again(world: World) {
        let teacher = world.worker("kragero/skole").await;
        record_concern(&teacher, "monday", " ").await.expect_invalid("/facts");
        record_concern(&teacher, "monday", "Plays alone.").await.expect(201);
    }

    async fn a_key_that_is_no_key_is_refused(world: World) {
        let teacher = world.worker("kragero/skole").await;
        for key in ["", "\"\"", &"k".repeat(101), "nøkkel"] {
            let refused = record_concern(&teacher, key, "Plays alone.").await.expect_problem(400, "bad-request");
            assert_eq!(refused.pointers(), ["Idempotency-Key"], "{key}");
        }
        assert_eq!(world.rows("concern").await, 0);
        record_concern(&teacher, &"k".repeat(100), "Plays alone.").await.expect(201);
    }

    async fn posts_sent_at_once_with_one_key_make_one_row(world: World) {
        let teacher = world.worker("kragero/skole").await;
        teacher.token().await;
        for round in 0..5 {
            let mut sent = JoinSet::new();
            for _ in 0..6 {
                let teacher = teacher.clone();
                sent.spawn(async move { record_concern(&teacher, &format!("key {round}"), "Plays alone.").await });
            }
            let answers = sent.join_all().await;
            assert!(answers.iter().all(|answer| seen(answer) == seen(&answers[0])), "{answers:?}");
            assert_eq!(answers[0].status, 201);
            assert_eq!(world.rows("concern").await, round + 1);
        }
    }
}

both_engines! {
    async fn a_query_where_none_is_taken_is_refused_and_nothing_is_written(world: World) {
        let teacher = world.worker("kragero/skole").await;
        teacher.get("/v1/me?nonsense=1").send().await.expect_invalid("?nonsense");
        let before = world.rows("concern").await;
        let body = json!({"facts": "Seen and heard."});
        let path = format!("/v1/units/{}/concerns", teacher.unit.id);
        teacher.post(format!("{path}?dry_run=true")).json(body.clone()).send().await.expect_invalid("?dry_run");
        assert_eq!(world.rows("concern").await, before);
        teacher.post(path).json(body).send().await.expect(201);
    }
}
