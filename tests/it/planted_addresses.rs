//! A planted address is found by those who may read it, and nowhere else.

use serde_json::json;

use crate::{
    contact_details::{ADDRESS, PHONE, details, graded, moves_out, path, put},
    support::{Operation, Role, Stage, User, World, both_engines, logged},
};

/// Everyone who may be involved in the case, and some who are not.
async fn everyone(world: &World, stage: &Stage) -> Vec<(&'static str, User)> {
    let role = async |unit: &str, role| world.staff(unit, role).await.user;
    vec![
        ("contact person", stage.teacher.user.clone()),
        ("on the team", stage.nurse.user.clone()),
        ("mother", stage.family.guardians[0].user.clone()),
        ("father", stage.family.guardians[1].user.clone()),
        ("the child", world.youth(&stage.family.child).await.user),
        ("colleague", role("kragero/skole", Role::Worker).await),
        ("leader", role("kragero/skole", Role::UnitLeader).await),
        ("leader of another unit", role("kragero/helsestasjon", Role::UnitLeader).await),
        ("child welfare", role("kragero/barnevern", Role::Worker).await),
        ("administrator", role("kragero/skole", Role::Administrator).await),
        ("auditor", role("kragero/skole", Role::Auditor).await),
        ("analyst", role("kragero/skole", Role::Analyst).await),
    ]
}

/// Sends every request as everyone. These find the planted address, each in one place.
async fn finders(everyone: &[(&'static str, User)], stage: &Stage, needles: &[&str]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (who, user) in everyone {
        for operation in
            Operation::all().iter().filter(|operation| operation.method == "GET" && !operation.is_public())
        {
            let answer = user.get(stage.path(operation)).send().await;
            assert!(answer.status < 500, "{}: {}", operation.id, answer.text);
            if needles.iter().any(|needle| answer.text.contains(needle)) {
                assert_eq!(operation.id, "read_contact_details", "{who} finds it there");
                found.push(*who);
            }
        }
    }
    found
}

both_engines! {
    async fn a_planted_address_is_found_by_those_who_may_and_nowhere_else(stage: Stage) {
        let world = stage.world();
        let everyone = everyone(world, &stage).await;
        let child = &stage.family.child;
        let needles = ["Seljefløytveien", PHONE];
        moves_out(&stage.teacher, child, &stage.family.guardians[1]).await;
        let version = stage.teacher.get(path(child)).send().await.expect(200).body["version"].as_i64().expect("a version");
        put(&stage.teacher, child, version, details("none")).send().await.expect(200);
        assert_eq!(finders(&everyone, &stage, &needles).await, ["contact person", "on the team", "mother", "father"]);
        put(&stage.teacher, child, version + 1, details("confidential")).send().await.expect(200);
        assert_eq!(finders(&everyone, &stage, &needles).await, ["contact person", "on the team", "mother"]);
        let mut refused = details("strictly_confidential");
        let answer = put(&stage.teacher, child, version + 2, refused.clone()).send().await.expect(422);
        refused["no such member"] = json!(ADDRESS);
        let other = put(&stage.teacher, child, version + 2, refused).send().await.expect(422);
        assert!(needles.iter().all(|needle| !answer.text.contains(needle) && !other.text.contains(needle)));
        put(&stage.teacher, child, version + 2, graded("strictly_confidential")).send().await.expect(200);
        assert!(finders(&everyone, &stage, &needles).await.is_empty());

        let log = logged();
        assert!(log.contains("answered"), "the log is kept");
        assert!(needles.iter().all(|needle| !log.contains(needle)), "the log reveals it");
        for column in ["roles", "object_id", "policies", "legal_basis", "shown", "request_id"] {
            let sql = format!("SELECT COUNT(*) FROM access_log WHERE {column} LIKE '%Seljefl%' OR {column} LIKE '%{PHONE}%'");
            assert_eq!(world.number_of(sql).await, 0, "access_log.{column}");
            let sql = format!("SELECT COUNT(*) FROM access_log WHERE {column} LIKE '%confidential%'");
            assert_eq!(world.number_of(sql).await, 0, "the grade in access_log.{column}");
        }
        assert_eq!(world.number_of("SELECT COUNT(*) FROM idempotency WHERE body LIKE '%Seljefl%'").await, 0);
    }

    async fn the_grade_is_told_in_one_place_alone(stage: Stage) {
        let world = stage.world();
        let everyone = everyone(world, &stage).await;
        let child = &stage.family.child;
        let version = stage.teacher.get(path(child)).send().await.expect(200).body["version"].as_i64().expect("a version");
        put(&stage.teacher, child, version, graded("confidential")).send().await.expect(200);
        let who = finders(&everyone, &stage, &["\"confidential\""]).await;
        assert_eq!(who, ["contact person", "on the team", "mother", "father"], "both live with the child");
    }
}
