//! Plays a situation over HTTP, and records its people and the planted content.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use stafett::kernel::{
    Id, NationalId,
    ids::{CaseId, HandoverId, StaffRole, TeamMemberId},
};

use super::{
    plan::{Line, Phrase, Plan, Row, Tale},
    said::{Said, Verb},
};
use crate::{
    confidentiality::{scene::Scene, vocabulary::vocabulary},
    support::{Child, Staff, Unit, User, World},
};

/// A person in a story.
#[derive(Debug, Clone)]
pub struct Actor {
    pub user: User,
    pub number: NationalId,
    /// Their roles, in the order they were granted.
    pub roles: Vec<(Unit, Id<StaffRole>)>,
}

/// A story that is being played.
pub struct Player {
    pub world: World,
    pub scene: Scene,
    /// The child's age, or its date of birth.
    pub child_is: Option<&'static str>,
    /// The child as each municipality has registered it. The tables refer to the first.
    pub children: Vec<Child>,
    /// The registration that each person has made last.
    pub registered: HashMap<&'static str, Child>,
    pub case: Option<CaseId>,
    /// The guardianships of the child, in order.
    pub guardianships: Vec<String>,
    /// The rows of the list of guardians: who they are, and whether the child lives with them.
    pub homes: BTreeMap<&'static str, String>,
    /// The memberships of the team: person, unit and id.
    pub seats: Vec<(&'static str, Unit, TeamMemberId)>,
    /// The most recent offer of the baton.
    pub offer: Option<HandoverId>,
    people: BTreeMap<&'static str, Actor>,
    /// The ids of the most recently created objects, by the names of path parameters.
    pub made: HashMap<&'static str, String>,
}

/// Plays a situation.
pub async fn play(world: World, plan: &'static Plan, tale: &'static Tale) -> Scene {
    let mut player = Player {
        world,
        scene: Scene::default(),
        child_is: tale.child.as_deref(),
        children: Vec::new(),
        registered: HashMap::new(),
        case: None,
        guardianships: Vec::new(),
        homes: BTreeMap::new(),
        seats: Vec::new(),
        offer: None,
        people: BTreeMap::new(),
        made: HashMap::new(),
    };
    for line in plan.lines(tale) {
        match line {
            Line::Said(said) => player.done(&said).await,
            Line::ToSee(row) => player.adds_contents(row).await,
        }
    }
    if let Some(unit) = &tale.unit {
        let unit = player.unit(unit).await;
        player.scene.id("unit_id", unit.id);
    }
    player.scene
}

impl Player {
    async fn done(&mut self, said: &Said) {
        match said.verb {
            Verb::Work | Verb::Lead | Verb::Administer | Verb::Audit | Verb::Analyse => {
                self.gets_role(said).await
            }
            Verb::StopWorking => self.stops_working(said).await,
            Verb::HaveAccount => self.has_account(said).await,
            Verb::AskForCode => self.asks_for_code(said).await,
            Verb::ProposeAuditor => self.proposes_auditor(said).await,
            Verb::ProposeNumber => self.proposes_number(said).await,
            Verb::BeCalled => self.is_called(said),
            Verb::BeRunBy => self.is_run_by_county(said).await,
            Verb::Serve => self.serves(said).await,
            Verb::SetAge => self.sets_age(said).await,
            Verb::DeclareConflict => self.declares_conflict(said).await,
            Verb::DeclareConflictAbout => self.is_too_close(said).await,
            Verb::Register | Verb::RegisterPregnant => self.registers(said).await,
            Verb::EndResponsibility | Verb::EndGuardianship => self.changes_guardianship(said).await,
            Verb::RecordAddress | Verb::LowerProtection => self.records_address(said).await,
            Verb::RecordCareOrder => {
                self.records_order(said, "taken_into_care", self.day(said.object()), "decided by").await;
            }
            Verb::RecordOrderOf => self.records_order_of(said).await,
            Verb::RecordConcern | Verb::RecordUnnamedConcern => self.records_concern(said).await,
            Verb::OpenCase => self.opens_case(said).await,
            Verb::CloseCase => self.closes_case(said).await,
            Verb::ReadCase => self.reads_case(said).await,
            Verb::RaiseLevel => self.raises_level(said).await,
            Verb::GiveStep => self.gives_step(said).await,
            Verb::GiveSeat => self.gives_seat(said).await,
            Verb::EndSeat => self.ends_seat(said).await,
            Verb::PlanMove | Verb::AgreeToMove | Verb::AcceptRecord | Verb::DeclineRecord => {
                self.moves_record(said).await;
            }
            Verb::OfferBaton => self.offers_baton(said).await,
            Verb::AcceptBaton | Verb::DeclineBaton => self.answers_offer(said).await,
            Verb::SetGoal | Verb::StartMeasure | Verb::Evaluate | Verb::EndMeasure => self.plans(said).await,
            Verb::HoldMeeting => self.holds_meeting(said).await,
            Verb::CallMeeting => self.calls_meeting(said).await,
            Verb::Write | Verb::Refer => self.writes_or_refers(said).await,
            Verb::Bring => self.brings(said).await,
            Verb::WriteForEach => self.writes_for_each(said).await,
            Verb::RecordAbsence | Verb::EndAbsence => self.is_away(said).await,
            Verb::AskForConsent => self.asks_for_consent(said).await,
            Verb::RefuseConsent => self.refuses_consent(said).await,
            Verb::Consent => self.consents(said).await,
            Verb::WithdrawConsent => self.withdraws_consent(said).await,
            Verb::Object | Verb::WithdrawObjection => self.objects_or_not(said).await,
            Verb::Withhold => self.withholds(said).await,
            Verb::EndWithholding => self.ends_withholding(said).await,
            Verb::Report => self.reports(said).await,
            Verb::Disclose => self.discloses(said).await,
            Verb::OpenEmergency => self.opens_in_emergency(said).await,
            Verb::ReviewEmergency => self.reviews_emergency(said).await,
            Verb::SealLog => self.seals_log().await,
            Verb::FindWithoutNeed => self.finds_without_need(said).await,
            Verb::PickLook => self.picks_look(said).await,
            Verb::MoveTime => self.moves_time(said),
        }
    }

