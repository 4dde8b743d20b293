//! The people behind a care order: two stand behind each, its changes are kept, and somebody always has it as a task.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    care_orders::{accept, consent_to, end, everything, in_force, order, path, record},
    cast::finds_nothing,
    support::{Answer, Call, Child, Role, Staff, User, World, both_engines},
};

fn change(by: &User, child: &Child, made: &Answer, body: Value) -> Call {
    by.patch(format!("{}/{}", path(child), made.text("/id"))).json(body).if_match(&made.body["version"])
}

fn naming(person: &Staff) -> Value {
    json!({
        "child_welfare_unit_id": person.unit.id, "child_welfare_person_id": person.id, "reference": "Has a new contact.",
    })
}

/// The kinds of the person's tasks about care orders.
async fn tasks(user: &User) -> Vec<String> {
    let due = user.get("/v1/follow-ups?limit=200").send().await.expect(200);
    let kinds = due.items().iter().map(|task| task["kind"].as_str().expect("a kind").to_owned());
    kinds.filter(|kind| kind.contains("care_order")).collect()
}

async fn newcomer(world: &World) -> Staff {
    world.worker("kragero/barnevern").await
}

both_engines! {
    async fn nobody_takes_the_parents_place_alone(world: World) {
        let cast = world.shared_case().await;
        let child = &cast.family.child;
        let worker = newcomer(&world).await;
        let holder = newcomer(&world).await;
        let registered = world.register(&holder, world.child_number(6)).await;
        let own = record(&holder, &registered, order(&holder, world.in_days(0))).send().await;
        own.expect_invalid("/child_welfare_person_id");

        let made = record(&cast.teacher, child, order(&worker, world.in_days(0))).send().await.expect(201);
        assert_eq!((made.text("/named_by"), &made.body["accepted_at"]), (cast.teacher.id.to_string(), &Value::Null));
        finds_nothing(&cast.family.guardians[0], &everything(&cast)).await;
        worker.get(cast.path("")).send().await.expect_problem(404, "not-found");
        let mut on_paper = consent_to(&world, &cast.nurse);
        on_paper["given_by"] = json!(worker.id);
        on_paper["form"] = json!("paper");
        on_paper["document"] = json!("26/1234-1");
        let consent = || cast.teacher.post(cast.path("/consents")).json(on_paper.clone()).send();
        consent().await.expect_invalid("/given_by");
        let accepting = format!("{}/{}/accept", path(child), made.text("/id"));
        cast.teacher.post(&accepting).if_match(1).send().await.expect_problem(403, "forbidden");
        let accepted = accept(&worker, child, &made).await;
        worker.post(&accepting).if_match(&accepted.body["version"]).send().await.expect_problem(409, "conflict");
        consent().await.expect(201);
        worker.get(cast.path("")).send().await.expect(200);
    }

    async fn a_person_named_in_one_order_does_not_accept_that_of_another(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let (one, another) = (newcomer(&world).await, newcomer(&world).await);
        record(&cast.teacher, child, order(&one, world.in_days(0))).send().await.expect(201);
        let mut voluntary = order(&another, world.in_days(0));
        voluntary["kind"] = json!("voluntary_placement");
        let made = record(&cast.teacher, child, voluntary).send().await.expect(201);
        let accepting = format!("{}/{}/accept", path(child), made.text("/id"));
        one.post(&accepting).if_match(1).send().await.expect_problem(404, "not-found");
        change(&one, child, &made, naming(&one)).send().await.expect_problem(404, "not-found");
        end(&one, child, &made).send().await.expect_problem(404, "not-found");
        another.post(&accepting).if_match(1).send().await.expect(200);
        for (who, kind) in [(&one, "taken_into_care"), (&another, "voluntary_placement")] {
            let listed = who.get(path(child)).send().await.expect(200);
            let kinds: Vec<_> = listed.items().iter().map(|order| order["kind"].clone()).collect();
            assert_eq!(kinds, [json!(kind)]);
        }
        assert_eq!(cast.teacher.get(path(child)).send().await.expect(200).items().len(), 2);
    }

    async fn a_later_last_day_that_another_sets_is_accepted_again(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let worker = newcomer(&world).await;
        let made = in_force(&cast.teacher, child, &worker, {
            let mut acute = order(&worker, world.in_days(0));
            acute["kind"] = json!("acute_care");
            acute["in_force_until"] = json!(world.in_days(3));
            acute
        }).await;
        world.advance(TimeDelta::days(5));
        let mut longer = naming(&worker);
        longer["in_force_until"] = json!(world.in_days(20));
        let longer = change(&cast.teacher, child, &made, longer).send().await.expect(200);
        assert_eq!(longer.body["accepted_at"], Value::Null);
        worker.get(cast.path("")).send().await.expect_problem(404, "not-found");
        accept(&worker, child, &longer).await;
        worker.get(cast.path("")).send().await.expect(200);
    }

    async fn an_order_for_a_time_without_a_last_day_lasts_as_long_as_its_kind_can(world: World) {
        let cast = world.school_case().await;
        let worker = newcomer(&world).await;
        let mut ban = order(&worker, world.in_days(-10));
        ban["kind"] = json!("moving_prohibited");
        let made = record(&cast.teacher, &cast.family.child, ban.clone()).send().await.expect(201);
        assert_eq!(made.body["in_force_until"], json!(world.in_days(82)));
        ban["kind"] = json!("acute_care");
        ban["in_force_until"] = json!(world.in_days(33));
        record(&cast.teacher, &cast.family.child, ban).send().await.expect_invalid("/in_force_until");
    }

    async fn a_leader_who_is_stated_to_be_a_parent_has_no_task_about_the_child(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let worker = newcomer(&world).await;
        let number = world.adult_number();
        let user = world.user("4014", &number).await;
        world.grant(&user, &worker.unit, Role::UnitLeader).await;
        record(&cast.teacher, child, order(&worker, world.in_days(0))).send().await.expect(201);
        world.advance(TimeDelta::days(8));
        assert_eq!(tasks(&user).await, ["assign_care_order"]);
        let parent = json!({
            "national_id": number.as_str(), "name": user.name, "parental_responsibility": false, "lives_with_child": false,
        });
        cast.teacher.post(format!("/v1/children/{}/guardians", child.id)).json(parent).send().await.expect(201);
        assert!(tasks(&user).await.is_empty());
    }

    async fn an_order_keeps_what_it_said_before_each_change(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let (worker, colleague) = (newcomer(&world).await, newcomer(&world).await);
        let mut acute = order(&worker, world.in_days(0));
        acute["kind"] = json!("acute_care");
        acute["in_force_until"] = json!(world.in_days(10));
        let made = in_force(&cast.teacher, child, &worker, acute).await;
        let mut same = naming(&worker);
        change(&worker, child, &made, same.clone()).send().await.expect_invalid("/child_welfare_person_id");
        same["in_force_until"] = json!(world.in_days(43));
        change(&worker, child, &made, same.clone()).send().await.expect_invalid("/in_force_until");
        same["in_force_until"] = json!(world.in_days(20));
        same["reference"] = json!("BVHN-2026-0166");
        let longer = change(&worker, child, &made, same.clone()).send().await.expect(200);
        assert_eq!(longer.body["accepted_at"], made.body["accepted_at"], "the same person has accepted it");
        same.as_object_mut().expect("an object").remove("reference");
        change(&worker, child, &longer, same).send().await.expect_invalid("/reference");
        let moved = change(&worker, child, &longer, naming(&colleague)).send().await.expect(200);
        let changes = moved.body["changes"].as_array().expect("changes");
        let said: Vec<_> = changes.iter().map(|one| (&one["former_until"], &one["reference"], &one["former_person_id"])).collect();
        let first = (&json!(world.in_days(10)), &json!("BVHN-2026-0166"), &json!(worker.id));
        let second = (&json!(world.in_days(20)), &json!("Has a new contact."), &json!(worker.id));
        assert_eq!(said, [first, second]);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM care_order_change WHERE reference LIKE '%BVHN%'").await, 0, "sealed");
        let listed = cast.teacher.get(path(child)).send().await.expect(200);
        assert_eq!(listed.body["items"][0]["changes"], moved.body["changes"]);
    }

    async fn an_order_that_nobody_has_accepted_is_a_task_of_the_one_who_is_named_and_then_of_others(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let worker = newcomer(&world).await;
        let leader = world.staff("kragero/barnevern", Role::UnitLeader).await;
        let made = record(&cast.teacher, child, order(&worker, world.in_days(0))).send().await.expect(201);
        assert_eq!(tasks(&worker).await, ["accept_care_order"]);
        assert!(tasks(&leader).await.is_empty() && tasks(&cast.teacher).await.is_empty());
        world.advance(TimeDelta::days(8));
        assert_eq!(tasks(&leader).await, ["assign_care_order"]);
        assert_eq!(tasks(&cast.teacher).await, ["assign_care_order"]);
        assert!(tasks(&cast.family.guardians[0]).await.is_empty());
        let due = leader.get("/v1/follow-ups").send().await.expect(200);
        assert_eq!((&due.body["items"][0]["case_id"], due.text("/items/0/child_id")), (&Value::Null, child.id.to_string()));
        accept(&worker, child, &made).await;
        for user in [&worker, &leader, &cast.teacher] {
            assert!(tasks(user).await.is_empty());
        }
    }

    async fn when_the_person_named_leaves_the_leader_names_another_also_in_a_closed_case(world: World) {
        for closes in [false, true] {
            let cast = world.school_case().await;
            let child = &cast.family.child;
            let unit = world.unit("kragero/barnevern").await;
            let user = world.user_with_new_number("4014").await;
            let role = world.grant(&user, &unit, Role::Worker).await;
            let (worker, successor) = (Staff { user, unit }, newcomer(&world).await);
            let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
            let leader = world.staff("kragero/barnevern", Role::UnitLeader).await;
            let made = in_force(&cast.teacher, child, &worker, order(&worker, world.in_days(0))).await;
            if closes {
                world.close_case(&cast.teacher, cast.case).await;
            }
            assert!(tasks(&leader).await.is_empty());
            administrator.delete(format!("/v1/units/{}/staff/{role}", worker.unit.id)).send().await.expect(204);
            assert!(tasks(&worker).await.is_empty());
            assert_eq!(tasks(&leader).await, ["assign_care_order"], "closed: {closes}");
            assert_eq!(tasks(&cast.teacher).await.is_empty(), closes);
            finds_nothing(&leader, &[cast.path(""), cast.path("/notes")]).await;
            assert_eq!(leader.get(path(child)).send().await.expect(200).items().len(), 1);
            change(&leader, child, &made, naming(&leader)).send().await.expect_invalid("/child_welfare_person_id");
            let named = change(&leader, child, &made, naming(&successor)).send().await.expect(200);
            accept(&successor, child, &named).await;
            assert!(tasks(&leader).await.is_empty());
            end(&successor, child, &accepted(&leader, child).await).send().await.expect(200);
            leader.get(path(child)).send().await.expect_problem(404, "not-found");
        }
    }

    async fn an_order_about_someone_who_has_come_of_age_is_nobodys_task(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let worker = newcomer(&world).await;
        let leader = world.staff("kragero/barnevern", Role::UnitLeader).await;
        let child = world.child_born(&teacher, &(world.today() - chrono::Months::new(18 * 12) + TimeDelta::days(5)).to_string()).await;
        record(&teacher, &child, order(&worker, world.in_days(0))).send().await.expect(201);
        assert_eq!(tasks(&worker).await, ["accept_care_order"]);
        world.advance(TimeDelta::days(8));
        assert!(tasks(&worker).await.is_empty() && tasks(&leader).await.is_empty());
    }

    async fn the_leader_knows_when_the_last_day_has_passed_in_a_closed_case(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let worker = newcomer(&world).await;
        let leader = world.staff("kragero/barnevern", Role::UnitLeader).await;
        let mut acute = order(&worker, world.in_days(0));
        acute["kind"] = json!("acute_care");
        acute["in_force_until"] = json!(world.in_days(3));
        in_force(&cast.teacher, child, &worker, acute).await;
        world.close_case(&cast.teacher, cast.case).await;
        assert_eq!(tasks(&worker).await, ["care_order_ends"]);
        assert!(tasks(&leader).await.is_empty());
        world.advance(TimeDelta::days(4));
        assert_eq!((tasks(&worker).await, tasks(&leader).await), (vec!["care_order_ends".into()], vec!["care_order_ends".into()]));
        let other = world.staff("porsgrunn/barnevernstjenesten", Role::UnitLeader).await;
        assert!(tasks(&other).await.is_empty());
        end(&leader, child, &accepted(&leader, child).await).send().await.expect(200);
    }
}

/// The only order of a child, as an answer with its version.
async fn accepted(by: &User, child: &Child) -> Answer {
    let mut listed = by.get(path(child)).send().await.expect(200);
    listed.body = listed.body["items"][0].clone();
    listed
}
