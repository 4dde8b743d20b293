//! The promises of the API document.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;
use stafett::access::{actions, fields, public};

use crate::support::{Operation, World, both_engines, document, rules};

#[test]
fn the_document_in_the_repository_is_what_the_code_says() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/stafett.json");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let written: Value = serde_json::from_str(&text)
        .expect("openapi/stafett.json is there; make it: cargo run -q -- openapi > openapi/stafett.json");
    let now = document();
    for part in ["info", "paths", "components"] {
        let (written, now) = (members(&written[part]), members(&now[part]));
        let changed: Vec<_> =
            written.keys().chain(now.keys()).filter(|name| written.get(*name) != now.get(*name)).collect();
        assert!(
            changed.is_empty(),
            "stale; run: cargo run -q -- openapi > openapi/stafett.json\n{part}: {changed:?}"
        );
    }
    assert!(written == *now, "stale; run: cargo run -q -- openapi > openapi/stafett.json");
    let printed =
        Command::new(env!("CARGO_BIN_EXE_stafett")).arg("openapi").output().expect("the program runs");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    assert!(text.as_bytes() == printed.stdout, "the program prints it otherwise; write it again");
}

fn members(value: &Value) -> BTreeMap<&String, &Value> {
    value.as_object().expect("an object").iter().collect()
}

#[test]
fn every_operation_has_its_rule_and_every_rule_its_operation() {
    let mut operations = names(Operation::all().into_iter().map(|operation| operation.id));
    for open in public::ALL {
        assert!(operations.remove(*open), "{open} is open to strangers and no operation");
    }
    let actions = names(actions::ALL.iter().copied());
    assert_eq!(operations, actions, "operations left, actions of the code right");
    let fields = names(fields::ALL.iter().copied());
    assert!(fields.is_disjoint(&actions), "a field rule has the name of an operation");
    let ruled = names(rules().actions());
    let known: BTreeSet<String> = actions.union(&fields).cloned().collect();
    assert_eq!(known, ruled, "actions and field rules of the code left, of the rules right");
}

#[test]
fn what_answers_that_something_was_made_is_a_creation_in_fhir() {
    for Operation { id, says, .. } in Operation::all() {
        let makes = says["responses"].as_object().is_some_and(|responses| responses.contains_key("201"));
        let creates = actions::facts_of(&id).interaction == actions::Interaction::Create;
        assert_eq!(creates, makes, "{id}");
    }
}

#[test]
fn every_post_takes_a_key_but_those_that_leave_no_trace_change_nothing_again_or_name_a_version() {
    let posts = Operation::all().into_iter().filter(|operation| operation.method == "POST");
    let without = names(posts.filter(|post| !post.takes_idempotency_key()).map(|post| post.id));
    let expected = [
        "activate_account",
        "approve_activation",
        "approve_minutes",
        "begin_passkey",
        "begin_passkey_log_in",
        "change_password",
        "confirm_number",
        "confirm_second_factor",
        "correct_minutes",
        "correct_note",
        "create_account",
        "create_activation",
        "create_passkey",
        "end_passkey",
        "end_second_factor",
        "enrol_second_factor",
        "explain_access",
        "finish_passkey_log_in",
        "log_in",
        "preview_note_readers",
        "record_referral_answer",
        "refresh_session",
        "strike_out_note",
        "withdraw_referral",
    ];
    assert_eq!(without, names(expected));
}

fn names<T: Into<String>>(words: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    words.into_iter().map(Into::into).collect()
}

