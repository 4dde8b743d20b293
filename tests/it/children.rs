//! Children and guardians: registrations are separate, and a change of parental responsibility has effect at once.

use serde_json::{Value, json};
use stafett::kernel::{Id, ids::Guardianship};

use crate::{
    cast::{at_once, at_once_on, exactly_one_wins, finds_nothing, walk},
    support::{Answer, Call, Child, Role, Staff, User, World, both_engines},
};

/// The guardianships of a child, as a person sees them.
async fn guardianships(by: &User, child: &Child) -> Vec<Value> {
    walk(by, &format!("/v1/children/{}/guardians", child.id)).await
}

fn change(by: &User, child: &Child, guardianship: &Value, body: Value) -> Call {
    let id = guardianship["id"].as_str().expect("an id");
    let version = guardianship["version"].as_i64().expect("a version");
    by.patch(format!("/v1/children/{}/guardians/{id}", child.id)).json(body).if_match(version)
}

fn without_responsibility() -> Value {
    json!({"parental_responsibility": false, "lives_with_child": true})
}

fn register(by: &Staff, body: Value) -> Call {
    by.post(format!("/v1/units/{}/children", by.unit.id)).json(body)
}

fn shape(answer: &Answer) -> Vec<String> {
    answer.body.as_object().expect("an object").keys().cloned().collect()
}

