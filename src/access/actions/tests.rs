use std::collections::{BTreeMap, BTreeSet};

use super::{ALL, Control, FamilyView, LOGGED_ONLY, LocalRules, Replay, Rights, Visitor, facts_of, visit};
use crate::{
    access::{CaseSection, Policies, fields, objects::Object, public},
    kernel::vocabulary::Words as _,
};

fn names() -> impl Iterator<Item = &'static str> {
    let aside = LOGGED_ONLY.iter().map(|(name, _)| *name);
    ALL.iter().chain(public::ALL).copied().chain(aside)
}

#[test]
fn every_action_has_one_row() {
    let unique: BTreeSet<&str> = names().collect();
    assert_eq!(unique.len(), names().count(), "a name stands in two tables");
    let rows: BTreeMap<&str, String> = names()
        .map(|name| {
            let facts = facts_of(name);
            let key = if facts.takes_key() { "key" } else { "no key" };
            let local = if facts.local_rules == LocalRules::MayForbid { "may be forbidden" } else { "kept" };
            let (family, control, fhir) = (facts.family, facts.control, facts.interaction);
            (name, format!("{family:?}, {control:?}, {key}, {local}, {fhir:?}"))
        })
        .collect();
    insta::assert_json_snapshot!(rows);
}

#[test]
fn what_no_table_has_gives_away_least() {
    for name in ["read_something_that_is_gone", "list_of_old", "unheard_of"] {
        let facts = facts_of(name);
        assert_eq!((facts.family, facts.control), (FamilyView::Look, Control::ChosenLook));
        assert_eq!(facts.replay, Replay::Never);
    }
}

#[test]
fn what_was_made_is_replayed_by_a_reading_that_there_is() {
    let mut made = 0;
    for name in names() {
        let facts = facts_of(name);
        if let Replay::IfReadBy(reading) = facts.replay {
            made += 1;
            assert!(ALL.contains(&reading) && facts_of(reading).is_look(), "{name}: {reading}");
        }
        assert!(facts.words.is_empty() || facts.replay == Replay::AsDecided, "{name}");
    }
    assert_eq!(made, 14);
}

/// Reports whether an object is found by an id of its own in the path.
struct HasPath;

impl Visitor for HasPath {
    type Output = bool;

    async fn visit<O: Object>(self, _action: &'static str) -> bool {
        !O::PATH.is_empty()
    }
}

#[tokio::test]
async fn what_a_replay_reads_is_found_by_an_id_in_the_path() {
    for reading in names().filter_map(|name| match facts_of(name).replay {
        Replay::IfReadBy(reading) => Some(reading),
        _ => None,
    }) {
        assert_eq!(visit(reading, HasPath).await, Some(true), "{reading}");
    }
}

#[test]
fn rights_are_given_up_by_one_action() {
    let given_up: Vec<&str> = names().filter(|name| facts_of(name).rights == Rights::GivenUp).collect();
    assert_eq!(given_up, ["declare_conflict_of_interest"]);
}

#[test]
fn the_actions_are_those_of_the_schema() {
    let ruled: BTreeSet<String> = Policies::load().expect("rules").actions().into_iter().collect();
    let known = ALL.iter().chain(fields::ALL).map(|name| (*name).to_owned());
    assert_eq!(known.collect::<BTreeSet<_>>(), ruled);
}

/// The decisions in `docs/access-log.md`: each action under one heading, which is how the family sees it.
#[test]
fn a_jurist_can_read_how_the_family_sees_each_action() {
    let document = include_str!("../../../docs/access-log.md");
    let (_, decided) = document.split_once("### Shown: a section").expect("the tables");
    let (decided, _) = decided.split_once("\n## ").expect("the end of the tables");
    let mut written: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let decided = format!("Shown: a section{decided}");
    for part in decided.split("### ") {
        let (heading, text) = part.split_once('\n').expect("a heading");
        let actions = text.split('`').skip(1).step_by(2).filter(|name| names().any(|known| known == *name));
        written.insert(heading, actions.collect());
    }
    let all: Vec<&str> = written.values().flatten().copied().collect();
    let aside = "Not in the log of a case";
    for name in ALL.iter().chain(&["assign_baton", "pass_baton_for_absence", "give_baton_back"]) {
        assert_eq!(all.iter().filter(|written| *written == name).count(), 1, "{name}");
        let heading = match facts_of(name).family {
            FamilyView::Saw(_) => "Shown: a section",
            FamilyView::Did(_) => "Shown: an act",
            FamilyView::Look => "Neutral: a look at the case",
            FamilyView::Work => "Neutral: work on the case",
        };
        let is_neutral = matches!(facts_of(name).family, FamilyView::Look | FamilyView::Work);
        let is_written = written[heading].contains(name) || (is_neutral && written[aside].contains(name));
        assert!(is_written, "{name} belongs under {heading:?}");
    }
}

#[test]
fn each_section_was_decided() {
    let document = include_str!("../../../docs/access-log.md");
    for section in CaseSection::ALL {
        assert!(document.contains(&format!("| {} |", section.norwegian())), "{section:?}");
    }
}
