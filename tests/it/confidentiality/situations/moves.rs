//! The move of a record to another unit.

use serde_json::json;

use super::{
    player::Player,
    said::{Said, Verb},
};
use crate::confidentiality::scene::sentence;

impl Player {
    pub(super) async fn moves_record(&mut self, said: &Said) {
        match said.verb {
            Verb::PlanMove => self.plans_move(said).await,
            Verb::AgreeToMove => self.agrees_to_move(said).await,
            _ => self.answers_for_unit(said).await,
        }
    }

    async fn plans_move(&mut self, said: &Said) {
        let (message, to) = (sentence("She starts here"), self.unit(said.object()).await);
        let asked = self.user(said.must("asking")).id;
        let body = json!({
            "to_unit_id": to.id, "to_person_id": asked, "moves_on": self.world.in_days(0), "contains": [], "message": message,
        });
        let made = self.makes(self.user(said.who), "transitions", body).await;
        self.scene.id("transition_id", &made).plant("the plan to move the record", [&message, &made]);
        self.made.insert("transition_id", made);
    }

    fn move_path(&self, below: &str) -> String {
        format!("/v1/cases/{}/transitions/{}/{below}", self.case(), self.made["transition_id"])
    }

    async fn agrees_to_move(&mut self, said: &Said) {
        let note = said.link("letting follow").map(|what| self.made[what].clone());
        let body = json!({"agrees": true, "follows": {"notes": Vec::from_iter(note)}});
        self.user(said.who).post(self.move_path("answers")).json(body).send().await.expect(201);
    }

    async fn answers_for_unit(&mut self, said: &Said) {
        // Everything that is written until now is from before the move.
        self.world.advance(chrono::TimeDelta::minutes(1));
        if said.verb == Verb::AcceptRecord {
            self.user(said.who).post(self.move_path("accept")).send().await.expect(200);
            return;
        }
        self.user(said.who).post(self.move_path("decline")).send().await.expect(200);
        self.scene.id_of("a plan that was declined", "transition_id", &self.made["transition_id"]);
    }
}
