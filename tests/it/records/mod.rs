//! The record that the family downloads, and what it brings from it to a case in another municipality.

mod bringing;
mod moving;
mod taking;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stafett::kernel::ids::CaseId;

use crate::{
    cast::Cast,
    support::{Answer, Call, Family, Staff, User, World, files},
};

const KRAGERO: &str = "4014";

/// A downloaded archive.
struct Taken {
    record: Value,
    files: BTreeMap<String, String>,
}

impl Taken {
    fn of(answer: &Answer) -> Self {
        let files: BTreeMap<String, String> = files(&answer.bytes).into_iter().collect();
        let record = serde_json::from_str(&files["record.json"]).expect("JSON");
        Self { record, files }
    }

    fn entries(&self) -> &[Value] {
        self.record["entries"].as_array().expect("entries")
    }

    /// The only entry whose text contains some words.
    fn entry(&self, words: &str) -> &Value {
        let has = |entry: &&Value| entry["text"].as_str().is_some_and(|text| text.contains(words));
        let found: Vec<_> = self.entries().iter().filter(has).collect();
        assert_eq!(found.len(), 1, "{words}: {found:?}");
        found[0]
    }

    /// The signed text of that entry.
    fn signed(&self, words: &str) -> &str {
        &self.files[self.entry(words)["file"].as_str().expect("a name")]
    }

    /// Everything that says something about the record.
    fn all(&self) -> String {
        let own = |name: &&String| !["verify.py", "README.txt", "public-key.txt"].contains(&name.as_str());
        self.files.keys().filter(own).map(|name| self.files[name].as_str()).collect()
    }
}

fn record_of(case: CaseId) -> String {
    format!("/v1/cases/{case}/record")
}

async fn take(user: &User, case: CaseId) -> Taken {
    Taken::of(&user.get(record_of(case)).send().await.expect(200))
}

fn bring(user: &User, case: CaseId, entries: &[Value]) -> Call {
    user.post(format!("/v1/cases/{case}/bring-entries")).json(json!({"entries": entries}))
}

/// An entry for the contact person.
fn entry(signed: &str) -> Value {
    json!({"signed": signed})
}

/// An entry for the team.
fn for_team(signed: &str) -> Value {
    json!({"signed": signed, "audience": "team", "contains": []})
}

async fn write(by: &User, cast: &Cast, body: Value) -> String {
    by.post(cast.path("/notes")).json(body).send().await.expect(201).text("/id")
}

/// A case of the same child in Porsgrunn, where it has moved with its guardians.
struct Moved {
    teacher: Staff,
    nurse: Staff,
    family: Family,
    case: CaseId,
}

impl Moved {
    async fn from(world: &World, old: &Cast) -> Self {
        let (teacher, nurse) =
            (world.worker("porsgrunn/skole").await, world.worker("porsgrunn/helsestasjon").await);
        let child = world.register(&teacher, old.family.child.national_id.clone()).await;
        for guardian in &old.family.guardians {
            let body = json!({
                "national_id": guardian.national_id.as_str(), "name": guardian.name,
                "parental_responsibility": true, "lives_with_child": true,
            });
            teacher.post(format!("/v1/children/{}/guardians", child.id)).json(body).send().await.expect(201);
        }
        let case = world.open_case(&teacher, &child).await;
        let family = Family { child, guardians: old.family.guardians.clone() };
        Self { teacher, nurse, family, case }
    }

    /// Every guardian consents that units share kinds of information.
    async fn consent(&self, world: &World, unit: &Staff, kinds: &[&str]) {
        for guardian in &self.family.guardians {
            let body = json!({
                "unit_ids": [unit.unit.id], "kinds": kinds, "purpose": "Help after the move.",
                "valid_until": world.in_days(182), "text_version": "2026-1",
            });
            guardian.post(format!("/v1/cases/{}/consents", self.case)).json(body).send().await.expect(201);
        }
    }

    fn notes(&self) -> String {
        format!("/v1/cases/{}/notes", self.case)
    }

    /// The texts of the notes that a person reads.
    async fn read_by(&self, user: &User) -> Vec<String> {
        let list = user.get(self.notes()).send().await.expect(200);
        list.each("text").into_iter().map(ToOwned::to_owned).collect()
    }
}
