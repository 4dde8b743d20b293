//! Days on which the age decides, told the day before.

use stafett::kernel::{NationalId, ids::CaseId};

use super::parts::{self, Cast, YOUTHS};
use crate::{
    confidentiality::scene::Scene,
    support::{Child, Staff, World},
};

/// The one child of these tables that is born on a day.
pub async fn born_on(world: &World, by: &Staff, born: &str) -> Child {
    let number = NationalId::synthetic(born.parse().expect("a date"), 0).expect("a number");
    world.register(by, number).await
}

/// A case of someone born on a day, shared with the nurse; the youth has a log-in.
async fn shared(world: &World, born: &str) -> Cast {
    let mut cast =
        parts::school_case(world, async |teacher: &Staff| born_on(world, teacher, born).await).await;
    cast.nurse_joins(world, &world.in_days(182)).await;
    cast.fill(world).await;
    let youth = world.youth(&cast.child).await;
    cast.scene.who("the youth", &youth).id("person_id", youth.id);
    cast
}

/// Tomorrow is the birthday.
pub async fn eve_of_15(world: &World) -> Scene {
    shared(world, "2011-11-24").await.scene
}

/// The parents' consents no longer carry; the youth has not consented.
pub async fn turned_15(world: &World) -> Scene {
    shared(world, "2011-11-23").await.scene
}

/// A youth who was 15 when the case began, and has consented to the health centre.
pub async fn youth_consents(world: &World) -> Scene {
    of_age(world, "2011-02-01").await
}

/// A case agreed with a youth, who has consented to the health centre.
async fn of_age(world: &World, born: &str) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let nurse = world.worker("kragero/helsestasjon").await;
    let child = born_on(world, &teacher, born).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    let youth = world.youth(&child).await;
    let case: CaseId = parts::case_agreed_with(world, &mut scene, &teacher, &child, "youth").await;
    parts::consent(&mut scene, YOUTHS, &youth, case, &[&nurse], &world.in_days(182)).await;
    world.add_to_team(&teacher, case, &nurse).await;
    parts::registration(&mut scene, &teacher, &child).await;
    parts::help(world, &mut scene, &teacher, case, &nurse).await;
    parts::meeting(world, &mut scene, &teacher, case, &[&youth, &mother, &nurse]).await;
    parts::note(&mut scene, "a note for the team", &nurse, case, "team").await;
    parts::note(&mut scene, "a note for the unit", &nurse, case, "unit").await;
    scene.plant("who has looked at the case", []);
    scene.who("the contact person", &teacher).who("the nurse on the team", &nurse);
    scene.who("the mother", &mother).who("the youth", &youth);
    scene
}

/// Of age tomorrow.
pub async fn eve_of_18(world: &World) -> Scene {
    of_age(world, "2008-11-24").await
}

/// Of age today.
pub async fn turned_18(world: &World) -> Scene {
    of_age(world, "2008-11-23").await
}

/// A case in Ørland, which has set 16; the youth has a log-in.
async fn where_it_is_16(world: &World, born: &str) -> Scene {
    let set = "UPDATE municipality SET own_record_age = 16 WHERE number = '5057'";
    world.try_execute(set).await.expect("the age is set");
    let mut scene = Scene::default();
    let teacher = world.worker("orland/opphaug-skole").await;
    let child = born_on(world, &teacher, born).await;
    let mother = world.guardian_of(&teacher, &child, true).await;
    let case = parts::case(world, &mut scene, &teacher, &child).await;
    parts::help(world, &mut scene, &teacher, case, &teacher).await;
    parts::registration(&mut scene, &teacher, &child).await;
    scene.who("the contact person", &teacher).who("the mother", &mother);
    scene.who("the youth", &*world.youth(&child).await);
    scene
}

/// Old enough in Kragerø, not here.
pub async fn fifteen_of_sixteen(world: &World) -> Scene {
    where_it_is_16(world, "2011-03-01").await
}

/// Old enough from today.
pub async fn turned_16(world: &World) -> Scene {
    where_it_is_16(world, "2010-11-23").await
}
