//! Why someone is let in or kept out, what would change that, and that the question itself betrays nothing.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use stafett::{
    access::{NoAnswer, Policies, Question, explain_to_operator},
    kernel::ids::PersonId,
};

use crate::{
    cast::Cast,
    support::{Answer, Child, Family, Operation, Role, Staff, Stage, User, World, both_engines},
};

const ASK: &str = "/v1/access/explain";

async fn ask(by: &User, body: Value) -> Answer {
    by.post(ASK).json(body).send().await.expect(200)
}

/// Someone asks about themself.
async fn own(by: &User, action: &str, resource: Value) -> Answer {
    ask(by, json!({"action": action, "resource": resource})).await
}

/// The auditor asks about someone.
async fn about(auditor: &Staff, person: PersonId, action: &str, resource: Value) -> Answer {
    ask(auditor, json!({"person_id": person, "action": action, "resource": resource})).await
}

fn of_case(cast: &Cast) -> Value {
    json!({"case_id": cast.case})
}

/// The facts that would change the answer, a list for each way.
fn ways(answer: &Answer) -> Vec<Vec<&str>> {
    let ways = answer.body["would_change"].as_array().expect("ways");
    let facts = ways.iter().map(|way| way["if"].as_array().expect("facts"));
    facts.map(|facts| facts.iter().filter_map(|it| it["fact"].as_str()).collect()).collect()
}

/// The reasons of one kind that are given in all ways.
fn hints<'a>(answer: &'a Answer, kind: &str) -> Vec<&'a Value> {
    let ways = answer.body["would_change"].as_array().expect("ways");
    let all = ways.iter().flat_map(|way| way["because"].as_array().expect("reasons"));
    all.filter(|hint| hint["kind"] == kind).collect()
}

/// The answer is a refusal with a reason of this kind, which is given back.
#[track_caller]
fn refused<'a>(answer: &'a Answer, kind: &str) -> &'a Value {
    assert_eq!(
        (&answer.body["decision"], &answer.body["known"]),
        (&json!("deny"), &json!(true)),
        "{}",
        answer.text
    );
    hints(answer, kind).first().copied().unwrap_or_else(|| panic!("no {kind} in {}", answer.text))
}

#[track_caller]
fn is_of_nothing(answer: &Answer) {
    let body = &answer.body;
    assert_eq!((&body["decision"], &body["known"]), (&json!("deny"), &json!(false)), "{}", answer.text);
    assert_eq!((&body["rules"], &body["would_change"]), (&json!([]), &json!([])), "{}", answer.text);
}

async fn auditor(world: &World) -> Staff {
    world.staff("kragero/oppvekst", Role::Auditor).await
}

/// An administrator takes away the role of someone in their unit.
async fn end_role(world: &World, staff: &Staff) {
    let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
    let path = format!("/v1/units/{}/staff", staff.unit.id);
    let list = administrator.get(&path).send().await.expect(200);
    let row = list.items().iter().find(|row| row["person_id"] == json!(staff.id)).expect("a role");
    administrator.delete(format!("{path}/{}", row["id"].as_str().expect("an id"))).send().await.expect(204);
}

/// The contact person changes what someone is to the child.
async fn change_guardian(by: &Staff, child: &Child, guardian: PersonId, body: Value) {
    let path = format!("/v1/children/{}/guardians", child.id);
    let list = by.get(&path).send().await.expect(200);
    let row = list.items().iter().find(|row| row["guardian_id"] == json!(guardian)).expect("a guardian");
    let path = format!("{path}/{}", row["id"].as_str().expect("an id"));
    by.patch(path).json(body).if_match(row["version"].as_i64().expect("a version")).send().await.expect(200);
}

