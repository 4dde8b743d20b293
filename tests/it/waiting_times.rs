//! The clock of help: how long each step has taken, by what the reader may know of, and why.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Answer, Role, User, World, both_engines};

async fn clock(user: &User, path: &str) -> Answer {
    user.get(format!("{path}/waiting-times")).send().await.expect(200)
}

/// The days of the steps in order: the day, and the days waited.
fn days(clock: &Answer) -> Vec<(Value, Value)> {
    let steps = clock.body["steps"].as_array().expect("steps");
    let names: Vec<&str> = steps.iter().map(|step| step["step"].as_str().expect("a step")).collect();
    assert_eq!(names, ["concern", "opened", "shared", "meeting", "measure", "evaluation"]);
    steps.iter().map(|step| (step["on"].clone(), step["days"].clone())).collect()
}

both_engines! {
    async fn the_clock_runs_from_the_concern_to_the_first_evaluation(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let concern = world.concern(&teacher, &family.child).await;
        let day = |ago: i64| json!(world.in_days(-ago));
        world.advance(TimeDelta::days(10));
        let body = json!({
            "decision": "open_case", "reason": "Help is agreed.", "contains": [], "case_reason": "Finds it hard to join in play.", "level": 0,
            "agreed_with": "guardians", "agreed_on": world.in_days(-1), "next_step": world.next_step(),
        });
        let opened = teacher.post(format!("/v1/concerns/{concern}/decision")).json(body).if_match(1).send().await.expect(200);
        let case = opened.id("/case_id");
        let path = format!("/v1/cases/{case}");
        let mother = &family.guardians[0];
        let null = Value::Null;
        let now = days(&clock(mother, &path).await);
        assert_eq!(now[0], (day(10), null.clone()));
        assert_eq!(now[1], (day(0), json!(10)));
        assert_eq!(now[2], (null.clone(), json!(0)), "the family waits for others from today");
        world.advance(TimeDelta::days(4));
        assert_eq!(days(&clock(mother, &path).await)[2], (null.clone(), json!(4)));
        let nurse = world.worker("kragero/helsestasjon").await;
        world.all_consent(&family, case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, case, &nurse).await;
        world.advance(TimeDelta::days(3));
        world.measure(&teacher, case, &nurse).await;
        let now = days(&clock(mother, &path).await);
        assert_eq!(now[2], (day(3), json!(4)));
        assert_eq!(now[3], (null.clone(), null.clone()), "the measure came first");
        assert_eq!(now[4], (day(0), json!(3)));
        assert_eq!(now[5], (null.clone(), json!(0)));
    }

    async fn nobody_waits_in_a_closed_case(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        leader.get(cast.path("/waiting-times")).send().await.expect(403);
        world.worker("kragero/nav").await.get(cast.path("/waiting-times")).send().await.expect(404);
        world.close_case(&cast.teacher, cast.case).await;
        let clock = clock(&cast.family.guardians[0], &cast.path("")).await;
        assert_eq!(days(&clock)[3], (Value::Null, Value::Null));
        let reason = json!({"step": "meeting", "reason": "The holidays.", "contains": []});
        let refused = cast.teacher.post(cast.path("/waiting-times/reasons")).json(reason).send().await;
        refused.expect_problem(409, "conflict");
    }

    async fn a_concern_that_was_about_another_child_has_no_day_here(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let (other, family) = (world.child(&teacher, 6).await, world.family(&teacher, 7, 1).await);
        let concern = world.concern(&teacher, &other).await;
        let path = format!("/v1/concerns/{concern}");
        let moved = json!({"child_id": family.child.id, "facts": "Has stopped playing.", "change_reason": "Another child."});
        teacher.put(&path).json(moved).if_match(1).send().await.expect(200);
        let body = json!({
            "decision": "open_case", "reason": "Help is agreed.", "contains": [], "case_reason": "Finds it hard to join in play.", "level": 0,
            "agreed_with": "guardians", "agreed_on": world.in_days(-1), "next_step": world.next_step(),
        });
        let opened = teacher.post(format!("{path}/decision")).json(body).if_match(2).send().await.expect(200);
        let clock = clock(&family.guardians[0], &format!("/v1/cases/{}", opened.text("/case_id"))).await;
        assert_eq!(days(&clock)[0].0, Value::Null);
    }

    async fn a_reason_for_a_wait_is_read_by_the_family_and_stays(world: World) {
        let cast = world.shared_case().await;
        let reason = |step: &str| json!({"step": step, "reason": "The father works at sea.", "contains": []});
        let reasons = cast.path("/waiting-times/reasons");
        let made = cast.teacher.post(&reasons).json(reason("meeting")).send().await.expect(201);
        for reader in [&*cast.teacher, &*cast.nurse, &cast.family.guardians[0], &cast.family.guardians[1]] {
            let clock = clock(reader, &cast.path("")).await;
            assert_eq!(clock.body["steps"][3]["reasons"][0]["id"], made.body["id"]);
            assert_eq!(clock.text("/steps/3/reasons/0/reason"), "The father works at sea.");
        }
        cast.nurse.post(&reasons).json(reason("meeting")).send().await.expect_problem(403, "forbidden");
        cast.teacher.post(&reasons).json(reason("concern")).send().await.expect_invalid("/step");
        cast.teacher.post(&reasons).json(reason("lunch")).send().await.expect_invalid("/step");
        cast.teacher.post(&reasons).json(json!({"step": "meeting", "reason": " ", "contains": []})).send().await.expect_invalid("/reason");
        cast.teacher.post(&reasons).json(json!({"step": "meeting", "reason": "Ill.", "contains": ["third_party"]})).send().await.expect_invalid("/contains/0");
        for sql in ["UPDATE wait_reason SET reason = 'Another.'", "UPDATE wait_reason SET step = 'measure'", "DELETE FROM wait_reason"] {
            world.try_execute(sql).await.expect_err(sql);
        }
        assert_eq!(world.rows("wait_reason").await, 1);
    }

    async fn what_a_reader_may_not_know_of_shortens_no_wait(world: World) {
        let cast = world.shared_case().await;
        let welfare = world.worker("kragero/barnevern").await;
        world.all_consent(&cast.family, cast.case, &[&welfare.unit]).await;
        let before = clock(&cast.nurse, &cast.path("")).await;
        let seat = world.add_to_team(&cast.teacher, cast.case, &welfare).await;
        world.measure(&cast.teacher, cast.case, &welfare).await;
        let after = clock(&cast.nurse, &cast.path("")).await;
        assert_eq!(before.text, after.text, "the nurse may not know that child welfare helps ({seat})");
        let known = days(&clock(&cast.teacher, &cast.path("")).await);
        assert_ne!(known[4].0, Value::Null, "the contact person knows of the measure");
    }

    async fn a_meeting_that_is_withheld_from_a_guardian_is_not_on_their_clock(world: World) {
        let cast = world.shared_case().await;
        let meeting = world.meeting(&cast.teacher, cast.case, &[cast.nurse.id, cast.family.guardians[1].id]).await;
        let minutes = json!({"contains": [], "minutes": "Talked.", "attended": [cast.nurse.id], "outcome": "We wait."});
        let path = cast.path(&format!("/meetings/{meeting}/minutes"));
        cast.teacher.put(path).json(minutes).if_match(1).send().await.expect(200);
        let withheld = json!({
            "guardian_id": cast.family.guardians[0].id, "meeting_id": meeting, "legal_basis": "children_act", "review_on": world.in_days(90),
            "reason": "It would harm the child.",
        });
        cast.teacher.post(cast.path("/withholdings")).json(withheld).send().await.expect(201);
        let of = async |who: &User| days(&clock(who, &cast.path("")).await)[3].0.clone();
        assert_eq!(of(&cast.family.guardians[0]).await, Value::Null);
        assert_eq!(of(&cast.family.guardians[1]).await, json!(world.in_days(0)));
    }

    async fn a_concern_that_joined_the_case_later_is_not_its_beginning(world: World) {
        let cast = world.shared_case().await;
        let before = days(&clock(&cast.family.guardians[0], &cast.path("")).await)[0].clone();
        assert_ne!(before.0, Value::Null);
        world.advance(TimeDelta::days(5));
        let concern = world.concern(&cast.teacher, &cast.family.child).await;
        let joins = json!({"decision": "join_case", "reason": "The same.", "case_id": cast.case});
        cast.teacher.post(format!("/v1/concerns/{concern}/decision")).json(joins).if_match(1).send().await.expect(200);
        assert_eq!(days(&clock(&cast.family.guardians[0], &cast.path("")).await)[0], before);
    }
}
