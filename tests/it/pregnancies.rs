//! Until birth the pregnant woman is the registered person, and the record is hers. Then the child gets a record of its own.

use serde_json::{Value, json};
use stafett::kernel::ids::CaseId;

use crate::{
    cast::{finds_nothing, walk},
    contact_details::{graded, put},
    support::{Child, Role, Staff, User, World, both_engines, files},
};

/// A pregnant woman with a case at the health centre, and the nurse who is the contact person.
struct Pregnancy {
    nurse: Staff,
    registered: Child,
    woman: User,
    case: CaseId,
}

impl Pregnancy {
    async fn in_world(world: &World) -> Self {
        let nurse = world.worker("kragero/helsestasjon").await;
        let (registered, woman) = world.pregnant_woman(&nurse).await;
        let case = world.open_case_agreed_with(&nurse, &registered, "youth").await;
        Self { nurse, registered, woman, case }
    }

    fn child(&self) -> String {
        format!("/v1/children/{}", self.registered.id)
    }

    fn path(&self, below: &str) -> String {
        format!("/v1/cases/{}{below}", self.case)
    }

    /// The birth of a child who lives with the woman.
    fn birth(world: &World) -> Value {
        json!({
            "name": "Iben Solbakk", "birth_date": world.in_days(0), "lives_with_mother": true, "mother_alone": true, "other_guardians": [], "agreed_on": world.in_days(0),
            "level": 0, "case_reason": "They are followed up after birth.", "contains": [], "next_step": world.next_step(),
        })
    }

    async fn born(&self, birth: Value) -> (String, String) {
        let made = self.nurse.post(self.path("/births")).json(birth).send().await.expect(201);
        assert_eq!(made.header("location"), Some(format!("/v1/cases/{}", made.text("/case_id")).as_str()));
        (format!("/v1/children/{}", made.text("/child_id")), format!("/v1/cases/{}", made.text("/case_id")))
    }

    async fn tasks(&self) -> Vec<Value> {
        let tasks = walk(&self.nurse, "/v1/follow-ups").await;
        tasks.into_iter().filter(|task| task["kind"] != "next_step").collect()
    }
}

