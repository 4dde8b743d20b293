//! The goals, measures, meetings and notes of a case.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    player::Player,
    said::{Said, Verb},
};
use crate::{
    confidentiality::{
        scene::{AUDIENCES, sentence},
        vocabulary::vocabulary,
    },
    support::{Staff, files},
};

impl Player {
    pub(super) async fn plans(&mut self, said: &Said) {
        match said.verb {
            Verb::SetGoal => self.sets_goal(said).await,
            Verb::StartMeasure => self.starts_measure(said).await,
            Verb::Evaluate => self.evaluates(said).await,
            _ => self.ends_measure(said).await,
        }
    }

    async fn sets_goal(&mut self, said: &Said) {
        let goal = sentence("Plays");
        let body = json!({"contains": [], "description": goal});
        let made = self.makes(self.user(said.who), "goals", body).await;
        self.scene.id("goal_id", &made).plant("the goals", [&goal, &made]);
    }

    async fn starts_measure(&mut self, said: &Said) {
        let (title, responsible) = (sentence("Play group"), self.staff(said.object()));
        let body = json!({
            "title": title, "level": "selective", "contains": [], "responsible_id": responsible.id,
            "responsible_unit_id": responsible.unit.id, "starts_on": self.world.in_days(0),
            "evaluate_on": self.world.in_days(42),
        });
        let made = self.makes(self.user(said.who), "measures", body).await;
        self.plants_measure(&title, &responsible, made);
    }

    fn plants_measure(&mut self, title: &str, responsible: &Staff, made: String) {
        self.scene.id("measure_id", &made).plant("the measures", [title, &made]);
        self.scene.plant("a measure", [title, &made]);
        let runs = format!("\"responsible_id\":\"{}\"", responsible.id);
        self.scene.plant("who runs the measures", [&runs]);
        self.made.insert("measure_id", made);
    }

    async fn evaluates(&mut self, said: &Said) {
        let assessment = sentence("Went well");
        let body = json!({
            "held_on": self.world.in_days(0), "outcome": "continue", "contains": [], "assessment": assessment,
            "child_view": "It was fun.", "next_evaluation_on": self.world.in_days(42),
        });
        let path = format!("/v1/cases/{}/measures/{}/evaluations", self.case(), self.made["measure_id"]);
        self.user(said.who).post(path).json(body).if_match(1).send().await.expect(201);
        self.scene.plant("how a measure was evaluated", [&assessment]);
        let why = sentence("The group is away");
        let body = json!({"evaluate_on": self.world.in_days(49), "contains": [], "reason": why});
        let path = format!("/v1/cases/{}/measures/{}", self.case(), self.made["measure_id"]);
        self.user(said.who).patch(path).json(body).if_match(2).send().await.expect(200);
        self.scene.plant("how the evaluation was moved", [&why]);
    }

    async fn ends_measure(&mut self, said: &Said) {
        let body = json!({
            "held_on": self.world.in_days(0), "outcome": "end_reached", "contains": [], "assessment": "It is enough.",
            "child_view": "It was fun.",
        });
        let path = format!("/v1/cases/{}/measures/{}/evaluations", self.case(), self.made["measure_id"]);
        self.user(said.who).post(path).json(body).if_match(3).send().await.expect(201);
    }

