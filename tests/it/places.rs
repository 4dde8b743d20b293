//! A child's record is kept by the municipality where the child lives, among those that the unit serves.

use serde_json::{Value, json};
use stafett::execute;

use crate::{
    cast::finds_nothing,
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
    let national_id = world.child_number(7);
    let body = json!({"national_id": national_id.as_str(), "name": "Iben Solbakk", "municipality": "4001"});
    let answer = nurse.post(children(nurse)).json(body).send().await.expect(201);
    assert_eq!(answer.text("/municipality"), "4001");
    Child {
        id: answer.id("/id"),
        name: "Iben Solbakk".to_owned(),
        national_id,
        municipality: "4001".to_owned(),
    }
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
        correct("401").await.expect_invalid("/municipality");
        assert_eq!(correct("4001").await.expect(200).text("/municipality"), "4001");
        // Registered again in the other municipality: another record, and neither shows the other.
        let body = json!({"national_id": child.national_id.as_str(), "name": child.name, "municipality": "4014"});
        let moved = nurse.post(children(&nurse)).json(body).send().await.expect(201);
        assert_ne!(moved.text("/id"), child.id.to_string());
        let teacher = world.worker("kragero/skole").await;
        finds_nothing(&teacher, &[path, format!("/v1/children/{}", moved.text("/id"))]).await;
    }
}
