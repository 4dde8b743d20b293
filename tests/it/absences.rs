//! Someone is away: another has the baton and the duties, and they return.

use serde_json::{Value, json};
use stafett::{
    absences, fetch_one,
    kernel::ids::{CaseId, PersonId},
};

use crate::{
    cast::Cast,
    support::{Answer, Role, Staff, User, World, both_engines},
};

async fn record(by: &User, who: &Staff, body: Value) -> Answer {
    let mut body = body;
    body["person_id"] = json!(who.id);
    by.post(format!("/v1/units/{}/absences", who.unit.id)).json(body).send().await
}

fn path(absence: &Answer) -> String {
    format!("/v1/units/{}/absences/{}", absence.text("/unit_id"), absence.text("/id"))
}

async fn back(by: &User, absence: &Answer) {
    by.post(format!("{}/end", path(absence))).send().await.expect(200);
}

async fn holder(world: &World, case: CaseId) -> PersonId {
    let mut tx = world.db.read().await.expect("a transaction");
    let sql = "SELECT person_id FROM contact_person WHERE case_id = $1";
    fetch_one!(&mut tx, (PersonId,), sql, case).expect("exactly one holder").0
}

async fn responsible(by: &User, cast: &Cast, measure: &str) -> String {
    by.get(cast.path(&format!("/measures/{measure}"))).send().await.expect(200).text("/responsible_id")
}

async fn sweep(world: &World) {
    absences::sweep(&world.db, &world.clock).await.expect("a sweep");
}

async fn tasks(of: &User, kind: &str) -> Vec<Value> {
    let list = of.get("/v1/follow-ups?limit=200").send().await.expect(200);
    list.items().iter().filter(|task| task["kind"] == kind).cloned().collect()
}

