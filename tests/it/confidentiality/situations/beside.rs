//! What lies beside a case: a report to child welfare, a disclosure, an emergency, and how the child is reached.

use serde_json::json;
use stafett::kernel::ids::CaseId;

use super::parts;
use crate::{
    confidentiality::scene::{Scene, sentence},
    support::{Child, Role, Staff, Unit, World},
};

/// A case at a school, with a nurse on the team. The child lives with the mother, who objects to sharing in health; a care
/// order is to come.
pub async fn told(world: &World) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let nurse = world.worker("kragero/helsestasjon").await;
    let child = world.child(&teacher, 9).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    let father = parts::guardian_elsewhere(world, &teacher, &child).await;
    let case = parts::case(world, &mut scene, &teacher, &child).await;
    for guardian in [&mother.user, &father.user] {
        world.consent(guardian, case, &[&nurse.unit]).await;
    }
    world.add_to_team(&teacher, case, &nurse).await;
    scene.who("the contact person", &teacher).who("the nurse on the team", &nurse);
    scene.who("the mother", &mother).who("the father", &father);
    people(world, &mut scene).await;
    let welfare = world.worker("kragero/barnevern").await;
    report(world, &mut scene, &teacher, &child, &welfare.unit).await;
    scene.who("a child welfare worker without a task", &welfare);
    let psychologist = world.worker("kragero/bup").await;
    disclosure(world, &mut scene, &teacher, case, &psychologist).await;
    scene.who("the one it was disclosed to", &psychologist);
    parts::registration(&mut scene, &teacher, &child).await;
    parts::address(&mut scene, &teacher, &child, "none").await;
    let decides = parts::care_order(world, &mut scene, &teacher, &child, 30).await;
    scene.who("the child welfare worker who is to decide from another day", &decides);
    parts::objection(&mut scene, &mother, case).await;
    let responder = world.worker("kragero/ppt").await;
    emergency(world, &mut scene, &responder, case).await;
    scene.who("the one who opened the case in an emergency", &responder);
    scene
}

/// People around it, who have no part in it.
async fn people(world: &World, scene: &mut Scene) {
    let roles = [
        ("the leader of the school", "kragero/skole", Role::UnitLeader),
        ("a colleague at the school without a task", "kragero/skole", Role::Worker),
        ("a colleague of the one it was disclosed to", "kragero/bup", Role::Worker),
        ("the leader of child welfare", "kragero/barnevern", Role::UnitLeader),
        ("the administrator", "kragero/oppvekst", Role::Administrator),
        ("the auditor", "kragero/oppvekst", Role::Auditor),
        ("the auditor of another municipality", "orland/nav", Role::Auditor),
    ];
    for (name, unit, role) in roles {
        scene.who(name, &*world.staff(unit, role).await);
    }
}

/// Someone reports a child that they help.
pub async fn report(world: &World, scene: &mut Scene, by: &Staff, child: &Child, to: &Unit) {
    let words = sentence("Has told of it");
    let body = json!({
        "child_id": child.id, "grounds": ["mistreatment_or_neglect"], "text": words, "sent_on": world.in_days(0),
        "guardians_told": false, "guardians_not_told_reason": "It may put the child in danger.",
        "receiving_unit_id": to.id,
    });
    let path = format!("/v1/units/{}/child-welfare-reports", by.unit.id);
    let report = by.post(path).json(body).send().await.expect(201).text("/id");
    scene.id("unit_id", by.unit.id).id("report_id", &report);
    scene.plant("the report to child welfare", [&words, &report]);
}

/// Someone on the team discloses a note to someone.
pub async fn disclosure(world: &World, scene: &mut Scene, by: &Staff, case: CaseId, to: &Staff) {
    let note = world.note(by, case, "team", "Must be known tonight.").await;
    let disclosed = world.disclosure(by, case, to, &json!(note)).await.to_string();
    scene.id("disclosure_id", &disclosed).plant("what was disclosed", [&disclosed]);
}

/// Someone opens a case in an emergency, and it may be asked why they were let in.
pub async fn emergency(world: &World, scene: &mut Scene, by: &Staff, case: CaseId) {
    let opened = world.open_in_emergency(by, json!({"case_id": case})).await.text("/id");
    scene.id("emergency_access_id", &opened).plant("who opened the case in an emergency", [&opened]);
    let question = json!({"person_id": by.id, "action": "read_case", "resource": {"case_id": case}});
    scene.question("explain_access", question).plant("why another is let in", ["\"known\":true"]);
}
