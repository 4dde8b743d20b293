//! Entries selected for review, and the auditor's work with them.

mod picking;
mod reviewing;

use chrono::{Datelike, NaiveTime, TimeDelta};
use serde_json::{Value, json};
use stafett::kernel::ids::CaseId;

use crate::support::{Child, Family, Role, Staff, User, World};

async fn auditor(world: &World) -> User {
    world.staff("kragero/oppvekst", Role::Auditor).await.user
}

/// Advances to the next Monday, 10 o'clock in Norway, or 11 in summer.
fn to_monday(world: &World) {
    let since = world.now() - world.now().with_time(NaiveTime::MIN).unwrap();
    let days = 7 - i64::from(world.now().weekday().num_days_from_monday());
    world.advance(TimeDelta::days(days) - since + TimeDelta::hours(9));
}

/// Advances two hours, after which the accesses are examined.
async fn pick(world: &World) -> u64 {
    world.advance(TimeDelta::hours(2));
    world.pick().await
}

async fn listed(auditor: &User, query: &str) -> Vec<Value> {
    auditor.get(format!("/v1/access-log/reviews?limit=200&{query}")).send().await.expect(200).items().to_vec()
}

/// The reasons that a person's accesses to a child were selected for, once per selection.
async fn reasons(auditor: &User, by: &User, child: &Child) -> Vec<String> {
    let reviews = listed(auditor, &format!("person_id={}", by.id)).await;
    let at_child = reviews.iter().filter(|review| review["entry"]["child_id"] == json!(child.id));
    let mut all: Vec<String> = at_child
        .flat_map(|review| review["reasons"].as_array().expect("reasons"))
        .map(|reason| reason["reason"].as_str().expect("a word").to_owned())
        .collect();
    all.sort();
    all
}

async fn has(auditor: &User, by: &User, child: &Child, reason: &str) -> bool {
    reasons(auditor, by, child).await.iter().any(|found| found == reason)
}

/// A case of the school with a nurse on the team, some weeks old, so that nobody is new. It is Monday, 10 o'clock.
struct Case {
    teacher: Staff,
    nurse: Staff,
    family: Family,
    case: CaseId,
}

impl Case {
    async fn begun(world: &World) -> Self {
        let (teacher, nurse) =
            (world.worker("kragero/skole").await, world.worker("kragero/helsestasjon").await);
        let family = world.child_with_two_guardians(&teacher).await;
        let case = world.open_case(&teacher, &family.child).await;
        world.all_consent(&family, case, &[&nurse.unit]).await;
        world.add_to_team(&teacher, case, &nurse).await;
        world.advance(TimeDelta::days(28));
        to_monday(world);
        world.pick().await;
        Self { teacher, nurse, family, case }
    }

    async fn look(&self, by: &User) {
        by.get(format!("/v1/cases/{}", self.case)).send().await.expect(200);
    }

    fn path(&self, below: &str) -> String {
        format!("/v1/cases/{}{below}", self.case)
    }
}
