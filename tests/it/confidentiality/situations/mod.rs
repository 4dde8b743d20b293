//! The situations of the tables, each told once for an engine. They are told on a Sunday, and asked about on the
//! Monday after: what runs out on the Sunday, ran out yesterday. Some, told last, are of what happens on the Monday itself.

mod address;
mod ages;
mod alone;
mod beside;
mod care;
mod close;
mod custody;
mod emergency;
mod family;
mod kinds;
mod organisation;
mod parts;
mod places;
mod reviews;
mod shared;
mod turned;
mod welfare;
mod youth;

use std::collections::HashMap;

use chrono::TimeDelta;
use tokio::task::{LocalSet, spawn_local};

use super::scene::Scene;
use crate::support::World;

/// Tells each in a task of its own: what goes wrong in one is shown, and the others are still asked about.
macro_rules! tell {
    ($world:ident, $only:ident: $($name:literal = $told:path),+ $(,)?) => {{
        let mut scenes = HashMap::new();
        $(
            if $only.is_none_or(|only| only == $name) {
                let world = $world.clone();
                let told = LocalSet::new();
                let told = told.run_until(async { spawn_local(async move { $told(&world).await }).await });
                if let Ok(scene) = told.await {
                    scenes.insert($name, scene);
                }
            }
        )+
        scenes
    }};
}

/// Tells all of them, or only one, by the name that the tables give them.
pub async fn tell(world: &World, only: Option<&str>) -> HashMap<&'static str, Scene> {
    let mut scenes = tell! {
        world, only:
        "a case shared by school and health centre" = shared::told,
        "a case where the consents ran out yesterday" = turned::consents_ran_out,
        "a case where the mother withdrew her consent" = turned::consent_withdrawn,
        "a case whose baton passed to the health centre" = turned::baton_passed,
        "a closed case" = turned::closed,
        "a case whose contact person has quit" = turned::holder_quit,
        "a case that only the school works on" = alone::school_only,
        "a concern the home has not heard of" = alone::concern,
        "a concern without a name" = alone::anonymous_concern,
        "a child registered, and no case" = alone::registered_child,
        "a youth the day before turning 15" = ages::eve_of_15,
        "a youth who turned 15 today" = ages::turned_15,
        "a youth of 15 who has consented" = ages::youth_consents,
        "a youth the day before turning 18" = ages::eve_of_18,
        "someone who turned 18 today" = ages::turned_18,
        "a youth of 15 where the municipality has set 16" = ages::fifteen_of_sixteen,
        "a youth who turned 16 today where the municipality has set 16" = ages::turned_16,
        "a case where a third guardian has not consented" = custody::third_guardian,
        "a case where the mother lost parental responsibility" = custody::responsibility_lost,
        "a case where the father's guardianship has ended" = custody::guardianship_ended,
        "a case where nobody has parental responsibility" = custody::nobody_responsible,
        "a case of the child of someone who works there" = family::child_of_staff,
        "a concern about the child of someone who works there" = family::concern_about_child_of_staff,
        "a case in which child welfare helps" = welfare::helps,
        "help that is withheld from the father" = welfare::withheld,
        "notes of several kinds, the day before the child turns 12" = kinds::eve_of_12,
        "notes of several kinds, and the child turned 12 today" = kinds::turned_12,
        "notes of several kinds, and an objection to sharing in health" = kinds::objected,
        "a child in two municipalities" = places::two_registrations,
        "a unit that serves two municipalities" = places::unit_serving_two,
        "what lies beside a case" = beside::told,
        "what lies beside a case, and staff who are too close to the child" = close::told,
        "what lies beside a case, and staff who have changed units" = close::left,
        "a case that the leader herself opened in an emergency" = emergency::opened_by_leader,
        "a child whose address is confidential" = address::confidential,
        "a child whose address is strictly confidential" = address::strictly_confidential,
        "a youth the day before turning 16" = youth::eve_of_16,
        "a youth who turned 16 today" = youth::turned_16,
        "the services of a municipality" = organisation::told,
        "looks that were picked for review" = reviews::told,
    };
    world.advance(TimeDelta::days(1));
    scenes.extend(tell! {
        world, only:
        "a case open in an emergency" = emergency::open,
        "a hidden child's case open in an emergency" = emergency::hidden,
        "a child under a care order" = care::under_order,
        "a youth of 16 under a care order" = care::under_order_at_16,
    });
    scenes
}
