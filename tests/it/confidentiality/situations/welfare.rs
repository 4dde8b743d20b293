//! A case in which child welfare helps, which is itself secret; and help that is withheld from a guardian.

use serde_json::json;

use super::{
    kinds,
    parts::{self, Cast},
};
use crate::{
    confidentiality::scene::Scene,
    support::{Operation, Staff, World},
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

/// Both parents were invited to the meeting; it and the measure are withheld from the father afterwards.
pub async fn withheld(world: &World) -> Scene {
    let mut cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await;
    cast.nurse_joins(world, &world.in_days(182)).await;
    let Cast { mut scene, teacher, nurse, mother, father, case, .. } = cast;
    parts::help(world, &mut scene, &teacher, case, &nurse).await;
    parts::meeting(world, &mut scene, &teacher, case, &[&mother, &father]).await;
    let id = |operation: &str, name: &str| {
        let path = scene.path(name, &Operation::named(operation)).expect("a path");
        path.rsplit('/').next().expect("an id").to_owned()
    };
    let withheld = [
        ("measure_id", id("read_measure", "a measure")),
        ("meeting_id", id("read_meeting", "the minutes of a meeting")),
    ];
    for (name, id) in withheld {
        let mut body = json!({
            "guardian_id": father.id, "legal_basis": "administration_act", "reason": "It would harm the child.",
        });
        body[name] = json!(id);
        parts::make(&teacher, case, "withholdings", body).await;
    }
    scene
}
