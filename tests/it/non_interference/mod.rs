//! Information that a person may not see makes no difference to anything they see.
//!
//! Two worlds that are identical to the last id go through the same acts, except those that the watcher may not see. In one
//! world these are not done, or have other content. Then the watcher requests everything, with every id there is, page by
//! page, and performs everything. All answers must be identical to the last byte. The ids of objects that exist in only one
//! of the worlds differ, and are compared by their first occurrence.
//!
//! The family sees who has viewed the case, and when. If a person does something that the family may not see, they view the
//! case in the other world. The auditor cannot be a watcher, because the log that they search contains everything.

mod acts;
mod scene;
mod watch;

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use self::{
    acts::{Act, Step},
    scene::{Scene, Watcher},
    watch::{Transcript, watch},
};
use crate::support::{World, both_engines};

/// Every act once: every other hidden act is not done in the other world, and the rest have other content there.
fn all_acts() -> Vec<Step> {
    Act::ALL.into_iter().enumerate().map(|(at, act)| Step { act, absent: at % 2 == 0 }).collect()
}

/// Acts in any order, as often as `PROPTEST_CASES` says, or once.
fn scripts() -> Vec<Vec<Step>> {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1);
    let mut runner = TestRunner::new(Config::default());
    let step = (prop::sample::select(Act::ALL.to_vec()), any::<bool>());
    let script = prop::collection::vec(step.prop_map(|(act, absent)| Step { act, absent }), 4..9);
    let random = (0..cases).map(|_| script.new_tree(&mut runner).expect("a script").current());
    [all_acts()].into_iter().chain(random).collect()
}

/// Everything that the watchers see after a script, with the hidden acts or without them.
async fn seen(
    world: &World,
    scene: &Scene,
    watchers: &[Watcher],
    script: &[Step],
    done: bool,
) -> Vec<Transcript> {
    let copy = world.copy().await;
    let scene = scene.in_copy(&copy);
    let ids = scene.play(&copy, watchers[0], script, done).await;
    let mut all = Vec::new();
    for watcher in watchers {
        all.push(watch(scene.user(*watcher), &scene, *watcher, &ids).await);
    }
    copy.finish().await;
    all
}

async fn makes_no_difference(world: World, watchers: &[Watcher]) {
    let scene = Scene::set(&world).await;
    world.freeze().await;
    for script in scripts() {
        let without = seen(&world, &scene, watchers, &script, false).await;
        let with = seen(&world, &scene, watchers, &script, true).await;
        for ((without, with), watcher) in without.iter().zip(&with).zip(watchers) {
            assert!(without.len() > 40, "{watcher:?} has asked for little: {}", without.len());
            for (one, other) in without.iter().zip(with) {
                assert_eq!(one, other, "{watcher:?} sees a difference after {script:?}");
            }
            assert_eq!(without.len(), with.len(), "{watcher:?} is shown more pages, after {script:?}");
        }
    }
}

both_engines! {
    async fn to_a_guardian(world: World) {
        makes_no_difference(world, &[Watcher::Mother]).await;
    }

    async fn to_the_other_guardian(world: World) {
        makes_no_difference(world, &[Watcher::Father]).await;
    }

    async fn to_the_auditor_of_another_municipality(world: World) {
        makes_no_difference(world, &[Watcher::AuditorAbroad]).await;
    }

    async fn to_a_young_person(world: World) {
        makes_no_difference(world, &[Watcher::Youth]).await;
    }

    async fn to_a_team_member_of_another_sector(world: World) {
        makes_no_difference(world, &[Watcher::Nurse]).await;
    }

    async fn to_the_leader_of_the_contact_persons_unit(world: World) {
        makes_no_difference(world, &[Watcher::Leader]).await;
    }

    async fn to_those_who_have_no_part_in_the_case(world: World) {
        makes_no_difference(world, &Watcher::OUTSIDE).await;
    }
}
