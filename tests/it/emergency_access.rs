//! Emergency access: one case, one hour, read only. The people responsible are notified, and it is reviewed.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    cast::{Cast, at_once_on, exactly_one_wins, finds_nothing, ids, walk},
    support::{Answer, Call, Role, Staff, User, World, both_engines, emergency},
};

/// The operations that an emergency access allows.
const OPEN: [&str; 6] = ["", "/team", "/goals", "/measures", "/meetings", "/notes"];
/// The operations that it does not allow.
const SHUT: [&str; 4] = ["/consents", "/handovers", "/history", "/access-log"];

fn opening(by: &Staff, told: Value) -> Call {
    by.post(format!("/v1/units/{}/emergency-access", by.unit.id)).json(emergency(told))
}

fn of_case(cast: &Cast) -> Value {
    json!({"case_id": cast.case})
}

fn of_child(cast: &Cast) -> Value {
    json!({"national_id": cast.family.child.national_id.as_str()})
}

fn review(by: &User, opened: &Answer, verdict: &str) -> Call {
    let body = json!({"verdict": verdict, "note": "Talked with all."});
    by.post(format!("/v1/emergency-access/{}/review", opened.text("/id"))).json(body).if_match(1)
}

/// The emergency accesses that a person sees.
async fn notices(user: &User) -> Vec<String> {
    let due = user.get("/v1/follow-ups").send().await.expect(200);
    let emergencies = due.items().iter().filter(|item| item["kind"] == "emergency_access");
    emergencies.map(|item| item["object_id"].as_str().expect("an id").to_owned()).collect()
}

/// The administrator ends a person's role in their unit.
async fn end_role(world: &World, staff: &Staff) {
    let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
    let path = format!("/v1/units/{}/staff", staff.unit.id);
    let list = administrator.get(&path).send().await.expect(200);
    let row = list.items().iter().find(|row| row["person_id"] == json!(staff.id)).expect("a role");
    let role = row["id"].as_str().expect("an id");
    administrator.delete(format!("{path}/{role}")).send().await.expect(204);
}

