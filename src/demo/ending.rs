//! The last steps: who has looked, and the case as the mother sees it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{act::get, client::Answer, story::Play};
use crate::terminal::Failure;

/// How many people of the family's log are shown.
const SHOWN: usize = 4;

impl Play<'_> {
    pub(super) async fn who_has_looked(&mut self, case: &str) -> Result<(), Failure> {
        let p = self.people;
        self.stage.step(
            10,
            "The guardian and the auditor read who has accessed the case. The administrator gets no content",
        )?;
        let path = format!("/v1/cases/{case}/access-log");
        let family = get(&p.mother, "reads who has accessed the case", format!("{path}?limit=200"), 200);
        let family = self.act(family).await?;
        self.act(get(&p.school_teacher, "tries to, as contact person", path.clone(), 403)).await?;
        let child = get(&p.mother, "looks up the child's id", format!("/v1/cases/{case}"), 200);
        let child = self.act(child).await?.body["child_id"].as_str().unwrap_or_default().to_owned();
        let search = format!("/v1/access-log?limit=200&decision=permit&child_id={child}");
        let audit = self.act(get(&p.auditor, "reads the same, and why", search, 200)).await?;
        let times = |answer: &Answer| -> Vec<Value> {
            answer.body["items"].as_array().into_iter().flatten().map(|item| item["at"].clone()).collect()
        };
        let (seen, audited) = (times(&family), times(&audit));
        let fact = format!("The auditor sees each of the {} visits that the family sees", seen.len());
        self.check(seen.len() > 5 && seen.iter().all(|at| audited.contains(at)), &fact)?;
        let explained = audit.body["items"].as_array().is_some_and(|items| {
            items.iter().all(|item| item["legal_basis"].as_array().is_some_and(|basis| !basis.is_empty()))
        });
        self.check(explained, "Every entry has a rule and a legal basis")?;
        self.newest_of_each(&family.body)?;
        let (read, desk) = (format!("/v1/cases/{case}"), "/v1/access-log?limit=1".to_owned());
        self.act(get(&p.administrator, "asks for the case", read.clone(), 404)).await?;
        self.act(get(&p.auditor, "asks for the case", read, 404)).await?;
        let foreign = get(
            &p.orland_auditor,
            "searches the log of Ørland for the case",
            format!("/v1/access-log?case_id={case}"),
            200,
        );
        let foreign = self.act(foreign).await?;
        self.check(foreign.body["items"] == json!([]), "The auditor of Ørland finds nothing from Kragerø")?;
        self.act(get(&p.administrator, "asks for the access log", desk, 403)).await?;
        Ok(())
    }

    /// Shows the newest line of each person in the family's log, in the words that the family reads.
    fn newest_of_each(&mut self, log: &Value) -> Result<(), Failure> {
        let mut known = BTreeSet::new();
        for row in log["items"].as_array().into_iter().flatten() {
            let Some(words) = row["words"]["en"].as_str() else { continue };
            if known.len() < SHOWN && known.insert(text(&row["person_name"])) {
                self.stage.line(words)?;
            }
        }
        Ok(())
    }

    pub(super) async fn as_the_mother_sees_it(&mut self, case: &str) -> Result<(), Failure> {
        self.stage.step(11, "The case, as the mother sees it now")?;
        let read = self.mother_reads(&format!("/v1/cases/{case}")).await?.body;
        let mut lines = vec![
            format!("{}, born {}", text(&read["child_name"]), text(&read["child_birth_date"])),
            format!("Why: {}", text(&read["reason"])),
            format!(
                "Contact person: {}, {}",
                text(&read["contact_person_name"]),
                text(&read["contact_unit_name"])
            ),
            format!(
                "Next step: {}, by {}",
                text(&read["next_step"]["what"]),
                text(&read["next_step"]["due_on"])
            ),
            format!("Next evaluation: {}", text(&read["next_evaluation_on"])),
        ];
        for member in self.mothers_list(case, "team").await? {
            let state = if member["in_force"] == json!(true) { "" } else { " (no access: not in force)" };
            let (name, unit) = (text(&member["person_name"]), text(&member["unit_name"]));
            lines.push(format!("Team: {name}, {unit}{state}"));
        }
        for measure in self.mothers_list(case, "measures").await? {
            let (title, name) = (text(&measure["title"]), text(&measure["responsible_name"]));
            lines.push(format!(
                "Measure: {title}; {name} is responsible, evaluated on {}",
                text(&measure["evaluate_on"])
            ));
        }
        for meeting in self.mothers_list(case, "meetings").await? {
            lines.push(format!("Meeting: {}: {}", text(&meeting["arena_name"]), text(&meeting["minutes"])));
        }
        for consent in self.mothers_list(case, "consents").await? {
            let units = consent["units"].as_array().into_iter().flatten();
            let units =
                units.filter(|unit| unit["withdrawn_at"].is_null()).map(|unit| text(&unit["unit_name"]));
            let (name, units) = (text(&consent["given_by_name"]), units.collect::<Vec<_>>().join(", "));
            lines.push(format!("Consent: {name}, to {units}, until {}", text(&consent["valid_until"])));
        }
        for line in &lines {
            self.stage.line(line)?;
        }
        let holder = text(&read["contact_person_name"]);
        self.check(
            holder == self.people.school_teacher.name,
            "She knows the contact person, what was agreed and when it is evaluated",
        )
    }

    async fn mothers_list(&mut self, case: &str, what: &str) -> Result<Vec<Value>, Failure> {
        let answer = self.mother_reads(&format!("/v1/cases/{case}/{what}?limit=20")).await?;
        Ok(answer.body["items"].as_array().cloned().unwrap_or_default())
    }

    /// Reads without a line of its own: the content is shown instead.
    async fn mother_reads(&mut self, path: &str) -> Result<Answer, Failure> {
        let answer = self.client.send(&self.people.mother, Method::GET, path, None, None).await?;
        if !answer.status.is_success() {
            self.check(false, &format!("Mari Strand reads {path}: {}", answer.status))?;
        }
        Ok(answer)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("(not shown)").to_owned()
}
