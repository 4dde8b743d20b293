//! More than one municipality.

use super::parts::{self, MOTHERS};
use crate::{
    confidentiality::scene::Scene,
    support::{Role, Staff, World},
};

/// The same child has a case at a school in Porsgrunn, and is registered by a school in Kragerø.
pub async fn two_registrations(world: &World) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("porsgrunn/skole").await;
    let child = world.child(&teacher, 9).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    let case = parts::case(world, &mut scene, &teacher, &child).await;
    parts::help(world, &mut scene, &teacher, case, &teacher).await;
    parts::registration(&mut scene, &teacher, &child).await;
    let abroad = world.worker("kragero/skole").await;
    let same = world.register(&abroad, child.national_id.clone()).await;
    let step = world.guardian_of(&abroad, &same, true).await;
    scene.who("the contact person", &teacher).who("the mother", &mother);
    scene.who("the teacher of the other municipality who registered the child there", &abroad);
    scene.who("the leader of that school", &*world.staff("kragero/skole", Role::UnitLeader).await);
    scene.who("someone registered as guardian in the other municipality only", &step);
    scene
        .who("the auditor of the other municipality", &*world.staff("kragero/oppvekst", Role::Auditor).await);
    scene
}

/// A health centre of Kragerø that also serves Porsgrunn, where the case is.
pub async fn unit_serving_two(world: &World) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("porsgrunn/skole").await;
    let nurse: Staff = world.worker("kragero/amt").await;
    let serves = format!(
        "INSERT INTO unit_serves (unit_id, municipality) SELECT id, '4001' FROM unit WHERE municipality = '{}' AND key = 'amt'",
        nurse.unit.municipality
    );
    world.try_execute(serves).await.expect("the unit serves both");
    let child = world.child(&teacher, 9).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    let case = parts::case(world, &mut scene, &teacher, &child).await;
    parts::consent(&mut scene, MOTHERS, &mother, case, &[&nurse], &world.in_days(182)).await;
    world.add_to_team(&teacher, case, &nurse).await;
    parts::help(world, &mut scene, &teacher, case, &nurse).await;
    parts::registration(&mut scene, &teacher, &child).await;
    scene.id("unit_id", nurse.unit.id).plant("the staff of the unit", []);
    scene.who("the contact person", &teacher).who("the nurse on the team", &nurse);
    scene.who("a colleague of the nurse without a task", &*world.worker("kragero/amt").await);
    scene.who(
        "a health nurse of the municipality that keeps the unit",
        &*world.worker("kragero/helsestasjon").await,
    );
    scene.who("a teacher where the unit does not serve", &*world.worker("orland/opphaug-skole").await);
    scene
}