both_engines! {
    async fn the_case_is_open_for_one_hour_and_not_a_minute_more(world: World) {
        let cast = world.school_case().await;
        finds_nothing(&cast.nurse, &OPEN.map(|below| cast.path(below))).await;
        let opened = world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        let hour = world.now() + TimeDelta::hours(1);
        assert_eq!(opened.body["ends_at"].as_str().and_then(|at| at.parse().ok()), Some(hour));
        assert_eq!((opened.body["child_name"].clone(), opened.body["verdict"].clone()), (Value::Null, Value::Null));
        world.advance(TimeDelta::minutes(59));
        for below in OPEN {
            cast.nurse.get(cast.path(below)).send().await.expect(200);
        }
        world.advance(TimeDelta::minutes(1));
        finds_nothing(&cast.nurse, &OPEN.map(|below| cast.path(below))).await;
        // It is not forgotten: another hour needs another review.
        world.open_in_emergency(&cast.nurse, of_child(&cast)).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        assert_eq!(walk(&cast.nurse, "/v1/emergency-access").await.len(), 2);
    }

    async fn what_is_agreed_is_read_and_nothing_is_written(world: World) {
        let cast = world.shared_case().await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        let meeting = world.meeting(&cast.teacher, cast.case, &[cast.family.guardians[0].id]).await;
        let goal = world.goal(&cast.teacher, cast.case).await;
        let helper = world.worker("kragero/ppt").await;
        world.open_in_emergency(&helper, of_case(&cast)).await;
        let case = helper.get(cast.path("")).send().await.expect(200);
        assert!(case.body["reason"].is_string(), "the words about the help too");
        for below in [format!("/measures/{measure}"), format!("/measures/{measure}/evaluations"), format!("/meetings/{meeting}")] {
            helper.get(cast.path(&below)).send().await.expect(200);
        }
        for below in SHUT {
            helper.get(cast.path(below)).send().await.expect_problem(403, "forbidden");
        }
        finds_nothing(&helper, &[format!("/v1/children/{}", cast.family.child.id)]).await;
        let note = json!({"audience": "team", "kind": "agreed", "contains": [], "text": "A word."});
        helper.post(cast.path("/notes")).json(note).send().await.expect(403);
        helper.post(cast.path("/goals")).json(json!({"contains": [], "description": "A goal."})).send().await.expect(403);
        let path = cast.path(&format!("/goals/{goal}"));
        helper.patch(path).json(json!({"status": "reached"})).if_match(1).send().await.expect(403);
        helper.post(cast.path("/meetings")).json(json!({})).send().await.expect(403);
        helper.post(cast.path("/consents")).json(json!({})).send().await.expect(403);
        let conflict = json!({"person_id": cast.nurse.id, "ground": "friend"});
        helper.post(cast.path("/conflicts-of-interest")).json(conflict).send().await.expect(403);
    }

    async fn notes_for_a_sector_or_a_unit_are_unknown_in_an_emergency(world: World) {
        let cast = world.school_case().await;
        let team = world.note(&cast.teacher, cast.case, "team", "For all.").await;
        let sector = world.note(&cast.teacher, cast.case, "sector", "For school.").await;
        let unit = world.note(&cast.teacher, cast.case, "unit", "For us.").await;
        // Not even a colleague from the same unit.
        let colleague = world.worker("kragero/skole").await;
        world.open_in_emergency(&colleague, of_case(&cast)).await;
        assert_eq!(ids(&walk(&colleague, &cast.path("/notes")).await), [team.to_string()]);
        colleague.get(cast.path(&format!("/notes/{team}"))).send().await.expect(200);
        let others = [sector, unit].map(|note| cast.path(&format!("/notes/{note}")));
        finds_nothing(&colleague, &others).await;
    }

    async fn lists_of_cases_and_of_what_is_due_do_not_show_it(world: World) {
        let cast = world.school_case().await;
        world.meeting(&cast.teacher, cast.case, &[cast.family.guardians[0].id]).await;
        world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        assert!(cast.nurse.get("/v1/cases").send().await.expect(200).items().is_empty());
        assert!(cast.nurse.get("/v1/follow-ups").send().await.expect(200).items().is_empty());
        // It gives no access to the team's work either.
        let concern = json!({"facts": "Seen.", "child_id": cast.family.child.id});
        let path = format!("/v1/units/{}/concerns", cast.nurse.unit.id);
        cast.nurse.post(path).json(concern).send().await.expect_invalid("/child_id");
    }

    async fn where_no_case_can_be_opened_there_is_none(world: World) {
        let cast = world.school_case().await;
        let other = world.child(&cast.teacher, 8).await;
        let elsewhere = world.worker("porsgrunn/helsestasjon").await;
        let closed = world.school_case().await;
        world.close_case(&closed.teacher, closed.case).await;
        let unknown = world.child_number(9);
        let people = world.rows("person").await;
        let mut answers = vec![
            opening(&elsewhere, of_case(&cast)).send().await,
            opening(&elsewhere, of_child(&cast)).send().await,
        ];
        for told in [
            json!({"case_id": uuid::Uuid::now_v7()}), json!({"national_id": unknown.as_str()}),
            json!({"national_id": other.national_id.as_str()}), of_case(&closed), of_child(&closed),
        ] {
            answers.push(opening(&cast.nurse, told).send().await);
        }
        for answer in &answers {
            assert_eq!((answer.status, &answer.text), (404, &answers[0].text));
        }
        assert_eq!(world.rows("emergency_access").await, 0);
        assert_eq!(world.rows("person").await, people, "nobody is made known by being asked for");
        opening(&cast.nurse, json!({})).send().await.expect_invalid("/case_id");
        let both = json!({"case_id": cast.case, "national_id": unknown.as_str()});
        opening(&cast.nurse, both).send().await.expect_invalid("/national_id");
    }

    async fn only_one_who_works_in_the_unit_opens_from_it(world: World) {
        let cast = world.school_case().await;
        let path = format!("/v1/units/{}/emergency-access", cast.teacher.unit.id);
        let body = emergency(of_case(&cast));
        for who in [&cast.nurse.user, &cast.family.guardians[0].user] {
            who.post(&path).json(body.clone()).send().await.expect_problem(403, "forbidden");
        }
        for role in [Role::Administrator, Role::Auditor, Role::Analyst] {
            let who = world.staff("kragero/skole", role).await;
            who.post(&path).json(body.clone()).send().await.expect_problem(403, "forbidden");
            // Even if the database contains both roles.
            world.grant(&who, &who.unit, Role::Worker).await;
            who.post(&path).json(body.clone()).send().await.expect_problem(403, "forbidden");
        }
    }

    async fn own_family_is_not_opened(world: World) {
        let cast = world.school_case().await;
        let parent = Staff { user: cast.family.guardians[0].user.clone(), unit: cast.nurse.unit.clone() };
        world.grant(&parent, &parent.unit, Role::Worker).await;
        let nothing = opening(&parent, json!({"case_id": uuid::Uuid::now_v7()})).send().await.expect(404);
        for told in [of_case(&cast), of_child(&cast)] {
            assert_eq!(opening(&parent, told).send().await.expect(404).text, nothing.text);
        }
        // A person who becomes disqualified loses it at once.
        world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let declared = json!({"national_id": cast.family.child.national_id.as_str(), "ground": "friend"});
        cast.nurse.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        opening(&cast.nurse, of_case(&cast)).send().await.expect_problem(404, "not-found");
    }

    async fn it_dies_with_the_role_and_a_new_role_does_not_wake_it(world: World) {
        let cast = world.school_case().await;
        world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        end_role(&world, &cast.nurse).await;
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        world.advance(TimeDelta::minutes(1));
        world.grant(&cast.nurse, &cast.nurse.unit, Role::Worker).await;
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        opening(&cast.nurse, of_case(&cast)).send().await.expect(201);
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }

    async fn another_case_of_the_same_child_stays_shut(world: World) {
        let cast = world.school_case().await;
        let kindergarten = world.worker("kragero/barnehage").await;
        let same = world.register(&kindergarten, cast.family.child.national_id.clone()).await;
        let later = world.open_case(&kindergarten, &same).await;
        let opened = world.open_in_emergency(&cast.nurse, of_child(&cast)).await;
        assert_eq!(opened.text("/case_id"), later.to_string(), "the one opened last");
        cast.nurse.get(format!("/v1/cases/{later}")).send().await.expect(200);
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        // A second request finds the other case. After that there are no more.
        let opened = world.open_in_emergency(&cast.nurse, of_child(&cast)).await;
        assert_eq!(opened.text("/case_id"), cast.case.to_string());
        opening(&cast.nurse, of_child(&cast)).send().await.expect_problem(409, "conflict");
    }

    async fn what_is_open_is_not_opened_again(world: World) {
        let cast = world.shared_case().await;
        opening(&cast.nurse, of_case(&cast)).send().await.expect_problem(409, "conflict");
        let helper = world.worker("kragero/ppt").await;
        helper.token().await;
        let calls = (0..4).map(|_| opening(&helper, of_case(&cast)));
        exactly_one_wins(&at_once_on(&world, "care_case", cast.case, calls).await, 201, &[409]);
        assert_eq!(world.rows("emergency_access").await, 1);
    }

    async fn it_is_ended_by_the_one_who_opened_it_and_by_no_other(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let opened = world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        let path = format!("/v1/emergency-access/{}/end", opened.text("/id"));
        leader.post(&path).if_match(1).send().await.expect_problem(403, "forbidden");
        cast.teacher.post(&path).if_match(1).send().await.expect_problem(404, "not-found");
        cast.nurse.post(&path).if_match(7).send().await.expect_problem(412, "version-mismatch");
        let ended = cast.nurse.post(&path).if_match(1).send().await.expect(200);
        assert!(ended.body["ended_at"].is_string());
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        cast.nurse.post(&path).if_match(2).send().await.expect_problem(409, "conflict");
        let again = world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        world.advance(TimeDelta::hours(1));
        let path = format!("/v1/emergency-access/{}/end", again.text("/id"));
        cast.nurse.post(&path).if_match(1).send().await.expect_problem(409, "conflict");
    }
}