both_engines! {
    async fn a_stand_in_has_the_baton_while_the_contact_person_is_away(world: World) {
        let cast = world.shared_case().await;
        let mate = world.worker("kragero/skole").await;
        mate.get(cast.path("")).send().await.expect_problem(404, "not-found");
        let days = json!({"from_on": world.in_days(0), "to_on": world.in_days(5), "stand_in_id": mate.id});
        let absence = record(&cast.teacher, &cast.teacher, days).await.expect(201);
        assert_eq!(holder(&world, cast.case).await, mate.id);
        let seen = cast.family.guardians[0].get(cast.path("")).send().await.expect(200);
        assert_eq!(seen.body["contact_person_stands_in"], json!(true));
        assert_eq!(seen.text("/contact_person_stands_in_until"), world.in_days(5));
        let handovers = cast.family.guardians[0].get(cast.path("/handovers")).send().await.expect(200);
        assert_eq!(handovers.body["items"][0]["for_absence"], json!(true));
        mate.get(cast.path("/notes")).send().await.expect(200);

        world.advance(chrono::TimeDelta::hours(1));
        back(&cast.teacher, &absence).await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        let seen = cast.teacher.get(cast.path("")).send().await.expect(200);
        assert_eq!(seen.body["contact_person_stands_in"], json!(false));
        mate.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn the_baton_passes_on_the_first_day_and_returns_the_day_after_the_last(world: World) {
        let cast = world.shared_case().await;
        let mate = world.worker("kragero/skole").await;
        let days = json!({"from_on": world.in_days(2), "to_on": world.in_days(3), "stand_in_id": mate.id});
        record(&cast.teacher, &cast.teacher, days).await.expect(201);
        sweep(&world).await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        world.advance(chrono::TimeDelta::days(2));
        sweep(&world).await;
        sweep(&world).await;
        assert_eq!(holder(&world, cast.case).await, mate.id);
        world.advance(chrono::TimeDelta::days(1));
        sweep(&world).await;
        assert_eq!(holder(&world, cast.case).await, mate.id);
        world.advance(chrono::TimeDelta::days(1));
        sweep(&world).await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        mate.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn without_a_stand_in_the_leader_has_the_baton_and_can_name_one(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let mate = world.worker("kragero/skole").await;
        let absence = record(&leader, &cast.teacher, json!({"from_on": world.in_days(0)})).await.expect(201);
        assert_eq!(holder(&world, cast.case).await, leader.id);
        let task = tasks(&leader, "name_stand_in").await;
        assert_eq!(task[0]["object_id"], absence.body["id"]);
        assert_eq!(task[0]["overdue"], json!(true));

        world.advance(chrono::TimeDelta::hours(1));
        let change = leader.put(path(&absence)).json(json!({"stand_in_id": mate.id}));
        change.if_match(1).send().await.expect(200);
        assert_eq!(holder(&world, cast.case).await, mate.id);
        assert!(tasks(&leader, "name_stand_in").await.is_empty());
        world.advance(chrono::TimeDelta::hours(1));
        back(&leader, &absence).await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
    }

    async fn a_stand_in_who_is_close_to_the_child_does_not_get_the_baton(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let mate = world.worker("kragero/skole").await;
        let number = cast.family.child.national_id.as_str();
        let declared = json!({"national_id": number, "ground": "relative"});
        mate.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        let days = json!({"from_on": world.in_days(0), "stand_in_id": mate.id});
        record(&leader, &cast.teacher, days).await.expect(201);
        assert_eq!(holder(&world, cast.case).await, leader.id);
    }

    async fn nobody_who_said_that_the_contact_person_is_disqualified_stands_in(world: World) {
        let [teacher, mate] = [world.worker("kragero/skole").await, world.worker("kragero/skole").await];
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        let stated = json!({"person_id": teacher.id, "ground": "friend", "note": "They are old friends."});
        leader.post(format!("/v1/cases/{case}/conflicts-of-interest")).json(stated).send().await.expect(201);
        assert_eq!(holder(&world, case).await, teacher.id, "nobody gives the content to themself");
        let days = json!({"from_on": world.in_days(0), "stand_in_id": leader.id});
        let absence = record(&leader, &teacher, days).await.expect(201);
        assert_eq!(holder(&world, case).await, teacher.id);
        // The person who is kept from the case names nobody, and neither does the person who said so.
        let change = leader.put(path(&absence)).json(json!({"stand_in_id": mate.id}));
        change.if_match(1).send().await.expect(200);
        assert_eq!(holder(&world, case).await, teacher.id);
        assert_eq!(tasks(&leader, "name_stand_in").await.len(), 1);
    }

    async fn an_absence_that_follows_another_gives_nothing_back_in_between(world: World) {
        let cast = world.shared_case().await;
        let (mate, other) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let first = json!({"from_on": world.in_days(0), "to_on": world.in_days(1), "stand_in_id": mate.id});
        record(&cast.teacher, &cast.teacher, first).await.expect(201);
        let second = json!({"from_on": world.in_days(2), "to_on": world.in_days(3), "stand_in_id": other.id});
        record(&cast.teacher, &cast.teacher, second).await.expect(201);
        world.advance(chrono::TimeDelta::days(2));
        sweep(&world).await;
        assert_eq!(holder(&world, cast.case).await, other.id);
        mate.get(cast.path("")).send().await.expect_problem(404, "not-found");
        let handovers = other.get(cast.path("/handovers")).send().await.expect(200);
        assert_eq!(handovers.each("to_person_id"), [mate.id, other.id].map(|id| id.to_string()));
        world.advance(chrono::TimeDelta::days(2));
        sweep(&world).await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        other.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn a_case_that_the_stand_in_closed_is_given_back(world: World) {
        let cast = world.shared_case().await;
        let mate = world.worker("kragero/skole").await;
        let days = json!({"from_on": world.in_days(0), "stand_in_id": mate.id});
        let absence = record(&cast.teacher, &cast.teacher, days).await.expect(201);
        world.advance(chrono::TimeDelta::hours(1));
        world.close_case(&mate, cast.case).await;
        world.advance(chrono::TimeDelta::hours(1));
        back(&cast.teacher, &absence).await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        mate.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn a_new_stand_in_gets_the_duties_that_nobody_moved(world: World) {
        let cast = world.shared_case().await;
        let nurses = [world.worker("kragero/helsestasjon").await, world.worker("kragero/helsestasjon").await];
        for nurse in &nurses {
            world.add_to_team(&cast.teacher, cast.case, nurse).await;
        }
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await.to_string();
        let days = json!({"from_on": world.in_days(0), "stand_in_id": nurses[0].id});
        let absence = record(&cast.nurse, &cast.nurse, days).await.expect(201);
        assert_eq!(responsible(&cast.teacher, &cast, &measure).await, nurses[0].id.to_string());
        world.advance(chrono::TimeDelta::hours(1));
        let change = cast.nurse.put(path(&absence)).json(json!({"stand_in_id": nurses[1].id}));
        change.if_match(1).send().await.expect(200);
        assert_eq!(responsible(&cast.teacher, &cast, &measure).await, nurses[1].id.to_string());
        world.advance(chrono::TimeDelta::hours(1));
        back(&cast.nurse, &absence).await;
        assert_eq!(responsible(&cast.teacher, &cast, &measure).await, cast.nurse.id.to_string());
    }

    async fn a_baton_that_someone_accepted_meanwhile_does_not_return(world: World) {
        let cast = world.shared_case().await;
        let mate = world.worker("kragero/skole").await;
        let days = json!({"from_on": world.in_days(0), "stand_in_id": mate.id});
        let absence = record(&cast.teacher, &cast.teacher, days).await.expect(201);
        world.advance(chrono::TimeDelta::hours(1));
        let offer = world.offer_baton(&mate, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, offer).await;
        world.advance(chrono::TimeDelta::hours(1));
        back(&cast.teacher, &absence).await;
        assert_eq!(holder(&world, cast.case).await, cast.nurse.id);
    }

    async fn a_stand_in_who_is_away_passes_it_on_and_it_returns_to_the_first(world: World) {
        let cast = world.shared_case().await;
        let (mate, other) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let days = json!({"from_on": world.in_days(0), "stand_in_id": mate.id});
        let first = record(&cast.teacher, &cast.teacher, days).await.expect(201);
        world.advance(chrono::TimeDelta::hours(1));
        let days = json!({"from_on": world.in_days(0), "stand_in_id": other.id});
        let second = record(&mate, &mate, days).await.expect(201);
        assert_eq!(holder(&world, cast.case).await, other.id);
        mate.get(cast.path("")).send().await.expect_problem(404, "not-found");
        world.advance(chrono::TimeDelta::hours(1));
        back(&mate, &second).await;
        assert_eq!(holder(&world, cast.case).await, other.id);
        back(&cast.teacher, &first).await;
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
        other.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn the_measures_of_someone_who_is_away_pass_to_the_contact_person_and_return(world: World) {
        let cast = world.shared_case().await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await.to_string();
        let absence = record(&cast.nurse, &cast.nurse, json!({"from_on": world.in_days(0)})).await.expect(201);
        assert_eq!(responsible(&cast.teacher, &cast, &measure).await, cast.teacher.id.to_string());
        world.advance(chrono::TimeDelta::hours(1));
        back(&cast.nurse, &absence).await;
        assert_eq!(responsible(&cast.teacher, &cast, &measure).await, cast.nurse.id.to_string());
    }

    async fn an_offer_to_someone_who_is_away_is_withdrawn(world: World) {
        let cast = world.shared_case().await;
        world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        record(&cast.nurse, &cast.nurse, json!({"from_on": world.in_days(0)})).await.expect(201);
        let list = cast.teacher.get(cast.path("/handovers")).send().await.expect(200);
        assert_eq!(list.each("status"), ["withdrawn"]);
        assert_eq!(holder(&world, cast.case).await, cast.teacher.id);
    }

    async fn standing_in_opens_no_case_in_which_nothing_passes(world: World) {
        let cast = world.shared_case().await;
        let mate = world.worker("kragero/helsestasjon").await;
        let days = json!({"from_on": world.in_days(0), "stand_in_id": mate.id});
        record(&cast.nurse, &cast.nurse, days).await.expect(201);
        mate.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn an_absence_has_days_and_a_stand_in_that_are_possible(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let mate = world.worker("kragero/skole").await;
        let stranger = world.worker("kragero/ppt").await;
        let today = world.in_days(0);
        let refused = [
            (json!({"from_on": world.in_days(3), "to_on": world.in_days(2)}), "/to_on"),
            (json!({"from_on": today, "to_on": world.in_days(-1)}), "/to_on"),
            (json!({"from_on": world.in_days(-40)}), "/from_on"),
            (json!({"from_on": today, "stand_in_id": teacher.id}), "/stand_in_id"),
            (json!({"from_on": today, "stand_in_id": stranger.id}), "/stand_in_id"),
        ];
        for (body, pointer) in refused {
            record(&teacher, &teacher, body).await.expect_invalid(pointer);
        }
        record(&teacher, &mate, json!({"from_on": today})).await.expect_invalid("/person_id");
        record(&mate, &mate, json!({"from_on": today, "to_on": world.in_days(4)})).await.expect(201);
        record(&mate, &mate, json!({"from_on": world.in_days(4)})).await.expect_invalid("/from_on");
        let body = json!({"from_on": world.in_days(2), "stand_in_id": mate.id});
        record(&teacher, &teacher, body).await.expect_invalid("/stand_in_id");
        record(&mate, &mate, json!({"from_on": world.in_days(5)})).await.expect(201);
    }

    async fn colleagues_see_who_is_away_and_nobody_else_does(world: World) {
        let (teacher, mate) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let outside = world.worker("kragero/ppt").await;
        let absence = record(&teacher, &teacher, json!({"from_on": world.in_days(3)})).await.expect(201);
        let list = format!("/v1/units/{}/absences", teacher.unit.id);
        assert_eq!(mate.get(&list).send().await.expect(200).each("id"), [absence.text("/id")]);
        mate.get(path(&absence)).send().await.expect(200);
        outside.get(&list).send().await.expect_problem(403, "forbidden");
        outside.get(path(&absence)).send().await.expect_problem(404, "not-found");
        mate.post(format!("{}/end", path(&absence))).send().await.expect_problem(403, "forbidden");
        back(&teacher, &absence).await;
        assert!(mate.get(&list).send().await.expect(200).items().is_empty());
        mate.get(path(&absence)).send().await.expect_problem(404, "not-found");
        assert_eq!(leader.get(&list).send().await.expect(200).items().len(), 1);
        let again = leader.put(path(&absence)).json(json!({})).if_match(2).send().await;
        again.expect_problem(409, "conflict");
    }

    async fn an_absence_without_a_last_day_is_looked_at_after_two_weeks(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let absence = record(&teacher, &teacher, json!({"from_on": world.in_days(0)})).await.expect(201);
        assert!(tasks(&leader, "look_at_absence").await.is_empty());
        world.advance(chrono::TimeDelta::days(14));
        assert_eq!(tasks(&leader, "look_at_absence").await.len(), 1);
        assert!(tasks(&leader, "name_stand_in").await.is_empty(), "the teacher has nothing to pass on");
        let change = leader.put(path(&absence)).json(json!({"to_on": world.in_days(7)}));
        change.if_match(1).send().await.expect(200);
        assert!(tasks(&leader, "look_at_absence").await.is_empty());
    }

    async fn administrators_see_that_the_only_leader_is_away(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        world.worker("kragero/ppt").await;
        let leader = world.staff("kragero/ppt", Role::UnitLeader).await;
        let of_unit = |tasks: Vec<Value>| tasks.iter().any(|task| task["object_id"] == json!(leader.unit.id));
        assert!(!of_unit(tasks(&administrator, "name_leader").await));
        let absence = record(&leader, &leader, json!({"from_on": world.in_days(0)})).await.expect(201);
        assert!(of_unit(tasks(&administrator, "name_leader").await));
        back(&leader, &absence).await;
        assert!(!of_unit(tasks(&administrator, "name_leader").await));
    }
}
