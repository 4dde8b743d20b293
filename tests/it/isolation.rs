//! Objects of one case cannot be reached through another, and nobody sees across municipalities unless their unit serves
//! both.

use serde_json::{Value, json};
use stafett::{
    execute,
    kernel::ids::{CaseId, ConsentId, GoalId, HandoverId, MeasureId, MeetingId, NoteId, TeamMemberId},
};

use crate::{
    cast::{Cast, finds_nothing, ids, walk},
    support::{Call, Staff, Unit, User, World, both_engines},
};

/// The contents of one case.
struct Contents {
    note: NoteId,
    referral: NoteId,
    goal: GoalId,
    measure: MeasureId,
    meeting: MeetingId,
    consent: ConsentId,
    handover: HandoverId,
    seat: TeamMemberId,
}

/// A case of the same teacher, with the same mother and nurse, and one of everything in it.
async fn another_case(world: &World, cast: &Cast) -> (Cast, Contents) {
    let (teacher, nurse) = (&cast.teacher, &cast.nurse);
    let child = world.child(teacher, 9).await;
    let mother = &cast.family.guardians[0];
    let body = json!({
        "national_id": mother.national_id.as_str(), "name": mother.name,
        "parental_responsibility": true, "lives_with_child": true,
    });
    teacher.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
    let case = world.open_case(teacher, &child).await;
    let consent = world.consent(mother, case, &[&nurse.unit]).await;
    let seat = world.add_to_team(teacher, case, nurse).await;
    let contents = Contents {
        note: world.note(teacher, case, "team", "For all.").await,
        referral: referral(world, teacher, case, mother).await,
        goal: world.goal(teacher, case).await,
        measure: world.measure(teacher, case, nurse).await,
        meeting: world.meeting(teacher, case, &[mother.id, nurse.id]).await,
        consent,
        handover: world.offer_baton(teacher, case, nurse).await,
        seat,
    };
    let mut family = cast.family.clone();
    family.child = child;
    family.guardians.truncate(1);
    (Cast { teacher: teacher.clone(), nurse: nurse.clone(), family, case }, contents)
}

/// A referral in a case of one mother.
async fn referral(world: &World, by: &Staff, case: CaseId, mother: &User) -> NoteId {
    let body = json!({
        "kind": "agreed", "to_outside": "BUP", "to_sector": "health", "sent_on": world.in_days(0), "agreed_by": [mother.id],
        "agreed_on": world.in_days(0), "expected_on": world.in_days(20), "text": "Help with sleep.", "contains": [],
    });
    by.post(format!("/v1/cases/{case}/referrals")).json(body).send().await.expect(201).id("/id")
}

/// Every operation below the path of a case, each sent by a person who is allowed to.
fn operations(world: &World, through: &Cast, contents: &Contents) -> Vec<Call> {
    let (teacher, nurse, mother) = (&through.teacher, &through.nurse, &through.family.guardians[0].user);
    let Contents { note, referral, goal, measure, meeting, consent, handover, seat } = contents;
    let path = |below: String| through.path(&below);
    let evaluation = json!({
        "held_on": world.in_days(0), "outcome": "end_reached", "contains": [], "assessment": "Reached.", "child_view": "It was fun.",
    });
    let correction = json!({"text": "Other words.", "reason": "They were wrong.", "contains": []});
    vec![
        teacher.get(path(format!("/notes/{note}"))),
        teacher.patch(path(format!("/goals/{goal}"))).json(json!({"status": "dropped"})).if_match(1),
        teacher.post(path(format!("/notes/{note}/correct"))).json(correction.clone()).if_match(1),
        teacher.post(path(format!("/notes/{note}/strike-out"))).json(json!({"reason": "Another child.", "contains": []})).if_match(2),
        teacher.patch(path(format!("/notes/{referral}/referral"))).json(json!({"expected_on": world.in_days(9), "reason": "Later.", "contains": []})).if_match(1),
        teacher.post(path(format!("/notes/{referral}/referral/answer"))).json(json!({"answer": "started", "answered_on": world.in_days(0), "contains": []})).if_match(1),
        teacher.post(path(format!("/notes/{referral}/referral/withdraw"))).json(json!({"withdrawn_on": world.in_days(0), "reason": "Moves.", "contains": []})).if_match(1),
        nurse.get(path(format!("/measures/{measure}"))),
        nurse
            .patch(path(format!("/measures/{measure}")))
            .json(json!({"contains": [], "description": "Changed."}))
            .if_match(1),
        nurse.get(path(format!("/measures/{measure}/evaluations"))),
        teacher.post(path(format!("/measures/{measure}/evaluations"))).json(evaluation).if_match(2),
        mother.get(path(format!("/meetings/{meeting}"))),
        mother.post(path(format!("/meetings/{meeting}/answer"))).json(json!({"answer": "coming"})),
        teacher
            .put(path(format!("/meetings/{meeting}/minutes")))
            .json(json!({
                "contains": [], "minutes": "Held.", "attended": [mother.id], "outcome": "We wait.",
            }))
            .if_match(2),
        mother.post(path(format!("/meetings/{meeting}/approve"))),
        teacher.post(path(format!("/meetings/{meeting}/minutes/correct"))).json(correction).header("if-match", "*"),
        teacher
            .post(path(format!("/meetings/{meeting}/move")))
            .json(json!({"starts_at": world.now() + chrono::TimeDelta::days(1), "reason": "Illness.", "contains": []}))
            .if_match(4),
        teacher
            .post(path(format!("/meetings/{meeting}/invitations")))
            .json(json!({"add": [nurse.id], "contains": []}))
            .if_match(4),
        teacher
            .post(path(format!("/meetings/{meeting}/cancel")))
            .json(json!({"reason": "Illness.", "contains": []}))
            .if_match(4),
        mother.get(path(format!("/consents/{consent}"))),
        teacher.get(path(format!("/consents/{consent}"))),
        nurse.post(path(format!("/handovers/{handover}/accept"))).json(json!({})),
        nurse.post(path(format!("/handovers/{handover}/decline"))).json(json!({})),
        teacher.post(path(format!("/handovers/{handover}/withdraw"))).json(json!({})),
        teacher.delete(path(format!("/team/{seat}"))),
        mother.post(path(format!("/consents/{consent}/withdraw"))).json(json!({})),
    ]
}

