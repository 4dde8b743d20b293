//! A session that has not proven a second factor learns that its roles do not count, and nothing about the object.

use serde_json::{Value, json};

use super::{ASK, hints, of_case};
use crate::support::{Answer, PASSWORD, Role, User, World, both_engines};

/// The person asks in a session that has proven only the password.
async fn ask(world: &World, user: &User, body: Value) -> Answer {
    let tokens = world.anonymous().log_in(&user.username, PASSWORD).await.expect(200);
    world.anonymous().post(ASK).bearer(&tokens.text("/access_token")).json(body).send().await
}

both_engines! {
    async fn the_answer_is_that_of_the_request(world: World) {
        let cast = world.shared_case().await;
        let strict = world.requiring_second_factor().await;
        let question = |resource: Value| json!({"action": "read_case", "resource": resource});
        let answer = ask(&strict, &cast.teacher, question(of_case(&cast))).await;
        assert_eq!((&answer.body["decision"], &answer.body["known"]), (&json!("deny"), &json!(false)), "{}", answer.text);
        let hint = hints(&answer, "second_factor_missing");
        assert!(hint[0]["says"].as_str().is_some_and(|says| says.contains("POST /v1/me/second-factor")));
        let nothing = ask(&strict, &cast.teacher, question(json!({"case_id": uuid::Uuid::now_v7()}))).await;
        assert_eq!(answer.text, nothing.text);
        // A right that is no role counts.
        let mother = &cast.family.guardians[0];
        let answer = ask(&strict, mother, question(of_case(&cast))).await;
        assert_eq!(answer.body["decision"], "permit");
        world.grant(mother, &cast.teacher.unit, Role::Worker).await;
        let answer = ask(&strict, mother, question(of_case(&cast))).await;
        assert_eq!((&answer.body["decision"], &answer.body["rules"][0]["id"]), (&json!("permit"), &json!("case.family")));
        strict.finish().await;
    }

    async fn an_auditor_learns_that_a_person_has_no_second_factor(world: World) {
        let cast = world.shared_case().await;
        let strict = world.requiring_second_factor().await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let about = |person: &User| json!({"person_id": person.id, "action": "read_case", "resource": of_case(&cast)});
        let refused = ask(&strict, &auditor, about(&cast.nurse)).await;
        assert!(refused.expect_problem(403, "forbidden").text("/detail").contains("second factor"));
        let tokens = strict.anonymous().log_in(&auditor.username, PASSWORD).await.expect(200);
        world.try_execute("UPDATE session SET second_factor_at = created_at").await.expect("as after a log-in with a code");
        let ask = async |person: &User| {
            strict.anonymous().post(ASK).bearer(&tokens.text("/access_token")).json(about(person)).send().await.expect(200)
        };
        let answer = ask(&cast.nurse).await;
        assert_eq!(answer.body["decision"], "deny", "{}", answer.text);
        assert_eq!(hints(&answer, "second_factor_missing").len(), 1);
        let mother = ask(&cast.family.guardians[0]).await;
        assert_eq!(mother.body["decision"], "permit");
        strict.finish().await;
    }
}
