//! Information withheld from a guardian does not exist for that guardian.

use serde_json::{Value, json};

use crate::{
    cast::{Cast, finds_nothing},
    support::{Call, User, World, both_engines},
};

both_engines! {
    async fn a_note_withheld_as_it_is_written_is_never_seen_by_that_guardian(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let body = json!({
            "audience": "team", "kind": "agreed", "contains": [], "text": "Not for the father.",
            "withheld_from": [{"guardian_id": father.id, "legal_basis": "administration_act", "reason": "It would harm the child."}],
        });
        let note = cast.teacher.post(cast.path("/notes")).json(body).send().await.expect(201).text("/id");
        let path = cast.path(&format!("/notes/{note}"));
        father.get(&path).send().await.expect_problem(404, "not-found");
        assert!(father.get(cast.path("/notes")).send().await.expect(200).items().is_empty());
        for other in [&**mother, &cast.teacher, &cast.nurse] {
            assert!(!other.get(&path).send().await.expect(200).text.contains(&father.id.to_string()));
        }
    }

    async fn what_a_guardian_wrote_is_not_given_again_once_it_is_withheld_from_them(world: World) {
        let cast = world.shared_case().await;
        let father = &cast.family.guardians[1];
        let body = json!({"text": "From the father."});
        let call = father.post(cast.path("/notes")).json(body).idempotency_key("note");
        let first = call.clone().send().await.expect(201);
        assert_eq!(call.clone().send().await.expect(201).body, first.body);
        let body = json!({
            "guardian_id": father.id, "note_id": first.text("/id"), "legal_basis": "administration_act",
            "reason": "It would harm the child.",
        });
        cast.teacher.post(cast.path("/withholdings")).json(body).send().await.expect(201);
        call.send().await.expect_problem(404, "not-found");
        assert_eq!(world.rows("note").await, 1);
    }

    async fn a_case_withheld_from_a_guardian_is_gone_from_the_next_request(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let body = json!({"guardian_id": father.id, "legal_basis": "child_welfare_act", "reason": "It would endanger the child."});
        let made = cast.teacher.post(cast.path("/withholdings")).json(body.clone()).send().await.expect(201);
        let child = format!("/v1/children/{}", cast.family.child.id);
        let paths = [cast.path(""), cast.path("/team"), cast.path("/consents"), cast.path("/access-log"), child];
        finds_nothing(father, &paths).await;
        assert!(father.get("/v1/cases").send().await.expect(200).items().is_empty());
        for path in &paths {
            mother.get(path).send().await.expect(200);
        }
        // The consents he gave still apply, and he can withdraw them.
        cast.nurse.get(cast.path("")).send().await.expect(200);
        cast.teacher.post(cast.path("/withholdings")).json(body).send().await.expect_problem(409, "conflict");

        let end = cast.path(&format!("/withholdings/{}/end", made.text("/id")));
        cast.teacher.post(&end).if_match(1).send().await.expect(200);
        father.get(cast.path("")).send().await.expect(200);
        cast.teacher.post(end).if_match(2).send().await.expect_problem(409, "conflict");
    }

    async fn nobody_but_the_contact_person_withholds_or_learns_of_it(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let body = json!({"guardian_id": father.id, "legal_basis": "administration_act", "reason": "It would harm the child."});
        for other in [&**mother, &cast.nurse] {
            other.post(cast.path("/withholdings")).json(body.clone()).send().await.expect_problem(403, "forbidden");
            other.get(cast.path("/withholdings")).send().await.expect_problem(403, "forbidden");
        }
        let mut stranger = body.clone();
        stranger["guardian_id"] = json!(cast.nurse.id);
        cast.teacher.post(cast.path("/withholdings")).json(stranger).send().await.expect_invalid("/guardian_id");
        let mut basis = body;
        basis["legal_basis"] = json!("secrecy_act");
        cast.teacher.post(cast.path("/withholdings")).json(basis).send().await.expect_invalid("/legal_basis");
    }
}

/// Withholds a measure or a meeting from a guardian.
fn withhold(cast: &Cast, guardian: &User, what: &Value) -> Call {
    let mut body =
        json!({"guardian_id": guardian.id, "legal_basis": "administration_act", "reason": "It would harm."});
    body.as_object_mut().expect("a body").extend(what.as_object().expect("an object").clone());
    cast.teacher.post(cast.path("/withholdings")).json(body)
}

