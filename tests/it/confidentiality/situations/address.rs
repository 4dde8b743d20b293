//! Children whose address is protected.

use super::{ages, parts};
use crate::{
    confidentiality::scene::Scene,
    support::{Staff, World},
};

/// What is known of it is kept from the parent whom the child does not live with.
pub async fn confidential(world: &World) -> Scene {
    told(world, "2011-02-02", "confidential").await
}

/// Nothing of it is kept.
pub async fn strictly_confidential(world: &World) -> Scene {
    told(world, "2011-02-03", "strictly_confidential").await
}

/// A youth of 15 lives with the mother, and has consented to the health centre.
async fn told(world: &World, born: &str, protection: &str) -> Scene {
    let mut scene = Scene::default();
    let teacher: Staff = world.worker("kragero/skole").await;
    let nurse = world.worker("kragero/helsestasjon").await;
    let child = ages::born_on(world, &teacher, born).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    let father = parts::guardian_elsewhere(world, &teacher, &child).await;
    let youth = world.youth(&child).await;
    let case = parts::case_agreed_with(world, &mut scene, &teacher, &child, "youth").await;
    world.consent(&youth, case, &[&nurse.unit]).await;
    world.add_to_team(&teacher, case, &nurse).await;
    parts::address(&mut scene, &teacher, &child, protection).await;
    scene.who("the contact person", &teacher).who("the nurse on the team", &nurse).who("the youth", &youth);
    scene.who("the mother, with whom the child lives", &mother);
    scene.who("the father, with whom the child does not live", &father);
    scene
}
