//! Access as tables that a jurist can read: `tests/confidentiality`. They are checked against the running service on both
//! engines, and against the rules with a part of each removed.

mod equivalent;
mod interpreter;
mod matrix;
mod mutations;
mod reading;
mod recorder;
mod scene;
mod situations;
mod table;
mod vocabulary;

use std::collections::BTreeSet;

use stafett::access::{Laws, Policies};
use tokio::sync::OnceCell;

use self::{interpreter::Outcome, recorder::Recorder};
use crate::support::{Engine, rules};

/// Returns the results of all rows under some rules, or of those about one situation; none if the engine is not available.
async fn gone_through(engine: Engine, policies: Policies, only: Option<&str>) -> Option<Vec<Outcome>> {
    let recorder = Recorder::default();
    let heard = recorder.clone();
    let played = engine.tell_by(heard.hear(policies), async |world| {
        let scenes = situations::play(&world, only).await;
        // A server does this by itself within a minute. Until then, PostgreSQL plans for the empty tables of the copy.
        world.try_execute("ANALYZE").await.expect("the tables are counted");
        recorder.forget();
        let (_, mut rows) = table::read();
        rows.retain(|row| only.is_none_or(|only| row.situation == only));
        interpreter::ask(&rows, &scenes, &recorder).await
    });
    played.await
}

/// Returns the results of all rows on SQLite.
async fn outcomes() -> &'static [Outcome] {
    static OUTCOMES: OnceCell<Vec<Outcome>> = OnceCell::const_new();
    let played = async || {
        let policies = Policies::load().expect("valid rules");
        gone_through(Engine::Sqlite, policies, None).await.expect("SQLite is always there")
    };
    OUTCOMES.get_or_init(played).await
}

/// Every row must hold, except those that state that they do not, which must not hold.
fn all_hold(outcomes: &[Outcome]) {
    let mut faults = Vec::new();
    for Outcome { row, fault, .. } in outcomes {
        match (fault, &row.open) {
            (Some(fault), None) => faults.push(format!("{row}\n      {}", shortened(fault))),
            (None, Some(why)) => faults.push(format!("{row}\n      holds, though it is open: {why}")),
            _ => {}
        }
    }
    let count = faults.len();
    assert!(faults.is_empty(), "{count} of {} do not hold:\n  {}", outcomes.len(), faults.join("\n  "));
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_tables_say_holds_on_sqlite() {
    all_hold(outcomes().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_tables_say_holds_on_postgres() {
    let policies = Policies::load().expect("valid rules");
    if let Some(outcomes) = gone_through(Engine::Postgres, policies, None).await {
        all_hold(&outcomes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rule_lets_someone_in_somewhere_in_the_tables() {
    let allowed: BTreeSet<&str> = outcomes()
        .await
        .iter()
        .filter(|outcome| outcome.row.answer.is_yes() && outcome.fault.is_none())
        .filter_map(|outcome| outcome.asked.as_ref())
        .flat_map(|asked| asked.decision.policies.iter().map(String::as_str))
        .collect();
    let policies = rules();
    let permits = policies.rules().filter(|rule| !rule.forbids);
    let missing: Vec<&str> =
        permits.map(|rule| rule.id.as_str()).filter(|id| !allowed.contains(id)).collect();
    assert!(missing.is_empty(), "rules by which no row is let in: {missing:?}");
}

#[test]
fn the_tables_are_large_enough_and_rest_on_law_that_is_known() {
    let (lines, rows) = table::read();
    assert!(lines >= 250, "{lines} lines");
    for row in &rows {
        for law in &row.laws {
            let known = Laws::current().find(law).is_some_and(|known| known.is_cited_as(law));
            assert!(known, "{row}: {law} is no citation of a law in data/laws.toml");
        }
        let is_content = matches!(vocabulary::meaning(&row.what), vocabulary::What::Content(_));
        assert_eq!(row.answer.is_about_reading().unwrap_or(is_content), is_content, "{row}");
    }
}

#[test]
fn no_row_is_given_twice() {
    let (_, rows) = table::read();
    let mut seen = BTreeSet::new();
    for row in &rows {
        let key = (row.situation.clone(), row.who.clone(), row.what.clone());
        assert!(seen.insert(key), "{row}: it stands in the tables before");
    }
}
