//! Consent is asked for: each person who must consent answers alone, a yes is a consent, and a no needs a next step.

mod people;

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::ids::ConsentRequestId;

use crate::{
    cast::Cast,
    support::{Answer, Unit, User, World, both_engines},
};

const NONE: [Value; 0] = [];

/// A request for consent to a unit, for half a year.
fn question(world: &World, unit: &Unit) -> Value {
    json!({
        "unit_ids": [unit.id], "purpose": "Cooperation on help with play.", "contains": [], "valid_until": world.in_days(182),
        "text_version": "2026-1", "answer_by": world.in_days(14),
    })
}

fn with(mut body: Value, more: Value) -> Value {
    let (Some(body_of), Value::Object(more)) = (body.as_object_mut(), more) else { return body };
    body_of.extend(more);
    body
}

impl Cast {
    async fn ask(&self, question: Value) -> Answer {
        self.teacher.post(self.path("/consent-requests")).json(question).send().await
    }

    /// The teacher asks for consent to the unit of the nurse.
    async fn asked(&self, world: &World) -> ConsentRequestId {
        self.ask(question(world, &self.nurse.unit)).await.expect(201).id("/id")
    }

    fn request(&self, request: ConsentRequestId, below: &str) -> String {
        self.path(&format!("/consent-requests/{request}{below}"))
    }

    async fn answer(&self, by: &User, request: ConsentRequestId, answer: Value) -> Answer {
        by.post(self.request(request, "/answers")).json(answer).send().await
    }

    async fn read(&self, by: &User, request: ConsentRequestId) -> Answer {
        by.get(self.request(request, "")).send().await
    }

    async fn listed(&self, by: &User) -> Vec<Value> {
        let list = by.get(self.path("/consent-requests")).send().await.expect(200);
        list.items().iter().map(|request| request["id"].clone()).collect()
    }

    /// Whether the unit of the nurse may take part.
    async fn is_covered(&self) -> bool {
        let status = self.teacher.get(self.path(&format!("/consent-status/{}", self.nurse.unit.id)));
        status.send().await.expect(200).body["may_take_part"] == json!(true)
    }
}

async fn tasks(user: &User, kind: &str) -> Vec<Value> {
    let list = user.get("/v1/follow-ups?limit=200").send().await.expect(200);
    list.items().iter().filter(|task| task["kind"] == kind).map(|task| task["object_id"].clone()).collect()
}

