//! Staff cannot act in cases of their own family (fvl § 6), wherever the child is registered. Some roles never see content.

use serde_json::{Value, json};

use crate::support::{Role, Staff, World, both_engines, emergency};

fn as_guardian(world: &World, number: &str) -> Value {
    json!({"national_id": number, "name": world.name(), "parental_responsibility": true, "lives_with_child": true})
}

/// A parent who works in a unit: an account with the number of a guardian, and a role.
async fn parent_at_work(world: &World, unit: &str, role: Role) -> (Staff, String) {
    let number = world.adult_number();
    let user = world.user("4014", &number).await;
    let unit = world.unit(unit).await;
    world.grant(&user, &unit, role).await;
    (Staff { user, unit }, number.as_str().to_owned())
}

both_engines! {
    async fn nobody_registers_themself_as_guardian(world: World) {
        let (teacher, number) = parent_at_work(&world, "kragero/skole", Role::Worker).await;
        let child = world.child(&teacher, 7).await;
        let path = format!("/v1/children/{}/guardians", child.id);
        let own = as_guardian(&world, &number);
        teacher.post(&path).json(own).send().await.expect_invalid("/national_id");
        let other = as_guardian(&world, world.adult_number().as_str());
        teacher.post(&path).json(other).send().await.expect(201);
    }

    async fn once_there_is_a_case_guardians_are_for_the_contact_person_alone(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let leader = world.staff("kragero/skole", Role::UnitLeader).await;
        let family = world.child_with_two_guardians(&teacher).await;
        let path = format!("/v1/children/{}/guardians", family.child.id);
        let body = as_guardian(&world, world.adult_number().as_str());
        leader.post(&path).json(body).send().await.expect(201);
        world.open_case(&teacher, &family.child).await;
        let body = as_guardian(&world, world.adult_number().as_str());
        leader.post(&path).json(body.clone()).send().await.expect(403);
        teacher.post(&path).json(body).send().await.expect(201);
    }

    async fn a_leader_neither_reads_nor_decides_a_concern_about_their_own_child(world: World) {
        let teacher = world.worker("kragero/barnehage").await;
        let (leader, number) = parent_at_work(&world, "kragero/barnehage", Role::UnitLeader).await;
        let other = world.staff("kragero/barnehage", Role::UnitLeader).await;
        let child = world.child(&teacher, 4).await;
        let path = format!("/v1/children/{}/guardians", child.id);
        teacher.post(path).json(as_guardian(&world, &number)).send().await.expect(201);
        let concern = world.concern(&teacher, &child).await;
        let path = format!("/v1/concerns/{concern}");
        leader.get(&path).send().await.expect(404);
        let no_need = json!({"decision": "no_need", "reason": "None."});
        leader.post(format!("{path}/decision")).json(no_need).if_match(1).send().await.expect(404);
        assert_eq!(leader.get("/v1/concerns").send().await.expect(200).items().len(), 0);
        assert_eq!(leader.get("/v1/follow-ups").send().await.expect(200).items().len(), 0);
        other.get(&path).send().await.expect(200);
    }

    async fn a_guardian_in_one_registration_has_no_case_of_the_child_in_another(world: World) {
        let teacher = world.worker("kragero/barnehage").await;
        let (parent, number) = parent_at_work(&world, "kragero/skole", Role::Worker).await;
        let child = world.child(&teacher, 5).await;
        let path = format!("/v1/children/{}/guardians", child.id);
        teacher.post(path).json(as_guardian(&world, &number)).send().await.expect(201);
        let same = world.register(&parent, child.national_id.clone()).await;
        parent.get(format!("/v1/children/{}", same.id)).send().await.expect(404);
        let body = json!({"child_id": same.id, "facts": "Seen and heard."});
        let concern = parent.post(format!("/v1/units/{}/concerns", parent.unit.id)).json(body);
        concern.send().await.expect_invalid("/child_id");
    }

    async fn an_auditor_does_not_find_entries_about_their_own_child(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let (auditor, number) = parent_at_work(&world, "kragero/oppvekst", Role::Auditor).await;
        let other = world.staff("kragero/oppvekst", Role::Auditor).await;
        let child = world.child(&teacher, 9).await;
        let path = format!("/v1/children/{}/guardians", child.id);
        teacher.post(path).json(as_guardian(&world, &number)).send().await.expect(201);
        world.concern(&teacher, &child).await;
        let search = format!("/v1/access-log?child_id={}", child.id);
        assert_eq!(auditor.get(&search).send().await.expect(200).items().len(), 0);
        assert!(!other.get(&search).send().await.expect(200).items().is_empty());
    }

    async fn who_administers_or_audits_sees_no_content_and_is_given_no_work(world: World) {
        let administrator = world.staff("kragero/skole", Role::Administrator).await;
        let worker = world.worker("kragero/skole").await;
        let path = format!("/v1/units/{}/staff", worker.unit.id);
        let role = |person: &Staff, role: &str| json!({"person_id": person.id, "role": role});
        let own = role(&administrator, "worker");
        administrator.post(&path).json(own).send().await.expect_invalid("/person_id");
        let both = role(&worker, "analyst");
        administrator.post(&path).json(both).send().await.expect_invalid("/role");
        let leader = json!({"person_id": worker.id, "role": "unit_leader", "reason": "Leads the school."});
        let proposals = format!("/v1/units/{}/role-proposals", worker.unit.id);
        administrator.post(proposals).json(leader).send().await.expect(201);
        // Even if the database contains both roles, content stays closed.
        world.grant(&administrator, &administrator.unit, Role::UnitLeader).await;
        let child = world.child(&worker, 8).await;
        let concern = world.concern(&worker, &child).await;
        administrator.get(format!("/v1/concerns/{concern}")).send().await.expect(404);
    }

    async fn the_only_administrator_does_not_lock_the_door_behind_themself(world: World) {
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let path = format!("/v1/municipalities/4014/accounts/{}/disable", administrator.id);
        administrator.post(path).send().await.expect_problem(409, "conflict");
    }
}

