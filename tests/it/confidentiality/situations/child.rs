//! The child, its guardians, its address, and the person who decides for it.

use serde_json::{Value, json};
use stafett::kernel::NationalId;

use super::{
    player::Player,
    said::{Said, Verb},
};
use crate::{
    confidentiality::{scene::sentence, vocabulary::vocabulary},
    support::{Child, User},
};

impl Player {
    pub(super) async fn registers(&mut self, said: &Said) {
        match said.link("as") {
            Some(what) => self.registers_guardian(said, what).await,
            None if said.verb == Verb::RegisterPregnant => self.registers_pregnant(said).await,
            None => self.registers_child(said).await,
        }
    }

    /// The child is the same wherever it is registered.
    async fn registers_child(&mut self, said: &Said) {
        let by = self.staff(said.who);
        let number = match self.children.first() {
            Some(child) => child.national_id.clone(),
            None => self.childs_number(),
        };
        let child = self.world.register(&by, number).await;
        if self.children.is_empty() {
            self.scene.id("child_id", child.id);
        }
        self.registered.insert(said.who, child.clone());
        self.children.push(child);
    }

    /// The youth is due in two months.
    async fn registers_pregnant(&mut self, said: &Said) {
        let (path, by) = (format!("/v1/children/{}", self.child().id), self.user(said.who));
        let version = by.get(&path).send().await.expect(200).etag().to_owned();
        let due = json!({"due_on": self.world.in_days(60), "reason": "She is pregnant."});
        by.patch(path).json(due).if_match(version).send().await.expect(200);
    }

    fn childs_number(&self) -> NationalId {
        let is = self.child_is.expect("how old the child is");
        match (is.strip_suffix(" years old"), is.strip_prefix("born ")) {
            (Some(years), _) => self.world.child_number(years.parse().expect("an age")),
            // At most two children in all stories are born on the same day.
            (_, Some(born)) => {
                let (born, serial) = born.strip_suffix(", another").map_or((born, 0), |born| (born, 1));
                NationalId::synthetic(born.parse().expect("a date"), serial).expect("a number")
            }
            _ => panic!("“{is}” is neither an age nor a day"),
        }
    }

    /// The child as a person has registered it, or as their municipality has.
    fn child_of(&self, by: &str) -> &Child {
        if let Some(child) = self.registered.get(by) {
            return child;
        }
        let municipality = self.staff(by).unit.municipality;
        let child = self.children.iter().find(|child| child.municipality == municipality);
        child.expect("a child that is registered there")
    }

    async fn registers_guardian(&mut self, said: &Said, what: &str) {
        let child = self.child_of(said.who).clone();
        if self.known(said.object()).is_none() {
            self.newcomer(said.object(), &child.municipality).await;
        }
        let guardian = self.actor(said.object());
        let what =
            vocabulary().guardianships.get(what).unwrap_or_else(|| panic!("“{what}” is no guardianship"));
        let mut body = json!({
            "national_id": guardian.number.as_str(), "name": guardian.user.name,
            "parental_responsibility": what.responsible, "lives_with_child": what.at_home,
        });
        if let Some(capacity) = &what.capacity {
            body["capacity"] = json!(capacity);
        }
        let path = format!("/v1/children/{}/guardians", child.id);
        // As a list of guardians has it, for those who see it.
        let home = format!(
            "\"guardian_id\":\"{}\",\"guardian_name\":\"{}\",\"parental_responsibility\":{},\"lives_with_child\":{}",
            guardian.user.id, guardian.user.name, what.responsible, what.at_home
        );
        let made = self.user(said.who).post(&path).json(body).send().await.expect(201).text("/id");
        if child.id == self.child().id {
            self.homes.insert(said.object(), home);
            if self.guardianships.is_empty() {
                self.scene.id("guardianship_id", &made);
            }
            self.guardianships.push(made);
        } else {
            self.scene.id("claim_id", &made);
        }
    }

    pub(super) async fn changes_guardianship(&mut self, said: &Said) {
        let path = format!("/v1/children/{}/guardians", self.child().id);
        let by = self.user(said.who);
        let path = format!("{path}/{}", self.guardianship_of(by, said.object()).await);
        let mut change = json!({"parental_responsibility": false, "lives_with_child": false});
        if said.verb == Verb::EndGuardianship {
            change = json!({"parental_responsibility": true, "lives_with_child": false, "ended": true});
        }
        by.patch(path).json(change).if_match(1).send().await.expect(200);
    }

    /// The child's address, and for some rows a guardian's contact details. A strictly confidential address is not stored.
    pub(super) async fn records_address(&mut self, said: &Said) {
        let protection = vocabulary().protections.get(said.object());
        let protection = &protection.unwrap_or_else(|| panic!("{said:?}")).key;
        let address = sentence("Lilleveien");
        let mut body: Value = json!({"protection": protection});
        let mut sign = "\"protection\":\"strictly_confidential\"".to_owned();
        if protection != "strictly_confidential" {
            body["address"] = json!(address);
            sign = address;
        }
        if let Some(guardian) = said.link("with the phone of") {
            let phone = sentence("40 00 00 02").chars().take(40).collect::<String>();
            let id = self.guardianship_of(self.user(said.who), guardian).await;
            body["guardians"] = json!([{"guardianship_id": id, "phone": phone}]);
            self.scene.plant("the phone of a guardian", [&phone]);
        }
        if said.verb == Verb::LowerProtection {
            let reason = sentence("The register says so");
            body["reason"] = json!(reason);
            self.scene.plant("why the protection of the address was lowered", [&reason]);
        }
        let (path, by) = (format!("/v1/children/{}/contact-details", self.child().id), self.user(said.who));
        let version = by.get(&path).send().await.expect(200).etag().to_owned();
        by.put(path).json(body).if_match(version).send().await.expect(200);
        self.scene.plant("where the child lives", [&sign]);
    }

    /// The id of a guardianship of the child, from the list that someone reads.
    async fn guardianship_of(&self, by: &User, guardian: &str) -> String {
        let list = by.get(format!("/v1/children/{}/guardians", self.child().id)).send().await.expect(200);
        let guardian = json!(self.user(guardian).id);
        let own = list.items().iter().find(|item| item["guardian_id"] == guardian).expect("a guardianship");
        own["id"].as_str().expect("an id").to_owned()
    }

    /// Records an order of a kind, by which the person after `link` decides or is responsible. They accept it, unless they are only named.
    pub(super) async fn records_order(&mut self, said: &Said, kind: &str, from: String, link: &str) {
        let (person, child_welfare) = (self.user(said.must(link)).id, self.unit("child welfare").await);
        let mut body = json!({
            "kind": kind, "decision_reference": "BVHN-2026-0142", "in_force_from": from,
            "child_welfare_unit_id": child_welfare.id, "child_welfare_person_id": person,
        });
        if let Some(until) = said.link("until") {
            body["in_force_until"] = json!(self.day(until));
        }
        let path = format!("/v1/children/{}/care-orders", self.child().id);
        let made = self.user(said.who).post(&path).json(body).send().await.expect(201);
        self.scene.id("care_order_id", made.text("/id"));
        if link != "naming" {
            let path = format!("{path}/{}/accept", made.text("/id"));
            self.user(said.must(link)).post(path).if_match(1).send().await.expect(200);
        }
    }
}
