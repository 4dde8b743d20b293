//! Whatever is sent to whichever operation, the answer is one that the document names, and no fault of ours.

use serde_json::{Map, Value, json};
use stafett::kernel::{NationalId, ids::CaseId};

use crate::support::{Answer, Call, Family, Operation, Role, Staff, User, World, both_engines};

/// A case with everything in it, and someone who may do nearly everything to it.
struct Stage {
    world: World,
    /// The contact person; also leader, administrator and auditor.
    teacher: Staff,
    /// On the team, and offered the baton.
    nurse: Staff,
    family: Family,
    /// What stands for each parameter of a path.
    ids: Map<String, Value>,
}

impl Stage {
    async fn set(world: &World) -> Self {
        let teacher = world.worker("kragero/skole").await;
        for role in [Role::UnitLeader, Role::Administrator, Role::Auditor] {
            world.grant(&teacher, &teacher.unit, role).await;
        }
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let mut stage = Self { world: world.clone(), teacher, nurse, family, ids: Map::new() };
        stage.fill_case().await;
        stage.fill_the_rest().await;
        // The meeting has begun, so that its minutes can be written.
        world.advance(chrono::TimeDelta::hours(2));
        stage
    }

    async fn fill_case(&mut self) {
        let Self { world, teacher, nurse, family, .. } = self;
        let case = world.open_case(teacher, &family.child).await;
        world.all_consent(family, case, &[&nurse.unit]).await;
        let recorded = json!({
            "given_by": family.guardians[0].id, "form": "paper", "unit_ids": [nurse.unit.id],
            "purpose": "Cooperation.", "valid_until": "2027-06-30", "text_version": "2026-1",
        });
        let consent = create(teacher, case, "consents", recorded).await;
        let member = world.add_to_team(teacher, case, nurse).await;
        let measure = world.measure(teacher, case, teacher).await;
        let handover = world.offer_baton(teacher, case, nurse).await;
        let goal = create(teacher, case, "goals", json!({"description": "Plays every day."})).await;
        let note = create(teacher, case, "notes", json!({"audience": "team", "text": "A good day."})).await;
        let meeting = json!({
            "starts_at": (world.now() + chrono::TimeDelta::hours(1)), "agenda": "The first weeks.",
            "participants": [nurse.id, family.guardians[0].id],
        });
        let meeting = create(teacher, case, "meetings", meeting).await;
        self.keep([
            ("case_id", json!(case)),
            ("consent_id", consent),
            ("member_id", json!(member)),
            ("measure_id", json!(measure)),
            ("handover_id", json!(handover)),
            ("goal_id", goal),
            ("note_id", note),
            ("meeting_id", meeting),
        ]);
    }

    async fn fill_the_rest(&mut self) {
        let Self { world, teacher, nurse, family, .. } = self;
        let other_child = world.child(teacher, 5).await;
        let concern = world.concern(teacher, &other_child).await;
        let guardians =
            teacher.get(format!("/v1/children/{}/guardians", family.child.id)).send().await.expect(200);
        let colleague = world.user_with_new_number("4014").await;
        let role = world.grant(&colleague, &teacher.unit, Role::Worker).await;
        let catalogue =
            world.anonymous().get("/v1/catalogue/measures?municipality=4014").send().await.expect(200);
        let keep = [
            ("concern_id", json!(concern)),
            ("child_id", json!(other_child.id)),
            ("guardianship_id", guardians.body["items"][0]["id"].clone()),
            ("role_id", json!(role)),
            ("person_id", json!(nurse.id)),
            ("unit_id", json!(teacher.unit.id)),
            ("catalogue_measure_id", catalogue.body["items"][0]["id"].clone()),
            ("municipality", json!("4014")),
        ];
        self.keep(keep);
    }

    fn keep<const N: usize>(&mut self, ids: [(&str, Value); N]) {
        self.ids.extend(ids.map(|(name, id)| (name.to_owned(), id)));
    }

    /// The path to what is there, for this operation.
    fn path(&self, operation: &Operation) -> String {
        operation.path_with(|name| match name {
            "child_id" => self.family.child.id.to_string(),
            _ => self.ids[name].as_str().expect("an id").to_owned(),
        })
    }

    /// Someone who may do this.
    fn actor(&self, operation: &Operation) -> &User {
        match operation.id.as_str() {
            "accept_handover" | "decline_handover" => &self.nurse,
            "give_consent" => &self.family.guardians[0],
            _ => &self.teacher,
        }
    }

    /// A request that would be well taken, but for its body.
    fn call(&self, operation: &Operation) -> Call {
        let call = self.actor(operation).call(operation.method.clone(), self.path(operation));
        if operation.wants_if_match() { call.if_match(1) } else { call }
    }

    /// The example of the document, about people and things that are there and days to come.
    fn example(&self, operation: &Operation) -> Value {
        let mut example = operation.example.clone().expect("an example");
        self.make_real(&mut example);
        if operation.id == "create_account" {
            example["username"] = json!(format!("new.{}", uuid::Uuid::now_v7()));
            example["national_id"] = json!(self.world.adult_number().as_str());
        }
        example
    }