both_engines! {
    async fn own_family_is_own_family_where_another_municipality_knows_one_by_another_id(world: World) {
        // A health centre of Kragerø also serves Porsgrunn, where one of its nurses has a child.
        let (nurse, number) = parent_at_work(&world, "kragero/amt", Role::Worker).await;
        let colleague = world.worker("kragero/amt").await;
        let serves = "INSERT INTO unit_serves (unit_id, municipality) SELECT id, '4001' FROM unit
                      WHERE municipality = '4014' AND key = 'amt'";
        world.try_execute(serves).await.expect("the unit serves both");
        let teacher = world.worker("porsgrunn/skole").await;
        let child = world.child(&teacher, 7).await;
        let father = world.guardian_of(&teacher, &child, true).await;
        let case = world.open_case(&teacher, &child).await;
        world.consent(&father, case, &[&nurse.unit]).await;
        let seat = world.add_to_team(&teacher, case, &nurse).await;
        world.add_to_team(&teacher, case, &colleague).await;
        let path = format!("/v1/cases/{case}");
        for who in [&nurse, &colleague] {
            who.get(&path).send().await.expect(200);
        }
        let note = world.note(&teacher, case, "team", "Does not sleep.").await;
        let disclosure = world.disclosure(&teacher, case, &nurse, &json!(note)).await;
        let disclosures = format!("/v1/units/{}/disclosures", nurse.unit.id);
        nurse.get(format!("/v1/disclosures/{disclosure}")).send().await.expect(200);

        let mut guardian = as_guardian(&world, &number);
        guardian["parental_responsibility"] = json!(false);
        teacher.post(format!("/v1/children/{}/guardians", child.id)).json(guardian).send().await.expect(201);
        for who in [&nurse, &colleague] {
            who.get(&path).send().await.expect(200);
        }
        let leader = world.staff("kragero/amt", Role::UnitLeader).await;
        let recorded = json!({"person_id": nurse.id, "ground": "relative"});
        let recorded = teacher.post(format!("{path}/conflicts-of-interest")).json(recorded).send().await.expect(201);
        let confirm = format!("/v1/units/{}/conflicts-of-interest/{}/confirm", nurse.unit.id, recorded.text("/id"));
        leader.post(confirm).json(json!({"reason": "They are close."})).if_match(1).send().await.expect(200);
        colleague.get(&path).send().await.expect(200);
        nurse.get(&path).send().await.expect_problem(404, "not-found");
        nurse.get(format!("/v1/children/{}", child.id)).send().await.expect_problem(404, "not-found");
        nurse.get(format!("/v1/disclosures/{disclosure}")).send().await.expect_problem(404, "not-found");
        for list in ["/v1/cases", &disclosures] {
            assert!(nurse.get(list).send().await.expect(200).items().is_empty(), "{list}");
        }
        let told = emergency(json!({"case_id": case}));
        let opening = format!("/v1/units/{}/emergency-access", nurse.unit.id);
        nurse.post(opening).json(told).send().await.expect_problem(404, "not-found");
        teacher.delete(format!("{path}/team/{seat}")).send().await.expect(204);
        let again = json!({"person_id": nurse.id, "unit_id": nurse.unit.id, "contains": [], "task": "Helps."});
        teacher.post(format!("{path}/team")).json(again).send().await.expect_problem(409, "conflict");
        let again = json!({
            "case_id": case, "basis": "danger_to_life_or_health", "note_ids": [note], "to_unit_id": nurse.unit.id,
            "to_person_id": nurse.id, "reason": "Tonight.",
        });
        let giving = format!("/v1/units/{}/disclosures", teacher.unit.id);
        teacher.post(giving).json(again).send().await.expect_invalid("/to_person_id");
    }
}
