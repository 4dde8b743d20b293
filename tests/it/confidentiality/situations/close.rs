//! Staff who are found to be too close to the child of what they reported, disclosed or control, and staff who have left.

use super::{
    beside,
    family::{Parent, is_guardian, parent},
    parts, shared,
};
use crate::{
    confidentiality::scene::Scene,
    support::{Child, Role, Staff, World},
};

/// A special teacher on the team reports, and discloses to a psychologist. She, he, and those who lead and control turn out
/// to be parents without parental responsibility.
pub async fn told(world: &World) -> Scene {
    let reporter = parent(world, "kragero/skole", Role::Worker).await;
    let recipient = parent(world, "kragero/bup", Role::Worker).await;
    let leader = parent(world, "kragero/skole", Role::UnitLeader).await;
    let receiver = parent(world, "kragero/barnevern", Role::UnitLeader).await;
    let auditor = parent(world, "kragero/oppvekst", Role::Auditor).await;
    let (mut scene, teacher, child) =
        reported(world, &reporter.staff, &recipient.staff, &receiver.staff).await;
    let parents: [(&str, &Parent); 5] = [
        ("the one who reported and disclosed, who is a parent", &reporter),
        ("the one it was disclosed to, who is a parent", &recipient),
        ("the leader of the school, who is a parent", &leader),
        ("the leader of child welfare, who is a parent", &receiver),
        ("the auditor, who is a parent", &auditor),
    ];
    for (name, parent) in parents {
        is_guardian(world, &teacher, &child, parent, false).await;
        scene.who(name, &parent.staff);
    }
    scene
}

/// The special teacher has gone to work in the kindergarten, and the psychologist in PPT.
pub async fn left(world: &World) -> Scene {
    let reporter = world.worker("kragero/skole").await;
    let recipient = world.worker("kragero/bup").await;
    let receiver = world.staff("kragero/barnevern", Role::UnitLeader).await;
    let (mut scene, ..) = reported(world, &reporter, &recipient, &receiver).await;
    for (name, staff, to) in [
        ("the one who reported and disclosed, who has changed units", &reporter, "kragero/barnehage"),
        ("the one it was disclosed to, who has changed units", &recipient, "kragero/ppt"),
    ] {
        shared::end_role(world, staff).await;
        world.grant(staff, &world.unit(to).await, Role::Worker).await;
        scene.who(name, staff);
    }
    scene
}

/// A case in which a teacher on the team has reported to child welfare and disclosed to someone, and someone has opened it
/// in an emergency.
async fn reported(
    world: &World,
    reporter: &Staff,
    recipient: &Staff,
    receiver: &Staff,
) -> (Scene, Staff, Child) {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let child = world.child(&teacher, 9).await;
    world.guardian_of(&teacher, &child, true).await;
    let case = parts::case(world, &mut scene, &teacher, &child).await;
    world.add_to_team(&teacher, case, reporter).await;
    beside::report(world, &mut scene, reporter, &child, &receiver.unit).await;
    beside::disclosure(world, &mut scene, reporter, case, recipient).await;
    let responder = world.worker("kragero/helsestasjon").await;
    beside::emergency(world, &mut scene, &responder, case).await;
    (scene, teacher, child)
}