#[test]
fn every_operation_is_described() {
    let mut ids = BTreeSet::new();
    for Operation { id, says, .. } in Operation::all() {
        assert!(ids.insert(id.clone()), "{id} is there twice");
        let summary = says["summary"].as_str().unwrap_or_default();
        let is_line = summary.ends_with('.') && !summary.contains(['\n', '\r']) && !summary.contains(". ");
        assert!(is_line, "{id}: the summary is not one sentence on one line: {summary:?}");
        assert_eq!(says["tags"].as_array().map(Vec::len), Some(1), "{id} has one tag");
        let secured = says["security"].as_array().is_some_and(|list| !list.is_empty());
        assert_eq!(secured, !public::ALL.contains(&id.as_str()), "{id}: security");
        let parameters = says["parameters"].as_array().cloned().unwrap_or_default();
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
        let braces = Operation::all().iter().find(|o| o.id == id).map_or(0, |o| o.path.matches('{').count());
        assert_eq!(in_path, braces, "{id}: parameters of the path");
    }
}

#[test]
fn the_document_describes_every_group_of_operations_and_no_other() {
    let document = document();
    let described = document["tags"].as_array().expect("groups").iter();
    let described = names(described.map(|tag| tag["name"].as_str().expect("a name")));
    let used = Operation::all().into_iter().filter_map(|o| o.says["tags"][0].as_str().map(str::to_owned));
    assert_eq!(names(used), described, "groups of operations left, those of TAGS in src/openapi right");
}

/// The ids of the rules below a heading of a description.
fn listed(description: &str, heading: &str) -> BTreeSet<String> {
    let below = description.split_once(&format!("{heading}:\n\n")).map_or("", |(_, below)| below);
    let rules = below.lines().take_while(|line| line.starts_with("- "));
    rules.filter_map(|line| Some(line.rsplit_once("(`")?.1.split_once('`')?.0.to_owned())).collect()
}

#[test]
fn every_operation_says_which_rules_allow_it_and_which_forbid_it() {
    let policies = rules();
    let mut forbidden = 0;
    for Operation { id, says, .. } in Operation::all() {
        let description = says["description"].as_str().unwrap_or_default();
        let ids = |forbids: bool| -> BTreeSet<String> {
            let rules = policies.rules().filter(|rule| rule.forbids == forbids && rule.actions.contains(&id));
            rules.map(|rule| rule.id.clone()).collect()
        };
        let allow = listed(description, "Allowed by these rules");
        let forbid = listed(description, "Forbidden by these rules, whatever other rules allow");
        assert_eq!((&allow, &forbid), (&ids(false), &ids(true)), "{id}");
        assert_eq!(allow.is_empty(), public::ALL.contains(&id.as_str()), "{id}: who may");
        forbidden += usize::from(!forbid.is_empty());
    }
    assert!(forbidden > 50, "only {forbidden} operations have rules that forbid");
}

#[test]
fn every_public_operation_says_why_in_a_sentence_with_a_subject() {
    for Operation { id, says, .. } in
        Operation::all().iter().filter(|it| public::ALL.contains(&it.id.as_str()))
    {
        let description = says["description"].as_str().expect("a description");
        let why = description.split("No log-in is needed: ").nth(1).unwrap_or_default();
        let has_subject = ["the ", "a "].iter().any(|word| why.starts_with(word));
        assert!(has_subject && why.ends_with('.'), "{id}: {description}");
    }
}

#[test]
fn every_operation_says_how_it_fails_and_every_failure_is_a_problem_document() {
    for Operation { id, says, .. } in Operation::all() {
        let responses = says["responses"].as_object().expect("responses");
        let failures =
            responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])).collect::<Vec<_>>();
        assert!(failures.len() > 2, "{id} says of too few failures");
        for (status, response) in failures {
            let schema = response.pointer("/content/application~1problem+json/schema/$ref");
            assert_eq!(schema, Some(&"#/components/schemas/Problem".into()), "{id}: {status}");
        }
        let successes = responses.keys().filter(|status| status.starts_with('2')).count();
        assert_eq!(successes, 1, "{id} succeeds in one way");
    }
}

