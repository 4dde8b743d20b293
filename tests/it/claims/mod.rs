//! A registration of a child takes nothing from anyone elsewhere until somebody who answers for the child, or for the person, has
//! confirmed it.

mod closing;
mod staff;

use serde_json::{Value, json};
use stafett::{
    fetch_one,
    kernel::ids::{CaseId, PersonId},
};

use crate::{
    cast::walk,
    contact_details::{details, put},
    support::{Child, Role, Staff, User, World},
};

/// Staff whose national identity number a colleague knows.
pub(super) async fn known_by_number(world: &World, unit: &str, role: Role) -> (Staff, String) {
    let number = world.adult_number();
    let user = world.user("4014", &number).await;
    let unit = world.unit(unit).await;
    world.grant(&user, &unit, role).await;
    (Staff { user, unit }, number.as_str().to_owned())
}

/// A colleague registers the child in her own unit, and states that someone is its guardian.
pub(super) async fn state_guardian(world: &World, by: &Staff, child: &Child, number: &str) -> Child {
    let same = world.register(by, child.national_id.clone()).await;
    name_guardian(world, by, &same, number).await;
    same
}

pub(super) async fn name_guardian(world: &World, by: &Staff, child: &Child, number: &str) {
    let body = json!({
        "national_id": number, "name": world.name(), "parental_responsibility": false, "lives_with_child": false,
    });
    by.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
}

/// A colleague registers the child in her own unit, and states that its address is protected.
pub(super) async fn state_protection(world: &World, by: &Staff, child: &Child) {
    let same = world.register(by, child.national_id.clone()).await;
    put(by, &same, 0, details("confidential")).send().await.expect(200);
}

pub(super) fn claims_of(child: &Child) -> String {
    format!("/v1/children/{}/claims", child.id)
}

pub(super) async fn only_claim(by: &User, child: &Child) -> Value {
    let claims = walk(by, &claims_of(child)).await;
    assert_eq!(claims.len(), 1, "{claims:?}");
    claims[0].clone()
}

pub(super) async fn decide(by: &User, child: &Child, claim: &Value, confirmed: bool) -> Value {
    let path = format!("{}/{}/decision", claims_of(child), claim["id"].as_str().expect("an id"));
    let body = json!({"confirmed": confirmed, "reason": "The population register was asked."});
    by.post(path).json(body).if_match(&claim["version"]).send().await.expect(200).body
}

pub(super) async fn due(by: &User, kind: &str) -> Vec<Value> {
    let due = by.get("/v1/follow-ups").send().await.expect(200);
    due.items().iter().filter(|item| item["kind"] == kind).cloned().collect()
}

pub(super) async fn holder(world: &World, case: CaseId) -> PersonId {
    let mut tx = world.db.read().await.expect("a transaction");
    fetch_one!(&mut tx, (PersonId,), "SELECT person_id FROM contact_person WHERE case_id = $1", case)
        .expect("one holder")
        .0
}

pub(super) async fn confirm_at(leader: &Staff, unit: &Staff) -> Value {
    let path = format!("/v1/units/{}/conflicts-of-interest", unit.unit.id);
    let stated = walk(leader, &path).await;
    assert_eq!((stated.len(), &stated[0]["confirmed_at"]), (1, &Value::Null), "{stated:?}");
    let path = format!("{path}/{}/confirm", stated[0]["id"].as_str().expect("an id"));
    let reason = json!({"reason": "It is so."});
    leader.post(path).json(reason).if_match(&stated[0]["version"]).send().await.expect(200).body
}
