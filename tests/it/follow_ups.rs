//! Follow-ups: pending tasks for the people responsible, without content.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Role, User, World, both_engines};

/// A person's pending tasks as (kind, object) in order, read at once and page by page.
async fn due(user: &User) -> Vec<(String, String)> {
    let whole = user.get("/v1/follow-ups").send().await.expect(200);
    let mut paged: Vec<Value> = Vec::new();
    let mut query = "?limit=1".to_owned();
    loop {
        let page = user.get(format!("/v1/follow-ups{query}")).send().await.expect(200);
        paged.extend(page.items().iter().cloned());
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        query = format!("?limit=1&cursor={cursor}");
    }
    assert_eq!(json!(paged), whole.body["items"], "page by page and at once, the list is the same");
    let mut days: Vec<&str> = whole.each("due_on");
    days.sort_unstable();
    assert_eq!(days, whole.each("due_on"), "the earliest first");
    let text = |item: &Value, member: &str| item[member].as_str().expect("text").to_owned();
    // Every open case has a next step, which next_steps.rs tests.
    let others = whole.items().iter().filter(|item| item["kind"] != "next_step");
    others.map(|item| (text(item, "kind"), text(item, "object_id"))).collect()
}

fn one(kind: &str, object: impl ToString) -> (String, String) {
    (kind.to_owned(), object.to_string())
}

both_engines! {
    async fn a_concern_is_to_be_decided_by_its_author_and_the_leader(world: World) {
        let author = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        for who in [&author, &leader] {
            assert_eq!(due(who).await, [one("decide_concern", concern)]);
        }
        assert!(due(&colleague).await.is_empty());
        world.advance(TimeDelta::days(16));
        let late = author.get("/v1/follow-ups").send().await.expect(200);
        assert_eq!((&late.body["items"][0]["overdue"], &late.body["items"][0]["case_id"]), (&json!(true), &Value::Null));
        let decision = json!({"decision": "no_need", "reason": "It has passed."});
        let path = format!("/v1/concerns/{concern}/decision");
        author.post(path).json(decision).if_match(1).send().await.expect(200);
        assert!(due(&leader).await.is_empty());
    }

    async fn a_measure_is_to_be_evaluated_by_the_one_responsible_and_the_contact_person(world: World) {
        let cast = world.shared_case().await;
        let other = world.team_mate(&cast, "kragero/skole").await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        for who in [&cast.teacher, &cast.nurse] {
            assert_eq!(due(who).await, [one("evaluate_measure", measure)]);
        }
        assert!(due(&other).await.is_empty());
        assert!(due(&cast.family.guardians[0]).await.is_empty());
        let ending = json!({
            "held_on": world.in_days(0), "outcome": "end_reached", "contains": [], "assessment": "Reached.", "child_view": "It was fun.",
        });
        let path = cast.path(&format!("/measures/{measure}/evaluations"));
        cast.nurse.post(path).json(ending).if_match(1).send().await.expect(201);
        assert!(due(&cast.teacher).await.is_empty());
    }

    async fn a_meeting_is_due_to_those_invited_until_its_minutes_are_written(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let meeting = world.meeting(&cast.teacher, cast.case, &[mother.id]).await;
        for who in [&cast.teacher.user, &mother.user] {
            assert_eq!(due(who).await, [one("meeting", meeting)]);
        }
        for who in [&cast.nurse.user, &father.user] {
            assert!(due(who).await.is_empty());
        }
        let path = cast.path(&format!("/meetings/{meeting}/minutes"));
        let minutes = json!({"contains": [], "minutes": "Held.", "attended": [], "outcome": "We wait for the report."});
        cast.teacher.put(path).json(minutes).if_match(1).send().await.expect(200);
        assert!(due(mother).await.is_empty());
    }

    async fn a_handover_awaits_the_answer_of_its_receiver(world: World) {
        let cast = world.shared_case().await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        assert_eq!(due(&cast.nurse).await, [one("answer_handover", handover)]);
        assert!(due(&cast.teacher).await.is_empty());
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        assert!(due(&cast.nurse).await.is_empty());
    }

    async fn nothing_of_a_case_is_due_to_one_who_has_lost_it_nor_when_it_is_closed(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        world.meeting(&cast.teacher, cast.case, &[mother.id, cast.nurse.id]).await;
        world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        assert_eq!(due(&cast.nurse).await.len(), 3);
        let own = mother.get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(mother, cast.case, own.id("/items/0/id")).await;
        assert!(due(&cast.nurse).await.is_empty());

        let second = world.school_case().await;
        let meeting = world.meeting(&second.teacher, second.case, &[second.family.guardians[0].id]).await;
        assert_eq!(due(&second.family.guardians[0]).await, [one("meeting", meeting)]);
        world.close_case(&second.teacher, second.case).await;
        assert!(due(&second.family.guardians[0]).await.is_empty());
        assert!(due(&second.teacher).await.is_empty());
    }

    async fn what_is_due_comes_in_order_of_day_and_without_content(world: World) {
        const WORD: &str = "Sentinelord";
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let body = json!({
            "title": WORD, "level": "selective", "contains": [], "responsible_id": cast.nurse.id, "responsible_unit_id": cast.nurse.unit.id,
            "evaluate_on": world.in_days(3),
        });
        let measure = cast.teacher.post(cast.path("/measures")).json(body).send().await.expect(201);
        let concern = cast.teacher.post(format!("/v1/units/{}/concerns", cast.teacher.unit.id));
        let concern = concern.json(json!({"facts": WORD, "child_id": cast.family.child.id})).send().await.expect(201);
        let body = json!({"starts_at": world.now() + TimeDelta::days(1), "contains": [], "agenda": WORD, "participants": [mother.id, cast.family.guardians[1].id]});
        let meeting = cast.teacher.post(cast.path("/meetings")).json(body).send().await.expect(201);
        assert_eq!(due(&cast.teacher).await, [
            one("meeting", meeting.text("/id")), one("evaluate_measure", measure.text("/id")),
            one("decide_concern", concern.text("/id")),
        ]);
        let list = cast.teacher.get("/v1/follow-ups").send().await.expect(200);
        assert!(!list.text.contains(WORD) && !list.text.contains(&cast.family.child.name), "{}", list.text);
        for item in list.items() {
            let mut members: Vec<&str> = item.as_object().expect("an item").keys().map(String::as_str).collect();
            members.sort_unstable();
            assert_eq!(members, ["case_id", "child_id", "due_on", "kind", "object_id", "overdue", "unit_id"]);
        }
    }
}
