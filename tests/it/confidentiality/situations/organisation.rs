//! Units, accounts and roles, and those who keep them.

use serde_json::json;

use crate::{
    confidentiality::scene::Scene,
    support::{Role, World},
};

/// The school of Kragerø, and people of it and around it.
pub async fn told(world: &World) -> Scene {
    let mut scene = Scene::default();
    let people = [
        ("the administrator", "kragero/oppvekst", Role::Administrator),
        ("the auditor", "kragero/oppvekst", Role::Auditor),
        ("the analyst", "kragero/oppvekst", Role::Analyst),
        ("the leader of the unit", "kragero/skole", Role::UnitLeader),
        ("a worker of the unit", "kragero/skole", Role::Worker),
        ("a worker of another unit", "kragero/ppt", Role::Worker),
        ("the leader of another unit", "kragero/ppt", Role::UnitLeader),
        ("a worker in another municipality", "orland/opphaug-skole", Role::Worker),
        ("the administrator of another municipality", "orland/nav", Role::Administrator),
        ("the auditor of another municipality", "orland/nav", Role::Auditor),
    ];
    for (name, unit, role) in people {
        scene.who(name, &*world.staff(unit, role).await);
    }
    let unit = world.unit("kragero/skole").await;
    let colleague = world.user_with_new_number("4014").await;
    let role = world.grant(&colleague, &unit, Role::Worker).await;
    scene.id("municipality", "4014").id("unit_id", unit.id).id("role_id", role).id("person_id", colleague.id);
    world.seal().await;
    scene.id("entry_id", world.newest_entry("4014").await);
    scene.id("export_format", "csv").id("tile_level", "0").id("tile_index", "000.p/1");
    scene.plant("the staff of the unit", [&colleague.name, &role.to_string()]);
    scene.plant("their own account", ["\"roles\":"]);
    let declared = json!({"national_id": world.child_number(7).as_str(), "ground": "relative"});
    let declared = colleague.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
    scene.id("conflict_id", declared.text("/id"));
    scene.who("a parent", &world.user_with_new_number("4014").await);
    scene
}
