//! Consents, objections and withholdings.

use serde_json::{Value, json};

use super::{player::Player, said::Said};
use crate::{
    confidentiality::{scene::sentence, vocabulary::vocabulary},
    support::Operation,
};

impl Player {
    /// A person's own consent. The tables refer to the first consent of a person.
    pub(super) async fn consents(&mut self, said: &Said) {
        let purpose = sentence("Cooperation on help");
        let mut units = Vec::new();
        for name in said.objects() {
            units.push(self.unit(name).await.id);
        }
        let mut body = json!({
            "unit_ids": units, "purpose": purpose, "valid_until": self.day(said.must("until")),
            "text_version": "2026-1",
        });
        if let Some(kinds) = kinds(said) {
            body["kinds"] = kinds;
        }
        let path = format!("/v1/cases/{}/consents", self.case());
        let given = self.user(said.who).post(path).json(body).send().await.expect(201);
        let made = given.text("/id");
        if self.scene.signs("which units are consented to").is_none() {
            let sign = format!(
                "\"unit_id\":\"{}\",\"unit_name\":\"{}\",\"withdrawn_at\":",
                given.text("/units/0/unit_id"),
                given.text("/units/0/unit_name")
            );
            self.scene.plant("which units are consented to", [&sign]);
        }
        let Some(name) = vocabulary().consents.get(said.who) else { return };
        if self.scene.signs(name).is_none() {
            self.scene.plant(name, [&purpose, &made]).id_of(name, "consent_id", made);
        }
    }

    /// A request for consent, by the name that the tables use.
    pub(super) async fn asks_for_consent(&mut self, said: &Said) {
        let purpose = sentence("Cooperation that is asked for");
        let mut units = Vec::new();
        for name in said.objects() {
            units.push(self.unit(name).await.id);
        }
        let mut body = json!({
            "unit_ids": units, "purpose": purpose, "contains": [], "valid_until": self.day(said.must("until")),
            "text_version": "2026-1", "answer_by": self.world.in_days(14),
        });
        if let Some(kinds) = kinds(said) {
            body["kinds"] = kinds;
        }
        let made = self.makes(self.user(said.who), "consent-requests", body).await;
        let name = said.link("as").unwrap_or("the request for consent");
        self.scene.plant(name, [&purpose, &made]).id_of(name, "request_id", &made);
        if said.link("as").is_none() {
            self.scene.id("request_id", &made);
        }
        self.made.insert("request_id", made);
    }

    pub(super) async fn refuses_consent(&mut self, said: &Said) {
        let path = format!("/v1/cases/{}/consent-requests/{}/answers", self.case(), self.made["request_id"]);
        let body = json!({"agrees": false, "reason": sentence("I want to wait")});
        self.user(said.who).post(path).json(body).send().await.expect(201);
    }

    pub(super) async fn withdraws_consent(&mut self, said: &Said) {
        let path = self.scene.path(said.object(), &Operation::named("withdraw_consent"));
        let path = path.expect("a consent");
        self.user(said.who).post(path).json(json!({})).send().await.expect(200);
    }

    /// A person objects to sharing among health personnel.
    pub(super) async fn objects(&mut self, said: &Said) {
        let made = self.makes(self.user(said.who), "objections", json!({})).await;
        self.scene.id("objection_id", made);
    }

    pub(super) async fn withdraws_objection(&mut self, said: &Said) {
        let withdraw = Operation::named("withdraw_objection");
        let path = self.scene.path("to withdraw the objection", &withdraw).expect("an objection");
        self.user(said.who).post(path).send().await.expect(200);
    }

    pub(super) async fn withholds(&mut self, said: &Said) {
        let mut body = json!({
            "guardian_id": self.user(said.must("from")).id, "legal_basis": "children_act", "review_on": "2027-02-01",
            "reason": "It would harm the child.",
        });
        let thing = match said.object() {
            "the case" => None,
            "a measure" => Some("measure_id"),
            "the minutes of a meeting" => Some("meeting_id"),
            other => panic!("{other} is not withheld"),
        };
        if let Some(name) = thing {
            body[name] = json!(self.made[name]);
        }
        let made = self.makes(self.user(said.who), "withholdings", body).await;
        self.scene.id("withholding_id", &made);
        self.made.insert("withholding_id", made);
    }

    pub(super) async fn ends_withholding(&mut self, said: &Said) {
        let end = format!("/v1/cases/{}/withholdings/{}/end", self.case(), self.made["withholding_id"]);
        self.user(said.who).post(end).if_match(1).send().await.expect(200);
    }
}

/// The kinds of information that a sentence is about, as the API names them.
fn kinds(said: &Said) -> Option<Value> {
    let kinds = said.linked("about")?.all();
    let keys: Vec<_> = kinds.iter().map(|kind| &vocabulary().kinds[*kind].key).collect();
    Some(json!(keys))
}
