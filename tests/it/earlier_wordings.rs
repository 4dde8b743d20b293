//! Agreed text has versions: a correction keeps what it replaces, and what is struck out is shown to nobody.

use serde_json::{Value, json};

use crate::{
    cast::Cast,
    involvement::consent_of,
    support::{Answer, Call, Staff, User, World, both_engines, files},
};

fn corrected(by: &User, cast: &Cast, what: &str, text: &str) -> Call {
    let body = json!({"text": text, "reason": "The time was wrong.", "contains": []});
    by.post(cast.path(what)).json(body)
}

fn struck(by: &User, cast: &Cast, note: &str) -> Call {
    let body = json!({"reason": "It is about another child.", "contains": []});
    by.post(cast.path(&format!("/notes/{note}/strike-out"))).json(body)
}

async fn note_of(by: &User, cast: &Cast, audience: &str, text: &str) -> String {
    let mut body = json!({"audience": audience, "contains": [], "text": text});
    if !cast.family.guardians.iter().any(|guardian| guardian.id == by.id) {
        body["kind"] = json!("agreed");
    }
    by.post(cast.path("/notes")).json(body).send().await.expect(201).text("/id")
}

async fn read(by: &User, cast: &Cast, below: &str) -> Answer {
    by.get(cast.path(below)).send().await.expect(200)
}

async fn held_meeting(world: &World, cast: &Cast, attended: &[&Staff]) -> String {
    let mother = &cast.family.guardians[0];
    let meeting = world.meeting(&cast.teacher, cast.case, &[mother.id, cast.nurse.id]).await;
    let people: Vec<_> = attended.iter().map(|staff| staff.id).chain([mother.id]).collect();
    let minutes =
        json!({"contains": [], "minutes": "He swims on Mondays.", "attended": people, "outcome": "We wait."});
    let path = cast.path(&format!("/meetings/{meeting}/minutes"));
    cast.teacher.put(path).json(minutes).if_match(1).send().await.expect(200);
    meeting.to_string()
}

