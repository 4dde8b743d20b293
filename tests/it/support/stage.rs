//! A real object for every operation.

mod accounts;
mod filling;
mod uses_up;

use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

pub use self::uses_up::uses_up;

use super::{
    Call, Engine, Family, Guardian, Operation, Role, Staff, Unit, User, World, engine::Beginning,
    world::Frozen,
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
    /// Audits the staff of a unit of the county.
    county_auditor: Staff,
    /// On the team, and offered the baton.
    pub nurse: Staff,
    pub family: Family,
    /// Is named in the care order, and has not accepted it.
    child_welfare: Staff,
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
        let county_auditor = auditor_of_county(world, &administrator).await;
        let nurse = world.worker(clinic).await;
        let family = world.child_with_two_guardians(&teacher).await;
        let child_welfare = world.worker(filling::child_welfare_of(&teacher.unit.municipality)).await;
        let world = world.clone();
        let (responder, colleague) = (world.worker(school).await, world.worker(school).await);
        let ids = Map::new();
        let mut stage = Self {
            world,
            teacher,
            administrator,
            auditor,
            county_auditor,
            nurse,
            family,
            child_welfare,
            responder,
            colleague,
            ids,
        };
        stage.fill_case().await;
        stage.fill_the_rest().await;
        stage.fill_accounts().await;
        let looker = stage.look_without_a_task().await;
        let other = stage.look_without_a_task().await;
        // The meeting has started, so that its minutes can be recorded.
        stage.world.advance(chrono::TimeDelta::hours(2));
        stage.fill_reviews(&looker, &other).await;
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
            county_auditor: staff(&self.county_auditor),
            nurse: staff(&self.nurse),
            family: Family { child: self.family.child.clone(), guardians },
            child_welfare: staff(&self.child_welfare),
            responder: staff(&self.responder),
            colleague: staff(&self.colleague),
            ids: self.ids.clone(),
        }
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
            "conflict_id" if operation.id == "give_view_on_conflict_of_interest" => {
                self.ids["demanded_conflict_id"].as_str().expect("an id").to_owned()
            }
            // The other is about a child.
            "case_id" if operation.id == "record_birth" => {
                self.ids["pregnant_case_id"].as_str().expect("an id").to_owned()
            }
            // The other notes are no referrals.
            "note_id" if operation.id.contains("_referral") => {
                self.ids["referral_id"].as_str().expect("an id").to_owned()
            }
            // The other has begun, and is not moved.
            "meeting_id" if operation.id == "move_meeting" => {
                self.ids["later_meeting_id"].as_str().expect("an id").to_owned()
            }
            // The others have no minutes.
            "meeting_id" if operation.id == "correct_minutes" => {
                self.ids["held_meeting_id"].as_str().expect("an id").to_owned()
            }
            "unit_id" if operation.id == "search_unit_access_log" => self.county_auditor.unit.id.to_string(),
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
            "accept_handover"
            | "decline_handover"
            | "accept_transition"
            | "decline_transition"
            | "give_view_on_conflict_of_interest" => &self.nurse,
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
            | "correct_account_name"
            | "list_name_corrections"
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
            | "give_log_verdict"
            | "list_breaches"
            | "read_breach"
            | "record_breach_step" => &self.auditor,
            "search_unit_access_log" => &self.county_auditor,
            "read_case_access_log"
            | "download_case_access_log"
            | "export_record"
            | "bring_entries"
            | "list_case_disclosures"
            | "list_recorded_conflicts_of_interest" => &self.family.guardians[0],
            "open_emergency_access" | "end_passkey" => &self.colleague,
            "accept_care_order" => &self.child_welfare,
            "end_emergency_access" => &self.responder,
            "give_consent" | "object_to_sharing" | "answer_transition" | "answer_consent_request" => {
                &self.family.guardians[0]
            }
            _ => &self.teacher,
        }
    }

    /// A request that would succeed, except for its body.
    pub fn call(&self, operation: &Operation) -> Call {
        let call = self.actor(operation).call(operation.method.clone(), self.path(operation));
        match operation.id.as_str() {
            // The minutes were its second version.
            "correct_minutes" => call.if_match(2),
            _ if operation.wants_if_match() => call.if_match(1),
            _ => call,
        }
    }

    /// The example in the API document, about existing people and objects and future days.
    pub fn example(&self, operation: &Operation) -> Value {
        let mut example = operation.example.clone().expect("an example");
        self.make_real(&mut example);
        if let "create_account" | "create_activation" = operation.id.as_str() {
            example["username"] = json!(format!("new.{}", uuid::Uuid::now_v7()));
        }
        match operation.id.as_str() {
            "record_birth" => {
                example["birth_date"] = json!(self.world.in_days(-3));
                example["agreed_on"] = json!(self.world.in_days(-1));
                example["another_expected"] = json!(true);
            }
            "record_absence" => example["person_id"] = self.ids["away_id"].clone(),
            "create_account" => example["national_id"] = json!(self.world.adult_number().as_str()),
            "create_referral" => {
                example["agreed_by"] =
                    json!(self.family.guardians.iter().map(|one| one.id).collect::<Vec<_>>());
            }
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
                ("participants", it) => {
                    *it = json!([self.nurse.id, self.family.guardians[0].id, self.family.guardians[1].id]);
                }
                ("add", it) => *it = json!([self.family.guardians[1].id]),
                ("attended", it) => *it = json!([self.nurse.id]),
                ("responsible_id", it) => *it = json!(self.teacher.id),
                ("responsible_unit_id" | "school_unit_id", it) => *it = json!(self.teacher.unit.id),
                ("to_person_id", it) => *it = json!(self.nurse.id),
                ("unit_id" | "to_unit_id", it) => *it = json!(self.nurse.unit.id),
                ("from_on", it) => *it = json!(self.world.in_days(0)),
                ("to_on", it) => *it = json!(self.world.in_days(12)),
                ("stand_in_id", it) => *it = json!(self.teacher.id),
                ("look_again_on", it) => *it = json!(self.world.in_days(25)),
                ("sent_on" | "withdrawn_on", it) => *it = json!(self.world.in_days(0)),
                ("expected_on", it) => *it = json!(self.world.in_days(30)),
                ("answer_by", it) => *it = json!(self.world.in_days(14)),
                ("moves_on", it) => *it = json!(self.world.in_days(0)),
                ("notes", it @ Value::Array(_)) => *it = json!([self.ids["note_id"]]),
                ("evaluate_on" | "next_evaluation_on", it) => *it = json!(self.world.in_days(30)),
                ("due_on", it) => *it = json!(self.world.in_days(10)),
                ("ends_on", it) => *it = json!(self.world.in_days(200)),
                ("review_on", it) => *it = json!(self.world.in_days(90)),
                ("inform_from", it) => *it = json!(self.world.in_days(20)),
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

/// An auditor in a new unit of the county.
async fn auditor_of_county(world: &World, administrator: &Staff) -> Staff {
    let municipality = administrator.unit.municipality.clone();
    let controller =
        json!({"kind": "county", "name": "Eksempel fylkeskommune", "organisation_number": "974760673"});
    let unit = json!({"key": format!("vgs-{}", uuid::Uuid::now_v7()), "name": "Videregående skole", "kind": "school", "sector": "school", "controller": controller});
    let path = format!("/v1/municipalities/{municipality}/units");
    let id = administrator.post(path).json(unit).send().await.expect(201).id("/id");
    let user = world.user_with_new_number(&municipality).await;
    let unit = Unit { id, municipality };
    world.grant(&user, &unit, Role::Auditor).await;
    Staff { user, unit }
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
