//! Why a request ended as it did: from the access log, and from the service's own explanation.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    client::{Answer, Client},
    people::{Actor, People},
};
use crate::terminal::Failure;

/// The most reasons for one refusal.
const REASONS: usize = 3;

/// A request that was answered, as far as the reason depends on it.
pub(super) struct Asked<'a> {
    pub who: &'a Actor,
    pub path: &'a str,
    pub answer: &'a Answer,
    /// The person whose access was missing, if it is not the person who asked.
    pub about: Option<&'a Actor>,
}

/// Returns the reason in words.
pub(super) async fn why(client: &Client, people: &People, asked: &Asked<'_>) -> Result<String, Failure> {
    let Asked { who, path, answer, about } = asked;
    let search = format!("/v1/access-log?limit=1&person_id={}", who.id);
    let found = client.send(&people.auditor, Method::GET, &search, None, None).await?;
    let entry = &found.body["items"][0];
    let action = entry["action"].as_str().unwrap_or_default();
    let (rules, said) = (words(&entry["policies"]), said(answer));
    Ok(match entry["decision"].as_str() {
        Some("permit") if answer.status.is_success() => {
            format!("allowed by {rules}; {}", words(&entry["legal_basis"]))
        }
        Some("permit") => {
            let reason = match about {
                Some(about) => explained(client, people, about, "read_case", path).await?,
                None => String::new(),
            };
            format!("allowed by {rules}, but it cannot be done now: {said}.{reason}")
        }
        Some("deny") => {
            let reason = explained(client, people, who, action, path).await?;
            format!("no rule allows it.{reason}")
        }
        _ if answer.status.is_success() => {
            "allowed; the entry is in the log of another municipality".to_owned()
        }
        _ => "no rule allows it: this person works in another municipality, whose log has the attempt."
            .to_owned(),
    })
}

/// The fault in the words of the service: the state, or each invalid field.
fn said(answer: &Answer) -> String {
    let field = |error: &Value| {
        let pointer = error["pointer"].as_str().unwrap_or_default().trim_start_matches('/').replace('_', " ");
        format!("{pointer} {}", error["detail"].as_str().unwrap_or_default())
    };
    let fields: Vec<String> = answer.body["errors"].as_array().into_iter().flatten().map(field).collect();
    if !fields.is_empty() {
        return fields.join(", ");
    }
    let text = |name: &str| answer.body[name].as_str();
    text("detail").or_else(|| text("title")).unwrap_or("the service says no more").to_owned()
}

/// Asks the service, as the auditor, why a person may not do this, and returns its answer with names for ids.
async fn explained(
    client: &Client,
    people: &People,
    who: &Actor,
    action: &str,
    path: &str,
) -> Result<String, Failure> {
    let question = json!({ "person_id": who.id, "action": action, "resource": ids(path) });
    let answer =
        client.send(&people.auditor, Method::POST, "/v1/access/explain", Some(&question), None).await?;
    let reasons = reasons(&answer.body);
    if reasons.is_empty() {
        return Ok(String::new());
    }
    Ok(people.named(&format!(" {}: {}.", who.name, reasons.join("; "))))
}

/// The reasons in an explanation: why the facts are so, or else which facts would have to change.
fn reasons(explanation: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let says = |value: &Value| value["says"].as_str().map(ToOwned::to_owned);
    let ways = list(&explanation["would_change"]);
    let mut hints: Vec<Value> = ways.iter().flat_map(|way| list(&way["because"])).collect();
    // A missing consent says more than a missing seat, which depends on it.
    hints.sort_by_key(|hint| !hint["kind"].as_str().is_some_and(|kind| kind.starts_with("consent")));
    let mut reasons: Vec<String> = Vec::new();
    for reason in hints.iter().filter_map(says) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.truncate(REASONS);
    if reasons.is_empty() {
        let needs = |way: &Value| {
            let all: Vec<String> = list(&way["if"]).iter().filter_map(says).collect();
            (!all.is_empty()).then(|| format!("could only if this person {}", all.join(", and ")))
        };
        reasons.extend(ways.iter().find_map(needs));
    }
    let rules = list(&explanation["rules"]);
    reasons.extend(
        rules
            .iter()
            .filter_map(|rule| rule["summary"].as_str().map(|text| text.trim_end_matches('.').to_owned())),
    );
    reasons
}

/// The ids in a path, by the names of the parameters: `/v1/cases/{case_id}/notes/{note_id}`.
fn ids(path: &str) -> BTreeMap<String, String> {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let pairs = parts.windows(2).filter(|pair| pair[1].len() == 36);
    pairs.map(|pair| (format!("{}_id", pair[0].trim_end_matches('s')), pair[1].to_owned())).collect()
}

/// The words of a list, with commas.
pub(super) fn words(list: &Value) -> String {
    let words: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_by_the_names_of_its_parameters() {
        let (case, note) = ("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6072");
        let ids = ids(&format!("/v1/cases/{case}/notes/{note}?limit=1"));
        let expected = [("case_id".to_owned(), case.to_owned()), ("note_id".to_owned(), note.to_owned())];
        assert_eq!(ids, expected.into());
    }
}