    async fn writes_or_refers(&mut self, said: &Said) {
        match said.verb {
            Verb::Refer => self.refers(said).await,
            _ => self.writes(said).await,
        }
    }

    async fn is_away(&mut self, said: &Said) {
        match said.verb {
            Verb::EndAbsence => self.ends_absence(said).await,
            _ => self.records_absence(said).await,
        }
    }

    async fn objects_or_not(&mut self, said: &Said) {
        match said.verb {
            Verb::WithdrawObjection => self.withdraws_objection(said).await,
            _ => self.objects(said).await,
        }
    }

    /// Records a care order of a kind, from today.
    async fn records_order_of(&mut self, said: &Said) {
        let kind = vocabulary().care_orders.get(said.object());
        let kind = &kind.unwrap_or_else(|| panic!("{said:?}")).key;
        let link = if said.link("naming").is_some() { "naming" } else { "answered for by" };
        self.records_order(said, kind, self.world.in_days(0), link).await;
    }

    /// Adds contents besides those that the story creates, or the signs that show them.
    async fn adds_contents(&mut self, row: &'static Row) {
        let words: Vec<&'static str> = row.iter().map(Phrase::one).collect();
        match words.as_slice() {
            ["who the guardians are"] => {
                let first = self.guardianships.first().expect("a guardian").clone();
                self.scene.plant("who the guardians are", [&first]);
            }
            [what] => {
                match vocabulary().shows(what) {
                    Some(sign) => self.scene.plant(what, [sign]),
                    None => self.scene.plant(what, []),
                };
            }
            ["that there is a case", "held by", who] => {
                let sign = format!("\"contact_person_id\":\"{}\"", self.user(who).id);
                self.scene.plant("that there is a case", [&sign]);
            }
            ["the staff of the unit", "among them", who] => {
                let Actor { user, roles, .. } = self.actor(who).clone();
                let role = roles.first().expect("a role").1;
                self.scene.id("role_id", role).id("person_id", user.id);
                self.scene.plant("the staff of the unit", [&user.name, &role.to_string()]);
            }
            [
                what @ ("that child welfare takes part" | "that the health centre takes part"),
                "among them",
                who,
            ] => {
                let Staff { user, unit } = self.staff(who);
                let sign = format!("\"person_id\":\"{}\"", user.id);
                self.scene.plant(what, [&sign]).belongs_to(what, unit.id);
            }
            [what @ "who decides in child welfare", "among them", who] => {
                let id = self.user(who).id;
                let sign = format!("\"person_id\":\"{id}\"");
                self.scene.plant(what, [&sign]).belongs_to(what, id);
            }
            [what @ "who runs the measures", "among them", who] => {
                let sign = format!("\"responsible_id\":\"{}\"", self.user(who).id);
                self.scene.plant(what, [&sign]);
            }
            ["who the child lives with", "among them", who] => {
                let home = self.homes.get(who).unwrap_or_else(|| panic!("{who} is no guardian"));
                self.scene.plant("who the child lives with", [home.as_str()]);
            }
            [what, "among them", who] => {
                // The family's view of an access, which nobody else sees.
                let me = self.user(who).get("/v1/me").send().await.expect(200);
                let sign = format!("{}, {}", me.text("/roles/0/role"), me.text("/roles/0/unit_name"));
                self.scene.plant(what, [&sign]);
            }
            _ => panic!("nothing is seen by {row:?}"),
        }
    }

