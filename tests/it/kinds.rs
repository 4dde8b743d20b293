//! Kinds of information: access to each, and the consent required for sharing it between units.

use serde_json::{Value, json};

use crate::{
    cast::Cast,
    support::{Unit, User, World, both_engines},
};

/// A note with all fields of its kind, except the person that it is about.
fn note(kind: &str, audience: &str) -> Value {
    let mut note =
        json!({"audience": audience, "kind": kind, "contains": [], "text": format!("About {kind}.")});
    if kind == "child_statement" {
        note["heard_on"] = json!("2026-11-20");
        note["heard_how"] = json!("alone");
        note["heard_weight"] = json!("Great weight: she is old enough to know.");
    }
    note
}

async fn write(by: &User, cast: &Cast, body: Value) -> String {
    by.post(cast.path("/notes")).json(body).send().await.expect(201).text("/id")
}

/// The contact person records whether a guardian lives elsewhere than the child.
pub async fn lives_elsewhere(cast: &Cast, guardian: usize, elsewhere: bool) {
    let path = format!("/v1/children/{}/guardians", cast.family.child.id);
    let list = cast.teacher.get(&path).send().await.expect(200);
    let id = json!(cast.family.guardians[guardian].id);
    let row = list.items().iter().find(|row| row["guardian_id"] == id).expect("the guardian");
    let body = json!({"parental_responsibility": true, "lives_with_child": !elsewhere});
    let path = format!("{path}/{}", row["id"].as_str().expect("an id"));
    cast.teacher
        .patch(path)
        .json(body)
        .if_match(row["version"].as_i64().expect("a version"))
        .send()
        .await
        .expect(200);
}

/// Reads the note and finds it in the list, or neither.
async fn sees(user: &User, cast: &Cast, note: &str) -> bool {
    let one = user.get(cast.path(&format!("/notes/{note}"))).send().await;
    let list = user.get(cast.path("/notes")).send().await;
    let listed = list.status == 200 && list.each("id").contains(&note);
    assert_eq!(one.status == 200, listed, "{} in the list, {} by itself", list.text, one.text);
    if one.status != 200 {
        one.expect_problem(404, "not-found");
    }
    listed
}

/// Both guardians consent to these kinds for the nurse's unit, and the nurse joins the team.
async fn shared(world: &World, kinds: &[&str]) -> Cast {
    let cast = world.school_case().await;
    for guardian in &cast.family.guardians {
        consent(world, guardian, &cast, kinds).await.expect(201);
    }
    world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
    cast
}

async fn consent(world: &World, by: &User, cast: &Cast, kinds: &[&str]) -> crate::support::Answer {
    let body = json!({
        "unit_ids": [cast.nurse.unit.id], "kinds": kinds, "purpose": "Cooperation.",
        "valid_until": world.in_days(100), "text_version": "2026-1",
    });
    by.post(cast.path("/consents")).json(body).send().await
}

