//! Information withheld from a guardian does not exist for that guardian.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    cast::{Cast, finds_nothing},
    support::{Call, User, World, both_engines},
};

both_engines! {
    async fn a_note_withheld_as_it_is_written_is_never_seen_by_that_guardian(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let body = json!({
            "audience": "team", "kind": "agreed", "contains": [], "text": "Not for the father.",
            "withheld_from": [{"guardian_id": father.id, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": "It would harm the child."}],
        });
        let note = cast.teacher.post(cast.path("/notes")).json(body).send().await.expect(201).text("/id");
        let path = cast.path(&format!("/notes/{note}"));
        father.get(&path).send().await.expect_problem(404, "not-found");
        assert!(father.get(cast.path("/notes")).send().await.expect(200).items().is_empty());
        for other in [&**mother, &cast.teacher, &cast.nurse] {
            assert!(!other.get(&path).send().await.expect(200).text.contains(&father.id.to_string()));
        }
    }

    async fn what_a_guardian_wrote_is_not_given_again_once_it_is_withheld_from_them(world: World) {
        let cast = world.shared_case().await;
        let father = &cast.family.guardians[1];
        let body = json!({"text": "From the father."});
        let call = father.post(cast.path("/notes")).json(body).idempotency_key("note");
        let first = call.clone().send().await.expect(201);
        assert_eq!(call.clone().send().await.expect(201).body, first.body);
        let body = json!({
            "guardian_id": father.id, "note_id": first.text("/id"), "legal_basis": "children_act", "review_on": "2027-02-01",
            "reason": "It would harm the child.",
        });
        cast.teacher.post(cast.path("/withholdings")).json(body).send().await.expect(201);
        call.send().await.expect_problem(404, "not-found");
        assert_eq!(world.rows("note").await, 1);
    }

    async fn a_case_withheld_from_a_guardian_is_gone_from_the_next_request(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let body = json!({"guardian_id": father.id, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": "It would endanger the child."});
        let made = cast.teacher.post(cast.path("/withholdings")).json(body.clone()).send().await.expect(201);
        let child = format!("/v1/children/{}", cast.family.child.id);
        let paths = [cast.path(""), cast.path("/team"), cast.path("/consents"), cast.path("/access-log"), child];
        finds_nothing(father, &paths).await;
        assert!(father.get("/v1/cases").send().await.expect(200).items().is_empty());
        for path in &paths {
            mother.get(path).send().await.expect(200);
        }
        // The consents he gave still apply, and he can withdraw them.
        cast.nurse.get(cast.path("")).send().await.expect(200);
        cast.teacher.post(cast.path("/withholdings")).json(body).send().await.expect_problem(409, "conflict");

        let end = cast.path(&format!("/withholdings/{}/end", made.text("/id")));
        cast.teacher.post(&end).if_match(1).send().await.expect(200);
        father.get(cast.path("")).send().await.expect(200);
        cast.teacher.post(end).if_match(2).send().await.expect_problem(409, "conflict");
    }

    async fn only_those_who_take_part_withhold_and_see_what_their_own_unit_withholds(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let note = world.note(&cast.nurse, cast.case, "team", "Sleeps badly.").await;
        let body = json!({
            "guardian_id": father.id, "note_id": note, "legal_basis": "patient_rights_act", "review_on": world.in_days(90),
            "reason": "She has asked for it.",
        });
        for other in [mother, father] {
            other.post(cast.path("/withholdings")).json(body.clone()).send().await.expect_problem(403, "forbidden");
            other.get(cast.path("/withholdings")).send().await.expect_problem(403, "forbidden");
        }
        // The ground of health services is not the school's, and what the school has written is not theirs to withhold.
        cast.teacher.post(cast.path("/withholdings")).json(body.clone()).send().await.expect_invalid("/legal_basis");
        let made = cast.nurse.post(cast.path("/withholdings")).json(body.clone()).send().await.expect(201);
        let by_teacher = world.note(&cast.teacher, cast.case, "team", "Is late.").await;
        let changed = |name: &str, value: Value| { let mut body = body.clone(); body[name] = value; body };
        let schools = changed("note_id", json!(by_teacher));
        cast.nurse.post(cast.path("/withholdings")).json(schools.clone()).send().await.expect_invalid("/legal_basis");
        let mut schools_law = schools;
        schools_law["legal_basis"] = json!("administration_act");
        cast.nurse.post(cast.path("/withholdings")).json(schools_law.clone()).send().await.expect_invalid("/legal_basis");
        let own = cast.teacher.post(cast.path("/withholdings")).json(schools_law).send().await.expect(201);
        // The whole case: only the contact person, and only on the law about information to a parent.
        for (who, basis) in [(&cast.teacher, "administration_act"), (&cast.teacher, "child_welfare_act"), (&cast.nurse, "children_act")] {
            let mut whole = changed("legal_basis", json!(basis));
            whole["note_id"] = Value::Null;
            who.post(cast.path("/withholdings")).json(whole).send().await.expect_invalid("/legal_basis");
        }
        for (place, wrong) in [("/guardian_id", json!(cast.nurse.id)), ("/legal_basis", json!("secrecy_act"))] {
            cast.nurse.post(cast.path("/withholdings")).json(changed(&place[1..], wrong)).send().await.expect_invalid(place);
        }
        for days in [0, 184] {
            let late = changed("review_on", json!(world.in_days(days)));
            cast.nurse.post(cast.path("/withholdings")).json(late).send().await.expect_invalid("/review_on");
        }
        // The contact person knows that it is withheld, and not why. The nurse knows only of her own.
        let all = cast.teacher.get(cast.path("/withholdings")).send().await.expect(200);
        assert_eq!(all.each("id"), [made.text("/id"), own.text("/id")]);
        assert_eq!([&all.body["items"][0]["reason"], &all.body["items"][1]["reason"]], [&Value::Null, &json!("She has asked for it.")]);
        let hers = cast.nurse.get(cast.path("/withholdings")).send().await.expect(200);
        assert_eq!((hers.each("id"), hers.text("/items/0/reason")), (vec![made.text("/id").as_str()], "She has asked for it.".into()));
        for verb in ["end", "review"] {
            let path = cast.path(&format!("/withholdings/{}/{verb}", own.text("/id")));
            let body = json!({"review_on": world.in_days(100), "reason": "Still."});
            cast.nurse.post(path).json(body).if_match(1).send().await.expect_problem(404, "not-found");
        }
    }

    async fn the_guardian_gets_a_letter_with_the_paragraph_and_how_to_complain(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let note = world.note(&cast.nurse, cast.case, "team", "Sleeps badly.").await;
        let body = json!({
            "guardian_id": father.id, "note_id": note, "legal_basis": "patient_rights_act", "review_on": world.in_days(90),
            "reason": "She is afraid of him.",
        });
        cast.nurse.post(cast.path("/withholdings")).json(body).send().await.expect(201);
        let letters = father.get("/v1/me/refusals").send().await.expect(200);
        assert_eq!(letters.items().len(), 1);
        assert_eq!((letters.text("/items/0/law"), letters.text("/items/0/complain_to")), ("pbrl § 3-4".into(), "Statsforvalteren".into()));
        assert_eq!(letters.text("/items/0/child_name"), cast.family.child.name);
        for part in ["er unntatt fra innsyn for deg", "pbrl § 3-4", "Statsforvalteren", "Klagefristen"] {
            assert!(letters.text("/items/0/text").contains(part), "{part}");
        }
        // Neither why, nor what, nor who.
        for secret in ["afraid", "Sleeps", &note.to_string(), &cast.nurse.id.to_string(), &cast.nurse.name, "notat"] {
            assert!(!letters.text.contains(secret), "{secret} in {}", letters.text);
        }
        for who in [&**mother, &cast.teacher, &cast.nurse] {
            assert!(who.get("/v1/me/refusals").send().await.expect(200).items().is_empty());
        }
        // A whole case: the letter is all that is left.
        let whole = json!({
            "guardian_id": father.id, "legal_basis": "children_act", "review_on": world.in_days(90), "reason": "It would harm.",
        });
        cast.teacher.post(cast.path("/withholdings")).json(whole).send().await.expect(201);
        finds_nothing(father, &[cast.path("")]).await;
        let letters = father.get("/v1/me/refusals").send().await.expect(200);
        assert_eq!((letters.items().len(), &letters.body["items"][1]["is_whole_case"]), (2, &json!(true)));
        assert!(letters.text("/items/1/text").starts_with("Saken er unntatt fra innsyn for deg."));
        let page = father.get("/v1/me/refusals?limit=1").send().await.expect(200);
        let next = format!("/v1/me/refusals?limit=1&cursor={}", page.text("/next_cursor"));
        assert_eq!(father.get(next).send().await.expect(200).body["items"][0], letters.body["items"][1]);
        for (basis, body, representative) in [
            ("personal_data_act", "Datatilsynet", false), ("administration_act", "Statsforvalteren", true),
        ] {
            let note = world.note(&cast.teacher, cast.case, "team", "Is late.").await;
            let more = json!({
                "guardian_id": father.id, "note_id": note, "legal_basis": basis, "review_on": world.in_days(90), "reason": "It would harm.",
            });
            let made = cast.teacher.post(cast.path("/withholdings")).json(more).send().await.expect(201).text("/id");
            let letters = father.get("/v1/me/refusals").send().await.expect(200);
            let letter = letters.items().iter().find(|letter| letter["id"] == json!(made)).expect("a letter");
            assert_eq!((&letter["complain_to"], letter["representative"].is_string()), (&json!(body), representative));
        }
    }

    async fn a_letter_that_is_delayed_comes_on_its_day_and_the_withholding_is_reviewed(world: World) {
        let cast = world.shared_case().await;
        let father = &cast.family.guardians[1];
        let note = world.note(&cast.teacher, cast.case, "team", "Is late.").await;
        let delay = json!({"letter_from": world.in_days(20), "ground": "criminal_proceedings", "reason": "The police will talk to him first."});
        let body = json!({
            "guardian_id": father.id, "note_id": note, "legal_basis": "administration_act", "review_on": world.in_days(40),
            "reason": "It would harm.", "letter_delay": delay,
        });
        let id = cast.teacher.post(cast.path("/withholdings")).json(body).send().await.expect(201).text("/id");
        let letters = async || father.get("/v1/me/refusals").send().await.expect(200).items().len();
        let tasks = async |who: &User| who.get("/v1/follow-ups").send().await.expect(200).text;
        assert_eq!(letters().await, 0);
        assert!(!tasks(&cast.teacher).await.contains("review_withholding"), "in a month");
        let review = cast.path(&format!("/withholdings/{id}/review"));
        let later = json!({"letter_from": world.in_days(25), "ground": "fundamental_interests", "reason": "He is not heard yet."});
        let again = json!({"review_on": world.in_days(50), "reason": "Nothing has changed.", "letter_delay": later});
        cast.teacher.post(&review).json(again.clone()).if_match(1).send().await.expect(200);
        cast.teacher.post(&review).json(again.clone()).if_match(1).send().await.expect_problem(412, "version-mismatch");
        world.advance(TimeDelta::days(24));
        assert_eq!(letters().await, 0);
        world.advance(TimeDelta::days(1));
        assert_eq!(letters().await, 1);
        cast.teacher.post(&review).json(again).if_match(2).send().await.expect_invalid("/letter_delay");
        assert!(tasks(&cast.teacher).await.contains("review_withholding"));
        assert!(!tasks(&cast.nurse).await.contains("review_withholding") && !tasks(father).await.contains("review_withholding"));
        world.advance(TimeDelta::days(26));
        let due = cast.teacher.get("/v1/follow-ups").send().await.expect(200);
        let task = due.items().iter().find(|task| task["kind"] == "review_withholding").expect("a task").clone();
        assert_eq!((&task["object_id"], &task["overdue"]), (&json!(id), &json!(true)));
        // It still applies: a forgotten review opens nothing.
        finds_nothing(father, &[cast.path(&format!("/notes/{note}"))]).await;
        let needed = json!({"review_on": world.in_days(100), "reason": "He has written to her."});
        let done = cast.teacher.post(&review).json(needed).if_match(2).send().await.expect(200);
        assert_eq!(done.text("/review_on"), world.in_days(100));
        assert!(!tasks(&cast.teacher).await.contains("review_withholding"));
        assert_eq!(world.rows("withholding_review").await, 2);
        cast.teacher.post(cast.path(&format!("/withholdings/{id}/end"))).if_match(3).send().await.expect(200);
        cast.teacher.post(&review).json(json!({"review_on": world.in_days(9), "reason": "Again."})).if_match(4).send().await
            .expect_problem(409, "conflict");
    }

    async fn a_withheld_measure_does_not_close_the_child_or_the_contact_details(world: World) {
        let cast = world.shared_case().await;
        let father = &cast.family.guardians[1];
        let measure = world.measure(&cast.teacher, cast.case, &cast.teacher).await;
        let child = format!("/v1/children/{}", cast.family.child.id);
        let contact = json!({"protection": "none", "phone": "12345678"});
        cast.teacher.put(format!("{child}/contact-details")).json(contact).header("if-match", "*").send().await.expect(200);
        withhold(&cast, father, &json!({"measure_id": measure})).send().await.expect(201);
        finds_nothing(father, &[cast.path(&format!("/measures/{measure}"))]).await;
        for path in [child.clone(), format!("{child}/guardians"), format!("{child}/contact-details"), cast.path("")] {
            father.get(path).send().await.expect(200);
        }
    }
}

/// Withholds a measure or a meeting from a guardian.
fn withhold(cast: &Cast, guardian: &User, what: &Value) -> Call {
    let mut body = json!({"guardian_id": guardian.id, "legal_basis": "children_act", "review_on": "2027-02-01", "reason": "It would harm."});
    body.as_object_mut().expect("a body").extend(what.as_object().expect("an object").clone());
    cast.teacher.post(cast.path("/withholdings")).json(body)
}

/// Returns everything that a person reads of the case, and their lists.
async fn read_all(cast: &Cast, who: &User) -> String {
    let below = ["", "/measures", "/meetings", "/notes", "/history", "/goals"].map(|below| cast.path(below));
    let mut all = String::new();
    for path in below.into_iter().chain(["/v1/cases".into(), "/v1/follow-ups".into()]) {
        all.push_str(&who.get(path).send().await.expect(200).text);
    }
    all
}

both_engines! {
    async fn a_measure_and_a_meeting_withheld_from_a_guardian_are_in_nothing_that_guardian_reads(world: World) {
        let cast = world.shared_case().await;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        let soon = |title: &str, days: i64| json!({
            "title": title, "level": "selective", "contains": [], "responsible_id": cast.nurse.id,
            "responsible_unit_id": cast.nurse.unit.id, "evaluate_on": world.in_days(days),
        });
        let secret = cast.teacher.post(cast.path("/measures")).json(soon("Talks alone", 7)).send().await.expect(201);
        let meeting = world.meeting(&cast.teacher, cast.case, &[mother.id]).await;
        let other = world.meeting(&cast.teacher, cast.case, &[mother.id, father.id]).await;
        let minutes = |measure: Value| json!({
            "contains": [], "minutes": "Agreed.", "attended": [mother.id],
            "decisions": [{"text": "Talks at school.", "measure": measure}, {"text": "The gym is open."}],
        });
        for (meeting, measure) in [(meeting, soon("Play group", 42)), (other, soon("Walks", 50))] {
            let path = cast.path(&format!("/meetings/{meeting}/minutes"));
            cast.teacher.put(path).json(minutes(measure)).if_match(1).send().await.expect(200);
        }
        let planned = json!({
            "starts_at": world.now() + chrono::TimeDelta::days(2), "contains": [], "agenda": "What father may not know.",
            "participants": [mother.id, father.id],
        });
        let planned = cast.teacher.post(cast.path("/meetings")).json(planned).send().await.expect(201).text("/id");
        let walks = cast.nurse.get(cast.path("/measures")).send().await.expect(200);
        let walks = walks.items().iter().find(|row| row["title"] == "Walks").expect("a measure")["id"].clone();

        let withhold = |what: Value| withhold(&cast, father, &what);
        for what in [
            json!({"measure_id": secret.text("/id")}), json!({"measure_id": walks}), json!({"meeting_id": meeting}),
            json!({"meeting_id": planned}),
        ] {
            withhold(what.clone()).send().await.expect(201);
            withhold(what).send().await.expect_problem(409, "conflict");
        }
        withhold(json!({"measure_id": meeting})).send().await.expect_invalid("/measure_id");
        withhold(json!({"meeting_id": walks})).send().await.expect_invalid("/meeting_id");
        withhold(json!({"meeting_id": meeting, "measure_id": walks})).send().await.expect_invalid("/measure_id");

        let all = async |who: &User| read_all(&cast, who).await;
        let signs = [secret.text("/id"), walks.as_str().expect("an id").to_owned(), meeting.to_string(), planned, "Talks alone".into()];
        let (told, kept_from) = (all(mother).await, all(father).await);
        for sign in &signs {
            assert!(told.contains(sign), "{sign}");
            assert!(!kept_from.contains(sign), "{sign} in {kept_from}");
        }
        assert_eq!(mother.get(cast.path("")).send().await.expect(200).text("/next_evaluation_on"), world.in_days(7));
        assert_eq!(father.get(cast.path("")).send().await.expect(200).text("/next_evaluation_on"), world.in_days(42));
        let left = father.get(cast.path(&format!("/meetings/{other}"))).send().await.expect(200);
        assert_eq!(left.body["decisions"], json!([{"number": 1, "text": "The gym is open.", "measure_id": null}]));
        // The other guardian, and those who help, read all of it. Once it ends, so does the father.
        let list = cast.teacher.get(cast.path("/withholdings")).send().await.expect(200);
        for id in list.each("id") {
            cast.teacher.post(cast.path(&format!("/withholdings/{id}/end"))).if_match(1).send().await.expect(200);
        }
        let told = all(father).await;
        assert!(signs.iter().all(|sign| told.contains(sign)));
    }
}
