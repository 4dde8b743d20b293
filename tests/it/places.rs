//! A child's record is kept by the municipality where the child lives, among those that the unit serves.

use serde_json::{Value, json};
use stafett::{
    execute, fetch_one,
    kernel::{
        NationalId,
        ids::{CaseId, PersonId},
    },
};

use crate::{
    cast::finds_nothing,
    identities::log_of,
    support::{Child, Guardian, Role, Staff, World, both_engines, emergency},
};

/// Lets a unit serve another municipality as well.
async fn also_serves(world: &World, staff: &Staff, municipality: &str) {
    let mut tx = world.db.write().await.expect("a transaction");
    let sql = "INSERT INTO unit_serves (unit_id, municipality) VALUES ($1, $2)";
    execute!(&mut tx, sql, staff.unit.id, municipality).expect("inserted");
    tx.commit().await.expect("committed");
}

fn children(by: &Staff) -> String {
    format!("/v1/units/{}/children", by.unit.id)
}

/// A nurse of Kragerø, whose unit also serves Porsgrunn.
async fn host(world: &World) -> Staff {
    let nurse = world.worker("kragero/helsestasjon").await;
    also_serves(world, &nurse, "4001").await;
    nurse
}

/// A child of Porsgrunn, registered by the unit of Kragerø.
async fn child_of_porsgrunn(world: &World, nurse: &Staff) -> Child {
    world.register_in(nurse, world.child_number(7), "4001").await
}

/// A colleague in the unit, and the number by which Porsgrunn would know them.
async fn colleague(world: &World, of: &Staff, role: Role) -> (Staff, NationalId) {
    let number = world.adult_number();
    let user = world.user("4014", &number).await;
    world.grant(&user, &of.unit, role).await;
    (Staff { user, unit: of.unit.clone() }, number)
}

/// Registers a parent who does not live with the child and has no responsibility, so that the case is not theirs to see.
async fn register_parent(world: &World, by: &Staff, child: &Child, number: &NationalId) {
    let body = json!({
        "national_id": number.as_str(), "name": world.name(), "parental_responsibility": false, "lives_with_child": false,
    });
    by.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
}

fn of_unit(by: &Staff) -> String {
    format!("/v1/units/{}/conflicts-of-interest", by.unit.id)
}

async fn holder(world: &World, case: CaseId) -> PersonId {
    let mut tx = world.db.read().await.expect("a transaction");
    let sql = "SELECT person_id FROM contact_person WHERE case_id = $1";
    fetch_one!(&mut tx, (PersonId,), sql, case).expect("a holder").0
}

async fn disable(world: &World, staff: &Staff) {
    let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
    let path = format!("/v1/municipalities/4014/accounts/{}/disable", staff.id);
    administrator.post(path).send().await.expect(204);
}

/// The actions on a child that an auditor finds.
async fn actions(auditor: &Staff, child: &Child) -> Vec<String> {
    let found =
        auditor.get(format!("/v1/access-log?child_id={}&limit=200", child.id)).send().await.expect(200);
    let mut actions: Vec<String> = found.each("action").into_iter().map(ToOwned::to_owned).collect();
    actions.sort();
    actions.dedup();
    actions
}

