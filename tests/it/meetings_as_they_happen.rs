//! Meetings as they happen: moved, with other people than those called, and with nothing decided.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    cast::{Cast, ids, walk},
    support::{Answer, Call, Staff, User, World, both_engines},
};

/// A meeting of the teacher that begins a number of hours from now.
async fn called(world: &World, cast: &Cast, hours: i64, body: Value) -> Answer {
    let begins = json!({
        "starts_at": world.now() + TimeDelta::hours(hours), "contains": [], "agenda": "What comes next.", "place": "Room 2",
    });
    cast.teacher.post(cast.path("/meetings")).json(begins).with(&body).send().await
}

fn act(by: &User, cast: &Cast, meeting: &str, what: &str, body: Value) -> Call {
    by.post(cast.path(&format!("/meetings/{meeting}/{what}"))).json(body)
}

fn minutes(by: &User, cast: &Cast, meeting: &str, version: i64, body: &Value) -> Call {
    let held = json!({"contains": [], "minutes": "We talked.", "outcome": "We wait for the report."});
    by.put(cast.path(&format!("/meetings/{meeting}/minutes"))).json(held).with(body).if_match(version)
}

async fn read(by: &User, cast: &Cast, meeting: &str) -> Answer {
    by.get(cast.path(&format!("/meetings/{meeting}"))).send().await.expect(200)
}

fn moved_to(world: &World, days: i64) -> Value {
    json!({"starts_at": world.now() + TimeDelta::days(days), "reason": "The father works.", "contains": []})
}

async fn arena(world: &World, key: &str) -> Value {
    let arenas = world.anonymous().get("/v1/municipalities/4014/arenas?limit=200").send().await.expect(200);
    arenas.items().iter().find(|arena| arena["key"] == key).expect("an arena")["id"].clone()
}

/// A member of the team from child welfare. Among the team, only the contact person may know of them.
async fn child_welfare(world: &World, cast: &Cast) -> Staff {
    let welfare = world.worker("kragero/barnevern").await;
    world.all_consent(&cast.family, cast.case, &[&welfare.unit]).await;
    world.add_to_team(&cast.teacher, cast.case, &welfare).await;
    welfare
}

