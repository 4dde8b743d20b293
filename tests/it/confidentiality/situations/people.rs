//! Staff and their roles, accounts, and settings of units and municipalities.

use serde_json::json;
use stafett::kernel::NationalId;

use super::{
    player::{Actor, Player},
    said::{Said, Verb},
};
use crate::{
    confidentiality::vocabulary::vocabulary,
    support::{Operation, Role, User},
};

/// The names of the child as a person with an account.
const CHILD: [&str; 3] = ["the child", "the youth", "the child of seven"];

impl Player {
    /// A new person with a known national identity number.
    pub async fn newcomer(&mut self, name: &'static str, municipality: &str) -> User {
        let number = self.world.adult_number();
        let user = self.world.user(municipality, &number).await;
        self.enters(name, Actor { user: user.clone(), number, roles: Vec::new() });
        user
    }

    pub(super) async fn gets_role(&mut self, said: &Said) {
        let unit = self.unit(said.object()).await;
        let role = match said.verb {
            Verb::Lead => Role::UnitLeader,
            Verb::Administer => Role::Administrator,
            Verb::Audit => Role::Auditor,
            Verb::Analyse => Role::Analyst,
            _ => Role::Worker,
        };
        let user = match self.known(said.who) {
            Some(actor) => actor.user.clone(),
            None => self.newcomer(said.who, &unit.municipality).await,
        };
        let id = self.world.grant(&user, &unit, role).await;
        self.known(said.who).expect("someone").roles.push((unit, id));
    }

    /// The administrator ends the role.
    pub(super) async fn stops_working(&mut self, said: &Said) {
        let unit = self.unit(said.object()).await;
        let role = self.actor(said.who).roles.iter().find(|(at, _)| *at == unit).expect("a role").1;
        let administrator = self.world.staff("kragero/oppvekst", Role::Administrator).await;
        let path = format!("/v1/units/{}/staff/{role}", unit.id);
        administrator.delete(path).send().await.expect(204);
    }

    pub(super) async fn has_account(&mut self, said: &Said) {
        if !CHILD.contains(&said.who) {
            self.newcomer(said.who, "4014").await;
            return;
        }
        let child = self.child().clone();
        let user = self.world.youth(&child).await.user;
        self.scene.id("person_id", user.id);
        self.enters(said.who, Actor { user, number: child.national_id, roles: Vec::new() });
    }

    pub(super) async fn asks_for_code(&mut self, said: &Said) {
        let account = self.user(said.object()).clone();
        let path = format!("/v1/municipalities/4014/accounts/{}/activations", account.id);
        let body = json!({"username": account.username});
        let asked = self.user(said.who).post(path).json(body).send().await.expect(201);
        self.scene.id("municipality", "4014").id("activation_id", asked.text("/id"));
    }

    pub(super) async fn proposes_auditor(&mut self, said: &Said) {
        let person = self.user(said.object()).id;
        let path = format!("/v1/units/{}/role-proposals", self.staff(said.who).unit.id);
        let body =
            json!({"person_id": person, "role": "auditor", "reason": "Takes over the control of the log."});
        let proposed = self.user(said.who).post(path).json(body).send().await.expect(201);
        self.scene.id("municipality", "4014").id("proposal_id", proposed.text("/id"));
    }

    pub(super) async fn proposes_number(&mut self, said: &Said) {
        let person = self.user(said.object()).id;
        let number = self.world.adult_number();
        let body = json!({"person_id": person, "national_id": number.as_str(), "reason": "The D-number was replaced."});
        let asked = self.user(said.who).post("/v1/municipalities/4014/number-proposals").json(body);
        let id = asked.send().await.expect(201).text("/id");
        self.scene.id("municipality", "4014").id("number_proposal_id", id);
    }

    pub(super) fn is_called(&mut self, said: &Said) {
        let actor = self.actor(said.who).clone();
        self.enters(said.object(), actor);
    }

    /// The only other controller in the stories is the county.
    pub(super) async fn is_run_by_county(&mut self, said: &Said) {
        let unit = self.unit(said.who).await;
        let key = unit_key(said.who);
        let number = unit.municipality;
        let set = format!(
            "UPDATE unit SET controller = 'county', controller_name = 'Eksempel fylkeskommune', organisation_number = '974760673'
             WHERE municipality = '{number}' AND key = '{key}'"
        );
        assert_eq!(self.world.try_execute(set).await.expect("a controller"), 1);
    }

    pub(super) async fn serves(&mut self, said: &Said) {
        let (unit, number) = (self.unit(said.who).await, municipality(said.object()));
        let serves = format!(
            "INSERT INTO unit_serves (unit_id, municipality)
             SELECT id, '{number}' FROM unit WHERE municipality = '{}' AND key = '{}'",
            unit.municipality,
            unit_key(said.who)
        );
        assert_eq!(self.world.try_execute(serves).await.expect("the unit serves both"), 1);
    }

    pub(super) async fn sets_age(&mut self, said: &Said) {
        let (number, age) = (municipality(said.who), said.object());
        let set = format!("UPDATE municipality SET own_record_age = {age} WHERE number = '{number}'");
        assert_eq!(self.world.try_execute(set).await.expect("the age is set"), 1);
    }

    pub(super) async fn records_absence(&mut self, said: &Said) {
        let unit = self.staff(said.who).unit;
        let body = json!({
            "person_id": self.user(said.object()).id, "from_on": self.world.in_days(0), "to_on": self.day(said.must("until")),
        });
        let path = format!("/v1/units/{}/absences", unit.id);
        let made = self.user(said.who).post(path).json(body).send().await.expect(201).text("/id");
        let name = said.must("as");
        self.scene.plant(name, [&made]).id_of(name, "absence_id", &made).id("absence_id", &made);
    }

    pub(super) async fn ends_absence(&mut self, said: &Said) {
        let unit = self.staff(said.who).unit;
        self.scene.id("unit_id", unit.id);
        let path = self.scene.path(said.object(), &Operation::named("end_absence")).expect("an absence");
        self.user(said.who).post(path).send().await.expect(200);
    }

    pub(super) async fn declares_conflict(&mut self, said: &Said) {
        let number = self.world.child_number(7);
        self.declares(said.who, &number).await;
    }

    /// About the child of the story.
    pub(super) async fn is_too_close(&mut self, said: &Said) {
        let number = self.child().national_id.clone();
        self.declares(said.who, &number).await;
    }

    async fn declares(&mut self, who: &str, number: &NationalId) {
        let body = json!({"national_id": number.as_str(), "ground": "relative"});
        let path = "/v1/me/conflicts-of-interest";
        let declared = self.user(who).post(path).json(body).send().await.expect(201);
        self.scene.id("conflict_id", declared.text("/id"));
    }
}

/// The number of a municipality, by its name.
fn municipality(name: &str) -> &'static str {
    vocabulary().municipalities.get(name).unwrap_or_else(|| panic!("“{name}” is no municipality"))
}

/// The key of a unit in its municipality.
fn unit_key(name: &str) -> &'static str {
    let unit = vocabulary().units.get(name).unwrap_or_else(|| panic!("“{name}” is no unit"));
    unit.key.split_once('/').expect("municipality/unit").1
}
