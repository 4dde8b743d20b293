//! The information that a question must not reveal.

use serde_json::{Map, Value, json};

use super::{ASK, about, ask, auditor, is_of_nothing, of_case, own, refused, ways};
use crate::support::{Answer, Family, Operation, Role, Staff, Stage, User, World, both_engines};

both_engines! {
    async fn of_what_one_may_not_know_one_is_told_what_one_is_told_of_nothing(world: World) {
        let cast = world.shared_case().await;
        let note = world.note(&cast.nurse, cast.case, "unit", "For the health centre.").await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let consents = mother.get(cast.path("/consents")).send().await.expect(200);
        let consent = consents.text("/items/0/id");
        let concern = world.concern(&cast.teacher, &cast.family.child).await;
        let stranger = world.worker("porsgrunn/skole").await;
        let (case, nothing) = (cast.case.to_string(), uuid::Uuid::now_v7().to_string());
        let tries: [(&User, &str, Value, Value); 5] = [
            (&cast.teacher, "read_note", json!({"case_id": case, "note_id": note}), json!({"case_id": case, "note_id": nothing})),
            (mother, "read_note", json!({"case_id": case, "note_id": note}), json!({"case_id": case, "note_id": nothing})),
            (father, "withdraw_consent", json!({"case_id": case, "consent_id": consent}), json!({"case_id": case, "consent_id": nothing})),
            (&stranger, "read_case", json!({"case_id": case}), json!({"case_id": nothing})),
            (&cast.nurse, "decide_concern", json!({"concern_id": concern}), json!({"concern_id": nothing})),
        ];
        for (who, action, secret, nothing) in tries {
            for at in [Value::Null, json!(world.now() + chrono::TimeDelta::days(4_000))] {
                let body = |resource: &Value| json!({"action": action, "resource": resource, "at": at});
                let (of_secret, of_nothing) = (ask(who, body(&secret)).await, ask(who, body(&nothing)).await);
                is_of_nothing(&of_secret);
                assert_eq!(of_secret.text, of_nothing.text, "{action}");
                let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
                assert_eq!(names(&of_secret), names(&of_nothing));
            }
        }
    }

    async fn who_consented_is_told_only_to_those_who_may_see_the_consents(world: World) {
        let cast = world.school_case().await;
        // She leads the school, and has a second role and a membership elsewhere that rest on consents withdrawn since.
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        world.grant(&leader, &cast.nurse.unit, Role::Worker).await;
        let mut consents = Vec::new();
        for guardian in &cast.family.guardians {
            consents.push(world.consent(guardian, cast.case, &[&cast.nurse.unit]).await);
        }
        let body = json!({"person_id": leader.id, "unit_id": cast.nurse.unit.id, "contains": [], "task": "Helps."});
        cast.teacher.post(cast.path("/team")).json(body).send().await.expect(201);
        world.withdraw(&cast.family.guardians[0], cast.case, consents[0]).await;
        leader.get(cast.path("")).send().await.expect(200);
        let answer = own(&leader, "list_notes", of_case(&cast)).await;
        assert_eq!(answer.body["decision"], "deny");
        assert!(!answer.text.contains("consent"), "{}", answer.text);
        assert!(cast.family.guardians.iter().all(|guardian| !answer.text.contains(&guardian.id.to_string())));
        let answer = about(&auditor(&world).await, leader.id, "list_notes", of_case(&cast)).await;
        refused(&answer, "consent_withdrawn");
    }

    async fn an_auditor_asks_in_their_own_municipality_and_not_about_their_own_family(world: World) {
        let cast = world.shared_case().await;
        let (ours, theirs) = (auditor(&world).await, world.staff("orland/ppt", Role::Auditor).await);
        let answer = about(&ours, cast.nurse.id, "read_case", of_case(&cast)).await;
        assert_eq!(answer.body["decision"], "permit");
        for name in [&cast.nurse.name, &cast.teacher.name, &cast.family.child.name, &cast.family.guardians[0].name] {
            assert!(!answer.text.contains(name.as_str()), "{}", answer.text);
        }
        let nothing = json!({"case_id": uuid::Uuid::now_v7()});
        let of_nothing = about(&theirs, cast.nurse.id, "read_case", nothing.clone()).await;
        let secret = about(&theirs, cast.nurse.id, "read_case", of_case(&cast)).await;
        is_of_nothing(&secret);
        assert_eq!(secret.text, of_nothing.text);
        // Nor a person that does not exist.
        is_of_nothing(&about(&ours, uuid::Uuid::new_v4().into(), "read_case", of_case(&cast)).await);
        let mother = &cast.family.guardians[0];
        world.grant(mother, &ours.unit, Role::Auditor).await;
        let family = Staff { user: mother.user.clone(), unit: ours.unit.clone() };
        is_of_nothing(&about(&family, cast.nurse.id, "read_case", of_case(&cast)).await);
        let own_case = own(mother, "read_case", of_case(&cast)).await;
        assert_eq!(own_case.body["rules"][0]["id"], "case.family", "about themself they ask as anyone");
    }

    async fn nobody_else_asks_about_another(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        for who in [&administrator.user, &leader.user, &cast.teacher.user, &cast.family.guardians[0].user] {
            for person in [cast.nurse.id, uuid::Uuid::new_v4().into()] {
                let body = json!({"person_id": person, "action": "read_case", "resource": of_case(&cast)});
                who.post(ASK).json(body).send().await.expect_problem(403, "forbidden");
            }
        }
    }

    async fn a_question_is_in_the_log_with_the_case_and_the_child_that_it_is_about(world: World) {
        let cast = world.shared_case().await;
        let (auditor, stranger) = (auditor(&world).await, world.worker("kragero/nav").await);
        let mother = &cast.family.guardians[0];
        let note = world.note(&cast.nurse, cast.case, "unit", "For the health centre.").await;
        own(&stranger, "read_case", of_case(&cast)).await;
        let of_note = json!({"case_id": cast.case, "note_id": note});
        is_of_nothing(&own(&cast.teacher, "read_note", of_note.clone()).await);
        about(&auditor, cast.nurse.id, "read_note", of_note).await;
        about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await;
        let search = format!("/v1/access-log?child_id={}&action=explain_access", cast.family.child.id);
        let found = auditor.get(search).send().await.expect(200);
        let seen: Vec<_> = found.items().iter()
            .map(|it| (it["person_id"].clone(), it["object_type"].clone(), it["decision"].clone(), it["policies"].clone(), it["shown"].clone()))
            .collect();
        let (asker, whom) = (json!(auditor.id), json!([cast.nurse.id]));
        let by_right = json!(["explanation.auditor"]);
        assert_eq!(seen, [
            (asker.clone(), json!("Case"), json!("permit"), by_right.clone(), whom.clone()),
            (asker, json!("Note"), json!("permit"), by_right, whom),
            (json!(cast.teacher.id), json!("Note"), json!("deny"), json!([]), json!([cast.teacher.id])),
            (json!(stranger.id), json!("Case"), json!("deny"), json!([]), json!([stranger.id])),
        ]);
        assert!(found.items().iter().all(|it| it["case_id"] == json!(cast.case) && it["municipality"] == "4014"));
        // For the family, a question is an access, whatever it was about. A refused question is not shown.
        let told = mother.get(cast.path("/access-log?limit=2")).send().await.expect(200);
        let visit = &told.items()[0];
        assert_eq!((&visit["kind"], &visit["person_name"]), (&json!("looked"), &json!(auditor.name)));
        assert_eq!((&visit["sections"], &visit["acts"]), (&json!(["case"]), &json!([])));
        assert_ne!(told.items()[1]["person_name"], json!(auditor.name), "both questions are one visit");
        let all = mother.get(cast.path("/access-log")).send().await.expect(200);
        assert!(!all.text.contains(&stranger.name));
    }

    async fn a_question_that_cannot_be_asked_is_refused_by_name(world: World) {
        let cast = world.shared_case().await;
        let refuse = |body: Value, place: &'static str| {
            let call = cast.nurse.post(ASK).json(body);
            async move { call.send().await.expect_invalid(place) }
        };
        let of_case = of_case(&cast);
        refuse(json!({"action": "fly", "resource": of_case}), "/action").await;
        refuse(json!({"action": "log_in"}), "/action").await;
        refuse(json!({"resource": of_case}), "/action").await;
        refuse(json!({"action": "read_case"}), "/resource/case_id").await;
        refuse(json!({"action": "read_note", "resource": of_case}), "/resource/note_id").await;
        refuse(json!({"action": "read_case", "resource": {"case_id": 7}}), "/resource/case_id").await;
        refuse(json!({"action": "read_case", "resource": of_case, "why": true}), "/why").await;
        refuse(json!({"action": "read_case", "resource": of_case, "at": "yesterday"}), "/at").await;
        let past = world.now() - chrono::TimeDelta::days(1);
        refuse(json!({"action": "read_case", "resource": of_case, "at": past}), "/at").await;
        is_of_nothing(&own(&cast.nurse, "read_case", json!({"case_id": "x"})).await);
    }

    async fn the_explanation_is_what_the_operation_itself_answers(stage: Stage) {
        let world = stage.world();
        let Stage { teacher, nurse, family: Family { guardians, .. }, .. } = &stage;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let auditor = auditor(world).await;
        let stranger = world.worker("porsgrunn/skole").await;
        let people = [&teacher.user, &nurse.user, &guardians[0].user, &administrator.user, &auditor.user, &stranger.user];
        let (mut permitted, mut denied) = (0, 0);
        // Whether something is stated about the caller is looked up after the rules, which let everyone give a view on it.
        let after_the_rules = |operation: &Operation| operation.id == "give_view_on_conflict_of_interest";
        let asked = |operation: &&Operation| !operation.is_public() && !after_the_rules(operation);
        for operation in Operation::all().iter().filter(asked) {
            let path = stage.path(operation);
            let resource = ids_in(&operation.path, &path);
            for who in people {
                // Anyone who is allowed in is stopped by the query, before anything is done.
                let call = who.call(operation.method.clone(), format!("{path}?zzzz=1")).if_match(1);
                let call = if operation.takes_body() { call.json(stage.example(operation)) } else { call };
                let real = call.send().await;
                let answer = own(who, &operation.id, resource.clone()).await;
                let expected = match real.status {
                    403 | 404 => "deny",
                    400 | 409 | 412 | 422 | 428 => "permit",
                    _ => panic!("{} by {}: {real:?}", operation.id, who.name),
                };
                // The auditor sees what exists, even where they have no access themselves.
                if who.id != auditor.id {
                    assert_eq!(answer.body["known"], real.status != 404, "{} by {}", operation.id, who.name);
                }
                assert_eq!(answer.body["decision"], expected, "{} by {}: {real:?}", operation.id, who.name);
                let full = ask(&auditor, json!({"person_id": who.id, "action": operation.id, "resource": resource})).await;
                if full.body["known"] == true {
                    assert_eq!(full.body["decision"], expected, "{}: {}", operation.id, full.text);
                }
                if expected == "permit" { permitted += 1 } else { denied += 1 }
                assert!(expected == "permit" || !answer.body["known"].as_bool().unwrap_or_default()
                    || !ways(&answer).is_empty(), "{}: what would change it? {}", operation.id, answer.text);
            }
        }
        assert!(permitted > 100 && denied > 150, "only {permitted} and {denied}");
    }
}

/// The ids in a path, by the names in its template.
fn ids_in(template: &str, path: &str) -> Value {
    let pairs = template.split('/').zip(path.split('/'));
    let named = pairs.filter_map(|(name, id)| Some((name.strip_prefix('{')?.strip_suffix('}')?, id)));
    Value::Object(named.map(|(name, id)| (name.to_owned(), json!(id))).collect::<Map<_, _>>())
}
