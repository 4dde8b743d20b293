//! Explanations of why a person has or lacks access and what would change that. The question itself reveals nothing.

mod bounds;
mod second_factor;
mod told;

use serde_json::{Value, json};
use stafett::kernel::ids::PersonId;

use crate::{
    cast::Cast,
    support::{Answer, Child, Role, Staff, User, World},
};

const ASK: &str = "/v1/access/explain";

async fn ask(by: &User, body: Value) -> Answer {
    by.post(ASK).json(body).send().await.expect(200)
}

/// A person asks about themselves.
async fn own(by: &User, action: &str, resource: Value) -> Answer {
    ask(by, json!({"action": action, "resource": resource})).await
}

/// The auditor asks about a person.
async fn about(auditor: &Staff, person: PersonId, action: &str, resource: Value) -> Answer {
    ask(auditor, json!({"person_id": person, "action": action, "resource": resource})).await
}

fn of_case(cast: &Cast) -> Value {
    json!({"case_id": cast.case})
}

/// The facts that would change the answer, one list for each way.
fn ways(answer: &Answer) -> Vec<Vec<&str>> {
    let ways = answer.body["would_change"].as_array().expect("ways");
    let facts = ways.iter().map(|way| way["if"].as_array().expect("facts"));
    facts.map(|facts| facts.iter().filter_map(|it| it["fact"].as_str()).collect()).collect()
}

/// The reasons of one kind in all ways.
fn hints<'a>(answer: &'a Answer, kind: &str) -> Vec<&'a Value> {
    let ways = answer.body["would_change"].as_array().expect("ways");
    let all = ways.iter().flat_map(|way| way["because"].as_array().expect("reasons"));
    all.filter(|hint| hint["kind"] == kind).collect()
}

/// The rules that forbid it.
fn forbids(answer: &Answer) -> Vec<&str> {
    let rules = answer.body["rules"].as_array().expect("rules");
    rules.iter().filter(|rule| rule["forbids"] == true).filter_map(|rule| rule["id"].as_str()).collect()
}

/// The answer must be a refusal with a reason of this kind, which is returned.
#[track_caller]
fn refused<'a>(answer: &'a Answer, kind: &str) -> &'a Value {
    assert_eq!(
        (&answer.body["decision"], &answer.body["known"]),
        (&json!("deny"), &json!(true)),
        "{}",
        answer.text
    );
    hints(answer, kind).first().copied().unwrap_or_else(|| panic!("no {kind} in {}", answer.text))
}

#[track_caller]
fn is_of_nothing(answer: &Answer) {
    let body = &answer.body;
    assert_eq!((&body["decision"], &body["known"]), (&json!("deny"), &json!(false)), "{}", answer.text);
    assert_eq!((&body["rules"], &body["would_change"]), (&json!([]), &json!([])), "{}", answer.text);
}

async fn auditor(world: &World) -> Staff {
    world.staff("kragero/oppvekst", Role::Auditor).await
}

/// An administrator ends a person's role in their unit.
async fn end_role(world: &World, staff: &Staff) {
    let administrator = world.staff("kragero/oppvekst", Role::Administrator).await;
    let path = format!("/v1/units/{}/staff", staff.unit.id);
    let list = administrator.get(&path).send().await.expect(200);
    let row = list.items().iter().find(|row| row["person_id"] == json!(staff.id)).expect("a role");
    administrator.delete(format!("{path}/{}", row["id"].as_str().expect("an id"))).send().await.expect(204);
}

/// The contact person changes a person's guardianship of the child.
async fn change_guardian(by: &Staff, child: &Child, guardian: PersonId, body: Value) {
    let path = format!("/v1/children/{}/guardians", child.id);
    let list = by.get(&path).send().await.expect(200);
    let row = list.items().iter().find(|row| row["guardian_id"] == json!(guardian)).expect("a guardian");
    let path = format!("{path}/{}", row["id"].as_str().expect("an id"));
    by.patch(path).json(body).if_match(row["version"].as_i64().expect("a version")).send().await.expect(200);
}