both_engines! {
    async fn a_goal_keeps_what_it_said_before_with_the_reason_and_the_person(world: World) {
        let cast = world.shared_case().await;
        let goal = world.goal(&cast.teacher, cast.case).await;
        let first = read(&cast.teacher, &cast, "/goals").await.text("/items/0/description");
        let path = cast.path(&format!("/goals/{goal}"));
        let change = |body: Value, version: i64| cast.teacher.patch(&path).json(body).if_match(version).send();
        change(json!({"description": "Swims twice a week.", "contains": []}), 1).await.expect_invalid("/reason");
        let new = json!({"description": "Swims twice a week.", "reason": "He likes the pool.", "contains": []});
        change(new.clone(), 1).await.expect(200);
        change(new, 2).await.expect_invalid("/reason");
        change(json!({"status": "reached", "strike_out": true}), 2).await.expect_invalid("/strike_out");
        change(json!({"status": "reached", "reason": "He swims."}), 2).await.expect_invalid("/reason");
        let seen = read(&cast.family.guardians[1], &cast, "/goals").await;
        let goal = &seen.items()[0];
        assert_eq!(goal["description"], "Swims twice a week.");
        let earlier = goal["earlier"].as_array().expect("wordings");
        assert_eq!(earlier.len(), 1);
        assert_eq!((&earlier[0]["text"], &earlier[0]["reason"]), (&json!(first), &json!("He likes the pool.")));
        assert_eq!(earlier[0]["changed_by"], json!(cast.teacher.id));
        assert_eq!((&earlier[0]["number"], &earlier[0]["part"]), (&json!(1), &json!("description")));
    }

    async fn words_that_are_struck_out_are_kept_and_shown_to_nobody(world: World) {
        let cast = world.shared_case().await;
        let goal = world.goal(&cast.teacher, cast.case).await;
        let path = cast.path(&format!("/goals/{goal}"));
        let first = read(&cast.teacher, &cast, "/goals").await.text("/items/0/description");
        let new = json!({
            "description": "Swims twice a week.", "reason": "It named another child.", "strike_out": true, "contains": [],
        });
        cast.teacher.patch(path).json(new).if_match(1).send().await.expect(200);
        for reader in [&cast.teacher.user, &cast.nurse.user, &cast.family.guardians[0].user] {
            let seen = read(reader, &cast, "/goals").await;
            assert!(!seen.text.contains(&first), "{}", seen.text);
            let earlier = &seen.items()[0]["earlier"][0];
            assert_eq!((&earlier["struck_out"], &earlier["text"]), (&json!(true), &Value::Null));
            assert_eq!(earlier["reason"], "It named another child.");
        }
        assert_eq!(world.rows("earlier_wording WHERE text IS NOT NULL").await, 1);
        let record = read(&cast.family.guardians[0], &cast, "/record").await;
        let files = files(&record.bytes);
        assert!(files.iter().any(|(_, text)| text.contains("It named another child.")), "the reason follows the family");
        assert!(files.iter().all(|(_, text)| !text.contains(&first)), "what is struck out does not");
    }

    async fn a_measure_keeps_what_was_to_be_done_and_one_reason_serves_a_new_day_too(world: World) {
        let cast = world.shared_case().await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        let path = format!("/measures/{measure}");
        let change = |body: Value, version: i64| cast.teacher.patch(cast.path(&path)).json(body).if_match(version).send();
        let first = json!({"description": "Twice a week.", "contains": []});
        change(json!({"description": "Twice a week.", "reason": "None.", "contains": []}), 1).await.expect_invalid("/reason");
        let answer = change(first, 1).await.expect(200);
        assert_eq!(answer.body["earlier"], json!([]), "the first words replace none");
        change(json!({"description": "Every day.", "contains": []}), 2).await.expect_invalid("/reason");
        let both = json!({
            "description": "Every day.", "evaluate_on": world.in_days(50), "reason": "It helps.", "contains": [],
        });
        change(both, 2).await.expect(200);
        let seen = read(&cast.nurse, &cast, &path).await;
        assert_eq!(seen.text("/earlier/0/text"), "Twice a week.");
        assert_eq!(seen.text("/earlier/0/reason"), "It helps.");
        let moves = read(&cast.nurse, &cast, &format!("{path}/day-changes")).await;
        assert_eq!(moves.items()[0]["reason"], "It helps.");
    }

    async fn a_note_is_corrected_by_its_author_and_its_readers_see_what_it_said(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let note = note_of(&cast.nurse, &cast, "team", "She came at nine.").await;
        let path = format!("/notes/{note}/correct");
        for other in [&cast.teacher.user, &mother.user] {
            corrected(other, &cast, &path, "She came at ten.").if_match(1).send().await.expect_problem(403, "forbidden");
        }
        corrected(&cast.nurse, &cast, &path, "She came at ten.").send().await.expect_problem(428, "precondition-required");
        corrected(&cast.nurse, &cast, &path, "She came at nine.").if_match(1).send().await.expect_invalid("/text");
        let answer = corrected(&cast.nurse, &cast, &path, "She came at ten.").if_match(1).send().await.expect(200);
        assert_eq!((answer.version(), answer.text("/text")), ("2", "She came at ten.".to_owned()));
        corrected(&cast.nurse, &cast, &path, "She came at one.").if_match(1).send().await.expect_problem(412, "version-mismatch");
        for below in [format!("/notes/{note}"), "/notes".to_owned()] {
            let seen = read(mother, &cast, &below).await;
            let note = seen.body["items"].get(0).unwrap_or(&seen.body);
            assert_eq!(note["text"], "She came at ten.");
            assert_eq!(note["earlier"][0]["text"], "She came at nine.");
            assert_eq!(note["earlier"][0]["changed_by_name"], json!(cast.nurse.name));
        }
        world.close_case(&cast.teacher, cast.case).await;
        corrected(&cast.nurse, &cast, &path, "She came at two.").if_match(2).send().await.expect_problem(409, "conflict");
    }

    async fn a_note_for_a_unit_cannot_be_corrected_by_one_who_may_not_know_of_it(world: World) {
        let cast = world.shared_case().await;
        let note = note_of(&cast.nurse, &cast, "unit", "She came at nine.").await;
        let nothing = cast.teacher.get(cast.path("/notes/01990000-0000-7000-8000-000000000001")).send().await.expect(404);
        for call in [corrected(&cast.teacher, &cast, &format!("/notes/{note}/correct"), "No."), struck(&cast.teacher, &cast, &note)] {
            assert_eq!(call.if_match(1).send().await.expect(404).text, nothing.text);
        }
    }

    async fn a_note_on_the_wrong_child_is_struck_out_for_every_reader(world: World) {
        let cast = world.shared_case().await;
        let colleague = world.worker("kragero/helsestasjon").await;
        world.add_to_team(&cast.teacher, cast.case, &colleague).await;
        let note = note_of(&cast.nurse, &cast, "team", "Broke an arm.").await;
        corrected(&cast.nurse, &cast, &format!("/notes/{note}/correct"), "Broke a leg.").if_match(1).send().await.expect(200);
        struck(&cast.teacher, &cast, &note).if_match(2).send().await.expect_problem(403, "forbidden");
        let answer = struck(&colleague, &cast, &note).if_match(2).send().await.expect(200);
        assert_eq!((answer.text("/struck_out_reason"), answer.version()), ("It is about another child.".into(), "3"));
        assert_eq!(answer.body["earlier"][0]["reason"], Value::Null, "the reason of a correction can repeat the words");
        let readers = [&cast.nurse.user, &colleague.user, &cast.teacher.user, &cast.family.guardians[0].user];
        for reader in readers {
            for below in [format!("/notes/{note}"), "/notes".to_owned()] {
                let seen = read(reader, &cast, &below).await;
                assert!(!seen.text.contains("Broke"), "{}", seen.text);
                assert!(seen.text.contains("It is about another child."), "{}", seen.text);
            }
        }
        let record = read(&cast.family.guardians[0], &cast, "/record").await;
        assert!(files(&record.bytes).iter().all(|(_, text)| !text.contains("Broke")));
        struck(&cast.nurse, &cast, &note).if_match(3).send().await.expect_problem(409, "conflict");
        corrected(&cast.nurse, &cast, &format!("/notes/{note}/correct"), "Fell.").if_match(3).send().await.expect_problem(409, "conflict");
        assert_eq!(world.rows("note WHERE struck_out_at IS NOT NULL AND body IS NOT NULL").await, 1, "it is kept");
    }

    async fn what_is_struck_out_is_not_disclosed(world: World) {
        let cast = world.shared_case().await;
        let note = note_of(&cast.teacher, &cast, "team", "Broke an arm.").await;
        struck(&cast.teacher, &cast, &note).if_match(1).send().await.expect(200);
        let body = json!({
            "case_id": cast.case, "to_person_id": cast.nurse.id, "to_unit_id": cast.nurse.unit.id, "basis": "danger_to_life_or_health",
            "reason": "Is treated there tonight.", "note_ids": [note], "delay": world.delay(30),
        });
        let path = format!("/v1/units/{}/disclosures", cast.teacher.unit.id);
        let answer = cast.teacher.post(path).json(body).send().await.expect(422);
        assert!(!answer.text.contains("Broke"), "{}", answer.text);
    }

    async fn the_family_corrects_what_it_has_written_and_nobody_else_learns_of_it(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let note = note_of(mother, &cast, "contact_person", "He cries at night.").await;
        let path = format!("/notes/{note}/correct");
        corrected(father, &cast, &path, "No.").if_match(1).send().await.expect_problem(404, "not-found");
        corrected(&cast.teacher, &cast, &path, "No.").if_match(1).send().await.expect_problem(403, "forbidden");
        struck(&cast.teacher, &cast, &note).if_match(1).send().await.expect_problem(403, "forbidden");
        corrected(mother, &cast, &path, "He cries in the morning.").if_match(1).send().await.expect(200);
        struck(mother, &cast, &note).if_match(2).send().await.expect(200);
        assert!(!read(&cast.teacher, &cast, "/notes").await.text.contains("cries"));
        assert!(!read(father, &cast, "/notes").await.text.contains(&note));
    }

    async fn minutes_are_corrected_with_a_reason_and_approved_again(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let meeting = held_meeting(&world, &cast, &[&cast.nurse]).await;
        let one = format!("/meetings/{meeting}");
        mother.post(cast.path(&format!("{one}/approve"))).send().await.expect(200);
        let path = format!("{one}/minutes/correct");
        let correct = |by: &User| corrected(by, &cast, &path, "He swims on Tuesdays.").header("if-match", "*");
        for other in [&cast.nurse.user, &mother.user] {
            correct(other).send().await.expect_problem(403, "forbidden");
        }
        corrected(&cast.teacher, &cast, &path, "He swims on Mondays.").header("if-match", "*").send().await.expect_invalid("/text");
        correct(&cast.teacher).send().await.expect(200);
        let seen = read(mother, &cast, &one).await;
        assert_eq!(seen.text("/minutes"), "He swims on Tuesdays.");
        assert_eq!((seen.text("/earlier/0/text"), seen.text("/earlier/0/reason")), ("He swims on Mondays.".into(), "The time was wrong.".into()));
        let people = seen.body["participants"].as_array().expect("people");
        assert!(people.iter().all(|person| person["approved_at"].is_null()), "{people:?}");
        let approve = |read: u8| mother.post(cast.path(&format!("{one}/approve?corrections={read}"))).send();
        approve(0).await.expect_problem(409, "conflict");
        for query in ["corrections=x", "corrections=-1"] {
            let call = mother.post(cast.path(&format!("{one}/approve?{query}")));
            call.send().await.expect_invalid("?corrections");
        }
        approve(1).await.expect(200);
        assert_eq!(world.rows("earlier_approval WHERE number = 1").await, 1, "the approval of the earlier wording is kept");
    }

    async fn words_are_struck_out_of_a_measure_that_has_ended_and_what_was_there_before_goes_with_them(world: World) {
        let cast = world.shared_case().await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        let path = format!("/measures/{measure}");
        let change = |body: Value, version: i64| cast.teacher.patch(cast.path(&path)).json(body).if_match(version).send();
        change(json!({"description": "With Ida.", "contains": []}), 1).await.expect(200);
        change(json!({"description": "With a friend.", "reason": "No names.", "contains": []}), 2).await.expect(200);
        let ended = json!({
            "held_on": world.in_days(0), "outcome": "end_reached", "contains": [], "assessment": "Reached.", "child_view": "Fun.",
        });
        cast.teacher.post(cast.path(&format!("{path}/evaluations"))).json(ended).if_match(3).send().await.expect(201);
        change(json!({"evaluate_on": world.in_days(9), "reason": "Later.", "contains": []}), 4).await.expect_problem(409, "conflict");
        let struck = json!({"description": "In a group.", "reason": "It named a child.", "strike_out": true, "contains": []});
        let seen = change(struck, 4).await.expect(200);
        let earlier = seen.body["earlier"].as_array().expect("wordings");
        assert!(earlier.len() == 2 && earlier.iter().all(|wording| wording["text"].is_null()), "{earlier:?}");
        assert_eq!((&earlier[0]["reason"], &earlier[1]["reason"]), (&Value::Null, &json!("It named a child.")));
    }

    async fn nothing_is_added_to_a_measure_that_has_ended(world: World) {
        let cast = world.shared_case().await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        let path = cast.path(&format!("/measures/{measure}"));
        let ended = json!({
            "held_on": world.in_days(0), "outcome": "end_reached", "contains": [], "assessment": "Reached.", "child_view": "Fun.",
        });
        cast.teacher.post(format!("{path}/evaluations")).json(ended).if_match(1).send().await.expect(201);
        let first = json!({"description": "Twice a week.", "contains": []});
        cast.teacher.patch(path).json(first).if_match(2).send().await.expect_problem(409, "conflict");
    }

    async fn a_concern_that_is_about_another_child_takes_no_words_about_the_first_along(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let (child, other) = (world.child(&teacher, 8).await, world.child(&teacher, 9).await);
        let concern = world.concern(&teacher, &child).await;
        let path = format!("/v1/concerns/{concern}");
        let facts = teacher.get(&path).send().await.expect(200).text("/facts");
        let moved = json!({"child_id": other.id, "facts": "Was about another child."});
        let seen = teacher.put(&path).json(moved).if_match(1).send().await.expect(200);
        assert!(!seen.text.contains(&facts) && seen.body["earlier"][0]["struck_out"] == json!(true), "{}", seen.text);
        let again = world.concern(&teacher, &child).await;
        let path = format!("/v1/concerns/{again}");
        let update = |body: Value, version: i64| teacher.put(&path).json(body).if_match(version).send();
        let facts = teacher.get(&path).send().await.expect(200).text("/facts");
        update(json!({"child_id": null, "facts": facts}), 1).await.expect(200);
        let seen = update(json!({"child_id": other.id, "facts": "Was about another child."}), 2).await.expect(200);
        assert!(!seen.text.contains(&facts), "{}", seen.text);
        // The words were kept for a while, as if about the other child.
        let third = world.concern(&teacher, &child).await;
        let path = format!("/v1/concerns/{third}");
        let update = |body: Value, version: i64| teacher.put(&path).json(body).if_match(version).send();
        let facts = teacher.get(&path).send().await.expect(200).text("/facts");
        update(json!({"child_id": other.id, "facts": facts}), 1).await.expect(200);
        let seen = update(json!({"child_id": other.id, "facts": "Was about another child.", "change_reason": "Not Ola."}), 2).await;
        let seen = seen.expect(200);
        assert!(!seen.text.contains(&facts) && !seen.text.contains("Not Ola."), "{}", seen.text);
    }

    async fn a_concern_that_gets_the_name_of_its_child_keeps_its_words(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 8).await;
        let concerns = format!("/v1/units/{}/concerns", teacher.unit.id);
        let concern = teacher.post(&concerns).json(json!({"facts": "Sits alone."})).send().await.expect(201).text("/id");
        let named = json!({"child_id": child.id, "facts": "Sits with one friend."});
        let seen = teacher.put(format!("/v1/concerns/{concern}")).json(named).if_match(1).send().await.expect(200);
        assert_eq!(seen.text("/earlier/0/text"), "Sits alone.");
    }

    async fn a_measure_of_a_clinic_that_the_guardians_may_not_know_of_stays_with_it(world: World) {
        let cast = world.family_of_sixteen().await;
        let youth = world.youth(&cast.family.child).await;
        for kind in ["agreed", "confidential_health"] {
            consent_of(&world, &youth, &cast, kind).await;
        }
        world.add_to_team(&cast.teacher, cast.case, &cast.nurse).await;
        let measure = world.measure(&cast.teacher, cast.case, &cast.nurse).await;
        let taken = json!({"responsible_id": cast.teacher.id, "responsible_unit_id": cast.teacher.unit.id});
        let call = cast.nurse.patch(cast.path(&format!("/measures/{measure}"))).json(taken).if_match(1);
        call.send().await.expect_invalid("/responsible_unit_id");
    }

    async fn what_a_child_said_is_struck_out_and_written_anew_not_corrected(world: World) {
        let cast = world.shared_case().await;
        let said = json!({
            "audience": "team", "kind": "child_statement", "contains": [], "text": "I like it.", "heard_on": world.in_days(0),
            "heard_how": "alone", "heard_weight": "Great weight.",
        });
        let note = cast.nurse.post(cast.path("/notes")).json(said).send().await.expect(201).text("/id");
        corrected(&cast.nurse, &cast, &format!("/notes/{note}/correct"), "I do not.").if_match(1).send().await.expect_problem(409, "conflict");
        let seen = struck(&cast.nurse, &cast, &note).if_match(1).send().await.expect(200);
        for member in ["text", "heard_on", "heard_how", "heard_weight"] {
            assert_eq!(seen.body[member], Value::Null, "{member}");
        }
    }

    async fn what_is_kept_stays_as_it_was(world: World) {
        let cast = world.shared_case().await;
        let note = note_of(&cast.nurse, &cast, "team", "She came at nine.").await;
        corrected(&cast.nurse, &cast, &format!("/notes/{note}/correct"), "She came at ten.").if_match(1).send().await.expect(200);
        struck(&cast.nurse, &cast, &note).if_match(2).send().await.expect(200);
        let forged = [
            "DELETE FROM earlier_wording", "UPDATE earlier_wording SET text = 'new'", "UPDATE earlier_wording SET reason = NULL",
            "UPDATE note SET body = 'new'", "UPDATE note SET struck_out_reason = 'new' WHERE struck_out_at IS NOT NULL",
            "UPDATE earlier_wording SET struck_out = FALSE", "UPDATE earlier_wording SET text = text || 'x'",
            "UPDATE note SET struck_out_at = NULL, struck_out_by = NULL, struck_out_reason = NULL WHERE struck_out_at IS NOT NULL",
            "UPDATE note SET body = body || 'x' WHERE struck_out_at IS NOT NULL",
        ];
        for sql in forged {
            world.try_execute(sql).await.expect_err(sql);
        }
    }

    async fn a_meeting_without_minutes_has_none_to_correct(world: World) {
        let cast = world.shared_case().await;
        let meeting = world.meeting(&cast.teacher, cast.case, &[cast.family.guardians[0].id]).await;
        let path = format!("/meetings/{meeting}/minutes/correct");
        corrected(&cast.teacher, &cast, &path, "We met.").if_match(1).send().await.expect_problem(409, "conflict");
    }

    async fn a_concern_keeps_the_texts_that_an_update_replaces_and_no_other(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 8).await;
        let new = json!({"child_id": child.id, "facts": "Sits alone.", "risk_factors": "Moved in May."});
        let concerns = format!("/v1/units/{}/concerns", teacher.unit.id);
        let early = teacher.post(&concerns).json(new.clone()).with(&json!({"change_reason": "None."})).send().await;
        early.expect_invalid("/change_reason");
        let concern = teacher.post(&concerns).json(new.clone()).send().await.expect(201);
        let path = format!("/v1/concerns/{}", concern.text("/id"));
        let update = |body: Value, version: i64| teacher.put(&path).json(body).if_match(version).send();
        let same = update(new.clone(), 1).await.expect(200);
        assert_eq!(same.body["earlier"], json!([]), "the same words replace nothing");
        update(json!({"child_id": child.id, "facts": "Sits alone.", "risk_factors": "Moved in May.", "strike_out": true}), 2)
            .await.expect_invalid("/strike_out");
        let changed = json!({"child_id": child.id, "facts": "Sits with one friend.", "change_reason": "Saw more."});
        let seen = update(changed, 2).await.expect(200);
        let earlier = seen.body["earlier"].as_array().expect("wordings");
        let parts: Vec<_> = earlier.iter().map(|wording| (wording["part"].clone(), wording["text"].clone())).collect();
        assert_eq!(parts, [(json!("facts"), json!("Sits alone.")), (json!("risk_factors"), json!("Moved in May."))]);
        assert_eq!(earlier[0]["reason"], "Saw more.");
        let listed = teacher.get("/v1/concerns").send().await.expect(200);
        assert_eq!(listed.items()[0]["earlier"], seen.body["earlier"]);
    }

    async fn the_database_refuses_to_change_a_text_whose_wording_is_not_kept(world: World) {
        let cast = world.shared_case().await;
        world.goal(&cast.teacher, cast.case).await;
        world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        note_of(&cast.nurse, &cast, "team", "She came at nine.").await;
        held_meeting(&world, &cast, &[&cast.nurse]).await;
        world.concern(&cast.teacher, &cast.family.child).await;
        let texts = [("goal", "description"), ("note", "body"), ("meeting", "minutes"), ("concern", "facts")];
        for (table, column) in texts {
            let sql = format!("UPDATE {table} SET {column} = 'new', version = version + 1 WHERE {column} IS NOT NULL");
            let error = world.try_execute(sql).await.expect_err(table);
            assert!(format!("{error:?}").contains("the earlier wording of a text is kept"), "{table}: {error:?}");
        }
    }
}
