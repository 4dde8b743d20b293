//! A real object for every operation.

mod accounts;
mod uses_up;

use serde_json::{Map, Value, json};
use stafett::kernel::ids::CaseId;
use tokio::sync::OnceCell;

pub use self::uses_up::uses_up;

use super::{
    Call, Engine, Family, Guardian, Operation, Role, Staff, User, World, engine::Beginning, world::Frozen,
};

/// The number of the person whose code waits for approval.
const APPROVED: &str = "national_id_of_the_code";
const PROPOSED: &str = "national_id_that_is_proposed";

/// A case with everything in it, and a person who may do nearly everything to it.
#[derive(Debug, Clone)]
pub struct Stage {
    world: World,
    /// The contact person, who also leads the unit.
    pub teacher: Staff,
    pub administrator: Staff,
    pub auditor: Staff,
    /// On the team, and offered the baton.
    pub nurse: Staff,
    pub family: Family,
    /// Has emergency access to the case.
    responder: Staff,
    /// Works in the same unit, and is not involved in the case.
    colleague: Staff,
    /// The value of each path parameter.
    ids: Map<String, Value>,
}

impl Stage {
    pub async fn set(world: &World) -> Self {
        Self::set_in(world, ["kragero/skole", "kragero/helsestasjon", "kragero/oppvekst"]).await
    }

    /// In the units of the teacher, of the nurse, and of those who administer and audit.
    pub async fn set_in(world: &World, [school, clinic, office]: [&str; 3]) -> Self {
        let teacher = world.worker(school).await;
        world.grant(&teacher, &teacher.unit, Role::UnitLeader).await;
        let administrator = world.staff(office, Role::Administrator).await;
        let auditor = world.staff(office, Role::Auditor).await;
        let nurse = world.worker(clinic).await;
        let family = world.child_with_two_guardians(&teacher).await;
        let world = world.clone();
        let (responder, colleague) = (world.worker(school).await, world.worker(school).await);
        let ids = Map::new();
        let mut stage =
            Self { world, teacher, administrator, auditor, nurse, family, responder, colleague, ids };
        stage.fill_case().await;
        stage.fill_the_rest().await;
        stage.fill_accounts().await;
        let looker = stage.look_without_a_task().await;
        // The meeting has started, so that its minutes can be recorded.
        stage.world.advance(chrono::TimeDelta::hours(2));
        stage.fill_reviews(&looker).await;
        stage.fill_emergency_and_conflict().await;
        stage.fill_claim().await;
        stage.fill_log().await;
        stage
    }

    /// The world of the stage.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Replaces this stage with a fresh one.
    pub async fn again(self) -> Self {
        let another = Self::on(self.world.engine).await.expect("the engine of this one");
        self.finish().await;
        another
    }

    /// Stops the world of the stage and drops its database.
    pub async fn finish(&self) {
        self.world.finish().await;
    }

    /// The same stage in a copy of its world.
    fn in_copy(&self, world: &World) -> Self {
        let staff = |one: &Staff| Staff { user: world.same(&one.user), unit: one.unit.clone() };
        let guardian =
            |one: &Guardian| Guardian { user: world.same(&one.user), national_id: one.national_id.clone() };
        let guardians = self.family.guardians.iter().map(guardian).collect();
        Self {
            world: world.clone(),
            teacher: staff(&self.teacher),
            administrator: staff(&self.administrator),
            auditor: staff(&self.auditor),
            nurse: staff(&self.nurse),
            family: Family { child: self.family.child.clone(), guardians },
            responder: staff(&self.responder),
            colleague: staff(&self.colleague),
            ids: self.ids.clone(),
        }
    }

