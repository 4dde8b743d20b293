//! The kinds of care orders: what follows from each, and the last day of those that are for a time.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    care_orders::{consent_to, end, everything, foster_parent, in_force, order, path, record},
    cast::{Cast, finds_nothing},
    support::{Answer, Staff, User, World, both_engines},
};

/// An order of a kind that is in force from today, until a day if it has one.
fn order_of(kind: &str, worker: &Staff, world: &World, until: Option<String>) -> Value {
    let mut body = order(worker, world.in_days(0));
    body["kind"] = json!(kind);
    if let Some(until) = until {
        body["in_force_until"] = json!(until);
    }
    body
}

async fn recorded(world: &World, cast: &Cast, kind: &str, until: Option<String>) -> (Staff, Answer) {
    let worker = world.worker("kragero/barnevern").await;
    let body = order_of(kind, &worker, world, until);
    let made = in_force(&cast.teacher, &cast.family.child, &worker, body).await;
    (worker, made)
}

async fn still_see_and_consent(world: &World, cast: &Cast) {
    for parent in &cast.family.guardians {
        parent.get(cast.path("")).send().await.expect(200);
        let consent = consent_to(world, &cast.nurse);
        parent.post(cast.path("/consents")).json(consent).send().await.expect(201);
    }
}

async fn tasks(user: &User) -> Vec<Value> {
    let due = user.get("/v1/follow-ups?limit=200").send().await.expect(200);
    due.items().iter().filter(|task| task["kind"] == "care_order_ends").cloned().collect()
}