both_engines! {
    async fn a_number_given_in_two_units_tells_neither_of_the_other(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let number = world.child_number(7);
        let as_known = |name: &str| json!({"national_id": number.as_str(), "name": name});
        let first = register(&teacher, as_known("Iben Solbakk")).send().await.expect(201);
        let second = register(&nurse, as_known("Iben Havnes")).send().await.expect(201);
        assert_ne!(first.text("/id"), second.text("/id"));
        assert_eq!(shape(&first), shape(&second));
        assert_eq!(second.text("/name"), "Iben Havnes");
        assert!(!second.text.contains("Solbakk") && !second.text.contains(&first.text("/id")));
        for (who, theirs, own) in [(&teacher, &second, &first), (&nurse, &first, &second)] {
            who.get(format!("/v1/children/{}", own.text("/id"))).send().await.expect(200);
            let other = format!("/v1/children/{}", theirs.text("/id"));
            finds_nothing(who, &[other.clone(), format!("{other}/guardians")]).await;
        }
    }

    async fn a_guardian_given_by_number_is_called_as_in_that_registration(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let number = world.adult_number();
        let mut seen = Vec::new();
        for (by, name) in [(&teacher, "Dagny Solbakk"), (&nurse, "Dagny Havnes")] {
            let child = world.child(by, 7).await;
            let body = json!({
                "national_id": number.as_str(), "name": name, "parental_responsibility": true, "lives_with_child": true,
            });
            let path = format!("/v1/children/{}/guardians", child.id);
            seen.push(by.post(path).json(body).send().await.expect(201));
            let listed = guardianships(by, &child).await;
            assert_eq!(listed[0]["guardian_name"], name);
        }
        assert!(!seen[1].text.contains("Solbakk"), "{}", seen[1].text);
        assert_eq!(shape(&seen[0]), shape(&seen[1]));
    }

    async fn the_same_number_can_be_registered_at_the_same_time(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = world.worker("kragero/helsestasjon").await;
        let body = json!({"national_id": world.child_number(7).as_str(), "name": "Iben Solbakk"});
        teacher.token().await;
        nurse.token().await;
        let answers = at_once([register(&teacher, body.clone()), register(&nurse, body)]).await;
        let ids: Vec<String> = answers.into_iter().map(|answer| answer.expect(201).text("/id")).collect();
        assert_ne!(ids[0], ids[1]);
    }

    async fn a_child_without_a_number_is_registered_by_date_of_birth(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let newborn = json!({"birth_date": world.in_days(0), "name": "Not yet named"});
        let child = register(&teacher, newborn).send().await.expect(201);
        assert_eq!(child.text("/birth_date"), world.in_days(0));
        let unborn = json!({"birth_date": world.in_days(1), "name": "Not yet named"});
        register(&teacher, unborn).send().await.expect_invalid("/birth_date");
        register(&teacher, json!({"name": "Nobody"})).send().await.expect_invalid("/birth_date");
        let number = world.child_number(7);
        let other = json!({"national_id": number.as_str(), "birth_date": world.in_days(0), "name": "Iben Solbakk"});
        register(&teacher, other).send().await.expect_invalid("/birth_date");
    }

    async fn children_are_registered_only_where_one_works(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let administrator = world.staff("kragero/skole", Role::Administrator).await;
        let elsewhere = world.worker("kragero/ppt").await;
        let body = json!({"national_id": world.child_number(7).as_str(), "name": "Iben Solbakk"});
        for who in [&administrator, &elsewhere] {
            let path = format!("/v1/units/{}/children", teacher.unit.id);
            who.post(path).json(body.clone()).send().await.expect_problem(403, "forbidden");
        }
        assert_eq!(world.rows("child").await, 0);
    }

    async fn before_a_case_the_registrant_and_the_leader_keep_the_guardians(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 7, 1).await;
        let rows = guardianships(&leader, &family.child).await;
        change(&colleague, &family.child, &rows[0], without_responsibility()).send().await.expect(404);
        change(&family.guardians[0], &family.child, &rows[0], without_responsibility()).send().await.expect(403);
        let changed = change(&leader, &family.child, &rows[0], without_responsibility()).send().await.expect(200);
        let back = json!({"parental_responsibility": true, "lives_with_child": false});
        change(&teacher, &family.child, &changed.body, back).send().await.expect(200);
    }

    async fn nobody_registers_themself_as_a_guardian(world: World) {
        let unit = world.unit("kragero/skole").await;
        let number = world.adult_number();
        let user = world.user("4014", &number).await;
        world.grant(&user, &unit, Role::Worker).await;
        let teacher = Staff { user, unit };
        let child = world.child(&teacher, 7).await;
        let body = json!({
            "national_id": number.as_str(), "name": teacher.name, "parental_responsibility": true, "lives_with_child": true,
        });
        let path = format!("/v1/children/{}/guardians", child.id);
        teacher.post(path).json(body).send().await.expect_invalid("/national_id");
    }

    async fn a_new_holder_of_parental_responsibility_takes_the_ground_from_a_baton_held_on_consent(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        let third = world.guardian_of(&cast.nurse, &cast.family.child, true).await;
        let case = third.get(cast.path("")).send().await.expect(200);
        assert_eq!(case.text("/contact_person_id"), leader.id.to_string());
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
    }

    async fn in_a_case_the_contact_person_keeps_the_guardians_and_others_read_or_not(world: World) {
        let cast = world.shared_case().await;
        let child = &cast.family.child;
        // She registered the child, but the school now holds the baton through another person.
        let holder = world.team_mate(&cast, "kragero/skole").await;
        let handover = world.offer_baton(&cast.teacher, cast.case, &holder).await;
        world.accept_baton(&holder, cast.case, handover).await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let colleague = world.worker("kragero/skole").await;
        let elsewhere = world.staff("kragero/ppt", Role::UnitLeader).await;
        let administrator = world.staff("kragero/skole", Role::Administrator).await;
        let mother = &cast.family.guardians[0];
        let other = world.guardian_of(&holder, child, false).await;
        let path = format!("/v1/children/{}/guardians", child.id);
        let rows = guardianships(&cast.teacher, child).await;
        let father = rows.iter().find(|row| row["guardian_id"] == json!(cast.family.guardians[1].id)).expect("a row");
        for (who, reads, writes) in [
            (&holder.user, 200, 201), (&cast.teacher.user, 200, 403), (&leader.user, 200, 403), (&cast.nurse.user, 200, 403), (&mother.user, 200, 403), (&colleague.user, 404, 404),
            (&elsewhere.user, 404, 404), (&administrator.user, 404, 404), (&other.user, 404, 404),
        ] {
            who.get(format!("/v1/children/{}", child.id)).send().await.expect(reads);
            who.get(&path).send().await.expect(reads);
            let body = json!({
                "national_id": world.adult_number().as_str(), "name": "Someone", "parental_responsibility": false,
                "lives_with_child": false,
            });
            who.post(&path).json(body).send().await.expect(writes);
            if writes != 201 {
                change(who, child, father, without_responsibility()).send().await.expect(writes);
            }
        }
        change(&holder, child, father, without_responsibility()).send().await.expect(200);
    }

    async fn one_who_has_left_the_unit_no_longer_sees_the_child_they_registered(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        world.try_execute("UPDATE staff_role SET ended_at = started_at").await.expect("the role has ended");
        finds_nothing(&teacher, &[format!("/v1/children/{}", child.id)]).await;
    }

    async fn a_guardian_is_registered_once_and_is_not_the_child(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 7, 1).await;
        let path = format!("/v1/children/{}/guardians", family.child.id);
        let body = |number: &str| json!({
            "national_id": number, "name": "Someone", "parental_responsibility": true, "lives_with_child": true,
        });
        let again = teacher.post(&path).json(body(family.guardians[0].national_id.as_str()));
        again.send().await.expect_problem(409, "conflict");
        let itself = teacher.post(&path).json(body(family.child.national_id.as_str()));
        itself.send().await.expect_invalid("/national_id");
    }

    async fn the_end_of_parental_responsibility_counts_from_the_next_request(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let [mother, father] = [&cast.family.guardians[0], &cast.family.guardians[1]];
        father.get(cast.path("")).send().await.expect(200);
        world.consent(mother, cast.case, &[&cast.nurse.unit]).await;
        let seat = json!({"person_id": cast.nurse.id, "unit_id": cast.nurse.unit.id, "contains": [], "task": "Health."});
        let join = || cast.teacher.post(cast.path("/team")).json(seat.clone()).send();
        join().await.expect_problem(409, "conflict");
        let rows = guardianships(&cast.teacher, child).await;
        let his = rows.iter().find(|row| row["guardian_id"] == json!(father.id)).expect("a guardianship");
        change(&cast.teacher, child, his, without_responsibility()).send().await.expect(200);

        let paths = [cast.path(""), cast.path("/notes"), cast.path("/access-log"), format!("/v1/children/{}", child.id)];
        finds_nothing(father, &paths).await;
        assert!(walk(father, "/v1/cases").await.is_empty());
        // His consent is no longer needed either.
        join().await.expect(201);

        // It is restored, and with it the right to read and the need for his consent.
        let now = guardianships(&cast.teacher, child).await;
        let his = now.iter().find(|row| row["guardian_id"] == json!(father.id)).expect("a guardianship");
        let back = json!({"parental_responsibility": true, "lives_with_child": true});
        change(&cast.teacher, child, his, back).send().await.expect(200);
        father.get(cast.path("")).send().await.expect(200);
        cast.nurse.get(cast.path("")).send().await.expect(404);
    }

    async fn a_guardianship_that_has_ended_is_not_resumed_but_registered_anew(world: World) {
        let cast = world.school_case().await;
        let child = &cast.family.child;
        let father = &cast.family.guardians[1];
        let rows = guardianships(&cast.teacher, child).await;
        let his = rows.iter().find(|row| row["guardian_id"] == json!(father.id)).expect("a guardianship");
        let end = json!({"parental_responsibility": true, "lives_with_child": false, "ended": true});
        let ended = change(&cast.teacher, child, his, end.clone()).send().await.expect(200);
        assert!(ended.body["ended_at"].is_string());
        finds_nothing(father, &[cast.path(""), format!("/v1/children/{}", child.id)]).await;
        change(&cast.teacher, child, &ended.body, end).send().await.expect_problem(409, "conflict");
        let body = json!({
            "national_id": father.national_id.as_str(), "name": father.name, "parental_responsibility": true,
            "lives_with_child": true,
        });
        cast.teacher.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
        father.get(cast.path("")).send().await.expect(200);
        assert_eq!(guardianships(&cast.teacher, child).await.len(), 3, "the past is kept");
    }

    async fn a_guardianship_is_changed_on_the_version_one_has_read(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 7, 1).await;
        let row = guardianships(&teacher, &family.child).await.remove(0);
        let path = format!("/v1/children/{}/guardians/{}", family.child.id, row["id"].as_str().expect("an id"));
        let patch = || teacher.patch(&path).json(without_responsibility());
        patch().send().await.expect_problem(428, "precondition-required");
        patch().if_match(9).send().await.expect_problem(412, "version-mismatch");
        patch().if_match(1).send().await.expect(200);
        patch().if_match(1).send().await.expect_problem(412, "version-mismatch");
    }

    async fn of_changes_of_a_guardianship_at_the_same_time_one_counts(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let family = world.family(&teacher, 7, 1).await;
        let row = guardianships(&teacher, &family.child).await.remove(0);
        let calls = (0..4).map(|_| change(&teacher, &family.child, &row, without_responsibility()));
        let id: Id<Guardianship> = row["id"].as_str().expect("an id").parse().expect("an id");
        exactly_one_wins(&at_once_on(&world, "guardianship", id, calls).await, 200, &[409, 412]);
    }
}