    async fn fill_case(&mut self) {
        let Self { world, teacher, nurse, family, .. } = self;
        let case = world.open_case(teacher, &family.child).await;
        world.all_consent(family, case, &[&nurse.unit]).await;
        let recorded = json!({
            "given_by": family.guardians[0].id, "form": "paper", "document": "26/1234-1", "unit_ids": [nurse.unit.id],
            "purpose": "Cooperation.", "valid_until": "2027-06-30", "text_version": "2026-1",
        });
        let consent = create(teacher, case, "consents", recorded).await;
        let member = world.add_to_team(teacher, case, nurse).await;
        let measure = world.measure(teacher, case, teacher).await;
        let handover = world.offer_baton(teacher, case, nurse).await;
        let goal =
            create(teacher, case, "goals", json!({"contains": [], "description": "Plays every day."})).await;
        let note = create(
            teacher,
            case,
            "notes",
            json!({"audience": "team", "kind": "agreed", "contains": [], "text": "A good day."}),
        )
        .await;
        let meeting = json!({
            "starts_at": (world.now() + chrono::TimeDelta::hours(1)), "contains": [], "agenda": "The first weeks.",
            "participants": [nurse.id, family.guardians[0].id],
        });
        let meeting = create(teacher, case, "meetings", meeting).await;
        let kept = create(
            teacher,
            case,
            "notes",
            json!({"audience": "team", "kind": "agreed", "contains": [], "text": "Not for one of them."}),
        )
        .await;
        let withholding = json!({
            "guardian_id": family.guardians[1].id, "note_id": kept, "legal_basis": "administration_act",
            "reason": "It would harm the child.",
        });
        let withholding = create(teacher, case, "withholdings", withholding).await;
        self.keep([
            ("case_id", json!(case)),
            ("consent_id", consent),
            ("member_id", json!(member)),
            ("measure_id", json!(measure)),
            ("handover_id", json!(handover)),
            ("goal_id", goal),
            ("note_id", note),
            ("withholding_id", withholding),
            ("meeting_id", meeting),
        ]);
    }

    async fn fill_the_rest(&mut self) {
        let Self { world, teacher, nurse, family, .. } = self;
        let other_child = world.child(teacher, 5).await;
        let concern = world.concern(teacher, &other_child).await;
        let guardians =
            teacher.get(format!("/v1/children/{}/guardians", family.child.id)).send().await.expect(200);
        let municipality = &teacher.unit.municipality;
        let colleague = world.user_with_new_number(municipality).await;
        let role = world.grant(&colleague, &teacher.unit, Role::Worker).await;
        let contact = json!({"protection": "none"});
        let path = format!("/v1/children/{}/contact-details", family.child.id);
        teacher.put(path).json(contact).if_match(0).send().await.expect(200);
        let child_welfare = world.worker(child_welfare_of(municipality)).await;
        // Not in force while the stage exists: the family still sees and decides.
        let order = json!({
            "kind": "taken_into_care", "decision_reference": "BVHN-2026-0142", "in_force_from": world.in_days(300),
            "child_welfare_unit_id": child_welfare.unit.id, "child_welfare_person_id": child_welfare.id,
        });
        let path = format!("/v1/children/{}/care-orders", family.child.id);
        let order = teacher.post(path).json(order).send().await.expect(201).body["id"].clone();
        let catalogue = format!("/v1/catalogue/measures?municipality={municipality}");
        let catalogue = world.anonymous().get(catalogue).send().await.expect(200);
        let welfare = child_welfare.unit.clone();
        let report = world.report(teacher, &other_child, &welfare).await;
        let disclosure = world.disclosure(teacher, &self.ids["case_id"], nurse, &self.ids["note_id"]).await;
        let objection = json!({"objected_by": family.guardians[1].id, "form": "oral"});
        let path = format!("/v1/cases/{}/objections", self.ids["case_id"].as_str().expect("an id"));
        let objection = teacher.post(path).json(objection).send().await.expect(201).body["id"].clone();
        let keep = [
            ("report_id", json!(report)),
            ("disclosure_id", json!(disclosure)),
            ("objection_id", objection),
            ("receiving_unit_id", json!(welfare.id)),
            ("concern_id", json!(concern)),
            ("child_id", json!(other_child.id)),
            ("guardianship_id", guardians.body["items"][0]["id"].clone()),
            ("role_id", json!(role)),
            ("care_order_id", order),
            ("child_welfare_unit_id", json!(child_welfare.unit.id)),
            ("child_welfare_person_id", json!(child_welfare.id)),
            ("person_id", json!(nurse.id)),
            ("unit_id", json!(teacher.unit.id)),
            ("catalogue_measure_id", catalogue.body["items"][0]["id"].clone()),
            ("municipality", json!(municipality)),
        ];
        self.keep(keep);
    }

    async fn fill_emergency_and_conflict(&mut self) {
        let Self { world, responder, family, .. } = self;
        let number = family.child.national_id.as_str();
        let opened = world.open_in_emergency(responder, json!({"national_id": number})).await;
        let declared = json!({"national_id": world.child_number(6).as_str(), "ground": "friend"});
        let declared = responder.post("/v1/me/conflicts-of-interest").json(declared).send().await.expect(201);
        let keep = [
            ("emergency_access_id", opened.body["id"].clone()),
            ("conflict_id", declared.body["id"].clone()),
        ];
        self.keep(keep);
    }