    /// A meeting that began an hour ago, with its minutes.
    pub(super) async fn holds_meeting(&mut self, said: &Said) {
        let [agenda, words] = [sentence("What has helped"), sentence("It was agreed to go on")];
        let place = sentence("Meeting room");
        let people: Vec<_> = said.objects().iter().map(|name| self.user(name).id).collect();
        let absent = self.world.absent_guardians(self.case(), &people).await;
        let mut body = json!({
            "starts_at": self.world.now() - chrono::TimeDelta::hours(1), "contains": [], "agenda": agenda,
            "participants": people, "place": place, "guardians_not_invited": absent,
        });
        let by = self.user(said.who).clone();
        if said.link("with the adviser").is_some() {
            body["arena_id"] = self.arena().await;
        }
        let made = self.makes(&by, "meetings", body).await;
        let mut minutes = json!({"contains": [], "minutes": words, "attended": people});
        if said.link("deciding a measure run by").is_none() {
            minutes["outcome"] = json!("We wait for the report.");
        }
        if said.link("with the adviser").is_some() {
            let adviser = sentence("An adviser");
            minutes["others_present"] = json!([{"name": adviser, "role": "adviser"}]);
            self.scene.plant("who advised at the meeting", [&adviser]);
        }
        let decided =
            said.link("deciding a measure run by").map(|name| (sentence("Play group"), self.staff(name)));
        if let Some((title, responsible)) = &decided {
            minutes["outcome"] = json!("A measure was agreed.");
            minutes["decisions"] = json!([{"text": "A play group.", "measure": {
                "title": title, "level": "selective", "contains": [], "responsible_id": responsible.id,
                "responsible_unit_id": responsible.unit.id, "starts_on": self.world.in_days(0),
                "evaluate_on": self.world.in_days(42),
            }}]);
        }
        let path = format!("/v1/cases/{}/meetings/{made}/minutes", self.case());
        let held = by.put(path).json(minutes).if_match(1).send().await.expect(200);
        if let Some((title, responsible)) = decided {
            self.plants_measure(&title, &responsible, held.text("/decisions/0/measure_id"));
            let sign = format!("\"meeting_id\":\"{made}\"");
            let measure = held.text("/decisions/0/measure_id");
            self.scene.id_of("at which meeting the measure was decided", "measure_id", measure);
            self.scene.plant("at which meeting the measure was decided", [&sign]);
            self.scene.belongs_to("at which meeting the measure was decided", &made);
        }
        self.scene.plant("where the meetings are held", [&place]);
        self.scene.id("meeting_id", &made).plant("the meetings", [&agenda, &made]);
        self.scene.plant("the minutes of a meeting", [&words, &made]);
        self.made.insert("meeting_id", made);
    }

    /// An arena of Kragerø for children of any age.
    async fn arena(&self) -> serde_json::Value {
        let arenas =
            self.world.anonymous().get("/v1/municipalities/4014/arenas?limit=200").send().await.expect(200);
        arenas.items().iter().find(|arena| arena["key"] == "ressursteam").expect("an arena")["id"].clone()
    }

    /// A meeting in three days.
    pub(super) async fn calls_meeting(&mut self, said: &Said) {
        let [agenda, place] = [sentence("What has helped"), sentence("Meeting room")];
        let people: Vec<_> = said.objects().iter().map(|name| self.user(name).id).collect();
        let absent = self.world.absent_guardians(self.case(), &people).await;
        let body = json!({
            "starts_at": self.world.now() + chrono::TimeDelta::days(3), "contains": [], "agenda": agenda,
            "guardians_not_invited": absent,
            "participants": people, "family_absent_reason": "They are asked another day.", "place": place,
        });
        let made = self.makes(self.user(said.who), "meetings", body).await;
        self.scene.id("meeting_id", &made).plant("the meetings", [&agenda, &made]);
        let name = said.link("as").filter(|name| vocabulary().content(name).is_some());
        self.scene.plant(name.unwrap_or("the minutes of a meeting"), [&made]);
        self.scene.plant("where the meetings are held", [&place]);
        if let Some(label) = said.link("as") {
            self.scene.id_of(label, "meeting_id", &made);
        }
        self.made.insert("meeting_id", made);
    }

    /// A note, by the name used in the tables.
    pub(super) async fn writes(&mut self, said: &Said) {
        let (what, words) = (said.object(), sentence("Noted"));
        let note = vocabulary().note(what);
        let kind = said.link("about").map_or(&note.kind, |kind| &vocabulary().kinds[kind].key);
        let mut body = json!({"audience": note.audience, "kind": kind, "contains": [], "text": words});
        self.adds_what_the_kind_requires(&mut body, kind);
        if note.child_agrees {
            body["child_agrees"] = json!(true);
        }
        if let Some(reader) = said.link("also for") {
            body["shown_to"] = json!([self.user(reader).id]);
        }
        if let Some(guardian) = said.link("from") {
            body["withheld_from"] = json!([{
                "guardian_id": self.user(guardian).id, "legal_basis": "children_act", "review_on": "2027-02-01",
                "reason": "It would harm the child.",
            }]);
        }
        let made = self.makes(self.user(said.who), "notes", body).await;
        self.scene.id_of(what, "note_id", &made).plant(what, [&words, &made]);
        self.made.insert(what, made);
    }