/// Lets a unit serve another municipality as well.
async fn serves(world: &World, unit: &Unit, municipality: &str) {
    let mut tx = world.db.write().await.expect("a transaction");
    let sql = "INSERT INTO unit_serves (unit_id, municipality) VALUES ($1, $2)";
    execute!(&mut tx, sql, unit.id, municipality).expect("inserted");
    tx.commit().await.expect("committed");
}

/// A case in a school of a municipality, with a guardian.
async fn case_in(world: &World, municipality: &str) -> Cast {
    let teacher = world.worker(&format!("{municipality}/skole")).await;
    let family = world.family(&teacher, 7, 1).await;
    let case = world.open_case(&teacher, &family.child).await;
    let nurse = world.worker("kragero/helsestasjon").await;
    Cast { teacher, nurse, family, case }
}

both_engines! {
    async fn what_lies_in_one_case_is_not_reached_through_another(world: World) {
        let first = world.shared_case().await;
        // The mother, the nurse and the teacher have the same parts in both.
        let (second, contents) = another_case(&world, &first).await;
        // A handover to the nurse is pending in the first case too.
        world.offer_baton(&first.teacher, first.case, &first.nurse).await;
        let before = world.all_rows().await;
        for call in operations(&world, &first, &contents) {
            call.send().await.expect_problem(404, "not-found");
        }
        assert_eq!(world.all_rows().await, before);
        let untouched = "SELECT COUNT(*) FROM consent_unit WHERE withdrawn_at IS NOT NULL";
        assert_eq!(world.number_of(untouched).await, 0);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM handover WHERE status <> 'offered'").await, 0);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM goal WHERE status <> 'active'").await, 0);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM team_member WHERE left_at IS NOT NULL").await, 0);

        // All exist through the case they belong to.
        for call in operations(&world, &second, &contents) {
            let answer = call.send().await;
            assert_ne!(answer.status, 404, "{}", answer.text);
        }
    }

    async fn a_measure_serves_no_goal_of_another_case(world: World) {
        let first = world.shared_case().await;
        let (_, contents) = another_case(&world, &first).await;
        let body = json!({
            "title": "Play group", "level": "selective", "goal_id": contents.goal, "contains": [], "responsible_id": first.nurse.id,
            "responsible_unit_id": first.nurse.unit.id, "evaluate_on": world.in_days(9),
        });
        first.teacher.post(first.path("/measures")).json(body).send().await.expect_invalid("/goal_id");
    }

    async fn the_lists_of_one_case_hold_nothing_of_another(world: World) {
        let first = world.shared_case().await;
        another_case(&world, &first).await;
        for below in ["/notes", "/goals", "/measures", "/meetings", "/handovers"] {
            assert!(walk(&first.teacher, &first.path(below)).await.is_empty(), "{below}");
        }
        assert_eq!(walk(&first.teacher, &first.path("/team")).await.len(), 2);
        assert_eq!(walk(&first.family.guardians[0], &first.path("/consents")).await.len(), 1);
    }

    async fn a_guardianship_is_not_reached_through_another_child(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let first = world.family(&teacher, 7, 1).await.child;
        let second = world.family(&teacher, 8, 1).await.child;
        let list = teacher.get(format!("/v1/children/{}/guardians", second.id)).send().await.expect(200);
        let path = format!("/v1/children/{}/guardians/{}", first.id, list.text("/items/0/id"));
        let body = json!({"parental_responsibility": false, "lives_with_child": false});
        teacher.patch(path).json(body).if_match(1).send().await.expect_problem(404, "not-found");
        let held = "SELECT COUNT(*) FROM guardianship WHERE parental_responsibility";
        assert_eq!(world.number_of(held).await, 2);
    }

    async fn a_role_is_not_ended_through_another_unit(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let administrator = world.staff("kragero/oppvekst", crate::support::Role::Administrator).await;
        let list = administrator.get(format!("/v1/units/{}/staff", teacher.unit.id)).send().await.expect(200);
        let role = list.text("/items/0/id");
        let elsewhere = world.unit("kragero/ppt").await;
        administrator.delete(format!("/v1/units/{}/staff/{role}", elsewhere.id)).send().await.expect(404);
        let abroad = world.staff("orland/ppt", crate::support::Role::Administrator).await;
        abroad.delete(format!("/v1/units/{}/staff/{role}", teacher.unit.id)).send().await.expect(403);
        teacher.get("/v1/cases").send().await.expect(200);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM staff_role WHERE ended_at IS NOT NULL").await, 0);
    }

    async fn a_unit_that_serves_two_municipalities_takes_part_in_the_cases_of_both(world: World) {
        let (ours, theirs) = (case_in(&world, "kragero").await, case_in(&world, "porsgrunn").await);
        let nurse: &Staff = &ours.nurse;
        let body = json!({
            "unit_ids": [nurse.unit.id], "purpose": "Help.", "valid_until": world.in_days(30), "text_version": "2026-1",
        });
        let consent = |cast: &Cast| cast.family.guardians[0].post(cast.path("/consents")).json(body.clone()).send();
        consent(&ours).await.expect(201);
        consent(&theirs).await.expect_invalid("/unit_ids/0");
        world.add_to_team(&ours.teacher, ours.case, nurse).await;
        serves(&world, &nurse.unit, "4001").await;
        consent(&theirs).await.expect(201);
        world.add_to_team(&theirs.teacher, theirs.case, nurse).await;
        for cast in [&ours, &theirs] {
            nurse.get(cast.path("")).send().await.expect(200);
            world.note(nurse, cast.case, "team", "Seen.").await;
        }
        assert_eq!(ids(&walk(nurse, "/v1/cases").await), [ours.case.to_string(), theirs.case.to_string()]);
        // The members of the two teams still do not see across.
        finds_nothing(&ours.teacher, &[theirs.path(""), theirs.path("/notes")]).await;
        finds_nothing(&theirs.teacher, &[ours.path(""), ours.path("/notes")]).await;
    }

    async fn a_unit_that_serves_another_municipality_records_concerns_and_joins_its_cases(world: World) {
        let theirs = case_in(&world, "porsgrunn").await;
        let nurse = &theirs.nurse;
        serves(&world, &nurse.unit, "4001").await;
        world.consent(&theirs.family.guardians[0], theirs.case, &[&nurse.unit]).await;
        world.add_to_team(&theirs.teacher, theirs.case, nurse).await;
        let body = json!({"child_id": theirs.family.child.id, "facts": "Seen at the health centre."});
        let path = format!("/v1/units/{}/concerns", nurse.unit.id);
        let concern = nurse.post(path).json(body).send().await.expect(201);
        assert_eq!(concern.text("/municipality"), "4001");
        let decision = json!({"decision": "join_case", "reason": "It belongs there.", "case_id": theirs.case});
        let path = format!("/v1/concerns/{}/decision", concern.text("/id"));
        nurse.post(path).json(decision).if_match(1).send().await.expect(200);
    }

    async fn staff_of_the_municipalities_a_unit_serves_find_its_staff_and_no_others(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        let path = format!("/v1/units/{}/staff", nurse.unit.id);
        let ours = world.worker("kragero/skole").await;
        let theirs = world.worker("porsgrunn/skole").await;
        let citizen: User = world.user_with_new_number("4014").await;
        ours.get(&path).send().await.expect(200);
        theirs.get(&path).send().await.expect_problem(403, "forbidden");
        citizen.get(&path).send().await.expect_problem(403, "forbidden");
        serves(&world, &nurse.unit, "4001").await;
        let list = theirs.get(&path).send().await.expect(200);
        assert_eq!(list.each("person_id"), [nurse.id.to_string()]);
        let units = theirs.get("/v1/municipalities/4001/units?limit=200").send().await.expect(200);
        assert!(units.items().iter().any(|unit: &Value| unit["id"] == json!(nurse.unit.id)));
    }
}
