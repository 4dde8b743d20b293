//! The record of processing activities: the command, and the documents that have its parts.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;
use stafett::{
    access::Policies,
    processing_record::{parts, retention_table, tables},
};

use crate::{
    program::Place,
    schema::tables_of_sqlite,
    support::{Database, Engine, kept},
};

/// Puts a part between its markers in a document. Each marker is there once.
fn with_part(document: &str, name: &str, part: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: .ci/docs -->\n"), format!("<!-- /{name} -->"));
    for marker in [&begin, &end] {
        assert_eq!(document.matches(marker.as_str()).count(), 1, "{marker}");
    }
    let (before, rest) = document.split_once(&begin).expect("the beginning");
    let (_, after) = rest.split_once(&end).expect("the end");
    format!("{before}{begin}\n{}\n\n{end}{after}", part.trim())
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a document")
}

#[test]
fn the_parts_of_the_record_in_the_documents_are_what_the_program_does() {
    let policies = Policies::load().expect("rules");
    let mut dpia = read("docs/dpia.md");
    for (name, part) in parts(&policies) {
        dpia = with_part(&dpia, name, &part);
    }
    kept("docs/dpia.md", &dpia);
    kept("README.md", &with_part(&read("README.md"), "retention", &retention_table()));
}

/// Data in a table that the record does not name would be missing from the record.
#[tokio::test]
async fn every_table_is_a_category_of_data_or_holds_nothing_about_people() {
    let database = Database::create(Engine::Sqlite).await.expect("SQLite is always there");
    let there = tables_of_sqlite(&database).await;
    let named: BTreeSet<String> = tables().into_iter().map(str::to_owned).collect();
    let missing: Vec<_> = there.difference(&named).collect();
    let gone: Vec<_> = named.difference(&there).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "data/processing_record.toml: add {missing:?}, remove {gone:?}"
    );
}

#[test]
fn the_record_of_a_municipality_names_its_controllers_and_marks_what_is_missing() {
    let place = Place::empty();
    let said = place.run(&["processing-record", "--included", "kragero", "--day", "2026-11-29"]).well();
    for part in [
        "Behandlingsansvarlig: Kragerø kommune (4014)",
        "Personvernombud: **[Fylles ut av kommunen:",
        "Filene til kommunen oppgir ingen enhet med en annen behandlingsansvarlig.",
        "- Kragerø videregående skole (ofte fylkeskommunen)",
        "Loven er gjengitt slik den gjelder 29.11.2026.",
        "personvernforordningen art. 6 nr. 1 bokstav e",
        "barnehage: bhl § 46",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    for letter in ["a)", "b)", "c)", "d)", "e)", "f)", "g)"] {
        assert_eq!(said.matches(&format!("\n## {letter} ")).count(), 1, "{letter}");
    }
    assert!(place.files().is_empty(), "it needs no database: {:?}", place.files());
}

#[test]
fn another_controller_in_the_files_is_a_controller_of_its_own() {
    let place = Place::empty();
    let folder = place.path().join("kragero");
    fs::create_dir(&folder).expect("a folder");
    for name in ["municipality.toml", "measures.toml", "consent_texts.toml"] {
        let mut text = read(&format!("data/municipalities/kragero/{name}"));
        let school = "kind = \"upper_secondary_school\"\n";
        let county = "controller = { kind = \"county\", name = \"Telemark | fylke\", organisation_number = \"974760673\" }\n";
        text = text.replace(school, &format!("{school}{county}"));
        fs::write(folder.join(name), text).expect("a file");
    }
    let officer = ["--data-protection-officer", "ombud@example.no"];
    let said = place.run(&[&["processing-record", "kragero"], &officer[..]].concat()).well();
    let row = r"| Kragerø videregående skole | fylkeskommunen | Telemark \| fylke | 974760673 |";
    assert!(said.contains(row) && said.contains("- Personvernombud: ombud@example.no\n"), "{said}");
    assert!(!said.contains("Kragerø videregående skole (ofte"), "{said}");

    let json = place.run(&["processing-record", "kragero", "--json", "--controller", "Kragerø"]).well();
    let record: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(record["controller"]["name"], "Kragerø");
    assert_eq!(record["controller"]["data_protection_officer"], Value::Null);
    assert_eq!(record["other_controllers"][0]["controller"], "county");
    let purposes = record["purposes"].as_array().expect("the purposes");
    assert!(purposes.iter().any(|purpose| purpose["key"] == "emergency"), "{purposes:?}");
}

#[test]
fn there_is_no_record_of_a_day_whose_law_is_not_in_force() {
    let place = Place::empty();
    let done = place.run(&["processing-record", "--day", "1990-01-01"]);
    assert_eq!((done.status, done.out.as_str()), (2, ""), "{}", done.errors);
    let wrong = "--day 1990-01-01: law that the rules rest on is not in force on that day";
    assert!(done.errors.contains(wrong) && done.errors.lines().count() == 1, "{}", done.errors);
    let none = place.run(&["processing-record", "nowhere"]);
    assert_eq!(none.status, 2);
    assert!(none.errors.contains("nowhere/municipality.toml: there is no such file"), "{}", none.errors);
}
