//! A concern, a case, its team and its contact person.

use serde_json::{Value, json};
use stafett::kernel::ids::{CaseId, TeamMemberId};

use super::{
    player::Player,
    said::{Said, Verb},
};
use crate::{
    confidentiality::scene::sentence,
    support::{Staff, Unit},
};

impl Player {
    /// A concern that has not been decided.
    pub(super) async fn records_concern(&mut self, said: &Said) {
        let (facts, by) = (sentence("Has stopped playing"), self.staff(said.who));
        let child = if said.verb == Verb::RecordConcern { json!(self.child().id) } else { Value::Null };
        let path = format!("/v1/units/{}/concerns", by.unit.id);
        let body = json!({"child_id": child, "facts": facts});
        let made = by.post(path).json(body).send().await.expect(201).text("/id");
        self.scene.id("concern_id", &made).plant("the concern", [&facts, &made]);
    }

    /// A case whose reason occurs nowhere else.
    pub(super) async fn opens_case(&mut self, said: &Said) {
        let agreed_with = match said.object() {
            "the guardians" => "guardians",
            "the youth" => "youth",
            other => panic!("a case is not agreed with {other}"),
        };
        let (reason, by) = (sentence("Finds it hard to join in play"), self.staff(said.who));
        let next = sentence("Talk with the class");
        let step = |what: &str| {
            let mut step = self.world.next_step();
            step["what"] = what.into();
            step
        };
        let concern = self.world.concern(&by, self.child()).await;
        let body = json!({
            "decision": "open_case", "reason": "Help is agreed.", "contains": [], "case_reason": reason, "level": 0,
            "agreed_with": agreed_with, "agreed_on": self.world.in_days(-1),
            "next_step": step(&next),
        });
        let path = format!("/v1/concerns/{concern}/decision");
        let case: CaseId = by.post(path).json(body).if_match(1).send().await.expect(200).id("/case_id");
        self.case = Some(case);
        self.scene.id("case_id", case).id("concern_id", concern);
        self.scene.plant("that there is a case", [&case.to_string(), &reason]);
        self.scene.plant("why help is given", [&reason]);
        self.scene.plant("the next steps", [&next]);
        self.scene.plant("how long the help has taken", ["\"step\":\"opened\""]);
        self.plants_holder(said.who);
    }

    fn plants_holder(&mut self, who: &str) {
        let sign = format!("\"contact_person_id\":\"{}\"", self.user(who).id);
        self.scene.plant("who holds the baton", [&sign]);
    }

    pub(super) async fn closes_case(&mut self, said: &Said) {
        self.world.close_case(&self.staff(said.who), self.case()).await;
    }

    pub(super) async fn reads_case(&mut self, said: &Said) {
        self.user(said.who).get(format!("/v1/cases/{}", self.case())).send().await.expect(200);
    }

    pub(super) async fn raises_level(&mut self, said: &Said) {
        let why = sentence("More help");
        let level: u8 = said.object().parse().expect("a level");
        let body = json!({"level": level, "contains": [], "level_reason": why});
        let path = format!("/v1/cases/{}", self.case());
        self.user(said.who).patch(path).json(body).if_match(1).send().await.expect(200);
        self.scene.plant("the history of the case", [&why]);
    }

    pub(super) async fn gives_step(&mut self, said: &Said) {
        let (what, holder) = (sentence("Ring the home"), self.staff(said.object()));
        let mut next = self.world.next_step();
        next["what"] = json!(what);
        next["held_by"] = json!("member");
        next["person_id"] = json!(holder.id);
        next["unit_id"] = json!(holder.unit.id);
        let case = self.case();
        let set = self.world.set_next_step(self.user(said.who), case, next).await.expect(201);
        self.scene.id("settles", set.text("/id"));
        self.scene.plant("the next steps", [&what]);
    }

    pub(super) async fn gives_seat(&mut self, said: &Said) {
        let who = said.object();
        let mut member = self.staff(who);
        if let Some(unit) = said.link("through") {
            member = Staff { user: member.user, unit: self.unit(unit).await };
        }
        let by = self.staff(said.who);
        let seat = if said.link("with").is_some() {
            let task = sentence("Sees to sleep");
            let body =
                json!({"person_id": member.id, "unit_id": member.unit.id, "contains": [], "task": task});
            let seat = self.makes(&by, "team", body).await;
            self.scene.plant("who is on the team", [&task]);
            seat.parse().expect("an id")
        } else {
            self.world.add_to_team(&by, self.case(), &member).await
        };
        if self.seats.is_empty() {
            self.scene.id("member_id", seat);
        }
        self.seats.push((who, member.unit, seat));
    }

    pub(super) async fn ends_seat(&mut self, said: &Said) {
        let unit = match said.link("through") {
            Some(unit) => Some(self.unit(unit).await),
            None => None,
        };
        let is_meant = |seat: &&(&'static str, Unit, TeamMemberId)| {
            seat.0 == said.object() && unit.as_ref().is_none_or(|unit| *unit == seat.1)
        };
        let (team, by) = (format!("/v1/cases/{}/team", self.case()), self.user(said.who));
        let seat = match self.seats.iter().find(is_meant) {
            Some((.., seat)) => seat.to_string(),
            // Nobody gave it to the person who opened the case.
            None => {
                let list = by.get(&team).send().await.expect(200);
                let them = json!(self.user(said.object()).id);
                let own = list.items().iter().find(|item| item["person_id"] == them).expect("a seat");
                own["id"].as_str().expect("an id").to_owned()
            }
        };
        let path = format!("{team}/{seat}");
        by.delete(path).send().await.expect(204);
    }

    pub(super) async fn offers_baton(&mut self, said: &Said) {
        let (message, to) = (sentence("Will you take over"), self.staff(said.object()));
        let body =
            json!({"to_person_id": to.id, "to_unit_id": to.unit.id, "contains": [], "message": message});
        let offer = self.makes(self.user(said.who), "handovers", body).await;
        self.offer = Some(offer.parse().expect("an id"));
        self.scene.id("handover_id", &offer).plant("that the baton is offered", [&offer]);
        self.scene.plant("what the offer of the baton says", [&message]);
    }

    pub(super) async fn answers_offer(&mut self, said: &Said) {
        let (case, offer) = (self.case(), self.offer.take().expect("an offer"));
        if said.verb == Verb::AcceptBaton {
            self.world.accept_baton(&self.staff(said.who), case, offer).await;
            self.plants_holder(said.who);
            return;
        }
        let path = format!("/v1/cases/{case}/handovers/{offer}/decline");
        self.user(said.who).post(path).json(json!({})).send().await.expect(200);
        self.scene.id_of("an offer that was declined", "handover_id", offer);
    }
}
