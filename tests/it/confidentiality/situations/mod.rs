//! The situations of the tables, each played once per engine from `tests/confidentiality/situations`. They are played on a
//! Sunday, and the questions are asked on the next Monday, so that a consent until Sunday expired yesterday. Some, played
//! last, happen on the Monday itself.

mod beside;
mod case;
mod child;
mod consents;
mod help;
mod moves;
mod people;
mod plan;
mod player;
mod said;

use std::collections::HashMap;

use chrono::TimeDelta;

pub use self::{
    plan::{Line, Phrase, Plan, Row, Tale, toml_files},
    said::{Said, Verb},
};
use super::scene::Scene;
use crate::support::World;

/// Plays all situations, or only one, by the name used in the tables.
pub async fn play(world: &World, only: Option<&str>) -> HashMap<&'static str, Scene> {
    play_those(world, Plan::of_the_tables(), only).await
}

/// Plays the situations of another plan.
pub async fn play_those(
    world: &World,
    plan: &'static Plan,
    only: Option<&str>,
) -> HashMap<&'static str, Scene> {
    let mut scenes = HashMap::new();
    for on_the_day in [false, true] {
        let is_played =
            |tale: &&Tale| tale.day.is_some() == on_the_day && only.is_none_or(|only| only == tale.en);
        for tale in plan.situations.iter().filter(is_played) {
            // Each runs in its own task: a failure in one is shown, and the others are still evaluated.
            if let Ok(scene) = tokio::spawn(player::play(world.clone(), plan, tale)).await {
                scenes.insert(tale.en.as_str(), scene);
            }
        }
        if !on_the_day {
            world.advance(TimeDelta::days(1));
        }
    }
    scenes
}