both_engines! {
    async fn the_parents_keep_everything_under_an_order_that_leaves_them_the_decision(world: World) {
        for (kind, until) in [
            ("voluntary_placement", None), ("institution", None), ("institution_by_consent", None), ("leaving_prohibited", Some(30)),
            ("acute_institution", Some(14)), ("acute_leaving_prohibited", Some(14)),
        ] {
            let cast = world.school_case().await;
            let foster = foster_parent(&world, &cast.teacher, &cast.family.child).await;
            let (worker, made) = recorded(&world, &cast, kind, until.map(|days| world.in_days(days))).await;
            assert_eq!(made.body["effect"]["decides"], "parents", "{kind}");
            assert_eq!(made.body["effect"]["closes_to_parents"], false, "{kind}");
            still_see_and_consent(&world, &cast).await;
            world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
            finds_nothing(&foster, &everything(&cast)).await;
            worker.get(cast.path("")).send().await.expect_problem(404, "not-found");
            end(&worker, &cast.family.child, &made).send().await.expect(200);
        }
    }

    async fn nobody_consents_while_an_order_hides_the_child_from_traffickers(world: World) {
        let cast = world.shared_case().await;
        let (worker, made) = recorded(&world, &cast, "trafficking", None).await;
        finds_nothing(&cast.family.guardians[0], &everything(&cast)).await;
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
        worker.get(cast.path("")).send().await.expect_problem(404, "not-found");
        for person in [cast.family.guardians[0].id, worker.id] {
            let mut consent = consent_to(&world, &cast.nurse);
            consent["given_by"] = json!(person);
            consent["form"] = json!("paper");
            consent["document"] = json!("2026/118-2");
            cast.teacher.post(cast.path("/consents")).json(consent).send().await.expect_invalid("/given_by");
        }
        end(&worker, &cast.family.child, &made).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        cast.family.guardians[0].get(cast.path("")).send().await.expect(200);
    }

    async fn an_appointed_guardian_decides_for_a_child_whose_parents_are_deprived(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let appointed = world.guardian(&child.municipality, world.adult_number()).await;
        let body = json!({
            "national_id": appointed.national_id.as_str(), "name": appointed.name, "parental_responsibility": true,
            "lives_with_child": false, "capacity": "guardian_appointed",
        });
        cast.teacher.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
        recorded(&world, &cast, "parental_responsibility_removed", None).await;
        for parent in &cast.family.guardians {
            finds_nothing(parent, &everything(&cast)).await;
        }
        appointed.get(cast.path("")).send().await.expect(200);
        appointed.post(cast.path("/consents")).json(consent_to(&world, &cast.nurse)).send().await.expect(201);
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        // An order to take the child into care gives child welfare the decision.
        let (worker, _) = recorded(&world, &cast, "taken_into_care", None).await;
        finds_nothing(&appointed, &everything(&cast)).await;
        worker.post(cast.path("/consents")).json(consent_to(&world, &cast.nurse)).send().await.expect(201);
    }

    async fn a_child_has_one_order_of_each_kind_that_has_not_ended(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let (worker, first) = recorded(&world, &cast, "moving_prohibited", None).await;
        recorded(&world, &cast, "leaving_prohibited", None).await;
        let again = order_of("moving_prohibited", &worker, &world, None);
        record(&cast.teacher, child, again.clone()).send().await.expect_problem(409, "conflict");
        end(&cast.teacher, child, &first).send().await.expect(200);
        record(&cast.teacher, child, again).send().await.expect(201);
        let listed = cast.teacher.get(path(child)).send().await.expect(200);
        assert_eq!(listed.items().len(), 3);
    }

    async fn an_acute_order_has_a_last_day_and_other_orders_as_their_kind_says(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let worker = world.worker("kragero/barnevern").await;
        let attempt = |kind: &str, until: Option<i64>| {
            let until = until.map(|days| world.in_days(days));
            record(&cast.teacher, child, order_of(kind, &worker, &world, until)).send()
        };
        for (kind, until) in [
            ("acute_care", None), ("acute_trafficking", None), ("acute_care", Some(-1)), ("taken_into_care", Some(30)),
            ("voluntary_placement", Some(30)), ("parental_responsibility_removed", Some(30)), ("institution", Some(-1)),
        ] {
            attempt(kind, until).await.expect_invalid("/in_force_until");
        }
        for (kind, longest) in [
            ("acute_care", 42), ("acute_institution", 14), ("moving_prohibited", 92), ("institution", 366),
            ("institution_by_consent", 366), ("trafficking", 184), ("leaving_prohibited", 366),
        ] {
            attempt(kind, Some(longest + 1)).await.expect_invalid("/in_force_until");
            attempt(kind, Some(longest)).await.expect(201);
        }
    }

    async fn after_its_last_day_an_order_gives_nobody_a_power_and_opens_nothing(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let mother = &cast.family.guardians[0];
        let foster = foster_parent(&world, &cast.teacher, child).await;
        let (worker, made) = recorded(&world, &cast, "acute_care", Some(world.in_days(1))).await;
        worker.get(cast.path("")).send().await.expect(200);
        foster.get(cast.path("")).send().await.expect(200);
        assert_eq!(tasks(&worker).await.len(), 1, "the last day is near");
        assert_eq!(tasks(&cast.teacher).await[0]["overdue"], false);
        assert!(tasks(mother).await.is_empty() && tasks(&foster).await.is_empty());

        world.advance(TimeDelta::days(2));
        for user in [&mother.user, &foster.user, &worker.user] {
            user.get(cast.path("")).send().await.expect_problem(404, "not-found");
            let consent = consent_to(&world, &cast.nurse);
            user.post(cast.path("/consents")).json(consent).send().await.expect_problem(404, "not-found");
        }
        assert_eq!(tasks(&cast.teacher).await[0]["overdue"], true);
        let one = format!("{}/{}", path(child), made.text("/id"));
        let to = json!({
            "child_welfare_unit_id": worker.unit.id, "child_welfare_person_id": worker.id,
            "in_force_until": world.in_days(14), "reference": "BVHN-2026-0166",
        });
        let longer = worker.patch(&one).json(to).if_match(2).send().await.expect(200);
        assert_eq!(longer.text("/in_force_until"), world.in_days(14));
        worker.get(cast.path("")).send().await.expect(200);

        world.advance(TimeDelta::days(15));
        mother.get(cast.path("")).send().await.expect_problem(404, "not-found");
        end(&worker, child, &longer).send().await.expect(200);
        mother.get(cast.path("")).send().await.expect(200);
        assert!(tasks(&cast.teacher).await.is_empty());
    }
}
