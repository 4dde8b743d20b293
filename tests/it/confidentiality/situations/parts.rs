//! What several situations are made of.

use serde_json::{Value, json};
use stafett::kernel::ids::CaseId;

use crate::{
    confidentiality::scene::{Scene, sentence},
    support::{Child, Guardian, Operation, Role, Staff, User, World},
};

/// A case whose reason stands nowhere else, and its place in a scene.
pub async fn case(world: &World, scene: &mut Scene, by: &Staff, child: &Child) -> CaseId {
    case_agreed_with(world, scene, by, child, "guardians").await
}

/// The same, agreed with the guardians or with the youth.
pub async fn case_agreed_with(
    world: &World,
    scene: &mut Scene,
    by: &Staff,
    child: &Child,
    agreed_with: &str,
) -> CaseId {
    let reason = sentence("Finds it hard to join in play");
    let concern = world.concern(by, child).await;
    let body = json!({
        "decision": "open_case", "reason": "Help is agreed.", "contains": [], "case_reason": reason, "level": 1,
        "agreed_with": agreed_with, "agreed_on": world.in_days(-1),
    });
    let path = format!("/v1/concerns/{concern}/decision");
    let case: CaseId = by.post(path).json(body).if_match(1).send().await.expect(200).id("/case_id");
    let text = case.to_string();
    scene.id("case_id", case).id("child_id", child.id).id("concern_id", concern);
    scene.plant("that there is a case", [&text, &reason]).plant("why help is given", [&reason]);
    case
}

/// Makes something below a case, and gives the answer.
pub async fn make(by: &User, case: CaseId, below: &str, body: Value) -> Value {
    by.post(format!("/v1/cases/{case}/{below}")).json(body).send().await.expect(201).body
}

/// The id in an answer.
pub fn id(body: &Value) -> &str {
    body["id"].as_str().expect("an id")
}

/// A goal and a measure with its evaluation, which the responsible has written.
pub async fn help(world: &World, scene: &mut Scene, by: &Staff, case: CaseId, responsible: &Staff) {
    let [goal, title, assessment] = [sentence("Plays"), sentence("Play group"), sentence("Went well")];
    let made = make(by, case, "goals", json!({"contains": [], "description": goal})).await;
    scene.id("goal_id", id(&made)).plant("the goals", [&goal, id(&made)]);
    let measure = json!({
        "title": title, "level": "selective", "contains": [], "responsible_id": responsible.id,
        "responsible_unit_id": responsible.unit.id, "starts_on": world.in_days(0), "evaluate_on": world.in_days(42),
    });
    let measure = make(by, case, "measures", measure).await;
    scene.id("measure_id", id(&measure)).plant("the measures", [&title, id(&measure)]);
    scene.plant("a measure", [&title, id(&measure)]);
    let evaluation = json!({
        "held_on": world.in_days(0), "outcome": "continue", "contains": [], "assessment": assessment, "child_view": "It was fun.",
        "next_evaluation_on": world.in_days(42),
    });
    let path = format!("/v1/cases/{case}/measures/{}/evaluations", id(&measure));
    responsible.post(path).json(evaluation).if_match(1).send().await.expect(201);
    scene.plant("how a measure was evaluated", [&assessment]);
}

/// A meeting that someone calls, with its minutes.
pub async fn meeting(world: &World, scene: &mut Scene, by: &Staff, case: CaseId, invited: &[&User]) {
    let [agenda, words] = [sentence("What has helped"), sentence("It was agreed to go on")];
    let people: Vec<_> = invited.iter().map(|user| user.id).collect();
    let body = json!({
        "starts_at": world.now() - chrono::TimeDelta::hours(1), "contains": [], "agenda": agenda, "participants": people,
    });
    let made = make(by, case, "meetings", body).await;
    let minutes = json!({"contains": [], "minutes": words, "attended": people});
    let path = format!("/v1/cases/{case}/meetings/{}/minutes", id(&made));
    by.put(path).json(minutes).if_match(1).send().await.expect(200);
    scene.id("meeting_id", id(&made)).plant("the meetings", [&agenda, id(&made)]);
    scene.plant("the minutes of a meeting", [&words, id(&made)]);
}

/// A note, by the name that the tables give it.
pub async fn note(scene: &mut Scene, what: &'static str, by: &User, case: CaseId, audience: &str) {
    let words = sentence("Noted");
    let made = make(
        by,
        case,
        "notes",
        json!({"audience": audience, "kind": "agreed", "contains": [], "text": words}),
    )
    .await;
    scene.id_of(what, "note_id", id(&made)).plant(what, [&words, id(&made)]);
}