    fn make_real(&self, value: &mut Value) {
        let Value::Object(members) = value else { return };
        for (name, member) in members {
            match (name.as_str(), &mut *member) {
                ("unit_ids", it) => *it = json!([self.nurse.unit.id]),
                ("participants", it) => *it = json!([self.nurse.id, self.family.guardians[0].id]),
                ("attended", it) => *it = json!([self.nurse.id]),
                ("responsible_id", it) => *it = json!(self.teacher.id),
                ("responsible_unit_id", it) => *it = json!(self.teacher.unit.id),
                ("to_person_id", it) => *it = json!(self.nurse.id),
                ("unit_id" | "to_unit_id", it) => *it = json!(self.nurse.unit.id),
                ("evaluate_on" | "next_evaluation_on", it) => *it = json!(self.world.in_days(30)),
                ("starts_at", it) => *it = json!(self.world.now() + chrono::TimeDelta::days(1)),
                (_, it) if it.is_string() && self.ids.contains_key(name) => *it = self.ids[name].clone(),
                (_, Value::Array(items)) => items.iter_mut().for_each(|item| self.make_real(item)),
                _ => {}
            }
        }
    }
}

/// Makes something in a case and gives its id.
async fn create(by: &User, case: CaseId, what: &str, body: Value) -> Value {
    by.post(format!("/v1/cases/{case}/{what}")).json(body).send().await.expect(201).body["id"].clone()
}

/// The operations with a body, those that end things last.
fn with_body() -> Vec<Operation> {
    let mut all = Operation::writes();
    all.retain(Operation::takes_body);
    all.sort_by_key(|operation| uses_up(&operation.id));
    all
}

/// Does success leave another state or version of what this and others are done to?
fn uses_up(operation: &str) -> bool {
    matches!(
        operation,
        "accept_handover"
            | "add_team_member"
            | "answer_invitation"
            | "change_guardianship"
            | "change_password"
            | "close_case"
            | "decide_concern"
            | "decline_handover"
            | "evaluate_measure"
            | "record_minutes"
            | "reopen_case"
            | "withdraw_consent"
            | "withdraw_handover"
    )
}

/// The answer is one that the document names, and a problem document where it fails.
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

/// What is not the body of anything.
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

/// What is no good value of most members.
fn no_values() -> Vec<Value> {
    let texts = [
        "",
        " \n\t ",
        "a\u{0}b",
        "\u{1b}[2J",
        "æ\u{202e}🦀\u{feff}",
        "'; DROP TABLE note; --",
        "not-an-id",
        "00000000-0000-0000-0000-000000000000",
        "2026-02-30",
        "0000-01-01",
        "9999-12-31",
        "+12345-01-01",
        "-0001-01-01",
        "+262142-12-31",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "+262142-12-31T23:59:59Z",
        "-100000-01-01T00:00:00Z",
        "2026-12-01T10:00:00.123456789+01:00",
    ];
    let mut values: Vec<Value> = texts.map(Value::from).to_vec();
    values.push("å".repeat(20_000).into());
    values.extend([
        json!(null),
        json!(true),
        json!(-1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(0.5),
    ]);
    values.extend([json!([]), json!({}), json!([null]), json!([[], {}, "x"]), json!({"a": {"b": [1]}})]);
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
    async fn every_example_of_the_document_works_once_it_is_about_something_that_is_there(world: World) {
        let mut stage = Stage::set(&world).await;
        for operation in with_body() {
            if operation.wants_if_match() {
                stage = Stage::set(&world).await;
            }
            let example = stage.example(&operation);
            let answer = check(&operation, stage.call(&operation).json(example).send().await);
            let expected = match operation.id.as_str() {
                "change_password" => 204,
                // The case is open; an offer awaits its answer; a measure is in force; the nurse sits on the team.
                "reopen_case" | "offer_handover" | "close_case" | "add_team_member" => 409,
                _ if operation.statuses().contains(&201) => 201,
                _ => 200,
            };
            assert_eq!(answer.status, expected, "{}: {}", operation.id, answer.text);
            if uses_up(&operation.id) {
                stage = Stage::set(&world).await;
            }
        }
    }

    async fn what_is_no_body_is_refused_and_explained(world: World) {
        let stage = Stage::set(&world).await;
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

    async fn no_value_of_any_field_is_a_fault_of_ours(world: World) {
        let mut stage = Stage::set(&world).await;
        let mut sent = 0;
        for operation in with_body() {
            if operation.wants_if_match() {
                stage = Stage::set(&world).await;
            }
            let mut version = "1".to_owned();
            // Each password takes its time.
            let slow = operation.id == "create_account";
            for body in mutations(&stage.example(&operation)).into_iter().step_by(if slow { 3 } else { 1 }) {
                let call = stage.call(&operation).if_match(&version);
                let answer = check(&operation, call.json(body).send().await);
                sent += 1;
                if answer.status < 300 && uses_up(&operation.id) {
                    stage = Stage::set(&world).await;
                } else if answer.status < 300 {
                    answer.etag().clone_into(&mut version);
                }
            }
        }
        assert!(sent > 1_000, "only {sent} were sent");
    }

    async fn no_path_and_no_query_is_a_fault_of_ours(world: World) {
        let stage = Stage::set(&world).await;
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
        for path in ["/v1/auth/login", "/v1/auth/refresh"] {
            for (content_type, body) in no_bodies() {
                let answer = world.anonymous().post(path).body(content_type, body).send().await;
                assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
                answer.expect_problem_document();
            }
            for value in no_values() {
                let body = json!({"username": value, "password": value});
                let body = if path.ends_with("login") { body } else { json!({"refresh_token": value}) };
                let answer = world.anonymous().post(path).json(body).send().await;
                assert!([401, 422, 429].contains(&answer.status), "{path} {value}: {answer:?}");
                answer.expect_problem_document();
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
