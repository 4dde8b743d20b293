//! An open case always has a next step: what, who and by when. It changes only when it is settled, and the family sees why.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::{db::DbError, execute};

use crate::{
    cast::{Cast, at_once, exactly_one_wins},
    support::{Role, Staff, User, World, both_engines},
};

/// A next step that a member of the team takes.
fn step_of(world: &World, member: &Staff) -> Value {
    let mut step = world.next_step();
    step["what"] = json!("Ring the home.");
    step["held_by"] = json!("member");
    step["person_id"] = json!(member.id);
    step["unit_id"] = json!(member.unit.id);
    step
}

async fn pending(reader: &User, cast: &Cast) -> Value {
    reader.get(cast.path("")).send().await.expect(200).body["next_step"].clone()
}

/// The next steps among the follow-ups of a person.
async fn due(who: &User) -> Vec<Value> {
    let due = who.get("/v1/follow-ups").send().await.expect(200);
    due.items().iter().filter(|item| item["kind"] == "next_step").cloned().collect()
}

both_engines! {
    async fn a_case_is_opened_with_its_next_step_and_everyone_on_it_sees_it(world: World) {
        let cast = world.shared_case().await;
        for who in [&cast.teacher.user, &cast.nurse.user, &cast.family.guardians[0].user] {
            let step = pending(who, &cast).await;
            assert_eq!((&step["what"], &step["held_by"]), (&json!("Talk with the class."), &json!("contact_person")));
            assert_eq!((&step["due_on"], &step["overdue"]), (&json!(world.in_days(14)), &json!(false)));
            let listed = who.get(cast.path("/next-steps")).send().await.expect(200);
            assert_eq!(listed.each("set_by"), [cast.teacher.id.to_string()]);
        }
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        assert_eq!(pending(&leader, &cast).await, Value::Null, "a leader does not see what is agreed");
        leader.get(cast.path("/next-steps")).send().await.expect(403);
        world.worker("kragero/nav").await.get(cast.path("/next-steps")).send().await.expect(404);
    }

    async fn a_step_is_settled_with_the_next_one_and_a_step_that_is_replaced_has_a_reason(world: World) {
        let cast = world.shared_case().await;
        let first = world.pending_step(&cast.teacher, cast.case).await;
        let path = cast.path("/next-steps");
        let mut later = world.next_step();
        later["due_on"] = json!(world.in_days(30));
        let mut body = json!({"settles": first, "outcome": "replaced", "contains": [], "next": later});
        cast.teacher.post(&path).json(body.clone()).send().await.expect_invalid("/reason");
        body["reason"] = json!("The class is away that week.");
        let moved = cast.teacher.post(&path).json(body.clone()).send().await.expect(201);
        assert_eq!(moved.text("/due_on"), world.in_days(30));
        let mut further = world.next_step();
        further["due_on"] = json!(world.in_days(60));
        let done = json!({"settles": moved.text("/id"), "outcome": "done", "contains": [], "next": further});
        cast.teacher.post(&path).json(done).send().await.expect_invalid("/next/what");
        cast.teacher.post(&path).json(body).send().await.expect_problem(409, "conflict");
        world.set_next_step(&cast.teacher, cast.case, world.next_step()).await.expect(201);
        for who in [&cast.family.guardians[1].user, &cast.nurse.user] {
            let listed = who.get(&path).send().await.expect(200);
            assert_eq!(listed.each("outcome"), ["replaced", "done"]);
            let moved = &listed.items()[0];
            assert_eq!((&moved["reason"], &moved["due_on"]), (&json!("The class is away that week."), &json!(world.in_days(14))));
            assert_eq!((&moved["settled_by"], &moved["settled_by_name"]), (&json!(cast.teacher.id), &json!(cast.teacher.name)));
        }
    }

    async fn the_member_who_has_the_step_settles_it_and_no_other_member(world: World) {
        let cast = world.shared_case().await;
        world.set_next_step(&cast.nurse, cast.case, world.next_step()).await.expect(403);
        world.set_next_step(&cast.teacher, cast.case, step_of(&world, &cast.nurse)).await.expect(201);
        let other = world.team_mate(&cast, "kragero/skole").await;
        world.set_next_step(&other, cast.case, world.next_step()).await.expect(403);
        world.set_next_step(&cast.family.guardians[0], cast.case, world.next_step()).await.expect(403);
        assert_eq!(due(&cast.nurse).await.len(), 1);
        assert_eq!(due(&cast.teacher).await.len(), 1, "the contact person follows it up");
        assert!(due(&other).await.is_empty());
        world.set_next_step(&cast.nurse, cast.case, world.next_step()).await.expect(201);
        assert!(due(&cast.nurse).await.is_empty());
    }

    async fn a_step_can_wait_for_the_family_a_unit_or_a_body_outside(world: World) {
        let cast = world.shared_case().await;
        let (mother, ppt) = (&cast.family.guardians[0], world.unit("kragero/ppt").await);
        let with = |held_by: &str, more: Value| {
            let mut step = world.next_step();
            step["held_by"] = json!(held_by);
            step.as_object_mut().expect("a step").extend(more.as_object().expect("fields").clone());
            step
        };
        world.set_next_step(&cast.teacher, cast.case, with("family", json!({}))).await.expect(201);
        assert_eq!(due(mother).await.len(), 1);
        let waits = world.set_next_step(&cast.teacher, cast.case, with("unit", json!({"unit_id": ppt.id}))).await.expect(201);
        assert_eq!(waits.text("/unit_id"), ppt.id.to_string());
        assert!(due(mother).await.is_empty());
        let outside = with("outside", json!({"outside": "The hospital"}));
        let waits = world.set_next_step(&cast.teacher, cast.case, outside).await.expect(201);
        assert_eq!((waits.text("/held_by"), waits.text("/outside")), ("outside".to_owned(), "The hospital".to_owned()));
        let elsewhere = world.unit("porsgrunn/skole").await;
        let shelter = world.unit("kragero/familievernkontoret").await;
        for unit in [elsewhere.id, shelter.id] {
            let refused = world.set_next_step(&cast.teacher, cast.case, with("unit", json!({"unit_id": unit}))).await;
            refused.expect_invalid("/next/unit_id");
        }
    }

    async fn every_wrong_field_of_a_next_step_is_named_and_nothing_is_written(world: World) {
        let cast = world.shared_case().await;
        let stranger = world.worker("kragero/helsestasjon").await;
        let refused = world.set_next_step(&cast.teacher, cast.case, step_of(&world, &stranger)).await;
        refused.expect_invalid("/next/person_id");
        let mut step = step_of(&world, &stranger);
        step["due_on"] = json!(world.in_days(-1));
        let refused = world.set_next_step(&cast.teacher, cast.case, step).await.expect(422);
        assert!(refused.pointers().contains(&"/next/due_on"), "{refused:?}");
        world.try_execute("UPDATE municipality SET longest_wait_days = 30 WHERE number = '4014'").await.expect("a limit");
        let mut step = step_of(&world, &stranger);
        step["due_on"] = json!(world.in_days(31));
        let refused = world.set_next_step(&cast.teacher, cast.case, step.clone()).await.expect(422);
        assert_eq!(refused.pointers(), ["/next/due_on", "/next/person_id"]);
        step = step_of(&world, &cast.nurse);
        step["due_on"] = json!(world.in_days(30));
        assert_eq!(world.rows("next_step").await, 1);
        world.set_next_step(&cast.teacher, cast.case, step).await.expect(201);
    }

    async fn of_two_who_settle_a_step_at_once_one_does(world: World) {
        let cast = world.shared_case().await;
        let settles = world.pending_step(&cast.teacher, cast.case).await;
        let body = json!({"settles": settles, "outcome": "done", "contains": [], "next": world.next_step()});
        let calls = (0..4).map(|_| cast.teacher.post(cast.path("/next-steps")).json(body.clone()));
        exactly_one_wins(&at_once(calls).await, 201, &[409]);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM next_step WHERE pending_in IS NOT NULL").await, 1);
    }

    async fn closing_settles_the_step_and_reopening_sets_one(world: World) {
        let cast = world.shared_case().await;
        world.close_case(&cast.teacher, cast.case).await;
        assert_eq!(pending(&cast.teacher, &cast).await, Value::Null);
        let listed = cast.teacher.get(cast.path("/next-steps")).send().await.expect(200);
        assert_eq!(listed.each("outcome"), ["case_closed"]);
        let mut again = json!({"level": 1, "contains": [], "level_reason": "It is back."});
        cast.teacher.post(cast.path("/reopen")).json(again.clone()).if_match(2).send().await.expect_invalid("/next_step");
        again["next_step"] = step_of(&world, &cast.nurse);
        cast.teacher.post(cast.path("/reopen")).json(again).if_match(2).send().await.expect(200);
        assert_eq!(pending(&cast.nurse, &cast).await["person_id"], json!(cast.nurse.id));
    }

    async fn an_overdue_step_is_found_in_the_list_of_cases_and_by_the_leader(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let elsewhere = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let overdue = async |who: &User, is: bool| {
            who.get(format!("/v1/cases?next_step={}", if is { "overdue" } else { "in_time" })).send().await.expect(200).items().len()
        };
        assert_eq!((overdue(&cast.nurse, true).await, overdue(&cast.nurse, false).await), (0, 1));
        assert!(due(&leader).await.is_empty(), "it is not overdue");
        world.advance(TimeDelta::days(15));
        assert_eq!((overdue(&cast.nurse, true).await, overdue(&cast.nurse, false).await), (1, 0));
        assert_eq!((overdue(&leader, true).await, overdue(&leader, false).await), (0, 0), "what is agreed is not the leader's");
        assert_eq!(pending(&cast.family.guardians[0], &cast).await["overdue"], true);
        let found = due(&leader).await;
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0]["case_id"], &found[0]["overdue"]), (&json!(cast.case), &json!(true)));
        assert!(due(&elsewhere).await.is_empty());
    }

    async fn a_unit_that_must_not_be_known_is_not_named_by_the_step(world: World) {
        let cast = world.shared_case().await;
        let child_welfare = world.unit("kragero/barnevern").await;
        let mut step = world.next_step();
        step["held_by"] = json!("unit");
        step["unit_id"] = json!(child_welfare.id);
        world.set_next_step(&cast.teacher, cast.case, step).await.expect(201);
        for who in [&cast.teacher.user, &cast.family.guardians[0].user] {
            assert_eq!(pending(who, &cast).await["unit_id"], json!(child_welfare.id));
        }
        let answers = [cast.nurse.get(cast.path("")), cast.nurse.get(cast.path("/next-steps")), cast.nurse.get("/v1/cases")];
        for answer in answers {
            let answer = answer.send().await.expect(200);
            assert!(!answer.text.contains(&child_welfare.id.to_string()), "{}", answer.text);
            assert!(!answer.text.to_lowercase().contains("barnevern"), "{}", answer.text);
        }
        assert_eq!(pending(&cast.nurse, &cast).await["held_by"], "contact_person");
    }

    async fn the_database_refuses_an_open_case_without_a_next_step_or_with_two(world: World) {
        let cast = world.shared_case().await;
        let closed = world.school_case().await;
        world.close_case(&closed.teacher, closed.case).await;
        let done = "UPDATE next_step SET pending_in = NULL, outcome = 'done', settled_at = $2 WHERE case_id = $1";
        let again = "UPDATE next_step SET pending_in = case_id, outcome = NULL, settled_at = NULL, settled_by = NULL WHERE case_id = $1 AND set_at <= $2";
        let gone = "DELETE FROM next_step WHERE case_id = $1 AND set_at <= $2";
        let another = "INSERT INTO next_step (municipality, id, case_id, kind, held_by, due_on, set_at, pending_in)
                       SELECT municipality, unit_id, id, 'review_case', 'contact_person', agreed_on, $2, id FROM care_case WHERE id = $1";
        for (case, sql) in [(cast.case, done), (cast.case, gone), (cast.case, another), (closed.case, again)] {
            let changed: Result<(), DbError> = async {
                let mut tx = world.db.write().await?;
                assert_eq!(execute!(&mut tx, sql, case, world.now())?, 1, "{sql}");
                tx.commit().await
            }
            .await;
            assert!(changed.is_err(), "{sql}");
        }
        let wrong = "UPDATE care_case SET next_step_of = NULL";
        assert!(world.try_execute(wrong).await.is_err(), "{wrong}");
    }
}
