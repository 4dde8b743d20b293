//! The API document says what the service says.

use serde_json::Value;

use crate::support::{document, validator};

fn schemas() -> &'static Value {
    &document()["components"]["schemas"]
}

#[test]
fn every_word_stands_in_the_document_as_it_is_sent() {
    let mut met = 0;
    for (name, schema) in schemas().as_object().expect("schemas") {
        for word in schema["enum"].as_array().into_iter().flatten() {
            let word = word.as_str().expect("a word");
            let is_plain = word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            assert!(is_plain, "{name} has the word {word}");
            met += 1;
        }
    }
    assert!(met > 40, "only {met} words");
}

#[test]
fn measures_on_offer_and_measures_agreed_have_each_their_own_words() {
    let schemas = schemas();
    let words = |name: &str| schemas[name]["enum"].as_array().cloned().unwrap_or_default();
    assert!(words("OfferStatus").contains(&"planned".into()));
    assert!(words("MeasureStatus").contains(&"in_force".into()));
}

/// The places of all examples, each with the place of its schema.
fn examples(part: &Value, place: &str, found: &mut Vec<(String, Value)>) {
    match part {
        Value::Object(members) => {
            if let Some(example) = members.get("example") {
                let schema = if members.contains_key("schema") { "/schema" } else { "" };
                found.push((format!("{place}{schema}"), example.clone()));
            }
            for (name, member) in members.iter().filter(|(name, _)| *name != "example") {
                let name = name.replace('~', "~0").replace('/', "~1");
                examples(member, &format!("{place}/{name}"), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| examples(item, &format!("{place}/{at}"), found));
        }
        _ => {}
    }
}

#[test]
fn every_example_is_valid() {
    let mut found = Vec::new();
    examples(document(), "#", &mut found);
    assert!(found.len() > 50, "only {} examples", found.len());
    for (place, example) in found {
        let faults: Vec<String> = validator(&place)
            .iter_errors(&example)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{place}: {faults:#?}");
    }
}

#[test]
fn the_names_of_schemas_are_those_of_types() {
    for (name, _) in schemas().as_object().expect("schemas") {
        let plain = name.chars().all(|c| c.is_ascii_alphabetic())
            && name.starts_with(|c: char| c.is_ascii_uppercase());
        assert!(plain, "{name} is no name for a type of a client");
    }
}
