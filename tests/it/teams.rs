//! Teams: who adds members, who can be added, and when a membership gives access.

use serde_json::{Value, json};

use crate::{
    cast::{Cast, at_once_on, exactly_one_wins, walk},
    support::{Call, Role, Staff, Unit, User, World, both_engines},
};

fn seat(by: &User, cast: &Cast, person: &User, unit: &Unit) -> Call {
    by.post(cast.path("/team"))
        .json(json!({"person_id": person.id, "unit_id": unit.id, "contains": [], "task": "Helps with play."}))
}

/// A person's rows in the team.
async fn rows(by: &User, cast: &Cast, person: &User) -> Vec<Value> {
    let team = walk(by, &cast.path("/team")).await;
    team.into_iter().filter(|row| row["person_id"] == json!(person.id)).collect()
}

both_engines! {
    async fn a_seat_is_given_to_staff_in_the_unit_where_they_work(world: World) {
        let cast = world.shared_case().await;
        let administrator = world.staff("kragero/skole", Role::Administrator).await;
        let abroad = world.worker("porsgrunn/skole").await;
        let mother = &cast.family.guardians[0];
        let school = &cast.teacher.unit;
        for (person, unit) in [
            (&cast.nurse.user, school), (&administrator.user, school), (&mother.user, school), (&abroad.user, school),
            (&abroad.user, &abroad.unit),
        ] {
            seat(&cast.teacher, &cast, person, unit).send().await.expect_invalid("/person_id");
        }
        let colleague = world.worker("kragero/skole").await;
        seat(&cast.teacher, &cast, &colleague, school).send().await.expect(201);
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        seat(&cast.teacher, &cast, &leader, school).send().await.expect(201);
    }

    async fn the_unit_that_opened_the_case_needs_no_consent_and_every_other_does(world: World) {
        let cast = world.school_case().await;
        let colleague = world.worker("kragero/skole").await;
        seat(&cast.teacher, &cast, &colleague, &colleague.unit).send().await.expect(201);
        for unit in ["kragero/helsestasjon", "kragero/ppt", "kragero/barnevern", "kragero/barnehage"] {
            let other = world.worker(unit).await;
            let refused = seat(&cast.teacher, &cast, &other, &other.unit).send().await;
            let refused = refused.expect_problem(409, "conflict");
            for guardian in &cast.family.guardians {
                assert!(!refused.text.contains(&guardian.name), "the answer does not reveal who has not consented");
            }
        }
    }

    async fn only_the_contact_person_gives_and_ends_seats(world: World) {
        let cast = world.shared_case().await;
        let colleague = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let held = rows(&cast.teacher, &cast, &cast.nurse).await.remove(0);
        let path = cast.path(&format!("/team/{}", held["id"].as_str().expect("an id")));
        for (who, status) in [
            (&cast.nurse.user, 403), (&leader.user, 403), (&cast.family.guardians[0].user, 403), (&colleague.user, 404),
        ] {
            seat(who, &cast, &colleague, &colleague.unit).send().await.expect(status);
            who.delete(&path).send().await.expect(status);
        }
        assert_eq!(walk(&cast.nurse, &cast.path("/team")).await.len(), 2);
    }

    async fn a_seat_ends_from_the_next_request_and_can_be_given_again(world: World) {
        let cast = world.shared_case().await;
        seat(&cast.teacher, &cast, &cast.nurse, &cast.nurse.unit).send().await.expect_problem(409, "conflict");
        let held = rows(&cast.teacher, &cast, &cast.nurse).await.remove(0);
        let path = cast.path(&format!("/team/{}", held["id"].as_str().expect("an id")));
        cast.nurse.get(cast.path("")).send().await.expect(200);
        cast.teacher.delete(&path).send().await.expect(204);
        cast.nurse.get(cast.path("")).send().await.expect_problem(404, "not-found");
        cast.teacher.delete(&path).send().await.expect_problem(409, "conflict");
        seat(&cast.teacher, &cast, &cast.nurse, &cast.nurse.unit).send().await.expect(201);
        cast.nurse.get(cast.path("")).send().await.expect(200);
        let past: Vec<bool> = rows(&cast.teacher, &cast, &cast.nurse).await.iter().map(|row| row["in_force"] == true).collect();
        assert_eq!(past, [false, true]);
    }

    async fn the_contact_person_keeps_the_seat_until_the_baton_is_passed(world: World) {
        let cast = world.shared_case().await;
        let held = rows(&cast.teacher, &cast, &cast.teacher).await.remove(0);
        let path = cast.path(&format!("/team/{}", held["id"].as_str().expect("an id")));
        cast.teacher.delete(&path).send().await.expect_problem(409, "conflict");
        let handover = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
        world.accept_baton(&cast.nurse, cast.case, handover).await;
        cast.nurse.delete(&path).send().await.expect(204);
        cast.teacher.get(cast.path("")).send().await.expect(404);
    }

    async fn family_does_not_sit_on_the_team_with_or_without_parental_responsibility(world: World) {
        let cast = world.school_case().await;
        let uncle = world.guardian_of(&cast.teacher, &cast.family.child, false).await;
        for guardian in [&cast.family.guardians[0].user, &uncle.user] {
            world.grant(guardian, &cast.teacher.unit, Role::Worker).await;
            seat(&cast.teacher, &cast, guardian, &cast.teacher.unit).send().await.expect_problem(409, "conflict");
        }
    }

    async fn one_who_becomes_family_loses_the_seat_when_they_declare_it(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let number = world.adult_number();
        let user = world.user("4014", &number).await;
        world.grant(&user, &teacher.unit, Role::Worker).await;
        let colleague = Staff { user, unit: teacher.unit.clone() };
        let family = world.family(&teacher, 7, 1).await;
        let case = world.open_case(&teacher, &family.child).await;
        world.add_to_team(&teacher, case, &colleague).await;
        colleague.get(format!("/v1/cases/{case}")).send().await.expect(200);
        let body = json!({
            "national_id": number.as_str(), "name": colleague.name, "parental_responsibility": false, "lives_with_child": true,
        });
        teacher.post(format!("/v1/children/{}/guardians", family.child.id)).json(body).send().await.expect(201);
        colleague.get(format!("/v1/cases/{case}")).send().await.expect(200);
        let own = json!({"case_id": case, "ground": "relative"});
        colleague.post("/v1/me/conflicts-of-interest").json(own).send().await.expect(201);
        colleague.get(format!("/v1/cases/{case}")).send().await.expect_problem(404, "not-found");
        assert!(walk(&colleague, "/v1/cases").await.is_empty());
    }

    async fn a_seat_is_shown_as_in_force_only_while_it_gives_access(world: World) {
        let cast = world.shared_case().await;
        let mother = &cast.family.guardians[0];
        let colleague = world.worker("kragero/skole").await;
        world.add_to_team(&cast.teacher, cast.case, &colleague).await;
        assert_eq!(rows(mother, &cast, &cast.nurse).await[0]["in_force"], true);
        let own = mother.get(cast.path("/consents")).send().await.expect(200);
        world.withdraw(mother, cast.case, own.id("/items/0/id")).await;
        assert_eq!(rows(mother, &cast, &cast.nurse).await[0]["in_force"], false);
        // Nor when the member has left the unit.
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let path = format!("/v1/units/{}/staff", colleague.unit.id);
        let list = administrator.get(&path).send().await.expect(200);
        let role = list.items().iter().find(|row| row["person_id"] == json!(colleague.id)).expect("a role");
        let role = role["id"].as_str().expect("an id");
        administrator.delete(format!("{path}/{role}")).send().await.expect(204);
        colleague.get(cast.path("")).send().await.expect(404);
        assert_eq!(rows(mother, &cast, &colleague).await[0]["in_force"], false, "the holder has left the unit");
    }

    async fn of_seats_given_at_the_same_time_to_one_person_one_stands(world: World) {
        let cast = world.school_case().await;
        let colleague = world.worker("kragero/skole").await;
        let calls = (0..4).map(|_| seat(&cast.teacher, &cast, &colleague, &colleague.unit));
        exactly_one_wins(&at_once_on(&world, "care_case", cast.case, calls).await, 201, &[409]);
        assert_eq!(world.rows("team_member").await, 2);
    }

    async fn the_family_and_the_leader_see_the_team_and_strangers_do_not(world: World) {
        let cast = world.shared_case().await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        for who in [&cast.family.guardians[1].user, &leader.user, &cast.nurse.user] {
            assert_eq!(walk(who, &cast.path("/team")).await.len(), 2);
        }
        for unit in ["kragero/helsestasjon", "kragero/skole", "porsgrunn/skole"] {
            let stranger = world.worker(unit).await;
            stranger.get(cast.path("/team")).send().await.expect_problem(404, "not-found");
        }
    }
}
