//! Cases where something has changed.

use super::{
    parts::{self, Cast},
    shared,
};
use crate::{
    confidentiality::scene::Scene,
    support::{Role, Staff, World},
};

async fn of_seven(world: &World) -> Cast {
    parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await
}

async fn leaders(world: &World, scene: &mut Scene) {
    scene.who("the leader of the school", &*world.staff("kragero/skole", Role::UnitLeader).await);
    scene.who(
        "the leader of the health centre",
        &*world.staff("kragero/helsestasjon", Role::UnitLeader).await,
    );
}

/// Both consented until the Sunday. The nurse was offered the baton, is responsible for a measure, called a meeting.
pub async fn consents_ran_out(world: &World) -> Scene {
    let mut cast = of_seven(world).await;
    cast.nurse_joins(world, &world.in_days(0)).await;
    cast.fill(world).await;
    let offered = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
    cast.scene.id("handover_id", offered);
    leaders(world, &mut cast.scene).await;
    cast.scene
}

/// Both consented; the mother has withdrawn.
pub async fn consent_withdrawn(world: &World) -> Scene {
    let mut cast = of_seven(world).await;
    let until = world.in_days(182);
    let Cast { scene, mother, father, nurse, case, .. } = &mut cast;
    let consent = parts::consent(scene, parts::MOTHERS, mother, *case, &[nurse], &until).await;
    parts::consent(scene, parts::FATHERS, father, *case, &[nurse], &until).await;
    cast.nurse_sits(world).await;
    cast.fill(world).await;
    world.withdraw(&cast.mother, cast.case, consent.parse().expect("an id")).await;
    cast.scene
}

/// The nurse has accepted the baton; the teacher still takes part.
pub async fn baton_passed(world: &World) -> Scene {
    let mut cast = of_seven(world).await;
    cast.nurse_joins(world, &world.in_days(182)).await;
    cast.fill(world).await;
    let offered = world.offer_baton(&cast.teacher, cast.case, &cast.nurse).await;
    world.accept_baton(&cast.nurse, cast.case, offered).await;
    // The leader of the school still reads that the concern led to a case; not what became of that.
    let holder = format!("\"contact_person_id\":\"{}\"", cast.nurse.id);
    cast.scene.plant("that there is a case", [&holder]).plant("who is on the team", ["\"joined_at\":"]);
    cast.scene.who("the nurse who took the baton", &cast.nurse);
    cast.scene.who("the teacher who gave up the baton", &cast.teacher);
    leaders(world, &mut cast.scene).await;
    cast.scene
}

/// All measures have come to their end, and the case is closed.
pub async fn closed(world: &World) -> Scene {
    let mut cast = of_seven(world).await;
    cast.nurse_joins(world, &world.in_days(182)).await;
    parts::note(&mut cast.scene, "a note for the team", &cast.nurse, cast.case, "team").await;
    parts::note(&mut cast.scene, "a note for the unit", &cast.nurse, cast.case, "unit").await;
    world.close_case(&cast.teacher, cast.case).await;
    leaders(world, &mut cast.scene).await;
    let colleague = world.worker("kragero/skole").await;
    cast.scene.who("a colleague at the school without a task", &colleague);
    cast.scene
}

/// The teacher's role at the school has ended.
pub async fn holder_quit(world: &World) -> Scene {
    let mut cast = of_seven(world).await;
    leaders(world, &mut cast.scene).await;
    parts::note(&mut cast.scene, "a note for the team", &cast.teacher, cast.case, "team").await;
    let goal = world.goal(&cast.teacher, cast.case).await.to_string();
    cast.scene.plant("the goals", [&goal]);
    shared::end_role(world, &cast.teacher).await;
    cast.scene
}
