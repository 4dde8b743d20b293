//! Information that is withheld from people who see a part of a case, in every answer and not only in lists.

use serde_json::{Value, json};

use crate::{
    cast::Cast,
    contact_details::{graded, moves_out, put},
    support::{Role, User, World, both_engines},
};

/// The family's view of the newest access to the case.
async fn newest_look(reader: &User, cast: &Cast) -> Value {
    reader.get(cast.path("/access-log?limit=1")).send().await.expect(200).items()[0].clone()
}

both_engines! {
    async fn a_leader_who_reopens_a_case_is_not_told_why_help_was_given(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        world.close_case(&cast.teacher, cast.case).await;
        let body = json!({"level": 1, "contains": [], "level_reason": "The difficulties are back.", "next_step": world.next_step()});
        let seen = leader.get(cast.path("")).send().await.expect(200);
        let reopened = leader.post(cast.path("/reopen")).json(body).if_match(seen.etag()).send().await.expect(200);
        assert_eq!(reopened.body["status"], "open");
        for words in ["reason", "level_reason", "closing_reason", "final_evaluation"] {
            assert_eq!(reopened.body[words], Value::Null, "{words}");
        }
    }

    async fn a_leader_who_takes_an_offer_back_is_not_told_what_was_said_with_it(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let body = json!({"to_person_id": cast.nurse.id, "to_unit_id": cast.nurse.unit.id, "contains": [], "message": "She starts in August."});
        let offer = cast.teacher.post(cast.path("/handovers")).json(body).send().await.expect(201);
        let path = cast.path(&format!("/handovers/{}/withdraw", offer.text("/id")));
        let taken_back = leader.post(path).json(json!({})).send().await.expect(200);
        assert_eq!(taken_back.body["status"], "withdrawn");
        assert_eq!(taken_back.body["message"], Value::Null);
    }

    async fn a_leader_who_has_left_the_team_is_not_told_again_what_was_said_to_them_as_one_of_it(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let seat = world.add_to_team(&cast.teacher, cast.case, &leader).await;
        let body = json!({"to_person_id": cast.nurse.id, "to_unit_id": cast.nurse.unit.id, "contains": [], "message": "In August."});
        let offer = cast.teacher.post(cast.path("/handovers")).json(body).send().await.expect(201);
        let taken_back = leader.post(cast.path(&format!("/handovers/{}/withdraw", offer.text("/id"))));
        let taken_back = taken_back.json(json!({})).idempotency_key("back");
        taken_back.clone().send().await.expect(200);
        world.close_case(&cast.teacher, cast.case).await;
        let body = json!({"level": 1, "contains": [], "level_reason": "The difficulties are back.", "next_step": world.next_step()});
        let reopened = leader.post(cast.path("/reopen")).json(body).if_match(2).idempotency_key("again");
        let calls = [
            (taken_back, "withdrawn", &["message"][..]),
            (reopened, "open", &["reason", "level_reason", "closing_reason", "final_evaluation"][..]),
        ];
        for (call, status, words) in &calls {
            let first = call.clone().send().await.expect(200);
            let again = call.clone().send().await.expect(200);
            assert_eq!(first.text, again.text);
            assert!(words.iter().any(|word| first.body[word].is_string()), "{first:?}");
            assert_eq!(first.body["status"], *status);
        }
        cast.teacher.delete(cast.path(&format!("/team/{seat}"))).send().await.expect(204);
        for (call, status, words) in &calls {
            let again = call.clone().send().await.expect(200);
            assert_eq!(again.body["status"], *status);
            for word in *words {
                assert_eq!(again.body[word], Value::Null, "{word}");
            }
        }
    }

    async fn a_leader_is_not_told_whether_there_are_measures_and_meetings(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let before = leader.get(cast.path("")).send().await.expect(200);
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let meeting = world.meeting(&cast.teacher, cast.case, &[cast.family.guardians[0].id]).await;
        let after = leader.get(cast.path("")).send().await.expect(200);
        assert_eq!(before.text, after.text, "not even when the next evaluation is");
        assert_eq!(before.headers.get("etag"), after.headers.get("etag"));
        let listed = leader.get("/v1/cases").send().await.expect(200);
        assert_eq!(listed.items()[0]["next_evaluation_on"], Value::Null);
        for below in [format!("/measures/{measure}"), format!("/measures/{measure}/evaluations"), format!("/meetings/{meeting}")] {
            leader.get(cast.path(&below)).send().await.expect_problem(404, "not-found");
        }
        let team = cast.nurse.get(cast.path("")).send().await.expect(200);
        assert_eq!(team.body["next_evaluation_on"], json!(world.in_days(42)));
    }

    async fn one_guardian_is_not_told_that_another_consents_and_withdraws(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let welfare = world.unit("kragero/nav").await;
        let mut told = Vec::new();
        father.get(cast.path("")).send().await.expect(200);
        told.push(newest_look(mother, &cast).await);
        let consent = world.consent(father, cast.case, &[&welfare]).await;
        told.push(newest_look(mother, &cast).await);
        father.get(cast.path(&format!("/consents/{consent}"))).send().await.expect(200);
        told.push(newest_look(mother, &cast).await);
        world.withdraw(father, cast.case, consent).await;
        told.push(newest_look(mother, &cast).await);
        assert!(told.iter().all(|look| *look == told[0]), "each is shown as viewing the case: {told:?}");

        let recorded = json!({
            "given_by": father.id, "form": "paper", "document": "26/1", "unit_ids": [welfare.id], "purpose": "Help with money.",
            "valid_until": world.in_days(30), "text_version": "2026-1",
        });
        cast.teacher.get(cast.path("")).send().await.expect(200);
        let look = newest_look(mother, &cast).await;
        let recorded = cast.teacher.post(cast.path("/consents")).json(recorded).send().await.expect(201);
        assert_eq!(newest_look(mother, &cast).await, look);
        world.withdraw(&cast.teacher, cast.case, recorded.id("/id")).await;
        assert_eq!(newest_look(mother, &cast).await, look);
    }

    async fn the_family_is_called_by_the_names_of_this_case_in_its_access_log(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let other = world.worker("kragero/barnehage").await;
        let sibling = world.child(&other, 4).await;
        let body = json!({
            "national_id": father.national_id.as_str(), "name": "Called Otherwise Elsewhere",
            "parental_responsibility": true, "lives_with_child": false,
        });
        other.post(format!("/v1/children/{}/guardians", sibling.id)).json(body).send().await.expect(201);
        let case = world.open_case(&other, &sibling).await;
        father.get(format!("/v1/cases/{case}")).send().await.expect(200);
        let there = father.get(format!("/v1/cases/{case}/access-log?limit=1")).send().await.expect(200);
        assert_eq!(there.items()[0]["person_name"], "Called Otherwise Elsewhere");
        father.get(cast.path("")).send().await.expect(200);
        assert_eq!(newest_look(mother, &cast).await["person_name"], json!(father.name));
    }

    async fn nothing_is_withheld_that_the_guardian_does_not_see(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let of_mother = mother.post(cast.path("/notes")).json(json!({"text": "I am afraid."})).send().await.expect(201).text("/id");
        let body = json!({"audience": "team", "kind": "parents_health", "contains": [], "text": "In treatment.", "about_person_id": mother.id});
        let of_health = cast.nurse.post(cast.path("/notes")).json(body.clone()).send().await.expect(201).text("/id");
        let for_unit = world.note(&cast.nurse, cast.case, "unit", "For the unit.").await.to_string();
        let withhold = |guardian: &crate::support::Guardian, note: &str, basis: &str| json!({
            "guardian_id": guardian.id, "note_id": note, "legal_basis": basis, "review_on": world.in_days(90), "reason": "It would harm.",
        });
        let before = world.all_rows().await;
        for (by, guardian, note, basis) in [
            (&cast.teacher, father, &of_mother, "administration_act"), (&cast.nurse, father, &of_health, "patient_rights_act"),
            (&cast.nurse, mother, &of_health, "patient_rights_act"), (&cast.nurse, father, &for_unit, "patient_rights_act"),
        ] {
            by.post(cast.path("/withholdings")).json(withhold(guardian, note, basis)).send().await.expect_invalid("/guardian_id");
        }
        let mut from_the_start = body;
        from_the_start["withheld_from"] = json!([{
            "guardian_id": father.id, "legal_basis": "patient_rights_act", "review_on": world.in_days(90), "reason": "It would harm.",
        }]);
        cast.nurse.post(cast.path("/notes")).json(from_the_start).send().await.expect_invalid("/withheld_from/0/guardian_id");
        assert_eq!(world.all_rows().await, before);
        assert!(father.get("/v1/me/refusals").send().await.expect(200).items().is_empty(), "a letter would reveal it");
    }

    async fn the_service_that_withholds_ends_it_and_a_letter_does_not_name_a_hidden_child(world: World) {
        let cast = world.shared_case().await;
        let father = &cast.family.guardians[1];
        let note = world.note(&cast.nurse, cast.case, "team", "Sleeps badly.").await;
        let body = json!({
            "guardian_id": father.id, "note_id": note, "legal_basis": "patient_rights_act", "review_on": world.in_days(90), "reason": "Asked for.",
        });
        let made = cast.nurse.post(cast.path("/withholdings")).json(body).send().await.expect(201).text("/id");
        let end = cast.path(&format!("/withholdings/{made}/end"));
        cast.teacher.post(&end).if_match(1).send().await.expect_problem(409, "conflict");
        let letter = father.get("/v1/me/refusals").send().await.expect(200);
        assert_eq!((letter.text("/items/0/child_name"), letter.text("/items/0/municipality")), (cast.family.child.name.clone(), "4014".into()));
        moves_out(&cast.teacher, &cast.family.child, father).await;
        put(&cast.teacher, &cast.family.child, 0, graded("strictly_confidential")).send().await.expect(200);
        let letter = father.get("/v1/me/refusals").send().await.expect(200);
        assert_eq!(letter.items().len(), 1, "the letter and the way to complain are theirs");
        for hidden in ["child_name", "municipality"] {
            assert_eq!(letter.body["items"][0][hidden], serde_json::Value::Null);
        }
        assert!(!letter.text.contains(&cast.family.child.name));
        cast.nurse.post(end).if_match(1).send().await.expect(200);
    }
}
