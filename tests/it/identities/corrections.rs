//! Corrections of registrations have a reason, and stay in a list.

use serde_json::json;

use super::{KRAGERO, as_guardian};
use crate::support::{Role, World, both_engines};

both_engines! {
    async fn a_wrong_number_is_corrected_in_this_registration_alone(world: World) {
        let (teacher, nurse) = (world.worker("kragero/skole").await, world.worker("kragero/helsestasjon").await);
        let (wrong, right) = (world.child_number(15), world.child_number(15));
        let child = world.register(&teacher, wrong.clone()).await;
        let case = world.open_case(&teacher, &child).await;
        let other = world.register(&nurse, wrong.clone()).await;
        let other_case = world.open_case(&nurse, &other).await;
        let (stranger, youth) = (world.user(KRAGERO, &wrong).await, world.user(KRAGERO, &right).await);
        stranger.get(format!("/v1/cases/{case}")).send().await.expect(200);

        let path = format!("/v1/children/{}", child.id);
        let body = json!({"national_id": right.as_str(), "reason": "Two digits were swapped."});
        let corrected = teacher.patch(&path).json(body).if_match(1).send().await.expect(200);
        assert_eq!(corrected.body["birth_date"], json!(right.birth_date()));
        stranger.get(format!("/v1/cases/{case}")).send().await.expect(404);
        youth.get(format!("/v1/cases/{case}")).send().await.expect(200);
        stranger.get(format!("/v1/cases/{other_case}")).send().await.expect(200);
        youth.get(format!("/v1/cases/{other_case}")).send().await.expect(404);
        teacher.get(format!("/v1/cases/{other_case}")).send().await.expect(404);

        let list = teacher.get(format!("{path}/corrections")).send().await.expect(200);
        let number = list.items().iter().find(|row| row["field"] == "national_id").expect("the number");
        assert_eq!((&number["before"], &number["after"]), (&json!(null), &json!(null)), "no number is shown");
        assert_eq!(number["reason"], "Two digits were swapped.");
        assert!(!list.body.to_string().contains(right.as_str()) && !list.body.to_string().contains(wrong.as_str()));
        youth.get(format!("{path}/corrections")).send().await.expect(200);
        nurse.get(format!("{path}/corrections")).send().await.expect(404);
    }

    async fn a_conflict_of_interest_about_another_registration_stays_with_its_child(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let wrong = world.child_number(7);
        let child = world.register(&teacher, wrong.clone()).await;
        let other = world.register(&nurse, wrong.clone()).await;
        let declared = json!({"national_id": wrong.as_str(), "ground": "friend"});
        let colleague = world.worker("kragero/helsestasjon").await;
        colleague.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        let body = json!({"national_id": world.child_number(7).as_str(), "reason": "Two digits were swapped."});
        teacher.patch(format!("/v1/children/{}", child.id)).json(body).if_match(1).send().await.expect(200);
        let case = world.open_case(&nurse, &other).await;
        let told = crate::support::emergency(json!({"case_id": case}));
        let path = format!("/v1/units/{}/emergency-access", colleague.unit.id);
        colleague.post(path).json(told).send().await.expect(404);
    }

    async fn the_name_of_a_guardian_is_corrected_with_a_reason(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 7, 1).await;
        let path = format!("/v1/children/{}/guardians", family.child.id);
        let row = teacher.get(&path).send().await.expect(200).items()[0].clone();
        let one = format!("{path}/{}", row["id"].as_str().expect("an id"));
        let mut change = json!({"parental_responsibility": true, "lives_with_child": true, "guardian_name": "Åse Fjell"});
        teacher.patch(&one).json(change.clone()).if_match(1).send().await.expect_invalid("/reason");
        change["reason"] = json!("It was misspelt.");
        let changed = teacher.patch(&one).json(change).if_match(1).send().await.expect(200);
        assert_eq!(changed.text("/guardian_name"), "Åse Fjell");
        let path = format!("/v1/children/{}/corrections", family.child.id);
        for who in [&teacher.user, &family.guardians[0].user] {
            let list = who.get(&path).send().await.expect(200);
            assert_eq!(list.items().len(), 1);
            assert_eq!((&list.items()[0]["before"], &list.items()[0]["after"]), (&row["guardian_name"], &json!("Åse Fjell")));
            assert_eq!(list.text("/items/0/corrected_by"), teacher.id.to_string());
        }
    }

    async fn a_guardian_without_a_number_consents_and_can_get_a_number_later(world: World) {
        let (teacher, nurse) = (world.worker("kragero/skole").await, world.worker("kragero/helsestasjon").await);
        let child = world.child(&teacher, 7).await;
        let path = format!("/v1/children/{}/guardians", child.id);
        let body = json!({"name": "Amina", "parental_responsibility": true, "lives_with_child": true});
        let guardian = teacher.post(&path).json(body.clone()).send().await.expect(201).text("/guardian_id");
        let case = world.open_case(&teacher, &child).await;
        let consent = json!({
            "unit_ids": [nurse.unit.id], "purpose": "Cooperation on help with play.", "valid_until": world.in_days(182),
            "text_version": "2026-1", "given_by": guardian, "form": "paper", "document": "26/1234-1",
        });
        teacher.post(format!("/v1/cases/{case}/consents")).json(consent).send().await.expect(201);
        world.add_to_team(&teacher, case, &nurse).await;
        nurse.get(format!("/v1/cases/{case}")).send().await.expect(200);
        assert_ne!(teacher.post(&path).json(body).send().await.expect(201).text("/guardian_id"), guardian);

        let number = world.adult_number();
        let first = world.staff("kragero/oppvekst", Role::Administrator).await;
        let second = world.staff("kragero/oppvekst", Role::Administrator).await;
        let proposals = "/v1/municipalities/4014/number-proposals";
        let body = json!({"person_id": guardian, "national_id": number.as_str(), "reason": "She got a number."});
        let proposal = first.post(proposals).json(body).send().await.expect(201).text("/id");
        let body = json!({"person_id": guardian, "national_id": number.as_str()});
        second.post(format!("{proposals}/{proposal}/confirm")).json(body).send().await.expect(201);
        let user = world.user(KRAGERO, &number).await;
        assert_eq!(user.id.to_string(), guardian);
        user.get(format!("/v1/cases/{case}")).send().await.expect(200);
        teacher.post(path).json(as_guardian(&world, &number)).send().await.expect_problem(409, "conflict");
    }

    async fn an_emergency_names_the_other_cases_of_the_child(world: World) {
        let (teacher, nurse) = (world.worker("kragero/skole").await, world.worker("kragero/helsestasjon").await);
        let responder = world.worker("kragero/barnehage").await;
        let number = world.child_number(7);
        let first = world.register(&teacher, number.clone()).await;
        let first = world.open_case(&teacher, &first).await;
        let second = world.register(&nurse, number.clone()).await;
        let second = world.open_case(&nurse, &second).await;
        let path = format!("/v1/units/{}/emergency-access", responder.unit.id);
        let told = crate::support::emergency(json!({"national_id": number.as_str()}));
        let opened = responder.post(&path).json(told).send().await.expect(201);
        assert_eq!(opened.text("/case_id"), second.to_string());
        assert_eq!(opened.body["other_case_ids"], json!([first]));
        responder.get(format!("/v1/cases/{first}")).send().await.expect(404);
        let told = crate::support::emergency(json!({"case_id": first}));
        let opened = responder.post(&path).json(told).send().await.expect(201);
        assert_eq!(opened.body["other_case_ids"], json!([]));
        responder.get(format!("/v1/cases/{first}")).send().await.expect(200);
    }
}
