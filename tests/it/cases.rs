//! Cases: access, changes, and the operations that a closed case still allows.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::ids::CaseId;

use crate::{
    cast::{Cast, at_once_on, exactly_one_wins, finds_nothing, ids, walk},
    support::{Call, Role, User, World, both_engines},
};

fn closing() -> Value {
    json!({"reason": "The goal is reached.", "contains": [], "final_evaluation": "Takes part in play every day."})
}

async fn version(by: &User, case: CaseId) -> String {
    by.get(format!("/v1/cases/{case}")).send().await.expect(200).etag().to_owned()
}

/// Every write to a case, sent by a person who is allowed to.
async fn all_writes(world: &World, cast: &Cast) -> Vec<Call> {
    let (teacher, nurse) = (&cast.teacher, &cast.nurse);
    let mother = &cast.family.guardians[0];
    let goal = world.goal(teacher, cast.case).await;
    let measure = world.measure(teacher, cast.case, nurse).await;
    let planned = world.meeting(teacher, cast.case, &[mother.id]).await;
    let held = world.meeting(teacher, cast.case, &[mother.id]).await;
    let minutes = json!({
        "contains": [], "minutes": "All went well.", "attended": [mother.id], "outcome": "All went well.",
    });
    let cancelling = json!({"reason": "Nobody can come.", "contains": []});
    let path = cast.path(&format!("/meetings/{held}/minutes"));
    teacher.put(path).json(minutes.clone()).if_match(1).send().await.expect(200);
    let ending = json!({
        "held_on": world.in_days(0), "outcome": "end_reached", "contains": [], "assessment": "Reached.", "child_view": "It was fun.",
    });
    let evaluations = cast.path(&format!("/measures/{measure}/evaluations"));
    nurse.post(&evaluations).json(ending.clone()).if_match(1).send().await.expect(201);
    let colleague = world.worker("kragero/skole").await;
    let meeting = |id, below: &str| cast.path(&format!("/meetings/{id}/{below}"));
    vec![
        teacher.patch(cast.path("")).json(json!({"level": 2, "contains": [], "level_reason": "More."})),
        teacher.post(cast.path("/close")).json(closing()),
        teacher.post(cast.path("/team")).json(json!({"person_id": colleague.id, "unit_id": colleague.unit.id, "contains": [], "task": "Helps."})),
        teacher.post(cast.path("/handovers")).json(json!({"to_person_id": nurse.id, "to_unit_id": nurse.unit.id})),
        mother.post(cast.path("/consents")).json(json!({
            "unit_ids": [nurse.unit.id], "purpose": "Help.", "valid_until": world.in_days(9), "text_version": "2026-1",
        })),
        teacher.post(cast.path("/goals")).json(json!({"contains": [], "description": "One more."})),
        teacher.patch(cast.path(&format!("/goals/{goal}"))).json(json!({"status": "reached"})).if_match(1),
        teacher.post(cast.path("/measures")).json(json!({
            "title": "Play group", "level": "selective", "contains": [], "responsible_id": nurse.id,
            "responsible_unit_id": nurse.unit.id, "evaluate_on": world.in_days(9),
        })),
        nurse.patch(cast.path(&format!("/measures/{measure}"))).json(json!({"contains": [], "description": "Changed."})).if_match(2),
        nurse.post(evaluations).json(ending).if_match(2),
        teacher.post(cast.path("/meetings")).json(json!({
            "starts_at": world.now(), "contains": [], "agenda": "Next.", "participants": [mother.id],
        })),
        mother.post(meeting(planned, "answer")).json(json!({"answer": "coming"})),
        teacher.put(meeting(planned, "minutes")).json(minutes).if_match(1),
        teacher.post(meeting(planned, "move")).json(json!({
            "starts_at": world.now() + chrono::TimeDelta::days(1), "reason": "Illness.", "contains": [],
        })).if_match(1),
        teacher.post(meeting(planned, "invitations")).json(json!({"add": [nurse.id], "contains": []})).if_match(1),
        teacher.post(meeting(planned, "cancel")).json(cancelling).if_match(1),
        mother.post(meeting(held, "approve")),
        nurse.post(cast.path("/notes")).json(json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Late."})),
        mother.post(cast.path("/notes")).json(json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Late."})),
    ]
}

both_engines! {
    async fn the_level_is_changed_by_the_contact_person_on_the_version_they_have_read(world: World) {
        let cast = world.shared_case().await;
        let change = |by: &User| by.patch(cast.path("")).json(json!({"level": 2, "contains": [], "level_reason": "More is needed."}));
        change(&cast.teacher).send().await.expect_problem(428, "precondition-required");
        change(&cast.teacher).if_match(4).send().await.expect_problem(412, "version-mismatch");
        let changed = change(&cast.teacher).if_match(version(&cast.teacher, cast.case).await).send().await.expect(200);
        assert_eq!((changed.version(), changed.body["level"].as_i64()), ("2", Some(2)));
        change(&cast.teacher).if_match(1).send().await.expect_problem(412, "version-mismatch");
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/skole").await;
        for (who, status) in [
            (&cast.nurse.user, 403), (&leader.user, 403), (&cast.family.guardians[0].user, 403), (&colleague.user, 404),
        ] {
            change(who).if_match(2).send().await.expect(status);
        }
    }

    async fn of_changes_at_the_same_time_one_counts(world: World) {
        let cast = world.school_case().await;
        let calls = (0..4).map(|at| {
            let body = json!({"level": at % 3, "contains": [], "level_reason": "More is needed."});
            cast.teacher.patch(cast.path("")).json(body).if_match(1)
        });
        exactly_one_wins(&at_once_on(&world, "care_case", cast.case, calls).await, 200, &[412]);
    }

    async fn a_case_closes_when_every_measure_has_ended_and_no_offer_waits(world: World) {
        let cast = world.shared_case().await;
        let close = || cast.teacher.post(cast.path("/close")).json(closing()).if_match(1).send();
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        close().await.expect_problem(409, "conflict");
        let ending = json!({
            "held_on": world.in_days(0), "outcome": "end_no_effect", "contains": [], "assessment": "It did not help.",
            "child_view_missing_reason": "Did not wish to.",
        });
        let path = cast.path(&format!("/measures/{measure}/evaluations"));
        cast.nurse.post(path).json(ending).if_match(1).send().await.expect(201);
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        close().await.expect_problem(409, "conflict");
        let path = cast.path(&format!("/handovers/{handover}/withdraw"));
        cast.teacher.post(path).json(json!({})).send().await.expect(200);
        let closed = close().await.expect(200);
        assert_eq!(closed.text("/status"), "closed");
        assert_eq!(closed.text("/final_evaluation"), "Takes part in play every day.");
    }

    async fn a_leader_who_is_not_on_the_team_sees_no_words_about_the_help(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let body = json!({"to_person_id": cast.nurse.id, "to_unit_id": cast.nurse.unit.id, "contains": [], "message": "She starts in August."});
        cast.teacher.post(cast.path("/handovers")).json(body).send().await.expect(201);
        let case = leader.get(cast.path("")).send().await.expect(200);
        let listed = leader.get("/v1/cases").send().await.expect(200).items()[0].clone();
        for case in [&case.body, &listed] {
            assert_eq!(case["contact_person_id"], json!(cast.teacher.id));
            for word in ["reason", "level_reason", "closing_reason", "final_evaluation"] {
                assert_eq!(case[word], Value::Null, "{word}");
            }
        }
        let handovers = leader.get(cast.path("/handovers")).send().await.expect(200);
        assert_eq!(handovers.body["items"][0]["message"], Value::Null);
        for below in ["/notes", "/goals", "/measures", "/meetings", "/consents", "/access-log"] {
            leader.get(cast.path(below)).send().await.expect_problem(403, "forbidden");
        }
    }

    async fn the_leader_reopens_a_case_since_the_contact_person_may_have_left(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let elsewhere = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        world.close_case(&cast.teacher, cast.case).await;
        let again = json!({"level": 1, "contains": [], "level_reason": "It is back.", "next_step": world.next_step()});
        // She sees a part of the case, and changes it as she has read it.
        let read = leader.get(cast.path("")).send().await.expect(200);
        assert_eq!(read.body["version"], Value::Null);
        let reopen = |by: &User| by.post(cast.path("/reopen")).json(again.clone());
        reopen(&elsewhere).if_match(read.etag()).send().await.expect_problem(404, "not-found");
        reopen(&leader).if_match(2).send().await.expect_problem(412, "version-mismatch");
        reopen(&leader).if_match(read.etag()).send().await.expect(200);
    }

    async fn a_case_reopened_when_the_holder_has_lost_the_consent_is_held_by_the_leader(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        world.close_case(&cast.nurse, cast.case).await;
        world.advance(TimeDelta::days(200));
        let again = json!({"level": 1, "contains": [], "level_reason": "It is back.", "next_step": world.next_step()});
        let read = leader.get(cast.path("")).send().await.expect(200);
        let open = leader.post(cast.path("/reopen")).json(again).if_match(read.etag()).send().await.expect(200);
        assert_eq!(open.text("/contact_person_id"), leader.id.to_string());
    }

    async fn only_the_contact_person_closes_and_reopens(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let stranger = world.worker("kragero/nav").await;
        let others = [
            (&cast.nurse.user, 403), (&leader.user, 403), (&cast.family.guardians[0].user, 403), (&stranger.user, 404),
        ];
        for (who, status) in others {
            who.post(cast.path("/close")).json(closing()).if_match(1).send().await.expect(status);
        }
        world.close_case(&cast.teacher, cast.case).await;
        let again = json!({"level": 1, "contains": [], "level_reason": "It is back.", "next_step": world.next_step()});
        for (who, status) in [others[0], others[2], others[3]] {
            who.post(cast.path("/reopen")).json(again.clone()).if_match(2).send().await.expect(status);
        }
        cast.teacher.post(cast.path("/reopen")).json(again.clone()).if_match(1).send().await.expect(412);
        let open = cast.teacher.post(cast.path("/reopen")).json(again.clone()).if_match(2).send().await.expect(200);
        assert_eq!((open.text("/status"), &open.body["closing_reason"]), ("open".to_owned(), &Value::Null));
        cast.teacher.post(cast.path("/reopen")).json(again).if_match(3).send().await.expect_problem(409, "conflict");
        world.goal(&cast.teacher, cast.case).await;
    }

    async fn a_closed_case_takes_no_write(world: World) {
        let cast = world.shared_case().await;
        let writes = all_writes(&world, &cast).await;
        world.close_case(&cast.teacher, cast.case).await;
        let before = world.all_rows().await;
        for write in writes {
            write.send().await.expect_problem(409, "conflict");
        }
        assert_eq!(world.all_rows().await, before);
    }

    async fn a_closed_case_is_still_read_and_still_left(world: World) {
        let cast = world.shared_case().await;
        world.note(&cast.nurse, cast.case, "unit", "For the health centre.").await;
        world.close_case(&cast.teacher, cast.case).await;
        let below = ["", "/team", "/handovers", "/goals", "/measures", "/meetings", "/notes"];
        for who in [&cast.teacher.user, &cast.nurse.user, &cast.family.guardians[0].user] {
            for below in below {
                who.get(cast.path(below)).send().await.expect(200);
            }
            assert_eq!(ids(&walk(who, "/v1/cases").await), [cast.case.to_string()]);
        }
        // Ending access must never require what granting it requires.
        let team = cast.teacher.get(cast.path("/team")).send().await.expect(200);
        let seat = team.items().iter().find(|seat| seat["person_id"] == json!(cast.nurse.id)).expect("a seat");
        let path = cast.path(&format!("/team/{}", seat["id"].as_str().expect("an id")));
        cast.teacher.delete(path).send().await.expect(204);
        cast.nurse.get(cast.path("")).send().await.expect(404);
    }

    async fn a_case_is_not_reopened_beside_another_open_one_of_the_child(world: World) {
        let cast = world.school_case().await;
        world.close_case(&cast.teacher, cast.case).await;
        world.open_case(&cast.teacher, &cast.family.child).await;
        let again = json!({"level": 1, "contains": [], "level_reason": "It is back.", "next_step": world.next_step()});
        let reopen = cast.teacher.post(cast.path("/reopen")).json(again).if_match(2);
        reopen.send().await.expect_problem(409, "conflict");
    }

    async fn everyone_lists_just_the_cases_they_can_read(world: World) {
        let shared = world.shared_case().await;
        let second = world.family(&shared.teacher, 9, 1).await;
        let unshared = world.open_case(&shared.teacher, &second.child).await;
        let closed = world.child(&shared.teacher, 8).await;
        let closed = world.open_case(&shared.teacher, &closed).await;
        world.close_case(&shared.teacher, closed).await;
        let stranger = world.worker("kragero/ppt").await;
        let elsewhere = world.child(&stranger, 9).await;
        let elsewhere = world.open_case(&stranger, &elsewhere).await;
        let cases = [shared.case, unshared, closed, elsewhere];
        let mut people = vec![shared.teacher.user.clone(), shared.nurse.user.clone(), stranger.user.clone()];
        people.push(shared.family.guardians[0].user.clone());
        people.push(second.guardians[0].user.clone());
        people.push(world.youth(&second.child).await.user);
        for role in [Role::Worker, Role::UnitLeader, Role::Administrator, Role::Auditor, Role::Analyst] {
            people.push(world.staff("kragero/skole", role).await.user);
        }
        people.push(world.staff("porsgrunn/skole", Role::UnitLeader).await.user);
        let mut counts = Vec::new();
        for person in people {
            let mut readable = Vec::new();
            for case in cases {
                if person.get(format!("/v1/cases/{case}")).send().await.status == 200 {
                    readable.push(case.to_string());
                }
            }
            assert_eq!(ids(&walk(&person, "/v1/cases").await), readable);
            counts.push(readable.len());
        }
        assert_eq!(counts, [3, 1, 1, 1, 1, 0, 0, 3, 0, 0, 0, 0]);
    }

    async fn someone_with_no_part_in_any_case_has_an_empty_list(world: World) {
        world.shared_case().await;
        for unit in ["kragero/skole", "kragero/helsestasjon", "orland/ppt"] {
            let nobody = world.worker(unit).await;
            assert!(walk(&nobody, "/v1/cases").await.is_empty());
        }
        let citizen = world.user_with_new_number("4014").await;
        assert!(walk(&citizen, "/v1/cases").await.is_empty());
    }

    async fn from_another_municipality_there_is_nothing_to_see(world: World) {
        let cast = world.shared_case().await;
        let below = ["", "/team", "/notes", "/goals", "/measures", "/meetings", "/handovers", "/consents", "/access-log"];
        let paths: Vec<String> = below.iter().map(|below| cast.path(below)).collect();
        for role in [Role::Worker, Role::UnitLeader, Role::Administrator, Role::Auditor] {
            let there = world.staff("porsgrunn/skole", role).await;
            finds_nothing(&there, &paths).await;
        }
    }

    async fn the_young_person_reads_their_own_case_from_the_birthday_on(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child_born(&teacher, "2011-11-23").await;
        world.guardian_of(&teacher, &child, true).await;
        let youth = world.youth(&child).await;
        let case = world.open_case(&teacher, &child).await;
        world.note(&teacher, case, "team", "For all.").await;
        let below = ["", "/team", "/notes", "/goals", "/measures", "/meetings", "/handovers", "/access-log"];
        let paths: Vec<String> = below.iter().map(|below| format!("/v1/cases/{case}{below}")).collect();
        // Until the last second of the previous day in Norway.
        world.advance(TimeDelta::hours(14) - TimeDelta::seconds(1));
        finds_nothing(&youth, &paths).await;
        assert!(walk(&youth, "/v1/cases").await.is_empty());
        world.advance(TimeDelta::seconds(1));
        for path in &paths {
            youth.get(path).send().await.expect(200);
        }
        assert_eq!(ids(&walk(&youth, "/v1/cases").await), [case.to_string()]);
        assert_eq!(ids(&walk(&youth, &paths[2]).await).len(), 1);
    }

    async fn guardians_lose_sight_of_the_case_on_the_eighteenth_birthday(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child_born(&teacher, "2008-11-23").await;
        let guardian = world.guardian_of(&teacher, &child, true).await;
        let youth = world.youth(&child).await;
        let case = world.open_case(&teacher, &child).await;
        let paths = ["", "/notes", "/consents", "/access-log"].map(|below| format!("/v1/cases/{case}{below}"));
        world.advance(TimeDelta::hours(14) - TimeDelta::seconds(1));
        for path in &paths {
            guardian.get(path).send().await.expect(200);
        }
        world.advance(TimeDelta::seconds(1));
        finds_nothing(&guardian, &paths).await;
        guardian.get(format!("/v1/children/{}", child.id)).send().await.expect(404);
        assert!(walk(&guardian, "/v1/cases").await.is_empty());
        youth.get(&paths[0]).send().await.expect(200);
    }
}

fn decision(agreed_with: &str, world: &World) -> Value {
    json!({
        "decision": "open_case", "reason": "Help is needed.", "contains": [], "case_reason": "Finds it hard.", "level": 1,
        "agreed_with": agreed_with, "agreed_on": world.in_days(0), "next_step": world.next_step(),
    })
}

both_engines! {
    async fn reopening_a_case_loses_nothing_of_why_it_was_closed(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        let path = format!("/v1/cases/{case}");
        let level = json!({"level": 2, "contains": [], "level_reason": "Two services."});
        teacher.patch(&path).json(level).if_match(1).send().await.expect(200);
        teacher.post(format!("{path}/close")).json(closing()).if_match(2).send().await.expect(200);
        let again = json!({"level": 1, "contains": [], "level_reason": "The difficulties are back.", "next_step": world.next_step()});
        teacher.post(format!("{path}/reopen")).json(again).if_match(3).send().await.expect(200);
        for reader in [&teacher.user, &family.guardians[0].user] {
            let history = reader.get(format!("{path}/history")).send().await.expect(200);
            assert_eq!(history.each("kind"), ["opened", "level_changed", "closed", "reopened"]);
            assert_eq!(history.items()[2]["final_evaluation"], closing()["final_evaluation"]);
        }
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        leader.get(format!("{path}/history")).send().await.expect(403);
        world.worker("kragero/nav").await.get(format!("{path}/history")).send().await.expect(404);
    }

    async fn a_case_is_agreed_with_those_whose_age_it_is(world: World) {
        let teacher = world.worker("kragero/skole").await;
        for (age, with, status) in
            [(14, "youth", 422), (15, "youth", 200), (17, "guardians", 200), (18, "guardians", 422)]
        {
            let child = world.child(&teacher, age).await;
            let concern = world.concern(&teacher, &child).await;
            let path = format!("/v1/concerns/{concern}/decision");
            let answer = teacher.post(path).json(decision(with, &world)).if_match(1).send().await;
            assert_eq!(answer.status, status, "{with} at {age}: {}", answer.text);
        }
    }

    async fn a_baton_that_falls_where_there_is_no_leader_goes_to_another_on_the_team(world: World) {
        let cast = world.shared_case().await;
        let colleague = world.team_mate(&cast, "kragero/skole").await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let staff = administrator.get(format!("/v1/units/{}/staff", cast.teacher.unit.id)).send().await.expect(200);
        let role = staff.items().iter().find(|row| row["person_id"] == json!(cast.teacher.id)).cloned();
        let role = role.expect("a role")["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/units/{}/staff/{role}", cast.teacher.unit.id);
        administrator.delete(path).send().await.expect(204);
        let case = colleague.get(cast.path("")).send().await.expect(200);
        assert_eq!(case.body["contact_person_id"], json!(colleague.id));
        cast.teacher.get(cast.path("")).send().await.expect(404);
    }
}
