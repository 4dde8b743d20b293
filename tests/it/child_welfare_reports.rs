//! Reports to child welfare: a duty that nothing can prevent, and that leaves no trace for the family or the team.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::kernel::ids::ChildWelfareReportId;

use crate::{
    cast::{Cast, ids, walk},
    support::{Call, Child, Role, Staff, Unit, User, World, both_engines},
};

fn list(unit: &Unit) -> String {
    format!("/v1/units/{}/child-welfare-reports", unit.id)
}

fn path(report: ChildWelfareReportId) -> String {
    format!("/v1/child-welfare-reports/{report}")
}

/// A report about a child that is only described, from the person's own unit.
fn described(world: &World, to: &Unit) -> Value {
    json!({
        "child_description": "A boy in the second form.", "grounds": ["mistreatment_or_neglect"],
        "text": "Says that he is hit at home.", "sent_on": world.in_days(0), "guardians_told": true,
        "receiving_unit_id": to.id,
    })
}

fn with(good: &Value, changes: &Value) -> Value {
    let mut body = good.clone();
    for (name, value) in changes.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

fn answer(by: &User, report: ChildWelfareReportId, outcome: &str, on: String) -> Call {
    let mut body = json!({"outcome": outcome, "answered_on": on});
    if outcome == "investigation_closed" {
        body["followed_up"] = json!(true);
    }
    by.post(format!("{}/replies", path(report))).json(body)
}

/// A person's pending tasks from these reports, as kind and date.
async fn due(user: &User) -> Vec<(String, String)> {
    let list = walk_follow_ups(user).await;
    let text = |item: &Value, member: &str| item[member].as_str().expect("text").to_owned();
    let reports =
        list.iter().filter(|item| item["kind"].as_str().is_some_and(|kind| kind.starts_with("report_")));
    reports.map(|item| (text(item, "kind"), text(item, "due_on"))).collect()
}

async fn walk_follow_ups(user: &User) -> Vec<Value> {
    user.get("/v1/follow-ups").send().await.expect(200).items().to_vec()
}

fn one(kind: &str, on: String) -> (String, String) {
    (kind.to_owned(), on)
}

/// A parent who works in a unit, registered as guardian of the child by the person who registered the child.
async fn parent_at_work(world: &World, teacher: &Staff, child: &Child, unit: &str, role: Role) -> Staff {
    let unit = world.unit(unit).await;
    let parent = world.guardian_of(teacher, child, true).await;
    world.grant(&parent, &unit, role).await;
    Staff { user: parent.user, unit }
}

/// Everything that a person on the case can read in it and around it, as text.
async fn all_of(user: &User, cast: &Cast) -> Vec<String> {
    let mut all = Vec::new();
    for below in
        ["", "/history", "/team", "/handovers", "/goals", "/measures", "/meetings", "/notes", "/consents"]
    {
        all.push(user.get(cast.path(below)).send().await.text);
    }
    let child = format!("/v1/children/{}", cast.family.child.id);
    for path in ["/v1/cases", "/v1/concerns", "/v1/follow-ups", &child, &format!("{child}/guardians")] {
        all.push(user.get(path).send().await.text);
    }
    all
}

/// The family's view of the log, without their own accesses.
async fn family_log(cast: &Cast) -> Vec<Value> {
    let log = cast.family.guardians[0].get(cast.path("/access-log?limit=200")).send().await.expect(200);
    let names: Vec<&str> = cast.family.guardians.iter().map(|guardian| guardian.name.as_str()).collect();
    let own = |entry: &&Value| entry["person_name"].as_str().is_some_and(|name| names.contains(&name));
    log.items().iter().filter(|entry| !own(entry)).cloned().collect()
}

both_engines! {
    async fn a_report_is_its_reporters_the_leaders_and_the_receiving_leaders_and_nobody_elses(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let receiver = world.staff("kragero/barnevern", Role::UnitLeader).await;
        let family = world.child_with_two_guardians(&teacher).await;
        let report = world.report(&teacher, &family.child, &receiver.unit).await;
        for who in [&teacher, &leader, &receiver] {
            let read = who.get(path(report)).send().await.expect(200);
            assert_eq!(read.text("/text"), "Says that he is hit at home.");
            assert_eq!([read.text("/child_name"), read.text("/reporter_name")], [family.child.name.as_str(), teacher.name.as_str()]);
            assert_eq!(read.body["grounds"], json!(["mistreatment_or_neglect"]));
            assert_eq!(ids(&walk(who, &list(&who.unit)).await), [report.to_string()]);
        }
        for who in [
            world.worker("kragero/skole").await, world.worker("kragero/barnevern").await,
            world.staff("kragero/barnevernsvakta", Role::UnitLeader).await, world.staff("kragero/ppt", Role::UnitLeader).await,
            world.staff("porsgrunn/skole", Role::UnitLeader).await,
        ] {
            who.get(path(report)).send().await.expect_problem(404, "not-found");
            answer(&who, report, "received", world.in_days(0)).send().await.expect_problem(404, "not-found");
            assert!(walk(&who, &list(&who.unit)).await.is_empty());
        }
        let youth = world.youth(&family.child).await;
        for who in [
            &world.staff("kragero/skole", Role::Administrator).await.user, &world.staff("kragero/skole", Role::Auditor).await.user,
            &world.staff("kragero/skole", Role::Analyst).await.user, &family.guardians[0].user, &youth.user,
        ] {
            who.get(path(report)).send().await.expect_problem(404, "not-found");
            answer(who, report, "received", world.in_days(0)).send().await.expect_problem(404, "not-found");
            who.get(list(&teacher.unit)).send().await.expect_problem(403, "forbidden");
            who.post(list(&teacher.unit)).json(described(&world, &receiver.unit)).send().await.expect_problem(403, "forbidden");
        }
        // When others open the list of the unit, it reveals nothing, whether there is a report or not.
        receiver.get(list(&teacher.unit)).send().await.expect_problem(403, "forbidden");
    }

    async fn no_trace_of_a_report_reaches_the_family_or_the_team(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let receiver = world.staff("kragero/barnevern", Role::UnitLeader).await;
        let readers = [&cast.family.guardians[0].user, &cast.family.guardians[1].user, &cast.nurse.user];
        let mut before = Vec::new();
        for who in readers {
            before.push(all_of(who, &cast).await);
        }
        let log = family_log(&cast).await;
        let report = world.report(&cast.teacher, &cast.family.child, &receiver.unit).await;
        for who in [&cast.teacher, &leader, &receiver] {
            who.get(path(report)).send().await.expect(200);
            who.get(list(&who.unit)).send().await.expect(200);
        }
        answer(&leader, report, "received", world.in_days(0)).send().await.expect(201);
        cast.family.guardians[0].get(path(report)).send().await.expect(404);
        assert_eq!(family_log(&cast).await, log, "the family's view of the log");
        for (who, before) in readers.into_iter().zip(before) {
            assert_eq!(all_of(who, &cast).await, before);
        }
        let in_a_case = "SELECT COUNT(*) FROM access_log WHERE case_id IS NOT NULL AND action LIKE '%report%'";
        assert_eq!(world.number_of(in_a_case).await, 0);
        let noted = "SELECT COUNT(*) FROM access_log WHERE object_type = 'ChildWelfareReport' AND child_id IS NOT NULL";
        assert!(world.number_of(noted).await >= 8, "every look at it is in the log all the same");
    }

    async fn neither_a_closed_case_nor_a_withdrawn_consent_stands_in_the_way_of_a_report(world: World) {
        let cast = world.shared_case().await;
        let welfare = world.unit("kragero/barnevern").await;
        let mother = &cast.family.guardians[0];
        let own = mother.get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(mother, cast.case, own.id("/items/0/id")).await;
        // The nurse has lost the case, and with it the right to refer to the child by its registration.
        let by_id = json!({"child_id": cast.family.child.id});
        let mut body = with(&described(&world, &welfare), &by_id);
        body.as_object_mut().expect("an object").remove("child_description");
        let nurse = |body: Value| cast.nurse.post(list(&cast.nurse.unit)).json(body).send();
        nurse(body).await.expect_invalid("/child_id");
        nurse(described(&world, &welfare)).await.expect(201);
        world.close_case(&cast.teacher, cast.case).await;
        world.report(&cast.teacher, &cast.family.child, &welfare).await;
    }

    async fn the_paragraph_and_its_wording_follow_from_the_unit(world: World) {
        let welfare = world.unit("kragero/barnevern").await;
        for (unit, law, from) in [
            ("skole", "oppl § 24-3", "2026-01-01"), ("barnehage", "bhl § 46", "2023-01-01"), ("ppt", "oppl § 24-3", "2026-01-01"),
            ("helsestasjon", "hpl § 33", "2026-07-01"), ("nav", "sotjl § 45", "2026-01-01"),
            ("familievernkontoret", "fvkl § 10", "2026-01-01"), ("kulturkontoret", "bvl § 13-2", "2026-01-01"),
        ] {
            let worker = world.worker(&format!("kragero/{unit}")).await;
            let made = worker.post(list(&worker.unit)).json(described(&world, &welfare)).send().await.expect(201);
            assert_eq!([made.text("/law"), made.text("/law_valid_from")], [law, from], "{unit}");
        }
    }

    async fn a_kindergarten_has_no_ground_of_crime_and_drugs(world: World) {
        let welfare = world.unit("kragero/barnevern").await;
        let body = with(&described(&world, &welfare), &json!({"grounds": ["trafficking", "serious_behaviour"]}));
        let kindergarten = world.worker("kragero/barnehage").await;
        kindergarten.post(list(&kindergarten.unit)).json(body.clone()).send().await.expect_invalid("/grounds/1");
        let school = world.worker("kragero/skole").await;
        school.post(list(&school.unit)).json(body).send().await.expect(201);
    }

    async fn child_welfare_where_the_child_stays_receives_the_report(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        let child = world.child(&nurse, 7).await;
        let receiver = world.staff("porsgrunn/barnevernstjenesten", Role::UnitLeader).await;
        let body = with(&described(&world, &receiver.unit), &json!({"child_id": child.id, "child_description": null}));
        for elsewhere in [Value::Null, json!("4014"), json!("5057"), json!("9999")] {
            let body = with(&body, &json!({"stays_in": elsewhere}));
            nurse.post(list(&nurse.unit)).json(body).send().await.expect_invalid("/receiving_unit_id");
        }
        let body = with(&body, &json!({"stays_in": "4001"}));
        let report = nurse.post(list(&nurse.unit)).json(body).send().await.expect(201).id("/id");
        assert_eq!(receiver.get(path(report)).send().await.expect(200).text("/child_name"), child.name);
        assert_eq!(ids(&walk(&receiver, &list(&receiver.unit)).await), [report.to_string()]);
        receiver.get(format!("/v1/children/{}", child.id)).send().await.expect_problem(404, "not-found");
        let colleague = world.worker("porsgrunn/barnevernstjenesten").await;
        colleague.get(path(report)).send().await.expect_problem(404, "not-found");
        answer(&nurse, report, "received", world.in_days(0)).send().await.expect(201);
    }

    async fn a_report_names_what_is_wrong_in_it_and_nothing_is_written(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        let theirs = world.worker("kragero/ppt").await;
        let (not_mine, not_here) = (world.child(&theirs, 7).await, world.worker("porsgrunn/skole").await);
        let abroad = world.child(&not_here, 7).await;
        let colleague = world.worker("kragero/skole").await;
        let hidden = world.concern(&colleague, &world.child(&colleague, 8).await).await;
        let about_another = world.concern(&teacher, &child).await;
        let welfare = world.unit("kragero/barnevern").await;
        let good = described(&world, &welfare);
        let by_id = |child: &Child| json!({"child_id": child.id, "child_description": null});
        for (place, changes) in [
            ("/child_description", json!({"child_id": child.id})), ("/child_id", json!({"child_description": null})),
            ("/child_id", by_id(&not_mine)), ("/child_id", by_id(&abroad)), ("/grounds", json!({"grounds": []})),
            ("/grounds/1", json!({"grounds": ["trafficking", "trafficking"]})), ("/grounds/0", json!({"grounds": ["other"]})),
            ("/sent_on", json!({"sent_on": world.in_days(1)})), ("/guardians_not_told_reason", json!({"guardians_told": false})),
            ("/guardians_not_told_reason", json!({"guardians_not_told_reason": "Danger."})),
            ("/receiving_unit_id", json!({"receiving_unit_id": theirs.unit.id})),
            ("/receiving_unit_id", json!({"receiving_unit_id": world.unit("porsgrunn/barnevernstjenesten").await.id})),
            ("/concern_id", json!({"concern_id": hidden})), ("/concern_id", json!({"concern_id": about_another})),
            ("/concern_id", json!({"concern_id": uuid::Uuid::now_v7()})), ("/text", json!({"text": " "})),
        ] {
            teacher.post(list(&teacher.unit)).json(with(&good, &changes)).send().await.expect_invalid(place);
        }
        assert_eq!(world.rows("child_welfare_report").await, 0);
        teacher.post(list(&theirs.unit)).json(good.clone()).send().await.expect_problem(403, "forbidden");
        teacher.post(list(&teacher.unit)).json(good).send().await.expect(201);
    }

    async fn ones_own_family_is_neither_reported_by_name_nor_read_of(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.child_with_two_guardians(&teacher).await;
        let welfare = world.unit("kragero/barnevern").await;
        let child = &family.child;
        let colleague = parent_at_work(&world, &teacher, child, "kragero/skole", Role::Worker).await;
        let leader = parent_at_work(&world, &teacher, child, "kragero/skole", Role::UnitLeader).await;
        let receiver = parent_at_work(&world, &teacher, child, "kragero/barnevern", Role::UnitLeader).await;
        let auditor = parent_at_work(&world, &teacher, child, "kragero/oppvekst", Role::Auditor).await;
        let other = world.staff("kragero/oppvekst", Role::Auditor).await;
        let mut own = with(&described(&world, &welfare), &json!({"child_id": child.id}));
        own.as_object_mut().expect("an object").remove("child_description");
        colleague.post(list(&colleague.unit)).json(own).send().await.expect_invalid("/child_id");
        let report = world.report(&teacher, child, &welfare).await;
        for who in [&leader, &receiver] {
            who.get(path(report)).send().await.expect_problem(404, "not-found");
            answer(who, report, "received", world.in_days(0)).send().await.expect_problem(404, "not-found");
            assert!(walk(who, &list(&who.unit)).await.is_empty());
            assert!(due(who).await.is_empty());
        }
        let log = auditor.get("/v1/access-log?limit=200").send().await.expect(200);
        assert!(!log.text.contains("ChildWelfareReport"), "{}", log.text);
        let log = other.get(format!("/v1/access-log?child_id={}&limit=200", child.id)).send().await.expect(200);
        assert!(log.text.contains("ChildWelfareReport") && !log.text.contains("hit at home"));
    }

    async fn the_reporter_waits_for_what_the_law_says_child_welfare_answers(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let receiver = world.staff("kragero/barnevern", Role::UnitLeader).await;
        let child = world.child(&teacher, 7).await;
        let sent = world.today();
        let days = |days: i64| (sent + TimeDelta::days(days)).to_string();
        let report = world.report(&teacher, &child, &receiver.unit).await;
        assert_eq!(due(&teacher).await, [one("report_review", days(7)), one("report_receipt", days(21))]);
        for who in [&leader, &receiver] {
            assert!(due(who).await.is_empty(), "it is the reporter's own to follow up");
        }
        world.advance(TimeDelta::days(8));
        let late: Vec<Value> = walk_follow_ups(&teacher).await;
        assert_eq!((&late[0]["overdue"], &late[1]["overdue"], &late[0]["case_id"]), (&json!(true), &json!(false), &Value::Null));
        answer(&teacher, report, "received", world.in_days(0)).send().await.expect(201);
        assert_eq!(due(&teacher).await, [one("report_review", days(7))]);
        answer(&leader, report, "investigation_opened", world.in_days(0)).send().await.expect(201);
        let investigated = (sent + TimeDelta::days(7) + chrono::Months::new(3)).to_string();
        assert_eq!(due(&teacher).await, [one("report_investigation", investigated)]);
        let read = teacher.get(path(report)).send().await.expect(200);
        assert_eq!((read.body["replies"].as_array().map(Vec::len), read.version()), (Some(2), "3"));
        world.advance(TimeDelta::days(90));
        answer(&teacher, report, "investigation_closed", world.in_days(0)).send().await.expect(201);
        assert!(due(&teacher).await.is_empty());
        assert_eq!(receiver.get(path(report)).send().await.expect(200).body["replies"][2]["followed_up"], json!(true));
    }

    async fn a_report_that_is_not_investigated_awaits_nothing_more(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        let report = world.report(&teacher, &child, &world.unit("kragero/barnevern").await).await;
        answer(&teacher, report, "not_investigated", world.in_days(0)).send().await.expect(201);
        assert!(due(&teacher).await.is_empty());
    }

    async fn when_the_reporter_has_left_the_unit_the_leader_waits_instead(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let child = world.child(&teacher, 7).await;
        let report = world.report(&teacher, &child, &world.unit("kragero/barnevern").await).await;
        assert!(due(&leader).await.is_empty());
        let left = "UPDATE staff_role SET ended_at = started_at WHERE role = 'worker'";
        world.try_execute(left).await.expect("the role has ended");
        assert!(due(&teacher).await.is_empty());
        teacher.get(path(report)).send().await.expect_problem(404, "not-found");
        assert_eq!(due(&leader).await.len(), 2);
        leader.get(path(report)).send().await.expect(200);
    }

    async fn answers_follow_upon_each_other_and_are_recorded_by_the_unit_that_reported(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let receiver = world.staff("kragero/barnevern", Role::UnitLeader).await;
        let child = world.child(&teacher, 7).await;
        let report = world.report(&teacher, &child, &receiver.unit).await;
        let today = world.in_days(0);
        let say = |outcome: &str| answer(&teacher, report, outcome, today.clone()).send();
        answer(&receiver, report, "received", today.clone()).send().await.expect_problem(403, "forbidden");
        say("investigation_closed").await.expect_problem(409, "conflict");
        say("investigation_opened").await.expect(201);
        say("investigation_opened").await.expect_problem(409, "conflict");
        say("not_investigated").await.expect_problem(409, "conflict");
        for (place, body) in [
            ("/followed_up", json!({"outcome": "investigation_closed", "answered_on": today})),
            ("/followed_up", json!({"outcome": "received", "answered_on": today, "followed_up": true})),
            ("/answered_on", json!({"outcome": "received", "answered_on": world.in_days(1)})),
            ("/answered_on", json!({"outcome": "received", "answered_on": world.in_days(-1)})),
            ("/outcome", json!({"outcome": "lost", "answered_on": today})),
        ] {
            teacher.post(format!("{}/replies", path(report))).json(body).send().await.expect_invalid(place);
        }
        say("investigation_closed").await.expect(201);
        assert_eq!(world.rows("report_reply").await, 2);
    }

    async fn a_concern_can_end_in_a_report_that_was_made_from_it(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let receiver = world.staff("kragero/barnevern", Role::UnitLeader).await;
        let child = world.child(&teacher, 7).await;
        let (concern, other) = (world.concern(&teacher, &child).await, world.concern(&teacher, &child).await);
        let body = json!({
            "child_id": child.id, "grounds": ["untreated_illness"], "text": "Is not taken to the doctor.", "sent_on": world.in_days(0),
            "guardians_told": true, "receiving_unit_id": receiver.unit.id, "concern_id": concern,
        });
        let report: ChildWelfareReportId = teacher.post(list(&teacher.unit)).json(body).send().await.expect(201).id("/id");
        let decide = |concern, report: Value| {
            let body = json!({"decision": "report_child_welfare", "reason": "It must be reported.", "report_id": report});
            teacher.post(format!("/v1/concerns/{concern}/decision")).json(body).if_match(1).send()
        };
        decide(concern, Value::Null).await.expect_invalid("/report_id");
        decide(concern, json!(uuid::Uuid::now_v7())).await.expect_invalid("/report_id");
        decide(other, json!(report)).await.expect_invalid("/report_id");
        let unwanted = json!({"decision": "no_need", "reason": "None.", "report_id": report});
        let path_to = format!("/v1/concerns/{concern}/decision");
        teacher.post(path_to).json(unwanted).if_match(1).send().await.expect_invalid("/report_id");
        let decided = decide(concern, json!(report)).await.expect(200);
        assert_eq!((&decided.body["decision"], &decided.body["report_id"]), (&json!("report_child_welfare"), &json!(report)));
        assert_eq!((&decided.body["case_id"], world.rows("care_case").await), (&Value::Null, 0));
        decide(concern, json!(report)).await.expect_problem(409, "conflict");
        // The concern belongs to the school.
        assert_eq!(teacher.get(path(report)).send().await.expect(200).body["concern_id"], json!(concern));
        assert_eq!(receiver.get(path(report)).send().await.expect(200).body["concern_id"], Value::Null);
        assert_eq!(receiver.get(list(&receiver.unit)).send().await.expect(200).body["items"][0]["concern_id"], Value::Null);
    }

    async fn a_report_lies_sealed(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        let welfare = world.unit("kragero/barnevern").await;
        let report = world.report(&teacher, &child, &welfare).await;
        teacher.post(list(&teacher.unit)).json(described(&world, &welfare)).send().await.expect(201);
        let body = json!({"outcome": "received", "answered_on": world.in_days(0), "text": "We have it."});
        teacher.post(format!("{}/replies", path(report))).json(body).send().await.expect(201);
        let open = format!(
            "SELECT COUNT(*) FROM child_welfare_report WHERE body LIKE '%hit%' OR grounds LIKE '%neglect%'
                OR guardians_not_told_reason LIKE '%danger%' OR child_description LIKE '%boy%' OR child_name = '{}'
                OR reporter_name = '{}'",
            child.name, teacher.name
        );
        assert_eq!(world.number_of(open).await, 0);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM report_reply WHERE body LIKE '%have%'").await, 0);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM report_reply WHERE body IS NOT NULL").await, 1);
    }
}