    /// Child welfare has registered the child, too, and states that a teacher on the team is its guardian.
    async fn fill_claim(&mut self) {
        let Self { world, teacher, family, .. } = self;
        let municipality = &teacher.unit.municipality;
        let number = world.adult_number();
        let mate = world.user(municipality, &number).await;
        world.grant(&mate, &teacher.unit, Role::Worker).await;
        let mate = Staff { user: mate, unit: teacher.unit.clone() };
        let case: CaseId = self.ids["case_id"].as_str().and_then(|id| id.parse().ok()).expect("a case");
        world.add_to_team(teacher, case, &mate).await;
        let child_welfare = world.worker(child_welfare_of(municipality)).await;
        let same = world.register(&child_welfare, family.child.national_id.clone()).await;
        let guardian = json!({
            "national_id": number.as_str(), "name": mate.name, "parental_responsibility": false, "lives_with_child": false,
        });
        let path = format!("/v1/children/{}/guardians", same.id);
        let stated = child_welfare.post(path).json(guardian).send().await.expect(201).body["id"].clone();
        self.keep([("claim_id", stated.clone()), ("stated_conflict_id", stated)]);
    }

    /// Another leader of the unit views the case.
    async fn look_without_a_task(&self) -> User {
        let Self { world, teacher, .. } = self;
        let leader = world.user_with_new_number(&teacher.unit.municipality).await;
        world.grant(&leader, &teacher.unit, Role::UnitLeader).await;
        let case = self.ids["case_id"].as_str().expect("an id");
        leader.get(format!("/v1/cases/{case}")).send().await.expect(200);
        leader
    }

    /// Entries from two hours ago are selected.
    async fn fill_reviews(&mut self, looker: &User) {
        self.world.pick().await;
        let review = self.world.review_of(self.family.child.id, looker.id).await;
        self.keep([("review_id", json!(review))]);
    }

    /// The access log is sealed, so that there are proofs.
    async fn fill_log(&mut self) {
        self.world.seal().await;
        let entry = self.world.newest_entry(&self.teacher.unit.municipality).await;
        self.keep([("entry_id", json!(entry))]);
    }

    fn keep<const N: usize>(&mut self, ids: [(&str, Value); N]) {
        self.ids.extend(ids.map(|(name, id)| (name.to_owned(), id)));
    }

    /// The path to an existing object for this operation.
    pub fn path(&self, operation: &Operation) -> String {
        operation.path_with(|name| match name {
            // The other child already has an order.
            "child_id" if operation.id == "record_care_order" => {
                self.ids[name].as_str().expect("an id").to_owned()
            }
            "conflict_id" if operation.id == "confirm_conflict_of_interest" => {
                self.ids["stated_conflict_id"].as_str().expect("an id").to_owned()
            }
            _ => self.parameter(name),
        })
    }

    /// The value of a path parameter.
    pub fn parameter(&self, name: &str) -> String {
        match name {
            "child_id" => self.family.child.id.to_string(),
            "export_format" => "ndjson".to_owned(),
            "tile_level" => "0".to_owned(),
            "tile_index" => "000.p/1".to_owned(),
            _ => self.ids[name].as_str().expect("an id").to_owned(),
        }
    }

    /// The ids of all objects on the stage, by the names of path parameters.
    pub fn ids(&self) -> &Map<String, Value> {
        &self.ids
    }

    /// A person who may perform this operation.
    pub fn actor(&self, operation: &Operation) -> &User {
        match operation.id.as_str() {
            "accept_handover" | "decline_handover" => &self.nurse,
            "create_unit"
            | "create_account"
            | "create_activation"
            | "approve_activation"
            | "list_accounts"
            | "list_role_proposals"
            | "list_number_proposals"
            | "propose_number"
            | "confirm_number"
            | "decline_number"
            | "propose_role"
            | "confirm_role"
            | "decline_role"
            | "extend_role"
            | "disable_account"
            | "enable_account"
            | "unlock_account"
            | "grant_role"
            | "end_role" => &self.administrator,
            "search_access_log"
            | "export_access_log"
            | "read_log_checkpoint"
            | "read_log_tile"
            | "prove_log_entry"
            | "prove_log_consistency"
            | "list_log_reviews"
            | "read_log_report"
            | "read_log_review"
            | "give_log_verdict" => &self.auditor,
            "read_case_access_log" | "download_case_access_log" => &self.family.guardians[0],
            "open_emergency_access" => &self.colleague,
            "end_emergency_access" => &self.responder,
            "give_consent" | "object_to_sharing" => &self.family.guardians[0],
            _ => &self.teacher,
        }
    }

