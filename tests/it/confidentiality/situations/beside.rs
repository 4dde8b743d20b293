//! What lies beside a case: a report to child welfare, a disclosure, an emergency, and how the child is reached.

use serde_json::json;

use super::parts;
use crate::{
    confidentiality::scene::{Scene, sentence},
    support::{Role, Staff, User, World},
};

/// A case at a school, with a nurse on the team. The child lives with the mother.
pub async fn told(world: &World) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let nurse = world.worker("kragero/helsestasjon").await;
    let child = world.child(&teacher, 9).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    let father = world.guardian("4014", world.adult_number()).await;
    let elsewhere = json!({
        "national_id": father.national_id.as_str(), "name": father.name, "parental_responsibility": true,
        "lives_with_child": false,
    });
    let guardians = format!("/v1/children/{}/guardians", child.id);
    teacher.post(guardians).json(elsewhere).send().await.expect(201);
    let case = parts::case(world, &mut scene, &teacher, &child).await;
    for guardian in [&mother.user, &father.user] {
        world.consent(guardian, case, &[&nurse.unit]).await;
    }
    world.add_to_team(&teacher, case, &nurse).await;
    scene.who("the contact person", &teacher).who("the nurse on the team", &nurse);
    scene.who("the mother", &mother).who("the father", &father);
    scene.who("the leader of the school", &*world.staff("kragero/skole", Role::UnitLeader).await);
    scene.who("a colleague at the school without a task", &*world.worker("kragero/skole").await);
    scene.who("the administrator", &*world.staff("kragero/oppvekst", Role::Administrator).await);
    report(world, &mut scene, &teacher, &child.id.to_string()).await;
    let note = world.note(&teacher, case, "team", "Must be known tonight.").await;
    let psychologist = world.worker("kragero/bup").await;
    let disclosed = world.disclosure(&teacher, case, &psychologist, &json!(note)).await.to_string();
    scene.id("disclosure_id", &disclosed).plant("what was disclosed", [&disclosed]);
    scene.who("the one it was disclosed to", &psychologist);
    scene.who("a colleague of the one it was disclosed to", &*world.worker("kragero/bup").await);
    let address = sentence("Lilleveien");
    let contact = json!({"protection": "none", "address": address});
    let path = format!("/v1/children/{}/contact-details", child.id);
    teacher.put(path).json(contact).if_match(0).send().await.expect(200);
    scene.plant("where the child lives", [&address]);
    let responder = world.worker("kragero/ppt").await;
    let opened = world.open_in_emergency(&responder, json!({"case_id": case})).await.text("/id");
    scene.id("emergency_access_id", &opened).plant("who opened the case in an emergency", [&opened]);
    scene.who("the one who opened the case in an emergency", &responder);
    scene.who("the auditor", &*world.staff("kragero/oppvekst", Role::Auditor).await);
    scene
}

async fn report(world: &World, scene: &mut Scene, by: &Staff, child: &str) {
    let welfare = world.worker("kragero/barnevern").await;
    let leader: User = world.staff("kragero/barnevern", Role::UnitLeader).await.user;
    let words = sentence("Has told of it");
    let body = json!({
        "child_id": child, "grounds": ["mistreatment_or_neglect"], "text": words, "sent_on": world.in_days(0),
        "guardians_told": false, "guardians_not_told_reason": "It may put the child in danger.",
        "receiving_unit_id": welfare.unit.id,
    });
    let path = format!("/v1/units/{}/child-welfare-reports", by.unit.id);
    let report = by.post(path).json(body).send().await.expect(201).text("/id");
    scene.id("unit_id", by.unit.id).id("report_id", &report);
    scene.plant("the report to child welfare", [&words, &report]);
    scene.who("the leader of child welfare", &leader);
    scene.who("a child welfare worker without a task", &welfare);
}
