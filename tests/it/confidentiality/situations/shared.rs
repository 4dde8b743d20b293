//! A case at work, with everything in it.

use serde_json::json;

use super::parts::{self, Cast, FATHERS, MOTHERS};
use crate::{
    confidentiality::scene::{Scene, sentence},
    support::{Staff, User, World},
};

/// The teacher holds the baton; two nurses, a school nurse and a PPT adviser take part, by the consent of both parents.
pub async fn told(world: &World) -> Scene {
    let mut cast = parts::school_case(world, async |teacher: &Staff| world.child(teacher, 7).await).await;
    let adviser = join(world, &mut cast).await;
    cast.fill(world).await;
    words_of_the_case(world, &mut cast, &adviser).await;
    let Cast { mut scene, teacher, mother, child, case, .. } = cast;
    parts::note(&mut scene, "a note from the family", &mother, case, "team").await;
    scene.who(
        "the parent without parental responsibility",
        &*world.guardian_of(&teacher, &child, false).await,
    );
    scene.who("the child of seven", &*world.youth(&child).await);
    parts::bystanders(world, &mut scene).await;
    scene
}

/// Those who take part, and those who did.
async fn join(world: &World, cast: &mut Cast) -> Staff {
    let school_nurse = world.worker("kragero/skolehelsetjenesten").await;
    let adviser = world.worker("kragero/ppt").await;
    let units = [&cast.nurse, &school_nurse, &adviser];
    let until = world.in_days(182);
    parts::consent(&mut cast.scene, MOTHERS, &cast.mother, cast.case, &units, &until).await;
    parts::consent(&mut cast.scene, FATHERS, &cast.father, cast.case, &units, &until).await;
    cast.nurse_sits(world).await;
    let others = [
        ("another nurse of the unit on the team", world.worker("kragero/helsestasjon").await),
        ("the school nurse on the team", school_nurse),
        ("the PPT adviser on the team", adviser.clone()),
        ("the special teacher on the team", world.worker("kragero/skole").await),
    ];
    for (name, staff) in &others {
        world.add_to_team(&cast.teacher, cast.case, staff).await;
        cast.scene.who(name, staff);
    }
    let left = world.worker("kragero/helsestasjon").await;
    let seat = world.add_to_team(&cast.teacher, cast.case, &left).await;
    cast.teacher.delete(format!("/v1/cases/{}/team/{seat}", cast.case)).send().await.expect(204);
    cast.scene.who("a nurse who has left the team", &left);
    let quit = world.worker("kragero/ppt").await;
    world.add_to_team(&cast.teacher, cast.case, &quit).await;
    end_role(world, &quit).await;
    cast.scene.who("an adviser who has quit PPT", &quit);
    adviser
}

/// Ends the only role of someone, by the administrator.
pub async fn end_role(world: &World, staff: &Staff) {
    let administrator = world.staff("kragero/oppvekst", crate::support::Role::Administrator).await;
    let path = format!("/v1/units/{}/staff", staff.unit.id);
    let list = administrator.get(format!("{path}?limit=200")).send().await.expect(200);
    let own = list.items().iter().find(|item| item["person_id"] == json!(staff.id)).expect("the role");
    administrator.delete(format!("{path}/{}", parts::id(own))).send().await.expect(204);
}

/// What is said in the case, beside the help: tasks, levels, the baton, consents, looks.
async fn words_of_the_case(world: &World, cast: &mut Cast, adviser: &Staff) {
    let Cast { scene, teacher, nurse, case, .. } = cast;
    let [task, why, message] =
        [sentence("Sees to sleep"), sentence("More help"), sentence("Will you take over")];
    let mate = world.worker("kragero/helsestasjon").await;
    let body = json!({"person_id": mate.id, "unit_id": mate.unit.id, "contains": [], "task": task});
    parts::make(teacher, *case, "team", body).await;
    scene.plant("who is on the team", [&task]);
    let body = json!({"level": 2, "contains": [], "level_reason": why});
    teacher.patch(format!("/v1/cases/{case}")).json(body).if_match(1).send().await.expect(200);
    scene.plant("the history of the case", [&why]);
    let declined = world.offer_baton(teacher, *case, nurse).await;
    nurse
        .post(format!("/v1/cases/{case}/handovers/{declined}/decline"))
        .json(json!({}))
        .send()
        .await
        .expect(200);
    for deed in ["to accept a baton once offered to another", "to decline a baton once offered to another"] {
        scene.id_of(deed, "handover_id", declined);
    }
    let body = json!({"to_person_id": adviser.id, "to_unit_id": adviser.unit.id, "contains": [], "message": message});
    let offered = parts::make(teacher, *case, "handovers", body).await;
    scene.id("handover_id", parts::id(&offered)).plant("that the baton is offered", [parts::id(&offered)]);
    scene.plant("what the offer of the baton says", [&message]);
    scene.plant("that there are notes", []).plant("the list of consents", []);
    let looked = looked(nurse).await;
    scene.plant("who has looked at the case", [&looked]);
    scene.plant("who has looked at the case, with proof", [&looked]);
}

/// How the family reads that someone has looked, as nobody else does.
async fn looked(who: &User) -> String {
    let me = who.get("/v1/me").send().await.expect(200);
    format!("{}, {}", me.text("/roles/0/role"), me.text("/roles/0/unit_name"))
}
