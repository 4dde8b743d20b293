//! Texts are stored in one form, days are within their bounds, and invented people are registered only where a setting allows it.

use serde_json::{Value, json};

use crate::{
    program::done,
    support::{Operation, Stage, World, both_engines, document},
};

both_engines! {
    async fn a_note_with_what_pasting_brings_is_kept_without_it(world: World) {
        let cast = world.school_case().await;
        let pasted = "\u{feff}Har vondt i ma\u{ad}gen.\r\nSier Andre\u{301}\u{200b}.\u{2028}שלום!\u{200f}";
        let note = cast.teacher.post(cast.path("/notes")).json(json!({"text": pasted, "audience": "team", "kind": "agreed", "contains": []}));
        let note = note.send().await.expect(201);
        assert_eq!(note.text("/text"), "Har vondt i magen.\nSier André.\nשלום!\u{200f}");
    }

    async fn what_is_refused_in_a_text_is_named_by_its_place_and_its_code_point(world: World) {
        let cast = world.school_case().await;
        let before = world.all_rows().await;
        for (text, place, code) in [
            ("Iben\u{202e}nebI", 5, "U+202E"), ("\u{2066}Iben", 1, "U+2066"), ("a\u{0}b", 2, "U+0000"), ("Iben\u{200f}", 5, "U+200F"),
            ("I\u{200d}ben", 2, "U+200D"), ("ab\u{e0041}", 3, "U+E0041"),
        ] {
            let note = cast.teacher.post(cast.path("/notes")).json(json!({"text": text, "audience": "team", "kind": "agreed", "contains": []}));
            let refused = note.send().await.expect_invalid("/text");
            let detail = refused.text("/errors/0/detail");
            assert!(detail.contains(&format!("at character {place} ")) && detail.contains(code), "{detail}");
        }
        assert_eq!(world.all_rows().await, before);
    }

    async fn a_name_is_one_line(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let call = teacher.post(format!("/v1/units/{}/children", teacher.unit.id));
        for line_break in ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{c}"] {
            let body = json!({"name": format!("Iben{line_break}Fjellheim"), "birth_date": world.in_days(-2000)});
            let refused = call.clone().json(body).send().await.expect_invalid("/name");
            assert_eq!(refused.text("/errors/0/detail"), "contains at character 5 a line break: write it on one line");
        }
        let tab = json!({"name": "Iben\tFjellheim", "birth_date": world.in_days(-2000)});
        call.clone().json(tab).send().await.expect_invalid("/name");
        let body = json!({"name": "A\u{30a}se\u{ad}", "birth_date": world.in_days(-2000)});
        assert_eq!(call.json(body).send().await.expect(201).text("/name"), "Åse");
    }

    async fn a_child_is_born_and_younger_than_25(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let call = teacher.post(format!("/v1/units/{}/children", teacher.unit.id));
        let before = world.all_rows().await;
        for born in ["2027-9-1", "2119-01-01", "1985-05-04", "2001-11-21", "2027-09-19"] {
            let body = json!({"name": "Iben", "birth_date": born});
            call.clone().json(body).send().await.expect_invalid("/birth_date");
        }
        let adult = world.adult_number();
        call.clone().json(json!({"name": "Iben", "national_id": adult.as_str()})).send().await.expect_invalid("/national_id");
        assert_eq!(world.all_rows().await, before);
        let child = call.clone().json(json!({"name": "Iben", "birth_date": "2001-11-22"})).send().await.expect(201);
        call.json(json!({"name": "Ikke født", "birth_date": "2026-11-23"})).send().await.expect_invalid("/birth_date");

        let correct = async |born: &str| {
            teacher.patch(format!("/v1/children/{}", child.text("/id"))).json(json!({"birth_date": born, "reason": "It was wrong."})).if_match(1).send().await
        };
        correct("1985-05-04").await.expect_invalid("/birth_date");
        correct("2001-11-21").await.expect_invalid("/birth_date");
        // A year later, the correction is still judged by the day of registration.
        world.advance(chrono::TimeDelta::days(360));
        correct("2001-11-23").await.expect(200);
    }

    async fn each_day_of_a_request_has_its_bounds(stage: Stage) {
        let schemas = &document()["components"]["schemas"];
        let mut tried = 0;
        for operation in Operation::writes().into_iter().filter(Operation::takes_body) {
            let example = stage.example(&operation);
            let body = operation.says["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
            let body = body.and_then(|name| name.rsplit('/').next()).expect("a named schema");
            for (field, schema) in schemas[body]["properties"].as_object().into_iter().flatten() {
                let kind = schema["$ref"].as_str().or(schema["oneOf"][0]["$ref"].as_str()).unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default();
                if schemas[kind].get("x-latest").is_none() {
                    continue;
                }
                let is_time = schemas[kind]["format"] == "date-time";
                for day in ["2199-12-31", "1900-01-01"] {
                    let mut changed = example.clone();
                    changed[field] = if is_time { json!(format!("{day}T12:00:00Z")) } else { json!(day) };
                    let answer = stage.call(&operation).json(changed).send().await;
                    let answer = answer.expect_problem(422, "invalid-input");
                    assert!(answer.pointers().contains(&format!("/{field}").as_str()), "{}: {answer:?}", operation.id);
                    tried += 1;
                }
            }
        }
        assert!(tried >= 2 * 16, "only {tried} days were tried");
    }

    async fn a_search_of_the_log_is_within_bounds(world: World) {
        let auditor = world.staff("kragero/oppvekst", stafett::kernel::vocabulary::Role::Auditor).await;
        for path in ["/v1/access-log", "/v1/access-log/reviews"] {
            auditor.get(format!("{path}?until=2199-01-01T00:00:00Z")).send().await.expect_invalid("?until");
            auditor.get(format!("{path}?from=2026-11-1")).send().await.expect_invalid("?from");
            auditor.get(format!("{path}?until=2027-01-01T00:00:00Z")).send().await.expect(200);
        }
    }

    async fn a_synthetic_number_is_refused_in_every_body_unless_a_setting_accepts_it(stage: Stage) {
        let world = stage.world();
        let strict = world.refusing_synthetic_ids().await;
        let schemas = &document()["components"]["schemas"];
        let before = world.all_rows().await;
        let mut tried = Vec::new();
        for operation in Operation::writes().into_iter().filter(Operation::takes_body) {
            let body = operation.says["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str();
            let body = body.and_then(|name| name.rsplit('/').next()).expect("a named schema");
            let takes = |schema: &Value| schema.to_string().contains("schemas/NationalId\"");
            let fields = schemas[body]["properties"].as_object().into_iter().flatten();
            for (field, _) in fields.filter(|(_, schema)| takes(schema)) {
                let mut body = stage.example(&operation);
                // The child is named in one way.
                body.as_object_mut().expect("an object").remove("case_id");
                body[field] = json!(world.child_number(9).as_str());
                let token = stage.actor(&operation).token().await;
                let call = strict.anonymous().call(operation.method.clone(), stage.path(&operation)).bearer(&token);
                let refused = call.header("if-match", "*").json(body).send().await.expect_problem(422, "invalid-input");
                let errors = refused.body["errors"].as_array().expect("errors");
                let named = errors.iter().any(|error| {
                    error["pointer"] == format!("/{field}") && error["detail"].as_str().is_some_and(|text| text.contains("synthetic"))
                });
                assert!(named, "{}: {refused:?}", operation.id);
                tried.push(operation.id.clone());
            }
        }
        assert!(tried.len() >= 6, "{tried:?}");
        assert_eq!(world.all_rows().await, before);
    }

    async fn the_command_line_refuses_a_synthetic_number_unless_a_setting_accepts_it(world: World) {
        let number = format!("{}\n", world.adult_number().as_str());
        let create = ["user", "create", "--municipality", "4014", "--name", "Solveig Lien", "--username", "solveig"];
        let refused = done(world.command_line().env_remove("STAFETT_SYNTHETIC_NATIONAL_IDS").args(create), number.as_str());
        assert_eq!(refused.status, 2, "{}", refused.errors);
        assert!(refused.errors.contains("is a synthetic number") && refused.errors.contains("STAFETT_SYNTHETIC_NATIONAL_IDS=true"));
        done(world.command_line().args(create), number.as_str()).well();
    }
}
