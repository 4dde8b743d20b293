//! The day from which a youth decides on their own health care.

use super::{
    ages, kinds,
    parts::{self, MOTHERS, YOUTHS},
};
use crate::{confidentiality::scene::Scene, support::World};

/// Tomorrow is the birthday.
pub async fn eve_of_16(world: &World) -> Scene {
    told(world, "2010-11-24").await
}

/// The mother objected while it was for her to do so.
pub async fn turned_16(world: &World) -> Scene {
    told(world, "2010-11-23").await
}

/// A case agreed with a youth, who has consented to the health centre. The mother objects to sharing in health; a care
/// order is to come.
async fn told(world: &World, born: &str) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let nurse = world.worker("kragero/helsestasjon").await;
    let child = ages::born_on(world, &teacher, born).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    let youth = world.youth(&child).await;
    let case = parts::case_agreed_with(world, &mut scene, &teacher, &child, "youth").await;
    let hers = kinds::consent(world, &mother, case, &[&nurse], &["health"]).await;
    scene
        .id_of(MOTHERS.0, "consent_id", &hers)
        .id_of(MOTHERS.1, "consent_id", &hers)
        .plant(MOTHERS.0, [&hers]);
    parts::consent(&mut scene, YOUTHS, &youth, case, &[&nurse], &world.in_days(182)).await;
    world.add_to_team(&teacher, case, &nurse).await;
    parts::work(world, &mut scene, &teacher, case, &nurse).await;
    parts::note(&mut scene, "a note for the unit", &nurse, case, "unit").await;
    parts::registration(&mut scene, &teacher, &child).await;
    parts::address(&mut scene, &teacher, &child, "none").await;
    parts::care_order(world, &mut scene, &teacher, &child, 30).await;
    parts::withholding_that_ended(&mut scene, &teacher, case, &mother).await;
    parts::objection(&mut scene, &mother, case).await;
    scene.plant("that there are notes", []);
    scene.who("the contact person", &teacher).who("the nurse on the team", &nurse);
    scene.who("the mother", &mother).who("the youth", &youth);
    scene
}