    /// A request that would succeed, except for its body.
    pub fn call(&self, operation: &Operation) -> Call {
        let call = self.actor(operation).call(operation.method.clone(), self.path(operation));
        if operation.wants_if_match() { call.if_match(1) } else { call }
    }

    /// The example in the API document, about existing people and objects and future days.
    pub fn example(&self, operation: &Operation) -> Value {
        let mut example = operation.example.clone().expect("an example");
        self.make_real(&mut example);
        if let "create_account" | "create_activation" = operation.id.as_str() {
            example["username"] = json!(format!("new.{}", uuid::Uuid::now_v7()));
        }
        match operation.id.as_str() {
            "create_account" => example["national_id"] = json!(self.world.adult_number().as_str()),
            "approve_activation" => example["national_id"] = self.ids[APPROVED].clone(),
            "propose_number" => {
                example["national_id"] = json!(self.world.adult_number().as_str());
                example["known_national_id"] = json!(self.family.guardians[0].national_id.as_str());
            }
            "confirm_number" => {
                example["national_id"] = self.ids[PROPOSED].clone();
                example["known_national_id"] = self.ids[APPROVED].clone();
            }
            _ => {}
        }
        example
    }

    fn make_real(&self, value: &mut Value) {
        let Value::Object(members) = value else { return };
        for (name, member) in members {
            match (name.as_str(), &mut *member) {
                ("unit_ids", it) => *it = json!([self.nurse.unit.id]),
                ("guardian_id", it) => *it = json!(self.family.guardians[0].id),
                ("answered_on", it) => *it = json!(self.world.in_days(0)),
                ("note_ids", it) => *it = json!([self.ids["note_id"]]),
                ("participants", it) => *it = json!([self.nurse.id, self.family.guardians[0].id]),
                ("attended", it) => *it = json!([self.nurse.id]),
                ("responsible_id", it) => *it = json!(self.teacher.id),
                ("responsible_unit_id" | "school_unit_id", it) => *it = json!(self.teacher.unit.id),
                ("to_person_id", it) => *it = json!(self.nurse.id),
                ("unit_id" | "to_unit_id", it) => *it = json!(self.nurse.unit.id),
                ("evaluate_on" | "next_evaluation_on", it) => *it = json!(self.world.in_days(30)),
                ("ends_on", it) => *it = json!(self.world.in_days(200)),
                ("starts_at", it) => *it = json!(self.world.now() + chrono::TimeDelta::days(1)),
                (_, it) if it.is_string() && self.ids.contains_key(name) => *it = self.ids[name].clone(),
                (_, it @ Value::Object(_)) => self.make_real(it),
                (_, Value::Array(items)) => items.iter_mut().for_each(|item| self.make_real(item)),
                _ => {}
            }
        }
    }
}

impl Beginning for Stage {
    /// Copies a stage that is set once per process, because setting it takes about forty requests.
    async fn on(engine: Engine) -> Option<Self> {
        static SQLITE: OnceCell<Option<(Frozen, Stage)>> = OnceCell::const_new();
        static POSTGRES: OnceCell<Option<(Frozen, Stage)>> = OnceCell::const_new();
        let kept = if engine == Engine::Sqlite { &SQLITE } else { &POSTGRES };
        let (frozen, stage) = kept.get_or_init(|| set_to_copy(engine)).await.as_ref()?;
        Some(stage.in_copy(&frozen.copy().await))
    }

    async fn finish(&self) {
        self.finish().await;
    }
}

/// Sets a stage and stops its world, so that both can be copied.
async fn set_to_copy(engine: Engine) -> Option<(Frozen, Stage)> {
    let world = World::on(engine).await?;
    let stage = Stage::set(&world).await;
    world.freeze().await;
    let frozen = world.frozen();
    world.clear_folder();
    Some((frozen, stage))
}

/// The child welfare service that serves a municipality.
fn child_welfare_of(municipality: &str) -> &'static str {
    match municipality {
        "4014" => "kragero/barnevern",
        "4001" => "porsgrunn/barnevernstjenesten",
        _ => "orland/fosen-barnevernstjeneste",
    }
}

/// Creates something in a case, and returns its id.
async fn create(by: &User, case: CaseId, what: &str, body: Value) -> Value {
    by.post(format!("/v1/cases/{case}/{what}")).json(body).send().await.expect(201).body["id"].clone()
}
