//! The test harness: a whole story.

use crate::support::{Role, World, both_engines};

both_engines! {
    async fn a_case_is_opened_consented_to_joined_and_handed_over(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;

        nurse.get(format!("/v1/cases/{case}")).send().await.expect_problem(404, "not-found");
        world.all_consent(&family, case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, case, &nurse).await;
        world.measure(&teacher, case, &nurse).await;
        nurse.get(format!("/v1/cases/{case}")).send().await.expect(200);

        let handover = world.offer_baton(&teacher, case, &nurse).await;
        let path = format!("/v1/cases/{case}/handovers/{handover}/accept");
        nurse.post(path).json(serde_json::json!({})).send().await.expect(200);
        let read = family.guardians[0].get(format!("/v1/cases/{case}")).send().await.expect(200);
        assert_eq!(read.text("/contact_person_id"), nurse.id.to_string());
    }

    async fn a_token_that_has_expired_is_replaced_by_itself(world: World) {
        let leader = world.staff("orland/ppt", Role::UnitLeader).await;
        leader.get("/v1/me").send().await.expect(200);
        world.advance(chrono::TimeDelta::hours(13));
        leader.get("/v1/me").send().await.expect(200);
    }
}
