//! The API document says what the service says.

use serde_json::Value;

use crate::support::document;

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
