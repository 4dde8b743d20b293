//! Concerns: they belong to the author and the leader, and are decided once and in time.

use serde_json::{Value, json};
use stafett::kernel::ids::{ChildId, ConcernId};

use crate::{
    cast::{at_once_on, exactly_one_wins, ids, walk},
    support::{Call, Role, Staff, User, World, both_engines},
};

fn decide(by: &User, concern: ConcernId, decision: Value) -> Call {
    by.post(format!("/v1/concerns/{concern}/decision")).json(decision).if_match(1)
}

fn no_need() -> Value {
    json!({"decision": "no_need", "reason": "It has passed."})
}

fn open_case(world: &World) -> Value {
    json!({
        "decision": "open_case", "reason": "Help is wanted.", "contains": [], "case_reason": "Finds play hard.", "level": 1,
        "agreed_with": "guardians", "agreed_on": world.in_days(0), "next_step": world.next_step(),
    })
}

fn join_case(case: impl ToString) -> Value {
    json!({"decision": "join_case", "reason": "It belongs there.", "case_id": case.to_string()})
}

both_engines! {
    async fn a_concern_is_its_authors_and_the_leaders_and_nobody_elses(world: World) {
        let author = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let family = world.child_with_two_guardians(&author).await;
        let concern = world.concern(&author, &family.child).await;
        let path = format!("/v1/concerns/{concern}");
        for who in [&author, &leader] {
            who.get(&path).send().await.expect(200);
            assert_eq!(ids(&walk(who, "/v1/concerns").await), [concern.to_string()]);
        }
        let colleague = world.worker("kragero/skole").await;
        let elsewhere = world.staff("kragero/ppt", Role::UnitLeader).await;
        let abroad = world.staff("porsgrunn/skole", Role::UnitLeader).await;
        let administrator = world.staff("kragero/skole", Role::Administrator).await;
        let auditor = world.staff("kragero/skole", Role::Auditor).await;
        let analyst = world.staff("kragero/skole", Role::Analyst).await;
        let youth = world.youth(&family.child).await;
        for who in [
            &colleague.user, &elsewhere.user, &abroad.user, &administrator.user, &auditor.user, &analyst.user,
            &family.guardians[0].user, &youth.user,
        ] {
            who.get(&path).send().await.expect_problem(404, "not-found");
            let body = json!({"facts": "Rewritten."});
            who.put(&path).json(body).if_match(1).send().await.expect_problem(404, "not-found");
            decide(who, concern, no_need()).send().await.expect_problem(404, "not-found");
            assert!(walk(who, "/v1/concerns").await.is_empty());
        }
    }

    async fn the_leader_decides_a_concern_but_does_not_rewrite_it(world: World) {
        let author = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        let body = json!({"child_id": child.id, "facts": "In other words."});
        let path = format!("/v1/concerns/{concern}");
        leader.put(&path).json(body.clone()).if_match(1).send().await.expect_problem(403, "forbidden");
        author.put(&path).json(body).if_match(1).send().await.expect(200);
        let decision = leader.post(format!("{path}/decision")).json(no_need()).if_match(2).send().await.expect(200);
        assert_eq!(decision.text("/decision"), "no_need");
    }

    async fn an_author_who_has_left_the_unit_no_longer_reads_the_concern(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        let left = "UPDATE staff_role SET ended_at = started_at WHERE role = 'worker'";
        world.try_execute(left).await.expect("the role has ended");
        author.get(format!("/v1/concerns/{concern}")).send().await.expect_problem(404, "not-found");
        assert!(walk(&author, "/v1/concerns").await.is_empty());
    }

    async fn concerns_are_recorded_only_where_one_works(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let administrator = world.staff("kragero/skole", Role::Administrator).await;
        let elsewhere = world.worker("kragero/ppt").await;
        let path = format!("/v1/units/{}/concerns", teacher.unit.id);
        for who in [&administrator.user, &elsewhere.user, &family.guardians[0].user] {
            who.post(&path).json(json!({"facts": "Seen."})).send().await.expect_problem(403, "forbidden");
        }
        assert_eq!(world.rows("concern").await, 0);
    }

    async fn an_anonymous_concern_names_no_child_and_opens_no_case_until_it_does(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let path = format!("/v1/units/{}/concerns", author.unit.id);
        let made = author.post(path).json(json!({"facts": "A pupil is alone."})).send().await.expect(201);
        assert_eq!((&made.body["child_id"], &made.body["child_name"]), (&Value::Null, &Value::Null));
        let concern = made.id("/id");
        decide(&author, concern, open_case(&world)).send().await.expect_problem(409, "conflict");
        let named = json!({"child_id": child.id, "facts": "A pupil is alone."});
        author.put(format!("/v1/concerns/{concern}")).json(named).if_match(1).send().await.expect(200);
        decide(&author, concern, open_case(&world)).if_match(2).send().await.expect(200);
    }

    async fn a_concern_is_to_be_decided_within_fourteen_days_unless_the_guide_says_otherwise(world: World) {
        let author = world.worker("kragero/skole").await;
        let path = format!("/v1/units/{}/concerns", author.unit.id);
        let made = author.post(&path).json(json!({"facts": "Seen."})).send().await.expect(201);
        // The world begins on a Sunday.
        assert_eq!(made.text("/decide_by"), world.in_days(15), "a deadline on a Sunday is moved to the Monday");
        world.try_execute("UPDATE guide_level SET deadline_days = 7 WHERE municipality = '4014' AND level = 0").await.expect("a deadline");
        let made = author.post(&path).json(json!({"facts": "Seen."})).send().await.expect(201);
        assert_eq!(made.text("/decide_by"), world.in_days(8));
        world.advance(chrono::TimeDelta::days(1));
        let made = author.post(&path).json(json!({"facts": "Seen."})).send().await.expect(201);
        assert_eq!(made.text("/decide_by"), world.in_days(7));
    }

    async fn a_concern_is_decided_once_and_not_changed_afterwards(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        let path = format!("/v1/concerns/{concern}");
        let unversioned = author.post(format!("{path}/decision")).json(no_need());
        unversioned.send().await.expect_problem(428, "precondition-required");
        decide(&author, concern, no_need()).if_match(2).send().await.expect_problem(412, "version-mismatch");
        decide(&author, concern, no_need()).send().await.expect(200);
        for version in [1, 2] {
            let again = decide(&author, concern, open_case(&world)).if_match(version);
            again.send().await.expect_problem(409, "conflict");
            let body = json!({"child_id": child.id, "facts": "Changed."});
            author.put(&path).json(body).if_match(version).send().await.expect_problem(409, "conflict");
        }
        assert_eq!(world.rows("care_case").await, 0);
    }

    async fn of_decisions_made_at_the_same_time_one_counts(world: World) {
        let author = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        author.token().await;
        leader.token().await;
        let calls = [
            decide(&author, concern, open_case(&world)),
            decide(&leader, concern, no_need()),
            decide(&author, concern, no_need()),
            decide(&leader, concern, open_case(&world)),
        ];
        let answers = at_once_on(&world, "concern", concern, calls).await;
        exactly_one_wins(&answers, 200, &[409, 412]);
        let opened = answers.iter().any(|answer| answer.body["decision"] == "open_case");
        assert_eq!(world.rows("care_case").await, i64::from(opened));
    }

    async fn of_two_concerns_about_a_child_decided_at_the_same_time_one_opens_the_case(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let mut calls = Vec::new();
        for _ in 0..3 {
            let concern = world.concern(&author, &child).await;
            calls.push(decide(&author, concern, open_case(&world)));
        }
        exactly_one_wins(&at_once_on(&world, "child", child.id, calls).await, 200, &[409]);
        assert_eq!(world.rows("care_case").await, 1);
    }

    async fn of_rewritings_at_the_same_time_one_stands(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        let calls = (0..4).map(|at| {
            let body = json!({"child_id": child.id, "facts": format!("In words {at}.")});
            author.put(format!("/v1/concerns/{concern}")).json(body).if_match(1)
        });
        exactly_one_wins(&at_once_on(&world, "concern", concern, calls).await, 200, &[409, 412]);
    }

    async fn a_child_with_an_open_case_gets_no_second_one_in_the_same_registration(world: World) {
        let cast = world.school_case().await;
        let second = world.concern(&cast.teacher, &cast.family.child).await;
        decide(&cast.teacher, second, open_case(&world)).send().await.expect_problem(409, "conflict");
        decide(&cast.teacher, second, join_case(cast.case)).send().await.expect(200);
    }

    async fn a_concern_joins_only_an_open_case_of_the_child_that_one_may_read(world: World) {
        let cast = world.school_case().await;
        let teacher = &cast.teacher;
        // The same child in a case without membership, and another child's case with membership.
        let stranger = world.worker("kragero/ppt").await;
        let same_child = world.register(&stranger, cast.family.child.national_id.clone()).await;
        let unreadable = world.open_case(&stranger, &same_child).await;
        let other_child = world.child(teacher, 8).await;
        let other = world.open_case(teacher, &other_child).await;
        let nothing = stafett::kernel::ids::CaseId::new();
        let concern = world.concern(teacher, &cast.family.child).await;
        let mut refusals = Vec::new();
        for case in [unreadable, other, nothing] {
            let refused = decide(teacher, concern, join_case(case)).send().await.expect_invalid("/case_id");
            refusals.push(refused.text);
        }
        world.close_case(teacher, cast.case).await;
        let closed = decide(teacher, concern, join_case(cast.case)).send().await.expect_invalid("/case_id");
        refusals.push(closed.text);
        refusals.dedup();
        assert_eq!(refusals.len(), 1, "the refusals are the same: {refusals:?}");
    }

    async fn a_concern_about_the_same_child_registered_elsewhere_joins_a_case_one_takes_part_in(world: World) {
        let cast = world.shared_case().await;
        let known = world.register(&cast.nurse, cast.family.child.national_id.clone()).await;
        assert_ne!(known.id, cast.family.child.id);
        let concern = world.concern(&cast.nurse, &known).await;
        decide(&cast.nurse, concern, join_case(cast.case)).send().await.expect(200);
    }

    async fn one_does_not_open_the_case_of_ones_own_child(world: World) {
        let unit = world.unit("kragero/skole").await;
        let number = world.adult_number();
        let user = world.user("4014", &number).await;
        world.grant(&user, &unit, Role::Worker).await;
        let teacher = Staff { user, unit };
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let child = world.child(&teacher, 7).await;
        let concern = world.concern(&teacher, &child).await;
        let body = json!({
            "national_id": number.as_str(), "name": teacher.name, "parental_responsibility": false, "lives_with_child": true,
        });
        leader.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
        // The author keeps the text until it is confirmed, and gets no case by it.
        teacher.get(format!("/v1/concerns/{concern}")).send().await.expect(200);
        decide(&teacher, concern, open_case(&world)).send().await.expect_invalid("/child_id");
        let own = json!({"national_id": child.national_id.as_str(), "ground": "relative"});
        teacher.post("/v1/me/conflicts-of-interest").json(own).send().await.expect(201);
        // A person may no longer see anything about their own family, not even their own text.
        teacher.get(format!("/v1/concerns/{concern}")).send().await.expect_problem(404, "not-found");
        decide(&teacher, concern, open_case(&world)).send().await.expect_problem(404, "not-found");
        assert!(walk(&teacher, "/v1/concerns").await.is_empty());
        decide(&leader, concern, open_case(&world)).send().await.expect(200);
    }

    async fn a_child_that_is_unknown_and_one_that_is_anothers_are_refused_alike(world: World) {
        let author = world.worker("kragero/skole").await;
        let colleague = world.worker("kragero/skole").await;
        let abroad = world.worker("porsgrunn/skole").await;
        let theirs = world.child(&colleague, 7).await.id;
        let foreign = world.child(&abroad, 7).await.id;
        let own = world.child(&author, 7).await;
        let concern = world.concern(&author, &own).await;
        let (mut recorded, mut rewritten) = (Vec::new(), Vec::new());
        for child in [ChildId::new(), theirs, foreign] {
            let body = json!({"child_id": child, "facts": "Seen."});
            let path = format!("/v1/units/{}/concerns", author.unit.id);
            recorded.push(author.post(path).json(body.clone()).send().await.expect_invalid("/child_id").text);
            let path = format!("/v1/concerns/{concern}");
            rewritten.push(author.put(path).json(body).if_match(1).send().await.expect_invalid("/child_id").text);
        }
        recorded.dedup();
        rewritten.dedup();
        assert_eq!((recorded.len(), rewritten.len()), (1, 1), "{recorded:?} {rewritten:?}");
        assert_eq!(world.rows("concern").await, 1);
    }

    async fn a_case_is_not_agreed_on_in_the_future(world: World) {
        let author = world.worker("kragero/skole").await;
        let child = world.child(&author, 7).await;
        let concern = world.concern(&author, &child).await;
        let mut decision = open_case(&world);
        decision["agreed_on"] = json!(world.in_days(1));
        decide(&author, concern, decision).send().await.expect_invalid("/agreed_on");
        assert_eq!(world.rows("care_case").await, 0);
    }

    async fn the_leader_lists_all_concerns_of_the_unit_and_a_worker_their_own(world: World) {
        let (first, second) = (world.worker("kragero/skole").await, world.worker("kragero/skole").await);
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let outside = world.worker("kragero/ppt").await;
        let mut own = Vec::new();
        for author in [&first, &second, &outside, &first] {
            let child = world.child(author, 7).await;
            own.push(world.concern(author, &child).await.to_string());
        }
        assert_eq!(ids(&walk(&first, "/v1/concerns").await), [own[0].clone(), own[3].clone()]);
        assert_eq!(ids(&walk(&second, "/v1/concerns").await), [own[1].clone()]);
        assert_eq!(ids(&walk(&leader, "/v1/concerns").await), [own[0].clone(), own[1].clone(), own[3].clone()]);
    }
}