    /// A referral, by the name used in the tables.
    pub(super) async fn refers(&mut self, said: &Said) {
        let (what, words) = (said.object(), sentence("Asked for help"));
        let kind = &vocabulary().note(what).kind;
        let agreed = said.linked("agreed by").expect("people who agree").all();
        let agreed: Vec<_> = agreed.into_iter().map(|name| self.user(name).id).collect();
        let mut body = json!({
            "kind": kind, "to_outside": sentence("A clinic"), "to_sector": "health", "sent_on": self.world.in_days(0),
            "agreed_by": agreed, "agreed_on": self.world.in_days(0), "expected_on": self.world.in_days(60), "text": words, "contains": [],
        });
        self.adds_what_the_kind_requires(&mut body, kind);
        if let Some(follower) = said.link("followed up by") {
            body["followed_up_by"] = json!(self.user(follower).id);
            body["followed_up_from"] = json!(self.staff(follower).unit.id);
        }
        let made = self.makes(self.user(said.who), "referrals", body).await;
        self.scene.id_of(what, "note_id", &made).plant(what, [&words, &made]);
        self.made.insert(what, made);
    }

    /// Adds the person that a note is about, and how the child was heard.
    fn adds_what_the_kind_requires(&self, body: &mut Value, kind: &str) {
        match kind {
            "parents_health" | "family_economy" => {
                let parent = ["the mother", "the mother the child lives with"]
                    .into_iter()
                    .find(|name| self.knows(name));
                body["about_person_id"] = json!(self.user(parent.expect("a parent in the story")).id);
            }
            "child_statement" => {
                body["heard_on"] = json!(self.world.in_days(0));
                body["heard_how"] = json!("alone");
                body["heard_weight"] = json!("Great weight.");
            }
            _ => {}
        }
    }

    /// A note of the kind, brought from the record that the person downloads, by the name used in the tables. Its words are those of
    /// the note that it is from.
    pub(super) async fn brings(&mut self, said: &Said) {
        let (what, who) = (said.object(), self.user(said.who).clone());
        let note = vocabulary().note(what);
        let taken = who.get(format!("/v1/cases/{}/record", self.case())).send().await.expect(200);
        let files: BTreeMap<_, _> = files(&taken.bytes).into_iter().collect();
        let record: Value = serde_json::from_str(&files["record.json"]).expect("JSON");
        let entries = record["entries"].as_array().expect("entries");
        let of_kind = |entry: &&Value| entry["section"] == "notes" && entry["kind"] == *note.kind;
        let entry = entries.iter().find(of_kind).expect("an entry of the kind");
        let signed = &files[entry["file"].as_str().expect("a name")];
        let body = json!({"entries": [{"signed": signed, "audience": note.audience, "contains": []}]});
        let path = format!("/v1/cases/{}/bring-entries", self.case());
        let made = who.post(path).json(body).send().await.expect(201).text("/note_ids/0");
        self.scene.id_of(what, "note_id", &made).plant(what, [&made]);
    }

    /// A note of a kind for each audience, for the matrix.
    pub(super) async fn writes_for_each(&mut self, said: &Said) {
        let kind = &vocabulary().kinds[said.object()].key;
        for audience in AUDIENCES {
            let mut body = json!({"audience": audience, "kind": kind, "contains": [], "text": "Noted."});
            self.adds_what_the_kind_requires(&mut body, kind);
            let made = self.makes(self.user(said.who), "notes", body).await;
            self.scene.note(kind, audience, made);
        }
    }
}
