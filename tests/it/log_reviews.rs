//! Looks that are picked for the auditor: each pattern from both sides, the random sample, verdicts, and the monthly report.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::{kernel::ids::CaseId, log_reviews};

use crate::support::{Child, Family, Role, Staff, User, World, both_engines};

async fn auditor(world: &World) -> User {
    world.staff("kragero/oppvekst", Role::Auditor).await.user
}

/// From the Sunday on which a world begins to the Monday, 10 o'clock in Norway.
fn monday(world: &World) {
    world.advance(TimeDelta::days(1));
}

/// Two hours later, when what was looked at is gone through.
async fn pick(world: &World) -> u64 {
    world.advance(TimeDelta::hours(2));
    world.pick().await
}

async fn listed(auditor: &User, query: &str) -> Vec<Value> {
    auditor.get(format!("/v1/access-log/reviews?limit=200&{query}")).send().await.expect(200).items().to_vec()
}

/// The reasons for which looks of someone at a child were picked, each once for each pick.
async fn reasons(auditor: &User, by: &User, child: &Child) -> Vec<String> {
    let reviews = listed(auditor, &format!("person_id={}", by.id)).await;
    let at_child = reviews.iter().filter(|review| review["entry"]["child_id"] == json!(child.id));
    let mut all: Vec<String> = at_child
        .flat_map(|review| review["reasons"].as_array().expect("reasons"))
        .map(|reason| reason["reason"].as_str().expect("a word").to_owned())
        .collect();
    all.sort();
    all
}

async fn has(auditor: &User, by: &User, child: &Child, reason: &str) -> bool {
    reasons(auditor, by, child).await.iter().any(|found| found == reason)
}

/// A case of the school with a nurse on the team, begun some weeks ago: nobody on it is new. It is Monday, 10 o'clock.
struct Case {
    teacher: Staff,
    nurse: Staff,
    family: Family,
    case: CaseId,
}

impl Case {
    async fn begun(world: &World) -> Self {
        let (teacher, nurse) =
            (world.worker("kragero/skole").await, world.worker("kragero/helsestasjon").await);
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        world.all_consent(&family, case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, case, &nurse).await;
        world.advance(TimeDelta::days(29));
        world.pick().await;
        Self { teacher, nurse, family, case }
    }

    async fn look(&self, by: &User) {
        by.get(format!("/v1/cases/{}", self.case)).send().await.expect(200);
    }

    fn path(&self, below: &str) -> String {
        format!("/v1/cases/{}{below}", self.case)
    }
}

/// A look that was picked, since it was on a Sunday.
async fn picked_look(world: &World) -> (Case, User, Value) {
    let case = Case::begun(world).await;
    world.advance(TimeDelta::days(6));
    case.look(&case.nurse).await;
    pick(world).await;
    let auditor = auditor(world).await;
    let review = listed(&auditor, &format!("person_id={}", case.nurse.id)).await.remove(0);
    (case, auditor, review)
}

fn path(review: &Value) -> String {
    format!("/v1/access-log/reviews/{}", review["id"].as_str().expect("an id"))
}

async fn verdict(auditor: &User, review: &Value, version: i64, verdict: &str) -> crate::support::Answer {
    let body = json!({"verdict": verdict, "note": "Her leader was asked."});
    auditor.post(format!("{}/verdict", path(review))).json(body).if_match(version).send().await
}

/// The guardian's or child's address, kept by the contact person.
async fn address(world: &World, by: &Staff, family: &Family, protection: &str, address: &str) {
    let path = format!("/v1/children/{}/contact-details", family.child.id);
    let version = by.get(&path).send().await.expect(200).body["version"].as_i64().expect("a version");
    let guardians = by.get(format!("/v1/children/{}/guardians", family.child.id)).send().await.expect(200);
    let guardian = &guardians.items()[0];
    let body = json!({
        "protection": protection,
        "guardians": [{"guardianship_id": guardian["id"], "address": address}],
    });
    by.put(path).json(body).if_match(version).send().await.expect(200);
    let _ = world;
}