/// Returns everything that a person reads of the case, and their lists.
async fn read_all(cast: &Cast, who: &User) -> String {
    let below = ["", "/measures", "/meetings", "/notes", "/history", "/goals"].map(|below| cast.path(below));
    let mut all = String::new();
    for path in below.into_iter().chain(["/v1/cases".into(), "/v1/follow-ups".into()]) {
        all.push_str(&who.get(path).send().await.expect(200).text);
    }
    all
}

both_engines! {
    async fn a_measure_and_a_meeting_withheld_from_a_guardian_are_in_nothing_that_guardian_reads(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let soon = |title: &str, days: i64| json!({
            "title": title, "level": "selective", "contains": [], "responsible_id": cast.nurse.id,
            "responsible_unit_id": cast.nurse.unit.id, "evaluate_on": world.in_days(days),
        });
        let secret = cast.teacher.post(cast.path("/measures")).json(soon("Talks alone", 7)).send().await.expect(201);
        let meeting = world.meeting(&cast.teacher, cast.case, &[mother.id]).await;
        let other = world.meeting(&cast.teacher, cast.case, &[mother.id, father.id]).await;
        let minutes = |measure: Value| json!({
            "contains": [], "minutes": "Agreed.", "attended": [mother.id],
            "decisions": [{"text": "Talks at school.", "measure": measure}, {"text": "The gym is open."}],
        });
        for (meeting, measure) in [(meeting, soon("Play group", 42)), (other, soon("Walks", 50))] {
            let path = cast.path(&format!("/meetings/{meeting}/minutes"));
            cast.teacher.put(path).json(minutes(measure)).if_match(1).send().await.expect(200);
        }
        let planned = json!({
            "starts_at": world.now() + chrono::TimeDelta::days(2), "contains": [], "agenda": "What father may not know.",
            "participants": [mother.id, father.id],
        });
        let planned = cast.teacher.post(cast.path("/meetings")).json(planned).send().await.expect(201).text("/id");
        let walks = cast.nurse.get(cast.path("/measures")).send().await.expect(200);
        let walks = walks.items().iter().find(|row| row["title"] == "Walks").expect("a measure")["id"].clone();

        let withhold = |what: Value| withhold(&cast, father, &what);
        for what in [
            json!({"measure_id": secret.text("/id")}), json!({"measure_id": walks}), json!({"meeting_id": meeting}),
            json!({"meeting_id": planned}),
        ] {
            withhold(what.clone()).send().await.expect(201);
            withhold(what).send().await.expect_problem(409, "conflict");
        }
        withhold(json!({"measure_id": meeting})).send().await.expect_invalid("/measure_id");
        withhold(json!({"meeting_id": walks})).send().await.expect_invalid("/meeting_id");
        withhold(json!({"meeting_id": meeting, "measure_id": walks})).send().await.expect_invalid("/measure_id");

        let all = async |who: &User| read_all(&cast, who).await;
        let signs = [secret.text("/id"), walks.as_str().expect("an id").to_owned(), meeting.to_string(), planned, "Talks alone".into()];
        let (told, kept_from) = (all(mother).await, all(father).await);
        for sign in &signs {
            assert!(told.contains(sign), "{sign}");
            assert!(!kept_from.contains(sign), "{sign} in {kept_from}");
        }
        assert_eq!(mother.get(cast.path("")).send().await.expect(200).text("/next_evaluation_on"), world.in_days(7));
        assert_eq!(father.get(cast.path("")).send().await.expect(200).text("/next_evaluation_on"), world.in_days(42));
        let left = father.get(cast.path(&format!("/meetings/{other}"))).send().await.expect(200);
        assert_eq!(left.body["decisions"], json!([{"number": 1, "text": "The gym is open.", "measure_id": null}]));
        // The other guardian, and those who help, read all of it. Once it ends, so does the father.
        let list = cast.teacher.get(cast.path("/withholdings")).send().await.expect(200);
        for id in list.each("id") {
            cast.teacher.post(cast.path(&format!("/withholdings/{id}/end"))).if_match(1).send().await.expect(200);
        }
        let told = all(father).await;
        assert!(signs.iter().all(|sign| told.contains(sign)));
    }
}