both_engines! {
    async fn one_is_told_the_rule_and_the_law_that_let_one_in(world: World) {
        let cast = world.shared_case().await;
        let answer = own(&cast.nurse, "read_case", of_case(&cast)).await;
        assert_eq!((&answer.body["decision"], &answer.body["known"]), (&json!("permit"), &json!(true)));
        assert_eq!(answer.body["person_id"], json!(cast.nurse.id));
        assert_eq!(answer.body["day"], world.in_days(0));
        let rule = &answer.body["rules"][0];
        assert_eq!(rule["id"], "case.team");
        assert_eq!(rule["legal_basis"], json!(["fvl § 13 a no. 1", "hpl § 22", "bvl § 13-1", "sotjl § 44"]));
        assert!(rule["summary_no"].as_str().is_some_and(|text| text.starts_with("De som deltar")));
        assert_eq!(ways(&answer), [["seat"]], "without the seat it is refused");
        let answer = own(&cast.family.guardians[0], "read_case", of_case(&cast)).await;
        assert_eq!(answer.body["rules"][0]["id"], "case.family");
        let answer = own(&cast.nurse, "list_cases", json!({})).await;
        assert_eq!(answer.body["rules"][0]["id"], "desk.own");
    }

    async fn without_consent_it_is_told_whose_is_missing(world: World) {
        let cast = world.school_case().await;
        let (nav, auditor) = (world.worker("kragero/nav").await, auditor(&world).await);
        let answer = about(&auditor, nav.id, "read_case", of_case(&cast)).await;
        assert_eq!(
            ways(&answer),
            [["seat"], ["child_welfare"], ["emergency"], ["guardian"], ["leads_contact_unit"], ["young_person"]]
        );
        refused(&answer, "seat_missing");
        let missing = hints(&answer, "consent_missing");
        let from: Vec<_> = missing.iter().map(|hint| hint["person_id"].clone()).collect();
        let mut expected: Vec<_> = cast.family.guardians.iter().map(|guardian| guardian.id).collect();
        expected.sort();
        let mut from: Vec<PersonId> = from.into_iter().map(|id| serde_json::from_value(id).expect("an id")).collect();
        from.sort();
        assert_eq!(from, expected);
        assert!(missing.iter().all(|hint| hint["unit_id"] == json!(nav.unit.id)), "{}", answer.text);
        assert_eq!(answer.body["would_change"][0]["rules"], json!(["case.team"]));
        refused(&answer, "not_guardian");
        assert_eq!(refused(&answer, "leader_only")["unit_id"], json!(cast.teacher.unit.id));
        // Consent from the first: the second's is still missing.
        let body = json!({
            "unit_ids": [nav.unit.id], "purpose": "Cooperation.", "valid_from": world.in_days(3),
            "valid_until": world.in_days(30), "text_version": "2026-1",
        });
        let first = &cast.family.guardians[0];
        first.post(cast.path("/consents")).json(body).send().await.expect(201);
        let answer = about(&auditor, nav.id, "read_case", of_case(&cast)).await;
        let coming = refused(&answer, "consent_not_begun");
        assert_eq!((&coming["person_id"], &coming["day"]), (&json!(first.id), &json!(world.in_days(3))));
        assert_eq!(hints(&answer, "consent_missing").len(), 1);
    }

    async fn a_consent_that_was_withdrawn_or_ran_out_is_told_with_its_day(world: World) {
        let cast = world.school_case().await;
        let auditor = auditor(&world).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let consent = world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
        world.consent(father, cast.case, &[&cast.nurse.unit]).await;
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let at = world.now() + chrono::TimeDelta::days(183);
        let question = json!({"person_id": cast.nurse.id, "action": "read_case", "resource": of_case(&cast), "at": at});
        let answer = ask(&auditor, question).await;
        assert_eq!(answer.body["day"], world.in_days(183));
        let ended = hints(&answer, "consent_ended");
        assert_eq!(ended.len(), 2);
        assert_eq!((&ended[0]["day"], &ended[0]["unit_id"]), (&json!(world.in_days(182)), &json!(cast.nurse.unit.id)));
        assert_eq!(about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await.body["decision"], "permit");
        world.withdraw(mother, cast.case, consent).await;
        let answer = about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await;
        let withdrawn = refused(&answer, "consent_withdrawn");
        assert_eq!((&withdrawn["person_id"], &withdrawn["day"]), (&json!(mother.id), &json!(world.in_days(0))));
    }

    async fn where_nobody_can_consent_it_is_told(world: World) {
        let (teacher, nurse) = (world.worker("kragero/skole").await, world.worker("kragero/helsestasjon").await);
        let family = world.family(&teacher, 7, 1).await;
        let case = world.open_case(&teacher, &family.child).await;
        let guardian = family.guardians[0].id;
        let without = json!({"parental_responsibility": false, "lives_with_child": true});
        change_guardian(&teacher, &family.child, guardian, without).await;
        let auditor = auditor(&world).await;
        let answer = about(&auditor, nurse.id, "read_case", json!({"case_id": case})).await;
        refused(&answer, "nobody_can_consent");
        let answer = about(&auditor, guardian, "read_case", json!({"case_id": case})).await;
        refused(&answer, "no_parental_responsibility");
        let ended = json!({"parental_responsibility": false, "lives_with_child": false, "ended": true});
        change_guardian(&teacher, &family.child, guardian, ended).await;
        let answer = about(&auditor, guardian, "read_case", json!({"case_id": case})).await;
        assert_eq!(refused(&answer, "guardianship_ended")["day"], world.in_days(0));
    }

    async fn a_seat_or_a_role_that_has_ended_is_told_with_its_day(world: World) {
        let cast = world.shared_case().await;
        let auditor = auditor(&world).await;
        end_role(&world, &cast.nurse).await;
        let answer = about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await;
        let ended = refused(&answer, "role_ended");
        assert_eq!((&ended["unit_id"], &ended["day"]), (&json!(cast.nurse.unit.id), &json!(world.in_days(0))));
        let cast = world.shared_case().await;
        let team = cast.teacher.get(cast.path("/team")).send().await.expect(200);
        let seat = team.items().iter().find(|seat| seat["person_id"] == json!(cast.nurse.id)).expect("a seat");
        let path = cast.path(&format!("/team/{}", seat["id"].as_str().expect("an id")));
        cast.teacher.delete(path).send().await.expect(204);
        let answer = about(&auditor, cast.nurse.id, "read_case", of_case(&cast)).await;
        assert_eq!(refused(&answer, "seat_ended")["unit_id"], json!(cast.nurse.unit.id));
        assert_eq!(hints(&answer, "consent_missing").len(), 0, "they have consented");
        let unit = json!({"unit_id": cast.teacher.unit.id});
        let answer = own(&cast.nurse, "record_concern", unit).await;
        assert_eq!(refused(&answer, "role_missing")["unit_id"], json!(cast.teacher.unit.id));
    }

    async fn own_family_and_roles_without_content_are_told(world: World) {
        let cast = world.school_case().await;
        let auditor = auditor(&world).await;
        let mother = &cast.family.guardians[0];
        world.grant(mother, &cast.teacher.unit, Role::UnitLeader).await;
        let answer = about(&auditor, mother.id, "reopen_case", of_case(&cast)).await;
        refused(&answer, "own_family");
        let answer = own(mother, "update_case", of_case(&cast)).await;
        refused(&answer, "own_family");
        let concern = world.concern(&cast.teacher, &cast.family.child).await;
        let answer = about(&auditor, mother.id, "read_concern", json!({"concern_id": concern})).await;
        refused(&answer, "own_family");
        assert_eq!(ways(&answer)[0], ["own_family"]);
        let administrator = world.staff("kragero/skole", Role::Administrator).await;
        let answer = about(&auditor, administrator.id, "read_case", of_case(&cast)).await;
        refused(&answer, "role_excludes_content");
    }

    async fn what_is_for_the_contact_person_or_another_alone_is_told(world: World) {
        let cast = world.shared_case().await;
        let (nurse, teacher) = (&cast.nurse, &cast.teacher);
        let answer = own(nurse, "update_case", of_case(&cast)).await;
        assert_eq!(refused(&answer, "contact_person_only")["person_id"], json!(teacher.id));
        assert_eq!(ways(&answer), [["contact_person"]]);
        let answer = own(nurse, "read_case_access_log", of_case(&cast)).await;
        refused(&answer, "not_guardian");
        let answer = own(nurse, "reopen_case", of_case(&cast)).await;
        refused(&answer, "leader_only");
        let measure = world.measure(teacher, cast.case, teacher).await;
        let answer = own(nurse, "update_measure", json!({"case_id": cast.case, "measure_id": measure})).await;
        assert_eq!(ways(&answer), [["contact_person"], ["responsible"]]);
        let note = world.note(nurse, cast.case, "sector", "For health.").await;
        let answer = about(&auditor(&world).await, teacher.id, "read_note", json!({"case_id": cast.case, "note_id": note})).await;
        assert_eq!(ways(&answer), [["seat_in_sector"], ["author"]]);
        assert_eq!(answer.body["would_change"][0]["if"][0]["sector"], "health");
    }

    async fn an_age_is_told_with_the_day_that_it_is_reached(world: World) {
        let (teacher, auditor) = (world.worker("kragero/skole").await, auditor(&world).await);
        let child = world.child_born(&teacher, "2011-12-24").await;
        let guardian = world.guardian_of(&teacher, &child, true).await;
        let youth = world.youth(&child).await;
        let case = world.open_case(&teacher, &child).await;
        let of_case = json!({"case_id": case});
        let answer = about(&auditor, youth.id, "read_case", of_case.clone()).await;
        let young = refused(&answer, "too_young");
        assert_eq!(young["day"], "2026-12-24");
        assert_eq!(young["says"], "the young person is 14; stands and consents for themself from 15");
        let on = |person: PersonId, at: &str| {
            json!({"person_id": person, "action": "read_case", "resource": of_case, "at": at})
        };
        assert_eq!(ask(&auditor, on(youth.id, "2026-12-23T22:59:59Z")).await.body["decision"], "deny");
        let answer = ask(&auditor, on(youth.id, "2026-12-23T23:00:00Z")).await;
        assert_eq!((&answer.body["decision"], &answer.body["rules"][0]["id"]), (&json!("permit"), &json!("case.family")));
        let answer = ask(&guardian, on(guardian.id, "2029-12-24T12:00:00Z")).await;
        assert_eq!(refused(&answer, "of_age")["day"], "2029-12-24");
        // Today the young person may not know of the case: no question about another day tells of it.
        is_of_nothing(&ask(&youth, on(youth.id, "2026-12-24T12:00:00Z")).await);
    }

    async fn who_cannot_log_in_gets_nothing_whatever_the_rules_say(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let father = &cast.family.guardians[1];
        let path = format!("/v1/municipalities/4014/accounts/{}/disable", father.id);
        administrator.post(path).json(json!({})).send().await.expect(204);
        let answer = about(&auditor(&world).await, father.id, "read_case", of_case(&cast)).await;
        refused(&answer, "account_closed");
    }

    async fn a_stricter_rule_of_the_municipality_is_told_by_its_name(world: World) {
        let cast = world.shared_case().await;
        let folder = std::env::temp_dir().join(format!("stafett-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).expect("a folder");
        let rule = "@id(\"local.history\") @legal_basis(\"fvl § 13\") @summary(\"s\") @summary_no(\"s\")
            forbid (principal, action == Stafett::Action::\"list_case_history\", resource is Stafett::Case);";
        std::fs::write(folder.join("local.cedar"), rule).expect("a file");
        let policies = Policies::load_local(&folder).expect("rules");
        std::fs::remove_dir_all(&folder).expect("gone");
        let ids = BTreeMap::from([("case_id".to_owned(), cast.case.to_string())]);
        let question = Question {
            person: cast.nurse.id, action: "list_case_history".to_owned(), ids, day: world.today(),
        };
        let mut tx = world.db.read().await.expect("a transaction");
        let (answer, entry) =
            explain_to_operator(&mut tx, &policies, question.clone(), world.now()).await.expect("an answer");
        let answer = serde_json::to_value(&answer).expect("JSON");
        assert_eq!((&answer["decision"], &answer["rules"][0]["id"]), (&json!("deny"), &json!("local.history")));
        assert_eq!(answer["rules"][0]["forbids"], true);
        let hint = &answer["would_change"][0]["because"][0];
        assert_eq!((&hint["kind"], &hint["rule"]), (&json!("forbidden"), &json!("local.history")));
        assert!(entry.client.as_deref().is_some_and(|client| client.starts_with("command-line")));
        assert_eq!((entry.case, entry.action), (Some(cast.case.uuid()), "explain_access"));
        let other = Question { action: "fly".to_owned(), ..question };
        let none = explain_to_operator(&mut tx, &policies, other, world.now()).await;
        assert!(matches!(none, Err(NoAnswer::Action)));
    }
}

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
        // Leads the school, and has a second role and a seat elsewhere that rest on consents withdrawn since.
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        world.grant(&leader, &cast.nurse.unit, Role::Worker).await;
        let mut consents = Vec::new();
        for guardian in &cast.family.guardians {
            consents.push(world.consent(guardian, cast.case, &[&cast.nurse.unit]).await);
        }
        let body = json!({"person_id": leader.id, "unit_id": cast.nurse.unit.id, "task": "Helps."});
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
        // Nor a person that is not there.
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
        // To the family a question is a look, whatever it was about; a try is not told of.
        let told = mother.get(cast.path("/access-log?limit=2")).send().await.expect(200);
        assert_eq!(told.items()[0], told.items()[1]);
        assert_eq!((&told.items()[0]["kind"], &told.items()[0]["person_name"]), (&json!("looked"), &json!(auditor.name)));
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

    async fn the_explanation_is_what_the_operation_itself_answers(world: World) {
        let stage = Stage::set(&world).await;
        let Stage { teacher, nurse, family: Family { guardians, .. }, .. } = &stage;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let auditor = auditor(&world).await;
        let stranger = world.worker("porsgrunn/skole").await;
        let people = [&teacher.user, &nurse.user, &guardians[0].user, &administrator.user, &auditor.user, &stranger.user];
        let (mut permitted, mut denied) = (0, 0);
        for operation in Operation::all().iter().filter(|operation| !operation.is_public()) {
            let path = stage.path(operation);
            let resource = ids_in(&operation.path, &path);
            for who in people {
                // Whoever is let in is stopped by the query, before anything is done.
                let call = who.call(operation.method.clone(), format!("{path}?zzzz=1")).if_match(1);
                let call = if operation.takes_body() { call.json(stage.example(operation)) } else { call };
                let real = call.send().await;
                let answer = own(who, &operation.id, resource.clone()).await;
                let expected = match real.status {
                    403 | 404 => "deny",
                    400 | 409 | 412 | 422 | 428 => "permit",
                    _ => panic!("{} by {}: {real:?}", operation.id, who.name),
                };
                // The auditor is told of what is there, also where they themself are kept out.
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

/// The ids in a path, by the names that its template gives them.
fn ids_in(template: &str, path: &str) -> Value {
    let pairs = template.split('/').zip(path.split('/'));
    let named = pairs.filter_map(|(name, id)| Some((name.strip_prefix('{')?.strip_suffix('}')?, id)));
    Value::Object(named.map(|(name, id)| (name.to_owned(), json!(id))).collect::<Map<_, _>>())
}
