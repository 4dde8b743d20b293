//! A child in the care of child welfare.

use serde_json::json;

use super::{
    ages, kinds,
    parts::{self, Cast},
};
use crate::{
    confidentiality::scene::Scene,
    support::{Child, Guardian, Staff, World},
};

/// A case of a child, who is under a care order from today. What is done in the place of the parents is done by one in
/// child welfare, who is invited to a meeting.
pub async fn under_order(world: &World) -> Scene {
    let mut cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 9).await).await;
    cast.nurse_joins(world, &world.in_days(182)).await;
    let Cast { mut scene, teacher, nurse, mother, father, child, case } = cast;
    let others = parts::work(world, &mut scene, &teacher, case, &nurse).await;
    for deed in ["to answer the invitation of another", "to approve the minutes of another"] {
        scene.id_of(deed, "meeting_id", &others);
    }
    parts::note(&mut scene, "a note for the team", &teacher, case, "team").await;
    parts::note(&mut scene, "a note for the unit", &teacher, case, "unit").await;
    kinds::parents_health(&mut scene, &nurse, case).await;
    parts::withholding_that_ended(&mut scene, &teacher, case, &father).await;
    parts::objection(&mut scene, &mother, case).await;
    parts::address(&mut scene, &teacher, &child, "none").await;
    scene.plant("that there are notes", []);
    let worker = parts::care_order(world, &mut scene, &teacher, &child, 0).await;
    parts::meeting(world, &mut scene, &teacher, case, &[&worker]).await;
    scene.who("the foster mother", &*foster_parent(world, &teacher, &child).await);
    scene.who("the child welfare worker who decides", &worker);
    scene.who("another child welfare worker", &*world.worker("kragero/barnevern").await);
    scene.who("the nurse whose seat rested on the parents' consent", &nurse);
    scene
}

async fn foster_parent(world: &World, by: &Staff, child: &Child) -> Guardian {
    let guardian = world.guardian("4014", world.adult_number()).await;
    let body = json!({
        "national_id": guardian.national_id.as_str(), "name": guardian.name, "parental_responsibility": false,
        "lives_with_child": true, "capacity": "foster_parent",
    });
    by.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
    guardian
}

/// A case of a youth who decides on their own health care, at a health centre. The order is in force from today.
pub async fn under_order_at_16(world: &World) -> Scene {
    let mut scene = Scene::default();
    let nurse = world.worker("kragero/helsestasjon").await;
    let child = ages::born_on(world, &nurse, "2010-02-02").await;
    let mother = world.guardian_of(&nurse, &child, true).await;
    let youth = world.youth(&child).await;
    let case = parts::case_agreed_with(world, &mut scene, &nurse, &child, "youth").await;
    kinds::health(&mut scene, &nurse, case).await;
    let worker = parts::care_order(world, &mut scene, &nurse, &child, 0).await;
    scene.who("the child welfare worker who decides", &worker);
    scene.who("the mother", &mother).who("the youth", &youth);
    scene
}