both_engines! {
    async fn a_planned_meeting_is_moved_with_a_reason_and_everyone_is_asked_again(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let people = json!({"participants": [mother.id, father.id, cast.nurse.id]});
        let meeting = called(&world, &cast, 24, people).await.expect(201).text("/id");
        act(mother, &cast, &meeting, "answer", json!({"answer": "coming"})).send().await.expect(200);
        let by_nurse = act(&cast.nurse, &cast, &meeting, "move", moved_to(&world, 3)).if_match(1);
        by_nurse.send().await.expect_problem(403, "forbidden");
        let mut body = moved_to(&world, 3);
        body["place"] = json!("The library");
        act(&cast.teacher, &cast, &meeting, "move", body.clone()).send().await.expect_problem(428, "precondition-required");
        let moved = act(&cast.teacher, &cast, &meeting, "move", body).if_match(1).send().await.expect(200);
        assert_eq!((moved.version(), moved.text("/place")), ("2", "The library".to_owned()));
        let seen = read(father, &cast, &meeting).await;
        assert_eq!(seen.text("/moves/0/reason"), "The father works.");
        assert_eq!(seen.text("/moves/0/moved_by"), cast.teacher.id.to_string());
        assert_eq!((seen.text("/moves/0/from_place"), seen.text("/moves/0/to_place")), ("Room 2".into(), "The library".into()));
        assert_eq!(seen.body["moves"][0]["to_time"], seen.body["starts_at"]);
        let old = json!({"answer": "coming", "starts_at": seen.body["moves"][0]["from_time"]});
        act(father, &cast, &meeting, "answer", old).send().await.expect_problem(409, "conflict");
        for person in seen.body["participants"].as_array().expect("people") {
            let expected = if person["person_id"] == json!(cast.teacher.id) { "coming" } else { "awaited" };
            assert_eq!(person["answer"], expected);
        }
    }

    async fn a_meeting_is_moved_to_a_later_time_within_the_longest_of_the_municipality_while_it_is_planned(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let absent = world.absent_guardians(cast.case, &[mother.id]).await;
        let people = json!({"participants": [mother.id], "guardians_not_invited": absent});
        let meeting = called(&world, &cast, 1, people).await.expect(201).text("/id");
        let to = |body: Value, version: i64| act(&cast.teacher, &cast, &meeting, "move", body).if_match(version).send();
        world.try_execute("UPDATE municipality SET longest_wait_days = 30 WHERE number = '4014'").await.expect("a limit");
        to(moved_to(&world, -1), 1).await.expect_invalid("/starts_at");
        to(moved_to(&world, 31), 1).await.expect_invalid("/starts_at");
        let mut silent = moved_to(&world, 3);
        silent["reason"] = json!("");
        to(silent, 1).await.expect_invalid("/reason");
        let nowhere = json!({
            "starts_at": world.now() + TimeDelta::hours(1), "place": "Room 2", "reason": "None.", "contains": [],
        });
        to(nowhere, 1).await.expect_invalid("/starts_at");
        world.advance(TimeDelta::hours(2));
        to(moved_to(&world, 3), 1).await.expect_problem(409, "conflict");
        minutes(&cast.teacher, &cast, &meeting, 1, &json!({"attended": [mother.id]})).send().await.expect(200);
        to(moved_to(&world, 3), 2).await.expect_problem(409, "conflict");
    }

    async fn a_meeting_is_cancelled_with_a_reason_that_its_readers_see(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let people = json!({"participants": [mother.id, father.id]});
        let meeting = called(&world, &cast, 24, people).await.expect(201).text("/id");
        act(&cast.teacher, &cast, &meeting, "cancel", json!({"contains": []})).if_match(1).send().await.expect_invalid("/reason");
        let why = json!({"reason": "The school is closed.", "contains": []});
        act(&cast.teacher, &cast, &meeting, "cancel", why).if_match(1).send().await.expect(200);
        assert_eq!(read(father, &cast, &meeting).await.text("/cancel_reason"), "The school is closed.");
    }

    async fn people_are_invited_and_taken_off_by_the_rules_of_the_call(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let stranger = world.worker("kragero/skole").await;
        let absent = world.absent_guardians(cast.case, &[mother.id]).await;
        let people = json!({"participants": [mother.id], "guardians_not_invited": absent});
        let meeting = called(&world, &cast, 24, people).await.expect(201).text("/id");
        let change = |body: Value, version: i64| {
            act(&cast.teacher, &cast, &meeting, "invitations", json!({"contains": []})).with(&body).if_match(version).send()
        };
        change(json!({}), 1).await.expect_invalid("/add");
        change(json!({"add": [stranger.id]}), 1).await.expect_invalid("/add/0");
        change(json!({"add": [mother.id]}), 1).await.expect_invalid("/add/0");
        change(json!({"remove": [cast.teacher.id]}), 1).await.expect_invalid("/remove/0");
        change(json!({"remove": [cast.nurse.id]}), 1).await.expect_invalid("/remove/0");
        change(json!({"remove": [mother.id]}), 1).await.expect_invalid("/family_absent_reason");
        let added = change(json!({"add": [father.id, cast.nurse.id]}), 1).await.expect(200);
        assert_eq!((added.version(), &added.body["guardians_not_invited"]), ("2", &json!([])));
        change(json!({"remove": [father.id]}), 2).await.expect_invalid("/guardians_not_invited");
        let why = json!([{"person_id": father.id, "reason": "Has asked for a meeting of his own."}]);
        let left = change(json!({"remove": [father.id], "guardians_not_invited": why}), 2).await.expect(200);
        assert_eq!(left.body["participants"].as_array().map(Vec::len), Some(3));
        act(father, &cast, &meeting, "answer", json!({"answer": "coming"})).send().await.expect_problem(403, "forbidden");
    }

    async fn each_guardian_is_invited_or_has_a_reason_that_the_other_does_not_read(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let one = json!({"participants": [mother.id]});
        called(&world, &cast, 24, one).await.expect_invalid("/guardians_not_invited");
        let about = |person: Value| json!({
            "participants": [mother.id], "guardians_not_invited": [{"person_id": person, "reason": "They are kept apart."}],
        });
        for wrong in [json!(mother.id), json!(cast.nurse.id)] {
            called(&world, &cast, 24, about(wrong)).await.expect_invalid("/guardians_not_invited/0/person_id");
        }
        let meeting = called(&world, &cast, 24, about(json!(father.id))).await.expect(201).text("/id");
        for (who, sees) in [(&cast.teacher.user, true), (&cast.nurse.user, true), (&father.user, true), (&mother.user, false)] {
            assert_eq!(read(who, &cast, &meeting).await.text.contains("kept apart"), sees);
        }
        let family = json!({"participants": [cast.nurse.id], "family_absent_reason": "They asked us to plan first."});
        called(&world, &cast, 24, family).await.expect(201);
    }

    async fn one_who_came_without_being_called_is_recorded_and_approves_the_minutes(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let absent = world.absent_guardians(cast.case, &[mother.id]).await;
        let people = json!({"participants": [mother.id], "guardians_not_invited": absent});
        let meeting = called(&world, &cast, -1, people).await.expect(201).text("/id");
        let came = json!({
            "attended": [mother.id, father.id, cast.nurse.id], "others_present": [
                {"name": "Solveig Bakke", "role": "interpreter"}, {"name": "Her grandmother", "role": "network_member"},
            ],
        });
        minutes(&cast.teacher, &cast, &meeting, 1, &came).send().await.expect(200);
        act(father, &cast, &meeting, "approve", json!({})).send().await.expect(200);
        let seen = read(&cast.nurse, &cast, &meeting).await;
        assert_eq!(seen.text("/others_present/0/role"), "interpreter");
        assert_eq!(seen.text("/others_present/1/name"), "Her grandmother");
        for person in seen.body["participants"].as_array().expect("people") {
            let called = [json!(mother.id), json!(cast.teacher.id)].contains(&person["person_id"]);
            assert_eq!((&person["called"], &person["attended"]), (&json!(called), &json!(person["person_id"] != json!(cast.teacher.id))));
        }
    }

    async fn a_person_from_child_welfare_who_came_is_not_shown_to_those_who_may_not_know(world: World) {
        let cast = world.shared_case().await;
        let welfare = child_welfare(&world, &cast).await;
        let mother = &cast.family.guardians[0];
        let absent = world.absent_guardians(cast.case, &[mother.id]).await;
        let people = json!({"participants": [mother.id, cast.nurse.id], "guardians_not_invited": absent});
        let meeting = called(&world, &cast, -1, people.clone()).await.expect(201).text("/id");
        let came = json!({"attended": [mother.id, cast.nurse.id, welfare.id]});
        minutes(&cast.teacher, &cast, &meeting, 1, &came).send().await.expect(200);
        assert!(read(mother, &cast, &meeting).await.text.contains(&welfare.id.to_string()));
        assert!(!read(&cast.nurse, &cast, &meeting).await.text.contains(&welfare.id.to_string()));
        // The nurse cannot find out by recording or inviting them.
        let body = json!({"starts_at": world.now() - TimeDelta::hours(1), "contains": [], "agenda": "More."});
        let own = cast.nurse.post(cast.path("/meetings")).json(body).with(&people).send().await.expect(201).text("/id");
        let invite = json!({"add": [welfare.id], "contains": []});
        act(&cast.teacher, &cast, &own, "invitations", invite.clone()).if_match(1).send().await.expect(200);
        for (what, at) in [("add", "/add/0"), ("remove", "/remove/0")] {
            let named = json!({what: [welfare.id], "contains": []});
            let etag = read(&cast.nurse, &cast, &own).await;
            act(&cast.nurse, &cast, &own, "invitations", named).if_match(etag.etag()).send().await.expect_invalid(at);
        }
        minutes(&cast.nurse, &cast, &own, 1, &came).send().await.expect_invalid("/attended/2");
    }

    async fn an_adviser_of_an_arena_is_shown_to_those_who_were_called_or_came(world: World) {
        let cast = world.shared_case().await;
        let mate = world.team_mate(&cast, "kragero/skole").await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let people = json!({"participants": [mother.id, father.id, cast.nurse.id]});
        let adviser = json!({
            "attended": [mother.id, cast.nurse.id], "others_present": [
                {"name": "An adviser from child welfare", "role": "adviser"}, {"name": "Solveig Bakke", "role": "interpreter"},
            ],
        });
        let outside = called(&world, &cast, -1, people.clone()).await.expect(201).text("/id");
        minutes(&cast.teacher, &cast, &outside, 1, &adviser).send().await.expect_invalid("/others_present/0/role");
        let mut in_arena = people;
        in_arena["arena_id"] = arena(&world, "ressursteam").await;
        let meeting = called(&world, &cast, -1, in_arena).await.expect(201).text("/id");
        minutes(&cast.teacher, &cast, &meeting, 1, &adviser).send().await.expect(200);
        for who in [&cast.teacher.user, &cast.nurse.user, &mother.user, &father.user] {
            assert!(read(who, &cast, &meeting).await.text.contains("An adviser from child welfare"));
        }
        let seen = read(&mate, &cast, &meeting).await;
        assert!(!seen.text.contains("An adviser from child welfare"));
        let others = &seen.body["others_present"];
        assert_eq!((&others[0]["number"], &others[0]["name"]), (&json!(1), &json!("Solveig Bakke")));
    }

    async fn every_reader_of_the_minutes_learns_what_came_of_the_meeting(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let people = json!({"participants": [mother.id, father.id]});
        let meeting = called(&world, &cast, -1, people).await.expect(201).text("/id");
        let attended = json!({"attended": [mother.id]});
        let silent = minutes(&cast.teacher, &cast, &meeting, 1, &attended).with(&json!({"outcome": null}));
        silent.send().await.expect_invalid("/outcome");
        let measure = json!({
            "title": "Play group", "level": "selective", "contains": [], "responsible_id": cast.nurse.id,
            "responsible_unit_id": cast.nurse.unit.id, "evaluate_on": world.in_days(30),
        });
        let decided = json!({"decisions": [{"text": "A play group.", "measure": measure}], "outcome": null});
        let only_measures = minutes(&cast.teacher, &cast, &meeting, 1, &attended).with(&decided);
        only_measures.send().await.expect_invalid("/outcome");
        minutes(&cast.teacher, &cast, &meeting, 1, &attended).send().await.expect(200);
        assert_eq!(read(father, &cast, &meeting).await.text("/outcome"), "We wait for the report.");
    }

    async fn a_child_who_is_invited_reads_the_invitation_and_nothing_else_of_the_case(world: World) {
        for (age, reads) in [(11, false), (12, true), (14, true)] {
            let teacher = world.worker("kragero/skole").await;
            let nurse = world.worker("kragero/helsestasjon").await;
            let family = world.family(&teacher, age, 2).await;
            let child = world.youth(&family.child).await;
            let case = world.open_case(&teacher, &family.child).await;
            let cast = Cast { teacher, nurse, family, case };
            let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
            let list = cast.path("/meetings");
            let others = json!({"participants": [mother.id, father.id]});
            let other = called(&world, &cast, 24, others).await.expect(201).text("/id");
            child.get(&list).send().await.expect_problem(404, "not-found");
            let people = json!({"participants": [mother.id, father.id, cast.family.child.id]});
            let meeting = called(&world, &cast, 48, people).await.expect(201).text("/id");
            act(&cast.teacher, &cast, &meeting, "move", moved_to(&world, 3)).if_match(1).send().await.expect(200);
            let path = cast.path(&format!("/meetings/{meeting}"));
            let due = child.get("/v1/follow-ups").send().await.expect(200);
            let due: Vec<String> = due.each("object_id").into_iter().map(ToOwned::to_owned).collect();
            let answer = act(&child, &cast, &meeting, "answer", json!({"answer": "coming"}));
            if !reads {
                child.get(&path).send().await.expect_problem(404, "not-found");
                child.get(&list).send().await.expect_problem(404, "not-found");
                answer.send().await.expect_problem(404, "not-found");
                assert!(due.is_empty());
                continue;
            }
            assert_eq!((due, ids(&walk(&child, &list).await)), (vec![meeting.clone()], vec![meeting.clone()]));
            let seen = child.get(&path).send().await.expect(200);
            assert_eq!((seen.text("/place"), seen.text("/agenda")), ("Room 2".into(), "What comes next.".into()));
            assert_eq!((&seen.body["moves"], &seen.body["version"]), (&json!([]), &Value::Null));
            assert_eq!(answer.send().await.expect(200).text("/participants/0/answer"), "coming");
            child.get(cast.path(&format!("/meetings/{other}"))).send().await.expect_problem(404, "not-found");
            let status = format!("/consent-status/{}", cast.nurse.unit.id);
            for other in ["", "/consents", &status] {
                child.get(cast.path(other)).send().await.expect_problem(404, "not-found");
            }
            world.advance(TimeDelta::days(4));
            let held = json!({"attended": [mother.id, cast.family.child.id]});
            minutes(&cast.teacher, &cast, &meeting, 2, &held).send().await.expect(200);
            let seen = child.get(&path).send().await.expect(200);
            assert_eq!((&seen.body["minutes"], seen.body["participants"].as_array().map(Vec::len)), (&Value::Null, Some(1)));
            act(&child, &cast, &meeting, "approve", json!({})).send().await.expect_problem(403, "forbidden");
        }
    }
}
