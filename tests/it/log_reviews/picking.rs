//! The selection of entries: each pattern from both sides, and the random sample.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use stafett::{
    execute, fetch_one, log_reviews,
    vault::{Content, KeyName},
};

use super::{Case, auditor, has, listed, pick, reasons, to_monday};
use crate::support::{Child, Role, Staff, World, both_engines};

/// The address of the guardian or the child, stored by the contact person.
async fn address(by: &Staff, child: &Child, protection: &str, address: &str) {
    let child = format!("/v1/children/{}", child.id);
    let path = format!("{child}/contact-details");
    let version = by.get(&path).send().await.expect(200).body["version"].as_i64().expect("a version");
    let guardians = by.get(format!("{child}/guardians")).send().await.expect(200);
    let guardians = json!([{"guardianship_id": guardians.items()[0]["id"], "address": address}]);
    let body = json!({"protection": protection, "guardians": guardians});
    by.put(path).json(body).if_match(version).send().await.expect(200);
}

both_engines! {
    async fn one_without_a_task_is_picked_and_one_with_a_task_is_not(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        let child = &case.family.child;
        case.look(&case.nurse).await;
        case.look(&case.teacher).await;
        case.look(&case.family.guardians[0]).await;
        pick(&world).await;
        assert_eq!(reasons(&auditor, &case.nurse, child).await, ["no_task"]);
        assert_eq!(reasons(&auditor, &case.teacher, child).await, [""; 0], "holds the baton");
        assert_eq!(reasons(&auditor, &case.family.guardians[0], child).await, [""; 0], "the family looks at its own");
    }

    async fn each_task_is_one(world: World) {
        let auditor = auditor(&world).await;
        for task in ["offered", "responsible", "invited", "joined", "wrote before", "writes after", "wrote long before"] {
            let case = Case::begun(&world).await;
            let (teacher, nurse) = (&case.teacher, &case.nurse);
            let goal = || nurse.post(case.path("/notes"))
                .json(json!({"audience": "team", "kind": "agreed", "contains": [], "text": "A good day."})).send();
            match task {
                "offered" => drop(world.offer_baton(teacher, case.case, nurse).await),
                "responsible" => drop(world.measure(teacher, case.case, nurse).await),
                "invited" => drop(world.meeting(teacher, case.case, &[nurse.id, case.family.guardians[0].id]).await),
                "joined" => {
                    let new = world.worker("kragero/skole").await;
                    world.add_to_team(teacher, case.case, &new).await;
                    case.look(&new).await;
                    pick(&world).await;
                    assert_eq!(reasons(&auditor, &new, &case.family.child).await, [""; 0], "{task}");
                    continue;
                }
                "wrote before" => drop(goal().await.expect(201)),
                "wrote long before" => {
                    goal().await.expect(201);
                    world.advance(TimeDelta::days(4));
                }
                _ => {}
            }
            case.look(nurse).await;
            if task == "writes after" {
                world.advance(TimeDelta::hours(1));
                goal().await.expect(201);
                world.advance(TimeDelta::hours(-1));
            }
            pick(&world).await;
            let expected: &[&str] = if task == "wrote long before" { &["no_task"] } else { &[] };
            assert_eq!(reasons(&auditor, nurse, &case.family.child).await, expected, "{task}");
        }
    }

    async fn a_look_outside_working_hours_is_picked(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        case.look(&case.teacher).await;
        pick(&world).await;
        assert_eq!(reasons(&auditor, &case.teacher, &case.family.child).await, [""; 0], "Monday at ten");
        world.advance(TimeDelta::hours(6));
        case.look(&case.teacher).await;
        pick(&world).await;
        assert_eq!(reasons(&auditor, &case.teacher, &case.family.child).await, ["outside_hours"], "Monday at six");
    }

    async fn a_colleagues_child_is_picked_and_that_of_someone_elsewhere_is_not(world: World) {
        let auditor = auditor(&world).await;
        for (unit, expected) in [("kragero/skole", true), ("kragero/nav", false)] {
            let case = Case::begun(&world).await;
            world.grant(&case.family.guardians[1], &world.unit(unit).await, Role::Worker).await;
            case.look(&case.teacher).await;
            pick(&world).await;
            let found = has(&auditor, &case.teacher, &case.family.child, "colleagues_child").await;
            assert_eq!(found, expected, "{unit}");
        }
    }

    async fn a_neighbours_child_is_picked_but_never_by_a_graded_address(world: World) {
        let auditor = auditor(&world).await;
        for (theirs, protection, own, own_protection, expected) in [
            ("Åsgata 7, 3770 Kragerø", "none", "Aasgata 12 B, 3770 KRAGERØ", "none", true),
            ("Åsgata 7, 3770 Kragerø", "none", "Åsgata 7, 3900 Porsgrunn", "none", false),
            ("Åsgata 7, 3770 Kragerø", "none", "Øvre Åsgata 7, 3770 Kragerø", "none", false),
            ("Åsgata 7, 3770 Kragerø", "confidential", "Åsgata 12, 3770 Kragerø", "none", false),
            ("Åsgata 7, 3770 Kragerø", "none", "Åsgata 12, 3770 Kragerø", "confidential", false),
        ] {
            let case = Case::begun(&world).await;
            let other = world.worker("kragero/ppt").await;
            // The teacher is a parent too, of another child.
            let own_child = world.child(&other, 4).await;
            is_parent(&world, &other, &case.teacher, &own_child).await;
            address(&other, &own_child, own_protection, own).await;
            address(&case.teacher, &case.family.child, protection, theirs).await;
            world.advance(TimeDelta::days(1));
            case.look(&case.teacher).await;
            pick(&world).await;
            let found = reasons(&auditor, &case.teacher, &case.family.child).await;
            assert_eq!(found.contains(&"neighbours_child".to_owned()), expected, "{theirs} {protection}, {own} {own_protection}");
            assert_eq!(found.contains(&"protected_address".to_owned()), protection != "none");
        }
    }

    async fn many_children_within_the_hour_are_a_burst_and_one_less_is_none(world: World) {
        let auditor = auditor(&world).await;
        to_monday(&world);
        let teacher = world.worker("kragero/skole").await;
        let mut children = Vec::new();
        for _ in 0..13 {
            children.push(world.child(&teacher, 7).await);
        }
        let look = async |child: &Child| {
            teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        };
        for child in &children[..11] {
            look(child).await;
            look(child).await;
        }
        world.advance(TimeDelta::hours(1));
        look(&children[11]).await;
        pick(&world).await;
        assert_eq!(listed(&auditor, "reason=burst").await, [] as [Value; 0], "the twelfth is an hour after the first");
        world.advance(TimeDelta::days(1) - TimeDelta::hours(3));
        for child in &children {
            look(child).await;
        }
        pick(&world).await;
        let bursts = listed(&auditor, "reason=burst").await;
        assert_eq!(bursts.len(), 1, "once a day: {bursts:?}");
        assert_eq!(bursts[0]["entry"]["child_id"], json!(children[11].id), "the one too many");
    }

    async fn a_surname_of_the_child_or_a_guardian_is_picked_however_it_is_written(world: World) {
        let auditor = auditor(&world).await;
        for (child, guardian, expected) in
            [("Åsen", "Berg", true), ("Berg", "Lie-Aasen", true), ("Åsenden", "Berg", false)]
        {
            let case = Case::begun(&world).await;
            named(&world, "person", &case.teacher.id.to_string(), "name", "Kari AASEN").await;
            named(&world, "child", &case.family.child.id.to_string(), "name", &format!("Ola {child}")).await;
            named(&world, "guardianship", "", "guardian_name", &format!("Per {guardian}")).await;
            case.look(&case.teacher).await;
            pick(&world).await;
            let found = has(&auditor, &case.teacher, &case.family.child, "same_surname").await;
            assert_eq!(found, expected, "{child}, {guardian}");
        }
    }

    async fn any_look_at_a_graded_child_is_picked_once_a_day(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        case.look(&case.teacher).await;
        address(&case.teacher, &case.family.child, "confidential", "Storgata 1, 3770 Kragerø").await;
        world.advance(TimeDelta::days(1));
        for below in ["", "/goals", "/team"] {
            case.teacher.get(case.path(below)).send().await.expect(200);
        }
        pick(&world).await;
        case.look(&case.teacher).await;
        pick(&world).await;
        let found = reasons(&auditor, &case.teacher, &case.family.child).await;
        // The previous day as well, because its accesses are examined when the protection is known.
        assert_eq!(found, ["protected_address"; 2]);
        let reviews = listed(&auditor, "reason=protected_address").await;
        assert!(reviews.iter().all(|review| !review.to_string().contains("Storgata")));
        world.advance(TimeDelta::days(1) - TimeDelta::hours(4));
        case.look(&case.teacher).await;
        pick(&world).await;
        assert_eq!(listed(&auditor, "reason=protected_address").await.len(), 3, "the next day again");
    }

    async fn an_emergency_is_picked_once_and_a_list_is_not_a_choice(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        world.advance(TimeDelta::days(6));
        let responder = world.worker("kragero/bup").await;
        world.open_in_emergency(&responder, json!({"case_id": case.case})).await;
        case.look(&responder).await;
        case.look(&responder).await;
        case.nurse.get("/v1/cases").send().await.expect(200);
        pick(&world).await;
        let picked = listed(&auditor, "").await;
        assert!(picked.len() == 1 && picked[0]["entry"]["person_id"] == json!(responder.id), "{picked:?}");
    }

    async fn a_look_is_gone_through_once_and_when_it_is_two_hours_old(world: World) {
        let case = Case::begun(&world).await;
        let auditor = auditor(&world).await;
        case.look(&case.nurse).await;
        world.advance(TimeDelta::minutes(119));
        assert_eq!(world.pick().await, 0);
        world.advance(TimeDelta::minutes(1));
        assert_eq!(world.pick().await, 1);
        assert_eq!(world.pick().await, 0);
        // Of the processes that examine it at once, one does the work.
        case.teacher.get(case.path("/team")).send().await.expect(200);
        world.advance(TimeDelta::hours(22));
        case.look(&case.nurse).await;
        world.advance(TimeDelta::hours(2));
        world.seal().await;
        let (one, other) = tokio::join!(
            log_reviews::pick(&world.db, &world.clock),
            log_reviews::pick(&world.db, &world.clock),
        );
        assert_eq!(one.expect("picked") + other.expect("picked"), 1);
        assert_eq!(listed(&auditor, &format!("person_id={}", case.nurse.id)).await.len(), 2);
        let entries = world.number_of("SELECT COUNT(*) FROM access_log WHERE action = 'pick_log_reviews' AND status = 200").await;
        assert_eq!(entries, world.number_of("SELECT COUNT(DISTINCT picked_at) FROM log_review").await);
        assert_eq!(world.number_of("SELECT COUNT(*) FROM access_log WHERE action = 'pick_log_reviews' AND shown <> '[]'").await, 0);
    }

    async fn so_many_looks_of_a_month_are_picked_at_random_when_it_is_over(world: World) {
        let teacher = world.worker("kragero/skole").await;
        let child = world.child(&teacher, 7).await;
        to_monday(&world);
        for _ in 0..40 {
            teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        }
        let auditor = auditor(&world).await;
        let elsewhere = world.worker("porsgrunn/skole").await;
        let few = world.child(&elsewhere, 7).await;
        for _ in 0..3 {
            elsewhere.get(format!("/v1/children/{}", few.id)).send().await.expect(200);
        }
        pick(&world).await;
        assert_eq!(listed(&auditor, "reason=random_sample").await, [] as [Value; 0], "nobody knows before");
        // Advances to two o'clock on the first of December, in Norway.
        world.advance(TimeDelta::days(7) + TimeDelta::hours(14) - TimeDelta::seconds(1));
        world.pick().await;
        assert_eq!(listed(&auditor, "reason=random_sample").await, [] as [Value; 0]);
        world.advance(TimeDelta::seconds(1));
        assert_eq!(world.pick().await, 23, "20 here, and all 3 there");
        let sample = listed(&auditor, "reason=random_sample").await;
        assert_eq!(sample.len(), 20);
        assert!(sample.iter().all(|review| review["reasons"][0]["en"] == "Selected at random."));
        assert_eq!(world.pick().await, 0, "once");
        // Accesses in December belong to December.
        teacher.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        pick(&world).await;
        assert_eq!(listed(&auditor, "reason=random_sample").await.len(), 20);
    }
}