both_engines! {
    async fn one_without_a_task_is_picked_and_one_with_a_task_is_not(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        let child = &case.family.child;
        case.look(&case.nurse).await;
        case.look(&case.teacher).await;
        case.look(&case.family.guardians[0]).await;
        pick(&world).await;
        assert_eq!(reasons(&auditor, &case.nurse, child).await, ["no_task"]);
        assert_eq!(reasons(&auditor, &case.teacher, child).await, [""; 0], "holds the baton");
        assert_eq!(reasons(&auditor, &case.family.guardians[0], child).await, [""; 0], "the family looks at its own");
    }

    async fn each_task_is_one(world: World) {
        let auditor = auditor(&world).await;
        for task in ["offered", "responsible", "invited", "joined", "wrote before", "writes after", "wrote long before"] {
            let case = Case::begun(&world).await;
            let (teacher, nurse) = (&case.teacher, &case.nurse);
            let goal = || nurse.post(case.path("/notes"))
                .json(json!({"audience": "team", "kind": "agreed", "contains": [], "text": "A good day."})).send();
            match task {
                "offered" => drop(world.offer_baton(teacher, case.case, nurse).await),
                "responsible" => drop(world.measure(teacher, case.case, nurse).await),
                "invited" => drop(world.meeting(teacher, case.case, &[nurse.id]).await),
                "joined" => {
                    let new = world.worker("kragero/skole").await;
                    world.add_to_team(teacher, case.case, &new).await;
                    case.look(&new).await;
                    pick(&world).await;
                    assert_eq!(reasons(&auditor, &new, &case.family.child).await, [""; 0], "{task}");
                    continue;
                }
                "wrote before" => drop(goal().await.expect(201)),
                "wrote long before" => {
                    goal().await.expect(201);
                    world.advance(TimeDelta::days(4));
                }
                _ => {}
            }
            case.look(nurse).await;
            if task == "writes after" {
                world.advance(TimeDelta::hours(1));
                goal().await.expect(201);
                world.advance(TimeDelta::hours(-1));
            }
            pick(&world).await;
            let expected: &[&str] = if task == "wrote long before" { &["no_task"] } else { &[] };
            assert_eq!(reasons(&auditor, nurse, &case.family.child).await, expected, "{task}");
        }
    }

    async fn a_look_outside_working_hours_is_picked(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        case.look(&case.teacher).await;
        pick(&world).await;
        assert_eq!(reasons(&auditor, &case.teacher, &case.family.child).await, [""; 0], "Monday at ten");
        world.advance(TimeDelta::hours(6));
        case.look(&case.teacher).await;
        pick(&world).await;
        assert_eq!(reasons(&auditor, &case.teacher, &case.family.child).await, ["outside_hours"], "Monday at six");
    }

    async fn a_colleagues_child_is_picked_and_that_of_someone_elsewhere_is_not(world: World) {
        let auditor = auditor(&world).await;
        for (unit, expected) in [("kragero/skole", true), ("kragero/nav", false)] {
            let case = Case::begun(&world).await;
            world.grant(&case.family.guardians[1], &world.unit(unit).await, Role::Worker).await;
            case.look(&case.teacher).await;
            pick(&world).await;
            let found = has(&auditor, &case.teacher, &case.family.child, "colleagues_child").await;
            assert_eq!(found, expected, "{unit}");
        }
    }

    async fn a_neighbours_child_is_picked_but_never_by_a_graded_address(world: World) {
        let auditor = auditor(&world).await;
        for (theirs, protection, own, own_protection, expected) in [
            ("Åsgata 7, 3770 Kragerø", "none", "Aasgata 12 B, 3770 KRAGERØ", "none", true),
            ("Åsgata 7, 3770 Kragerø", "none", "Åsgata 7, 3900 Porsgrunn", "none", false),
            ("Åsgata 7, 3770 Kragerø", "none", "Øvre Åsgata 7, 3770 Kragerø", "none", false),
            ("Åsgata 7, 3770 Kragerø", "confidential", "Åsgata 12, 3770 Kragerø", "none", false),
            ("Åsgata 7, 3770 Kragerø", "none", "Åsgata 12, 3770 Kragerø", "confidential", false),
        ] {
            let case = Case::begun(&world).await;
            let other = world.worker("kragero/ppt").await;
            // The teacher is a parent too, of another child.
            let own_family = world.family(&other, 4, 0).await;
            let teacher = Family { child: own_family.child, guardians: vec![parent_of(&world, &other, &case.teacher).await] };
            let body = json!({
                "national_id": teacher.guardians[0].national_id.as_str(), "name": case.teacher.name,
                "parental_responsibility": true, "lives_with_child": true,
            });
            other.post(format!("/v1/children/{}/guardians", teacher.child.id)).json(body).send().await.expect(201);
            address(&world, &other, &teacher, own_protection, own).await;
            address(&world, &case.teacher, &case.family, protection, theirs).await;
            world.advance(TimeDelta::days(1));
            case.look(&case.teacher).await;
            pick(&world).await;
            let found = reasons(&auditor, &case.teacher, &case.family.child).await;
            assert_eq!(found.contains(&"neighbours_child".to_owned()), expected, "{theirs} {protection}, {own} {own_protection}");
            assert_eq!(found.contains(&"protected_address".to_owned()), protection != "none");
        }
    }

    async fn many_children_within_the_hour_are_a_burst_and_one_less_is_none(world: World) {
        let auditor = auditor(&world).await;
        monday(&world);
        let teacher = world.worker("kragero/skole").await;
        let mut children = Vec::new();
        for _ in 0..13 {
            children.push(world.child(&teacher, 7).await);
        }
        let look = async |child: &Child| {
            teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        };
        for child in &children[..11] {
            look(child).await;
            look(child).await;
        }
        world.advance(TimeDelta::hours(1));
        look(&children[11]).await;
        pick(&world).await;
        assert_eq!(listed(&auditor, "reason=burst").await, [] as [Value; 0], "the twelfth is an hour after the first");
        world.advance(TimeDelta::days(1) - TimeDelta::hours(3));
        for child in &children {
            look(child).await;
        }
        pick(&world).await;
        let bursts = listed(&auditor, "reason=burst").await;
        assert_eq!(bursts.len(), 1, "once a day: {bursts:?}");
        assert_eq!(bursts[0]["entry"]["child_id"], json!(children[11].id), "the one too many");
    }

    async fn a_surname_of_the_child_or_a_guardian_is_picked_however_it_is_written(world: World) {
        let auditor = auditor(&world).await;
        for (child, guardian, expected) in
            [("Åsen", "Berg", true), ("Berg", "Lie-Aasen", true), ("Åsenden", "Berg", false)]
        {
            let case = Case::begun(&world).await;
            named(&world, "person", &case.teacher.id.to_string(), "name", "Kari AASEN").await;
            named(&world, "child", &case.family.child.id.to_string(), "name", &format!("Ola {child}")).await;
            named(&world, "guardianship", "", "guardian_name", &format!("Per {guardian}")).await;
            case.look(&case.teacher).await;
            pick(&world).await;
            let found = has(&auditor, &case.teacher, &case.family.child, "same_surname").await;
            assert_eq!(found, expected, "{child}, {guardian}");
        }
    }

    async fn any_look_at_a_graded_child_is_picked_once_a_day(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        case.look(&case.teacher).await;
        address(&world, &case.teacher, &case.family, "confidential", "Storgata 1, 3770 Kragerø").await;
        world.advance(TimeDelta::days(1));
        for below in ["", "/goals", "/team"] {
            case.teacher.get(case.path(below)).send().await.expect(200);
        }
        pick(&world).await;
        case.look(&case.teacher).await;
        pick(&world).await;
        let found = reasons(&auditor, &case.teacher, &case.family.child).await;
        // The day before too, since its looks are gone through when the grade is known.
        assert_eq!(found, ["protected_address"; 2]);
        let reviews = listed(&auditor, "reason=protected_address").await;
        assert!(reviews.iter().all(|review| !review.to_string().contains("Storgata")));
        world.advance(TimeDelta::days(1) - TimeDelta::hours(4));
        case.look(&case.teacher).await;
        pick(&world).await;
        assert_eq!(listed(&auditor, "reason=protected_address").await.len(), 3, "the next day again");
    }

    async fn an_emergency_is_not_picked_again_and_a_list_is_not_a_choice(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        world.advance(TimeDelta::days(6));
        let responder = world.worker("kragero/bup").await;
        world.open_in_emergency(&responder, json!({"case_id": case.case})).await;
        case.look(&responder).await;
        case.nurse.get("/v1/cases").send().await.expect(200);
        pick(&world).await;
        assert_eq!(listed(&auditor, "").await, [] as [Value; 0]);
    }

    async fn a_look_is_gone_through_once_and_when_it_is_two_hours_old(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        case.look(&case.nurse).await;
        world.advance(TimeDelta::minutes(119));
        assert_eq!(world.pick().await, 0);
        world.advance(TimeDelta::minutes(1));
        assert_eq!(world.pick().await, 1);
        assert_eq!(world.pick().await, 0);
        // Of those that go through it at once, one does.
        case.teacher.get(case.path("/team")).send().await.expect(200);
        world.advance(TimeDelta::hours(22));
        case.look(&case.nurse).await;
        world.advance(TimeDelta::hours(2));
        world.seal().await;
        let (one, other) = tokio::join!(
            log_reviews::pick(&world.db, &world.clock),
            log_reviews::pick(&world.db, &world.clock),
        );
        assert_eq!(one.expect("picked") + other.expect("picked"), 1);
        assert_eq!(listed(&auditor, &format!("person_id={}", case.nurse.id)).await.len(), 2);
        let entries = world.number_of("SELECT COUNT(*) FROM access_log WHERE action = 'pick_log_reviews' AND status = 200").await;
        assert_eq!(entries, world.number_of("SELECT COUNT(DISTINCT picked_at) FROM log_review").await);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM access_log WHERE action = 'pick_log_reviews' AND shown <> '[]'").await, 0);
    }

    async fn so_many_looks_of_a_month_are_picked_at_random_when_it_is_over(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        monday(&world);
        for _ in 0..40 {
            teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        }
        let auditor = auditor(&world).await;
        let elsewhere = world.worker("porsgrunn/skole").await;
        let few = world.child(&elsewhere, 7).await;
        for _ in 0..3 {
            elsewhere.get(format!("/v1/children/{}", few.id)).send().await.expect(200);
        }
        pick(&world).await;
        assert_eq!(listed(&auditor, "reason=random_sample").await, [] as [Value; 0], "nobody knows before");
        // To two o'clock on the first of December, in Norway.
        world.advance(TimeDelta::days(7) + TimeDelta::hours(14) - TimeDelta::seconds(1));
        world.pick().await;
        assert_eq!(listed(&auditor, "reason=random_sample").await, [] as [Value; 0]);
        world.advance(TimeDelta::seconds(1));
        assert_eq!(world.pick().await, 23, "20 here, and all 3 there");
        let sample = listed(&auditor, "reason=random_sample").await;
        assert_eq!(sample.len(), 20);
        assert!(sample.iter().all(|review| review["reasons"][0]["en"] == "Picked at random."));
        assert_eq!(world.pick().await, 0, "once");
        // What is looked at in December is of December.
        teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        pick(&world).await;
        assert_eq!(listed(&auditor, "reason=random_sample").await.len(), 20);
    }

    async fn a_verdict_is_given_on_what_was_read_and_a_final_one_is_final(world: World) {
        let (_, auditor, review) = picked_look(&world).await;
        assert_eq!(review["reasons"].as_array().expect("reasons").len(), 2, "{review}");
        assert_eq!(review["status"], "open");
        let read = auditor.get(path(&review)).send().await.expect(200);
        assert_eq!((&read.body, read.etag()), (&review, "\"1\""));
        let to = format!("{}/verdict", path(&review));
        auditor.post(&to).json(json!({"verdict": "unjustified"})).if_match(1).send().await.expect_invalid("/note");
        auditor.post(&to).json(json!({"verdict": "unclear"})).if_match(1).send().await.expect_invalid("/note");
        auditor.post(&to).json(json!({"verdict": "justified"})).send().await.expect_problem(428, "precondition-required");
        verdict(&auditor, &review, 2, "unclear").await.expect_problem(412, "version-mismatch");
        let unclear = verdict(&auditor, &review, 1, "unclear").await.expect(200);
        assert_eq!((unclear.etag(), unclear.text("/status")), ("\"2\"", "open".to_owned()));
        verdict(&auditor, &review, 1, "justified").await.expect_problem(412, "version-mismatch");
        let other = world.staff("kragero/oppvekst", Role::Auditor).await;
        let last = verdict(&other, &review, 2, "unjustified").await.expect(200);
        assert_eq!((last.text("/status"), last.text("/verdict")), ("closed".to_owned(), "unjustified".to_owned()));
        let given: Vec<_> = last.body["verdicts"].as_array().expect("verdicts").iter()
            .map(|verdict| (verdict["verdict"].clone(), verdict["given_by"].clone())).collect();
        assert_eq!(given, [(json!("unclear"), json!(auditor.id)), (json!("unjustified"), json!(other.id))]);
        verdict(&auditor, &review, 3, "justified").await.expect_problem(409, "conflict");
        assert_eq!(listed(&auditor, "status=open").await, [] as [Value; 0]);
        assert_eq!(listed(&auditor, "status=closed").await, [last.body]);
        assert_eq!(listed(&auditor, "status=closed&reason=burst").await, [] as [Value; 0]);
        for (query, found) in [("from=2026-12-27T00:00:00Z", 1), ("until=2026-12-27T00:00:00Z", 0), ("reason=no_task", 1)] {
            assert_eq!(listed(&auditor, query).await.len(), found, "{query}");
        }
    }

    async fn a_justified_look_needs_no_note(world: World) {
        let (_, auditor, review) = picked_look(&world).await;
        let to = format!("{}/verdict", path(&review));
        let given = auditor.post(to).json(json!({"verdict": "justified"})).if_match(1).send().await.expect(200);
        assert_eq!(given.body["verdicts"][0]["note"], Value::Null);
    }

    async fn reviews_are_the_municipalitys_auditors_alone(world: World) {
        let (case, auditor, review) = picked_look(&world).await;
        let elsewhere = world.staff("porsgrunn/skole", Role::Auditor).await;
        assert_eq!(listed(&elsewhere, "").await, [] as [Value; 0]);
        elsewhere.get(path(&review)).send().await.expect_problem(404, "not-found");
        verdict(&elsewhere, &review, 1, "unclear").await.expect_problem(404, "not-found");
        for someone in [&*case.nurse, &*case.teacher, &*case.family.guardians[0]] {
            someone.get("/v1/access-log/reviews").send().await.expect_problem(403, "forbidden");
            someone.get("/v1/access-log/reviews/report").send().await.expect_problem(403, "forbidden");
            someone.get(path(&review)).send().await.expect_problem(404, "not-found");
        }
        // The family is told of the looks, and not of the control.
        auditor.get(path(&review)).send().await.expect(200);
        let log = case.family.guardians[0].get(case.path("/access-log")).send().await.expect(200);
        assert!(log.items().iter().all(|entry| entry["person_id"] != json!(auditor.id)), "{log:?}");
    }

    async fn a_look_of_ones_own_is_anothers_to_review_and_not_known(world: World) {
        let (case, auditor, review) = picked_look(&world).await;
        world.grant(&case.nurse, &world.unit("kragero/oppvekst").await, Role::Auditor).await;
        let nurse = &case.nurse;
        assert_eq!(listed(nurse, "").await, [] as [Value; 0]);
        nurse.get(path(&review)).send().await.expect_problem(404, "not-found");
        verdict(nurse, &review, 1, "justified").await.expect_problem(404, "not-found");
        let given = verdict(&auditor, &review, 1, "unclear").await.expect(200);
        // Nor by way of the log.
        world.seal().await;
        let log = nurse.get("/v1/access-log?limit=200").send().await.expect(200);
        let about = |entry: &&Value| entry["object_id"] == review["id"] && entry["person_id"] == json!(auditor.id);
        assert_eq!(log.items().iter().find(about), None);
        let all = auditor.get("/v1/access-log?limit=200&action=give_log_verdict").send().await.expect(200);
        let entry = all.items().iter().find(about).expect("in the log").clone();
        let proof = |user: &User| user.get(format!("/v1/access-log/entries/{}/proof", entry["id"].as_str().expect("an id"))).send();
        proof(&auditor).await.expect(200);
        proof(nurse).await.expect_problem(404, "not-found");
        let export = nurse.get("/v1/access-log/export/ndjson?action=give_log_verdict").send().await.expect(200);
        assert!(!export.text.contains(entry["id"].as_str().expect("an id")));
        assert_eq!(given.text("/verdict"), "unclear");
    }

    async fn a_look_at_ones_own_family_is_anothers_to_review_and_not_known(world: World) {
        let (case, auditor, review) = picked_look(&world).await;
        let mother = &case.family.guardians[0];
        world.grant(mother, &world.unit("kragero/oppvekst").await, Role::Auditor).await;
        let declared = world.staff("kragero/oppvekst", Role::Auditor).await;
        let body = json!({"national_id": case.family.child.national_id.as_str(), "ground": "friend"});
        listed(&declared, "").await.first().expect("hers to review, before");
        declared.post("/v1/me/conflicts-of-interest").json(body).send().await.expect(201);
        for close in [&mother.user, &declared.user] {
            assert_eq!(listed(close, "").await, [] as [Value; 0]);
            close.get(path(&review)).send().await.expect_problem(404, "not-found");
            verdict(close, &review, 1, "justified").await.expect_problem(404, "not-found");
        }
        verdict(&auditor, &review, 1, "justified").await.expect(200);
    }

    async fn pages_have_no_gap_whoever_may_see_what_is_between(world: World) {
        let auditor = auditor(&world).await;
        let teacher = world.worker("kragero/skole").await;
        for _ in 0..5 {
            let child = world.child(&teacher, 7).await;
            teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        }
        pick(&world).await;
        for query in ["", "&reason=outside_hours", "&status=open"] {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = auditor.get(format!("/v1/access-log/reviews?limit=2{query}{cursor}")).send().await.expect(200);
                found.extend(page.items().to_vec());
                let Some(next) = page.body["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!((found.len(), &found), (5, &listed(&auditor, query).await));
        }
        let shown = auditor.get("/v1/access-log?action=list_log_reviews&limit=200").send().await.expect(200);
        let rows = shown.items().iter().filter(|entry| entry["object_type"] == "LogReview");
        assert!(rows.count() >= 5, "each row that a list shows is in the log");
    }

    async fn the_report_has_the_numbers_of_the_month_and_of_nobody(world: World) {
        let (case, auditor, review) = picked_look(&world).await;
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        world.worker("kragero/nav").await.get(case.path("")).send().await.expect(404);
        world.open_in_emergency(&world.worker("kragero/bup").await, json!({"case_id": case.case})).await;
        auditor.get("/v1/access-log").send().await.expect(200);
        auditor.get("/v1/access-log/export/csv").send().await.expect(200);
        verdict(&auditor, &review, 1, "unclear").await.expect(200);
        pick(&world).await;
        world.advance(TimeDelta::days(3));
        let report = auditor.get("/v1/access-log/reviews/report?month=2026-12").send().await.expect(200);
        let found = &report.body["municipalities"][0];
        assert_eq!((report.text("/month"), &report.body["is_over"]), ("2026-12".to_owned(), &json!(false)));
        let from_log = |sql: &str| world.number_of(format!("SELECT COUNT(*) FROM access_log WHERE municipality = '4014' AND {sql}"));
        let december = "at >= '2026-11-30T23:00:00Z'";
        let december = match world.engine {
            crate::support::Engine::Sqlite => format!("at >= '2026-11-30' AND {}", "1 = 1"),
            crate::support::Engine::Postgres => december.to_owned(),
        };
        let refusals = from_log(&format!("decision = 'deny' AND {december}")).await;
        let looks = from_log(&format!("decision = 'permit' AND (action LIKE 'read%' OR action LIKE 'list%') AND {december}")).await;
        // The report itself is a look that was made after it was counted.
        assert_eq!((&found["refusals"], &found["looks"]), (&json!(refusals), &json!(looks - 1)));
        assert!(found["entries"].as_i64() > Some(looks + refusals));
        for (name, number) in [
            ("emergencies", 1), ("exports", 1), ("log_searches", 1), ("picked", 2), ("without_verdict", 1), ("open", 2), ("oldest_open_days", 3),
        ] {
            assert_eq!(found[name], json!(number), "{name}");
        }
        assert_eq!(found["by_reason"]["outside_hours"], 2);
        assert_eq!((&found["by_reason"]["no_task"], &found["by_reason"]["burst"]), (&json!(1), &json!(0)));
        assert_eq!(found["by_verdict"], json!({"justified": 0, "unclear": 1, "unjustified": 0}));
        for id in [case.nurse.id.to_string(), child.id.to_string(), case.case.to_string()] {
            assert!(!report.text.contains(&id));
        }
        let november = auditor.get("/v1/access-log/reviews/report").send().await.expect(200);
        assert_eq!((november.text("/month"), &november.body["is_over"]), ("2026-11".to_owned(), &json!(true)));
        assert_eq!(november.body["municipalities"].as_array().map(Vec::len), Some(1));
        auditor.get("/v1/access-log/reviews/report?month=2026-13").send().await.expect_invalid("?month");
        let elsewhere = world.staff("porsgrunn/skole", Role::Auditor).await;
        let other = elsewhere.get("/v1/access-log/reviews/report?month=2026-12").send().await.expect(200);
        assert_eq!(other.body["municipalities"][0]["picked"], 0);
    }

    async fn a_note_goes_with_the_personal_fields_of_the_entry(world: World) {
        let (_, auditor, review) = picked_look(&world).await;
        verdict(&auditor, &review, 1, "unjustified").await.expect(200);
        let before = world.now() + TimeDelta::days(1);
        stafett::log_tree::erase_before(&world.db, "4014", before).await.expect("erased");
        world.pick().await;
        assert_eq!(world.number_of("SELECT COUNT(*) FROM log_verdict WHERE note IS NOT NULL").await, 0);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM log_verdict WHERE note_erased_at IS NOT NULL").await, 1);
        assert_eq!(listed(&auditor, "").await, [] as [Value; 0], "nobody's any more");
        auditor.get(path(&review)).send().await.expect_problem(404, "not-found");
        let report = auditor.get("/v1/access-log/reviews/report?month=2026-12").send().await.expect(200);
        assert_eq!(report.body["municipalities"][0]["by_verdict"]["unjustified"], 1);
    }
}

/// The same person as a guardian, with a number of their own.
async fn parent_of(world: &World, _by: &Staff, staff: &Staff) -> crate::support::Guardian {
    let sql = "SELECT national_id FROM person WHERE id = $1";
    let mut tx = world.db.read().await.expect("a transaction");
    let (number,) = stafett::fetch_one!(&mut tx, (stafett::vault::Content,), sql, staff.id).expect("a number");
    let national_id = stafett::kernel::NationalId::parse(&number).expect("a number");
    crate::support::Guardian { user: staff.user.clone(), national_id }
}

/// Another name, behind the service's back: those of tests end in a number.
async fn named(world: &World, table: &str, id: &str, column: &str, name: &str) {
    let sealed = world.db.vault().seal(&stafett::vault::KeyName::people("4014"), name).expect("sealed");
    let mut tx = world.db.write().await.expect("a transaction");
    let changed = if id.is_empty() {
        let sql = sqlx::AssertSqlSafe(format!("UPDATE {table} SET {column} = $1"));
        stafett::execute!(&mut tx, sql, sealed)
    } else {
        let id: uuid::Uuid = id.parse().expect("an id");
        let sql = sqlx::AssertSqlSafe(format!("UPDATE {table} SET {column} = $1 WHERE id = $2"));
        stafett::execute!(&mut tx, sql, sealed, id)
    };
    assert!(changed.expect("changed") > 0);
    tx.commit().await.expect("committed");
}
