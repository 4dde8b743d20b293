//! Any request to any operation gets an answer that the API document names, and never an internal error.

use serde_json::{Value, json};
use stafett::kernel::NationalId;

use crate::support::{Answer, Operation, Stage, World, both_engines, uses_up};

/// The operations with a body. Those that end things come last.
fn with_body() -> Vec<Operation> {
    let mut all = Operation::writes();
    all.retain(Operation::takes_body);
    all.sort_by_key(|operation| uses_up(&operation.id));
    all
}

/// The answer must be named in the API document, and be a problem document if it is an error.
fn check(operation: &Operation, answer: Answer) -> Answer {
    let status = answer.status;
    assert!(
        operation.statuses().contains(&status) && status < 500,
        "{} answers {status}, and should one of {:?}\n{answer:?}",
        operation.id,
        operation.statuses(),
    );
    if status >= 400 { answer.expect_problem_document() } else { answer }
}

/// Texts that are not valid bodies.
fn no_bodies() -> Vec<(&'static str, Vec<u8>)> {
    const JSON: &str = "application/json";
    let mut deep = "[".repeat(20_000);
    deep.push_str(&"]".repeat(20_000));
    vec![
        (JSON, b"[]".to_vec()),
        (JSON, b"{\"zzzz\":1}".to_vec()),
        (JSON, b"{}{}".to_vec()),
        (JSON, b"null".to_vec()),
        (JSON, b"\"text\"".to_vec()),
        (JSON, b"nonsense".to_vec()),
        (JSON, Vec::new()),
        (JSON, vec![b'{', b'"', 0xff, 0xfe, b'"', b':', b'1', b'}']),
        (JSON, deep.into_bytes()),
        (JSON, format!("\"{}\"", "æ🦀\u{202e}\u{feff}".repeat(500)).into_bytes()),
        (JSON, format!("{{\"{}\": 1}}", "x".repeat(300 * 1024)).into_bytes()),
        ("text/plain", b"{}".to_vec()),
        ("application/x-www-form-urlencoded", b"a=b".to_vec()),
        ("multipart/form-data; boundary=x", b"--x--".to_vec()),
        ("nonsense", b"{}".to_vec()),
    ]
}

/// Values that are invalid for most members.
fn no_values() -> Vec<Value> {
    let texts = [
        "",
        "a\u{0}b",
        "æ\u{202e}🦀\u{feff}",
        "'; DROP TABLE note; --",
        "00000000-0000-0000-0000-000000000000",
        "2026-02-30",
        "9999-12-31",
        "+12345-01-01",
        "-0001-01-01",
        "+262142-12-31T23:59:59Z",
        "2026-12-01T10:00:00.123456789+01:00",
    ];
    let mut values: Vec<Value> = texts.map(Value::from).to_vec();
    values.push("å".repeat(20_000).into());
    values.extend([json!(null), json!(true), json!(-1), json!(i64::MAX), json!(1e308)]);
    values.extend([json!([]), json!({}), json!([null])]);
    values
}

/// The example with each member in turn replaced by each of the values, and left out.
fn mutations(example: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for name in example.as_object().expect("an object").keys() {
        let mut without = example.clone();
        without.as_object_mut().expect("an object").remove(name);
        all.push(without);
        for value in no_values() {
            let mut changed = example.clone();
            changed[name] = value;
            all.push(changed);
        }
        if let Some(first @ Value::Object(_)) = example[name].get(0) {
            for inner in mutations(first) {
                let mut changed = example.clone();
                changed[name] = json!([inner]);
                all.push(changed);
            }
        }
    }
    all
}

