//! One human has one identity: what each municipality records about them stays there, and what they may do goes by who they are.

mod corrections;
mod migration;
mod numbers;
mod one_human;
mod several_accounts;

use serde_json::{Value, json};
use stafett::{
    fetch_all,
    kernel::{NationalId, ids::PersonId},
};

use crate::support::{Child, Role, Staff, World, both_engines};

const KRAGERO: &str = "4014";
const PORSGRUNN: &str = "4001";

/// A child with a case, and the number of its only guardian, who is registered in the municipality of the worker.
async fn case_of(world: &World, teacher: &Staff, number: &NationalId) -> (Child, String, PersonId) {
    let child = world.child(teacher, 7).await;
    let guardian = register(world, teacher, &child, number).await;
    (child.clone(), world.open_case(teacher, &child).await.to_string(), guardian)
}

async fn register(world: &World, by: &Staff, child: &Child, number: &NationalId) -> PersonId {
    let body = as_guardian(world, number);
    let path = format!("/v1/children/{}/guardians", child.id);
    by.post(path).json(body).send().await.expect(201).id("/guardian_id")
}

fn as_guardian(world: &World, number: &NationalId) -> Value {
    json!({
        "national_id": number.as_str(), "name": world.name(), "parental_responsibility": true, "lives_with_child": true,
    })
}

/// Everything in the log of a municipality, as text.
pub async fn log_of(world: &World, municipality: &str) -> String {
    type Row = (Option<String>, String, String, Option<String>);
    let sql = "SELECT object_id, shown, roles, action FROM access_log WHERE municipality = $1";
    let mut tx = world.db.read().await.expect("a transaction");
    let texts = fetch_all!(&mut tx, Row, sql, municipality).expect("entries");
    let sql = "SELECT person_id, case_id, child_id FROM access_log WHERE municipality = $1";
    let ids =
        fetch_all!(&mut tx, (Option<uuid::Uuid>, Option<uuid::Uuid>, Option<uuid::Uuid>), sql, municipality);
    format!("{texts:?} {:?}", ids.expect("entries"))
}

both_engines! {
    async fn a_mother_of_children_in_two_municipalities_logs_in_once(world: World) {
        let (here, there) = (world.worker("kragero/skole").await, world.worker("porsgrunn/skole").await);
        let number = world.adult_number();
        let (child, case, mother) = case_of(&world, &here, &number).await;
        let (other_child, other_case, other_mother) = case_of(&world, &there, &number).await;
        assert_ne!(mother, other_mother, "each municipality has its own record of her");

        let user = world.user(KRAGERO, &number).await;
        let cases = user.get("/v1/cases").send().await.expect(200);
        assert_eq!(cases.each("id"), [case.as_str(), other_case.as_str()]);
        user.get(format!("/v1/cases/{other_case}")).send().await.expect(200);
        user.get(format!("/v1/children/{}", other_child.id)).send().await.expect(200);
        world.consent(&user, other_case.parse().expect("an id"), &[&world.unit("porsgrunn/helsestasjon").await]).await;
        let consents = there.get(format!("/v1/cases/{other_case}/consents")).send().await.expect(200);
        assert_eq!(consents.each("given_by"), [other_mother.to_string().as_str()]);
        let note = world.note(&user, other_case.parse().expect("an id"), "team", "Sleeps well.").await;
        let note = there.get(format!("/v1/cases/{other_case}/notes/{note}")).send().await.expect(200);
        assert_eq!(note.text("/author_id"), other_mother.to_string());

        let (log, other_log) = (log_of(&world, KRAGERO).await, log_of(&world, PORSGRUNN).await);
        for own in [&case, &child.id.to_string(), &mother.to_string()] {
            assert!(log.contains(own), "the log has its own");
            assert!(!other_log.contains(own), "the log of the other municipality has nothing of this one");
        }
        for own in [&other_case, &other_child.id.to_string(), &other_mother.to_string()] {
            assert!(other_log.contains(own), "the log has its own");
            assert!(!log.contains(own), "the log has nothing of the other municipality");
        }
    }

    async fn the_family_finds_its_own_reads_in_the_log_of_each_municipality(world: World) {
        let (here, there) = (world.worker("kragero/skole").await, world.worker("porsgrunn/skole").await);
        let number = world.adult_number();
        case_of(&world, &here, &number).await;
        let (_, case, _) = case_of(&world, &there, &number).await;
        let user = world.user(KRAGERO, &number).await;
        user.get(format!("/v1/cases/{case}")).send().await.expect(200);
        let guardians = there.get(format!("/v1/cases/{case}")).send().await.expect(200);
        assert!(!guardians.body.to_string().contains(KRAGERO));
        let log = user.get(format!("/v1/cases/{case}/access-log")).send().await.expect(200);
        assert!(!log.body.to_string().contains(&user.id.to_string()), "it names her as the case knows her");
    }

    async fn a_worker_in_one_municipality_meets_their_own_child_in_another_as_family(world: World) {
        let number = world.adult_number();
        let mother = world.user(KRAGERO, &number).await;
        world.grant(&mother, &world.unit("kragero/amt").await, Role::UnitLeader).await;
        let serves = "INSERT INTO unit_serves (unit_id, municipality) SELECT id, '4001' FROM unit
                      WHERE municipality = '4014' AND key = 'amt'";
        world.try_execute(serves).await.expect("the unit serves both");
        let there = world.worker("porsgrunn/skole").await;
        let (child, case, _) = case_of(&world, &there, &number).await;
        let path = format!("/v1/cases/{case}/team");
        let seat = json!({"person_id": mother.id, "unit_id": world.unit("kragero/amt").await.id, "contains": [], "task": "Helps."});
        there.post(path).json(seat).send().await.expect_problem(409, "conflict");
        mother.get(format!("/v1/cases/{case}")).send().await.expect(200);
        mother.get(format!("/v1/children/{}", child.id)).send().await.expect(200);
        let log = format!("/v1/cases/{case}/access-log");
        mother.get(log).send().await.expect(200);
    }

    async fn two_municipalities_learn_nothing_of_each_other_by_a_number(world: World) {
        let (here, there) = (world.worker("kragero/skole").await, world.worker("porsgrunn/skole").await);
        let (known, new) = (world.adult_number(), world.adult_number());
        case_of(&world, &here, &known).await;
        world.user(KRAGERO, &known).await;
        let administrator = world.staff("porsgrunn/skole", Role::Administrator).await;
        let path = format!("/v1/municipalities/{PORSGRUNN}/accounts");
        let mut answers = Vec::new();
        for number in [&known, &new] {
            let child = world.child(&there, 7).await;
            let body = json!({
                "national_id": number.as_str(), "name": "Alma Granli", "parental_responsibility": true, "lives_with_child": true,
            });
            let path_of = format!("/v1/children/{}/guardians", child.id);
            let mut guardian = there.post(&path_of).json(body.clone()).send().await.expect(201).body;
            for member in ["id", "child_id", "guardian_id"] {
                guardian[member] = json!(null);
            }
            there.post(path_of).json(body).send().await.expect_problem(409, "conflict");
            let username = format!("user.{}", number.as_str());
            let account = json!({"national_id": number.as_str(), "name": "Alma Granli", "username": username});
            let account = administrator.post(&path).json(account.clone()).send().await.expect(201).body;
            let members: Vec<String> = account.as_object().expect("an object").keys().cloned().collect();
            let registered = world.register(&there, world.child_number(5)).await;
            answers.push((guardian, members, registered.municipality));
        }
        assert_eq!(answers[0], answers[1]);
        let declared = json!({"national_id": known.as_str(), "ground": "friend"});
        there.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
    }
}