both_engines! {
    async fn a_child_lives_in_a_municipality_that_the_unit_serves(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let nurse = host(&world).await;
        let before = world.all_rows().await;
        let child = |municipality: Value| json!({"name": "Iben", "birth_date": "2019-05-17", "municipality": municipality});
        for (by, municipality) in [
            (&nurse, Value::Null), (&nurse, json!("5057")), (&nurse, json!("9999")), (&nurse, json!("401")), (&nurse, json!(4014)),
            (&teacher, json!("4001")), (&teacher, json!("5057")),
        ] {
            by.post(children(by)).json(child(municipality)).send().await.expect_invalid("/municipality");
        }
        assert_eq!(world.all_rows().await, before);
        let told = nurse.post(children(&nurse)).json(child(Value::Null)).send().await.text("/errors/0/detail");
        assert_eq!(told, "is required, because the unit serves several: 4001, 4014");
        for (by, municipality, expected) in
            [(&teacher, Value::Null, "4014"), (&teacher, json!("4014"), "4014"), (&nurse, json!("4014"), "4014"), (&nurse, json!("4001"), "4001")]
        {
            let made = by.post(children(by)).json(child(municipality)).send().await.expect(201);
            assert_eq!(made.text("/municipality"), expected);
        }
    }

    async fn the_record_is_kept_where_the_child_lives_and_the_family_finds_it_there(world: World) {
        let nurse = host(&world).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let mother: Guardian = world.guardian_of(&nurse, &child, true).await;
        let case = world.open_case(&nurse, &child).await;
        let seen = mother.get(format!("/v1/cases/{case}")).send().await.expect(200);
        assert_eq!(seen.text("/municipality"), "4001");
        for table in ["child", "guardianship", "care_case", "concern"] {
            let elsewhere = format!("SELECT COUNT(*) FROM {table} WHERE municipality <> '4001'");
            assert_eq!((table, world.number_of(&elsewhere).await, world.rows(table).await), (table, 0, 1));
        }
        let people = "SELECT COUNT(*) FROM person WHERE name IS NOT NULL AND municipality = '4014' AND id NOT IN (SELECT person_id FROM account)";
        assert_eq!(world.number_of(people).await, 0, "the municipality of the unit does not know the family");
        // A unit of Porsgrunn takes part, and one of Kragerø does not.
        let teacher = world.worker("porsgrunn/skole").await;
        world.consent(&mother, case, &[&teacher.unit]).await;
        world.add_to_team(&nurse, case, &teacher).await;
        teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
        let stranger = world.worker("kragero/skole").await;
        let body = json!({
            "unit_ids": [stranger.unit.id], "purpose": "Help.", "valid_until": world.in_days(30), "text_version": "2026-1",
        });
        mother.post(format!("/v1/cases/{case}/consents")).json(body).send().await.expect_invalid("/unit_ids/0");
        finds_nothing(&stranger, &[format!("/v1/cases/{case}"), format!("/v1/children/{}", child.id)]).await;
    }

    async fn the_auditor_where_the_child_lives_controls_the_reads(world: World) {
        let nurse = host(&world).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let case = world.open_case(&nurse, &child).await;
        nurse.get(format!("/v1/cases/{case}")).send().await.expect(200);
        let theirs = world.staff("porsgrunn/skole", Role::Auditor).await;
        let ours = world.staff("kragero/oppvekst", Role::Auditor).await;
        assert_eq!(actions(&theirs, &child).await, ["decide_concern", "read_case", "record_concern", "register_child"]);
        assert_eq!(actions(&ours, &child).await, [""; 0]);
    }

    async fn an_emergency_and_a_conflict_of_interest_find_the_child_where_it_lives(world: World) {
        let nurse = host(&world).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let case = world.open_case(&nurse, &child).await;
        let told = || json!({"national_id": child.national_id.as_str()});
        let opening = |by: &Staff| {
            by.post(format!("/v1/units/{}/emergency-access", by.unit.id)).json(emergency(told())).send()
        };
        let close = world.worker("porsgrunn/skole").await;
        close.post("/v1/me/conflicts-of-interest").json(json!({"national_id": child.national_id.as_str(), "ground": "friend"}))
            .send().await.expect(201);
        opening(&close).await.expect_problem(404, "not-found");
        opening(&world.worker("kragero/skole").await).await.expect_problem(404, "not-found");
        let teacher = world.worker("porsgrunn/skole").await;
        opening(&teacher).await.expect(201);
        teacher.get(format!("/v1/cases/{case}")).send().await.expect(200);
        // A colleague in the unit of Kragerø who is close to the child says so by its number, in every municipality the unit serves.
        let colleague = world.worker("kragero/helsestasjon").await;
        colleague.post("/v1/me/conflicts-of-interest").json(json!({"national_id": child.national_id.as_str(), "ground": "friend"}))
            .send().await.expect(201);
        opening(&colleague).await.expect_problem(404, "not-found");
    }

    async fn the_leader_of_the_unit_takes_over_wherever_the_child_lives(world: World) {
        let nurse = host(&world).await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let case = world.open_case(&nurse, &child).await;
        leader.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let staff = administrator.get(format!("/v1/units/{}/staff", nurse.unit.id)).send().await.expect(200);
        let role = staff.items().iter().find(|row| row["person_id"] == json!(nurse.id)).expect("a role")["id"].clone();
        let role = role.as_str().expect("an id");
        administrator.delete(format!("/v1/units/{}/staff/{role}", nurse.unit.id)).send().await.expect(204);
        let seen = leader.get(format!("/v1/cases/{case}")).send().await.expect(200);
        assert_eq!(seen.text("/contact_person_id"), leader.id.to_string());
    }

    async fn a_record_does_not_move_to_another_municipality(world: World) {
        let nurse = host(&world).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let path = format!("/v1/children/{}", child.id);
        let correct = |municipality: &str| {
            nurse.patch(&path).json(json!({"name": "Iben Marie Solbakk", "municipality": municipality, "reason": "The middle name."})).if_match(1).send()
        };
        let refused = correct("4014").await.expect_problem(409, "conflict");
        assert!(refused.text("/detail").contains("registers the child again, and the family gives new consents"), "{refused:?}");
        let moved = nurse.patch(&path).json(json!({"municipality": "4014", "reason": "The family has moved."}));
        moved.if_match(1).send().await.expect_problem(409, "conflict");
        correct("401").await.expect_invalid("/municipality");
        assert_eq!(correct("4001").await.expect(200).text("/municipality"), "4001");
        // Registered again in the other municipality: another record, and neither shows the other.
        let body = json!({"national_id": child.national_id.as_str(), "name": child.name, "municipality": "4014"});
        let moved = nurse.post(children(&nurse)).json(body).send().await.expect(201);
        assert_ne!(moved.text("/id"), child.id.to_string());
        let teacher = world.worker("kragero/skole").await;
        finds_nothing(&teacher, &[path, format!("/v1/children/{}", moved.text("/id"))]).await;
    }

    async fn the_looks_at_a_record_wait_for_an_auditor_where_nobody_is_one_yet(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        also_serves(&world, &nurse, "4001").await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        nurse.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        let ours = world.staff("kragero/oppvekst", Role::Auditor).await;
        assert_eq!(actions(&ours, &child).await, [""; 0]);
        let theirs = world.staff("porsgrunn/skole", Role::Auditor).await;
        assert_eq!(actions(&theirs, &child).await, ["read_child", "register_child"]);
    }

    async fn a_friend_who_says_so_in_a_case_is_kept_from_the_child_in_every_municipality_of_the_unit(world: World) {
        let nurse = host(&world).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let (friend, _) = colleague(&world, &nurse, Role::Worker).await;
        let case = world.open_case(&nurse, &child).await;
        let seat = json!({"person_id": friend.id, "unit_id": friend.unit.id, "contains": [], "task": "Helps."});
        nurse.post(format!("/v1/cases/{case}/team")).json(seat).send().await.expect(201);
        let declared = json!({"case_id": case, "ground": "friend"});
        friend.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        let same = world.register_in(&nurse, child.national_id.clone(), "4014").await;
        let own = world.register_in(&friend, child.national_id.clone(), "4014").await;
        for place in [child.id, same.id, own.id] {
            finds_nothing(&friend, &[format!("/v1/children/{place}")]).await;
        }
    }

    async fn what_is_due_about_a_child_is_logged_where_the_child_lives(world: World) {
        let nurse = host(&world).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let concern = world.concern(&nurse, &child).await.to_string();
        let due = nurse.get("/v1/follow-ups").send().await.expect(200);
        assert_eq!(due.each("object_id"), [concern.as_str()]);
        let lists = |log: String| log.matches(&concern).count();
        assert_eq!(lists(log_of(&world, "4014").await), 0);
        assert!(lists(log_of(&world, "4001").await) > 0);
    }

    async fn a_concern_about_an_unnamed_child_belongs_where_its_unit_works(world: World) {
        let nurse = world.worker("kragero/helsestasjon").await;
        let path = format!("/v1/units/{}/concerns", nurse.unit.id);
        let concern = async || nurse.post(&path).json(json!({"facts": "A child is often alone."})).send().await;
        assert_eq!(concern().await.expect(201).text("/municipality"), "4014");
        world.try_execute(format!("UPDATE unit_serves SET municipality = '4001' WHERE unit_id = {}", world.sql_id(nurse.unit.id.uuid())))
            .await.expect("it serves only another");
        let there = concern().await.expect(201);
        assert_eq!(there.text("/municipality"), "4001");
        nurse.get(format!("/v1/concerns/{}", there.text("/id"))).send().await.expect(200);
        also_serves(&world, &nurse, "5057").await;
        concern().await.expect_invalid("/child_id");
    }

    async fn a_unit_that_no_longer_serves_a_municipality_opens_no_case_there_again(world: World) {
        let nurse = host(&world).await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let case = world.open_case(&nurse, &child).await;
        let path = format!("/v1/cases/{case}");
        world.close_case(&nurse, case).await;
        world.try_execute("DELETE FROM unit_serves WHERE municipality = '4001' AND unit_id IN (SELECT id FROM unit WHERE municipality = '4014')")
            .await.expect("it ends");
        let reopening = json!({"level": 1, "level_reason": "It is worse.", "contains": [], "next_step": world.next_step()});
        nurse.post(format!("{path}/reopen")).json(reopening).if_match(2).send().await.expect_problem(409, "conflict");
        let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
        let disable = format!("/v1/municipalities/4014/accounts/{}/disable", nurse.id);
        administrator.post(disable).send().await.expect(204);
        leader.get(format!("{path}/notes")).send().await.expect(403);
        assert_eq!(world.rows("handover").await, 0, "no leader has taken over");
    }

    async fn a_parent_in_the_host_unit_is_kept_out_by_their_number(world: World) {
        let nurse = host(&world).await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let (parent, number) = colleague(&world, &nurse, Role::Worker).await;
        let (other, _) = colleague(&world, &nurse, Role::Worker).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let case = world.open_case(&nurse, &child).await;
        register_parent(&world, &nurse, &child, &number).await;
        let seat = |who: &Staff| json!({"person_id": who.id, "unit_id": who.unit.id, "contains": [], "task": "Helps."});
        let team = format!("/v1/cases/{case}/team");
        nurse.post(&team).json(seat(&parent)).send().await.expect_problem(409, "conflict");
        let offer = json!({"to_person_id": parent.id, "to_unit_id": parent.unit.id});
        nurse.post(format!("/v1/cases/{case}/handovers")).json(offer).send().await.expect_invalid("/to_person_id");
        let opening = |by: &Staff, told: Value| by.post(format!("/v1/units/{}/emergency-access", by.unit.id)).json(emergency(told)).send();
        opening(&parent, json!({"case_id": case})).await.expect_problem(404, "not-found");
        opening(&parent, json!({"national_id": child.national_id.as_str()})).await.expect_problem(404, "not-found");
        let concern = json!({"child_id": child.id, "facts": "Tired."});
        parent.post(format!("/v1/units/{}/concerns", parent.unit.id)).json(concern).send().await.expect_invalid("/child_id");
        finds_nothing(&parent, &[format!("/v1/cases/{case}"), format!("/v1/children/{}", child.id)]).await;
        assert!(parent.get("/v1/cases").send().await.expect(200).items().is_empty());
        nurse.post(&team).json(seat(&other)).send().await.expect(201);
        other.get(format!("/v1/cases/{case}")).send().await.expect(200);
        leader.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
    }

    async fn the_leader_of_the_host_unit_confirms_that_a_helper_is_a_parent(world: World) {
        let nurse = host(&world).await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let (parent, number) = colleague(&world, &nurse, Role::Worker).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let case = world.open_case(&nurse, &child).await;
        world.add_to_team(&nurse, case, &parent).await;
        register_parent(&world, &nurse, &child, &number).await;
        let stated = leader.get(of_unit(&leader)).send().await.expect(200);
        assert_eq!((stated.items().len(), stated.text("/items/0/ground")), (1, "guardian".to_owned()), "{stated:?}");
        let confirm = format!("{}/{}/confirm", of_unit(&leader), stated.text("/items/0/id"));
        leader.post(confirm).json(json!({"reason": "She is the mother."})).if_match(1).send().await.expect(200);
        finds_nothing(&parent, &[format!("/v1/cases/{case}"), format!("/v1/children/{}", child.id)]).await;
        nurse.get(format!("/v1/cases/{case}")).send().await.expect(200);
    }

    async fn the_baton_passes_by_a_leader_who_is_a_parent(world: World) {
        let nurse = host(&world).await;
        let (parent, number) = colleague(&world, &nurse, Role::UnitLeader).await;
        let leader = world.staff("kragero/helsestasjon", Role::UnitLeader).await;
        let (child, alone) = (child_of_porsgrunn(&world, &nurse).await, child_of_porsgrunn(&world, &nurse).await);
        let case = world.open_case(&nurse, &child).await;
        let other = world.open_case(&nurse, &alone).await;
        register_parent(&world, &nurse, &child, &number).await;
        disable(&world, &nurse).await;
        assert_eq!(holder(&world, case).await, leader.id);
        assert_eq!(holder(&world, other).await, parent.id, "of a child that is not theirs");
        finds_nothing(&parent, &[format!("/v1/cases/{case}"), format!("/v1/children/{}", child.id)]).await;
    }

    async fn a_conflict_of_interest_follows_the_child_to_another_municipality(world: World) {
        let nurse = host(&world).await;
        let (friend, _) = colleague(&world, &nurse, Role::Worker).await;
        let child = child_of_porsgrunn(&world, &nurse).await;
        let case = world.open_case(&nurse, &child).await;
        world.add_to_team(&nurse, case, &friend).await;
        friend.get(format!("/v1/cases/{case}")).send().await.expect(200);
        let declared = json!({"national_id": child.national_id.as_str(), "ground": "friend"});
        friend.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        finds_nothing(&friend, &[format!("/v1/cases/{case}")]).await;
        let again = world.register_in(&friend, child.national_id.clone(), "4014").await;
        let elsewhere = world.register_in(&nurse, child.national_id.clone(), "4014").await;
        let second = world.open_case(&nurse, &elsewhere).await;
        for path in [format!("/v1/children/{}", again.id), format!("/v1/children/{}", elsewhere.id), format!("/v1/cases/{second}")] {
            finds_nothing(&friend, &[path]).await;
        }
        let seat = json!({"person_id": friend.id, "unit_id": friend.unit.id, "contains": [], "task": "Helps."});
        nurse.post(format!("/v1/cases/{second}/team")).json(seat).send().await.expect_problem(409, "conflict");
    }

    async fn an_adult_is_no_child_wherever_they_live(world: World) {
        let nurse = host(&world).await;
        let expected = "must be that of a child born from 2001-11-22 to 2026-11-22";
        let body = json!({"name": "Iben", "national_id": world.adult_number().as_str(), "municipality": "4001"});
        let refused = nurse.post(children(&nurse)).json(body).send().await.expect_invalid("/national_id");
        assert_eq!(refused.text("/errors/0/detail"), expected);
        // The number does not show the century, so the day beside it is wrong.
        let child = child_of_porsgrunn(&world, &nurse).await;
        let body = json!({"national_id": "04851561388", "birth_date": "1915-05-04", "reason": "It has a number."});
        let refused = nurse.patch(format!("/v1/children/{}", child.id)).json(body).if_match(1).send().await.expect_invalid("/birth_date");
        assert_eq!(refused.text("/errors/0/detail"), expected);
    }
}
