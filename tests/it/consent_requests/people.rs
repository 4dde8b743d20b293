//! The people who are asked for a consent, and those who do not know of it.

use chrono::{Months, TimeDelta};
use serde_json::json;
use stafett::kernel::ids::ConsentRequestId;

use super::{NONE, question, tasks, with};
use crate::{
    care_orders::{foster_parent, in_force, order},
    cast::Cast,
    support::{Family, World, both_engines},
};

both_engines! {
    async fn the_young_person_of_sixteen_is_asked_alone(world: World) {
        let cast = world.family_of_sixteen().await;
        let youth = world.youth(&cast.family.child).await;
        let request = cast.asked(&world).await;
        assert_eq!(cast.read(&cast.teacher, request).await.expect(200).body["missing"], json!([cast.family.child.id]));
        for guardian in &cast.family.guardians {
            cast.read(guardian, request).await.expect_problem(404, "not-found");
            cast.answer(guardian, request, json!({"agrees": true})).await.expect_problem(404, "not-found");
            assert_eq!(cast.listed(guardian).await, NONE);
            assert_eq!(tasks(guardian, "answer_consent_request").await, NONE);
        }
        assert_eq!(tasks(&youth, "answer_consent_request").await, [json!(request)]);
        cast.answer(&youth, request, json!({"agrees": true})).await.expect(201);
        assert!(cast.is_covered().await);
    }

    async fn a_contact_kept_from_the_guardians_is_asked_for_where_they_cannot_see_it(world: World) {
        let cast = world.family_of_sixteen().await;
        let youth = world.youth(&cast.family.child).await;
        let secret = json!({"kinds": ["agreed", "confidential_health"]});
        let request: ConsentRequestId =
            cast.ask(with(question(&world, &cast.nurse.unit), secret)).await.expect(201).id("/id");
        for guardian in &cast.family.guardians {
            cast.read(guardian, request).await.expect_problem(404, "not-found");
            assert_eq!(cast.listed(guardian).await, NONE);
        }
        assert_eq!(cast.listed(&youth).await, [json!(request)]);
        cast.answer(&youth, request, json!({"agrees": false, "reason": "Not now."})).await.expect(201);
        // Where others are asked in the same request, they would read of it.
        let child_welfare = world.unit("kragero/barnevern").await;
        let mixed = json!({"unit_ids": [child_welfare.id], "kinds": ["agreed", "confidential_health"]});
        cast.ask(with(question(&world, &cast.nurse.unit), mixed)).await.expect_invalid("/kinds/1");
    }

    async fn each_person_is_asked_only_for_what_needs_their_consent(world: World) {
        let cast = world.family_of_sixteen().await;
        let youth = world.youth(&cast.family.child).await;
        let child_welfare = world.unit("kragero/barnevern").await;
        let two = json!({"unit_ids": [cast.nurse.unit.id, child_welfare.id]});
        let request: ConsentRequestId =
            cast.ask(with(question(&world, &cast.nurse.unit), two)).await.expect(201).id("/id");
        let mother = &cast.family.guardians[0];
        let seen = cast.read(mother, request).await.expect(200);
        assert_eq!(seen.body["units"].as_array().map(Vec::len), Some(1));
        assert_eq!(seen.body["units"][0]["unit_id"], json!(child_welfare.id), "the youth decides alone on health services");
        assert_eq!(cast.read(&youth, request).await.expect(200).body["units"].as_array().map(Vec::len), Some(2));
        let said = cast.answer(mother, request, json!({"agrees": true})).await.expect(201);
        let given = said.text("/answers/0/consent_id");
        let consent = mother.get(cast.path(&format!("/consents/{given}"))).send().await.expect(200);
        assert_eq!(consent.body["units"].as_array().map(Vec::len), Some(1));
        // Otherwise a yes to all would leave something out.
        let uneven = json!({"unit_ids": [cast.nurse.unit.id, child_welfare.id], "kinds": ["agreed", "child_welfare"]});
        cast.ask(with(question(&world, &cast.nurse.unit), uneven)).await.expect_invalid("/unit_ids/1");
    }

    async fn who_has_answered_still_sees_the_request_when_another_decides(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let birthday = world.today() + TimeDelta::days(5);
        let child = world.child_born(&teacher, &(birthday - Months::new(16 * 12)).to_string()).await;
        let guardians = vec![world.guardian_of(&teacher, &child, true).await, world.guardian_of(&teacher, &child, true).await];
        let family = Family { child, guardians };
        let case = world.open_case(&teacher, &family.child).await;
        let cast = Cast { teacher, nurse, family, case };
        let request = cast.asked(&world).await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        cast.answer(mother, request, json!({"agrees": false})).await.expect(201);
        world.advance(TimeDelta::days(6));
        let hers = cast.read(mother, request).await.expect(200);
        assert_eq!(hers.body["answers"].as_array().map(Vec::len), Some(1));
        cast.answer(mother, request, json!({"agrees": true})).await.expect_invalid("/agrees");
        cast.read(father, request).await.expect_problem(404, "not-found");
    }

    async fn a_foster_parent_is_not_asked_and_child_welfare_answers_in_place_of_the_parents(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let foster = foster_parent(&world, &cast.teacher, child).await;
        let worker = world.worker("kragero/barnevern").await;
        in_force(&cast.teacher, child, &worker, order(&worker, world.in_days(0))).await;
        let request = cast.asked(&world).await;
        cast.read(&foster, request).await.expect_problem(404, "not-found");
        cast.answer(&foster, request, json!({"agrees": true})).await.expect_problem(404, "not-found");
        foster.get(cast.path("/consent-requests")).send().await.expect_problem(403, "forbidden");
        cast.read(&cast.family.guardians[0], request).await.expect_problem(404, "not-found");
        assert_eq!(tasks(&worker, "answer_consent_request").await, [json!(request)]);
        cast.answer(&worker, request, json!({"agrees": true})).await.expect(201);
        assert!(cast.is_covered().await);
    }

    async fn the_team_and_leaders_know_nothing_of_what_is_asked_for(world: World) {
        let cast = world.shared_case().await;
        let request = cast.asked(&world).await;
        cast.read(&cast.nurse, request).await.expect_problem(404, "not-found");
        cast.answer(&cast.nurse, request, json!({"agrees": true})).await.expect_problem(404, "not-found");
        cast.nurse.get(cast.path("/consent-requests")).send().await.expect_problem(403, "forbidden");
        let mine = cast.nurse.post(cast.path("/consent-requests")).json(question(&world, &cast.nurse.unit)).send().await;
        mine.expect_problem(403, "forbidden");
        let stranger = world.worker("kragero/nav").await;
        stranger.get(cast.path("/consent-requests")).send().await.expect_problem(404, "not-found");
        let mother = &cast.family.guardians[0];
        let hers = mother.post(cast.path("/consent-requests")).json(question(&world, &cast.nurse.unit)).send().await;
        hers.expect_problem(403, "forbidden");
    }

    async fn nobody_is_asked_where_nobody_can_consent(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let child = world.child(&teacher, 7).await;
        let case = world.open_case(&teacher, &child).await;
        let cast = Cast { teacher, nurse, family: Family { child, guardians: Vec::new() }, case };
        cast.ask(question(&world, &cast.nurse.unit)).await.expect_problem(409, "conflict");
    }
}