    /// Returns whether a person has come into the story.
    pub fn knows(&self, name: &str) -> bool {
        self.people.contains_key(name)
    }

    /// Returns a person in the story.
    pub fn actor(&self, name: &str) -> &Actor {
        self.people.get(name).unwrap_or_else(|| panic!("{name} has not come into the story yet"))
    }

    /// Returns a person who may be in the story.
    pub fn known(&mut self, name: &str) -> Option<&mut Actor> {
        self.people.get_mut(name)
    }

    /// Adds a person to the story.
    pub fn enters(&mut self, name: &'static str, actor: Actor) {
        self.scene.who(name, &actor.user);
        self.people.insert(name, actor);
    }

    pub fn user(&self, name: &str) -> &User {
        &self.actor(name).user
    }

    /// Returns a person with the unit where they first got a role.
    pub fn staff(&self, name: &str) -> Staff {
        let Actor { user, roles, .. } = self.actor(name);
        let unit = roles.first().unwrap_or_else(|| panic!("{name} works nowhere")).0.clone();
        Staff { user: user.clone(), unit }
    }

    /// Returns the child as registered in the municipality of the case.
    pub fn child(&self) -> &Child {
        self.children.first().expect("a child")
    }

    pub fn case(&self) -> CaseId {
        self.case.expect("a case")
    }

    /// Returns a unit by its name in the stories.
    pub async fn unit(&self, name: &str) -> Unit {
        let unit = vocabulary().units.get(name).unwrap_or_else(|| panic!("“{name}” is no unit"));
        self.world.unit(&unit.key).await
    }

    /// Creates something below the case, and returns its id.
    pub async fn makes(&self, by: &User, below: &str, body: Value) -> String {
        let path = format!("/v1/cases/{}/{below}", self.case());
        by.post(path).json(body).send().await.expect(201).text("/id")
    }

    /// Returns a day relative to today.
    pub fn day(&self, name: &str) -> String {
        let day = vocabulary().days.get(name).unwrap_or_else(|| panic!("“{name}” is no day"));
        self.world.in_days(day.days)
    }
}
