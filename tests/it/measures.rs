//! Goals, measures and evaluations: who agrees on them, who carries them out, and whether they help.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    cast::{Cast, at_once_on, exactly_one_wins, ids, walk},
    support::{Call, Role, Staff, User, World, both_engines},
};

fn measure(world: &World, responsible: &Staff) -> Value {
    json!({
        "title": "Play group", "level": "selective", "contains": [], "responsible_id": responsible.id,
        "responsible_unit_id": responsible.unit.id, "evaluate_on": world.in_days(42),
    })
}

fn agree(by: &User, cast: &Cast, body: Value) -> Call {
    by.post(cast.path("/measures")).json(body)
}

fn evaluation(world: &World, outcome: &str) -> Value {
    let mut body = json!({
        "held_on": world.in_days(0), "outcome": outcome, "contains": [], "assessment": "He joins in more often.",
        "child_view": "It is fun.",
    });
    if outcome == "continue" || outcome == "adjust" {
        body["next_evaluation_on"] = json!(world.in_days(30));
    }
    body
}

fn without(mut body: Value, member: &str) -> Value {
    body.as_object_mut().and_then(|body| body.remove(member)).expect("a member");
    body
}

/// A measure in the catalogue of a municipality.
async fn of_catalogue(world: &World, municipality: &str) -> Value {
    let path = format!("/v1/catalogue/measures?municipality={municipality}&limit=1");
    world.anonymous().get(path).send().await.expect(200).items()[0].clone()
}