/// A consent of one's own to some units until a day, by the name that the tables give it.
pub async fn consent(
    scene: &mut Scene,
    named: (&'static str, &'static str),
    by: &User,
    case: CaseId,
    units: &[&Staff],
    until: &str,
) -> String {
    let purpose = sentence("Cooperation on help");
    let units: Vec<_> = units.iter().map(|staff| staff.unit.id).collect();
    let body = json!({"unit_ids": units, "purpose": purpose, "valid_until": until, "text_version": "2026-1"});
    let made = make(by, case, "consents", body).await;
    scene.plant(named.0, [&purpose, id(&made)]);
    scene.id_of(named.0, "consent_id", id(&made)).id_of(named.1, "consent_id", id(&made));
    id(&made).to_owned()
}

/// The names of a consent of the mother, as something to read and to withdraw.
pub const MOTHERS: (&str, &str) = ("the mother's consent", "to withdraw the mother's consent");
/// The same of the father.
pub const FATHERS: (&str, &str) = ("the father's consent", "to withdraw the father's consent");
/// The same of the youth.
pub const YOUTHS: (&str, &str) = ("the youth's consent", "to withdraw the youth's consent");

/// The child as registered, and a guardian of it.
pub async fn registration(scene: &mut Scene, by: &Staff, child: &Child) {
    // The name stands in the case too; by whom the child is registered does not.
    scene.id("child_id", child.id).plant("the child as registered", ["\"registered_unit\":"]);
    let guardians = by.get(format!("/v1/children/{}/guardians", child.id)).send().await.expect(200);
    if let Some(first) = guardians.each("id").first() {
        scene.id("guardianship_id", first).plant("who the guardians are", [*first]);
    }
}

/// What is written and under way in a case: help, a meeting to come, an offer of the baton. The nurse is asked for all of
/// it. Gives the id of the meeting.
pub async fn work(world: &World, scene: &mut Scene, teacher: &Staff, case: CaseId, nurse: &Staff) -> String {
    help(world, scene, teacher, case, nurse).await;
    let body = json!({
        "starts_at": world.now() + chrono::TimeDelta::days(3), "contains": [], "agenda": "What has helped.", "participants": [nurse.id],
        "family_absent_reason": "They are asked another day.",
    });
    let called = make(teacher, case, "meetings", body).await;
    scene.id("meeting_id", id(&called)).plant("the meetings", [id(&called)]);
    scene.plant("the minutes of a meeting", [id(&called)]);
    let offered = world.offer_baton(teacher, case, nurse).await.to_string();
    scene.id("handover_id", &offered).plant("that the baton is offered", [&offered]);
    scene.plant("who is on the team", ["\"joined_at\":"]).plant("the list of consents", []);
    scene.plant("the history of the case", []).plant("who has looked at the case", []);
    scene.plant("who has looked at the case, with proof", []);
    let team = teacher.get(format!("/v1/cases/{case}/team")).send().await.expect(200);
    scene.id("member_id", id(&team.items()[0])).id("unit_id", nurse.unit.id);
    id(&called).to_owned()
}

/// The case was withheld from a guardian, and is not any more.
pub async fn withholding_that_ended(scene: &mut Scene, by: &Staff, case: CaseId, guardian: &User) {
    let body = json!({"guardian_id": guardian.id, "legal_basis": "administration_act", "reason": "It would harm the child."});
    let withheld = make(by, case, "withholdings", body).await;
    let end = format!("/v1/cases/{case}/withholdings/{}/end", id(&withheld));
    by.post(end).if_match(1).send().await.expect(200);
    scene.id("withholding_id", id(&withheld));
}

/// Someone objects to sharing among health personnel.
pub async fn objection(scene: &mut Scene, by: &User, case: CaseId) {
    let made = make(by, case, "objections", json!({})).await;
    scene.id("objection_id", id(&made));
}

/// The objection of a scene is withdrawn.
pub async fn withdraw_objection(scene: &Scene, by: &User) {
    let withdraw = Operation::named("withdraw_objection");
    let path = scene.path("to withdraw the objection", &withdraw).expect("an objection");
    by.post(path).send().await.expect(200);
}

/// Where the child lives; what is strictly confidential is not kept.
pub async fn address(scene: &mut Scene, by: &Staff, child: &Child, protection: &str) {
    let address = sentence("Lilleveien");
    let mut body = json!({"protection": protection});
    let mut sign = "\"protection\":\"strictly_confidential\"".to_owned();
    if protection != "strictly_confidential" {
        body["address"] = json!(address);
        sign = address;
    }
    let path = format!("/v1/children/{}/contact-details", child.id);
    by.put(path).json(body).if_match(0).send().await.expect(200);
    scene.plant("where the child lives", [&sign]);
}

