//! The people who see the access log, and the parts of it that they see.

use serde_json::{Value, json};

use crate::support::{PASSWORD, Role, World, both_engines};

both_engines! {
    async fn the_family_sees_who_has_looked_and_not_who_was_refused(world: World) {
        let cast = world.shared_case().await;
        let stranger = world.worker("kragero/nav").await;
        stranger.get(cast.path("")).send().await.expect(404);
        cast.nurse.get(cast.path("/access-log")).send().await.expect(403);
        let failed = json!({"audience": "team", "kind": "agreed", "contains": [], "text": ""});
        cast.nurse.post(cast.path("/notes")).json(failed).send().await.expect(422);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let mother = &cast.family.guardians[0];
        let seen = mother.get(cast.path("/access-log")).send().await.expect(200);
        let newest = &seen.items()[0];
        assert_eq!(newest["kind"], "looked");
        assert_eq!(newest["person_name"], json!(cast.nurse.name));
        assert_eq!(newest["legal_basis"], json!(["hpl § 22"]));
        let wording = json!([{"law": "helsepersonelloven.samtykke", "citation": "hpl § 22", "valid_from": "2026-07-01"}]);
        assert_eq!(newest["ground"], wording, "the law of the nurse's sector, in the wording of the day");
        assert!(newest["roles"][0].as_str().is_some_and(|role| role.starts_with("worker, ")), "{newest}");
        assert!(!seen.text.contains(&stranger.name), "a refused access is not shown");
        let nurses = seen.items().iter().filter(|item| item["person_name"] == json!(cast.nurse.name)).count();
        assert_eq!(nurses, 1, "neither refused nor failed requests are shown");
        let mut columns: Vec<_> = newest.as_object().expect("an entry").keys().map(String::as_str).collect();
        columns.sort_unstable();
        assert_eq!(columns, ["acts", "at", "ground", "kind", "legal_basis", "person_name", "roles", "sections", "unjustified_notice_on", "until", "words"]);
    }

    async fn the_family_is_not_told_that_a_note_for_others_was_written_or_read(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let newest = |count: usize| {
            let (mother, path) = (mother.clone(), cast.path(&format!("/access-log?limit={count}")));
            async move { mother.get(path).send().await.expect(200).items().to_vec() }
        };
        // Each is a visit of its own.
        let visit = async || {
            let mut visit = newest(1).await.remove(0);
            world.advance(chrono::TimeDelta::hours(1));
            for time in ["at", "until", "words"] {
                visit[time] = Value::Null;
            }
            visit
        };
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let look = visit().await;
        let note = world.note(&cast.nurse, cast.case, "unit", "For the health centre.").await;
        assert_eq!(visit().await, look, "writing a note is shown as viewing the case");
        cast.nurse.get(cast.path("/notes")).send().await.expect(200);
        let list = visit().await;
        assert_eq!(list["sections"], json!(["notes"]));
        cast.nurse.get(cast.path(&format!("/notes/{note}"))).send().await.expect(200);
        assert_eq!(visit().await, list, "reading a note is shown as viewing the list, which has notes or none");
    }

    async fn an_auditor_does_not_see_the_log_of_their_own_family(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        world.grant(mother, &auditor.unit, Role::Auditor).await;
        let search = format!("/v1/access-log?case_id={}&limit=200", cast.case);
        assert!(!auditor.get(&search).send().await.expect(200).items().is_empty());
        assert!(mother.get(&search).send().await.expect(200).items().is_empty());
        mother.get("/v1/access-log?action=log_in").send().await.expect(200);
    }

    async fn an_auditor_is_not_told_of_their_own_child_by_what_was_done_to_a_unit_or_shown_in_a_list(world: World) {
        let cast = world.shared_case().await;
        let (teacher, mother) = (&cast.teacher, &cast.family.guardians[0]);
        let child = world.register(teacher, cast.family.child.national_id.clone()).await;
        let concern = world.concern(teacher, &child).await;
        let measure = world.measure(teacher, cast.case, teacher).await;
        teacher.get("/v1/follow-ups").send().await.expect(200);
        let report = json!({
            "child_id": child.id, "grounds": ["mistreatment_or_neglect"], "text": "Says that he is hit.",
            "sent_on": world.in_days(0), "guardians_told": false, "guardians_not_told_reason": "Danger.",
            "receiving_unit_id": world.unit("kragero/barnevern").await.id,
        });
        let path = format!("/v1/units/{}/child-welfare-reports", teacher.unit.id);
        let report = teacher.post(path).json(report).send().await.expect(201).text("/id");
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        world.grant(mother, &auditor.unit, Role::Auditor).await;
        let signs = [child.id.to_string(), cast.family.child.id.to_string(), concern.to_string(), measure.to_string(), report];
        for path in ["/v1/access-log?limit=200", "/v1/access-log/export/ndjson"] {
            let all = auditor.get(path).send().await.expect(200);
            let told = mother.get(path).send().await.expect(200);
            for sign in &signs {
                assert!(!told.text.contains(sign), "{path}: {sign}");
            }
            assert!(all.text.contains(&signs[0]) && all.text.contains(&signs[2]) && all.text.contains(&signs[4]), "{path}");
        }
    }

    async fn colleagues_do_not_see_who_has_looked(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        let other = world.guardian_of(&cast.teacher, &cast.family.child, false).await;
        for (who, status) in [
            (&cast.teacher.user, 403), (&cast.nurse.user, 403), (&leader.user, 403), (&auditor.user, 404), (&other.user, 404),
        ] {
            who.get(cast.path("/access-log")).send().await.expect(status);
        }
    }

    async fn only_an_auditor_searches_the_log(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let analyst = world.staff("kragero/oppvekst", Role::Analyst).await;
        let mother = &cast.family.guardians[0].user;
        for who in [&cast.teacher.user, &cast.nurse.user, &leader.user, &administrator.user, &analyst.user, mother] {
            who.get("/v1/access-log").send().await.expect_problem(403, "forbidden");
        }
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        auditor.get("/v1/access-log").send().await.expect(200);
        // And nothing but the log.
        for path in [cast.path(""), cast.path("/notes"), format!("/v1/children/{}", cast.family.child.id)] {
            auditor.get(path).send().await.expect(404);
            administrator.get(cast.path("")).send().await.expect(404);
        }
    }

    async fn an_auditor_sees_the_log_of_their_own_municipality_alone(world: World) {
        let cast = world.shared_case().await;
        let stranger = world.worker("orland/ppt").await;
        stranger.get(cast.path("")).send().await.expect(404);
        let ours = world.staff("kragero/oppvekst", Role::Auditor).await;
        let theirs = world.staff("orland/ppt", Role::Auditor).await;
        let search = format!("/v1/access-log?case_id={}", cast.case);
        let found = theirs.get(&search).send().await.expect(200);
        assert_eq!(found.items(), [] as [Value; 0]);
        let all = theirs.get("/v1/access-log?limit=200").send().await.expect(200);
        assert!(all.items().iter().all(|item| item["municipality"] == "5057"), "{}", all.text);
        assert!(!all.text.contains(&cast.case.to_string()));
        // The attempt from outside is in the log of the municipality it targeted.
        let tries = ours.get(format!("{search}&decision=deny")).send().await.expect(200);
        assert_eq!(tries.each("person_id"), [stranger.id.to_string()]);
        let unknown = ours.get("/v1/access-log?limit=200").send().await.expect(200);
        assert!(unknown.items().iter().all(|item| item["municipality"] == "4014"));
    }

    async fn an_auditor_searches_by_person_action_answer_and_time(world: World) {
        let cast = world.shared_case().await;
        let auditor = world.staff("kragero/oppvekst", Role::Auditor).await;
        world.anonymous().log_in(&cast.nurse.username, PASSWORD).await.expect(200);
        let middle = world.now();
        world.advance(chrono::TimeDelta::minutes(1));
        cast.nurse.get(cast.path("")).send().await.expect(200);
        cast.nurse.get(cast.path("/consents")).send().await.expect(403);
        let find = |query: String| {
            let auditor = auditor.clone();
            async move { auditor.get(format!("/v1/access-log?{query}")).send().await.expect(200) }
        };
        let person = cast.nurse.id;
        let found = find(format!("person_id={person}&action=read_case")).await;
        assert_eq!(found.each("action"), ["read_case"]);
        let found = find(format!("person_id={person}&decision=deny")).await;
        assert_eq!(found.each("action"), ["list_consents"]);
        let since = middle.format("%Y-%m-%dT%H:%M:%S.001Z");
        let found = find(format!("person_id={person}&from={since}")).await;
        assert_eq!(found.each("action"), ["list_consents", "read_case"], "the newest first");
        let found = find(format!("person_id={person}&until={since}")).await;
        assert_eq!(found.each("action"), ["log_in"]);
    }
}
