//! Notes of several kinds of information, and what is withheld.

use serde_json::{Value, json};
use stafett::kernel::{NationalId, ids::CaseId};

use super::parts;
use crate::{
    confidentiality::scene::{Scene, sentence},
    support::{Operation, Role, Staff, User, World},
};

/// The child is 11 for one day more.
pub async fn eve_of_12(world: &World) -> Scene {
    told(world, "2014-11-24").await
}

/// The child is 12 today.
pub async fn turned_12(world: &World) -> Scene {
    told(world, "2014-11-23").await
}

/// The child is 11, and the mother objects again.
pub async fn objected(world: &World) -> Scene {
    let scene = told(world, "2014-12-24").await;
    let mother = scene.person("the mother").cloned().expect("the mother");
    let case = scene.path("to object to sharing in health", &Operation::named("object_to_sharing"));
    mother.post(case.expect("a case")).json(json!({})).send().await.expect(201);
    scene
}

/// Both parents consent to what is agreed for health and PPT, and to school life for PPT alone.
async fn told(world: &World, born: &str) -> Scene {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let nurse = world.worker("kragero/helsestasjon").await;
    let school_nurse = world.worker("kragero/skolehelsetjenesten").await;
    let adviser = world.worker("kragero/ppt").await;
    let number = NationalId::synthetic(born.parse().expect("a date"), 0).expect("a number");
    let child = world.register(&teacher, number).await;
    let mother = world.guardian_of(&teacher, &child, true).await.user;
    let father = world.guardian_of(&teacher, &child, true).await.user;
    let case = parts::case(world, &mut scene, &teacher, &child).await;
    // The child reads a note in the case, and no more of it than that.
    scene.plant("that there is a case", ["\"contact_person_id\":"]);
    for parent in [&father, &mother] {
        let given = consent(world, parent, case, &[&nurse, &school_nurse, &adviser], &["agreed"]).await;
        if std::ptr::eq(parent, &mother) {
            scene.id_of("the mother's consent", "consent_id", &given).plant("the mother's consent", [&given]);
        }
        scene.id_of("to withdraw the mother's consent", "consent_id", given);
        consent(world, parent, case, &[&adviser], &["school_life"]).await;
    }
    for staff in [&nurse, &school_nurse, &adviser] {
        world.add_to_team(&teacher, case, staff).await;
    }
    notes(&mut scene, case, &teacher, &nurse, &father).await;
    moved_author(world, &mut scene, &teacher, case).await;
    parts::withholding_that_ended(&mut scene, &teacher, case, &father).await;
    scene.plant("that there are notes", []);
    scene.who("the contact person", &teacher).who("the nurse on the team", &nurse);
    scene.who("the school nurse on the team", &school_nurse).who("the PPT adviser on the team", &adviser);
    scene.who("the mother", &mother).who("the father", &father).who("the child", &*world.youth(&child).await);
    scene.who("the leader of the school", &*world.staff("kragero/skole", Role::UnitLeader).await);
    scene.who("a colleague at the school without a task", &*world.worker("kragero/skole").await);
    parts::work(world, &mut scene, &teacher, case, &nurse).await;
    parts::objection(&mut scene, &mother, case).await;
    parts::withdraw_objection(&scene, &mother).await;
    scene
}

/// A consent to some kinds of information, and its id.
pub async fn consent(world: &World, by: &User, case: CaseId, units: &[&Staff], kinds: &[&str]) -> String {
    let units: Vec<_> = units.iter().map(|staff| staff.unit.id).collect();
    let body = json!({
        "unit_ids": units, "kinds": kinds, "purpose": "Cooperation.", "valid_until": world.in_days(100),
        "text_version": "2026-1",
    });
    parts::id(&parts::make(by, case, "consents", body).await).to_owned()
}

async fn write(scene: &mut Scene, what: &'static str, by: &User, case: CaseId, more: Value) {
    let words = sentence("Noted");
    let mut body = json!({"contains": [], "text": words});
    body.as_object_mut().expect("a body").extend(more.as_object().expect("more of it").clone());
    let made = parts::make(by, case, "notes", body).await;
    scene.id_of(what, "note_id", parts::id(&made)).plant(what, [&words, parts::id(&made)]);
}

/// A note for the team on the child's health.
pub async fn health(scene: &mut Scene, by: &User, case: CaseId) {
    write(scene, "a note on health", by, case, json!({"kind": "health", "audience": "team"})).await;
}

/// A note for the team that tells of the parents' own health.
pub async fn parents_health(scene: &mut Scene, by: &User, case: CaseId) {
    let more = json!({"kind": "parents_health", "audience": "team"});
    write(scene, "a note on the parents' own health", by, case, more).await;
}

async fn notes(scene: &mut Scene, case: CaseId, teacher: &Staff, nurse: &Staff, father: &User) {
    let of = |kind: &str, audience: &str| json!({"kind": kind, "audience": audience});
    write(scene, "a note on school life", teacher, case, of("school_life", "team")).await;
    health(scene, nurse, case).await;
    write(scene, "a note on health for the sector", nurse, case, of("health", "sector")).await;
    write(scene, "a note on a contact kept from the parents", nurse, case, of("confidential_health", "team"))
        .await;
    write(scene, "what the child said", nurse, case, of("child_statement", "team")).await;
    write(scene, "what the child said, for the sector", nurse, case, of("child_statement", "sector")).await;
    let agreed = json!({"kind": "child_statement", "audience": "team", "child_agrees": true});
    write(scene, "what the child lets the parents know", nurse, case, agreed).await;
    let withheld = json!({
        "kind": "agreed", "audience": "team",
        "withheld_from": [{"guardian_id": father.id, "legal_basis": "administration_act", "reason": "It would harm the child."}],
    });
    write(scene, "a note withheld from the father", teacher, case, withheld).await;
}

/// Sat for the health centre, wrote for that unit alone, and sits for school health now.
async fn moved_author(world: &World, scene: &mut Scene, teacher: &Staff, case: CaseId) {
    let author = world.worker("kragero/helsestasjon").await;
    let seat = world.add_to_team(teacher, case, &author).await;
    write(scene, "a note for the unit", &author, case, json!({"kind": "health", "audience": "unit"})).await;
    let unit = world.unit("kragero/skolehelsetjenesten").await;
    world.grant(&author, &unit, Role::Worker).await;
    let there = Staff { user: author.user.clone(), unit };
    world.add_to_team(teacher, case, &there).await;
    teacher.delete(format!("/v1/cases/{case}/team/{seat}")).send().await.expect(204);
    scene.who("an author who sits for another unit now", &author);
}