/// Another person registers a staff member as parent of a child.
async fn is_parent(world: &World, by: &Staff, parent: &Staff, child: &Child) {
    let sql = "SELECT national_id FROM person WHERE id = $1";
    let mut tx = world.db.read().await.expect("a transaction");
    let (number,) = fetch_one!(&mut tx, (Content,), sql, parent.id).expect("a number");
    tx.rollback().await.expect("ended");
    let body = json!({
        "national_id": &*number, "name": parent.name, "parental_responsibility": true, "lives_with_child": true,
    });
    by.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
}

/// Changes a name behind the service's back: names in tests end in a number.
async fn named(world: &World, table: &str, id: &str, column: &str, name: &str) {
    let sealed = world.db.vault().seal(&KeyName::people("4014"), name).expect("sealed");
    let mut tx = world.db.write().await.expect("a transaction");
    let changed = if id.is_empty() {
        let sql = AssertSqlSafe(format!("UPDATE {table} SET {column} = $1"));
        execute!(&mut tx, sql, sealed)
    } else {
        let id: uuid::Uuid = id.parse().expect("an id");
        let sql = AssertSqlSafe(format!("UPDATE {table} SET {column} = $1 WHERE id = $2"));
        execute!(&mut tx, sql, sealed, id)
    };
    assert!(changed.expect("changed") > 0);
    tx.commit().await.expect("committed");
}