both_engines! {
    async fn the_contact_person_and_the_leader_are_told_until_it_is_reviewed(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let elsewhere = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let opened = world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        for who in [&cast.teacher.user, &leader.user] {
            assert_eq!(notices(who).await, [opened.text("/id")]);
            let due = who.get("/v1/follow-ups").send().await.expect(200);
            assert!(!due.text.contains("unconscious") && !due.text.contains(&cast.family.child.name), "{}", due.text);
        }
        for who in [&cast.nurse.user, &elsewhere.user, &cast.family.guardians[0].user] {
            assert!(notices(who).await.is_empty());
        }
        // It is due although the help has ended.
        world.close_case(&cast.teacher, cast.case).await;
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        assert_eq!(notices(&leader).await, [opened.text("/id")]);
        review(&leader, &opened, "justified").send().await.expect(200);
        assert!(notices(&leader).await.is_empty() && notices(&cast.teacher).await.is_empty());
    }

    async fn the_leader_of_the_contact_persons_unit_reviews_it_once(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let elsewhere = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let opened = world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        let path = format!("/v1/emergency-access/{}", opened.text("/id"));
        let seen = leader.get(&path).send().await.expect(200);
        assert_eq!(seen.text("/child_name"), cast.family.child.name);
        assert!(seen.text("/reason").contains("unconscious"));
        for who in [&cast.teacher.user, &elsewhere.user, &cast.family.guardians[0].user] {
            finds_nothing(who, std::slice::from_ref(&path)).await;
            review(who, &opened, "justified").send().await.expect_problem(404, "not-found");
            assert!(who.get("/v1/emergency-access").send().await.expect(200).items().is_empty());
        }
        review(&cast.nurse, &opened, "justified").send().await.expect_problem(403, "forbidden");
        leader.token().await;
        let calls = (0..3).map(|_| review(&leader, &opened, "not_justified"));
        exactly_one_wins(&at_once_on(&world, "emergency_access", opened.id::<()>("/id"), calls).await, 200, &[409]);
        // An emergency access that was not justified ends at once.
        finds_nothing(&cast.nurse, &[cast.path("")]).await;
        let own = cast.nurse.get(&path).send().await.expect(200);
        assert_eq!(own.text("/verdict"), "not_justified");
        assert_eq!(own.text("/review_note"), "Talked with all.");
        review(&leader, &opened, "justified").if_match(2).send().await.expect_problem(409, "conflict");
    }

    async fn nobody_reviews_their_own_and_the_auditor_does_it_without_content(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let stranger = world.staff("porsgrunn/skole", Role::Auditor).await;
        let opened = world.open_in_emergency(&leader, of_case(&cast)).await;
        leader.get(cast.path("/notes")).send().await.expect(200);
        assert!(notices(&leader).await.is_empty(), "it is not hers to review");
        review(&leader, &opened, "justified").send().await.expect_problem(403, "forbidden");
        review(&stranger, &opened, "justified").send().await.expect_problem(404, "not-found");
        let list = auditor.get("/v1/emergency-access").send().await.expect(200);
        assert_eq!((list.items().len(), &list.body["items"][0]["reason"]), (1, &Value::Null));
        assert!(!list.text.contains(&cast.family.child.name) && !list.text.contains("unconscious"), "{}", list.text);
        let reviewed = review(&auditor, &opened, "justified").send().await.expect(200);
        assert_eq!(reviewed.text("/review_note"), "Talked with all.", "their own note");
        cast.teacher.get(cast.path("")).send().await.expect(200);
        finds_nothing(&auditor, &[cast.path("")]).await;
        // The auditor must not see the leader's note about it.
        let second = world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        review(&leader, &second, "justified").send().await.expect(200);
        let path = format!("/v1/emergency-access/{}", second.text("/id"));
        assert_eq!(auditor.get(path).send().await.expect(200).body["review_note"], Value::Null);
    }

    async fn those_to_be_reviewed_come_first_whichever_is_the_oldest(world: World) {
        let cast = world.school_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let mut opened = Vec::new();
        for _ in 0..3 {
            opened.push(world.open_in_emergency(&cast.nurse, of_case(&cast)).await);
            world.advance(TimeDelta::hours(2));
        }
        review(&leader, &opened[0], "justified").send().await.expect(200);
        let order = [&opened[1], &opened[2], &opened[0]].map(|one| one.text("/id"));
        for who in [&leader, &cast.nurse] {
            assert_eq!(ids(&walk(who, "/v1/emergency-access").await), order);
        }
    }

    async fn the_log_tells_by_which_rule_and_the_family_sees_it(world: World) {
        let cast = world.school_case().await;
        let note = world.note(&cast.teacher, cast.case, "team", "For all.").await;
        world.open_in_emergency(&cast.nurse, of_child(&cast)).await;
        for below in ["", "/goals", &format!("/notes/{note}")] {
            cast.nurse.get(cast.path(below)).send().await.expect(200);
        }
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let path = format!("/v1/access-log?person_id={}&case_id={}", cast.nurse.id, cast.case);
        let log = auditor.get(path).send().await.expect(200);
        let rules: Vec<&Value> = log.items().iter().map(|entry| &entry["policies"]).collect();
        let read = json!(["emergency.read"]);
        assert_eq!(rules, [&json!(["emergency.note"]), &read, &read, &read], "and when it was opened");
        let family = cast.family.guardians[0].get(cast.path("/access-log")).send().await.expect(200);
        let of_nurse: Vec<&Value> =
            family.items().iter().filter(|entry| entry["person_name"] == json!(cast.nurse.name)).collect();
        assert_eq!(of_nurse.len(), 1, "one visit");
        for entry in of_nurse {
            assert_eq!((&entry["kind"], &entry["sections"]), (&json!("looked"), &json!(["case", "goals", "notes"])));
            assert_eq!(entry["legal_basis"][0], "fvl § 13 b no. 7");
            assert_eq!(entry["roles"].as_array().map(Vec::len), Some(1), "from where, and no other role");
        }
    }

    async fn the_reason_lies_sealed(world: World) {
        let cast = world.school_case().await;
        let opened = world.open_in_emergency(&cast.nurse, of_case(&cast)).await;
        assert!(opened.text("/reason").contains("unconscious"));
        let readable = "SELECT COUNT(*) FROM emergency_access WHERE reason LIKE '%unconscious%'";
        assert_eq!(world.number_of(readable).await, 0);
    }
}