both_engines! {
    async fn a_name_is_spelt_right_and_a_newborn_gets_its_number(world: World) {
        let teacher = world.worker("kragero/barnehage").await;
        let number = world.child_number(0);
        let body = json!({"birth_date": world.in_days(-3), "name": "Baby"});
        let child = teacher.post(format!("/v1/units/{}/children", teacher.unit.id)).json(body).send().await.expect(201);
        let path = format!("/v1/children/{}", child.text("/id"));
        let named = json!({"name": "Iben", "national_id": number.as_str(), "reason": "Born and named."});
        let changed = teacher.patch(&path).json(named.clone()).if_match(1).send().await.expect(200);
        assert_eq!(changed.body["name"], "Iben");
        assert_eq!(changed.body["birth_date"], json!(number.birth_date().expect("a date")));
        teacher.patch(&path).json(json!({"name": "Iben", "reason": "Named."})).if_match(1).send().await.expect_problem(412, "version-mismatch");
        teacher.patch(&path).json(json!({"name": "Iben"})).if_match(2).send().await.expect_invalid("/reason");
        teacher.patch(&path).json(json!({"reason": "Nothing."})).if_match(2).send().await.expect(422);
        let colleague = world.worker("kragero/barnehage").await;
        colleague.patch(&path).json(named).if_match(2).send().await.expect(404);
    }

    async fn the_age_of_a_child_follows_the_series_of_its_number(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let newcomer = json!({"national_id": "44851521221", "name": "Yusra"});
        let child = register(&teacher, newcomer).send().await.expect(201);
        assert_eq!(child.body["birth_date"], "2015-05-04", "a D-number of the series since 2021");
        let alone = json!({"national_id": "04851561388", "name": "Nils"});
        register(&teacher, alone).send().await.expect_invalid("/birth_date");
        let wrong = json!({"national_id": "04851561388", "name": "Nils", "birth_date": "2015-05-05"});
        register(&teacher, wrong).send().await.expect_invalid("/birth_date");
        let stated = json!({"national_id": "04851561388", "name": "Nils", "birth_date": "2015-05-04"});
        let child = register(&teacher, stated).send().await.expect(201);
        assert_eq!(child.body["birth_date"], "2015-05-04", "a number of the form from 2032");
    }

    async fn the_date_of_birth_is_corrected_and_fits_the_number(world: World) {
        let teacher = world.worker("kragero/barnehage").await;
        let newborn = json!({"birth_date": world.in_days(0), "name": "Baby"});
        let child = register(&teacher, newborn).send().await.expect(201);
        let path = format!("/v1/children/{}", child.text("/id"));
        let born = json!({"birth_date": world.in_days(-1), "reason": "Born."});
        let child = teacher.patch(&path).json(born.clone()).if_match(1).send().await.expect(200);
        assert_eq!(child.body["birth_date"], born["birth_date"]);
        let known = json!({"national_id": "04851561388", "birth_date": "2015-05-04", "reason": "It has a number."});
        let unstated = json!({"national_id": "04851561388", "reason": "It has a number."});
        teacher.patch(&path).json(unstated).if_match(2).send().await.expect_invalid("/birth_date");
        teacher.patch(&path).json(known).if_match(2).send().await.expect(200);
        teacher.patch(&path).json(born).if_match(3).send().await.expect_invalid("/birth_date");
    }
}
