//! People who work where the child of their own is helped.

use serde_json::json;

use super::parts::{self, FATHERS, MOTHERS};
use crate::{
    confidentiality::scene::{Scene, sentence},
    support::{Child, Role, Staff, User, World},
};

/// Someone with a role in a unit, who is registered as guardian of a child afterwards.
pub struct Parent {
    pub staff: Staff,
    number: String,
}

/// Someone who has a role in a unit.
pub async fn parent(world: &World, unit: &str, role: Role) -> Parent {
    let number = world.adult_number();
    let user = world.user("4014", &number).await;
    let unit = world.unit(unit).await;
    world.grant(&user, &unit, role).await;
    Parent { staff: Staff { user, unit }, number: number.as_str().to_owned() }
}

/// They are found to be a guardian of a child.
pub async fn is_guardian(world: &World, by: &User, child: &Child, parent: &Parent, responsible: bool) {
    let body = json!({
        "national_id": parent.number, "name": world.name(), "parental_responsibility": responsible,
        "lives_with_child": responsible,
    });
    by.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
}

/// The special teacher on the team turns out to be the mother; a nurse on the team and the school's leader are parents
/// without parental responsibility.
pub async fn child_of_staff(world: &World) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let mother = parent(world, "kragero/skole", Role::Worker).await;
    let nurse = parent(world, "kragero/helsestasjon", Role::Worker).await;
    let leader = parent(world, "kragero/skole", Role::UnitLeader).await;
    let child = world.child(&teacher, 7).await;
    let father = world.guardian_of(&teacher, &child, true).await;
    let case = parts::case(world, &mut scene, &teacher, &child).await;
    parts::consent(&mut scene, FATHERS, &father, case, &[&nurse.staff], &world.in_days(182)).await;
    for staff in [&mother.staff, &nurse.staff] {
        world.add_to_team(&teacher, case, staff).await;
    }
    parts::help(world, &mut scene, &teacher, case, &nurse.staff).await;
    parts::note(&mut scene, "a note for the team", &teacher, case, "team").await;
    parts::note(&mut scene, "a note for the sector", &teacher, case, "sector").await;
    parts::note(&mut scene, "a note for the unit", &teacher, case, "unit").await;
    is_guardian(world, &teacher, &child, &mother, true).await;
    is_guardian(world, &teacher, &child, &nurse, false).await;
    is_guardian(world, &teacher, &child, &leader, false).await;
    parts::consent(&mut scene, MOTHERS, &mother.staff, case, &[&nurse.staff], &world.in_days(182)).await;
    parts::registration(&mut scene, &teacher, &child).await;
    scene.who("the contact person", &teacher).who("the mother, who teaches at the school", &mother.staff);
    scene.who("a nurse of the team who is a parent without parental responsibility", &nurse.staff);
    scene.who("the leader, who is a parent without parental responsibility", &leader.staff);
    scene.who("another leader of the school", &*world.staff("kragero/skole", Role::UnitLeader).await);
    scene
}

/// Written by a teacher who was found to be a parent; one of the leaders is the other parent.
pub async fn concern_about_child_of_staff(world: &World) -> Scene {
    let mut scene = Scene::default();
    let author = parent(world, "kragero/skole", Role::Worker).await;
    let leader = parent(world, "kragero/skole", Role::UnitLeader).await;
    let other = world.staff("kragero/skole", Role::UnitLeader).await;
    let child = world.child(&author.staff, 7).await;
    let facts = sentence("Has stopped playing");
    let path = format!("/v1/units/{}/concerns", author.staff.unit.id);
    let body = json!({"child_id": child.id, "facts": facts});
    let made = author.staff.post(path).json(body).send().await.expect(201).body;
    is_guardian(world, &other, &child, &author, true).await;
    is_guardian(world, &other, &child, &leader, false).await;
    parts::registration(&mut scene, &other, &child).await;
    scene.id("concern_id", parts::id(&made)).plant("the concern", [&facts, parts::id(&made)]);
    scene.who("the author, who is a parent", &author.staff);
    scene.who("the leader, who is a parent without parental responsibility", &leader.staff);
    scene.who("another leader of the school", &other);
    scene
}