both_engines! {
    async fn a_yes_of_everyone_covers_the_unit_as_their_consents_do(world: World) {
        let cast = world.school_case().await;
        let request = cast.asked(&world).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let hers = cast.answer(mother, request, json!({"agrees": true, "language": "nb"})).await.expect(201);
        assert!(!cast.is_covered().await, "everyone must consent");
        cast.answer(father, request, json!({"agrees": true})).await.expect(201);
        assert!(cast.is_covered().await);
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;

        let given = hers.text("/answers/0/consent_id");
        let consent = mother.get(cast.path(&format!("/consents/{given}"))).send().await.expect(200);
        assert_eq!(consent.body["form"], "digital");
        assert_eq!(consent.body["purpose"], "Cooperation on help with play.");
        assert_eq!(consent.body["valid_from"], json!(world.in_days(0)));
        assert_eq!(consent.body["valid_until"], json!(world.in_days(182)));
        assert_eq!(consent.body["units"][0]["unit_id"], json!(cast.nurse.unit.id));
        assert_eq!(consent.body["kinds"][0]["kind"], "agreed");
    }

    async fn a_refusal_is_recorded_with_a_private_reason_and_covers_nothing(world: World) {
        let cast = world.school_case().await;
        let request = cast.asked(&world).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        cast.answer(father, request, json!({"agrees": true})).await.expect(201);
        world.advance(TimeDelta::minutes(1));
        let said = cast.answer(mother, request, json!({"agrees": false, "reason": "I know the nurse."})).await.expect(201);
        assert_eq!(said.body["answers"][0]["reason"], "I know the nurse.");
        assert!(!cast.is_covered().await);
        let seen = cast.read(&cast.teacher, request).await.expect(200);
        let refusal = &seen.body["answers"][1];
        assert_eq!((&refusal["agrees"], &refusal["reason"]), (&json!(false), &json!("I know the nurse.")));
        assert_eq!((&refusal["person_id"], &refusal["consent_id"]), (&json!(mother.id), &Value::Null));
        assert_eq!(seen.body["missing"], json!([]), "a refusal is not a missing answer");
    }

    async fn the_other_guardian_sees_nothing_of_a_refusal(world: World) {
        let cast = world.school_case().await;
        let request = cast.asked(&world).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let seen = async || {
            let read = cast.read(father, request).await.expect(200);
            let list = father.get(cast.path("/consent-requests")).send().await.expect(200);
            let due = father.get("/v1/follow-ups").send().await.expect(200);
            (read.text.clone(), read.etag().to_owned(), list.text.clone(), due.text.clone())
        };
        let before = seen().await;
        for answer in [json!({"agrees": false, "reason": "I know the nurse."}), json!({"agrees": true})] {
            cast.answer(mother, request, answer).await.expect(201);
            assert_eq!(seen().await, before);
        }
        let his = cast.read(father, request).await.expect(200);
        assert_eq!((&his.body["answers"], &his.body["missing"]), (&json!([]), &Value::Null));
    }

    async fn a_refusal_is_a_task_of_the_contact_person_until_a_next_step_is_set(world: World) {
        let cast = world.school_case().await;
        let request = cast.asked(&world).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        world.advance(TimeDelta::minutes(1));
        cast.answer(mother, request, json!({"agrees": false})).await.expect(201);
        assert_eq!(tasks(&cast.teacher, "consent_refused").await, [json!(request)]);
        for other in [&mother.user, &father.user, &cast.nurse.user] {
            assert_eq!(tasks(other, "consent_refused").await, NONE);
        }
        world.advance(TimeDelta::minutes(1));
        world.set_next_step(&cast.teacher, cast.case, world.next_step()).await.expect(201);
        assert_eq!(tasks(&cast.teacher, "consent_refused").await, NONE);
        world.advance(TimeDelta::minutes(1));
        cast.answer(father, request, json!({"agrees": false})).await.expect(201);
        assert_eq!(tasks(&cast.teacher, "consent_refused").await, [json!(request)], "each refusal needs a step of its own");
    }

    async fn those_who_are_asked_have_it_as_a_task_until_they_have_answered(world: World) {
        let cast = world.school_case().await;
        let request = cast.asked(&world).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        for guardian in [mother, father] {
            assert_eq!(tasks(guardian, "answer_consent_request").await, [json!(request)]);
        }
        let due = mother.get("/v1/follow-ups").send().await.expect(200);
        let task = due.items().iter().find(|task| task["kind"] == "answer_consent_request").expect("the task");
        assert_eq!(task["due_on"], json!(world.in_days(14)));
        cast.answer(mother, request, json!({"agrees": false})).await.expect(201);
        assert_eq!(tasks(mother, "answer_consent_request").await, NONE);
        assert_eq!(tasks(father, "answer_consent_request").await, [json!(request)]);
        for staff in [&cast.teacher, &cast.nurse] {
            assert_eq!(tasks(staff, "answer_consent_request").await, NONE);
        }
        cast.teacher.post(cast.request(request, "/withdraw")).send().await.expect(200);
        assert_eq!(tasks(father, "answer_consent_request").await, NONE);
    }

    async fn a_no_can_become_a_yes_and_a_yes_is_withdrawn_as_a_consent(world: World) {
        let cast = world.school_case().await;
        let request = cast.asked(&world).await;
        let mother = &cast.family.guardians[0];
        cast.answer(mother, request, json!({"agrees": false, "reason": "Not yet."})).await.expect(201);
        cast.answer(mother, request, json!({"agrees": false})).await.expect_problem(409, "conflict");
        let said = cast.answer(mother, request, json!({"agrees": true})).await.expect(201);
        assert_eq!(said.body["answers"].as_array().map(Vec::len), Some(1));
        assert_eq!((&said.body["answers"][0]["agrees"], &said.body["answers"][0]["reason"]), (&json!(true), &Value::Null));
        for again in [json!({"agrees": true}), json!({"agrees": false})] {
            cast.answer(mother, request, again).await.expect_problem(409, "conflict");
        }
        cast.answer(&cast.family.guardians[1], request, json!({"agrees": true})).await.expect(201);
        assert!(cast.is_covered().await);
        world.withdraw(mother, cast.case, said.id("/answers/0/consent_id")).await;
        assert!(!cast.is_covered().await);
        let seen = cast.read(&cast.teacher, request).await.expect(200);
        assert_eq!(seen.body["missing"], json!([mother.id]), "a consent that is withdrawn is missing again");
    }

    async fn a_request_that_is_withdrawn_or_over_cannot_be_answered(world: World) {
        let cast = world.school_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let request = cast.asked(&world).await;
        let given = cast.answer(father, request, json!({"agrees": true})).await.expect(201);
        let withdrawn = cast.teacher.post(cast.request(request, "/withdraw")).send().await.expect(200);
        assert_eq!(withdrawn.text("/status"), "withdrawn");
        assert_eq!(withdrawn.body["missing"], Value::Null);
        cast.answer(mother, request, json!({"agrees": true})).await.expect_problem(409, "conflict");
        cast.teacher.post(cast.request(request, "/withdraw")).send().await.expect_problem(409, "conflict");
        mother.post(cast.request(request, "/withdraw")).send().await.expect_problem(403, "forbidden");
        let kept = given.text("/answers/0/consent_id");
        father.get(cast.path(&format!("/consents/{kept}"))).send().await.expect(200);

        let short = with(question(&world, &cast.nurse.unit), json!({"valid_until": world.in_days(20)}));
        let request: ConsentRequestId = cast.ask(short).await.expect(201).id("/id");
        world.advance(TimeDelta::days(21));
        assert_eq!(cast.read(mother, request).await.expect(200).text("/status"), "over");
        cast.answer(mother, request, json!({"agrees": true})).await.expect_problem(409, "conflict");
        assert_eq!(tasks(mother, "answer_consent_request").await, NONE);
    }

    async fn a_closed_case_has_no_requests_that_can_be_answered_or_made(world: World) {
        let cast = world.school_case().await;
        let request = cast.asked(&world).await;
        world.close_case(&cast.teacher, cast.case).await;
        cast.answer(&cast.family.guardians[0], request, json!({"agrees": true})).await.expect_problem(409, "conflict");
        cast.ask(question(&world, &cast.nurse.unit)).await.expect_problem(409, "conflict");
        assert_eq!(tasks(&cast.family.guardians[0], "answer_consent_request").await, NONE);
    }

    async fn the_contact_person_sees_who_is_missing_and_answers_for_nobody(world: World) {
        let cast = world.school_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let made = cast.ask(question(&world, &cast.nurse.unit)).await.expect(201);
        let mut both = vec![json!(mother.id), json!(father.id)];
        both.sort_by_key(ToString::to_string);
        assert_eq!(made.body["missing"], json!(both));
        assert_eq!(made.body["units"][0]["unit_id"], json!(cast.nurse.unit.id));
        assert_eq!((made.text("/asked_by"), made.text("/status")), (cast.teacher.id.to_string(), "open".to_owned()));
        let request = made.id("/id");
        cast.answer(&cast.teacher, request, json!({"agrees": true})).await.expect_problem(403, "forbidden");
        // A consent on paper is recorded as any other, and counts.
        let paper = json!({
            "given_by": mother.id, "form": "paper", "document": "26/1234-1", "unit_ids": [cast.nurse.unit.id], "purpose": "Cooperation.",
            "valid_until": world.in_days(182), "text_version": "2026-1",
        });
        cast.teacher.post(cast.path("/consents")).json(paper).send().await.expect(201);
        let seen = cast.read(&cast.teacher, request).await.expect(200);
        assert_eq!((&seen.body["missing"], &seen.body["answers"]), (&json!([father.id]), &json!([])));
        assert_eq!(seen.body["version"], made.body["version"]);
        let answered = cast.answer(father, request, json!({"agrees": false})).await.expect(201);
        assert_eq!(answered.body["version"], made.body["version"], "an answer changes no version");
    }

    async fn a_consent_is_renewed_by_a_request_for_the_next_period(world: World) {
        let cast = world.school_case().await;
        world.all_consent(&cast.family, cast.case, &[&cast.nurse.unit]).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        world.advance(TimeDelta::days(150));
        let next = json!({"valid_from": world.in_days(33), "valid_until": world.in_days(300)});
        let made = cast.ask(with(question(&world, &cast.nurse.unit), next)).await.expect(201);
        assert_eq!(made.body["missing"].as_array().map(Vec::len), Some(2), "the consents of today do not last so long");
        let request = made.id("/id");
        for guardian in [mother, father] {
            cast.answer(guardian, request, json!({"agrees": true})).await.expect(201);
        }
        assert_eq!(cast.read(&cast.teacher, request).await.expect(200).body["missing"], json!([]));
        world.advance(TimeDelta::days(40));
        assert!(cast.is_covered().await);
    }

    async fn a_yes_can_be_to_some_of_the_kinds(world: World) {
        let cast = world.school_case().await;
        let kinds = json!({"kinds": ["agreed", "school_life"]});
        let request: ConsentRequestId =
            cast.ask(with(question(&world, &cast.nurse.unit), kinds)).await.expect(201).id("/id");
        let mother = &cast.family.guardians[0];
        cast.answer(mother, request, json!({"agrees": true, "kinds": ["health"]})).await.expect_invalid("/kinds/0");
        cast.answer(mother, request, json!({"agrees": true, "kinds": ["agreed", "agreed"]})).await.expect_invalid("/kinds/1");
        let some = cast.answer(mother, request, json!({"agrees": true, "kinds": ["agreed"]})).await.expect(201);
        let given = some.text("/answers/0/consent_id");
        let consent = mother.get(cast.path(&format!("/consents/{given}"))).send().await.expect(200);
        assert_eq!(consent.body["kinds"].as_array().map(Vec::len), Some(1));
        let seen = cast.read(&cast.teacher, request).await.expect(200);
        assert!(seen.body["missing"].as_array().expect("people").contains(&json!(mother.id)), "a part is missing");
    }

    async fn what_is_asked_for_is_checked_as_a_consent_is(world: World) {
        let cast = world.school_case().await;
        let elsewhere = world.unit("orland/opphaug-skole").await;
        let unit = json!(cast.nurse.unit.id);
        for (fault, pointer) in [
            (json!({"unit_ids": [elsewhere.id]}), "/unit_ids/0"),
            (json!({"unit_ids": [unit, unit]}), "/unit_ids/1"),
            (json!({"kinds": ["journal"]}), "/kinds/0"),
            (json!({"kinds": ["agreed", "agreed"]}), "/kinds/1"),
            (json!({"valid_from": world.in_days(20), "valid_until": world.in_days(19)}), "/valid_until"),
            (json!({"text_version": "1999-1"}), "/text_version"),
            (json!({"answer_by": world.in_days(-1)}), "/answer_by"),
            (json!({"answer_by": world.in_days(93)}), "/answer_by"),
            (json!({"valid_until": world.in_days(10)}), "/answer_by"),
            (json!({"contains": ["journal"]}), "/contains/0"),
        ] {
            cast.ask(with(question(&world, &cast.nurse.unit), fault)).await.expect_invalid(pointer);
        }
        let request = cast.asked(&world).await;
        let mother = &cast.family.guardians[0];
        for (fault, pointer) in [
            (json!({"agrees": true, "reason": "Gladly."}), "/reason"),
            (json!({"agrees": false, "language": "nb"}), "/language"),
            (json!({"agrees": false, "kinds": ["agreed"]}), "/kinds"),
            (json!({"agrees": true, "language": "tlh"}), "/language"),
        ] {
            cast.answer(mother, request, fault).await.expect_invalid(pointer);
        }
        assert_eq!(cast.read(mother, request).await.expect(200).body["answers"], json!([]));
    }

    async fn several_requests_are_open_at_a_time(world: World) {
        let cast = world.school_case().await;
        let ppt = world.unit("kragero/ppt").await;
        let first = cast.asked(&world).await;
        let second: ConsentRequestId = cast.ask(question(&world, &ppt)).await.expect(201).id("/id");
        let mother = &cast.family.guardians[0];
        assert_eq!(cast.listed(mother).await, [json!(first), json!(second)]);
        cast.answer(mother, first, json!({"agrees": true})).await.expect(201);
        assert_eq!(tasks(mother, "answer_consent_request").await, [json!(second)]);
    }
}