/// A care order from some day on, and the one in child welfare who decides by it.
pub async fn care_order(world: &World, scene: &mut Scene, by: &Staff, child: &Child, in_days: i64) -> Staff {
    let worker = world.worker("kragero/barnevern").await;
    let body = json!({
        "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(in_days),
        "child_welfare_unit_id": worker.unit.id, "child_welfare_person_id": worker.id,
    });
    let path = format!("/v1/children/{}/care-orders", child.id);
    let made = by.post(path).json(body).send().await.expect(201);
    scene.id("care_order_id", made.text("/id"));
    worker
}

/// A guardian with parental responsibility who does not live with the child.
pub async fn guardian_elsewhere(world: &World, by: &Staff, child: &Child) -> Guardian {
    let guardian = world.guardian("4014", world.adult_number()).await;
    let body = json!({
        "national_id": guardian.national_id.as_str(), "name": guardian.name, "parental_responsibility": true,
        "lives_with_child": false,
    });
    by.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
    guardian
}

/// People who have nothing to do with a case at the school of Kragerø.
pub async fn bystanders(world: &World, scene: &mut Scene) {
    let workers = [
        ("a colleague at the school without a task", "kragero/skole"),
        ("a colleague at the health centre without a task", "kragero/helsestasjon"),
        ("a kindergarten teacher of the municipality", "kragero/barnehage"),
        ("a child welfare worker without consent", "kragero/barnevern"),
        ("a NAV adviser without consent", "kragero/nav"),
        ("a family counsellor without consent", "kragero/familievernkontoret"),
        ("a teacher in another municipality", "porsgrunn/skole"),
    ];
    for (name, unit) in workers {
        scene.who(name, &*world.worker(unit).await);
    }
    let roles = [
        ("the leader of the school", "kragero/skole", Role::UnitLeader),
        ("the leader of the health centre", "kragero/helsestasjon", Role::UnitLeader),
        ("the leader of a school in another municipality", "porsgrunn/skole", Role::UnitLeader),
        ("the administrator", "kragero/oppvekst", Role::Administrator),
        ("the auditor", "kragero/oppvekst", Role::Auditor),
        ("the analyst", "kragero/oppvekst", Role::Analyst),
    ];
    for (name, unit, role) in roles {
        scene.who(name, &*world.staff(unit, role).await);
    }
    scene.who("a parent of another child", &world.user_with_new_number("4014").await);
}

/// Who is met in most cases.
pub struct Cast {
    pub scene: Scene,
    pub teacher: Staff,
    pub nurse: Staff,
    pub mother: User,
    pub father: User,
    pub child: Child,
    pub case: CaseId,
}

/// A case of a child of some age with a mother and a father, opened by a teacher, with nobody else on the team.
pub async fn school_case(world: &World, child: impl AsyncFnOnce(&Staff) -> Child) -> Cast {
    let mut scene = Scene::default();
    let teacher = world.worker("kragero/skole").await;
    let nurse = world.worker("kragero/helsestasjon").await;
    let child = child(&teacher).await;
    let mother = world.guardian_of(&teacher, &child, true).await.user;
    let father = world.guardian_of(&teacher, &child, true).await.user;
    let case = case(world, &mut scene, &teacher, &child).await;
    registration(&mut scene, &teacher, &child).await;
    scene.who("the contact person", &teacher).who("the mother", &mother).who("the father", &father);
    Cast { scene, teacher, nurse, mother, father, child, case }
}

impl Cast {
    /// Mother and father consent to the nurse's unit until a day, and the nurse gets a seat.
    pub async fn nurse_joins(&mut self, world: &World, until: &str) {
        consent(&mut self.scene, MOTHERS, &self.mother, self.case, &[&self.nurse], until).await;
        consent(&mut self.scene, FATHERS, &self.father, self.case, &[&self.nurse], until).await;
        self.nurse_sits(world).await;
    }

    /// The nurse gets a seat, on what is consented to.
    pub async fn nurse_sits(&mut self, world: &World) {
        let seat = world.add_to_team(&self.teacher, self.case, &self.nurse).await;
        self.scene.id("member_id", seat).who("the nurse on the team", &self.nurse);
    }

    /// What is agreed, what was said of it, and notes for some and for all: the nurse is responsible and wrote them.
    pub async fn fill(&mut self, world: &World) {
        let Self { scene, teacher, nurse, mother, case, .. } = self;
        help(world, scene, teacher, *case, nurse).await;
        meeting(world, scene, nurse, *case, &[nurse, mother]).await;
        note(scene, "a note for the team", nurse, *case, "team").await;
        note(scene, "a note for the sector", nurse, *case, "sector").await;
        note(scene, "a note for the unit", nurse, *case, "unit").await;
    }
}
