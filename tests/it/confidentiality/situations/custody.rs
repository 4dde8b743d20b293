//! Who has parental responsibility, and who no longer has.

use serde_json::{Value, json};

use super::parts::{self, Cast};
use crate::{
    confidentiality::scene::Scene,
    support::{Staff, World},
};

async fn shared(world: &World) -> Cast {
    let mut cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await;
    cast.nurse_joins(world, &world.in_days(182)).await;
    cast.fill(world).await;
    cast
}

/// Someone got parental responsibility after the two others had consented.
pub async fn third_guardian(world: &World) -> Scene {
    let mut cast = shared(world).await;
    let third = world.guardian_of(&cast.teacher, &cast.child, true).await;
    cast.scene.who("the third guardian", &third);
    cast.scene
}

/// The contact person changes the guardianship of a parent.
async fn change(cast: &Cast, of: &crate::support::User, to: Value) {
    let path = format!("/v1/children/{}/guardians", cast.child.id);
    let list = cast.teacher.get(&path).send().await.expect(200);
    let own = list.items().iter().find(|item| item["guardian_id"] == json!(of.id)).expect("a guardianship");
    let path = format!("{path}/{}", parts::id(own));
    cast.teacher.patch(path).json(to).if_match(1).send().await.expect(200);
}

/// The father has it alone from now on.
pub async fn responsibility_lost(world: &World) -> Scene {
    let cast = shared(world).await;
    change(&cast, &cast.mother, json!({"parental_responsibility": false, "lives_with_child": false})).await;
    cast.scene
}

/// The father is no guardian any more.
pub async fn guardianship_ended(world: &World) -> Scene {
    let cast = shared(world).await;
    let ended = json!({"parental_responsibility": true, "lives_with_child": false, "ended": true});
    change(&cast, &cast.father, ended).await;
    cast.scene
}

/// Neither parent has it any more, and nobody else has got it.
pub async fn nobody_responsible(world: &World) -> Scene {
    let cast = shared(world).await;
    for parent in [&cast.mother, &cast.father] {
        change(&cast, parent, json!({"parental_responsibility": false, "lives_with_child": false})).await;
    }
    cast.scene
}
