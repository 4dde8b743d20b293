//! A case in which child welfare helps, which is itself secret.

use super::{
    kinds,
    parts::{self, Cast},
};
use crate::{
    confidentiality::scene::Scene,
    support::{Staff, World},
};

/// Opened by the school; a nurse holds the baton. Both parents consent to what is agreed for all, and to knowing that child welfare
/// helps for PPT and for child welfare itself, whose worker is responsible for the measure.
pub async fn helps(world: &World) -> Scene {
    let cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await;
    let Cast { mut scene, teacher, nurse, mother, father, case, .. } = cast;
    let welfare = world.worker("kragero/barnevern").await;
    let adviser = world.worker("kragero/ppt").await;
    let mate = world.worker("kragero/helsestasjon").await;
    for parent in [&mother, &father] {
        kinds::consent(world, parent, case, &[&nurse, &welfare, &adviser], &["agreed"]).await;
        kinds::consent(world, parent, case, &[&welfare, &adviser], &["child_welfare"]).await;
    }
    for staff in [&nurse, &mate, &welfare, &adviser] {
        world.add_to_team(&teacher, case, staff).await;
    }
    let handover = world.offer_baton(&teacher, case, &nurse).await;
    world.accept_baton(&nurse, case, handover).await;
    parts::help(world, &mut scene, &nurse, case, &welfare).await;
    parts::note(&mut scene, "a note for the team", &welfare, case, "team").await;
    scene.who("the nurse who holds the baton", &nurse);
    scene.who("another nurse on the team", &mate);
    scene.who("the PPT adviser on the team", &adviser);
    scene.who("the child welfare worker on the team", &welfare);
    scene
}
