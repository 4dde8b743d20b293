//! Meetings: called by the team, with the family, and with minutes recorded once.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::ids::MeetingId;

use crate::{
    cast::{Cast, at_once_on, exactly_one_wins, ids, walk},
    support::{Call, Guardian, Role, User, World, both_engines},
};

fn meeting(world: &World, participants: Value) -> Value {
    json!({"starts_at": world.now() - TimeDelta::hours(1), "contains": [], "agenda": "What comes next.", "participants": participants})
}

/// Calls a meeting. A guardian who is not invited beside the other has a reason.
fn call(by: &User, cast: &Cast, mut body: Value) -> Call {
    let invited = body["participants"].as_array().expect("people").clone();
    let (come, absent): (Vec<_>, Vec<_>) =
        cast.family.guardians.iter().partition(|guardian| invited.contains(&json!(guardian.id)));
    if !come.is_empty() {
        let reason = |guardian: &&Guardian| json!({"person_id": guardian.id, "reason": "Works that day."});
        body["guardians_not_invited"] = absent.iter().map(reason).collect();
    }
    by.post(cast.path("/meetings")).json(body)
}

/// Records the minutes. Those without a decision have a reason.
fn minutes(by: &User, cast: &Cast, id: MeetingId, mut body: Value) -> Call {
    if body.get("decisions").is_none() {
        body["outcome"] = json!("We wait for the report.");
    }
    by.put(cast.path(&format!("/meetings/{id}/minutes"))).json(body)
}

fn act(by: &User, cast: &Cast, id: MeetingId, what: &str) -> Call {
    by.post(cast.path(&format!("/meetings/{id}/{what}")))
}

fn cancel(by: &User, cast: &Cast, id: MeetingId) -> Call {
    act(by, cast, id, "cancel").json(json!({"reason": "The school is closed.", "contains": []}))
}

async fn arena(world: &World, municipality: &str, scope: &str) -> Value {
    let path = format!("/v1/municipalities/{municipality}/arenas?limit=200");
    let arenas = world.anonymous().get(path).send().await.expect(200);
    arenas.items().iter().find(|arena| arena["scope"] == scope).expect("an arena")["id"].clone()
}

/// An arena of Kragerø.
async fn arena_of(world: &World, key: &str) -> Value {
    let arenas = world.anonymous().get("/v1/municipalities/4014/arenas?limit=200").send().await.expect(200);
    arenas.items().iter().find(|arena| arena["key"] == key).expect("an arena")["id"].clone()
}

