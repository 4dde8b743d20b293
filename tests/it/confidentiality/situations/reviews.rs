//! Looks at a case that were picked for the auditor, one of them by someone who has become auditor afterwards.

use chrono::TimeDelta;

use super::{
    family::{is_guardian, parent},
    parts::{self, Cast},
};
use crate::{
    confidentiality::scene::Scene,
    support::{Role, Staff, World},
};

/// The contact person and a leader look at the case on a Sunday. It is picked two hours later.
pub async fn told(world: &World) -> Scene {
    let cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await;
    let Cast { mut scene, teacher, child, case, .. } = cast;
    let leader = world.staff("kragero/skole", Role::UnitLeader).await;
    for by in [&*teacher, &*leader] {
        by.get(format!("/v1/cases/{case}")).send().await.expect(200);
    }
    world.advance(TimeDelta::hours(2));
    world.pick().await;
    let review = world.review_of(child.id, teacher.id).await.to_string();
    scene.id("review_id", &review).plant("the look that was picked for review", [&review]);
    let other = world.review_of(child.id, leader.id).await.to_string();
    for what in ["another look that was picked for review", "to give a verdict on the other look"] {
        scene.id_of(what, "review_id", &other);
    }
    scene.plant("another look that was picked for review", [&other]);
    world.grant(&leader, &world.unit("kragero/oppvekst").await, Role::Auditor).await;
    scene.who("the auditor, who looked as a leader", &leader);
    let close = parent(world, "kragero/oppvekst", Role::Auditor).await;
    is_guardian(world, &teacher, &child, &close, false).await;
    scene.who("the auditor, who is a parent", &close.staff);
    for (name, unit, role) in [
        ("the auditor", "kragero/oppvekst", Role::Auditor),
        ("the auditor of another municipality", "orland/nav", Role::Auditor),
        ("the administrator", "kragero/oppvekst", Role::Administrator),
        ("the analyst", "kragero/oppvekst", Role::Analyst),
        ("another leader of the school", "kragero/skole", Role::UnitLeader),
    ] {
        scene.who(name, &*world.staff(unit, role).await);
    }
    scene
}