both_engines! {
    async fn the_record_is_the_womans_and_not_the_fathers(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let Pregnancy { nurse, registered, woman, .. } = &pregnancy;
        let father = world.guardian_of(nurse, registered, true).await;
        finds_nothing(&father, &[pregnancy.path(""), pregnancy.path("/notes"), pregnancy.child()]).await;
        let case = woman.get(pregnancy.path("")).send().await.expect(200);
        assert_eq!(case.text("/child_name"), registered.name);
        let note = json!({"audience": "team", "kind": "health", "contains": [], "text": "The blood pressure is high."});
        nurse.post(pregnancy.path("/notes")).json(note).send().await.expect(201);
        assert_eq!(walk(woman, &pregnancy.path("/notes")).await.len(), 1, "she reads of her own health");
        // She consents alone.
        let adviser = world.worker("kragero/nav").await;
        world.consent(woman, pregnancy.case, &[&adviser.unit]).await;
        world.add_to_team(nurse, pregnancy.case, &adviser).await;
        adviser.get(pregnancy.path("")).send().await.expect(200);
        let consent = json!({"unit_ids": [adviser.unit.id], "purpose": "Help.", "valid_until": world.in_days(30), "text_version": "1"});
        father.post(pregnancy.path("/consents")).json(consent).send().await.expect(404);
    }

    async fn the_due_date_moves_with_a_reason_that_stays(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let Pregnancy { nurse, woman, .. } = &pregnancy;
        let read = nurse.get(pregnancy.child()).send().await.expect(200);
        assert_eq!((read.text("/due_on"), &read.body["version"]), (world.in_days(60), &json!(1)));
        let moved = json!({"due_on": world.in_days(53), "reason": "By ultrasound."});
        nurse.patch(pregnancy.child()).json(moved).send().await.expect_problem(428, "precondition-required");
        let moved = json!({"due_on": world.in_days(53), "reason": "By ultrasound."});
        let moved = nurse.patch(pregnancy.child()).json(moved).if_match(1).send().await.expect(200);
        assert_eq!(moved.text("/due_on"), world.in_days(53));
        let corrections = walk(woman, &format!("{}/corrections", pregnancy.child())).await;
        assert_eq!(corrections.len(), 1);
        assert_eq!(corrections[0]["field"], "due_on");
        assert_eq!(
            (&corrections[0]["before"], &corrections[0]["after"], &corrections[0]["reason"]),
            (&json!(world.in_days(60)), &json!(world.in_days(53)), &json!("By ultrasound."))
        );
        let ended = json!({"pregnancy_ended": true, "reason": "She has lost the child."});
        let ended = nurse.patch(pregnancy.child()).json(ended.clone()).if_match(2).send().await.expect(200);
        assert_eq!(ended.body["due_on"], Value::Null);
        let again = json!({"pregnancy_ended": true, "reason": "Again."});
        nurse.patch(pregnancy.child()).json(again).if_match(3).send().await.expect_invalid("/pregnancy_ended");
        // Her details can be corrected afterwards, although she is no child.
        let named = json!({"name": "Alma Fjellheim", "reason": "She has married."});
        nurse.patch(pregnancy.child()).json(named).if_match(3).send().await.expect(200);
    }

    async fn only_those_who_need_it_know_of_a_pregnancy(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.family(&nurse, 16, 1).await;
        let case = world.open_case(&nurse, &family.child).await;
        let (path, mother) = (format!("/v1/children/{}", family.child.id), &family.guardians[0]);
        let before = mother.get(&path).send().await.expect(200);
        let due = json!({"due_on": world.in_days(100), "reason": "She is pregnant."});
        nurse.patch(&path).json(due).if_match(1).send().await.expect(200);
        let after = mother.get(&path).send().await.expect(200);
        assert_eq!((before.text.clone(), before.etag()), (after.text.clone(), after.etag()), "nothing shows that she is pregnant");
        assert_eq!((&after.body["due_on"], &after.body["version"]), (&Value::Null, &Value::Null));
        assert!(walk(mother, &format!("{path}/corrections")).await.is_empty());
        let youth = world.youth(&family.child).await;
        assert_eq!(youth.get(&path).send().await.expect(200).text("/due_on"), world.in_days(100));
        let teacher = world.worker("kragero/skole").await;
        world.consent(&youth, case, &[&teacher.unit]).await;
        world.add_to_team(&nurse, case, &teacher).await;
        assert_eq!(teacher.get(&path).send().await.expect(200).body["due_on"], Value::Null);
        for who in [mother, &*teacher, &*youth] {
            let birth = Pregnancy::birth(&world);
            who.post(format!("/v1/cases/{case}/births")).json(birth).send().await.expect_problem(403, "forbidden");
            assert!(walk(who, "/v1/follow-ups").await.iter().all(|task| task["kind"] != "record_birth"));
        }
    }

    async fn a_child_is_born_with_a_record_of_its_own_and_the_same_contact_person(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let Pregnancy { nurse, woman, registered, .. } = &pregnancy;
        world.goal(nurse, pregnancy.case).await;
        let adviser = world.worker("kragero/nav").await;
        world.consent(woman, pregnancy.case, &[&adviser.unit]).await;
        world.add_to_team(nurse, pregnancy.case, &adviser).await;
        let (child, case) = pregnancy.born(Pregnancy::birth(&world)).await;
        let opened = woman.get(&case).send().await.expect(200);
        assert_eq!(opened.body["contact_person_id"], json!(nurse.id));
        assert_eq!((opened.text("/child_name"), opened.text("/child_birth_date")), ("Iben Solbakk".to_owned(), world.in_days(0)));
        assert_eq!(opened.text("/next_step/what"), "Talk with the class.");
        let guardians = walk(woman, &format!("{child}/guardians")).await;
        assert_eq!(guardians.len(), 1);
        assert_eq!((&guardians[0]["guardian_id"], &guardians[0]["guardian_name"]), (&json!(woman.id), &json!(registered.name)));
        assert_eq!(guardians[0]["parental_responsibility"], true);
        // Nothing of her record follows, and nobody who helped her takes part here.
        assert!(walk(woman, &format!("{case}/goals")).await.is_empty());
        finds_nothing(&adviser, &[case.clone(), child.clone()]).await;
        // The father sees the record of his child and not hers.
        let father = world.guardian("4014", world.adult_number()).await;
        let registration = json!({
            "national_id": father.national_id.as_str(), "name": father.name, "parental_responsibility": true, "lives_with_child": true
        });
        nurse.post(format!("{child}/guardians")).json(registration).send().await.expect(201);
        father.get(&case).send().await.expect(200);
        finds_nothing(&father, &[pregnancy.path(""), pregnancy.child()]).await;
        assert_eq!(walk(&father, "/v1/cases").await.len(), 1);
        // Her own goes on, and the pregnancy has ended.
        let own = woman.get(pregnancy.child()).send().await.expect(200);
        assert_eq!(own.body["due_on"], Value::Null);
        woman.get(pregnancy.path("")).send().await.expect(200);
        nurse.post(pregnancy.path("/births")).json(Pregnancy::birth(&world)).send().await.expect_problem(409, "conflict");
        // The act is in both logs.
        for path in [pregnancy.path("/access-log"), format!("{case}/access-log")] {
            let log = woman.get(&path).send().await.expect(200);
            assert!(log.items().iter().any(|entry| entry["person_name"] == json!(nurse.name)), "{path}: {}", log.text);
        }
    }

    async fn a_twin_is_born_while_another_is_expected(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let mut first = Pregnancy::birth(&world);
        first["another_expected"] = json!(true);
        let (_, one) = pregnancy.born(first).await;
        let (_, other) = pregnancy.born(Pregnancy::birth(&world)).await;
        assert_ne!(one, other);
        assert_eq!(walk(&pregnancy.woman, "/v1/cases").await.len(), 3);
    }

    async fn a_birth_that_is_not_possible_is_refused_field_by_field(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let (children, cases) = (world.rows("child").await, world.rows("care_case").await);
        for (field, value) in [
            ("birth_date", json!(world.in_days(1))),
            ("birth_date", json!(world.in_days(-93))),
            ("agreed_on", json!(world.in_days(1))),
            ("level", json!(99)),
            ("contains", json!(["family_counselling"])),
            ("name", json!(" ")),
            ("case_reason", json!("")),
            ("unknown", json!(1)),
        ] {
            let mut birth = Pregnancy::birth(&world);
            birth[field] = value;
            let refused = pregnancy.nurse.post(pregnancy.path("/births")).json(birth).send().await;
            assert_eq!(refused.status, 422, "{field}: {}", refused.text);
            let pointer = refused.text("/errors/0/pointer");
            assert!(pointer.starts_with(&format!("/{field}")), "{field}: {pointer}");
        }
        let mut birth = Pregnancy::birth(&world);
        birth["next_step"]["due_on"] = json!(world.in_days(-1));
        pregnancy.nurse.post(pregnancy.path("/births")).json(birth).send().await.expect_invalid("/next_step/due_on");
        let mut birth = Pregnancy::birth(&world);
        birth["national_id"] = json!(pregnancy.registered.national_id.as_str());
        birth.as_object_mut().expect("an object").remove("birth_date");
        pregnancy.nurse.post(pregnancy.path("/births")).json(birth).send().await.expect_invalid("/national_id");
        assert_eq!((world.rows("child").await, world.rows("care_case").await), (children, cases), "nothing is written");
    }

    async fn a_due_date_fits_the_person(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        let path = format!("/v1/units/{}/children", nurse.unit.id);
        let register = |body: Value| nurse.post(path.clone()).json(body).send();
        let woman = world.adult_number();
        let too_old = json!({"national_id": woman.as_str(), "name": "Alma Fjellheim"});
        register(too_old).await.expect_invalid("/national_id");
        for days in [-93, 301] {
            let body = json!({"national_id": woman.as_str(), "name": "Alma Fjellheim", "due_on": world.in_days(days)});
            register(body).await.expect_invalid("/due_on");
        }
        let child = json!({"national_id": world.child_number(7).as_str(), "name": "Iben Solbakk", "due_on": world.in_days(60)});
        register(child).await.expect_invalid("/due_on");
        let pregnancy = Pregnancy::in_world(&world).await;
        for (field, value) in [("name", json!("Another")), ("birth_date", json!("1990-01-01"))] {
            let mut both = json!({"due_on": world.in_days(50), "reason": "By ultrasound."});
            both[field] = value;
            let call = pregnancy.nurse.patch(pregnancy.child()).json(both).if_match(1);
            call.send().await.expect_invalid(&format!("/{field}"));
        }
        let both = json!({"due_on": world.in_days(50), "pregnancy_ended": true, "reason": "Both."});
        pregnancy.nurse.patch(pregnancy.child()).json(both).if_match(1).send().await.expect_invalid("/due_on");
    }

    async fn a_birth_is_a_task_of_the_contact_person_until_it_is_recorded(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let tasks = pregnancy.tasks().await;
        assert_eq!(tasks.len(), 1);
        assert_eq!((&tasks[0]["kind"], &tasks[0]["due_on"]), (&json!("record_birth"), &json!(world.in_days(60))));
        assert_eq!((&tasks[0]["object_id"], &tasks[0]["overdue"]), (&json!(pregnancy.registered.id), &json!(false)));
        world.advance(chrono::TimeDelta::days(61));
        assert_eq!(pregnancy.tasks().await[0]["overdue"], true);
        let mut birth = Pregnancy::birth(&world);
        birth["birth_date"] = json!(world.in_days(-2));
        pregnancy.born(birth).await;
        assert!(pregnancy.tasks().await.is_empty());
    }

    async fn the_child_gets_the_protection_of_the_address_it_lives_at(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        put(&pregnancy.nurse, &pregnancy.registered, 0, graded("strictly_confidential")).send().await.expect(200);
        for (with_mother, protection) in [(true, "strictly_confidential"), (false, "none")] {
            let mut birth = Pregnancy::birth(&world);
            birth["another_expected"] = json!(true);
            birth["lives_with_mother"] = json!(with_mother);
            let (child, _) = pregnancy.born(birth).await;
            let contact = pregnancy.nurse.get(format!("{child}/contact-details")).send().await.expect(200);
            assert_eq!(contact.text("/protection"), protection);
        }
    }

    async fn the_other_parent_is_not_forgotten(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let father = world.guardian("4014", world.adult_number()).await;
        let other = json!({
            "national_id": father.national_id.as_str(), "name": father.name, "parental_responsibility": true, "lives_with_child": true
        });
        let birth = |alone: bool, others: Value| {
            let mut birth = Pregnancy::birth(&world);
            birth["mother_alone"] = json!(alone);
            birth["other_guardians"] = others;
            pregnancy.nurse.post(pregnancy.path("/births")).json(birth)
        };
        birth(false, json!([])).send().await.expect_invalid("/other_guardians");
        birth(true, json!([other])).send().await.expect_invalid("/mother_alone");
        let mut herself = other.clone();
        herself["national_id"] = json!(pregnancy.registered.national_id.as_str());
        birth(false, json!([herself])).send().await.expect_problem(409, "conflict");
        let made = birth(false, json!([other])).send().await.expect(201);
        father.get(format!("/v1/cases/{}", made.text("/case_id"))).send().await.expect(200);
        finds_nothing(&father, &[pregnancy.path(""), pregnancy.child()]).await;
    }

    async fn the_same_child_is_not_born_twice(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let mut birth = Pregnancy::birth(&world);
        birth["another_expected"] = json!(true);
        birth.as_object_mut().expect("an object").remove("birth_date");
        let number = stafett::kernel::NationalId::synthetic(world.today() - chrono::TimeDelta::days(3), 7).expect("a number");
        birth["national_id"] = json!(number.as_str());
        pregnancy.born(birth.clone()).await;
        pregnancy.nurse.post(pregnancy.path("/births")).json(birth).send().await.expect_problem(409, "conflict");
        assert_eq!(world.rows("care_case").await, 2);
    }

    async fn those_too_close_to_her_are_too_close_to_the_child(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let friend = world.worker("kragero/helsestasjon").await;
        let declared = json!({"national_id": pregnancy.registered.national_id.as_str(), "ground": "friend"});
        friend.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        let (_, case) = pregnancy.born(Pregnancy::birth(&world)).await;
        let seat = json!({"person_id": friend.id, "unit_id": friend.unit.id, "contains": [], "task": "Helps."});
        pregnancy.nurse.post(format!("{case}/team")).json(seat).send().await.expect_problem(409, "conflict");
    }

    async fn a_case_is_not_closed_while_a_child_is_expected(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let closing = json!({"reason": "Done.", "final_evaluation": "It helped.", "contains": []});
        let close = || pregnancy.nurse.post(pregnancy.path("/close")).json(closing.clone()).header("if-match", "*");
        close().send().await.expect_problem(409, "conflict");
        pregnancy.born(Pregnancy::birth(&world)).await;
        close().send().await.expect(200);
    }

    async fn nobody_becomes_the_registered_person_by_a_due_date(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.family(&nurse, 16, 1).await;
        world.open_case(&nurse, &family.child).await;
        let path = format!("/v1/children/{}", family.child.id);
        let due = json!({"due_on": world.in_days(100), "reason": "She is pregnant."});
        nurse.patch(&path).json(due).if_match(1).send().await.expect(200);
        let adult = json!({"national_id": world.adult_number().as_str(), "reason": "It was wrong."});
        nurse.patch(&path).json(adult).if_match(2).send().await.expect_invalid("/national_id");
        let own = world.child_number(17);
        let youth = world.user("4014", &own).await;
        world.grant(&youth, &nurse.unit, Role::Worker).await;
        let child = json!({"national_id": world.child_number(16).as_str(), "name": "Iben Solbakk"});
        let child = youth.post(format!("/v1/units/{}/children", nurse.unit.id)).json(child).send().await.expect(201);
        let path = format!("/v1/children/{}", child.text("/id"));
        let own = json!({"national_id": own.as_str(), "reason": "It was wrong."});
        youth.patch(&path).json(own).if_match(1).send().await.expect_invalid("/national_id");
    }

    async fn she_brings_what_she_chooses_to_the_record_of_her_child(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let note = json!({"audience": "team", "kind": "health", "contains": [], "text": "The blood pressure is high."});
        pregnancy.nurse.post(pregnancy.path("/notes")).json(note).send().await.expect(201);
        let (_, case) = pregnancy.born(Pregnancy::birth(&world)).await;
        let taken = pregnancy.woman.get(pregnancy.path("/record")).send().await.expect(200);
        let files = files(&taken.bytes);
        let entry = files.iter().find(|(_, text)| text.contains("blood pressure")).expect("the note");
        let brought = json!({"entries": [{"signed": entry.1, "audience": "team", "contains": []}]});
        pregnancy.woman.post(format!("{case}/bring-entries")).json(brought).send().await.expect(201);
        let notes = walk(&pregnancy.woman, &format!("{case}/notes")).await;
        assert_eq!((notes.len(), &notes[0]["kind"]), (1, &json!("parents_health")), "it is about a parent here");
        assert_eq!(notes[0]["about_person_id"], json!(pregnancy.woman.id));
    }

    async fn a_repeated_birth_is_the_same_birth(world: World) {
        let pregnancy = Pregnancy::in_world(&world).await;
        let birth = || pregnancy.nurse.post(pregnancy.path("/births")).header("idempotency-key", "born-1").json(Pregnancy::birth(&world));
        let first = birth().send().await.expect(201);
        assert_eq!(birth().send().await.expect(201).text, first.text);
        assert_eq!(world.rows("care_case").await, 2);
    }

    async fn nobody_learns_of_a_pregnancy_by_how_a_registration_was_corrected(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        let unborn = world.child(&nurse, 0).await;
        let (id, due) = (world.sql_id(unborn.id.uuid()), world.in_days(40));
        let marked = format!("UPDATE child SET birth_date = '{due}', unborn = 'registered' WHERE id = {id}");
        world.try_execute(marked).await.expect("marked");
        let (path, number) = (format!("/v1/children/{}", unborn.id), world.child_number(16));
        let her = json!({"due_on": due, "national_id": number.as_str(), "name": "Alma Fjellheim", "reason": "She is pregnant."});
        nurse.patch(&path).json(her).if_match(1).send().await.expect(200);
        let mother = world.guardian_of(&nurse, &unborn, true).await;
        let list = format!("{path}/corrections");
        assert!(walk(&mother, &list).await.is_empty());
        assert_eq!(walk(&nurse, &list).await.len(), 4);
        let named = json!({"name": "Alma Solbakk", "reason": "She has married."});
        nurse.patch(&path).json(named).if_match(2).send().await.expect(200);
        assert_eq!(walk(&mother, &list).await.len(), 1, "what is corrected afterwards is shown");
    }

    async fn an_unborn_child_that_was_registered_gives_way_to_its_mother(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        let family = world.family(&nurse, 0, 2).await;
        let case = world.open_case(&nurse, &family.child).await;
        let mother = &family.guardians[0];
        let own = json!({
            "audience": "team", "kind": "parents_health", "about_person_id": mother.id, "contains": [], "text": "The blood pressure is high.",
        });
        let own = nurse.post(format!("/v1/cases/{case}/notes")).json(own).send().await.expect(201).text("/id");
        // As it was registered before: the date of birth is the due date.
        let id = world.sql_id(family.child.id.uuid());
        let due = world.in_days(40);
        let unborn = format!("UPDATE child SET birth_date = '{due}', unborn = 'registered' WHERE id = {id}");
        world.try_execute(unborn).await.expect("updated");
        let (path, case) = (format!("/v1/children/{}", family.child.id), format!("/v1/cases/{case}"));
        for parent in &family.guardians {
            finds_nothing(parent, &[path.clone(), case.clone()]).await;
        }
        let tasks = walk(&nurse, "/v1/follow-ups").await;
        assert!(tasks.iter().any(|task| task["kind"] == "register_pregnant_woman"), "{tasks:?}");
        // The due date opens nothing: what is written is about her.
        world.advance(chrono::TimeDelta::days(41));
        for parent in &family.guardians {
            finds_nothing(parent, &[path.clone(), case.clone()]).await;
        }
        let born = json!({"birth_date": world.in_days(-1), "reason": "Born."});
        nurse.patch(&path).json(born).if_match(1).send().await.expect_invalid("/due_on");
        let anonymous = json!({"due_on": due, "name": "Alma Fjellheim", "reason": "The record is hers."});
        nurse.patch(&path).json(anonymous).if_match(1).send().await.expect_invalid("/birth_date");
        let her = json!({
            "due_on": due, "national_id": mother.national_id.as_str(), "name": "Alma Fjellheim", "reason": "The record is hers."
        });
        nurse.patch(&path).json(her).if_match(1).send().await.expect(200);
        assert_eq!(mother.get(&case).send().await.expect(200).text("/child_name"), "Alma Fjellheim");
        mother.get(format!("{case}/notes/{own}")).send().await.expect(200);
        let guardians = walk(&nurse, &format!("{path}/guardians")).await;
        assert!(guardians.iter().all(|row| !row["ended_at"].is_null()), "an unborn child has none: {guardians:?}");
        finds_nothing(&family.guardians[1], &[path.clone(), case.clone()]).await;
        assert_eq!(walk(mother, &format!("{path}/corrections")).await.len(), 4, "her name, number, date of birth and due date");
        let tasks = walk(&nurse, "/v1/follow-ups").await;
        assert!(tasks.iter().all(|task| task["kind"] != "register_pregnant_woman"), "{tasks:?}");
    }
}
