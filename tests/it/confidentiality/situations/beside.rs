//! Objects outside a case: a report to child welfare, a disclosure, an emergency access, and the access log.

use chrono::TimeDelta;
use serde_json::json;

use super::{player::Player, said::Said};
use crate::{
    confidentiality::{scene::sentence, vocabulary::vocabulary},
    support::Operation,
};

impl Player {
    pub(super) async fn reports(&mut self, said: &Said) {
        let (words, by, to) =
            (sentence("Has reported it"), self.staff(said.who), self.unit(said.object()).await);
        let body = json!({
            "child_id": self.child().id, "grounds": ["mistreatment_or_neglect"], "text": words,
            "sent_on": self.world.in_days(0), "guardians_told": false,
            "guardians_not_told_reason": "It may put the child in danger.", "receiving_unit_id": to.id,
        });
        let path = format!("/v1/units/{}/child-welfare-reports", by.unit.id);
        let report = by.post(path).json(body).send().await.expect(201).text("/id");
        self.scene.id("unit_id", by.unit.id).id("report_id", &report);
        self.scene.plant("the report to child welfare", [&words, &report]);
    }

    pub(super) async fn discloses(&mut self, said: &Said) {
        let (by, to, case) = (self.staff(said.who), self.staff(said.object()), self.case());
        let note = self.world.note(&by, case, "team", "Must be known tonight.").await;
        let disclosed = self.world.disclosure(&by, case, &to, &json!(note)).await.to_string();
        self.scene.id("disclosure_id", &disclosed).plant("what was disclosed", [&disclosed]);
        let words = "\"text\":\"Must be known tonight.\",\"person_name\"".to_owned();
        self.scene.plant("what the disclosed entries say", [&words]);
    }

    /// A person opens the case by emergency access. Questions may be asked about why they were allowed.
    pub(super) async fn opens_in_emergency(&mut self, said: &Said) {
        let (by, case) = (self.staff(said.who), self.case());
        let reason = sentence("Found unconscious");
        let body = json!({"case_id": case, "danger": "health", "reason": reason});
        let path = format!("/v1/units/{}/emergency-access", by.unit.id);
        let opened = by.post(path).json(body).send().await.expect(201).text("/id");
        if let Some(label) = said.link("as") {
            self.scene.id_of(label, "emergency_access_id", opened);
            return;
        }
        self.scene.id("emergency_access_id", &opened);
        self.scene.plant("who opened the case in an emergency", [&opened]);
        self.scene.plant("why the case was opened in an emergency", [&reason]);
        let child = format!("\"child_name\":\"{}\",\"person_id\"", self.child().name);
        self.scene.plant("whose case was opened in an emergency", [&child]);
        let question = json!({"person_id": by.id, "action": "read_case", "resource": {"case_id": case}});
        self.scene.question("explain_access", question).plant("why another is let in", ["\"known\":true"]);
    }

    pub(super) async fn reviews_emergency(&mut self, said: &Said) {
        let note = sentence("Talked with her");
        let review = Operation::named("review_emergency_access");
        let path = self.scene.path("to review the emergency access", &review).expect("an emergency access");
        let body = json!({"verdict": "justified", "note": note});
        self.user(said.who).post(path).json(body).if_match(1).send().await.expect(200);
        self.scene.plant("what the review of the emergency says", [&note]);
    }

    pub(super) async fn seals_log(&mut self) {
        self.world.seal().await;
        let entry = self.world.newest_entry("4014").await;
        self.scene.id("municipality", "4014").id("entry_id", entry).id("export_format", "csv");
        self.scene.id("tile_level", "0").id("tile_index", "000.p/1");
    }

    /// Entries are selected for review, among them one of a person.
    pub(super) async fn picks_look(&mut self, said: &Said) {
        self.world.pick().await;
        let (what, by) = (said.object(), self.user(said.must("made by")).id);
        let review = self.world.review_of(self.child().id, by).await.to_string();
        self.scene.id_of(what, "review_id", &review).plant(what, [&review]);
    }

    /// An auditor finds that a look was without need, which opens a breach.
    pub(super) async fn finds_without_need(&mut self, said: &Said) {
        self.world.pick().await;
        let (what, by) = (said.object(), self.user(said.must("made by")).id);
        let review = self.world.review_of(self.child().id, by).await.to_string();
        let verdict = json!({"verdict": "unjustified", "note": "There was no task."});
        let path = format!("/v1/access-log/reviews/{review}/verdict");
        self.user(said.who).post(path).json(verdict).if_match(1).send().await.expect(200);
        self.scene.id_of(what, "breach_id", &review).plant(what, [&review]);
    }

    pub(super) fn moves_time(&mut self, said: &Said) {
        let by = vocabulary().hours.get(said.object()).unwrap_or_else(|| panic!("{said:?}"));
        self.world.advance(TimeDelta::hours(by.hours));
    }
}