both_engines! {
    async fn a_kind_passes_to_a_unit_only_when_everyone_has_consented_to_that_kind(world: World) {
        let cast = shared(&world, &["agreed"]).await;
        let absence = write(&cast.teacher, &cast, note("absence", "team")).await;
        assert!(sees(&cast.teacher, &cast, &absence).await, "the unit it was written in");
        assert!(!sees(&cast.nurse, &cast, &absence).await, "on the team, but not for this kind");
        consent(&world, &cast.family.guardians[0], &cast, &["absence"]).await.expect(201);
        assert!(!sees(&cast.nurse, &cast, &absence).await, "one of two");
        let last = consent(&world, &cast.family.guardians[1], &cast, &["absence"]).await.expect(201);
        assert!(sees(&cast.nurse, &cast, &absence).await);

        let withdraw = cast.path(&format!("/consents/{}/withdraw", last.text("/id")));
        cast.family.guardians[1].post(withdraw).json(json!({"kinds": ["absence"]})).send().await.expect(200);
        assert!(!sees(&cast.nurse, &cast, &absence).await, "from the very next request");
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }

    async fn what_health_writes_does_not_pass_to_the_school_without_consent_to_that(world: World) {
        let cast = shared(&world, &["agreed"]).await;
        let health = write(&cast.nurse, &cast, note("health", "team")).await;
        assert!(!sees(&cast.teacher, &cast, &health).await, "the school holds the case, but sees nothing about health");
        assert!(sees(&cast.family.guardians[0], &cast, &health).await, "under 16 the guardians are");
        for guardian in &cast.family.guardians {
            consent(&world, guardian, &cast, &["health"]).await.expect(201);
        }
        assert!(sees(&cast.teacher, &cast, &health).await);
    }

    async fn withdrawing_what_is_agreed_ends_the_seat_for_good(world: World) {
        let cast = shared(&world, &["agreed", "health"]).await;
        let own = cast.family.guardians[0].get(cast.path("/consents")).send().await.expect(200);
        let withdraw = cast.path(&format!("/consents/{}/withdraw", own.text("/items/0/id")));
        let left = cast.family.guardians[0].post(withdraw).json(json!({"kinds": ["agreed"]})).send().await.expect(200);
        assert!(left.body["kinds"][0]["withdrawn_at"].is_string() && left.body["kinds"][1]["withdrawn_at"].is_null());
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
        consent(&world, &cast.family.guardians[0], &cast, &["agreed"]).await.expect(201);
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn a_note_by_staff_states_its_kind(world: World) {
        let cast = shared(&world, &["agreed"]).await;
        let body = json!({"audience": "team", "contains": [], "text": "Says nothing of what it is."});
        for writer in [&cast.teacher, &cast.nurse] {
            writer.post(cast.path("/notes")).json(body.clone()).send().await.expect_invalid("/kind");
        }
        let by_family = cast.family.guardians[0].post(cast.path("/notes")).json(json!({"text": "Hello."})).send().await.expect(201);
        assert_eq!(by_family.text("/kind"), "agreed");
    }

    async fn what_the_child_said_states_when_and_how_it_was_heard_and_with_what_weight(world: World) {
        let cast = shared(&world, &["agreed"]).await;
        let whole = note("child_statement", "team");
        let before = world.all_rows().await;
        for missing in ["heard_on", "heard_how", "heard_weight"] {
            let mut body = whole.clone();
            body.as_object_mut().expect("an object").remove(missing);
            cast.teacher.post(cast.path("/notes")).json(body).send().await.expect_invalid(&format!("/{missing}"));
        }
        let nothing = json!({"audience": "team", "kind": "child_statement", "contains": [], "text": "I want to go home."});
        let refused = cast.teacher.post(cast.path("/notes")).json(nothing).send().await.expect(422);
        let pointers: Vec<_> = refused.body["errors"].as_array().expect("errors").iter().map(|error| error["pointer"].clone()).collect();
        assert_eq!(json!(pointers), json!(["/heard_on", "/heard_how", "/heard_weight"]));
        let mut tomorrow = whole.clone();
        tomorrow["heard_on"] = json!(world.in_days(1));
        cast.teacher.post(cast.path("/notes")).json(tomorrow).send().await.expect_invalid("/heard_on");
        let mut other = whole.clone();
        other["kind"] = json!("school_life");
        cast.teacher.post(cast.path("/notes")).json(other).send().await.expect(422);
        assert_eq!(world.all_rows().await, before);
        let written = cast.teacher.post(cast.path("/notes")).json(whole.clone()).send().await.expect(201);
        for field in ["heard_on", "heard_how", "heard_weight"] {
            assert_eq!(written.body[field], whole[field]);
        }
    }

    async fn what_must_not_be_in_the_record_is_asked_about_and_refused(world: World) {
        let cast = shared(&world, &["agreed"]).await;
        let post = |body| cast.teacher.post(cast.path("/notes")).json(body).send();
        post(json!({"audience": "team", "kind": "agreed", "text": "Not asked."})).await.expect_invalid("/contains");
        for kind in ["violence_suspicion", "journal", "third_party", "child_welfare_report", "secret_contact"] {
            post(note(kind, "team")).await.expect_invalid("/kind");
            let holds = json!({"audience": "sector", "kind": "agreed", "contains": [kind], "text": "Holds it."});
            post(holds).await.expect_invalid("/contains/0");
        }
        post(note("health", "team")).await.expect_invalid("/kind");
        post(json!({"audience": "unit", "kind": "school_life", "text": "Within the unit."})).await.expect(201);
        assert_eq!(world.rows("note").await, 1);
    }

    async fn guardians_are_told_of_health_until_the_sixteenth_birthday(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        // 16 on 24 November 2026.
        let child = world.child_born(&teacher, "2010-11-24").await;
        let mother = world.guardian_of(&teacher, &child, true).await;
        let youth = world.youth(&child).await;
        let case = world.open_case(&teacher, &child).await;
        world.consent(&youth, case, &[&nurse.unit]).await;
        world.consent(&mother, case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, case, &nurse).await;
        let family = crate::support::Family { child, guardians: vec![mother] };
        let cast = Cast { teacher, nurse, family, case };
        let health = write(&cast.nurse, &cast, note("health", "team")).await;
        assert!(sees(&cast.family.guardians[0], &cast, &health).await);
        let mut needed = note("health", "team");
        needed["guardians_need"] = json!("They must know what to do in an attack.");
        let needed = write(&cast.nurse, &cast, needed).await;
        let mut other = note("agreed", "team");
        other["guardians_need"] = json!("They must know.");
        cast.nurse.post(cast.path("/notes")).json(other).send().await.expect_invalid("/guardians_need");
        world.advance(chrono::TimeDelta::days(1));
        assert!(sees(&cast.family.guardians[0], &cast, &health).await, "the day before");
        // At 15, they consent to what is agreed together, and the guardians to health.
        consent(&world, &youth, &cast, &["health"]).await.expect_invalid("/kinds/0");
        world.advance(chrono::TimeDelta::days(1));
        assert!(!sees(&cast.family.guardians[0], &cast, &health).await, "on the day");
        assert!(sees(&cast.family.guardians[0], &cast, &needed).await, "needed for parental responsibility until 18");
        assert!(sees(&youth, &cast, &health).await);
        consent(&world, &youth, &cast, &["health"]).await.expect(201);
    }

    async fn a_child_of_twelve_keeps_a_health_contact_from_the_guardians(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let child = world.child_born(&teacher, "2014-11-23").await;
        let mother = world.guardian_of(&teacher, &child, true).await;
        let youth = world.youth(&child).await;
        let case = world.open_case(&teacher, &child).await;
        world.consent(&mother, case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, case, &nurse).await;
        let family = crate::support::Family { child, guardians: vec![mother] };
        let cast = Cast { teacher, nurse, family, case };
        let contact = write(&cast.nurse, &cast, note("confidential_health", "team")).await;
        assert!(sees(&cast.family.guardians[0], &cast, &contact).await, "at 11");
        assert!(!sees(&youth, &cast, &contact).await, "at 11");
        world.advance(chrono::TimeDelta::days(1));
        assert!(!sees(&cast.family.guardians[0], &cast, &contact).await, "at 12");
        assert!(sees(&youth, &cast, &contact).await, "at 12");
        assert!(!sees(&cast.teacher, &cast, &contact).await, "the school does not see it");
        youth.get(cast.path("")).send().await.expect_problem(404, "not-found");
        consent(&world, &cast.family.guardians[0], &cast, &["confidential_health"]).await.expect_invalid("/kinds/0");
        let why = json!({"reason": "It is about another child.", "contains": []});
        let strike = cast.nurse.post(cast.path(&format!("/notes/{contact}/strike-out"))).json(why).if_match(1);
        strike.send().await.expect(200);
        youth.get(cast.path("/notes")).send().await.expect_problem(404, "not-found");
    }

    async fn what_is_about_one_parent_is_read_and_released_by_that_parent_alone(world: World) {
        let cast = shared(&world, &["agreed"]).await;
        let adviser = world.team_mate(&cast, "kragero/nav").await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let about = |kind: &str, person: Value| {
            let mut body = note(kind, "team");
            body["about_person_id"] = person;
            body
        };
        for (writer, kind) in [(&adviser, "family_economy"), (&cast.nurse, "parents_health")] {
            let hers = write(writer, &cast, about(kind, json!(mother.id))).await;
            for (reader, is_shown) in [(&writer.user, true), (mother, true), (father, false), (&cast.teacher.user, false)] {
                assert_eq!(sees(reader, &cast, &hers).await, is_shown, "{kind}");
            }
            let release = |by: &User| {
                let body = json!({
                    "unit_ids": [writer.unit.id], "kinds": [kind], "purpose": "Cooperation.",
                    "valid_until": world.in_days(100), "text_version": "2026-1",
                });
                by.post(cast.path("/consents")).json(body)
            };
            release(father).send().await.expect(201);
            assert!(!sees(&cast.teacher, &cast, &hers).await, "the father releases what is about himself");
            release(mother).send().await.expect(201);
            assert!(sees(&cast.teacher, &cast, &hers).await, "the mother has released it to the unit of the case");
        }
        let before = world.all_rows().await;
        for (body, place) in [
            (note("family_economy", "team"), "/about_person_id"),
            (about("family_economy", json!(cast.nurse.id)), "/about_person_id"),
            (about("family_economy", json!(cast.family.child.id)), "/about_person_id"),
            (about("agreed", json!(mother.id)), "/about_person_id"),
        ] {
            adviser.post(cast.path("/notes")).json(body).send().await.expect_invalid(place);
        }
        assert_eq!(world.all_rows().await, before);
    }

    async fn guardians_see_what_the_child_says_where_the_child_agrees(world: World) {
        let cast = shared(&world, &["agreed"]).await;
        let mut body = note("child_statement", "team");
        let kept = write(&cast.teacher, &cast, body.clone()).await;
        body["child_agrees"] = json!(true);
        let told = write(&cast.teacher, &cast, body.clone()).await;
        let mother = &cast.family.guardians[0];
        assert_eq!((sees(mother, &cast, &kept).await, sees(mother, &cast, &told).await), (false, true));
        body["kind"] = json!("school_life");
        cast.teacher.post(cast.path("/notes")).json(body).send().await.expect_invalid("/child_agrees");
    }

    async fn the_childs_view_in_an_evaluation_is_its_own_statement(world: World) {
        let cast = shared(&world, &["agreed"]).await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        let path = cast.path(&format!("/measures/{measure}/evaluations"));
        for (agrees, version) in [(false, 1), (true, 2)] {
            let body = json!({
                "held_on": world.in_days(0), "outcome": "continue", "contains": [], "assessment": "It helps.",
                "child_view": "I like it.", "child_agrees": agrees, "next_evaluation_on": world.in_days(30),
            });
            cast.teacher.post(&path).json(body).if_match(version).send().await.expect(201);
        }
        let views = async |user: &User| {
            let list = user.get(&path).send().await.expect(200);
            list.items().iter().map(|item| item["child_view"].is_string()).collect::<Vec<_>>()
        };
        assert_eq!(views(&cast.teacher).await, [true, true]);
        assert_eq!(views(&cast.family.guardians[0]).await, [false, true]);
        assert_eq!(views(&cast.nurse).await, [false, false], "not consented to for this kind");
    }

    async fn one_of_two_guardians_who_live_with_the_child_is_never_enough(world: World) {
        let cast = world.school_case().await;
        let mother = &cast.family.guardians[0];
        let alone = |kinds: &[&str], law: &str, unit: &Unit| json!({
            "given_by": mother.id, "form": "oral", "unit_ids": [unit.id], "kinds": kinds,
            "purpose": "Cooperation.", "valid_until": world.in_days(100), "text_version": "2026-1",
            "alone": {"legal_basis": law, "reason": "The father cannot be reached."},
        });
        let post = async |body: Value| cast.teacher.post(cast.path("/consents")).json(body).send().await;
        let before = world.all_rows().await;
        let refused = post(alone(&["agreed"], "barnelova § 37", &cast.nurse.unit)).await.expect_invalid("/alone/legal_basis");
        assert!(refused.text("/errors/0/detail").contains("no other who must consent"), "{refused:?}");
        assert_eq!(world.all_rows().await, before);
        lives_elsewhere(&cast, 1, true).await;
        // Help from NAV and child welfare is no part of daily life, and pbrl § 4-4 is about health care.
        for (unit, law, kind) in [
            ("kragero/nav", "barnelova § 37", "agreed"), ("kragero/barnevern", "barnelova § 37", "agreed"),
            ("kragero/ppt", "pbrl § 4-4", "health"), ("kragero/nav", "pbrl § 4-4", "health"),
        ] {
            let unit = world.unit(unit).await;
            post(alone(&[kind], law, &unit)).await.expect_invalid("/unit_ids/0");
        }
        post(alone(&["agreed"], "barnelova § 37", &cast.nurse.unit)).await.expect(201);
        post(alone(&["health"], "pbrl § 4-4", &cast.nurse.unit)).await.expect(201);
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
        // The father moves in: both decide from the next request on.
        lives_elsewhere(&cast, 1, false).await;
        cast.nurse.get(cast.path("")).send().await.expect(404);
        let status = cast.teacher.get(cast.path(&format!("/consent-status/{}", cast.nurse.unit.id))).send().await.expect(200);
        assert_eq!(status.body["may_take_part"], json!(false));
        // And the mother, who no longer lives with the child, decides nothing alone.
        lives_elsewhere(&cast, 0, true).await;
        cast.nurse.get(cast.path("")).send().await.expect(404);
    }

    async fn one_guardian_is_enough_where_the_law_says_so_and_the_reason_is_recorded(world: World) {
        let cast = world.school_case().await;
        lives_elsewhere(&cast, 1, true).await;
        let mother = &cast.family.guardians[0];
        let body = |kinds: &[&str], law: &str| json!({
            "given_by": mother.id, "form": "oral", "unit_ids": [cast.nurse.unit.id], "kinds": kinds,
            "purpose": "Cooperation.", "valid_until": world.in_days(100), "text_version": "2026-1",
            "alone": {"legal_basis": law, "reason": "The father cannot be reached, and the child lives with her."},
        });
        let post = |by: &User, body| by.post(cast.path("/consents")).json(body).send();
        post(&cast.teacher, body(&["agreed", "child_statement"], "barnelova § 37")).await
            .expect_invalid("/alone/legal_basis");
        post(&cast.teacher, body(&["agreed"], "pbrl § 4-4")).await.expect_invalid("/alone/legal_basis");
        let mut own = body(&["agreed"], "barnelova § 37");
        own["form"] = json!("digital");
        own.as_object_mut().expect("an object").remove("given_by");
        post(mother, own).await.expect_invalid("/alone");
        let given = post(&cast.teacher, body(&["agreed"], "barnelova § 37")).await.expect(201);
        assert_eq!(given.text("/alone_basis"), "barnelova § 37");
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        cast.nurse.get(cast.path("")).send().await.expect(200);
    }

    async fn a_consent_names_a_published_text_and_where_the_paper_lies(world: World) {
        let cast = world.school_case().await;
        let body = json!({
            "unit_ids": [cast.nurse.unit.id], "purpose": "Cooperation.", "valid_until": world.in_days(100),
            "text_version": "1999-1",
        });
        cast.family.guardians[0].post(cast.path("/consents")).json(body.clone()).send().await.expect_invalid("/text_version");
        let mut paper = body;
        paper["text_version"] = json!("2026-1");
        paper["given_by"] = json!(cast.family.guardians[0].id);
        paper["form"] = json!("paper");
        cast.teacher.post(cast.path("/consents")).json(paper.clone()).send().await.expect_invalid("/document");
        paper["document"] = json!("26/1234-5");
        let given = cast.teacher.post(cast.path("/consents")).json(paper).send().await.expect(201);
        assert_eq!((given.text("/document"), given.text("/language")), ("26/1234-5".into(), "nb".into()));
        let texts = world.anonymous().get("/v1/municipalities/4014/consent-texts").send().await.expect(200);
        assert_eq!(texts.each("version"), ["2026-1", "2026-1"]);
    }

    async fn the_contact_person_sees_whose_consent_is_missing(world: World) {
        let cast = world.school_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        consent(&world, mother, &cast, &["agreed"]).await.expect(201);
        let path = cast.path(&format!("/consent-status/{}", cast.nurse.unit.id));
        let status = cast.teacher.get(&path).send().await.expect(200);
        assert_eq!(status.body["may_take_part"], false);
        assert_eq!(status.body["kinds"][0]["missing"], json!([father.id]));
        for other in [&**mother, &**father] {
            other.get(&path).send().await.expect_problem(403, "forbidden");
        }
        cast.nurse.get(&path).send().await.expect_problem(404, "not-found");
    }

    async fn health_personnel_share_within_the_sector_unless_it_is_objected_to(world: World) {
        let cast = shared(&world, &["agreed"]).await;
        let other = world.team_mate(&cast, "kragero/helsestasjon").await;
        let dentist = world.team_mate(&cast, "kragero/skolehelsetjenesten").await;
        let health = write(&cast.nurse, &cast, note("health", "sector")).await;
        assert!(sees(&other, &cast, &health).await && sees(&dentist, &cast, &health).await);
        assert!(!sees(&cast.teacher, &cast, &health).await);
        let objections = cast.path("/objections");
        let made = cast.family.guardians[0].post(&objections).json(json!({"form": "digital"})).send().await.expect(201);
        assert!(!sees(&dentist, &cast, &health).await, "from the very next request");
        assert!(sees(&other, &cast, &health).await, "the unit it was written in");
        let withdraw = format!("{objections}/{}/withdraw", made.text("/id"));
        cast.family.guardians[0].post(withdraw).json(json!({})).send().await.expect(200);
        assert!(sees(&dentist, &cast, &health).await);
    }
}