both_engines! {
    async fn the_contact_person_sets_goals_and_everyone_on_the_case_reads_them(world: World) {
        let cast = world.shared_case().await;
        let goal = world.goal(&cast.teacher, cast.case).await;
        let mother = &cast.family.guardians[0];
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let stranger = world.worker("kragero/nav").await;
        for who in [&cast.teacher.user, &cast.nurse.user, &mother.user] {
            assert_eq!(ids(&walk(who, &cast.path("/goals")).await), [goal.to_string()]);
        }
        leader.get(cast.path("/goals")).send().await.expect(403);
        stranger.get(cast.path("/goals")).send().await.expect(404);
        let path = cast.path(&format!("/goals/{goal}"));
        let reached = json!({"status": "reached"});
        for (who, status) in [(&cast.nurse.user, 403), (&mother.user, 403), (&leader.user, 403), (&stranger.user, 404)] {
            let set = who.post(cast.path("/goals")).json(json!({"contains": [], "description": "Another."}));
            set.send().await.expect(status);
            who.patch(&path).json(reached.clone()).if_match(1).send().await.expect(status);
        }
        let patch = |body: Value| cast.teacher.patch(&path).json(body);
        patch(reached.clone()).send().await.expect_problem(428, "precondition-required");
        patch(json!({})).if_match(1).send().await.expect_invalid("");
        let changed = patch(reached).if_match(1).send().await.expect(200);
        assert_eq!((changed.text("/status"), changed.version()), ("reached".to_owned(), "2"));
        patch(json!({"status": "dropped"})).if_match(1).send().await.expect_problem(412, "version-mismatch");
    }

    async fn the_contact_person_agrees_on_measures_and_everyone_on_the_case_reads_them(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let stranger = world.worker("kragero/nav").await;
        let other = world.guardian_of(&cast.teacher, &cast.family.child, false).await;
        for (who, status) in [
            (&cast.nurse.user, 403), (&mother.user, 403), (&leader.user, 403), (&stranger.user, 404), (&other.user, 404),
        ] {
            agree(who, &cast, measure(&world, &cast.nurse)).send().await.expect(status);
        }
        assert_eq!(world.rows("measure").await, 0);
        let made = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let path = cast.path(&format!("/measures/{made}"));
        for who in [&cast.teacher.user, &cast.nurse.user, &mother.user] {
            who.get(&path).send().await.expect(200);
            assert_eq!(ids(&walk(who, &cast.path("/measures")).await), [made.to_string()]);
        }
        leader.get(&path).send().await.expect(404);
        stranger.get(&path).send().await.expect(404);
        let case = mother.get(cast.path("")).send().await.expect(200);
        assert_eq!(case.text("/next_evaluation_on"), world.in_days(42));
    }

    async fn a_measure_of_the_catalogue_brings_its_title_and_level(world: World) {
        let cast = world.shared_case().await;
        let entry = of_catalogue(&world, "4014").await;
        let mut body = without(without(measure(&world, &cast.nurse), "title"), "level");
        let refused = agree(&cast.teacher, &cast, body.clone()).send().await.expect_problem(422, "invalid-input");
        assert_eq!(refused.pointers(), ["/level", "/title"]);
        body["catalogue_measure_id"] = entry["id"].clone();
        let made = agree(&cast.teacher, &cast, body.clone()).send().await.expect(201);
        assert_eq!((&made.body["title"], &made.body["level"]), (&entry["title"], &entry["level"]));
        body["catalogue_measure_id"] = of_catalogue(&world, "4001").await["id"].clone();
        agree(&cast.teacher, &cast, body).send().await.expect_invalid("/catalogue_measure_id");
    }

    async fn the_one_responsible_has_a_seat_in_force(world: World) {
        let cast = world.shared_case().await;
        let colleague = world.worker("kragero/skole").await;
        let agree = |body: Value| agree(&cast.teacher, &cast, body).send();
        agree(measure(&world, &colleague)).await.expect_invalid("/responsible_id");
        let mut wrong = measure(&world, &cast.nurse);
        wrong["responsible_unit_id"] = json!(cast.teacher.unit.id);
        agree(wrong.clone()).await.expect_invalid("/responsible_id");
        wrong["responsible_id"] = json!(cast.family.guardians[0].id);
        agree(wrong).await.expect_invalid("/responsible_id");
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(&cast.family.guardians[0], cast.case, own.id("/items/0/id")).await;
        agree(measure(&world, &cast.nurse)).await.expect_invalid("/responsible_id");
        assert_eq!(world.rows("measure").await, 0);
    }

    async fn a_measure_in_force_always_has_a_day_for_its_evaluation(world: World) {
        let cast = world.shared_case().await;
        let mut body = measure(&world, &cast.nurse);
        body["evaluate_on"] = json!(world.in_days(-1));
        agree(&cast.teacher, &cast, body.clone()).send().await.expect_invalid("/evaluate_on");
        body["evaluate_on"] = json!(world.in_days(3));
        body["starts_on"] = json!(world.in_days(4));
        agree(&cast.teacher, &cast, body).send().await.expect_invalid("/evaluate_on");
        agree(&cast.teacher, &cast, without(measure(&world, &cast.nurse), "evaluate_on")).send().await.expect(422);
        world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        for sql in [
            "UPDATE measure SET evaluate_on = NULL", "UPDATE measure SET responsible_id = NULL",
            "UPDATE measure SET starts_on = NULL", "UPDATE measure SET status = 'ended_reached'",
        ] {
            assert!(world.try_execute(sql).await.is_err(), "{sql}");
        }
    }

    async fn an_evaluation_is_moved_only_with_a_reason_that_the_family_reads(world: World) {
        let cast = world.shared_case().await;
        let made = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let path = cast.path(&format!("/measures/{made}"));
        let mut change = json!({"evaluate_on": world.in_days(60)});
        cast.nurse.patch(&path).json(change.clone()).if_match(1).send().await.expect_invalid("/reason");
        change["reason"] = json!("The class is away.");
        cast.nurse.patch(&path).json(change.clone()).if_match(1).send().await.expect_invalid("/contains");
        change["contains"] = json!([]);
        let alone = json!({"reason": "None.", "contains": []});
        cast.nurse.patch(&path).json(alone).if_match(1).send().await.expect_invalid("");
        world.try_execute("UPDATE municipality SET longest_wait_days = 50 WHERE number = '4014'").await.expect("a limit");
        cast.nurse.patch(&path).json(change.clone()).if_match(1).send().await.expect_invalid("/evaluate_on");
        let mut late = measure(&world, &cast.nurse);
        late["evaluate_on"] = json!(world.in_days(51));
        agree(&cast.teacher, &cast, late).send().await.expect_invalid("/evaluate_on");
        change["evaluate_on"] = json!(world.in_days(50));
        cast.nurse.patch(&path).json(change).if_match(1).send().await.expect(200);
        let mut held = evaluation(&world, "continue");
        held["next_evaluation_on"] = json!(world.in_days(51));
        cast.nurse.post(format!("{path}/evaluations")).json(held).if_match(2).send().await.expect_invalid("/next_evaluation_on");
        for who in [&cast.teacher.user, &cast.family.guardians[0].user] {
            let moves = who.get(format!("{path}/day-changes")).send().await.expect(200);
            assert_eq!(moves.items().len(), 1);
            let moved = &moves.items()[0];
            assert_eq!((&moved["from_day"], &moved["to_day"]), (&json!(world.in_days(42)), &json!(world.in_days(50))));
            assert_eq!((&moved["reason"], &moved["changed_by"]), (&json!("The class is away."), &json!(cast.nurse.id)));
        }
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        leader.get(format!("{path}/day-changes")).send().await.expect(404);
    }

    async fn a_reason_is_kept_with_a_new_day_or_refused(world: World) {
        let cast = world.shared_case().await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let path = cast.path(&format!("/measures/{measure}"));
        let read = cast.teacher.get(&path).send().await.expect(200);
        let same = json!({"evaluate_on": read.body["evaluate_on"], "reason": "She is ill.", "contains": []});
        cast.teacher.patch(&path).json(same).if_match(1).send().await.expect_invalid("/reason");
    }

    async fn an_evaluation_does_not_name_one_who_is_not_to_be_known(world: World) {
        let cast = world.school_case().await;
        let colleague = world.worker("kragero/skole").await;
        world.add_to_team(&cast.teacher, cast.case, &colleague).await;
        let welfare = world.worker("kragero/barnevern").await;
        for parent in &cast.family.guardians {
            world.consent(parent, cast.case, &[&welfare.unit]).await;
        }
        world.add_to_team(&cast.teacher, cast.case, &welfare).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &welfare).await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        world.accept_baton(&welfare, cast.case, handover).await;
        let evaluation = json!({
            "held_on": world.in_days(0), "outcome": "continue", "contains": [], "assessment": "Goes well.",
            "child_view": "It is fun.", "next_evaluation_on": world.in_days(30),
        });
        let path = cast.path(&format!("/measures/{measure}/evaluations"));
        welfare.post(&path).json(evaluation).if_match(1).send().await.expect(201);
        // Everyone knows the contact person. From the handover on, the colleague may not know that she helps.
        let handover = world.offer_baton(&welfare, cast.case, &cast.teacher).await;
        world.accept_baton(&cast.teacher, cast.case, handover).await;
        let seen = colleague.get(&path).send().await.expect(200);
        assert_eq!((&seen.body["items"][0]["evaluated_by"], &seen.body["items"][0]["evaluated_by_name"]), (&Value::Null, &Value::Null));
        assert!(!seen.text.contains(&welfare.name), "{seen:?}");
        let known = cast.family.guardians[0].get(&path).send().await.expect(200);
        assert_eq!(known.text("/items/0/evaluated_by"), welfare.id.to_string());
    }

    async fn the_one_responsible_and_the_contact_person_change_and_evaluate_a_measure_and_no_other(world: World) {
        let cast = world.shared_case().await;
        let other = world.team_mate(&cast, "kragero/ppt").await;
        let stranger = world.worker("kragero/nav").await;
        let made = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let path = cast.path(&format!("/measures/{made}"));
        let change = |by: &User| by.patch(&path).json(json!({"contains": [], "description": "Three days a week."}));
        let evaluate = |by: &User| by.post(format!("{path}/evaluations")).json(evaluation(&world, "continue"));
        for (who, status) in [(&other.user, 403), (&cast.family.guardians[0].user, 403), (&stranger.user, 404)] {
            change(who).if_match(1).send().await.expect(status);
            evaluate(who).if_match(1).send().await.expect(status);
        }
        change(&cast.nurse).send().await.expect_problem(428, "precondition-required");
        change(&cast.nurse).if_match(1).send().await.expect(200);
        evaluate(&cast.nurse).if_match(1).send().await.expect_problem(412, "version-mismatch");
        evaluate(&cast.nurse).if_match(2).send().await.expect(201);
        evaluate(&cast.teacher).if_match(3).send().await.expect(201);
        let seen = cast.family.guardians[0].get(format!("{path}/evaluations")).send().await.expect(200);
        assert!(seen.each("child_view").is_empty(), "the child has not agreed that they see what it says");
        let seen = cast.teacher.get(format!("{path}/evaluations")).send().await.expect(200);
        assert_eq!(seen.each("child_view"), ["It is fun.", "It is fun."]);
        assert_eq!(walk(&other, &cast.path(&format!("/measures/{made}/evaluations"))).await.len(), 2);
        stranger.get(format!("{path}/evaluations")).send().await.expect(404);
    }

    async fn one_responsible_who_has_lost_the_seat_evaluates_no_more(world: World) {
        let cast = world.shared_case().await;
        let made = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(&cast.family.guardians[0], cast.case, own.id("/items/0/id")).await;
        let path = cast.path(&format!("/measures/{made}/evaluations"));
        let evaluate = cast.nurse.post(&path).json(evaluation(&world, "continue")).if_match(1);
        evaluate.send().await.expect_problem(404, "not-found");
        // The measure has passed to the contact person.
        cast.teacher.post(&path).json(evaluation(&world, "end_no_effect")).if_match(2).send().await.expect(201);
    }

    async fn responsibility_passes_only_to_a_seat_in_force(world: World) {
        let cast = world.shared_case().await;
        let made = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let path = cast.path(&format!("/measures/{made}"));
        let pass = |to: &Staff| {
            let body = json!({"contains": [], "responsible_id": to.id, "responsible_unit_id": to.unit.id});
            cast.teacher.patch(&path).json(body).if_match(1).send()
        };
        let outsider = world.worker("kragero/ppt").await;
        pass(&outsider).await.expect_invalid("/responsible_id");
        let changed = pass(&cast.teacher).await.expect(200);
        assert_eq!(changed.text("/responsible_id"), cast.teacher.id.to_string());
        let late = cast.nurse.patch(&path).json(json!({"contains": [], "description": "Late."})).if_match(2);
        late.send().await.expect_problem(403, "forbidden");
    }

    async fn the_voice_of_the_child_is_told_or_its_absence_explained(world: World) {
        let cast = world.shared_case().await;
        let made = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let evaluate = |body: Value| {
            cast.nurse.post(cast.path(&format!("/measures/{made}/evaluations"))).json(body).if_match(1).send()
        };
        let silent = without(evaluation(&world, "continue"), "child_view");
        evaluate(silent.clone()).await.expect_invalid("/child_view");
        let mut both = evaluation(&world, "continue");
        both["child_view_missing_reason"] = json!("Was ill.");
        evaluate(both).await.expect_invalid("/child_view_missing_reason");
        let mut explained = silent;
        explained["child_view_missing_reason"] = json!("Was ill.");
        evaluate(explained).await.expect(201);
    }

    async fn an_evaluation_sets_the_next_day_or_ends_the_measure_for_good(world: World) {
        let cast = world.shared_case().await;
        let made = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let path = cast.path(&format!("/measures/{made}"));
        let evaluate = |body: Value, version: i64| {
            cast.nurse.post(format!("{path}/evaluations")).json(body).if_match(version).send()
        };
        evaluate(without(evaluation(&world, "continue"), "next_evaluation_on"), 1).await
            .expect_invalid("/next_evaluation_on");
        evaluate(evaluation(&world, "adjust"), 1).await.expect(201);
        let read = cast.nurse.get(&path).send().await.expect(200);
        assert_eq!((read.text("/evaluate_on"), read.text("/status")), (world.in_days(30), "in_force".to_owned()));
        let mut ending = evaluation(&world, "end_reached");
        ending["next_evaluation_on"] = json!(world.in_days(30));
        evaluate(ending, 2).await.expect_invalid("/next_evaluation_on");
        evaluate(evaluation(&world, "end_reached"), 2).await.expect(201);
        let read = cast.nurse.get(&path).send().await.expect(200);
        assert_eq!((&read.body["evaluate_on"], read.text("/status")), (&Value::Null, "ended_reached".to_owned()));
        evaluate(evaluation(&world, "continue"), 3).await.expect_problem(409, "conflict");
        let later = json!({"contains": [], "evaluate_on": world.in_days(9), "reason": "Late."});
        let change = cast.nurse.patch(&path).json(later).if_match(3);
        change.send().await.expect_problem(409, "conflict");
        assert_eq!(world.rows("evaluation").await, 2);
    }

    async fn of_evaluations_at_the_same_time_one_counts(world: World) {
        let cast = world.shared_case().await;
        let made = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        cast.nurse.token().await;
        let mut calls = Vec::new();
        for by in [&cast.teacher, &cast.nurse] {
            for outcome in ["end_reached", "continue"] {
                let path = cast.path(&format!("/measures/{made}/evaluations"));
                calls.push(by.post(path).json(evaluation(&world, outcome)).if_match(1));
            }
        }
        exactly_one_wins(&at_once_on(&world, "measure", made, calls).await, 201, &[409, 412]);
        assert_eq!(world.rows("evaluation").await, 1);
    }

    async fn a_measure_is_overdue_from_the_day_after(world: World) {
        let cast = world.shared_case().await;
        let made = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let path = cast.path(&format!("/measures/{made}"));
        for overdue in [false, true] {
            world.advance(TimeDelta::days(if overdue { 1 } else { 42 }));
            let read = cast.teacher.get(&path).send().await.expect(200);
            assert_eq!(read.body["overdue"], overdue);
        }
    }
}
