//! What is withheld from a guardian does not exist to that guardian.

use serde_json::json;

use crate::{
    cast::finds_nothing,
    support::{World, both_engines},
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
        // The consents he gave stand, and he can withdraw them.
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
