//! A human can have an account in each municipality. Each works for its own, and the first also opens what they see as family elsewhere.

use chrono::TimeDelta;
use serde_json::json;

use super::{
    KRAGERO, PORSGRUNN, case_of,
    numbers::{Office, cases, employed},
};
use crate::support::{Role, Staff, World, both_engines};

both_engines! {
    async fn staff_of_two_municipalities_work_for_each_with_its_own_account(world: World) {
        let (teacher, number) = employed(&world, "kragero/skole", Role::Worker).await;
        let case = world.open_case(&teacher, &world.child(&teacher, 7).await).await;
        let elsewhere = world.user(PORSGRUNN, &number).await;
        world.grant(&elsewhere, &world.unit("porsgrunn/skole").await, Role::Administrator).await;
        teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
        elsewhere.get(format!("/v1/cases/{case}")).send().await.expect(404);
        let accounts = format!("/v1/municipalities/{PORSGRUNN}/accounts");
        elsewhere.get(&accounts).send().await.expect(200);
        teacher.get(&accounts).send().await.expect(403);
        for (user, municipality) in [(&teacher.user, KRAGERO), (&elsewhere, PORSGRUNN)] {
            let me = user.get("/v1/me").send().await.expect(200);
            assert_eq!(me.body["roles"].as_array().map(Vec::len), Some(1));
            assert_eq!(me.text("/roles/0/municipality"), municipality);
        }
    }

    async fn another_municipality_opens_nothing_by_an_account_that_it_makes_later(world: World) {
        let (here, there) = (world.worker("kragero/skole").await, world.worker("porsgrunn/skole").await);
        let number = world.adult_number();
        let (child, case, _) = case_of(&world, &here, &number).await;
        let mother = world.user(KRAGERO, &number).await;
        world.advance(TimeDelta::seconds(1));
        let later = world.user(PORSGRUNN, &number).await;
        let (_, their_case, _) = case_of(&world, &there, &number).await;
        assert_eq!(cases(&mother).await, [case.clone(), their_case.clone()]);
        assert_eq!(cases(&later).await, [their_case]);
        for path in [format!("/v1/cases/{case}"), format!("/v1/children/{}", child.id)] {
            mother.get(&path).send().await.expect(200);
            later.get(&path).send().await.expect(404);
        }
        let office = Office::of(&world).await;
        office.first.post(format!("/v1/municipalities/{KRAGERO}/accounts/{}/disable", mother.id)).send().await.expect(204);
        later.get(format!("/v1/cases/{case}")).send().await.expect(404);
    }

    async fn staff_are_kept_from_their_own_child_whichever_account_they_use(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let number = world.adult_number();
        let child = world.child(&teacher, 7).await;
        let body = json!({
            "national_id": number.as_str(), "name": "Iben Granli", "parental_responsibility": false, "lives_with_child": false,
        });
        teacher.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
        let other_parent = world.guardian_of(&teacher, &child, true).await;
        let case = world.open_case(&teacher, &child).await;
        world.user(KRAGERO, &number).await;
        world.advance(TimeDelta::seconds(1));
        let unit = world.unit("porsgrunn/pp-tjenester").await;
        let serves = "INSERT INTO unit_serves (unit_id, municipality) SELECT id, '4014' FROM unit WHERE municipality = '4001' AND key = 'pp-tjenester'";
        world.try_execute(serves).await.expect("the unit serves both");
        let adviser = Staff { user: world.user(PORSGRUNN, &number).await, unit: unit.clone() };
        let colleague = Staff { user: world.user_with_new_number(PORSGRUNN).await, unit: unit.clone() };
        world.consent(&other_parent, case, &[&unit]).await;
        for staff in [&adviser, &colleague] {
            world.grant(&staff.user, &unit, Role::Worker).await;
        }
        let seat = |staff: &Staff| json!({"person_id": staff.id, "unit_id": unit.id, "contains": [], "task": "Helps."});
        let team = format!("/v1/cases/{case}/team");
        teacher.post(&team).json(seat(&adviser)).send().await.expect_problem(409, "conflict");
        teacher.post(&team).json(seat(&colleague)).send().await.expect(201);
        adviser.get(format!("/v1/cases/{case}")).send().await.expect(404);
    }

    async fn disabling_somebody_closes_every_account_that_the_municipality_has_of_them(world: World) {
        let office = Office::of(&world).await;
        let (teacher, known) = employed(&world, "kragero/skole", Role::Worker).await;
        let (other, number) = employed(&world, "kragero/helsestasjon", Role::Worker).await;
        office.add(&known, &number).await;
        let disable = format!("/v1/municipalities/{KRAGERO}/accounts/{}/disable", teacher.id);
        office.first.post(disable).send().await.expect(204);
        for account in [&teacher, &other] {
            account.get("/v1/me").send().await.expect(401);
        }
    }
}
