//! A case that is open in an emergency, and one that was opened by someone who else would review it.

use serde_json::json;

use super::{
    beside, kinds,
    parts::{self, Cast},
};
use crate::{
    confidentiality::scene::Scene,
    support::{Role, Staff, World},
};

/// An adviser at PPT has opened a case of the school and the health centre within the hour.
pub async fn open(world: &World) -> Scene {
    let mut cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await;
    cast.nurse_joins(world, &world.in_days(182)).await;
    let Cast { mut scene, teacher, nurse, mother, father, case, .. } = cast;
    parts::work(world, &mut scene, &teacher, case, &nurse).await;
    parts::note(&mut scene, "a note for the team", &nurse, case, "team").await;
    parts::note(&mut scene, "a note for the sector", &nurse, case, "sector").await;
    parts::note(&mut scene, "a note for the unit", &nurse, case, "unit").await;
    kinds::parents_health(&mut scene, &nurse, case).await;
    parts::withholding_that_ended(&mut scene, &teacher, case, &father).await;
    parts::objection(&mut scene, &mother, case).await;
    scene.plant("that there are notes", []);
    let responder = world.worker("kragero/ppt").await;
    beside::emergency(world, &mut scene, &responder, case).await;
    scene.who("the one who opened the case in an emergency", &responder);
    scene.who("a colleague of the one who opened it", &*world.worker("kragero/ppt").await);
    scene
}

/// The same of a child whose address is strictly confidential.
pub async fn hidden(world: &World) -> Scene {
    let mut cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await;
    cast.nurse_joins(world, &world.in_days(182)).await;
    let Cast { mut scene, teacher, nurse, child, case, .. } = cast;
    parts::work(world, &mut scene, &teacher, case, &nurse).await;
    parts::note(&mut scene, "a note for the team", &nurse, case, "team").await;
    parts::address(&mut scene, &teacher, &child, "strictly_confidential").await;
    scene.plant("that there are notes", []);
    let responder = world.worker("kragero/ppt").await;
    beside::emergency(world, &mut scene, &responder, case).await;
    scene.who("the one who opened the case in an emergency", &responder);
    scene
}

/// By the leader of the school that holds it, and again by another leader, who has become the auditor afterwards.
pub async fn opened_by_leader(world: &World) -> Scene {
    let cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await;
    let Cast { mut scene, case, .. } = cast;
    let leader = world.staff("kragero/skole", Role::UnitLeader).await;
    let auditor = world.staff("kragero/skole", Role::UnitLeader).await;
    let opened = world.open_in_emergency(&auditor, json!({"case_id": case})).await.text("/id");
    scene.id_of("to review the other emergency access", "emergency_access_id", opened);
    world.grant(&auditor, &world.unit("kragero/oppvekst").await, Role::Auditor).await;
    beside::emergency(world, &mut scene, &leader, case).await;
    scene.who("the leader who opened it", &leader);
    scene.who("the auditor, who opened it as a leader", &auditor);
    scene.who("another leader of the school", &*world.staff("kragero/skole", Role::UnitLeader).await);
    scene.who("another auditor", &*world.staff("kragero/oppvekst", Role::Auditor).await);
    scene
}