both_engines! {
    async fn every_example_of_the_document_works_once_it_is_about_something_that_is_there(stage: Stage) {
        let mut stage = stage;
        for operation in with_body() {
            if operation.wants_if_match() {
                stage = stage.again().await;
            }
            let example = stage.example(&operation);
            let answer = check(&operation, stage.call(&operation).json(example).send().await);
            let expected = match operation.id.as_str() {
                "change_password" => 204,
                // The case is open, an offer is pending, a move is planned, a measure is in force, and the nurse is a team member.
                "reopen_case" | "offer_handover" | "plan_transition" | "close_case" | "add_team_member" => 409,
                // The app shows another code. A second factor that is not confirmed ends without one.
                "confirm_second_factor" => 422,
                "end_second_factor" => 204,
                // No authenticator has answered, and no session of the stage has proven a passkey.
                "create_passkey" => 422,
                "end_passkey" => 409,
                _ if operation.statuses().contains(&201) => 201,
                _ => 200,
            };
            assert_eq!(answer.status, expected, "{}: {}", operation.id, answer.text);
            if uses_up(&operation.id) {
                stage = stage.again().await;
            }
        }
        stage.finish().await;
    }

    async fn every_read_answers_as_the_document_says(stage: Stage) {
        for operation in Operation::all() {
            if operation.method == reqwest::Method::GET {
                let answer = stage.actor(&operation).get(stage.path(&operation)).send().await;
                check(&operation, answer);
            }
        }
    }

    async fn what_is_no_body_is_refused_and_explained(stage: Stage) {
        for operation in with_body() {
            for (content_type, body) in no_bodies() {
                let big = body.len() > 256 * 1024;
                let json = content_type == "application/json";
                let answer = stage.call(&operation).body(content_type, body.clone()).send().await;
                let answer = check(&operation, answer);
                let expected: &[u16] = if big { &[413] } else if json { &[400, 422] } else { &[415] };
                assert!(expected.contains(&answer.status), "{} {body:?}: {}", operation.id, answer.text);
            }
        }
    }

    async fn no_value_of_any_field_is_a_fault_of_ours(stage: Stage) {
        let mut stage = stage;
        let mut sent = 0;
        for operation in with_body() {
            if operation.wants_if_match() {
                stage = stage.again().await;
            }
            let mut version = "1".to_owned();
            for body in mutations(&stage.example(&operation)) {
                let call = stage.call(&operation).if_match(&version);
                let answer = check(&operation, call.json(body).send().await);
                sent += 1;
                if answer.status < 300 && uses_up(&operation.id) {
                    stage = stage.again().await;
                } else if answer.status < 300 && operation.wants_if_match() {
                    answer.etag().clone_into(&mut version);
                }
            }
        }
        assert!(sent > 1_000, "only {sent} were sent");
        stage.finish().await;
    }

    async fn no_path_and_no_query_is_a_fault_of_ours(stage: Stage) {
        for operation in Operation::all().iter().filter(|operation| operation.id != "log_out") {
            let mut paths: Vec<String> = Vec::new();
            if operation.path.contains('{') {
                for part in ["%00", "x", "%F0%9F%A6%80", "%ff%fe", "..%2f..", "-1", "%20", "a%0d%0ab", &"9".repeat(3_000)] {
                    paths.push(operation.path_with(|_| part.to_owned()));
                }
            }
            if operation.method == reqwest::Method::GET {
                for query in [
                    "limit=0", "limit=x", "cursor=%00", "cursor=AAAA", "q=%00", "q=%25_%5C", "age=-1", "age=99999999999999999999",
                    "municipality=%00", "level=x", "from=x", "from=%2B262142-12-31T23:59:59Z", "person_id=x", "action=%00",
                    "case_id=%00", "a=b&a=b", "&&==&", "%ff=%ff", "limit=5&limit=6",
                ] {
                    paths.push(format!("{}?{query}", stage.path(operation)));
                }
            }
            for path in paths {
                let answer = stage.actor(operation).call(operation.method.clone(), path).send().await;
                check(operation, answer);
            }
        }
    }

    async fn what_is_not_there_is_not_found_whatever_is_sent_to_it(world: World) {
        let staff = world.worker("kragero/skole").await;
        for operation in Operation::writes().iter().filter(|operation| operation.path.contains('{')) {
            for (content_type, body) in no_bodies().into_iter().filter(|(_, body)| body.len() < 256 * 1024) {
                let call = staff.call(operation.method.clone(), operation.path_to_nothing());
                let answer = call.body(content_type, body).send().await;
                check(operation, answer).expect_problem(404, "not-found");
            }
        }
    }

    async fn garbage_to_the_doors_that_are_open_to_strangers_is_refused(world: World) {
        for operation in ["log_in", "begin_passkey_log_in", "finish_passkey_log_in", "refresh_session", "activate_account"].map(Operation::named) {
            let post = || world.anonymous().post(operation.path.clone());
            for (content_type, body) in no_bodies() {
                let answer = check(&operation, post().body(content_type, body).send().await);
                assert!(answer.status >= 400, "{answer:?}");
            }
            for value in no_values() {
                let body = match operation.id.as_str() {
                    "log_in" | "begin_passkey_log_in" => json!({"username": value, "password": value}),
                    "finish_passkey_log_in" => json!({"token": value, "credential": value}),
                    "refresh_session" => json!({"refresh_token": value}),
                    _ => json!({
                        "username": value, "first_half": value, "second_half": value, "new_password": "fire blå ender over isen",
                    }),
                };
                let answer = check(&operation, post().json(body).send().await);
                assert!([401, 413, 422, 429].contains(&answer.status), "{value}: {answer:?}");
            }
        }
    }
}

#[test]
fn the_numbers_in_the_examples_are_possible_and_nobodys() {
    for operation in Operation::all() {
        let number = operation.example.as_ref().and_then(|example| example["national_id"].as_str());
        let Some(number) = number else { continue };
        assert!(NationalId::parse(number).is_ok(), "{}: {number} is not possible", operation.id);
        let month: u32 = number[2..4].parse().expect("a month");
        assert!(month > 80, "{}: {number} may be somebody's", operation.id);
    }
}