both_engines! {
    async fn anyone_with_a_seat_calls_a_meeting_and_all_on_the_case_read_of_it(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let stranger = world.worker("kragero/nav").await;
        for (who, status) in [(&mother.user, 403), (&leader.user, 403), (&stranger.user, 404)] {
            call(who, &cast, meeting(&world, json!([mother.id]))).send().await.expect(status);
        }
        let made = call(&cast.nurse, &cast, meeting(&world, json!([mother.id]))).send().await.expect(201);
        let path = made.header("location").expect("a place");
        for who in [&cast.teacher.user, &cast.nurse.user, &mother.user, &cast.family.guardians[1].user] {
            who.get(path).send().await.expect(200);
            assert_eq!(ids(&walk(who, &cast.path("/meetings")).await), [made.text("/id")]);
        }
        leader.get(path).send().await.expect(404);
        stranger.get(path).send().await.expect(404);
        let caller = made.body["participants"].as_array().expect("people").iter()
            .find(|person| person["person_id"] == json!(cast.nurse.id)).expect("the caller");
        assert_eq!(caller["answer"], "coming");
    }

    async fn the_family_is_invited_unless_a_reason_is_given(world: World) {
        let cast = world.shared_case().await;
        let mut body = meeting(&world, json!([cast.nurse.id]));
        call(&cast.teacher, &cast, body.clone()).send().await.expect_invalid("/family_absent_reason");
        // A child of seven alone does not count as the family.
        body["participants"] = json!([cast.nurse.id, cast.family.child.id]);
        call(&cast.teacher, &cast, body.clone()).send().await.expect_invalid("/family_absent_reason");
        body["family_absent_reason"] = json!("The parents asked us to plan first.");
        call(&cast.teacher, &cast, body).send().await.expect(201);
        world.meeting(&cast.teacher, cast.case, &[cast.family.guardians[1].id]).await;
    }

    async fn only_those_who_have_to_do_with_the_case_are_invited(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let colleague = world.worker("kragero/skole").await;
        let other = world.guardian_of(&cast.teacher, &cast.family.child, false).await;
        for uninvited in [json!(colleague.id), json!(other.id), json!(stafett::kernel::ids::PersonId::new())] {
            let body = meeting(&world, json!([mother.id, uninvited]));
            call(&cast.teacher, &cast, body).send().await.expect_invalid("/participants/1");
        }
        let twice = meeting(&world, json!([mother.id, mother.id]));
        call(&cast.teacher, &cast, twice).send().await.expect_invalid("/participants/1");
        let own = mother.get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(mother, cast.case, own.id("/items/0/id")).await;
        let body = meeting(&world, json!([mother.id, cast.nurse.id]));
        call(&cast.teacher, &cast, body).send().await.expect_invalid("/participants/1");
        assert_eq!(world.rows("meeting").await, 0);
    }

    async fn the_child_is_invited_by_its_own_id_and_called_by_the_name_registered(world: World) {
        let cast = world.shared_case().await;
        let child = &cast.family.child;
        let body = meeting(&world, json!([cast.family.guardians[0].id, child.id]));
        let made = call(&cast.teacher, &cast, body).send().await.expect(201);
        let names: Vec<&str> = made.body["participants"].as_array().expect("people").iter()
            .filter_map(|person| person["name"].as_str()).collect();
        assert!(names.contains(&child.name.as_str()), "{names:?}");
    }

    async fn those_invited_answer_for_themselves_and_no_other_does(world: World) {
        let cast = world.shared_case().await;
        let uninvited = world.team_mate(&cast, "kragero/skole").await;
        let stranger = world.worker("kragero/nav").await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let id = world.meeting(&cast.teacher, cast.case, &[mother.id, cast.nurse.id]).await;
        let answer = |by: &User, word: &str| act(by, &cast, id, "answer").json(json!({"answer": word})).send();
        answer(mother, "coming").await.expect(200);
        let changed = answer(&cast.nurse, "not_coming").await.expect(200);
        assert_eq!(changed.version(), "1", "an answer changes what its readers see, and not the meeting");
        for person in changed.body["participants"].as_array().expect("people") {
            let expected = if person["person_id"] == json!(cast.nurse.id) { "not_coming" } else { "coming" };
            assert_eq!(person["answer"], expected);
        }
        answer(&uninvited, "coming").await.expect_problem(403, "forbidden");
        answer(father, "coming").await.expect_problem(403, "forbidden");
        answer(&stranger, "coming").await.expect_problem(404, "not-found");
    }

    async fn minutes_are_written_once_by_the_contact_person_or_the_one_who_called(world: World) {
        let cast = world.shared_case().await;
        let other = world.team_mate(&cast, "kragero/ppt").await;
        let stranger = world.worker("kragero/nav").await;
        let mother = &cast.family.guardians[0];
        let id = world.meeting(&cast.nurse, cast.case, &[mother.id, cast.teacher.id, other.id]).await;
        let body = json!({"contains": [], "minutes": "All is well.", "attended": [mother.id, cast.nurse.id]});
        for (who, status) in [(&other.user, 403), (&mother.user, 403), (&stranger.user, 404)] {
            minutes(who, &cast, id, body.clone()).if_match(1).send().await.expect(status);
        }
        minutes(&cast.nurse, &cast, id, body.clone()).send().await.expect_problem(428, "precondition-required");
        minutes(&cast.nurse, &cast, id, body.clone()).if_match(2).send().await.expect_problem(412, "version-mismatch");
        let held = minutes(&cast.nurse, &cast, id, body.clone()).if_match(1).send().await.expect(200);
        assert_eq!((held.text("/status"), held.text("/minutes_by")), ("held".to_owned(), cast.nurse.id.to_string()));
        for by in [&cast.nurse, &cast.teacher] {
            minutes(by, &cast, id, body.clone()).if_match(2).send().await.expect_problem(409, "conflict");
        }
        let second = world.meeting(&cast.nurse, cast.case, &[mother.id]).await;
        minutes(&cast.teacher, &cast, second, json!({"contains": [], "minutes": "Held.", "attended": []})).if_match(1).send().await
            .expect(200);
    }

    async fn of_minutes_written_at_the_same_time_one_stands(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let id = world.meeting(&cast.nurse, cast.case, &[mother.id]).await;
        cast.teacher.token().await;
        let mut calls = vec![cancel(&cast.teacher, &cast, id).if_match(1)];
        for by in [&cast.teacher, &cast.nurse] {
            calls.push(minutes(by, &cast, id, json!({"contains": [], "minutes": "Held.", "attended": [mother.id]})).if_match(1));
        }
        exactly_one_wins(&at_once_on(&world, "meeting", id, calls).await, 200, &[409, 412]);
    }

    async fn there_are_no_minutes_of_what_has_not_begun_nor_of_those_without_a_part_in_the_case(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let mut body = meeting(&world, json!([mother.id]));
        body["starts_at"] = json!(world.now() + TimeDelta::hours(1));
        let id: MeetingId = call(&cast.teacher, &cast, body).send().await.expect(201).id("/id");
        let write = |attended: Value| {
            minutes(&cast.teacher, &cast, id, json!({"contains": [], "minutes": "Held.", "attended": attended})).if_match(1).send()
        };
        write(json!([mother.id])).await.expect_problem(409, "conflict");
        world.advance(TimeDelta::hours(1));
        let colleague = world.worker("kragero/skole").await;
        write(json!([mother.id, colleague.id])).await.expect_invalid("/attended/1");
        write(json!([mother.id])).await.expect(200);
    }

    async fn a_decision_becomes_a_measure_or_nothing_at_all_is_written(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let id = world.meeting(&cast.teacher, cast.case, &[mother.id, cast.nurse.id]).await;
        let measure = |responsible: Value| json!({
            "title": "Play group", "level": "selective", "contains": [], "responsible_id": responsible,
            "responsible_unit_id": cast.nurse.unit.id, "evaluate_on": world.in_days(42),
        });
        let decided = |second: Value| json!({
            "contains": [], "minutes": "We begin small.", "outcome": "Two groups.", "attended": [mother.id, cast.nurse.id],
            "decisions": [
                {"text": "The nurse starts a group.", "measure": measure(json!(cast.nurse.id))},
                {"text": "And another.", "measure": second},
            ],
        });
        let before = world.all_rows().await;
        let wrong = minutes(&cast.teacher, &cast, id, decided(measure(json!(mother.id)))).if_match(1);
        wrong.send().await.expect_invalid("/decisions/1/measure/responsible_id");
        assert_eq!(world.all_rows().await, before);
        let read = cast.teacher.get(cast.path(&format!("/meetings/{id}"))).send().await.expect(200);
        assert_eq!((read.text("/status"), read.version()), ("planned".to_owned(), "1"));

        let held = minutes(&cast.teacher, &cast, id, decided(Value::Null)).if_match(1).send().await.expect(200);
        assert_eq!(held.body["decisions"][1]["measure_id"], Value::Null);
        let made = held.text("/decisions/0/measure_id");
        let read = mother.get(cast.path(&format!("/measures/{made}"))).send().await.expect(200);
        assert_eq!(read.text("/meeting_id"), id.to_string());
        assert_eq!(read.text("/responsible_id"), cast.nurse.id.to_string());
    }

    async fn those_who_were_there_approve_the_minutes(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let id = world.meeting(&cast.teacher, cast.case, &[mother.id, father.id, cast.nurse.id]).await;
        act(mother, &cast, id, "approve").send().await.expect_problem(409, "conflict");
        let body = json!({"contains": [], "minutes": "All is well.", "attended": [mother.id, cast.teacher.id]});
        minutes(&cast.teacher, &cast, id, body).if_match(1).send().await.expect(200);
        let approved = act(mother, &cast, id, "approve").send().await.expect(200);
        let again = act(mother, &cast, id, "approve").send().await.expect(200);
        assert_eq!(approved.etag(), again.etag(), "to approve again changes nothing");
        act(father, &cast, id, "approve").send().await.expect_problem(409, "conflict");
        act(&cast.nurse, &cast, id, "approve").send().await.expect_problem(409, "conflict");
        let uninvited = world.team_mate(&cast, "kragero/skole").await;
        act(&uninvited, &cast, id, "approve").send().await.expect_problem(403, "forbidden");
        for person in approved.body["participants"].as_array().expect("people") {
            assert_eq!(person["approved_at"].is_string(), person["person_id"] == json!(mother.id));
        }
    }

    async fn approvals_given_at_the_same_time_all_count(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let id = world.meeting(&cast.teacher, cast.case, &[mother.id, father.id, cast.nurse.id]).await;
        let body = json!({"contains": [], "minutes": "All is well.", "attended": [mother.id, father.id, cast.teacher.id, cast.nurse.id]});
        minutes(&cast.teacher, &cast, id, body).if_match(1).send().await.expect(200);
        cast.nurse.token().await;
        let people: [&User; 4] = [mother, father, &cast.teacher, &cast.nurse];
        for answer in at_once_on(&world, "meeting", id, people.map(|by| act(by, &cast, id, "approve"))).await {
            answer.expect(200);
        }
        let approved = "SELECT COUNT(*) FROM meeting_participant WHERE approved_at IS NOT NULL";
        assert_eq!(world.number_of(approved).await, 4);
    }

    async fn a_meeting_that_is_cancelled_stays_so(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let id = world.meeting(&cast.teacher, cast.case, &[mother.id, cast.nurse.id]).await;
        cancel(&cast.nurse, &cast, id).if_match(1).send().await.expect_problem(403, "forbidden");
        cancel(&cast.teacher, &cast, id).send().await.expect_problem(428, "precondition-required");
        cancel(&cast.teacher, &cast, id).if_match(1).send().await.expect(200);
        cancel(&cast.teacher, &cast, id).if_match(2).send().await.expect_problem(409, "conflict");
        let late = minutes(&cast.teacher, &cast, id, json!({"contains": [], "minutes": "Held.", "attended": []})).if_match(2);
        late.send().await.expect_problem(409, "conflict");
        let answer = act(mother, &cast, id, "answer").json(json!({"answer": "coming"}));
        answer.send().await.expect_problem(409, "conflict");
    }

    async fn a_meeting_is_held_in_an_arena_of_the_municipality_for_one_child(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let call_in = |arena: Value| {
            let mut body = meeting(&world, json!([mother.id]));
            body["arena_id"] = arena;
            call(&cast.teacher, &cast, body).send()
        };
        call_in(arena(&world, "4001", "individual").await).await.expect_invalid("/arena_id");
        call_in(arena(&world, "4014", "system").await).await.expect_invalid("/arena_id");
        call_in(arena_of(&world, "ressursteam").await).await.expect(201);
    }

    async fn an_arena_is_for_children_of_the_ages_in_its_plan(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        for (key, status) in [("tik-team", 422), ("ressursteam", 201), ("h-team", 422)] {
            let mut body = meeting(&world, json!([mother.id]));
            body["arena_id"] = arena_of(&world, key).await;
            let answer = call(&cast.teacher, &cast, body).send().await.expect(status);
            assert!(status == 201 || answer.text("/errors/0/pointer") == "/arena_id", "{key}");
        }
    }

    async fn an_arena_that_requires_consent_needs_one_for_the_meeting_and_for_its_minutes(world: World) {
        let alone = world.school_case().await;
        let mut body = meeting(&world, json!([alone.family.guardians[0].id]));
        body["arena_id"] = arena_of(&world, "ressursteam").await;
        call(&alone.teacher, &alone, body.clone()).send().await.expect_invalid("/arena_id");
        body["arena_id"] = arena_of(&world, "samarbeidsmote").await;
        call(&alone.teacher, &alone, body).send().await.expect(201);

        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let mut body = meeting(&world, json!([mother.id, cast.nurse.id]));
        body["arena_id"] = arena_of(&world, "ressursteam").await;
        let made = call(&cast.teacher, &cast, body).send().await.expect(201);
        let id = made.id("/id");
        let held = |attended: Value| minutes(&cast.teacher, &cast, id, json!({"contains": [], "minutes": "Held.", "attended": attended}));
        let own = mother.get(cast.path("/consents")).send().await.expect(200);
        world.advance(TimeDelta::minutes(1));
        world.withdraw(mother, cast.case, own.id("/items/0/id")).await;
        // She took part by a consent that was in force until after the meeting had begun, and the minutes are still written.
        held(json!([mother.id, cast.nurse.id])).if_match(1).send().await.expect(200);
    }

    async fn an_arena_asks_for_the_consents_of_the_day_of_the_meeting(world: World) {
        let cast = world.school_case().await;
        let mother = &cast.family.guardians[0];
        for parent in &cast.family.guardians {
            let consent = json!({
                "unit_ids": [cast.nurse.unit.id], "purpose": "Cooperation.", "valid_until": world.in_days(10), "text_version": "2026-1",
            });
            parent.post(cast.path("/consents")).json(consent).send().await.expect(201);
        }
        let ressursteam = arena_of(&world, "ressursteam").await;
        let call_on = |days: i64| {
            let mut body = meeting(&world, json!([mother.id]));
            body["arena_id"] = ressursteam.clone();
            body["starts_at"] = json!(world.now() + TimeDelta::days(days));
            call(&cast.teacher, &cast, body).send()
        };
        call_on(11).await.expect_invalid("/arena_id");
        let made = call_on(9).await.expect(201);
        world.advance(TimeDelta::days(12));
        let held = json!({"contains": [], "minutes": "Held.", "attended": [mother.id]});
        minutes(&cast.teacher, &cast, made.id("/id"), held).if_match(1).send().await.expect(200);
    }

    async fn an_arena_does_not_reveal_that_child_welfare_helps(world: World) {
        let cast = world.school_case().await;
        let colleague = world.worker("kragero/skole").await;
        world.add_to_team(&cast.teacher, cast.case, &colleague).await;
        let welfare = world.worker("kragero/barnevern").await;
        for parent in &cast.family.guardians {
            world.consent(parent, cast.case, &[&welfare.unit]).await;
        }
        let mut body = meeting(&world, json!([cast.family.guardians[0].id]));
        body["arena_id"] = arena_of(&world, "ressursteam").await;
        call(&colleague, &cast, body.clone()).send().await.expect_invalid("/arena_id");
        call(&cast.teacher, &cast, body).send().await.expect(201);
    }

    async fn no_meeting_is_before_the_case_was_opened(world: World) {
        let cast = world.shared_case().await;
        let mut body = meeting(&world, json!([cast.family.guardians[0].id]));
        body["starts_at"] = json!(world.now() - TimeDelta::days(2));
        call(&cast.teacher, &cast, body).send().await.expect_invalid("/starts_at");
    }

    async fn nobody_takes_part_in_an_arena_that_requires_consent_after_it_was_withdrawn(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let mut body = meeting(&world, json!([mother.id, cast.nurse.id]));
        body["arena_id"] = arena_of(&world, "ressursteam").await;
        body["starts_at"] = json!(world.now() + TimeDelta::hours(1));
        let made = call(&cast.teacher, &cast, body).send().await.expect(201);
        let own = mother.get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(mother, cast.case, own.id("/items/0/id")).await;
        world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
        world.advance(TimeDelta::hours(2));
        let held = |attended: Value| {
            minutes(&cast.teacher, &cast, made.id("/id"), json!({"contains": [], "minutes": "Held.", "attended": attended}))
        };
        held(json!([mother.id, cast.nurse.id])).if_match(1).send().await.expect_invalid("/attended/1");
        held(json!([mother.id])).if_match(1).send().await.expect(200);
    }

    async fn to_have_been_invited_gives_no_sight_of_the_meeting_when_the_seat_is_lost(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let id = world.meeting(&cast.nurse, cast.case, &[mother.id, cast.nurse.id]).await;
        let own = mother.get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(mother, cast.case, own.id("/items/0/id")).await;
        cast.nurse.get(cast.path(&format!("/meetings/{id}"))).send().await.expect_problem(404, "not-found");
        let answer = act(&cast.nurse, &cast, id, "answer").json(json!({"answer": "coming"}));
        answer.send().await.expect_problem(404, "not-found");
        let late = minutes(&cast.nurse, &cast, id, json!({"contains": [], "minutes": "Held.", "attended": []})).if_match(1);
        late.send().await.expect_problem(404, "not-found");
    }
}
