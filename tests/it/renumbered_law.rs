//! An act that is renumbered: an edit of `data/laws.toml` and of nothing else.

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};
use stafett::access::{Laws, Policies};

use crate::support::{Engine, World};

/// The last day on which the paragraphs are what they are.
const LAST: &str = "2026-12-31";

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// The laws where every paragraph of the forvaltningslov has another number from the new year on.
fn renumbered() -> &'static Laws {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/laws.toml");
    let text = std::fs::read_to_string(file).expect("the laws");
    let mut laws: toml::Table = toml::from_str(&text).expect("the laws");
    let date = |text: &str| toml::Value::Datetime(text.parse().expect("a day"));
    let mut changed = 0;
    for law in laws["law"].as_array_mut().expect("laws") {
        let wordings = law["wording"].as_array_mut().expect("wordings");
        let old = wordings.last_mut().expect("a wording");
        let mut new = old.clone();
        let citation = old["citation"].as_str().expect("a citation").to_owned();
        let Some(paragraph) = citation.strip_prefix("fvl § ") else { continue };
        old.as_table_mut().expect("a wording").insert("valid_to".to_owned(), date(LAST));
        let table = new.as_table_mut().expect("a wording");
        table.insert("citation".to_owned(), format!("ny fvl § 1{paragraph}").into());
        table.insert("valid_from".to_owned(), date("2027-01-01"));
        wordings.push(new);
        changed += 1;
    }
    assert!(changed >= 10, "{changed} paragraphs");
    let text = toml::to_string(&laws).expect("TOML");
    Box::leak(Box::new(Laws::parse(&text).expect("the laws")))
}

#[test]
fn the_rules_rest_on_law_in_force_before_and_after() {
    let policies = Policies::load_on(renumbered()).expect("rules");
    for on in [LAST, "2027-01-01"] {
        policies.require_in_force(day(on)).expect("law in force");
    }
    let team = policies.rule("case.team").expect("the rule");
    assert_eq!(team.legal_basis[0].on(day(LAST)), "fvl § 13 a no. 1");
    assert_eq!(team.legal_basis[0].on(day("2027-01-01")), "ny fvl § 113 a no. 1");
}

#[test]
fn no_rule_cites_a_paragraph() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    for entry in std::fs::read_dir(folder).expect("the rules") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a file of rules");
        for line in text.lines().filter(|line| line.starts_with("@legal_basis")) {
            assert!(!line.contains('§') && !line.contains("art."), "{}: {line}", path.display());
        }
    }
}

async fn what_is_cited(world: World) {
    let cast = world.shared_case().await;
    let of_team = |rules: &Value| {
        let rules = rules["items"].as_array().expect("rules");
        let team = rules.iter().find(|rule| rule["id"] == "case.team").expect("the rule");
        team["legal_basis"][0].clone()
    };
    let rules = || async { world.anonymous().get("/v1/policies").send().await.expect(200).body };
    cast.teacher.get(cast.path("")).send().await.expect(200);
    assert_eq!(of_team(&rules().await), "fvl § 13 a no. 1");
    world.advance(TimeDelta::days(45));
    cast.teacher.get(cast.path("")).send().await.expect(200);
    assert_eq!(of_team(&rules().await), "ny fvl § 113 a no. 1");
    let mother = &cast.family.guardians[0];
    let seen = mother.get(cast.path("/access-log?limit=100")).send().await.expect(200);
    let by_teacher = seen.items().iter().filter(|entry| entry["person_name"] == json!(cast.teacher.name));
    let cited: Vec<&Value> = by_teacher.map(|entry| &entry["legal_basis"][0]).collect();
    assert_eq!(cited, ["ny fvl § 113 b no. 2", "fvl § 13 b no. 2"], "an entry keeps the citation of its day");
}

async fn on(engine: Engine) {
    let policies = Policies::load_on(renumbered()).expect("rules");
    engine.tell_by(policies, what_is_cited).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_keeps_the_citation_of_its_day_on_sqlite() {
    on(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_keeps_the_citation_of_its_day_on_postgres() {
    on(Engine::Postgres).await;
}
