//! Access to reviews, verdicts, and the monthly report.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stafett::{fetch_one, kernel::NationalId, log_tree::erase_before, vault::Content};

use super::{Case, auditor, listed, pick};
use crate::support::{Answer, Engine, Role, User, World, both_engines};

/// An access that is selected because it was on a Sunday.
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

async fn verdict(auditor: &User, review: &Value, version: i64, verdict: &str) -> Answer {
    let body = json!({"verdict": verdict, "note": "Her leader was asked."});
    auditor.post(format!("{}/verdict", path(review))).json(body).if_match(version).send().await
}

both_engines! {
    async fn a_verdict_is_given_on_what_was_read_and_a_final_one_is_final(world: World) {
        let (_, auditor, review) = picked_look(&world).await;
        assert_eq!(review["reasons"].as_array().expect("reasons").len(), 2, "{review}");
        assert_eq!(review["status"], "open");
        let read = auditor.get(path(&review)).send().await.expect(200);
        assert_eq!((&read.body, read.version()), (&review, "1"));
        let to = format!("{}/verdict", path(&review));
        auditor.post(&to).json(json!({"verdict": "unjustified"})).if_match(1).send().await.expect_invalid("/note");
        auditor.post(&to).json(json!({"verdict": "unclear"})).if_match(1).send().await.expect_invalid("/note");
        auditor.post(&to).json(json!({"verdict": "justified"})).send().await.expect_problem(428, "precondition-required");
        verdict(&auditor, &review, 2, "unclear").await.expect_problem(412, "version-mismatch");
        let unclear = verdict(&auditor, &review, 1, "unclear").await.expect(200);
        assert_eq!((unclear.version(), unclear.text("/status")), ("2", "open".to_owned()));
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
        // The family sees the accesses, but not the review.
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
        // Nor by what others were shown in a list or a search, or by asking for an explanation.
        auditor.get("/v1/access-log/reviews").send().await.expect(200);
        world.seal().await;
        let (id, hidden) = (review["id"].as_str().expect("an id"), entry["id"].as_str().expect("an id"));
        for path in ["/v1/access-log?limit=200", "/v1/access-log/export/ndjson", "/v1/access-log/export/csv", "/v1/access-log/export/fhir"] {
            let told = nurse.get(path).send().await.expect(200);
            assert!(!told.text.contains(id) && !told.text.contains(hidden), "{path}");
        }
        for action in ["list_log_reviews", "search_access_log", "prove_log_entry"] {
            let by = format!("/v1/access-log?limit=1&action={action}&person_id={}", auditor.id);
            let entry = nurse.get(by).send().await.expect(200).items()[0]["id"].as_str().expect("an id").to_owned();
            let told = nurse.get(format!("/v1/access-log/entries/{entry}/proof")).send().await.expect(200);
            assert!(told.body["opened"]["person"].is_object() && told.body["opened"]["shown"].is_null(), "{told:?}");
        }
        for person in [nurse.id, auditor.id] {
            let ask = |review: &str| {
                let question = json!({"person_id": person, "action": "read_log_review", "resource": {"review_id": review}});
                nurse.post("/v1/access/explain").json(question).send()
            };
            let nothing = ask(&uuid::Uuid::now_v7().to_string()).await.expect(200);
            assert_eq!(ask(id).await.expect(200).body, nothing.body);
        }
    }

    async fn a_look_under_another_account_of_ones_own_is_anothers_to_review_and_not_known(world: World) {
        let (case, auditor, review) = picked_look(&world).await;
        let mut tx = world.db.read().await.expect("a transaction");
        let sealed = "SELECT national_id FROM person WHERE id = $1";
        let (number,) = fetch_one!(&mut tx, (Content,), sealed, case.nurse.id).expect("a number");
        tx.rollback().await.expect("done");
        let number: NationalId = serde_json::from_value(json!(number.into_string())).expect("a number");
        let same = world.user("4001", &number).await;
        world.grant(&same, &world.unit("kragero/oppvekst").await, Role::Auditor).await;
        assert_eq!(listed(&same, "").await, [] as [Value; 0]);
        same.get(path(&review)).send().await.expect_problem(404, "not-found");
        verdict(&same, &review, 1, "justified").await.expect_problem(404, "not-found");
        auditor.get(path(&review)).send().await.expect(200);
        let told = same.get("/v1/access-log?limit=200").send().await.expect(200);
        assert!(!told.text.contains(review["id"].as_str().expect("an id")));
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
        let december = match world.engine {
            Engine::Sqlite => "at >= '2026-11-30T23:00:00'",
            Engine::Postgres => "at >= '2026-11-30T23:00:00Z'",
        };
        let refusals = from_log(&format!("decision = 'deny' AND {december}")).await;
        let looks = from_log(&format!("decision = 'permit' AND (action LIKE 'read%' OR action LIKE 'list%') AND {december}")).await;
        // The report itself is an access that was made after it was counted.
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
        crate::log_tree::without_records(&world).await;
        erase_before(&world.db, "4014", before).await.expect("erased");
        world.pick().await;
        assert_eq!(world.number_of("SELECT COUNT(*) FROM log_verdict WHERE note IS NOT NULL").await, 0);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM log_verdict WHERE note_erased_at IS NOT NULL").await, 1);
        assert_eq!(listed(&auditor, "").await, [] as [Value; 0], "nobody's any more");
        auditor.get(path(&review)).send().await.expect_problem(404, "not-found");
        let report = auditor.get("/v1/access-log/reviews/report?month=2026-12").send().await.expect(200);
        assert_eq!(report.body["municipalities"][0]["by_verdict"]["unjustified"], 1);
    }
}
