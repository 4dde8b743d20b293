//! What one unit works on alone, or has not told anyone of.

use serde_json::json;

use super::{
    parts::{self, Cast, MOTHERS},
    shared,
};
use crate::{
    confidentiality::scene::{Scene, sentence},
    support::{Staff, World},
};

/// The mother has consented to the health centre and the father has not: only the school works on the case.
pub async fn school_only(world: &World) -> Scene {
    let cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await;
    let mate = world.worker("kragero/skole").await;
    world.add_to_team(&cast.teacher, cast.case, &mate).await;
    let Cast { mut scene, teacher, nurse, mother, case, .. } = cast;
    parts::consent(&mut scene, MOTHERS, &mother, case, &[&nurse], &world.in_days(182)).await;
    parts::help(world, &mut scene, &teacher, case, &mate).await;
    parts::note(&mut scene, "a note for the team", &teacher, case, "team").await;
    scene.who("the special teacher on the team", &mate);
    scene.who("the nurse whom only the mother consents to", &nurse);
    parts::bystanders(world, &mut scene).await;
    scene
}

/// Recorded, not decided, and nobody at home knows.
pub async fn concern(world: &World) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let child = world.child(&teacher, 8).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    record(&mut scene, &teacher, json!(child.id)).await;
    scene
        .who("the author", &teacher)
        .who("the mother", &mother)
        .who("the child", &*world.youth(&child).await);
    parts::bystanders(world, &mut scene).await;
    scene
}

/// A concern of its own, planted.
async fn record(scene: &mut Scene, by: &Staff, child: serde_json::Value) {
    let facts = sentence("Has stopped playing");
    let body = json!({"child_id": child, "facts": facts});
    let path = format!("/v1/units/{}/concerns", by.unit.id);
    let made = by.post(path).json(body).send().await.expect(201).body;
    scene.id("concern_id", parts::id(&made)).plant("the concern", [&facts, parts::id(&made)]);
}

/// A concern that names no child; its author has gone to work in the kindergarten.
pub async fn anonymous_concern(world: &World) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    record(&mut scene, &teacher, serde_json::Value::Null).await;
    shared::end_role(world, &teacher).await;
    world.grant(&teacher, &world.unit("kragero/barnehage").await, crate::support::Role::Worker).await;
    scene.who("the author, who has changed units", &teacher);
    parts::bystanders(world, &mut scene).await;
    scene
}

/// A child with a guardian, registered by a teacher.
pub async fn registered_child(world: &World) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let child = world.child(&teacher, 9).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    let parent = world.guardian_of(&teacher, &child, false).await;
    parts::registration(&mut scene, &teacher, &child).await;
    parts::address(&mut scene, &teacher, &child, "none").await;
    parts::care_order(world, &mut scene, &teacher, &child, 30).await;
    scene.who("the teacher who registered the child", &teacher);
    scene.who("the mother", &mother).who("the parent without parental responsibility", &parent);
    parts::bystanders(world, &mut scene).await;
    scene
}
