//! Many concurrent requests, and checks for leaked content in answers.

use serde_json::Value;
use tokio::task::JoinSet;

use super::{Answer, Call, Operation, Stage, uses_up};

/// The number of concurrent requests.
const AT_A_TIME: usize = 12;

/// Sends requests concurrently. The answers are in the order of the requests.
pub async fn answers(calls: impl IntoIterator<Item = Call>) -> Vec<Answer> {
    let mut calls = calls.into_iter().enumerate();
    let (mut sent, mut all) = (JoinSet::new(), Vec::new());
    loop {
        while sent.len() < AT_A_TIME
            && let Some((at, call)) = calls.next()
        {
            sent.spawn(async move { (at, call.send().await) });
        }
        let Some(answered) = sent.join_next().await else { break };
        all.push(answered.expect("an answer"));
    }
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, answer)| answer).collect()
}

/// Units, municipalities and the catalogue are public.
pub fn is_public_parameter(name: &str) -> bool {
    matches!(
        name,
        "unit_id" | "municipality" | "catalogue_measure_id" | "export_format" | "tile_level" | "tile_index"
    )
}

/// Writes a word into every text of a stage, by every operation with prose in its body, except those that end the objects of
/// others.
pub async fn mark(stage: &Stage, word: &str) {
    const CONTENT: [&str; 7] = [
        "correct_minutes",
        "correct_note",
        "decide_concern",
        "evaluate_measure",
        "postpone_concern",
        "record_minutes",
        "record_referral_answer",
    ];
    // Everyone at work may know the names of staff.
    const NO_SECRET: &str = "correct_account_name";
    let mut marked = 0;
    for operation in Operation::writes().into_iter().filter(Operation::takes_body) {
        let ends = uses_up(&operation.id) && !CONTENT.contains(&operation.id.as_str());
        if ends || operation.id == NO_SECRET {
            continue;
        }
        let mut body = stage.example(&operation);
        if write_into(&mut body, word) {
            let call = stage.call(&operation).header("if-match", "*");
            let answer = call.json(body).send().await;
            assert!(answer.status < 500, "{answer:?}");
            marked += usize::from(answer.status < 300);
        }
    }
    assert!(marked >= 12, "the word is in {marked} things only");
}

/// Puts the word before every text of several words.
fn write_into(value: &mut Value, word: &str) -> bool {
    match value {
        Value::String(text) if text.contains(' ') => {
            *text = format!("{word} {text}");
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| write_into(item, word) | any),
        Value::Object(members) => {
            members.values_mut().fold(false, |any, member| write_into(member, word) | any)
        }
        _ => false,
    }
}

/// The parts of a stage in an answer, including its headers: the written word, its people and its objects. The answer may
/// repeat what the request named.
pub fn traces(stage: &Stage, word: &str, answer: &Answer) -> Vec<String> {
    let headers = answer.headers.values().filter_map(|value| value.to_str().ok());
    let whole = headers.chain([answer.text.as_str()]).collect::<Vec<_>>().join("\n");
    let mut words = vec![word.to_owned(), stage.family.child.national_id.as_str().to_owned()];
    words.push(format!("\"{}\"", stage.family.child.name));
    for guardian in &stage.family.guardians {
        words.extend([format!("\"{}\"", guardian.name), guardian.national_id.as_str().to_owned()]);
        words.push(guardian.id.to_string());
    }
    let secret =
        |name: &str| !is_public_parameter(name) && !matches!(name, "person_id" | "role_id" | "away_id");
    let ids = stage.ids().iter().filter(|(name, _)| secret(name));
    words.extend(ids.filter_map(|(_, id)| id.as_str().map(ToOwned::to_owned)));
    words.push(stage.family.child.id.to_string());
    words.retain(|word| whole.contains(word.as_str()) && !answer.request().contains(word.as_str()));
    words
}
