//! One answer names every fault of a request.

use serde_json::{Value, json};
use stafett::kernel::vocabulary::Role;

use crate::support::{World, both_engines};

both_engines! {
    async fn every_field_at_fault_is_named_in_one_answer(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let body = json!({
            "name": " ", "national_id": "12345678901", "birth_date": "2026-02-30", "nickname": "Ib",
        });
        let answer = teacher.post(format!("/v1/units/{}/children?dry=1", teacher.unit.id)).json(body).send().await;
        let answer = answer.expect_problem(422, "invalid-input");
        assert_eq!(answer.pointers(), ["/birth_date", "/name", "/national_id", "/nickname", "?dry"]);
        let detail = |at: usize| answer.body["errors"][at]["detail"].clone();
        assert_eq!(detail(0), "must be a date that exists, as YYYY-MM-DD");
        assert_eq!(detail(1), "must not be blank");
        assert_eq!(detail(3), "is not a known field");
        assert_eq!(world.rows("child").await, 0);
    }

    async fn every_parameter_at_fault_is_named_in_one_answer(world: World) {
        let auditor = world.staff("kragero/skole", Role::Auditor).await;
        let answer = auditor.get("/v1/access-log?limit=0&action=fly&from=2026-11-28&sort=at&person_id=7").send().await;
        let answer = answer.expect_problem(422, "invalid-input");
        assert_eq!(answer.pointers(), ["?action", "?from", "?limit", "?person_id", "?sort"]);
    }

    async fn an_id_has_one_form(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let id = teacher.unit.id.to_string();
        let forms = [format!("{{{id}}}"), format!("urn:uuid:{id}"), id.replace('-', "")];
        for form in &forms {
            teacher.get(format!("/v1/units/{form}/staff")).send().await.expect_problem(404, "not-found");
            let body: Value = json!({"facts": "Plays alone.", "child_id": form});
            let path = format!("/v1/units/{id}/concerns");
            teacher.post(path).json(body).send().await.expect_invalid("/child_id");
        }
    }

    async fn the_units_of_an_unknown_municipality_are_not_found(world: World) {
        for list in ["units", "arenas", "guide", "consent-texts"] {
            let path = |municipality: &str| format!("/v1/municipalities/{municipality}/{list}");
            world.anonymous().get(path("9999")).send().await.expect_problem(404, "not-found");
            world.anonymous().get(path("4014")).send().await.expect(200);
        }
    }
}
