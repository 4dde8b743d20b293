//! Someone waits with a concern until a date (se an). The deadline moves to it, with a reason, and nobody waits without an end.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::ids::ConcernId;

use crate::{
    cast::{at_once_on, exactly_one_wins},
    support::{Call, Role, User, World, both_engines},
};

fn wait(by: &User, concern: ConcernId, day: impl Into<Value>, version: i64) -> Call {
    let body = json!({"look_again_on": day.into(), "reason": "The class has a new seating."});
    by.post(format!("/v1/concerns/{concern}/postpone")).json(body).if_match(version)
}

/// The due date of the concern among a person's tasks, and whether it has passed.
async fn due(user: &User) -> (String, bool) {
    let tasks = user.get("/v1/follow-ups").send().await.expect(200);
    let task = tasks.items().iter().find(|task| task["kind"] == "decide_concern").expect("a task");
    (task["due_on"].as_str().expect("a day").to_owned(), task["overdue"] == json!(true))
}

both_engines! {
    async fn the_author_and_the_leader_set_a_day_to_look_again_and_the_deadline_moves(world: World) {
        let author = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        // A Saturday: a day that someone chooses stays.
        let (first, second) = (world.in_days(20), world.in_days(34));
        let made = wait(&author, concern, first.clone(), 1).send().await.expect(200);
        assert_eq!((made.text("/decide_by"), made.text("/postponements/0/instead_of_on")), (first.clone(), world.in_days(15)));
        let made = wait(&leader, concern, second.clone(), 2).send().await.expect(200);
        let moves = made.body["postponements"].as_array().expect("a list");
        assert_eq!((moves.len(), made.text("/decide_by")), (2, second.clone()));
        for (at, (who, day)) in [(&author, &first), (&leader, &second)].into_iter().enumerate() {
            let expected = json!({
                "number": at + 1, "look_again_on": day, "reason": "The class has a new seating.", "postponed_by": who.id,
                "postponed_by_name": who.name, "instead_of_on": moves[at]["instead_of_on"], "postponed_at": moves[at]["postponed_at"],
            });
            assert_eq!(moves[at], expected);
        }
        let read = author.get(format!("/v1/concerns/{concern}")).send().await.expect(200);
        let listed = leader.get("/v1/concerns").send().await.expect(200);
        assert_eq!((&read.body["postponements"], &listed.items()[0]["postponements"]), (&made.body["postponements"], &made.body["postponements"]));
        for who in [&author, &leader] {
            assert_eq!(due(who).await, (second.clone(), false));
        }
        world.advance(TimeDelta::days(34));
        assert_eq!(due(&author).await, (second.clone(), false), "it is due on the day");
        world.advance(TimeDelta::days(1));
        for who in [&author, &leader] {
            assert_eq!(due(who).await, (second.clone(), true), "and overdue on the next");
        }
    }

    async fn nobody_waits_for_ever(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        world.try_execute("UPDATE municipality SET longest_wait_days = 60").await.expect("a limit");
        let before = world.all_rows().await;
        for day in [world.in_days(0), world.in_days(-1), world.in_days(61), world.in_days(366), world.in_days(15)] {
            wait(&author, concern, day, 1).send().await.expect_invalid("/look_again_on");
        }
        let reasonless = author.post(format!("/v1/concerns/{concern}/postpone")).if_match(1);
        reasonless.json(json!({"look_again_on": world.in_days(20)})).send().await.expect_invalid("/reason");
        assert_eq!(world.all_rows().await, before);
        wait(&author, concern, world.in_days(30), 1).send().await.expect(200);
        world.advance(TimeDelta::days(30));
        // The limit counts from when the concern was recorded, not from today.
        wait(&author, concern, world.in_days(31), 2).send().await.expect_invalid("/look_again_on");
        wait(&author, concern, world.in_days(30), 2).send().await.expect(200);
        wait(&author, concern, world.in_days(20), 3).send().await.expect(200);
        wait(&author, concern, world.in_days(30), 4).send().await.expect_problem(409, "conflict");
        world.advance(TimeDelta::days(31));
        let other = world.concern(&author, &child).await;
        wait(&author, other, world.in_days(60), 1).send().await.expect(200);
    }

    async fn only_the_author_and_the_leader_wait_and_only_before_the_decision(world: World) {
        let author = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&author).await;
        let concern = world.concern(&author, &family.child).await;
        let colleague = world.worker("kragero/skole").await;
        let elsewhere = world.staff("kragero/ppt", Role::UnitLeader).await;
        let administrator = world.staff("kragero/skole", Role::Administrator).await;
        for who in [&colleague.user, &elsewhere.user, &administrator.user, &family.guardians[0].user] {
            wait(who, concern, world.in_days(20), 1).send().await.expect_problem(404, "not-found");
        }
        let unversioned = author.post(format!("/v1/concerns/{concern}/postpone"));
        let body = json!({"look_again_on": world.in_days(20), "reason": "The class has a new seating."});
        unversioned.json(body).send().await.expect_problem(428, "precondition-required");
        wait(&author, concern, world.in_days(20), 2).send().await.expect_problem(412, "version-mismatch");
        let decision = json!({"decision": "no_need", "reason": "It has passed."});
        author.post(format!("/v1/concerns/{concern}/decision")).json(decision).if_match(1).send().await.expect(200);
        for version in [1, 2] {
            wait(&author, concern, world.in_days(20), version).send().await.expect_problem(409, "conflict");
        }
        assert_eq!(world.rows("concern_postponement").await, 0);
    }

    async fn of_those_who_wait_at_the_same_time_one_sets_the_day(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        let calls = (20..24).map(|days| wait(&author, concern, world.in_days(days), 1));
        exactly_one_wins(&at_once_on(&world, "concern", concern, calls).await, 200, &[409, 412]);
        assert_eq!(world.rows("concern_postponement").await, 1);
    }

    async fn the_reason_goes_with_words_that_are_struck_out(world: World) {
        let author = world.worker("kragero/skole").await;
        let (child, other) = (world.child(&author, 7).await, world.child(&author, 8).await);
        let concern = world.concern(&author, &child).await;
        wait(&author, concern, world.in_days(20), 1).send().await.expect(200);
        let path = format!("/v1/concerns/{concern}");
        let moved = json!({"child_id": other.id, "facts": "Was about another child."});
        let seen = author.put(&path).json(moved).if_match(2).send().await.expect(200);
        assert_eq!(seen.body["postponements"][0]["reason"], Value::Null);
        assert!(!seen.text.contains("seating"), "{}", seen.text);
        assert_eq!(seen.text("/decide_by"), world.in_days(20));
        let again = wait(&author, concern, world.in_days(30), 3).send().await.expect(200);
        assert_eq!(again.text("/postponements/1/reason"), "The class has a new seating.");
    }

    async fn the_database_keeps_each_day_and_its_reason(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        wait(&author, concern, world.in_days(20), 1).send().await.expect(200);
        for sql in [
            "UPDATE concern SET decide_by = '2027-06-01', version = version + 1",
            "UPDATE concern_postponement SET reason = 'Another.'",
            "UPDATE concern_postponement SET look_again_on = '2027-06-01'",
            "DELETE FROM concern_postponement",
            "INSERT INTO concern_postponement SELECT municipality, concern_id, 4, unit_id, look_again_on, instead_of_on, reason, struck_out,
                postponed_by, postponed_at FROM concern_postponement",
        ] {
            world.try_execute(sql).await.expect_err(sql);
        }
        let decision = json!({"decision": "no_need", "reason": "It has passed."});
        author.post(format!("/v1/concerns/{concern}/decision")).json(decision).if_match(2).send().await.expect(200);
        let late = "INSERT INTO concern_postponement SELECT municipality, concern_id, 2, unit_id, look_again_on, instead_of_on, reason, struck_out,
            postponed_by, postponed_at FROM concern_postponement";
        world.try_execute(late).await.expect_err("the concern is decided");
    }
}