#[test]
fn every_request_body_has_an_example_and_takes_no_unknown_fields() {
    let document = document();
    for operation in Operation::all().into_iter().filter(Operation::takes_body) {
        let id = &operation.id;
        let content = &operation.says["requestBody"]["content"]["application/json"];
        let reference = content["schema"]["$ref"].as_str().unwrap_or_else(|| panic!("{id}: no named schema"));
        let schema = document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{id}: no {reference}"));
        assert!(schema["example"].is_object(), "{id}: no example of its body");
        let parts = schema["oneOf"].as_array().map_or_else(|| vec![schema], |parts| parts.iter().collect());
        for part in parts.iter().filter(|_| schema["oneOf"].is_null()) {
            assert_eq!(part["additionalProperties"], false, "{id}: unknown fields are refused");
        }
    }
}

#[test]
fn a_day_of_a_request_has_bounds_and_a_description_of_them() {
    let schemas = document()["components"]["schemas"].as_object().expect("schemas");
    let bounded = schemas.values().filter(|schema| schema.get("x-earliest").is_some());
    let described = bounded.map(|schema| schema["description"].as_str().expect("a description"));
    let bounds = described.filter(|text| text.contains("From ") && text.contains("both included")).count();
    assert_eq!(bounds, 24);
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(document, &mut found);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
}

both_engines! {
    async fn a_stranger_is_told_to_log_in_by_every_operation_that_is_not_public(world: World) {
        let stranger = world.anonymous();
        for operation in Operation::all().iter().filter(|operation| !operation.is_public()) {
            for call in [
                stranger.call(operation.method.clone(), operation.path_to_nothing()),
                stranger.call(operation.method.clone(), operation.path_to_nothing()).json(operation.example.clone().unwrap_or_default()),
                stranger.call(operation.method.clone(), operation.path_to_nothing()).bearer("no.such.token"),
            ] {
                let answer = call.send().await.expect_problem(401, "unauthenticated");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            }
        }
        world.count_strangers().await;
        assert!(world.rows("access_log").await > 0, "a stranger is counted");
        let allowed = "SELECT COUNT(*) FROM access_log WHERE decision <> 'deny' OR person_id IS NOT NULL OR municipality <> '0000'";
        assert_eq!(world.number_of(allowed).await, 0, "a stranger is nobody");
    }

    async fn an_operation_that_is_public_answers_a_stranger(world: World) {
        for operation in Operation::all().iter().filter(|operation| operation.is_public()) {
            let path = operation.path_with(|name| if name == "municipality" { "4014".into() } else { uuid::Uuid::now_v7().to_string() });
            let call = world.anonymous().call(operation.method.clone(), path);
            let call = match &operation.example {
                Some(example) => call.json(example.clone()),
                None => call,
            };
            let answer = call.send().await;
            let expected: &[u16] = match operation.id.as_str() {
                "activate_account" | "begin_passkey_log_in" | "finish_passkey_log_in" | "log_in" | "refresh_session" => {
                    &[401]
                }
                "read_catalogue_measure" => &[404],
                _ => &[200],
            };
            assert!(expected.contains(&answer.status), "{}: {}", operation.id, answer.text);
        }
    }

    async fn no_answer_may_be_kept_or_framed(world: World) {
        let staff = world.worker("kragero/skole").await;
        for path in ["/v1/me", "/v1/municipalities", "/health/live", "/v1/cases/nothing", "/nowhere", "/v1/units/x/staff"] {
            for answer in [staff.get(path).send().await, world.anonymous().get(path).send().await] {
                assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
                assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
                assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
                assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
                assert!(answer.header("content-security-policy").is_some(), "{path}");
                assert!(answer.header("server").is_none(), "{path}");
            }
        }
    }

    async fn where_nothing_is_the_answer_is_a_problem_document(world: World) {
        let stranger = world.anonymous();
        stranger.get("/v1/nowhere").send().await.expect_problem(404, "not-found");
        let answer = stranger.delete("/v1/auth/login").send().await.expect_problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
    }
}
